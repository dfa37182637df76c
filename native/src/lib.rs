//! Amphi for Rust programs.
