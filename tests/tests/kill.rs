//! A process killed at any moment, a hundred times over the same directory: what it had acknowledged is
//! there, whole, when the next one opens it. And a big table is there at once: `cargo xtask soak-big` has it with
//! a million rows (`AMPHI_OPEN_ROWS`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::big_kill_target;
use amphi_tests::kill_target::{WRITERS, open, placement, verify};
use amphi_tests::random::Random;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const KILLS: u64 = 100;
/// How long opening the big table and reading a row of it takes at most, in an optimized build.
const OPENING: Duration = Duration::from_millis(50);

/// What is known of one writer: numbers of transactions.
#[derive(Debug, Clone, Copy, Default)]
struct Writer {
    /// Certainly in the store.
    durable: i64,
    acknowledged: i64,
    begun: i64,
}

/// What the processes have said so far.
#[derive(Debug)]
struct Said {
    writers: [Writer; WRITERS as usize],
    /// What was acknowledged when each writer's transaction began.
    before: [[i64; WRITERS as usize]; WRITERS as usize],
    /// Where the moving table may be.
    moving: Vec<String>,
    acknowledgements: usize,
    moves: usize,
}

impl Said {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |i: usize| words[i].parse::<i64>().unwrap();
        let who = || number(1) as usize;
        match words[0] {
            "found" => self.require_found(who(), number(2)),
            "placed" => self.require_placed(words[1]),
            "begin" => {
                self.writers[who()].begun = number(2);
                self.before[who()] = self.writers.map(|w| w.acknowledged);
            }
            "ack" => {
                self.acknowledgements += 1;
                self.writers[who()].acknowledged = number(2);
                if words[3] == "sync" {
                    let before = self.before[who()];
                    for (writer, before) in self.writers.iter_mut().zip(before) {
                        writer.durable = writer.durable.max(before);
                    }
                    self.writers[who()].durable = number(2);
                }
            }
            "move" => self.moving.push(words[1].to_owned()),
            "moved" => {
                self.moves += 1;
                self.moving = vec![words[1].to_owned()];
            }
            "ready" => {}
            _ => panic!("{line}"),
        }
    }

    fn require_found(&mut self, who: usize, hi: i64) {
        let writer = &mut self.writers[who];
        assert!(
            (writer.durable..=writer.begun).contains(&hi),
            "writer {who} is at {hi}: {writer:?}"
        );
        (writer.durable, writer.acknowledged, writer.begun) = (hi, hi, hi);
    }

    fn require_placed(&mut self, placement: &str) {
        // What was in memory is gone.
        let stored = |p: &String| if p == "memory" { "none" } else { p.as_str() } == placement;
        assert!(
            self.moving.iter().any(stored),
            "the moving table is {placement}, and was {:?}",
            self.moving
        );
        self.moving = vec![placement.to_owned()];
    }
}

fn start(directory: &Path, arguments: &[&str]) -> (Child, Receiver<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_amphi-kill-target"))
        .arg(directory)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (sender, lines) = channel();
    thread::spawn(move || {
        let mut line = String::new();
        // A line without its end was cut short by the kill.
        while output.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
            let _ = sender.send(line.trim_end().to_owned());
            line.clear();
        }
    });
    (child, lines)
}

#[test]
fn what_a_killed_process_acknowledged_is_there() {
    let directory = TempDir::new().unwrap();
    let mut said = Said {
        writers: Default::default(),
        before: Default::default(),
        moving: vec!["none".to_owned()],
        acknowledgements: 0,
        moves: 0,
    };
    let mut random = Random::new(1);
    for round in 0..KILLS {
        let (mut child, lines) = start(directory.path(), &[&round.to_string()]);
        if random.chance(70) {
            // While it works.
            for line in lines.iter() {
                said.hear(&line);
                if line == "ready" {
                    break;
                }
            }
            thread::sleep(Duration::from_millis(random.below(250)));
        } else {
            // Perhaps while it still opens what the last one left.
            thread::sleep(Duration::from_millis(random.below(60)));
        }
        assert_eq!(child.try_wait().unwrap(), None, "the program ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        lines.iter().for_each(|line| said.hear(&line));
    }
    let db = open(directory.path()).unwrap();
    for (who, hi) in verify(&db).unwrap().into_iter().enumerate() {
        said.require_found(who, hi);
    }
    said.require_placed(&placement(&db));
    println!("{} transactions and {} moves", said.acknowledgements, said.moves);
    assert!(said.acknowledgements > 200 && said.moves > 50, "{said:?}");
}

#[test]
fn a_process_killed_while_it_makes_the_database_leaves_none_or_a_whole_one() {
    let mut random = Random::new(2);
    for round in 0..20 {
        let directory = TempDir::new().unwrap();
        let (mut child, _lines) = start(directory.path(), &[&round.to_string()]);
        thread::sleep(Duration::from_micros(random.below(30_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        let db = open(directory.path()).unwrap();
        verify(&db).unwrap();
    }
}

#[test]
fn a_big_table_opens_soon_after_a_kill() {
    let rows = env::var("AMPHI_OPEN_ROWS").map_or(20_000, |v| v.parse::<i64>().unwrap());
    let directory = TempDir::new().unwrap();
    let mut random = Random::new(3);
    let mut times = Vec::new();
    let mut before_it = 0;
    for _ in 0..5 {
        let (mut child, lines) = start(directory.path(), &["big", &rows.to_string()]);
        assert_eq!(lines.recv().as_deref(), Ok("ready"));
        thread::sleep(Duration::from_millis(100 + random.below(400)));
        assert_eq!(child.try_wait().unwrap(), None, "the program ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        let before = Instant::now();
        let db = big_kill_target::open(directory.path()).unwrap();
        let row = db.query_row("SELECT n FROM big WHERE id = ?", (rows / 2,));
        times.push(before.elapsed());
        assert!(row.unwrap().get::<i64>(0).unwrap() >= rows / 2);
        let sql = "SELECT COUNT(*), SUM(id), SUM(n) - SUM(id) FROM big";
        let found = db.query_row(sql, ()).unwrap();
        let whole = (found.get(0), found.get(1));
        assert_eq!(whole, (Ok(rows), Ok(rows * (rows + 1) / 2)));
        let changes: i64 = found.get(2).unwrap();
        assert!(changes > before_it, "the program changed nothing");
        before_it = changes;
        db.close().unwrap();
    }
    let report = big_kill_target::open(directory.path()).unwrap().check().unwrap();
    assert!(report.is_empty(), "{report}");
    println!("{rows} rows opened after {times:?}");
    let slow = times.iter().any(|t| *t >= OPENING);
    assert!(
        cfg!(debug_assertions) || !slow,
        "{rows} rows opened after {times:?}"
    );
}
