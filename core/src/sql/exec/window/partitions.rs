//! Ordered rows, their partitions and groups of peers.

use alloc::vec::Vec;
use core::ops::Range;

/// A group of rows that are equal by the sort keys, and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Peers {
    pub(super) rows: Range<usize>,
    /// How many groups of the partition come before.
    pub(super) before: usize,
}

/// The partitions of ordered rows. Every row is in one, in one group of peers.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    pub(super) partitions: Vec<Partition>,
}

/// A run of rows.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) rows: Range<usize>,
    pub(super) peers: Vec<Peers>,
}

impl Partitions {
    /// Of rows in order, given how many rows each has; `is_peer`: whether a row is equal to the one before it.
    pub(super) fn new(sizes: &[usize], is_peer: impl Fn(usize) -> bool) -> Partitions {
        let mut partitions: Vec<Partition> = Vec::with_capacity(sizes.len());
        let mut start = 0;
        for size in sizes.iter().filter(|size| **size > 0) {
            let rows = start..start + size;
            let mut peers: Vec<Peers> = Vec::new();
            for row in rows.clone() {
                match peers.last_mut().filter(|_| is_peer(row)) {
                    Some(group) => group.rows.end = row + 1,
                    None => peers.push(Peers {
                        rows: row..row + 1,
                        before: peers.len(),
                    }),
                }
            }
            start = rows.end;
            partitions.push(Partition { rows, peers });
        }
        Partitions { partitions }
    }
}

impl Partition {
    /// Every row, with its group of peers.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &Peers)> {
        self.peers
            .iter()
            .flat_map(|group| group.rows.clone().map(move |row| (row, group)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_and_peers_are_runs_of_rows() {
        // Row 3 is equal to row 2, and in another partition.
        let p = Partitions::new(&[3, 0, 2], |row| row == 1 || row == 3);
        let rows: Vec<_> = p.partitions.iter().map(|p| p.rows.clone()).collect();
        assert_eq!(rows, [0..3, 3..5]);
        let peers: Vec<_> = p.partitions[1]
            .each()
            .map(|(r, g)| (r, g.rows.clone(), g.before))
            .collect();
        assert_eq!(peers, [(3, 3..4, 0), (4, 4..5, 1)]);
        assert_eq!(p.partitions[0].peers.len(), 2);
        assert!(Partitions::new(&[], |_| true).partitions.is_empty());
    }
}
