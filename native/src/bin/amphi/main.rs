//! The `amphi` SQL shell.
fn main() {}
