//! EXPLAIN: how a statement would run, or ran, as an indented tree of operators or as JSON.

mod analyze_run;
mod expr_text;
mod plan_line;
mod plan_text;

pub use analyze_run::AnalyzeRun;
pub use expr_text::expr_text;
pub use plan_text::{render, render_counted, render_watched};
