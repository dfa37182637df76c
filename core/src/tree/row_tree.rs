//! The tree of a table: row id to columns.

use super::cursor::{Cursor, Span};
use super::home::TreeHome;
use super::leaf::Leaf;
use super::missing::{Missing, Pins};
use super::row_leaf::RowLeaf;
use super::slot::Slot;
use super::tree::Tree;
use crate::types::{Column, Error, Physical, Result, RowId};
use alloc::{sync::Arc, vec::Vec};
use core::{
    ops::Bound,
    task::{Poll, ready},
};

/// The tree of a table: row id to columns.
pub type RowTree = Tree<RowLeaf>;
/// A [`Cursor`] over rows.
pub type RowCursor = Cursor<RowLeaf>;
/// A [`Span`] of rows.
pub type RowSpan = Span<RowLeaf>;

/// One row in its leaf.
#[derive(Debug, Clone)]
pub struct RowAt {
    /// The leaf.
    pub leaf: Arc<RowLeaf>,
    /// The row's position in it.
    pub pos: usize,
}

impl RowTree {
    /// An empty tree of rows with these columns.
    pub fn new(home: Arc<TreeHome>, columns: Vec<Physical>) -> RowTree {
        let leaf = RowLeaf::new(&columns);
        home.set_columns(columns);
        Tree::with_leaf(home, leaf)
    }

    /// Row `id`, if it exists.
    ///
    /// # Errors
    /// [`Error::Corrupted`], as for every operation here.
    pub fn get(&self, id: RowId, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<RowAt>>> {
        let cell = self.cell_of(&id)?;
        let leaf = ready!(Tree::visit(cell, pins, missing));
        Poll::Ready(Ok(leaf.find(id).ok().map(|pos| RowAt { leaf, pos })))
    }

    /// Calls `visit` with the leaf and the position of each of these rows, in order; false at the first id without a row.
    /// The way to several rows is looked at before any of them is visited, so that what of it is
    /// not in the processor's caches comes at once.
    ///
    /// `Pending` if a leaf is missing; the rows before it have been visited then.
    pub fn visit_rows(
        &self,
        ids: &[RowId],
        pins: &mut Pins,
        missing: &mut Missing,
        mut visit: impl FnMut(Arc<RowLeaf>, usize),
    ) -> Poll<Result<bool>> {
        const AHEAD: usize = 16;
        let used = self.home().is_cached().then(|| self.home().cache().now());
        for ids in ids.chunks(AHEAD) {
            let mut cells = [None; AHEAD];
            for (cell, id) in cells.iter_mut().zip(ids) {
                *cell = Some(self.cell_of(id)?);
            }
            let touched = cells.iter().flatten().map(|cell| cell.touch_ahead());
            core::hint::black_box(touched.fold(0, |all, n| all ^ n));
            for (cell, id) in cells.iter().flatten().zip(ids) {
                let leaf = ready!(Tree::visit_at(cell, used, pins, missing));
                match leaf.find(*id) {
                    Ok(pos) => visit(leaf, pos),
                    Err(_) => return Poll::Ready(Ok(false)),
                }
            }
        }
        Poll::Ready(Ok(true))
    }

    /// Makes the leaf that row `id` belongs to, or would, resident while `pins` hold.
    pub fn ensure(&self, id: RowId, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<()>> {
        let (path, cell) = self.locate(&id)?;
        Tree::visit_pinned(&path, cell, pins, missing).map(|_| Ok(()))
    }

    /// Every leaf that [`RowTree::append`] of these ids reads or changes is resident and pinned.
    pub fn ensure_append(&self, ids: &[RowId], pins: &mut Pins, missing: &mut Missing) -> Poll<Result<()>> {
        let mut waits = false;
        if !self.is_empty() {
            let (path, cell) = self.locate_last_row()?;
            waits |= Tree::visit_pinned(&path, cell, pins, missing).is_pending();
        }
        let (path, cell) = self.locate_last()?;
        if ids.first().is_some_and(|first| first < cell.separator()) {
            // Empty leaves at the end: the rows go to whichever they belong to.
            for id in ids {
                waits |= self.ensure(*id, pins, missing)?.is_pending();
            }
        } else {
            waits |= Tree::visit_pinned(&path, cell, pins, missing).is_pending();
        }
        if waits { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    /// A cursor over the rows between two bounds; it holds a snapshot.
    pub fn cursor(&self, from: Bound<RowId>, to: Bound<RowId>, reverse: bool) -> RowCursor {
        Cursor::new(self.clone(), from, to, reverse)
    }

    /// The largest row id.
    pub fn last_row_id(&self, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<Option<RowId>>> {
        if self.is_empty() {
            return Poll::Ready(Ok(None));
        }
        let (_, cell) = self.locate_last_row()?;
        let leaf = ready!(Tree::visit(cell, pins, missing));
        Poll::Ready(Ok(leaf.len().checked_sub(1).map(|at| leaf.row_id(at))))
    }

    /// Inserts a row: `source` has one column per stored column, the values are at `row`.
    /// False, and nothing changed, if the id exists.
    ///
    /// # Errors
    /// [`Error::Invalid`] if `source` does not fit the stored columns.
    pub fn insert(
        &mut self,
        id: RowId,
        source: &[Column],
        row: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        self.check_source(source, row, 1)?;
        let find = |leaf: &RowLeaf| leaf.find(id).err();
        let change = |leaf: &mut Arc<RowLeaf>, at| {
            Arc::make_mut(leaf).insert(at, id, source, row);
            true
        };
        self.change_leaf(&id, find, change, pins, missing)
    }

    /// The last row id, if rows can be appended behind it without waiting: their leaf is in memory and
    /// stays there. `None` also if there are no rows.
    pub fn open_end(&self) -> Option<RowId> {
        let (path, cell) = self.locate_last().ok()?;
        let stays = !cell.home().is_cached() || path.owns(cell);
        let leaf = cell.leaf().filter(|_| stays)?;
        leaf.len().checked_sub(1).map(|last| leaf.row_id(last))
    }

    /// Appends rows in bulk: `ids` ascend, all above the last row id; `ids[i]` goes with row `from + i` of
    /// `source`. Leaves are filled one after the other. Returns how many rows, which is all.
    ///
    /// # Errors
    /// [`Error::Invalid`], and nothing changed, if the ids or `source` are not as they must be.
    pub fn append(
        &mut self,
        ids: &[RowId],
        source: &[Column],
        from: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<usize>> {
        let Some(first) = ids.first() else {
            return Poll::Ready(Ok(0));
        };
        let last = ready!(self.last_row_id(pins, missing))?;
        if last.is_some_and(|last| last >= *first) || !ids.is_sorted_by(|a, b| a < b) {
            return Poll::Ready(Err(Error::invalid(
                "appended row ids must ascend above the last row id",
            )));
        }
        let (path, cell) = self.locate_last()?;
        if first < cell.separator() {
            // only empty leaves at the end are above the new rows
            return self.insert_each(ids, source, from, pins, missing);
        }
        let leaf = ready!(Tree::visit_pinned(&path, cell, pins, missing));
        self.check_source(source, from, ids.len())?;
        let sizing = self.home().sizing;
        let room = |leaf: &RowLeaf, done: usize| {
            let ids = ids.get(done..).unwrap_or(&[]);
            leaf.room(&sizing, ids, source, from + done)
        };
        let run = |done: usize, n: usize| ids.get(done..done + n).unwrap_or(&[]);
        let (fill, empty) = (room(&leaf, 0), leaf.with_capacity_like(0));
        drop(leaf);
        let is_cached = self.home().is_cached();
        let done = self.edit(&path, |edit, node, i| {
            edit.ascending = true;
            if fill > 0 {
                let Some(slot) = node.cell_mut(i) else {
                    return false;
                };
                slot.change(|leaf| {
                    let leaf = Arc::make_mut(leaf);
                    if fill < ids.len() {
                        leaf.reserve(source, from, from + fill, is_cached);
                    }
                    leaf.push_rows(run(0, fill), source, from);
                });
            }
            let mut done = fill;
            while done < ids.len() {
                let n = room(&empty, done);
                let Some(first) = ids.get(done) else { break };
                let mut leaf = empty.with_capacity_like(n);
                leaf.reserve(source, from + done, from + done + n, is_cached);
                leaf.push_rows(run(done, n), source, from + done);
                let slot = Slot::new(edit.home(), *first, Arc::new(leaf));
                node.insert_cell(node.len(), Arc::new(slot));
                done += n;
            }
            node.change_rows(0, ids.len() as u64);
            true
        });
        if done {
            return Poll::Ready(Ok(ids.len()));
        }
        // It left memory since it was looked at.
        let (_, cell) = self.locate(first)?;
        Tree::miss(cell, pins, missing).map(|_| Ok(0))
    }

    /// [`RowTree::append`], row by row.
    fn insert_each(
        &mut self,
        ids: &[RowId],
        source: &[Column],
        from: usize,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<usize>> {
        self.check_source(source, from, ids.len())?;
        for id in ids {
            let (path, cell) = self.locate(id)?;
            ready!(Tree::visit_pinned(&path, cell, pins, missing));
        }
        for (i, id) in ids.iter().enumerate() {
            // resident and pinned, or dirty by now: never Pending
            ready!(self.insert(*id, source, from + i, pins, missing))?;
        }
        Poll::Ready(Ok(ids.len()))
    }

    /// Replaces stored columns of row `id`: for each pair in `set`, that column by the value at `row` of
    /// the given one; the other columns stay shared with older versions. `before` sees the columns and
    /// the row's position just before it changes. False, and nothing changed, if there is no such row.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a value does not fit its column.
    pub fn update<'c>(
        &mut self,
        id: RowId,
        set: impl Iterator<Item = (usize, &'c Column)> + Clone,
        row: usize,
        before: impl FnOnce(&[Column], usize),
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let columns = self.home().columns().unwrap_or(&[]);
        let fits = |(c, s): (usize, &Column)| columns.get(c) == Some(&s.physical()) && row < s.len();
        if !set.clone().all(fits) {
            return Poll::Ready(Err(misfit()));
        }
        let find = |leaf: &RowLeaf| leaf.find(id).ok();
        let has_text = set.clone().any(|(_, s)| s.physical() == Physical::Bytes);
        let change = |leaf: &mut Arc<RowLeaf>, at| {
            let weight = |leaf: &RowLeaf| if has_text { leaf.weight_of(leaf.len()) } else { 0 };
            let leaf = Arc::make_mut(leaf);
            let (columns, place) = leaf.columns_at(at);
            before(columns, place);
            let was = weight(leaf);
            leaf.update(at, set, row);
            weight(leaf) > was
        };
        self.change_leaf(&id, find, change, pins, missing)
    }

    /// Removes row `id`; `before`, if there is one, sees the columns and the row's position just before it goes.
    /// False, and nothing changed, if there is no such row.
    pub fn remove(
        &mut self,
        id: RowId,
        before: Option<impl FnOnce(&[Column], usize)>,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<bool>> {
        let find = |leaf: &RowLeaf| leaf.find(id).ok();
        let change = |leaf: &mut Arc<RowLeaf>, at| {
            if leaf.is_encoded() {
                // What is decoded of it is its reader's own.
                Arc::make_mut(leaf);
            }
            if let Some(before) = before {
                let (columns, place) = leaf.columns_at(at);
                before(columns, place);
            }
            RowLeaf::remove_from(leaf, at);
            false
        };
        self.change_leaf(&id, find, change, pins, missing)
    }

    /// Whether rows `from..from + rows` of `source` can go into a leaf.
    ///
    /// # Errors
    /// [`Error::Invalid`] if not.
    fn check_source(&self, source: &[Column], from: usize, rows: usize) -> Result<()> {
        let columns = self.home().columns().unwrap_or(&[]);
        let fits = |(c, s): (&Physical, &Column)| {
            let enough = from.checked_add(rows).is_some_and(|end| end <= s.len());
            *c == s.physical() && enough
        };
        let all = source.len() == columns.len() && columns.iter().zip(source).all(fits);
        if all { Ok(()) } else { Err(misfit()) }
    }
}

fn misfit() -> Error {
    Error::invalid("the values do not fit the stored columns")
}
