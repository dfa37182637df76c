//! The anomalies a history may show.

use std::fmt;

/// Adya's anomalies as Elle extends them, from the gravest on. Edges of the order in real time count
/// like ww edges, so that a stale read is an anomaly too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anomaly {
    /// A value was read that nobody appended.
    Unwritten,
    /// A list holds a value twice.
    Duplicate,
    /// Two reads of a list disagree about its order.
    IncompatibleOrder,
    /// A read is at odds with what its own transaction appended before.
    Internal,
    /// G1a, aborted read: a value of a transaction that did not commit was read.
    AbortedRead,
    /// G1b, intermediate read: a list was read between two appends of one transaction.
    IntermediateRead,
    /// G0, write cycle: of ww edges.
    G0,
    /// G1c, circular information flow: a cycle of ww and wr edges.
    G1c,
    /// A cycle with exactly one rw edge: read skew, lost update, or a stale read.
    GSingle,
    /// A cycle with several rw edges, no two of them next to each other: a long fork.
    GNonadjacent,
    /// Any other cycle whose rw edges are reads of rows by key: write skew.
    G2Item,
    /// Any other cycle.
    G2,
}

/// An anomaly in a history.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which one.
    pub anomaly: Anomaly,
    /// The transactions it consists of.
    pub explanation: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.anomaly, self.explanation)
    }
}
