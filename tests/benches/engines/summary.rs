//! The table of ratios: every workload, Amphi against each peer, what it should reach and whether it
//! does.

use crate::{amphi_engine, clock, numbers, runner::Task};
use std::{fmt::Write as _, fs, thread};

/// What Amphi should reach against a peer.
#[derive(Clone, Copy)]
pub enum Target {
    /// The peer takes at least this many times as long.
    Faster(&'static str, f64),
    /// Amphi takes at most this many times as long, or as many bytes.
    Within(&'static str, f64),
}

/// One measurement: nanoseconds or bytes per operation.
pub struct Figure {
    pub peer: &'static str,
    pub value: f64,
}

/// What was measured of a task.
pub struct Workload {
    pub task: Task,
    pub figures: Vec<Figure>,
}

impl Workload {
    fn value(&self, peer: &str) -> Option<f64> {
        self.figures.iter().find(|f| f.peer == peer).map(|f| f.value)
    }

    fn shown(&self, value: f64) -> String {
        if self.task.name.contains("bytes") {
            format!("{} B", numbers::digits(value))
        } else {
            numbers::time(value)
        }
    }
}

/// Ratio, target and mark of one target; `None` if one side was not measured.
fn judge(workload: &Workload, amphi: f64, target: Target) -> Option<(String, String, &'static str)> {
    let (ratio, wanted, met) = match target {
        Target::Faster(peer, least) => {
            let ratio = workload.value(peer)? / amphi;
            (ratio, format!("≥ {least}×"), ratio >= least)
        }
        Target::Within(peer, most) => {
            let ratio = amphi / workload.value(peer)?;
            (ratio, format!("≤ {most}×"), ratio <= most)
        }
    };
    let mark = if met { "yes" } else { "**no**" };
    Some((format!("{}×", numbers::digits(ratio)), wanted, mark))
}

fn peer_of(target: Target) -> &'static str {
    match target {
        Target::Faster(peer, _) | Target::Within(peer, _) => peer,
    }
}

/// The machine in a few words.
fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|l| l.strip_prefix("model name")?.split(": ").nth(1));
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    format!(
        "{cores} cores, {os} {arch}, {}",
        model.unwrap_or("unknown processor")
    )
}

/// The whole table in Markdown: one line per workload and target, then the peers without a target.
pub fn markdown(done: &[Workload], rows: usize) -> String {
    let mut text = format!(
        "{rows} rows; {}; medians of {}, per operation\n\n",
        machine(),
        clock::name()
    );
    text += "| workload | Amphi | against | | ratio | wanted | met | others (time over Amphi's) |\n";
    text += "| --- | ---: | --- | ---: | ---: | ---: | --- | --- |\n";
    let (mut met, mut missed) = (0, 0);
    for workload in done {
        let Some(amphi) = workload.value(amphi_engine::NAME) else {
            continue;
        };
        let judged = workload.task.targets.iter().filter_map(|target| {
            let peer = peer_of(*target);
            Some((peer, workload.value(peer)?, judge(workload, amphi, *target)?))
        });
        let mut name = workload.task.name;
        let mut others: String = workload
            .figures
            .iter()
            .filter(|f| f.peer != amphi_engine::NAME)
            .filter(|f| workload.task.targets.iter().all(|t| peer_of(*t) != f.peer))
            .map(|f| {
                let ratio = numbers::digits(f.value / amphi);
                format!("{} {} ({ratio}×) ", f.peer, workload.shown(f.value))
            })
            .collect();
        let mut lines = 0;
        for (peer, value, (ratio, wanted, mark)) in judged {
            if mark == "yes" {
                met += 1;
            } else {
                missed += 1;
            }
            let (ours, theirs) = (workload.shown(amphi), workload.shown(value));
            let _ = writeln!(
                text,
                "| {name} | {ours} | {peer} | {theirs} | {ratio} | {wanted} | {mark} | {}|",
                std::mem::take(&mut others)
            );
            (name, lines) = ("", lines + 1);
        }
        if lines == 0 {
            let ours = workload.shown(amphi);
            let _ = writeln!(text, "| {name} | {ours} | | | | | | {others}|");
        }
    }
    let _ = writeln!(text, "\n{met} targets met, {missed} missed");
    text
}
