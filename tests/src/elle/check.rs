//! From a history to its anomalies: versions of lists, dependencies, cycles.

use super::graph::{Dependency, Edge, Graph};
use super::{Anomaly, Finding, Key, Op, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of one list.
#[derive(Default)]
struct List {
    /// Its values in their order: the longest that was read.
    order: Vec<u64>,
    /// Committed appends that nobody saw. They come after all that was seen, since a later list holds
    /// all earlier values.
    unseen: Vec<usize>,
}

/// A read, without what its own transaction had appended before.
struct Read<'a> {
    by: usize,
    key: Key,
    values: &'a [u64],
    by_predicate: bool,
}

struct Checker<'a> {
    history: &'a [Transaction],
    /// Who appended a value to a list.
    writers: BTreeMap<(Key, u64), usize>,
    lists: BTreeMap<Key, List>,
    reads: Vec<Read<'a>>,
    findings: Vec<Finding>,
}

/// Finds the anomalies of a history; of cycles, one for every set of transactions that depend on each
/// other.
///
/// Transactions that did not commit take part as readers: they too must have seen one state.
pub fn check(history: &[Transaction]) -> Vec<Finding> {
    let mut checker = Checker {
        history,
        writers: BTreeMap::new(),
        lists: BTreeMap::new(),
        reads: Vec::new(),
        findings: Vec::new(),
    };
    checker.collect();
    checker.complete_lists();
    checker.check_reads();
    let graph = checker.graph();
    checker.find_cycles(&graph);
    checker.findings
}

impl<'a> Checker<'a> {
    /// Finds out who wrote what and the order of every list, and takes own appends from the reads.
    fn collect(&mut self) {
        for (by, transaction) in self.history.iter().enumerate() {
            let mut own: BTreeMap<Key, Vec<u64>> = BTreeMap::new();
            for op in &transaction.ops {
                match op {
                    Op::Append(key, value) => {
                        let before = self.writers.insert((*key, *value), by);
                        assert!(before.is_none(), "{value} is appended to {key} twice");
                        own.entry(*key).or_default().push(*value);
                    }
                    Op::Read {
                        key,
                        values,
                        by_predicate,
                    } => {
                        let mine = own.get(key).map_or(&[][..], Vec::as_slice);
                        let (others, rest) = values.split_at(values.len().saturating_sub(mine.len()));
                        if rest != mine || mine.iter().any(|v| others.contains(v)) {
                            self.findings.push(Finding {
                                anomaly: Anomaly::Internal,
                                explanation: format!("{op} in {transaction}"),
                            });
                            continue;
                        }
                        // What an aborted transaction appended itself is in no version.
                        let seen = if transaction.committed {
                            &values[..]
                        } else {
                            others
                        };
                        let list = self.lists.entry(*key).or_default();
                        if seen.len() > list.order.len() {
                            list.order = seen.to_vec();
                        }
                        self.reads.push(Read {
                            by,
                            key: *key,
                            values: others,
                            by_predicate: *by_predicate,
                        });
                    }
                }
            }
        }
    }

    /// Finds the committed appends that nobody saw, and values seen twice.
    fn complete_lists(&mut self) {
        for ((key, value), by) in &self.writers {
            let list = self.lists.entry(*key).or_default();
            if self.history[*by].committed && !list.order.contains(value) {
                list.unseen.push(*by);
            }
        }
        for (key, list) in &self.lists {
            let distinct: BTreeSet<u64> = list.order.iter().copied().collect();
            if distinct.len() < list.order.len() {
                self.findings.push(Finding {
                    anomaly: Anomaly::Duplicate,
                    explanation: format!("{key} = {:?}", list.order),
                });
            }
        }
    }

    /// Checks every read on its own.
    fn check_reads(&mut self) {
        let found: Vec<Finding> = self.reads.iter().flat_map(|r| self.faults_of(r)).collect();
        self.findings.extend(found);
    }

    fn faults_of(&self, read: &Read<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut found = |anomaly, what: String| {
            findings.push(Finding {
                anomaly,
                explanation: format!("{what} in {}", self.history[read.by]),
            });
        };
        let list = &self.lists[&read.key];
        if !list.order.starts_with(read.values) {
            let what = format!("{}={:?} against {:?}", read.key, read.values, list.order);
            found(Anomaly::IncompatibleOrder, what);
        }
        for value in read.values {
            match self.writers.get(&(read.key, *value)) {
                Some(writer) if self.history[*writer].committed => {}
                Some(writer) => {
                    let what = format!("{value} of {}", self.history[*writer]);
                    found(Anomaly::AbortedRead, what);
                }
                None => found(Anomaly::Unwritten, format!("{value} in {}", read.key)),
            }
        }
        if let Some(last) = read.values.last()
            && let Some(writer) = self.writer(read.key, *last)
        {
            let appends = self.history[writer].ops.iter().rev();
            let mut of_key = appends.filter_map(|op| match op {
                Op::Append(key, value) if *key == read.key => Some(value),
                _ => None,
            });
            if of_key.next() != Some(last) {
                let what = format!("{last} of {}", self.history[writer]);
                found(Anomaly::IntermediateRead, what);
            }
        }
        findings
    }

    /// The transaction that appended a value, if it committed.
    fn writer(&self, key: Key, value: u64) -> Option<usize> {
        let by = self.writers.get(&(key, value))?;
        self.history[*by].committed.then_some(*by)
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph::new(self.history.len());
        for (key, list) in &self.lists {
            let mut writers: Vec<usize> = list.order.iter().filter_map(|v| self.writer(*key, *v)).collect();
            writers.dedup();
            for pair in writers.windows(2) {
                graph.add(pair[0], pair[1], Dependency::Ww(*key));
            }
            for unseen in &list.unseen {
                if let Some(last) = writers.last() {
                    graph.add(*last, *unseen, Dependency::Ww(*key));
                }
            }
        }
        let fits = |read: &&Read<'_>| self.lists[&read.key].order.starts_with(read.values);
        for read in self.reads.iter().filter(fits) {
            if let Some(writer) = read.values.last().and_then(|v| self.writer(read.key, *v)) {
                graph.add(writer, read.by, Dependency::Wr(read.key));
            }
            let list = &self.lists[&read.key];
            let next = list.order.get(read.values.len());
            let why = Dependency::Rw(read.key, read.by_predicate);
            match next {
                Some(value) => {
                    if let Some(writer) = self.writer(read.key, *value) {
                        graph.add(read.by, writer, why);
                    }
                }
                None => list.unseen.iter().for_each(|w| graph.add(read.by, *w, why)),
            }
        }
        self.add_real_time(&mut graph);
        graph
    }

    /// An edge from every transaction to those that began after its end, but for the edges that follow
    /// from others.
    fn add_real_time(&self, graph: &mut Graph) {
        let ends = |(i, t): (usize, &Transaction)| [(t.began, false, i), (t.ended, true, i)];
        let mut moments: Vec<_> = self.history.iter().enumerate().flat_map(ends).collect();
        moments.sort_unstable();
        // Those that have ended, and after whose end none that has ended began.
        let mut latest: Vec<usize> = Vec::new();
        for (_, is_end, i) in moments {
            if is_end {
                latest.retain(|j| self.history[*j].ended > self.history[i].began);
                latest.push(i);
            } else {
                latest.iter().for_each(|j| graph.add(*j, i, Dependency::RealTime));
            }
        }
    }

    /// One cycle for every component, of the gravest shape it has.
    fn find_cycles(&mut self, graph: &Graph) {
        for (uses, shapes) in SEARCHES {
            let component_of = graph.components(uses);
            let edges = graph.edges_within(&component_of);
            let components: BTreeSet<usize> = component_of.values().copied().collect();
            for component in components {
                let in_it = |e: &&Edge| component_of.get(&e.from) == Some(&component);
                let found = shapes.iter().find_map(|shape| {
                    let mut firsts = edges.iter().filter(in_it).filter(|e| (shape.first)(e.why));
                    let cycle = firsts.find_map(|e| graph.cycle(*e, &component_of, shape.rest, shape.apart));
                    cycle.map(|c| (shape.anomaly, c))
                });
                if let Some((anomaly, cycle)) = found {
                    self.findings.push(Finding {
                        anomaly,
                        explanation: self.explain(&cycle),
                    });
                }
            }
        }
    }

    fn explain(&self, cycle: &[Edge]) -> String {
        let step = |e: &Edge| format!("T{}{}\n  {} -> ", e.from, self.history[e.from], e.why);
        let back = cycle.first().map_or(0, |e| e.from);
        format!("{}T{back}", cycle.iter().map(step).collect::<String>())
    }
}

/// A kind of cycle.
struct Shape {
    anomaly: Anomaly,
    /// One edge it must have.
    first: fn(Dependency) -> bool,
    /// What its other edges may be.
    rest: fn(Dependency) -> bool,
    /// No two rw edges follow each other.
    apart: bool,
}

fn is_ww(why: Dependency) -> bool {
    matches!(why, Dependency::Ww(_))
}

fn is_wr(why: Dependency) -> bool {
    matches!(why, Dependency::Wr(_))
}

fn is_ww_or_time(why: Dependency) -> bool {
    is_ww(why) || why == Dependency::RealTime
}

fn is_no_rw(why: Dependency) -> bool {
    !why.is_rw()
}

fn is_predicate_rw(why: Dependency) -> bool {
    matches!(why, Dependency::Rw(_, true))
}

/// The edges to look at, and the shapes of cycles to look for among them, the gravest first.
const SEARCHES: [(fn(Dependency) -> bool, &[Shape]); 3] = [
    (
        is_ww_or_time,
        &[Shape {
            anomaly: Anomaly::G0,
            first: is_ww,
            rest: is_ww_or_time,
            apart: false,
        }],
    ),
    (
        is_no_rw,
        &[Shape {
            anomaly: Anomaly::G1c,
            first: is_wr,
            rest: is_no_rw,
            apart: false,
        }],
    ),
    (
        |_| true,
        &[
            Shape {
                anomaly: Anomaly::GSingle,
                first: Dependency::is_rw,
                rest: is_no_rw,
                apart: false,
            },
            Shape {
                anomaly: Anomaly::GNonadjacent,
                first: Dependency::is_rw,
                rest: |_| true,
                apart: true,
            },
            Shape {
                anomaly: Anomaly::G2Item,
                first: |why| why.is_rw() && !is_predicate_rw(why),
                rest: |why| !is_predicate_rw(why),
                apart: false,
            },
            Shape {
                anomaly: Anomaly::G2,
                first: Dependency::is_rw,
                rest: |_| true,
                apart: false,
            },
        ],
    ),
];
