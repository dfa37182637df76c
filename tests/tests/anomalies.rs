//! Every anomaly of Adya's list, as Hermitage tests them: one script each in `scripts/isolation`, run at
//! every level, in every placement, and with its rows in tables of different placements.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amphi_tests::isolation_script::{LEVELS, Script, arrangements};
use std::collections::{BTreeMap, BTreeSet};

/// What happens at each level in at least one script, in Hermitage's order; all else is prevented.
const ANOMALIES: [(&str, &[&str]); 10] = [
    ("G0", &[]),
    ("G1a", &[]),
    ("G1b", &[]),
    ("G1c", &[]),
    ("OTV", &[]),
    ("PMP", &["ru", "rc"]),
    ("P4", &["ru", "rc"]),
    ("G-single", &["ru", "rc"]),
    ("G2-item", &["ru", "rc", "rr"]),
    ("G2", &["ru", "rc", "rr"]),
];

macro_rules! scripts {
    ($($name:ident)*) => {
        const SCRIPTS: &[(&str, &str)] = &[
            $((stringify!($name), include_str!(concat!("../scripts/isolation/", stringify!($name), ".txt")))),*
        ];

        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*
    };
}

scripts! {
    g0 g1a g1a_insert_delete g1a_savepoint g1b g1c otv otv_second_writer_commits pmp pmp_write
    pmp_write_after_commit p4 p4_after_commit p4_in_place g_single g_single_predicate g_single_write
    g2_item g2 g2_two_edges
}

fn run(name: &str) {
    let (_, source) = SCRIPTS.iter().find(|(n, _)| *n == name).unwrap();
    let script = Script::parse(source);
    for (bed, spreads) in arrangements() {
        for spread in spreads {
            for (level, _) in LEVELS {
                script.run(&bed, &spread, level);
            }
        }
    }
}

#[test]
fn each_level_prevents_what_it_promises() {
    let mut happens: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (_, source) in SCRIPTS {
        let script = Script::parse(source);
        happens.entry(script.anomaly).or_default().extend(script.happens);
    }
    let expected = ANOMALIES.map(|(name, levels)| (name.to_string(), levels.iter().copied().collect()));
    assert_eq!(happens, BTreeMap::from(expected));
}

#[test]
fn every_script_is_run() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/isolation");
    let file = |f: Result<std::fs::DirEntry, _>| f.unwrap().file_name().into_string().unwrap();
    let files: BTreeSet<String> = folder.read_dir().unwrap().map(file).collect();
    let run = SCRIPTS.iter().map(|(name, _)| format!("{name}.txt"));
    assert_eq!(files, run.collect());
}
