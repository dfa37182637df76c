//! The project chores behind `cargo xtask`.
fn main() {}
