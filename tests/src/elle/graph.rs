//! The dependencies between the transactions of a history, and the cycles in them.

use super::Key;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;

/// Why one transaction comes before another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dependency {
    /// The other appended after it.
    Ww(Key),
    /// The other saw what it appended.
    Wr(Key),
    /// It did not see what the other appended.
    Rw(Key, ByPredicate),
    /// It had ended before the other began.
    RealTime,
}

/// Whether a read looked for its row by a predicate, or found it absent.
pub(super) type ByPredicate = bool;

impl Dependency {
    pub(super) fn is_rw(self) -> bool {
        matches!(self, Dependency::Rw(..))
    }
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dependency::Ww(key) => write!(f, "ww {key}"),
            Dependency::Wr(key) => write!(f, "wr {key}"),
            Dependency::Rw(key, false) => write!(f, "rw {key}"),
            Dependency::Rw(key, true) => write!(f, "rw {key} by predicate"),
            Dependency::RealTime => write!(f, "real time"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) why: Dependency,
}

/// Transactions are numbered from 0.
pub(super) struct Graph {
    edges: Vec<Vec<Edge>>,
}

impl Graph {
    pub(super) fn new(nodes: usize) -> Graph {
        Graph {
            edges: vec![Vec::new(); nodes],
        }
    }

    /// Adds an edge, unless it is there or leads from a transaction to itself.
    pub(super) fn add(&mut self, from: usize, to: usize, why: Dependency) {
        let edge = Edge { from, to, why };
        if from != to && !self.edges[from].contains(&edge) {
            self.edges[from].push(edge);
        }
    }

    /// All edges within the components.
    pub(super) fn edges_within(&self, component_of: &BTreeMap<usize, usize>) -> Vec<Edge> {
        let is_within = |e: &&Edge| {
            let component = component_of.get(&e.from);
            component.is_some() && component == component_of.get(&e.to)
        };
        self.edges.iter().flatten().filter(is_within).copied().collect()
    }

    /// The shortest cycle of `first` and edges that `rest` lets pass, within a component; with `apart`,
    /// one in which no two rw edges follow each other. It may come through a node twice then.
    pub(super) fn cycle(
        &self,
        first: Edge,
        component_of: &BTreeMap<usize, usize>,
        rest: impl Fn(Dependency) -> bool,
        apart: bool,
    ) -> Option<Vec<Edge>> {
        let component = component_of.get(&first.from);
        let fits = |last: &Edge, next: &Edge| !(apart && last.why.is_rw() && next.why.is_rw());
        // How the way may go on depends on the node and on whether the last edge was rw.
        let state = |e: &Edge| (e.to, e.why.is_rw());
        let mut before: BTreeMap<(usize, bool), Option<Edge>> = BTreeMap::from([(state(&first), None)]);
        let mut queue = VecDeque::from([first]);
        while let Some(last) = queue.pop_front() {
            if last.to == first.from && fits(&last, &first) {
                let mut cycle = vec![last];
                while let Some(Some(earlier)) = cycle.last().and_then(|e| before.get(&state(e))) {
                    cycle.push(*earlier);
                }
                cycle.reverse();
                return Some(cycle);
            }
            for next in &self.edges[last.to] {
                let is_new = !before.contains_key(&state(next));
                let is_inside = component_of.get(&next.to) == component;
                if is_new && is_inside && rest(next.why) && fits(&last, next) {
                    before.insert(state(next), Some(last));
                    queue.push_back(*next);
                }
            }
        }
        None
    }

    /// The strongly connected components of more than one node over the edges that `uses` lets pass:
    /// the number of its component for every node in one. Tarjan's algorithm, without recursion.
    pub(super) fn components(&self, uses: impl Fn(Dependency) -> bool) -> BTreeMap<usize, usize> {
        const NEW: usize = usize::MAX;
        let n = self.edges.len();
        let (mut index, mut low, mut on_stack) = (vec![NEW; n], vec![0; n], vec![false; n]);
        let (mut stack, mut next) = (Vec::new(), 0);
        let (mut component_of, mut components) = (BTreeMap::new(), 0);
        for root in 0..n {
            if index[root] != NEW {
                continue;
            }
            // Nodes on the way, each with the number of its edges that are done.
            let mut path = vec![(root, 0)];
            while let Some((node, done)) = path.last_mut() {
                let node = *node;
                if *done == 0 {
                    index[node] = next;
                    low[node] = next;
                    next += 1;
                    stack.push(node);
                    on_stack[node] = true;
                }
                if let Some(edge) = self.edges[node].get(*done) {
                    *done += 1;
                    if uses(edge.why) && index[edge.to] == NEW {
                        path.push((edge.to, 0));
                    } else if uses(edge.why) && on_stack[edge.to] {
                        low[node] = low[node].min(index[edge.to]);
                    }
                    continue;
                }
                path.pop();
                if let Some((parent, _)) = path.last() {
                    low[*parent] = low[*parent].min(low[node]);
                }
                if low[node] == index[node] {
                    let from = stack.iter().rposition(|s| *s == node).unwrap_or(0);
                    let members = stack.split_off(from);
                    for member in &members {
                        on_stack[*member] = false;
                        if members.len() > 1 {
                            component_of.insert(*member, components);
                        }
                    }
                    components += 1;
                }
            }
        }
        component_of
    }
}
