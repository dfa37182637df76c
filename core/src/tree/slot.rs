//! A leaf cell: the place of one leaf in a tree, which holds the leaf or knows it is in the store.
//!
//! Invariants:
//! - A dirty cell (changed since the last store write) holds its leaf. Only a dirty cell, or one of a
//!   tree that is always resident, is ever changed in place, and only by its sole owner; a clean cell
//!   of a cached tree is replaced by a successor.
//! - The bytes under the cell's key in the store are its own until a successor is written. From the
//!   moment a successor exists until then, the cell is resident and pinned (see [`Overwritten`]);
//!   afterwards, if a snapshot still holds it, it is *superseded*: resident for good.
//! - A leaf of a cached tree is charged to the cache exactly while it is resident, clean and not
//!   superseded.
//! - A leaf of a cached tree is resident as it came, [encoded](Leaf::is_encoded), until it is read a second time.
//!   What a reader has it decode is the reader's own, so that the cache's account stays right.
//!
//! There is a cell in memory for every leaf of a tree, resident or not: its size decides how much memory a
//! big table takes at least.

use super::cache::{Cacheable, Eviction, Priority};
use super::home::TreeHome;
use super::leaf::Leaf;
use super::leaf_bounds::LeafBounds;
use super::missing::StoredBlock;
use super::overwritten::Overwritten;
use crate::codec::{ColumnBounds, block_key};
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::sync::{Mutex, Once};
use crate::types::{Error, Result};
use alloc::{sync::Arc, sync::Weak, vec::Vec};

/// Where a cell has its leaf.
enum Place<L: Leaf> {
    /// For good, once it is there: in a tree whose leaves never leave memory. Reading it takes no lock, so
    /// that readers are not in one another's way.
    Kept(Once<Arc<L>>),
    /// As long as the cache keeps it.
    Cached(Mutex<Content<L>>),
}

/// The part of a cell of a cached tree that readers, the cache and the writer race for.
struct Content<L: Leaf> {
    leaf: Option<Arc<L>>,
    /// Bytes charged to the cache; 0: not in the cache.
    charged: u32,
    /// Whether the cache's queue has an entry for the cell.
    queued: bool,
    superseded: bool,
    /// The older cells whose bytes in the store a write of this one replaces.
    overwrites: Overwritten<L>,
}

impl<L: Leaf> Content<L> {
    /// Of a leaf that does not change any more.
    fn weight(&self) -> usize {
        self.leaf.as_ref().map_or(0, |l| l.weight_of(l.len()))
    }
}

/// See the module.
pub(super) struct Slot<L: Leaf> {
    home: Arc<TreeHome>,
    separator: L::Separator,
    place: Place<L>,
    /// Entries of the leaf.
    rows: u32,
    /// Weight of a leaf that is not yet in the store, at least 1; 0: clean.
    dirty_bytes: AtomicU32,
    pins: AtomicU32,
    /// Since it was fetched.
    uses: AtomicU32,
    /// As the cache gave it at the last use.
    priority: AtomicU64,
    bounds: LeafBounds,
}

impl<L: Leaf> Slot<L> {
    /// A cell of a leaf that is not in the store yet.
    pub(super) fn new(home: &Arc<TreeHome>, separator: L::Separator, leaf: Arc<L>) -> Slot<L> {
        let mut slot = Slot::bare(home, separator, leaf.len(), Some(leaf), Overwritten::none());
        slot.mark_dirty();
        slot
    }

    /// A cell of a leaf that is in the store; its page says what the bounds of its columns are.
    pub(super) fn stored(
        home: &Arc<TreeHome>,
        separator: L::Separator,
        rows: usize,
        bounds: &[ColumnBounds],
    ) -> Slot<L> {
        let mut slot = Slot::bare(home, separator, rows, None, Overwritten::none());
        slot.bounds = LeafBounds::of(bounds);
        slot
    }

    fn bare(
        home: &Arc<TreeHome>,
        separator: L::Separator,
        rows: usize,
        leaf: Option<Arc<L>>,
        overwrites: Overwritten<L>,
    ) -> Slot<L> {
        let place = match (home.is_cached(), leaf) {
            (true, leaf) => Place::Cached(Mutex::new(Content {
                leaf,
                charged: 0,
                queued: false,
                superseded: false,
                overwrites,
            })),
            (false, Some(leaf)) => Place::Kept(Once::initialized(leaf)),
            (false, None) => Place::Kept(Once::new()),
        };
        Slot {
            home: home.clone(),
            separator,
            rows: rows as u32, // at most `codec::MAX_BLOCK_ROWS`
            place,
            dirty_bytes: AtomicU32::new(0),
            pins: AtomicU32::new(0),
            uses: AtomicU32::new(0),
            priority: AtomicU64::new(0),
            bounds: LeafBounds::default(),
        }
    }

    pub(super) fn home(&self) -> &Arc<TreeHome> {
        &self.home
    }

    pub(super) fn separator(&self) -> &L::Separator {
        &self.separator
    }

    /// Entries of its leaf.
    pub(super) fn rows(&self) -> usize {
        self.rows as usize
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.dirty_bytes.load(Ordering::Acquire) != 0
    }

    /// What its directory page says, if it is known, of the leaf that is in the store under its name.
    pub(super) fn stored_bounds(&self) -> &LeafBounds {
        &self.bounds
    }

    /// Bounds of a column of its leaf, which is not read for them if it is stored.
    #[inline]
    pub(super) fn column_bounds(&self, column: usize) -> ColumnBounds {
        // Before the bounds: of a cell that was dirty they may be those of an older leaf.
        if self.is_dirty() {
            return ColumnBounds::UNKNOWN;
        }
        let bounds = self.bounds.get(column);
        match bounds.is_known() || self.home.stored {
            true => bounds,
            false => self.find_column_bounds(column),
        }
    }

    #[cold]
    fn find_column_bounds(&self, column: usize) -> ColumnBounds {
        let columns = L::bounded_columns(&self.home);
        let Some(leaf) = self.kept().filter(|_| column < columns) else {
            return ColumnBounds::UNKNOWN;
        };
        let bounds = leaf.column_bounds(column);
        self.bounds.set(columns, column, bounds);
        bounds
    }

    /// Whether the page in the store may stay as it is when a leaf with these bounds is written.
    pub(super) fn keeps_to(&self, bounds: &[ColumnBounds]) -> bool {
        let stored = self.bounds.all().filter(|all| all.len() == bounds.len());
        stored.is_some_and(|mut all| bounds.iter().all(|b| all.next().is_some_and(|s| s.contain(*b))))
    }

    /// Bytes that are in memory because this cell's leaf is not in the store: it, and those it replaces.
    pub(super) fn held_bytes(&self) -> usize {
        let replaced = match &self.place {
            Place::Kept(_) => 0,
            Place::Cached(content) => content.lock().overwrites.held_bytes(),
        };
        self.dirty_bytes.load(Ordering::Relaxed) as usize + replaced
    }

    pub(super) fn store_key(&self) -> Vec<u8> {
        block_key(self.home.id, 0, &L::separator_bytes(&self.separator))
    }

    /// The leaf, if it is there for good: while this cell is.
    #[inline]
    pub(super) fn kept(&self) -> Option<&Arc<L>> {
        match &self.place {
            Place::Kept(leaf) => leaf.get(),
            Place::Cached(_) => None,
        }
    }

    /// Looks at what a reader is about to look at: read for several cells in a row, it comes into the processor's
    /// caches all at once.
    #[inline]
    pub(super) fn touch_ahead(&self) -> usize {
        self.kept().map_or_else(|| self.rows(), |leaf| leaf.len())
    }

    /// The leaf, if it is resident.
    #[inline]
    pub(super) fn leaf(&self) -> Option<Arc<L>> {
        match &self.place {
            Place::Kept(leaf) => leaf.get().cloned(),
            Place::Cached(content) => content.lock().leaf.clone(),
        }
    }

    /// The leaf, if it is resident, and one pin with it.
    pub(super) fn leaf_pinned(&self) -> Option<Arc<L>> {
        match &self.place {
            Place::Kept(leaf) => {
                let leaf = leaf.get()?.clone();
                self.pins.fetch_add(1, Ordering::AcqRel);
                Some(leaf)
            }
            Place::Cached(content) => {
                let content = content.lock();
                let leaf = content.leaf.clone()?;
                // Before the lock goes: an eviction sees the pin or has been.
                self.pins.fetch_add(1, Ordering::AcqRel);
                Some(leaf)
            }
        }
    }

    /// The leaf, if it is resident, to be written. From then on a cached tree has it as the cache counts it.
    pub(super) fn leaf_to_write(&self) -> Option<Arc<L>> {
        let leaf = self.leaf()?;
        let Place::Cached(content) = &self.place else {
            return Some(leaf);
        };
        if !leaf.is_thinned() {
            return Some(leaf);
        }
        let whole = Arc::new(leaf.decoded());
        content.lock().leaf = Some(whole.clone());
        Some(whole)
    }

    /// The leaf to read from, if it is resident.
    #[inline]
    pub(super) fn read(self: &Arc<Self>) -> Option<Arc<L>> {
        let leaf = self.leaf()?;
        Some(if leaf.is_encoded() {
            self.read_encoded(leaf)
        } else {
            leaf
        })
    }

    /// As [`Slot::read`], and one pin with it.
    pub(super) fn read_pinned(self: &Arc<Self>) -> Option<Arc<L>> {
        let leaf = self.leaf_pinned()?;
        Some(if leaf.is_encoded() {
            self.read_encoded(leaf)
        } else {
            leaf
        })
    }

    #[cold]
    fn read_encoded(self: &Arc<Self>, leaf: Arc<L>) -> Arc<L> {
        if self.uses.load(Ordering::Relaxed) == 0 {
            return Arc::new(L::clone(&leaf));
        }
        let decoded = Arc::new(leaf.decoded());
        // Leaves that are always resident are decoded when they come.
        let Place::Cached(content) = &self.place else {
            return decoded;
        };
        let mut content = content.lock();
        let is_same = content.leaf.as_ref().is_some_and(|own| Arc::ptr_eq(own, &leaf));
        // Nor one of a version that is counted as it is, or of a cell that is about to be changed.
        if is_same && content.charged > 0 {
            let cache = self.home.cache();
            let bytes = saturated(decoded.memory());
            cache.charge(bytes as usize);
            cache.discharge(core::mem::replace(&mut content.charged, bytes) as usize);
            content.leaf = Some(decoded.clone());
            drop(content);
            cache.shrink();
        }
        decoded
    }

    /// Bytes of memory of the leaf, if it is resident.
    pub(super) fn memory(&self) -> usize {
        self.leaf().map_or(0, |l| l.memory())
    }

    /// Tells the cache's policy that the leaf was used: at a [moment](super::cache::BlockCache::now), or now.
    #[inline]
    pub(super) fn touch(&self, used: Option<u64>) {
        // a lost count under contention is no harm
        let uses = self.uses.load(Ordering::Relaxed).saturating_add(1);
        self.uses.store(uses, Ordering::Relaxed);
        let cache = self.home.cache();
        let used = used.unwrap_or_else(|| cache.now());
        self.priority
            .store(cache.priority_at(used, uses), Ordering::Relaxed);
    }

    /// The cell to change in place of `cell`: itself if nobody else can see it, else a successor, put
    /// in its place. `None`, and nothing changed, if the leaf is not resident.
    pub(super) fn make_mut(cell: &mut Arc<Slot<L>>) -> Option<&mut Slot<L>> {
        let changeable = cell.is_dirty() || !cell.home.is_cached();
        // As `Arc::get_mut` would say, but without changing a count.
        let is_shared = Arc::strong_count(cell) > 1 || Arc::weak_count(cell) > 0;
        if !changeable || is_shared {
            // What will become of the page of a dirty cell that others see is not known.
            let is_known = cell.home.stored && !cell.is_dirty();
            let (leaf, overwrites) = Slot::retire(cell)?;
            let (rows, separator) = (cell.rows(), cell.separator.clone());
            let mut successor = Slot::bare(&cell.home, separator, rows, Some(leaf), overwrites);
            if is_known {
                successor.bounds = cell.bounds.copy();
                successor.keep_bounds();
            }
            *successor.uses.get_mut() = cell.uses.load(Ordering::Relaxed);
            *successor.priority.get_mut() = cell.priority.load(Ordering::Relaxed);
            *cell = Arc::new(successor);
        }
        Arc::get_mut(cell)
    }

    /// The leaf of a cell that is to be replaced or removed, and what that will overwrite in the
    /// store. `None` if the leaf is not resident.
    pub(super) fn retire(cell: &Arc<Slot<L>>) -> Option<(Arc<L>, Overwritten<L>)> {
        let Place::Cached(content) = &cell.place else {
            return Some((cell.leaf()?, Overwritten::none()));
        };
        let leaf = cell.leaf_pinned()?;
        let older = content.lock().overwrites.cells();
        let overwrites = Overwritten::with_pinned(older, cell, &leaf);
        Some((leaf, overwrites))
    }

    /// Changes the leaf of a cell got from [`Slot::make_mut`], which others may share.
    pub(super) fn change<R>(&mut self, change: impl FnOnce(&mut Arc<L>) -> R) -> Option<R> {
        let leaf = match &mut self.place {
            Place::Kept(leaf) => leaf.get_mut()?,
            Place::Cached(content) => content.get_mut().leaf.as_mut()?,
        };
        let result = change(leaf);
        self.rows = leaf.len() as u32;
        self.keep_bounds();
        self.mark_dirty();
        Some(result)
    }

    /// The leaf changes: its bounds do, and what its page says is kept only if it is of all columns.
    fn keep_bounds(&mut self) {
        if !self.home.stored {
            self.bounds.forget();
        } else if self
            .bounds
            .columns()
            .is_some_and(|n| n != L::bounded_columns(&self.home))
        {
            self.bounds.clear();
        }
    }

    /// Looks at the leaf of a cell got from [`Slot::make_mut`] without counting a reference.
    pub(super) fn peek(&mut self) -> Option<&L> {
        match &mut self.place {
            Place::Kept(leaf) => leaf.get().map(Arc::as_ref),
            Place::Cached(content) => content.get_mut().leaf.as_deref(),
        }
    }

    fn mark_dirty(&mut self) {
        if self.home.stored {
            let new = self.peek().map_or(1, |l| saturated(l.weight_of(l.len())));
            let old = core::mem::replace(self.dirty_bytes.get_mut(), new);
            self.home.change_dirty_bytes(old as usize, new as usize);
        }
    }

    /// The leaf is in the store: the cell is clean, and its leaf the cache's to keep. `bounds`: what its page says now,
    /// if it was written too.
    pub(super) fn settle(self: &Arc<Self>, bounds: Option<&[ColumnBounds]>) {
        // While the cell is dirty nobody uses them.
        bounds.into_iter().for_each(|bounds| self.bounds.set_all(bounds));
        if let Place::Cached(content) = &self.place {
            let overwrites = core::mem::replace(&mut content.lock().overwrites, Overwritten::none());
            overwrites.supersede();
        }
        let old = self.dirty_bytes.swap(0, Ordering::AcqRel);
        self.home.change_dirty_bytes(old as usize, 0);
        if self.home.is_cached() {
            // a leaf that was only written counts as used then
            if self.priority.load(Ordering::Relaxed) == 0 {
                self.priority
                    .store(self.home.cache().priority(0), Ordering::Relaxed);
            }
            self.admit(|_| {});
        }
    }

    /// Charges a clean resident leaf to the cache, after `fill` may have put it there.
    fn admit(self: &Arc<Self>, fill: impl FnOnce(&mut Content<L>)) {
        let Place::Cached(content) = &self.place else {
            return;
        };
        let cache = self.home.cache();
        {
            let mut content = content.lock();
            fill(&mut content);
            let Some(leaf) = &content.leaf else { return };
            if content.charged > 0 || content.superseded {
                return;
            }
            content.charged = saturated(leaf.memory());
            cache.charge(content.charged as usize);
            // While it is pinned it could not go; whoever takes the last pin back queues it.
            content.queued = self.pins.load(Ordering::Acquire) == 0;
            if !content.queued {
                return;
            }
        }
        cache.enqueue(self.priority(), self.weak());
    }

    fn weak(self: &Arc<Self>) -> Weak<dyn Cacheable> {
        Arc::<Slot<L>>::downgrade(self)
    }

    /// A newer version is in the store: this one, which a snapshot holds, stays resident for good.
    pub(super) fn supersede(&self) {
        let Place::Cached(content) = &self.place else {
            return;
        };
        let mut content = content.lock();
        if !content.superseded {
            content.superseded = true;
            self.discharge(&mut content);
            let cache = self.home.cache();
            cache.change_superseded(0, content.weight());
        }
    }

    fn discharge(&self, content: &mut Content<L>) {
        let charged = core::mem::take(&mut content.charged);
        if charged > 0 {
            self.home.cache().discharge(charged as usize);
        }
    }

    pub(super) fn pin(&self) {
        self.pins.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn unpin(self: &Arc<Self>) {
        if self.pins.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        let Place::Cached(content) = &self.place else {
            return;
        };
        let queue = {
            let mut content = content.lock();
            let queue = content.charged > 0 && !content.queued && self.pins.load(Ordering::Acquire) == 0;
            content.queued |= queue;
            queue
        };
        let cache = self.home.cache();
        if queue {
            cache.enqueue(self.priority(), self.weak());
        }
        cache.shrink();
    }

    fn fill(self: &Arc<Self>, key: &[u8], bytes: Option<Vec<u8>>) -> Result<()> {
        // A cell whose successor was written meanwhile is resident, so the bytes, which may be the
        // successor's, are not looked at.
        let superseded = match &self.place {
            Place::Kept(leaf) if leaf.is_completed() => return Ok(()),
            Place::Kept(_) => false,
            Place::Cached(content) => {
                let content = content.lock();
                if content.leaf.is_some() {
                    return Ok(());
                }
                content.superseded
            }
        };
        let bytes = bytes.filter(|_| !superseded);
        let open = |bytes: Vec<u8>| match self.home.is_cached() {
            true => L::open(key, bytes),
            false => L::decode(key, &bytes),
        };
        let leaf = bytes
            .and_then(open)
            .filter(|l| l.len() == self.rows() && l.fits(&self.home))
            .ok_or_else(|| corrupted(&self.home, key))?;
        let leaf = Arc::new(leaf);
        match &self.place {
            Place::Kept(kept) => {
                kept.call_once(|| leaf);
            }
            Place::Cached(_) => {
                // A reader may have counted its use after the leaf was evicted.
                self.uses.store(0, Ordering::Relaxed);
                self.priority
                    .store(self.home.cache().priority(0), Ordering::Relaxed);
                self.admit(|content| content.leaf = content.leaf.take().or(Some(leaf)));
                self.home.cache().shrink();
            }
        }
        Ok(())
    }
}

impl<L: Leaf> Cacheable for Slot<L> {
    fn priority(&self) -> Priority {
        self.priority.load(Ordering::Relaxed)
    }

    fn try_evict(&self, queued_as: Priority) -> Eviction {
        let Place::Cached(content) = &self.place else {
            return Eviction::Gone;
        };
        let mut content = content.lock();
        if content.charged == 0 {
            content.queued = false;
            return Eviction::Gone;
        }
        if self.pins.load(Ordering::Acquire) > 0 {
            content.queued = false;
            return Eviction::Pinned;
        }
        let now = self.priority();
        if now > queued_as {
            return Eviction::Used(now);
        }
        content.queued = false;
        let leaf = content.leaf.take();
        self.discharge(&mut content);
        drop(content);
        drop(leaf);
        self.uses.store(0, Ordering::Relaxed);
        Eviction::Evicted
    }
}

impl<L: Leaf> Drop for Slot<L> {
    fn drop(&mut self) {
        if let Place::Cached(content) = &mut self.place {
            let content = content.get_mut();
            if content.charged > 0 {
                self.home.cache().discharge(content.charged as usize);
            }
            if content.superseded {
                self.home.cache().change_superseded(content.weight(), 0);
            }
        }
        let dirty = *self.dirty_bytes.get_mut();
        if dirty > 0 {
            self.home.change_dirty_bytes(dirty as usize, 0);
        }
    }
}

/// A size as cells keep it: at least 1, since 0 says that there is nothing.
fn saturated(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX).max(1)
}

/// A cell as the driver and [`Pins`](super::Pins) hold it.
pub(super) struct SlotRef<L: Leaf>(pub(super) Arc<Slot<L>>);

impl<L: Leaf> StoredBlock for SlotRef<L> {
    fn store_key(&self) -> Vec<u8> {
        self.0.store_key()
    }

    fn fill(&self, key: &[u8], bytes: Option<Vec<u8>>) -> Result<()> {
        self.0.fill(key, bytes)
    }

    fn pin(&self) {
        self.0.pin();
    }

    fn unpin(&self) {
        self.0.unpin();
    }

    fn label(&self) -> &str {
        &self.0.home.label
    }

    fn identity(&self) -> usize {
        identity(&self.0)
    }
}

/// What tells two cells apart.
pub(super) fn identity<L: Leaf>(cell: &Arc<Slot<L>>) -> usize {
    Arc::as_ptr(cell) as usize
}

/// The error for a block that is absent or not what it should be.
pub(super) fn corrupted(home: &TreeHome, key: &[u8]) -> Error {
    Error::corrupted(&*home.label, key)
}
