//! COMPATIBILITY.md says what is so: every probe is run on Amphi and on SQLite.
//!
//! With `AMPHI_WRITE=1` the document is written instead of compared; `AMPHI_ASK=1` prints the answers of both.
#![allow(clippy::unwrap_used, clippy::panic)]

mod probe;

use probe::{document, path, probes};
use std::env::var_os;

#[test]
fn every_probe_has_the_answers_that_the_table_gives() {
    for probe in probes() {
        let (amphi, sqlite) = (probe.ask_amphi(), probe.ask_sqlite());
        if var_os("AMPHI_ASK").is_some() {
            println!("{}\t{sqlite}\t{amphi}", probe.feature);
            continue;
        }
        assert_eq!(amphi, probe.amphi, "Amphi, {}: {}", probe.feature, probe.query);
        assert_eq!(sqlite, probe.sqlite, "SQLite, {}: {}", probe.feature, probe.query);
    }
}

#[test]
fn a_difference_from_mysql_has_a_remark() {
    for p in probes() {
        assert!(!p.remark.is_empty() || p.amphi == p.mysql, "{}", p.feature);
    }
}

#[test]
fn the_document_is_written_from_the_probes() {
    if var_os("AMPHI_WRITE").is_some() {
        std::fs::write(path(), document()).unwrap();
    }
    let kept = std::fs::read_to_string(path()).unwrap_or_default();
    assert!(
        kept == document(),
        "run AMPHI_WRITE=1 cargo test -p amphi-tests --test compatibility"
    );
}
