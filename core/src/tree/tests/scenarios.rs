//! The promises of cache, snapshots, store writes and moves, one by one.

use super::super::*;
use super::integrity::{check, check_stored};
use super::subject::{ONE_BLOCK, Subject, World, block_on, drive, scan, scan_all};
use crate::codec::{DirectoryPage, KeyRanges, OutlineBuilder, block_key};
use crate::kv::{MemoryStore, WriteBatch};
use crate::types::{Column, ColumnData, DataType, Error, Physical, Value};
use alloc::{format, sync::Arc, vec, vec::Vec};
use core::{ops::Bound, task::Poll};

/// A tree of the rows `0..n`, value = id.
fn rows(home: Arc<TreeHome>, n: i64) -> RowTree {
    let mut tree = RowLeaf::tree(home);
    RowLeaf::append_all(&mut tree, &(0..n).collect::<Vec<_>>(), &MemoryStore::new());
    tree
}

/// The same tree opened from the store, nothing resident.
fn opened(world: &World, home: Arc<TreeHome>) -> RowTree {
    home.set_columns(vec![Physical::I64, Physical::Bytes]);
    block_on(Tree::load(home, &world.store)).unwrap()
}

fn set(tree: &mut RowTree, id: i64, value: i64, store: &MemoryStore) {
    assert!(drive(store, |p, m| <RowLeaf as Subject>::update(
        tree, id, value, p, m
    )));
}

fn pairs(range: core::ops::Range<i64>) -> Vec<(i64, i64)> {
    range.map(|i| (i, i)).collect()
}

/// Reads one row and says whether it had to be fetched.
fn fetches(world: &World, tree: &RowTree, id: i64) -> bool {
    let mut missing = Missing::new();
    let mut pins = Pins::new();
    if tree.get(id, &mut pins, &mut missing).is_ready() {
        return false;
    }
    block_on(missing.fetch(&world.store)).unwrap();
    assert!(tree.get(id, &mut pins, &mut missing).is_ready());
    true
}

#[test]
fn lru_and_lfu_evict_different_leaves() {
    for (policy, stays) in [(EvictionPolicy::Lru, 4), (EvictionPolicy::Lfu, 0)] {
        let world = World::new(usize::MAX, policy);
        let home = world.home(1, Residency::Cached, true);
        let tree = rows(home.clone(), 12);
        world.save(&tree);
        let leaf = world.cache.bytes() / world.cache.leaves();
        drop(tree);

        // room for two of the three leaves
        let cached = World {
            store: MemoryStore::with_entries(world.store.entries()),
            ..World::new(leaf * 17 / 8, policy)
        };
        let tree = opened(&cached, cached.home(1, Residency::Cached, true));
        // Each at least twice, so that they are decoded and have their full size.
        for id in [0, 1, 2, 4, 5] {
            fetches(&cached, &tree, id);
        }
        assert!(fetches(&cached, &tree, 8), "the third leaf is not there yet");
        let evicted = 4 - stays;
        assert!(!fetches(&cached, &tree, stays), "{policy:?} keeps {stays}");
        assert!(fetches(&cached, &tree, evicted), "{policy:?} evicts {evicted}");
    }
}

#[test]
fn the_cache_keeps_its_bound_but_for_pinned_leaves() {
    let world = World::new(ONE_BLOCK, EvictionPolicy::Lru);
    let tree = rows(world.home(1, Residency::Cached, true), 40);
    assert_eq!(world.cache.bytes(), 0, "dirty leaves are not the cache's");
    world.save(&tree);
    assert!(world.cache.bytes() <= ONE_BLOCK && world.cache.evictions() >= 8);

    let (mut pins, mut missing) = (Pins::new(), Missing::new());
    for id in 0..40 {
        while tree.ensure(id, &mut pins, &mut missing).is_pending() {
            block_on(missing.fetch(&world.store)).unwrap();
        }
    }
    assert!(world.cache.bytes() > ONE_BLOCK);
    let mut missing = Missing::new();
    for id in 0..40 {
        assert!(tree.get(id, &mut pins, &mut missing).is_ready(), "pinned");
    }
    pins.clear();
    assert!(world.cache.bytes() <= ONE_BLOCK, "what was pinned is evicted");
    assert_eq!(scan_all(&tree, &world.store), pairs(0..40));
}

#[test]
fn a_snapshot_reads_what_was_overwritten_and_removed_in_the_store() {
    let world = World::new(0, EvictionPolicy::Lru);
    let mut tree = rows(world.home(1, Residency::Cached, true), 20);
    world.save(&tree);
    let snapshot = tree.clone();
    set(&mut tree, 1, 100, &world.store);
    for id in 8..16 {
        drive(&world.store, |p, m| {
            tree.remove(id, Some(|_: &[Column], _| ()), p, m)
        });
    }
    let expected = [vec![(0, 0), (1, 100)], pairs(2..8), pairs(16..20)].concat();

    // a write that fails leaves both readable, and the store as it was
    let mut lost = WriteBatch::default();
    drop(tree.write_dirty(&mut lost).unwrap());
    assert_eq!(scan_all(&tree, &world.store), expected);
    let reopened = opened(&world, world.home(1, Residency::Cached, true));
    assert_eq!(scan_all(&reopened, &world.store), pairs(0..20));
    drop(reopened);

    let mut batch = WriteBatch::default();
    let written = tree.write_dirty(&mut batch).unwrap();
    world.commit(batch);
    assert_eq!(
        scan_all(&snapshot, &world.store),
        pairs(0..20),
        "before it settles"
    );
    written.settle();
    check_stored(&world, &tree);
    assert_eq!(scan_all(&snapshot, &world.store), pairs(0..20));
    assert_eq!(scan_all(&tree, &world.store), expected);
    assert_eq!(
        world.cache.bytes(),
        0,
        "only the snapshot's own leaves are in memory"
    );
    assert!(snapshot.resident_bytes() > 0);
    assert_eq!(tree.resident_bytes(), 0);
}

#[test]
fn a_write_holds_only_what_changed() {
    let world = World::new(usize::MAX, EvictionPolicy::Lru);
    let mut tree = rows(world.home(1, Residency::Cached, true), 64);
    world.save(&tree);
    assert!(!tree.is_dirty());
    set(&mut tree, 30, 29, &world.store);
    let mut batch = WriteBatch::default();
    drop(tree.write_dirty(&mut batch).unwrap());
    assert_eq!(batch.changes.len(), 1, "a leaf; the directory does not change");
    set(&mut tree, 30, 7, &world.store);
    // What was not written is to be written again.
    for _ in 0..2 {
        let mut batch = WriteBatch::default();
        drop(tree.write_dirty(&mut batch).unwrap());
        assert_eq!(
            batch.changes.len(),
            2,
            "its values are not within the bounds of its page"
        );
    }
    world.save(&tree);
    set(&mut tree, 30, 8, &world.store);
    let mut batch = WriteBatch::default();
    drop(tree.write_dirty(&mut batch).unwrap());
    assert_eq!(batch.changes.len(), 1, "they are now");
    drive(&world.store, |p, m| {
        tree.remove(31, Some(|_: &[Column], _| ()), p, m)
    });
    let mut batch = WriteBatch::default();
    drop(tree.write_dirty(&mut batch).unwrap());
    assert_eq!(batch.changes.len(), 2, "a leaf and its directory page");
}

/// The rows with a value, read so that leaves are passed over.
fn with_value(tree: &RowTree, value: i64, store: &MemoryStore) -> Vec<i64> {
    let needed = vec![(0, KeyRanges::of_keys(vec![value]))];
    let mut cursor = tree
        .cursor(Bound::Unbounded, Bound::Unbounded, false)
        .only(needed);
    let mut found = Vec::new();
    while let Some(span) = drive(store, |_, missing| cursor.next(missing)) {
        let entries = (span.from..span.to).map(|i| span.leaf.entry(i));
        found.extend(entries.filter(|(_, v)| *v == value).map(|(id, _)| id));
    }
    found
}

#[test]
fn a_page_is_written_again_when_it_is_not_known_what_it_says() {
    for residency in [Residency::Always, Residency::Cached] {
        let world = World::new(usize::MAX, EvictionPolicy::Lru);
        let mut tree = rows(world.home(1, residency, true), 64);
        world.save(&tree);
        set(&mut tree, 31, 5, &world.store);
        // Put back in a newer version, which is made before the older one is written, and so with it
        // the narrower bounds that its leaf has.
        let mut newer = tree.clone();
        set(&mut newer, 31, 31, &world.store);
        world.save(&tree);
        world.save(&newer);
        check_stored(&world, &newer);
        assert_eq!(with_value(&newer, 31, &world.store), [31]);
        assert_eq!(with_value(&tree, 31, &world.store), []);
        let again = opened(&world, world.home(1, residency, true));
        assert_eq!(with_value(&again, 31, &world.store), [31]);
    }
}

#[test]
fn unshared_leaves_change_in_place_and_shared_ones_column_by_column() {
    for residency in [Residency::Always, Residency::Cached] {
        let world = World::new(usize::MAX, EvictionPolicy::Lru);
        let mut tree = rows(world.home(1, residency, true), 3);
        let address = |tree: &RowTree, column: usize| {
            let at = drive(&world.store, |p, m| tree.get(1, p, m)).unwrap();
            match at.leaf.columns()[column].data() {
                ColumnData::I64(v) => Arc::as_ptr(v) as usize,
                ColumnData::Bytes(v) => Arc::as_ptr(v) as usize,
                _ => panic!("no such column"),
            }
        };
        let set_all = |tree: &mut RowTree, value: i64| {
            let (mut pins, mut missing) = (Pins::new(), Missing::new());
            let source = [Column::from_i64(vec![value])];
            for id in [0, 1, 2] {
                // pins live on between the rows of a statement
                let done = tree.update(
                    id,
                    [(0, &source[0])].into_iter(),
                    0,
                    |_, _| (),
                    &mut pins,
                    &mut missing,
                );
                assert_eq!(done, Poll::Ready(Ok(true)));
            }
        };
        let before = (address(&tree, 0), address(&tree, 1));
        set_all(&mut tree, 5);
        assert_eq!((address(&tree, 0), address(&tree, 1)), before, "in place");
        let snapshot = tree.clone();
        set_all(&mut tree, 10);
        let after = (address(&tree, 0), address(&tree, 1));
        assert_ne!(after.0, before.0, "the changed column is copied");
        assert_eq!(after.1, before.1, "the other one is shared");
        set_all(&mut tree, 15);
        assert_eq!((address(&tree, 0), address(&tree, 1)), after, "in place again");
        let value = |tree: &RowTree| drive(&world.store, |p, m| tree.get(2, p, m)).unwrap();
        assert_eq!(value(&snapshot).leaf.columns()[0].i64s(), [5, 5, 5]);
        assert_eq!(value(&tree).leaf.columns()[0].i64s(), [15, 15, 15]);
    }
}

#[test]
fn ascending_rows_fill_their_leaves() {
    let world = World::new(0, EvictionPolicy::Lru);
    let sizing = BlockSizing {
        max_rows: 8,
        max_bytes: 1 << 20,
        fanout: 8,
    };
    let mut one_by_one = RowTree::new(
        world.home_sized(1, Residency::Always, false, sizing),
        vec![Physical::I64],
    );
    let mut bulk = one_by_one.clone();
    let source = [Column::from_i64((0..640).collect())];
    let ids: Vec<i64> = (0..640).collect();
    for i in 0..640 {
        drive(&world.store, |p, m| {
            one_by_one.insert(i, &source, i as usize, p, m)
        });
    }
    for (chunk, from) in ids.chunks(100).zip((0..).step_by(100)) {
        drive(&world.store, |p, m| bulk.append(chunk, &source, from, p, m));
    }
    for tree in [&one_by_one, &bulk] {
        check(tree);
        assert_eq!((tree.len(), tree.leaf_count()), (640, 80));
    }
}

#[test]
fn bad_appends_change_nothing() {
    let world = World::new(0, EvictionPolicy::Lru);
    let mut tree = rows(world.home(1, Residency::Always, false), 5);
    let before = tree.clone();
    let good = [Column::from_i64(vec![1, 2]), Column::nulls(Physical::Bytes, 2)];
    let short = [Column::from_i64(vec![1, 2]), Column::nulls(Physical::Bytes, 1)];
    let wrong = [
        Column::from_f64(vec![1.0, 2.0]),
        Column::nulls(Physical::Bytes, 2),
    ];
    for (ids, source) in [
        ([4, 5], &good),
        ([6, 6], &good),
        ([7, 6], &good),
        ([5, 6], &short),
        ([5, 6], &wrong),
    ] {
        let result = tree.append(&ids, source, 0, &mut Pins::new(), &mut Missing::new());
        assert!(
            matches!(result, Poll::Ready(Err(Error::Invalid { .. }))),
            "{ids:?}"
        );
    }
    assert!(tree.ptr_eq(&before));
}

#[test]
fn a_dropped_tree_is_garbage_when_the_last_reader_is_gone() {
    let world = World::new(ONE_BLOCK, EvictionPolicy::Lru);
    let home = world.home(7, Residency::Cached, true);
    let tree = rows(home.clone(), 20);
    world.save(&tree);
    let mut cursor = tree.cursor(Bound::Unbounded, Bound::Unbounded, false);
    home.mark_dropped();
    drop((tree, home));
    assert_eq!(world.garbage.ids(), []);
    let first = drive(&world.store, |_, m| cursor.next(m));
    assert!(first.is_some());
    drop(cursor);
    assert_eq!(world.garbage.ids(), [TreeId(7)]);
    world.garbage.deleted(&[TreeId(7)]);

    let memory = world.home(8, Residency::Always, false);
    memory.mark_dropped();
    drop(memory);
    assert_eq!(world.garbage.ids(), [], "what was never stored needs no deletion");
}

#[test]
fn a_tree_moves_between_homes() {
    let world = World::new(ONE_BLOCK, EvictionPolicy::Lru);
    let memory = rows(world.home(1, Residency::Always, false), 50);
    let moved =
        |tree: &RowTree, home: Arc<TreeHome>| drive(&world.store, |p, m| tree.rehome(home.clone(), p, m));
    let persistent = moved(&memory, world.home(2, Residency::Cached, true));
    let mut batches = 0;
    while persistent.is_dirty() {
        let mut batch = WriteBatch::default();
        let written = persistent.write_some(&mut batch, 300).unwrap();
        world.commit(batch);
        written.settle();
        batches += 1;
    }
    assert!(batches > 3, "in several batches");
    check_stored(&world, &persistent);
    drop(memory);
    assert!(persistent.resident_bytes() <= ONE_BLOCK);
    assert_eq!(scan_all(&persistent, &world.store), pairs(0..50));

    let dual = moved(&persistent, world.home(3, Residency::Always, true));
    drop(persistent);
    assert!(dual.is_dirty());
    world.save(&dual);
    check_stored(&world, &dual);
    let mut memory = moved(&dual, world.home(4, Residency::Always, false));
    let nowhere = MemoryStore::new();
    assert!(!memory.is_dirty());
    set(&mut memory, 0, 9, &nowhere);
    assert_eq!(scan_all(&memory, &nowhere)[..2], [(0, 9), (1, 1)]);
    assert_eq!(
        scan_all(&dual, &nowhere),
        pairs(0..50),
        "the other home is not touched"
    );
}

#[test]
fn a_damaged_store_is_named_and_never_a_wrong_row() {
    let world = World::new(0, EvictionPolicy::Lru);
    let tree = rows(world.home(1, Residency::Cached, true), 40);
    world.save(&tree);
    let whole = world.store.entries();
    let keys: Vec<_> = whole.keys().cloned().collect();
    for (i, key) in keys.iter().enumerate() {
        let other = &keys[(i + 1) % keys.len()];
        let flipped = || {
            let mut v = whole[key].clone();
            let middle = v.len() / 2;
            v[middle] ^= 4;
            v
        };
        for damage in [None, Some(flipped()), Some(whole[other].clone()), Some(vec![])] {
            let mut entries = whole.clone();
            match damage {
                None => entries.remove(key),
                Some(v) => entries.insert(key.clone(), v),
            };
            let store = MemoryStore::with_entries(entries);
            let home = world.home(1, Residency::Cached, true);
            let result = block_on(async {
                let tree: RowTree = Tree::load(home, &store).await?;
                tree.load_all(&store).await
            });
            match result {
                Err(Error::Corrupted { table, key }) => {
                    assert_eq!(table, "t");
                    assert!(key.starts_with("10"), "{key}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn an_index_is_built_full_or_names_the_duplicate() {
    let world = World::new(0, EvictionPolicy::Lru);
    let home = world.home(1, Residency::Always, true);
    let entries = || (0..100).map(|i| (format!("key{i:04}"), i));
    let tree = IndexTree::build(home.clone(), entries()).unwrap();
    check(&tree);
    assert_eq!((tree.len(), tree.leaf_count()), (100, 25));
    for (key, id) in entries() {
        let found = drive(&world.store, |p, m| tree.get(key.as_bytes(), p, m));
        assert_eq!(found, Some(id));
    }
    let twice = entries().take(50).chain([(format!("key{:04}", 49), 7)]);
    assert_eq!(IndexTree::build(home.clone(), twice).unwrap_err(), 50);
    let none: [(Vec<u8>, i64); 0] = [];
    let empty = IndexTree::build(home, none).unwrap();
    check(&empty);
    assert!(empty.is_empty() && empty.is_dirty());
}

#[test]
fn a_scan_asks_for_runs_of_leaves_and_counts_what_it_reads() {
    let world = World::new(1 << 20, EvictionPolicy::Lru);
    let tree = rows(world.home(1, Residency::Cached, true), 400);
    world.save(&tree);
    drop(tree);
    for (max_bytes, most_trips) in [(1 << 20, 10), (0, 200)] {
        let world = World {
            store: MemoryStore::with_entries(world.store.entries()),
            ..World::new(max_bytes, EvictionPolicy::Lru)
        };
        for reverse in [false, true] {
            let tree = opened(&world, world.home(1, Residency::Cached, true));
            let leaves = tree.leaf_count() as u64;
            let mut cursor = tree.cursor(Bound::Unbounded, Bound::Unbounded, reverse);
            let (mut missing, mut trips, mut seen) = (Missing::new(), 0, 0);
            loop {
                match cursor.next(&mut missing) {
                    Poll::Ready(Ok(Some(span))) => seen += span.to - span.from,
                    Poll::Ready(end) => break assert!(end.unwrap().is_none()),
                    Poll::Pending => {
                        trips += 1;
                        assert!(missing.blocks.len() <= 32);
                        block_on(missing.fetch(&world.store)).unwrap();
                    }
                }
            }
            assert_eq!(seen, 400);
            assert!(trips <= most_trips, "{trips} trips for {leaves} leaves");
            assert_eq!((missing.cache_misses, missing.cache_hits), (leaves, 0));
        }
        // a range of one leaf reads one leaf
        let tree = opened(&world, world.home(1, Residency::Cached, true));
        let mut missing = Missing::new();
        let mut cursor = tree.cursor(Bound::Included(201), Bound::Included(202), false);
        assert!(cursor.next(&mut missing).is_pending());
        assert_eq!(missing.blocks.len(), 1);
    }
    let memory = rows(world.home(2, Residency::Always, false), 40);
    let mut missing = Missing::new();
    let mut cursor = memory.cursor(Bound::Unbounded, Bound::Unbounded, false);
    while let Poll::Ready(Ok(Some(_))) = cursor.next(&mut missing) {}
    assert_eq!(missing.memory_reads as usize, memory.leaf_count());
    // a range ends where it ends: what lies beyond is not visited, forwards or backwards
    for reverse in [false, true] {
        let mut missing = Missing::new();
        let mut cursor = memory.cursor(Bound::Included(17), Bound::Excluded(18), reverse);
        while let Poll::Ready(Ok(Some(_))) = cursor.next(&mut missing) {}
        assert!(
            missing.memory_reads <= 2,
            "{} leaves for one row",
            missing.memory_reads
        );
    }
}

#[test]
fn rows_can_be_appended_after_the_end_was_emptied() {
    let world = World::new(0, EvictionPolicy::Lru);
    let mut tree = rows(world.home(1, Residency::Cached, true), 40);
    world.save(&tree);
    for id in 10..40 {
        drive(&world.store, |p, m| {
            tree.remove(id, Some(|_: &[Column], _| ()), p, m)
        });
        world.save(&tree);
    }
    assert_eq!(drive(&world.store, |p, m| tree.last_row_id(p, m)), Some(9));
    RowLeaf::append_all(&mut tree, &(10..30).collect::<Vec<_>>(), &world.store);
    check(&tree);
    world.save(&tree);
    check_stored(&world, &tree);
    let reversed: Vec<_> = pairs(0..30).into_iter().rev().collect();
    let read = scan(&tree, &world.store, Bound::Unbounded, Bound::Unbounded, true);
    assert_eq!(read, reversed);
}

/// A writer changes all rows at once, again and again; readers on other threads must always see all
/// rows alike, though every leaf has to be fetched and is evicted behind them.
#[test]
fn readers_on_other_threads_see_whole_versions() {
    const ROWS: i64 = 40;
    let world = World::new(ONE_BLOCK, EvictionPolicy::Lru);
    let mut tree = rows(world.home(1, Residency::Cached, true), ROWS);
    for id in 0..ROWS {
        set(&mut tree, id, 1, &world.store);
    }
    world.save(&tree);
    let published = crate::sync::Mutex::new(tree.clone());
    let done = core::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for reverse in [false, true, false] {
            let (published, done, world) = (&published, &done, &world);
            scope.spawn(move || {
                while !done.load(core::sync::atomic::Ordering::Relaxed) {
                    let snapshot = published.lock().clone();
                    let read = scan(
                        &snapshot,
                        &world.store,
                        Bound::Unbounded,
                        Bound::Unbounded,
                        reverse,
                    );
                    assert_eq!(read.len(), ROWS as usize);
                    assert!(read.iter().all(|(_, v)| *v == read[0].1), "a mixture of versions");
                }
            });
        }
        for value in 2..60 {
            for id in 0..ROWS {
                set(&mut tree, id, value, &world.store);
            }
            if value % 3 == 0 {
                // a relaxed commit: seen before it is stored
                *published.lock() = tree.clone();
            }
            world.save(&tree);
            *published.lock() = tree.clone();
        }
        done.store(true, core::sync::atomic::Ordering::Relaxed);
    });
    drop((tree, published));
    assert_eq!(world.cache.bytes(), 0);
}

/// Puts the outline into the store, as closing does.
fn close(world: &World, tree: &RowTree) {
    let mut batch = WriteBatch::default();
    tree.put_outline(&mut batch);
    assert_eq!(batch.changes.len(), 1);
    world.commit(batch);
}

#[test]
fn a_tree_opened_by_its_outline_is_the_tree() {
    let world = World::new(ONE_BLOCK, EvictionPolicy::Lru);
    let tree = rows(world.home(1, Residency::Cached, true), 200);
    world.save(&tree);
    close(&world, &tree);
    let key = block_key(TreeId(1), 3, &[]);
    let outline = world.store.entries().remove(&key).unwrap();

    let mut tree = opened(&world, world.home(1, Residency::Cached, true));
    assert_eq!(tree.len(), 200);
    assert!(fetches(&world, &tree, 77));
    check(&tree);
    assert_eq!(scan_all(&tree, &world.store), pairs(0..200));
    set(&mut tree, 77, 0, &world.store);
    for id in 100..140 {
        drive(&world.store, |p, m| {
            tree.remove(id, Some(|_: &[Column], _| ()), p, m)
        });
    }
    check(&tree);
    world.save(&tree);
    check_stored(&world, &tree);
    let now = scan_all(&tree, &world.store);
    assert_eq!(now.len(), 160);

    // What is opened without one has the same pages; so has what is closed again without a change.
    let again = opened(&world, world.home(1, Residency::Cached, true));
    close(&world, &again);
    let by_outline = opened(&world, world.home(1, Residency::Cached, true));
    let mut nothing = WriteBatch::default();
    by_outline.put_outline(&mut nothing);
    assert!(nothing.is_empty(), "it is there");
    assert_eq!(scan_all(&by_outline, &world.store), now);

    // One that cannot be read costs nothing but time, and goes with the next change.
    for bad in [vec![], outline[..9].to_vec(), [outline.as_slice(), &[0]].concat()] {
        let mut batch = WriteBatch::default();
        batch.put(key.clone(), bad);
        world.commit(batch);
        let mut tree = opened(&world, world.home(1, Residency::Cached, true));
        assert_eq!(scan_all(&tree, &world.store), now);
        set(&mut tree, 5, 5, &world.store);
        world.save(&tree);
        check_stored(&world, &tree);
    }
}

#[test]
fn an_outline_that_lies_is_found_out() {
    let world = World::new(ONE_BLOCK, EvictionPolicy::Lru);
    let tree = rows(world.home(1, Residency::Cached, true), 200);
    world.save(&tree);
    let mut lie = OutlineBuilder::default();
    for (id, count) in [(0, 4), (4, 4), (8, 192)] {
        let mut page = DirectoryPage::default();
        let first = if id == 0 { RowLeaf::lowest() } else { id };
        page.separators.push(&RowLeaf::separator_bytes(&first));
        // More rows than a block can have.
        page.rows.push(if id == 8 { count + 5000 } else { count });
        lie.push(&page);
    }
    let key = block_key(TreeId(1), 3, &[]);
    let mut batch = WriteBatch::default();
    batch.put(key.clone(), lie.finish(&key));
    world.commit(batch);
    let tree = opened(&world, world.home(1, Residency::Cached, true));
    assert!(fetches(&world, &tree, 2));
    let (mut pins, mut missing) = (Pins::new(), Missing::new());
    for _ in 0..2 {
        let found = tree.get(100, &mut pins, &mut missing);
        assert!(
            matches!(found, Poll::Ready(Err(Error::Corrupted { .. }))),
            "{found:?}"
        );
        assert!(matches!(
            tree.cursor(Bound::Unbounded, Bound::Unbounded, true)
                .next(&mut missing),
            Poll::Ready(Err(Error::Corrupted { .. }))
        ));
    }
}

#[test]
fn a_fetched_leaf_stays_encoded_until_it_is_read_again() {
    let world = World::new(usize::MAX, EvictionPolicy::Lru);
    let tree = rows(world.home(1, Residency::Cached, true), 4);
    world.save(&tree);
    let cached = World {
        store: MemoryStore::with_entries(world.store.entries()),
        ..World::new(usize::MAX, EvictionPolicy::Lru)
    };
    let tree = opened(&cached, cached.home(1, Residency::Cached, true));
    let (mut pins, mut missing) = (Pins::new(), Missing::new());
    let read = |pins: &mut Pins, missing: &mut Missing| match tree.get(2, pins, missing) {
        Poll::Ready(Ok(Some(at))) => Some(at),
        _ => None,
    };
    assert!(read(&mut pins, &mut missing).is_none());
    block_on(missing.fetch(&cached.store)).unwrap();
    let block = cached.cache.bytes();
    let first = read(&mut pins, &mut missing).unwrap();
    assert!(first.leaf.is_encoded());
    // One value, one column, all columns: what the reader decodes is its own.
    let value = |at: &RowAt, column: usize| {
        let value = at.leaf.value_ref(column, at.pos, &DataType::BIGINT);
        value.to_value()
    };
    assert_eq!(value(&first, 0), Value::Int(2));
    assert_eq!(first.leaf.column(0).unwrap().i64s(), [0, 1, 2, 3]);
    assert_eq!((value(&first, 0), value(&first, 9)), (Value::Int(2), Value::Null));
    assert_eq!(first.leaf.columns().len(), 2);
    assert!(first.leaf.column(2).is_none());
    assert_eq!(cached.cache.bytes(), block);

    let second = read(&mut pins, &mut missing).unwrap();
    assert!(!second.leaf.is_encoded());
    assert_eq!(second.leaf.columns(), first.leaf.columns());
    let third = read(&mut pins, &mut missing).unwrap();
    assert!(Arc::ptr_eq(&second.leaf, &third.leaf), "it is decoded once");
    assert_eq!(cached.cache.bytes(), second.leaf.memory());
}

#[test]
fn a_leaf_that_is_encoded_changes_and_moves_like_any() {
    let world = World::new(usize::MAX, EvictionPolicy::Lru);
    let whole = rows(world.home(1, Residency::Cached, true), 40);
    world.save(&whole);
    let reopened = || opened(&world, world.home(1, Residency::Cached, true));
    let mut tree = reopened();
    set(&mut tree, 7, 70, &world.store);
    drive(&world.store, |p, m| {
        tree.remove(3, Some(|_: &[Column], _| ()), p, m)
    });
    let mut expected = pairs(0..40);
    expected[7].1 = 70;
    expected.remove(3);
    check(&tree);
    assert_eq!(scan_all(&tree, &world.store), expected);
    for residency in [Residency::Cached, Residency::Always] {
        let tree = reopened();
        let home = world.home(2, residency, residency == Residency::Cached);
        let moved = drive(&world.store, |p, m| tree.rehome(home.clone(), p, m));
        check(&moved);
        if residency == Residency::Cached {
            world.save(&moved);
            let again = opened(&world, world.home(2, Residency::Cached, true));
            assert_eq!(scan_all(&again, &world.store), pairs(0..40));
        }
        assert_eq!(scan_all(&moved, &world.store), pairs(0..40));
    }
}
