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
    /// Of rows in order, given the numbers of their partitions and of their groups of peers.
    pub(super) fn new(partition: &[u32], peers: &[u32]) -> Partitions {
        let mut partitions: Vec<Partition> = Vec::new();
        let mut last = None;
        for (row, (partition, peer)) in partition.iter().zip(peers).enumerate() {
            let now = Some((*partition, *peer));
            let is_new_partition = last.is_none_or(|(p, _)| p != *partition);
            if is_new_partition {
                partitions.push(Partition {
                    rows: row..row,
                    peers: Vec::new(),
                });
            }
            if let Some(current) = partitions.last_mut() {
                if is_new_partition || last != now {
                    let before = current.peers.len();
                    current.peers.push(Peers {
                        rows: row..row,
                        before,
                    });
                }
                current.rows.end = row + 1;
                if let Some(group) = current.peers.last_mut() {
                    group.rows.end = row + 1;
                }
            }
            last = now;
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
        let p = Partitions::new(&[0, 0, 0, 2, 2], &[7, 7, 8, 8, 9]);
        let rows: Vec<_> = p.partitions.iter().map(|p| p.rows.clone()).collect();
        assert_eq!(rows, [0..3, 3..5]);
        let peers: Vec<_> = p.partitions[1]
            .each()
            .map(|(r, g)| (r, g.rows.clone(), g.before))
            .collect();
        assert_eq!(peers, [(3, 3..4, 0), (4, 4..5, 1)]);
        assert_eq!(p.partitions[0].peers.len(), 2);
        assert!(Partitions::new(&[], &[]).partitions.is_empty());
    }
}
