//! One operator of an explained plan, and the plan as text or as JSON.

use crate::sql::exec::OperatorCounts;
use crate::sql::plan::ExplainFormat;
use crate::types::write_json_string;
use alloc::{format, string::String, vec, vec::Vec};
use core::fmt::Write;
use core::sync::atomic::Ordering::Relaxed;

/// What an operator did.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Done {
    rows: u64,
    batches: u64,
    millis: f64,
    /// Blocks that it, or what is below it, found missing.
    misses: u64,
    /// Blocks that it, or what is below it, passed over.
    skipped: u64,
}

/// One operator, or a heading of some.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlanLine {
    depth: usize,
    text: String,
    /// Rows that it should yield.
    estimated: Option<f64>,
    done: Option<Done>,
    /// Of a change or trigger: how many rows or calls, what these are, and the milliseconds they took.
    made: Option<(u64, &'static str, f64)>,
}

impl PlanLine {
    /// A change or a trigger, and how many of what it made.
    pub(super) fn done(text: String, what: &'static str, counts: &OperatorCounts) -> PlanLine {
        let millis = counts.micros.load(Relaxed) as f64 / 1000.0;
        PlanLine {
            made: Some((counts.rows.load(Relaxed), what, millis)),
            ..PlanLine::heading(0, text)
        }
    }

    /// A line that is no operator.
    pub(super) fn heading(depth: usize, text: String) -> PlanLine {
        PlanLine {
            depth,
            text,
            estimated: None,
            done: None,
            made: None,
        }
    }

    /// An operator that yields about so many rows; `counts`: what it did.
    pub(super) fn operator(
        depth: usize,
        text: String,
        rows: f64,
        counts: Option<&OperatorCounts>,
    ) -> PlanLine {
        PlanLine {
            depth,
            text,
            estimated: Some(libm::round(rows)),
            done: counts.map(|c| Done {
                rows: c.rows.load(Relaxed),
                batches: c.batches.load(Relaxed),
                millis: c.micros.load(Relaxed) as f64 / 1000.0,
                misses: c.misses.load(Relaxed),
                skipped: c.skipped.load(Relaxed),
            }),
            made: None,
        }
    }

    fn in_text(&self) -> String {
        let mut line = format!("{}{}", "  ".repeat(self.depth), self.text);
        if let Some((n, what, millis)) = self.made {
            let plural = if n == 1 { "" } else { "s" };
            let _ = write!(line, "  [{n} {what}{plural}, {millis} ms]");
        }
        if let Some(rows) = self.estimated {
            let _ = write!(line, "  [~{rows} rows");
            if let Some(d) = &self.done {
                let plural = if d.batches == 1 { "" } else { "es" };
                let _ = write!(
                    line,
                    "; {} rows in {} batch{plural}, {} ms",
                    d.rows, d.batches, d.millis
                );
                if d.misses > 0 {
                    let _ = write!(line, ", {} blocks missed", d.misses);
                }
                if d.skipped > 0 {
                    let _ = write!(line, ", {} blocks skipped", d.skipped);
                }
            }
            line.push(']');
        }
        line
    }

    /// Its members, without the braces.
    fn in_json(&self, out: &mut String) {
        // Writing to a text cannot fail.
        let _ = out.write_str("\"operator\": ");
        let _ = write_json_string(&self.text, out);
        if let Some((n, what, millis)) = self.made {
            let _ = write!(out, ", \"{what}s\": {n}, \"milliseconds\": {millis}");
        }
        if let Some(rows) = self.estimated {
            let _ = write!(out, ", \"estimated_rows\": {rows}");
        }
        if let Some(d) = &self.done {
            let _ = write!(
                out,
                ", \"rows\": {}, \"batches\": {}, \"milliseconds\": {}, \"block_misses\": {}, \"blocks_skipped\": {}",
                d.rows, d.batches, d.millis, d.misses, d.skipped
            );
        }
    }
}

/// The lines of a result: one per operator, or one with a JSON document.
pub(super) fn formatted(lines: &[PlanLine], format: ExplainFormat) -> Vec<String> {
    match format {
        ExplainFormat::Text => lines.iter().map(PlanLine::in_text).collect(),
        ExplainFormat::Json => vec![in_json(lines)],
    }
}

/// `{"plan": [operators]}`; each with its inputs.
fn in_json(lines: &[PlanLine]) -> String {
    let mut out = String::from("{\"plan\": [");
    let mut open = 0;
    for (i, line) in lines.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| lines.get(i));
        match before {
            None => {}
            Some(before) if before.depth < line.depth => {
                out.push_str(", \"inputs\": [");
                open += 1;
            }
            Some(before) => {
                out.push('}');
                let ended = before.depth.saturating_sub(line.depth).min(open);
                out.push_str(&"]}".repeat(ended));
                open -= ended;
                out.push_str(", ");
            }
        }
        out.push('{');
        line.in_json(&mut out);
    }
    if !lines.is_empty() {
        out.push('}');
    }
    out.push_str(&"]}".repeat(open));
    out.push_str("]}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_nests_as_the_text_is_indented() {
        let line = |depth, text: &str| PlanLine::heading(depth, text.into());
        let plan = [
            line(0, "a"),
            line(1, "b"),
            line(2, "c"),
            line(1, "d \"x\""),
            line(0, "e"),
        ];
        let json = formatted(&plan, ExplainFormat::Json);
        assert_eq!(
            json,
            [
                "{\"plan\": [{\"operator\": \"a\", \"inputs\": [{\"operator\": \"b\", \"inputs\": [{\"operator\": \"c\"}]}, \
              {\"operator\": \"d \\\"x\\\"\"}]}, {\"operator\": \"e\"}]}"
            ]
        );
        let two_up = [line(0, "a"), line(1, "b"), line(2, "c")];
        let json = formatted(&two_up, ExplainFormat::Json);
        assert_eq!(json[0].matches('{').count(), json[0].matches('}').count());
        assert!(crate::types::is_json(&json[0]));
        assert_eq!(formatted(&plan, ExplainFormat::Text)[2], "    c");
    }
}
