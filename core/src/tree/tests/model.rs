//! Random histories of a tree against a sorted map: changes, snapshots, rollbacks, store writes that
//! land late or fail, with a cache smaller than two leaves.

use super::super::*;
use super::integrity::{check, check_stored};
use super::subject::{ONE_BLOCK, Subject, World, block_on, drive, scan, scan_all};
use crate::kv::WriteBatch;
use alloc::{collections::BTreeMap, sync::Arc, vec, vec::Vec};
use core::ops::Bound;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Insert(i64, i64),
    Update(i64, i64),
    Remove(i64),
    /// Removes all keys of a range.
    Clear(i64, i64),
    /// Appends so many keys above the last.
    Append(usize),
    Snapshot,
    DropSnapshot(usize),
    /// The tree becomes one of its snapshots again, as a rollback does.
    Rollback,
    /// Encodes what is dirty; the batch is under way until it lands or fails.
    StartWrite,
    LandWrite,
    /// The batch fails; the history goes on, or goes back to the version before it.
    FailWrite(bool),
    Range(Bound<i64>, Bound<i64>, bool),
}

fn key() -> impl Strategy<Value = i64> {
    prop_oneof![40 => 0i64..80, 1 => Just(i64::MIN), 1 => Just(i64::MAX - 100_000), 1 => -5i64..0]
}

fn bound() -> impl Strategy<Value = Bound<i64>> {
    prop_oneof![
        1 => Just(Bound::Unbounded),
        3 => key().prop_map(Bound::Included),
        3 => key().prop_map(Bound::Excluded)
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (key(), 0i64..1000).prop_map(|(k, v)| Step::Insert(k, v)),
        4 => (key(), 0i64..1000).prop_map(|(k, v)| Step::Update(k, v)),
        6 => key().prop_map(Step::Remove),
        1 => (key(), 0i64..40).prop_map(|(k, n)| Step::Clear(k, n)),
        2 => (1usize..40).prop_map(Step::Append),
        2 => Just(Step::Snapshot),
        2 => (0usize..4).prop_map(Step::DropSnapshot),
        1 => Just(Step::Rollback),
        3 => Just(Step::StartWrite),
        3 => Just(Step::LandWrite),
        1 => any::<bool>().prop_map(Step::FailWrite),
        3 => (bound(), bound(), any::<bool>()).prop_map(|(f, t, r)| Step::Range(f, t, r)),
    ]
}

type Model = BTreeMap<i64, i64>;

struct Run<L: Subject> {
    world: World,
    home: Arc<TreeHome>,
    tree: Tree<L>,
    model: Model,
    snapshots: Vec<(Tree<L>, Model)>,
    /// The newest version handed to the store: a rollback goes no further back.
    committed: (Tree<L>, Model),
    flight: Option<Flight<L>>,
}

struct Flight<L: Subject> {
    batch: WriteBatch,
    written: Written<L>,
    before: (Tree<L>, Model),
}

impl<L: Subject> Run<L> {
    fn new(residency: Residency, stored: bool, policy: EvictionPolicy) -> Run<L> {
        let world = World::new(ONE_BLOCK, policy);
        let home = world.home(1, residency, stored);
        let tree = L::tree(home.clone());
        let committed = (tree.clone(), Model::new());
        Run {
            world,
            home,
            tree,
            model: Model::new(),
            snapshots: Vec::new(),
            committed,
            flight: None,
        }
    }

    fn step(&mut self, step: Step) {
        let store = &self.world.store;
        match step {
            Step::Insert(k, v) => {
                let done = drive(store, |p, m| L::insert(&mut self.tree, k, v, p, m));
                assert_eq!(done, !self.model.contains_key(&k));
                self.model.entry(k).or_insert(v);
            }
            Step::Update(k, v) => {
                let done = drive(store, |p, m| L::update(&mut self.tree, k, v, p, m));
                assert_eq!(done, self.model.contains_key(&k));
                self.model.entry(k).and_modify(|old| *old = v);
            }
            Step::Remove(k) => {
                let done = drive(store, |p, m| L::remove(&mut self.tree, k, p, m));
                assert_eq!(done, self.model.remove(&k).is_some());
            }
            Step::Clear(k, n) => {
                for k in k..k.saturating_add(n) {
                    let done = drive(store, |p, m| L::remove(&mut self.tree, k, p, m));
                    assert_eq!(done, self.model.remove(&k).is_some());
                }
            }
            Step::Append(n) => {
                let first = self.model.last_key_value().map_or(0, |(k, _)| k + 1);
                let keys: Vec<_> = (first..first + n as i64).collect();
                L::append_all(&mut self.tree, &keys, store);
                self.model.extend(keys.iter().map(|k| (*k, *k)));
            }
            Step::Snapshot => self.snapshots.push((self.tree.clone(), self.model.clone())),
            Step::DropSnapshot(i) => {
                if i < self.snapshots.len() {
                    self.snapshots.remove(i);
                }
            }
            Step::Rollback => (self.tree, self.model) = self.committed.clone(),
            Step::StartWrite => {
                if self.flight.is_none() {
                    let mut batch = WriteBatch::default();
                    let written = self.tree.write_dirty(&mut batch).unwrap();
                    assert!(self.tree.is_dirty() || batch.is_empty());
                    let version = (self.tree.clone(), self.model.clone());
                    let before = core::mem::replace(&mut self.committed, version);
                    self.flight = Some(Flight {
                        batch,
                        written,
                        before,
                    });
                }
            }
            Step::LandWrite => {
                if let Some(flight) = self.flight.take() {
                    self.world.commit(flight.batch);
                    self.read_everything();
                    flight.written.settle();
                    let (tree, model) = &self.committed;
                    assert!(!tree.is_dirty());
                    if self.home.stored {
                        self.reload(tree, model);
                    }
                }
            }
            Step::FailWrite(back) => {
                if let Some(flight) = self.flight.take()
                    && back
                {
                    self.committed = flight.before;
                    (self.tree, self.model) = self.committed.clone();
                }
            }
            Step::Range(from, to, reverse) => {
                let empty = match (from, to) {
                    (Bound::Included(f), Bound::Included(t)) => f > t,
                    (Bound::Included(f) | Bound::Excluded(f), Bound::Included(t) | Bound::Excluded(t)) => {
                        f >= t
                    }
                    _ => false,
                };
                let mut expected: Vec<_> = if empty {
                    Vec::new()
                } else {
                    self.model.range((from, to)).map(|(k, v)| (*k, *v)).collect()
                };
                if reverse {
                    expected.reverse();
                }
                assert_eq!(scan(&self.tree, store, from, to, reverse), expected);
            }
        }
        check(&self.tree);
        assert_eq!(self.tree.len(), self.model.len() as u64);
        // what is not in the store yet pins what it overwrites; superseded leaves do not count
        let is_dirty = |t: &Tree<L>| t.is_dirty() || t.dirty_bytes() > 0;
        let versions = self.snapshots.iter().chain([&self.committed]).map(|(t, _)| t);
        if self.flight.is_none() && !versions.chain([&self.tree]).any(is_dirty) {
            assert!(self.world.cache.bytes() <= self.world.cache.max_bytes());
        }
    }

    fn read_everything(&self) {
        let now = (&self.tree, &self.model);
        for (tree, model) in self.snapshots.iter().map(|(t, m)| (t, m)).chain([now]) {
            let expected: Vec<_> = model.iter().map(|(k, v)| (*k, *v)).collect();
            assert_eq!(scan_all(tree, &self.world.store), expected);
            for (k, v) in expected.iter().step_by(5) {
                assert_eq!(drive(&self.world.store, |p, m| L::get(tree, *k, p, m)), Some(*v));
            }
            let absent = drive(&self.world.store, |p, m| L::get(tree, 1000, p, m));
            assert_eq!(absent, model.get(&1000).copied());
        }
    }

    /// Opens what is in the store as another database would.
    fn reload(&self, tree: &Tree<L>, model: &Model) {
        check_stored(&self.world, tree);
        let world = World {
            store: crate::kv::MemoryStore::with_entries(self.world.store.entries()),
            ..World::new(ONE_BLOCK, EvictionPolicy::Lru)
        };
        let home = world.home(1, self.home.residency, true);
        let opened: Tree<L> = block_on(Tree::load(home, &world.store)).unwrap();
        check(&opened);
        assert_eq!(
            (opened.len(), opened.leaf_count()),
            (tree.len(), tree.leaf_count())
        );
        if self.home.residency == Residency::Always {
            block_on(opened.load_all(&world.store)).unwrap();
            let expected: Vec<_> = model.iter().map(|(k, v)| (*k, *v)).collect();
            assert_eq!(scan_all(&opened, &crate::kv::MemoryStore::new()), expected);
        } else {
            let expected: Vec<_> = model.iter().rev().map(|(k, v)| (*k, *v)).collect();
            let read = scan(&opened, &world.store, Bound::Unbounded, Bound::Unbounded, true);
            assert_eq!(read, expected);
        }
    }
}

fn run<L: Subject>(residency: Residency, stored: bool, policy: EvictionPolicy, steps: Vec<Step>) {
    let mut run = Run::<L>::new(residency, stored, policy);
    for step in steps {
        run.step(step);
    }
    run.read_everything();
    for last in [Step::LandWrite, Step::StartWrite, Step::LandWrite] {
        run.step(last);
    }
    run.read_everything();
    assert!(!run.tree.is_dirty());
    let (home, cache) = (run.home.clone(), run.world.cache.clone());
    drop(run);
    assert_eq!(
        (cache.bytes(), home.dirty_bytes()),
        (0, 0),
        "nothing is left of dropped trees"
    );
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(step(), 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn rows_cached(steps in steps(), lfu: bool) {
        let policy = if lfu { EvictionPolicy::Lfu } else { EvictionPolicy::Lru };
        run::<RowLeaf>(Residency::Cached, true, policy, steps);
    }

    #[test]
    fn rows_in_memory_and_dual(steps in steps(), stored: bool) {
        run::<RowLeaf>(Residency::Always, stored, EvictionPolicy::Lru, steps);
    }

    #[test]
    fn entries_cached(steps in steps(), lfu: bool) {
        let policy = if lfu { EvictionPolicy::Lfu } else { EvictionPolicy::Lru };
        run::<IndexLeaf>(Residency::Cached, true, policy, steps);
    }

    #[test]
    fn entries_in_memory_and_dual(steps in steps(), stored: bool) {
        run::<IndexLeaf>(Residency::Always, stored, EvictionPolicy::Lru, steps);
    }
}
