//! The checker finds every anomaly in a history made by hand, and none in a sound one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Anomaly, Finding, Key, Op, Transaction, check};
use crate::random::Random;
use std::collections::{BTreeMap, BTreeSet};

/// A transaction a line, all at the same time unless a line begins with `began-ended`. `x+1` appends,
/// `x=12` reads the list 1, 2, `x?` finds no row by a predicate; a line that ends with `aborted` did not
/// commit.
fn history(text: &str) -> Vec<Transaction> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let transaction = |(i, line): (usize, &str)| {
        let mut it = Transaction {
            ops: Vec::new(),
            committed: true,
            began: i as u64,
            ended: 1000 + i as u64,
        };
        for word in line.split(' ') {
            let Some((name, rest)) = word.split_once(['+', '=', '?']) else {
                match word.split_once('-') {
                    Some((began, ended)) => {
                        it.began = began.parse().unwrap();
                        it.ended = ended.parse().unwrap();
                    }
                    None if word == "aborted" => it.committed = false,
                    None => panic!("{word}"),
                }
                continue;
            };
            let key = Key {
                table: name.chars().next().unwrap(),
                id: 0,
            };
            it.ops.push(match word.contains('+') {
                true => Op::Append(key, rest.parse().unwrap()),
                false => Op::Read {
                    key,
                    values: rest.chars().map(|c| c.to_digit(10).unwrap().into()).collect(),
                    by_predicate: word.contains('?'),
                },
            });
        }
        it
    };
    lines.enumerate().map(transaction).collect()
}

#[track_caller]
fn finds(text: &str, expected: &[Anomaly]) -> Vec<Finding> {
    let findings = check(&history(text));
    let mut anomalies: Vec<Anomaly> = findings.iter().map(|f| f.anomaly).collect();
    anomalies.sort_unstable();
    anomalies.dedup();
    assert_eq!(anomalies, expected, "{findings:#?}");
    findings
}

#[test]
fn sound_histories_show_nothing() {
    finds("", &[]);
    finds(
        "x+1 x=1 y=
         x=1 y= y+2 y=2 x=1
         x=1 y=23
         y+3 z?
         z+4 aborted
         y+5",
        &[],
    );
    finds(
        "0-10 x+1
         5-20 x=
         15-30 x=1 x+2
         35-40 x=12",
        &[],
    );
}

#[test]
fn bad_reads() {
    finds("x=1", &[Anomaly::Unwritten]);
    finds("y+1\nx=1", &[Anomaly::Unwritten]);
    finds("x+1\nx=11", &[Anomaly::Duplicate]);
    finds("x+1\nx+2\nx=12\nx=2", &[Anomaly::IncompatibleOrder]);
    finds("x+1 x=", &[Anomaly::Internal]);
    finds("x+1\nx+2 x=21\nx=12", &[Anomaly::Internal]);
    finds("x+1 aborted\nx=1", &[Anomaly::AbortedRead]);
    let both = [Anomaly::IntermediateRead, Anomaly::GSingle];
    finds("x+1 x+2\nx=1\nx=12", &both);
}

#[test]
fn write_cycles() {
    finds("x+1 y+2\nx+3 y+4\nx=13\ny=42", &[Anomaly::G0]);
    finds("x+1 x+2\nx+3\nx=132", &[Anomaly::G0]);
    // Later, and yet before.
    finds("0-1 x+1\n2-3 x+2\n4-5 x=21", &[Anomaly::G0]);
}

#[test]
fn circular_information_flow() {
    finds("x+1 y=2\ny+2 x=1", &[Anomaly::G1c]);
    finds("x+1 y=2\nx+3 y+2\nx=13", &[Anomaly::G1c]);
    // It saw the future.
    finds("0-1 x=1\n2-3 x+1", &[Anomaly::G1c]);
}

#[test]
fn single_anti_dependencies() {
    let skew = finds("x+1 y+2\nx=1 y=\ny=2", &[Anomaly::GSingle]);
    assert!(
        skew[0]
            .explanation
            .contains("T1(1..1001 x0=[1] y0=[])\n  rw y0 -> T0"),
        "{skew:?}"
    );
    finds("x+1\nx= x=1", &[Anomaly::GSingle]);
    // Lost updates: seen by a later read, and by nobody.
    finds("x= x+1\nx= x+2\nx=12", &[Anomaly::GSingle]);
    finds("x= x+1\nx= x+2\nx=2", &[Anomaly::GSingle]);
    // A stale read.
    finds("0-1 x+1\n2-3 x=\nx=1", &[Anomaly::GSingle]);
    finds("0-1 x+1\n2-3 x?", &[Anomaly::GSingle]);
    // A transaction that did not commit saw it; and one that nobody waited for.
    finds("x+1 y+2\nx=1 y= aborted\ny=2", &[Anomaly::GSingle]);
    finds("0-1 x+1\n2-3 x= aborted", &[Anomaly::GSingle]);
}

#[test]
fn long_forks() {
    finds("x+1\ny+2\nx=1 y=\nx= y=2", &[Anomaly::GNonadjacent]);
    finds("x+1\ny+2\nx=1 y?\nx? y=2", &[Anomaly::GNonadjacent]);
}

#[test]
fn write_skew() {
    finds("x= y= x+1\nx= y= y+2\nx=1 y=2", &[Anomaly::G2Item]);
    finds("x? y? x+1\nx? y? y+2\nx=1 y=2", &[Anomaly::G2]);
    // Through a transaction that only reads.
    finds("x= y= x+1\ny+2\nx= y=2\nx=1 y=2", &[Anomaly::G2Item]);
    // Two at once, apart from each other.
    let both = "x= y= x+1\nx= y= y+2\nx=1 y=2\na? b? a+3\na? b? b+4\na=3 b=4";
    finds(both, &[Anomaly::G2Item, Anomaly::G2]);
}

#[test]
fn a_cycle_of_many_transactions() {
    // Each saw what the one before it appended, the first one what the last one did.
    const N: u64 = 5_000;
    let key = |n: u64| Key {
        table: 'x',
        id: (n % N) as i64,
    };
    let transaction = |n: u64| Transaction {
        ops: vec![
            Op::Read {
                key: key(n),
                values: vec![1],
                by_predicate: false,
            },
            Op::Append(key(n + 1), 1),
        ],
        committed: true,
        began: n,
        ended: n + N,
    };
    let findings = check(&(0..N).map(transaction).collect::<Vec<_>>());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].anomaly, Anomaly::G1c);
}

/// What a read of a simulated transaction sees.
#[derive(Clone, Copy, PartialEq)]
enum Sees {
    Committed,
    Snapshot,
}

/// Transactions of three sessions in turn, over four lists. First committer wins; with `validates`, a
/// transaction that writes also loses if a list it read has changed.
fn simulate(seed: u64, sees: Sees, validates: bool) -> Vec<Transaction> {
    struct Open {
        transaction: Transaction,
        snapshot: BTreeMap<Key, Vec<u64>>,
        own: BTreeMap<Key, Vec<u64>>,
    }
    let mut random = Random::new(seed);
    let (mut lists, mut done) = (BTreeMap::<Key, Vec<u64>>::new(), Vec::new());
    let mut open: [Option<Open>; 3] = [None, None, None];
    for now in 0..400 {
        let slot = &mut open[random.below(3) as usize];
        let Some(it) = slot else {
            *slot = Some(Open {
                transaction: Transaction {
                    ops: Vec::new(),
                    committed: false,
                    began: now,
                    ended: 0,
                },
                snapshot: lists.clone(),
                own: BTreeMap::new(),
            });
            continue;
        };
        let key = Key {
            table: ['x', 'y', 'z', 'w'][random.below(4) as usize],
            id: 0,
        };
        let values = |from: &BTreeMap<Key, Vec<u64>>, key: &Key| from.get(key).cloned().unwrap_or_default();
        match random.below(6) {
            0 | 1 => {
                it.own.entry(key).or_default().push(now);
                it.transaction.ops.push(Op::Append(key, now));
            }
            2..=4 => {
                let from = if sees == Sees::Snapshot {
                    &it.snapshot
                } else {
                    &lists
                };
                let mut values = values(from, &key);
                values.extend(it.own.get(&key).into_iter().flatten());
                it.transaction.ops.push(Op::Read {
                    key,
                    by_predicate: values.is_empty(),
                    values,
                });
            }
            _ => {
                let changed = |key: &Key| values(&it.snapshot, key) != values(&lists, key);
                let read = |op: &Op| matches!(op, Op::Read { key, .. } if changed(key));
                let stale = validates && !it.own.is_empty() && it.transaction.ops.iter().any(read);
                it.transaction.committed = !stale && !it.own.keys().any(changed);
                it.transaction.ended = now;
                if it.transaction.committed {
                    for (key, values) in &it.own {
                        lists.entry(*key).or_default().extend(values);
                    }
                }
                done.extend(slot.take().map(|o| o.transaction));
            }
        }
    }
    done
}

#[test]
fn simulated_levels_show_what_they_may() {
    let mut seen = BTreeSet::new();
    for seed in 0..150 {
        let findings = check(&simulate(seed, Sees::Snapshot, true));
        assert!(findings.is_empty(), "seed {seed}: {}", findings[0]);
        for finding in check(&simulate(seed, Sees::Snapshot, false)) {
            assert!(finding.anomaly >= Anomaly::G2Item, "seed {seed}: {finding}");
            seen.insert(finding.anomaly);
        }
        for finding in check(&simulate(seed, Sees::Committed, false)) {
            // Own appends make a read wrong here only by what others append meanwhile.
            assert!(finding.anomaly >= Anomaly::GSingle, "seed {seed}: {finding}");
            seen.insert(finding.anomaly);
        }
    }
    assert!(
        seen.contains(&Anomaly::GSingle) && seen.contains(&Anomaly::G2Item),
        "{seen:?}"
    );
}
