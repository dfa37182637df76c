//! What the work costs without any database: a `Vec` per column for scans, a `BTreeMap` for keys.

use crate::rows::{NEEDLE, Row};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

pub const VEC: &str = "Vec";
pub const MAP: &str = "BTreeMap";

/// A table as one `Vec` per column.
pub struct Columns {
    a: Vec<i64>,
    b: Vec<f64>,
    c: Vec<String>,
}

impl Columns {
    pub fn new(rows: &[Row]) -> Columns {
        Columns {
            a: rows.iter().map(|r| r.a).collect(),
            b: rows.iter().map(|r| r.b).collect(),
            c: rows.iter().map(|r| r.c.clone()).collect(),
        }
    }

    /// `SELECT SUM(a) FROM t`.
    pub fn sum(&self) -> i64 {
        self.a.iter().sum()
    }

    /// `SELECT SUM(b) FROM t WHERE a < below`.
    pub fn filter_sum(&self, below: i64) -> f64 {
        let rows = self.a.iter().zip(&self.b);
        rows.filter(|(a, _)| **a < below).map(|(_, b)| *b).sum()
    }

    /// `SELECT SUM(b) FROM o WHERE a BETWEEN first AND last`, by bisection.
    pub fn range_sum(&self, first: i64, last: i64) -> f64 {
        let from = self.a.partition_point(|a| *a < first);
        let to = self.a.partition_point(|a| *a <= last);
        self.b.get(from..to).unwrap_or(&[]).iter().sum()
    }

    /// `SELECT a, COUNT(*), SUM(b) FROM t GROUP BY a`.
    pub fn group_by(&self) -> HashMap<i64, (usize, f64)> {
        let mut groups: HashMap<i64, (usize, f64)> = HashMap::new();
        for (a, b) in self.a.iter().zip(&self.b) {
            let group = groups.entry(*a).or_default();
            group.0 += 1;
            group.1 += b;
        }
        groups
    }

    /// `SELECT COUNT(*) FROM t WHERE c LIKE '%needle%'`, but for the case of letters.
    pub fn like(&self) -> usize {
        self.c.iter().filter(|c| c.contains(NEEDLE)).count()
    }

    /// `SELECT … FROM t ORDER BY b DESC LIMIT 10`: positions of the rows.
    pub fn greatest(&self) -> Vec<usize> {
        // Numbers that are not negative order as their bits do.
        let mut heap: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::with_capacity(11);
        for (i, b) in self.b.iter().enumerate() {
            let bits = b.to_bits();
            if heap.len() == 10 {
                if heap.peek().is_some_and(|least| least.0.0 >= bits) {
                    continue;
                }
                heap.pop();
            }
            heap.push(Reverse((bits, i)));
        }
        heap.into_sorted_vec().into_iter().map(|r| r.0.1).collect()
    }

    /// `SELECT d.a, COUNT(*), SUM(t.b) FROM t JOIN d ON t.a = d.id GROUP BY d.a`.
    pub fn join(&self, dimension: &HashMap<i64, i64>) -> HashMap<i64, (usize, f64)> {
        let mut groups: HashMap<i64, (usize, f64)> = HashMap::new();
        for (a, b) in self.a.iter().zip(&self.b) {
            if let Some(g) = dimension.get(a) {
                let group = groups.entry(*g).or_default();
                group.0 += 1;
                group.1 += b;
            }
        }
        groups
    }
}
