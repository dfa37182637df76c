//! Foreign keys, checked at the end of a statement over the rows it touched.
//!
//! For every touched row the version before the statement and the one after are compared. A new key of
//! a child must have its parent; an old key of a parent that is gone must have no children left, or the
//! children follow by ON DELETE / ON UPDATE, which touches further rows: they join the queue.
//!
//! A key that is deferred may be wrong until its transaction commits: then all that the transaction
//! touched is compared with the version it started from, as if that had been one statement. What children do when
//! their parent goes they do at once all the same.
//!
//! A parent table that lived in memory does not exist after a restart. Until a table of its name is
//! created again, no new key of a child finds its parent.

use super::draft::Draft;
use crate::catalog::{ForeignKeyDef, ReferentialAction, TableId};
use crate::codec::{encode_key_part, prefix_end};
use crate::table::Table;
use crate::tree::{IndexCursor, Missing, Pins};
use crate::types::{Column, Error, Result, RowId};
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Bound;
use core::task::{Poll, ready};

/// Rows `from..=to` to look at.
#[derive(Clone, Copy)]
struct Rows {
    table: TableId,
    from: RowId,
    to: RowId,
    /// Take them as inserted by the statement, whatever was there before.
    as_new: bool,
}

/// Blocks a check keeps in memory from one row to the next.
const MAX_PINNED: usize = 64;

/// The progress of a check: rows still to look at.
pub(super) struct ForeignKeyCheck {
    queue: VecDeque<Rows>,
}

/// A key's values as columns of one row.
type Key = Vec<Column>;

fn same(a: &Key, b: &Key) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.is_null(0) == b.is_null(0) && a.data() == b.data())
}

fn has_null(key: &Key) -> bool {
    key.iter().any(|c| c.is_null(0))
}

/// The values of some columns of a row; `None` if there is no such row.
fn key_of(
    table: &Table,
    id: RowId,
    columns: &[usize],
    pins: &mut Pins,
    missing: &mut Missing,
) -> Poll<Result<Option<Key>>> {
    let row = ready!(table.row(id, pins, missing))?;
    Poll::Ready(Ok(row.map(|r| r.values(columns.iter().copied()))))
}

/// The position of an index whose first columns are `columns` in any order, and for each of these
/// index columns the position in `columns`.
fn index_over(table: &Table, columns: &[usize], unique: bool) -> Option<(usize, Vec<usize>)> {
    table.def.indexes.iter().enumerate().find_map(|(i, index)| {
        if unique && (!index.unique || index.columns.len() != columns.len()) {
            return None;
        }
        let first = index.columns.get(..columns.len())?;
        let order: Option<Vec<usize>> = first
            .iter()
            .map(|c| columns.iter().position(|k| *k == c.column))
            .collect();
        order.map(|o| (i, o))
    })
}

/// The one row whose `columns` (a primary key or unique index) equal `key`.
fn parent_with(
    table: &Table,
    columns: &[usize],
    key: &Key,
    pins: &mut Pins,
    missing: &mut Missing,
) -> Poll<Result<bool>> {
    if let ([c], [k]) = (columns, key.as_slice())
        && table.def.row_id_column == Some(*c)
    {
        let Some(id) = k.i64s().first().copied() else {
            return Poll::Ready(Ok(false));
        };
        return Poll::Ready(Ok(ready!(table.rows.get(id, pins, missing))?.is_some()));
    }
    let (index, prefix) = prefix_of(table, columns, key, true)?;
    match table.indexes.get(index) {
        Some(tree) => Poll::Ready(Ok(ready!(tree.get(&prefix, pins, missing))?.is_some())),
        None => Poll::Ready(Ok(false)),
    }
}

/// The index over `columns` and the beginning of its entries for `key`.
fn prefix_of(table: &Table, columns: &[usize], key: &Key, unique: bool) -> Result<(usize, Vec<u8>)> {
    let (index, order) = index_over(table, columns, unique).ok_or_else(|| {
        Error::invalid(alloc::format!(
            "table {} has no index over the columns of its foreign key",
            table.def.name
        ))
    })?;
    let mut prefix = Vec::new();
    for (part, k) in table.index_parts(index).iter().zip(&order) {
        if let Some(column) = key.get(*k) {
            encode_key_part(&mut prefix, part, column, 0);
        }
    }
    Ok((index, prefix))
}

/// A walk over the children of one key. It is kept until all foreign keys of the parent's row are done:
/// while it is Pending its cursor holds what was fetched, and afterwards it says how far the children
/// have followed, so that coming back to the row neither fetches nor changes anything twice.
pub(super) struct ChildWalk {
    table: TableId,
    index: usize,
    prefix: Vec<u8>,
    /// `None`: all ids wanted are there.
    cursor: Option<IndexCursor>,
    ids: Vec<RowId>,
    followed: usize,
}

impl ChildWalk {
    /// Goes on until `limit` ids are there, or all.
    fn step(&mut self, limit: usize, missing: &mut Missing) -> Poll<Result<()>> {
        while let Some(cursor) = &mut self.cursor {
            match ready!(cursor.next(missing))? {
                Some(s) => {
                    let ids = s.leaf.row_ids().get(s.from..s.to);
                    self.ids.extend(ids.unwrap_or(&[]));
                }
                None => self.cursor = None,
            }
            if self.ids.len() >= limit {
                self.cursor = None;
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The position of the walk over the rows whose `columns` equal `key`, which has at least `limit` of
/// them if there are so many.
fn children_with(
    walks: &mut Vec<ChildWalk>,
    table: &Table,
    columns: &[usize],
    key: &Key,
    limit: usize,
    missing: &mut Missing,
) -> Poll<Result<usize>> {
    let (index, prefix) = prefix_of(table, columns, key, false)?;
    let same = |w: &ChildWalk| w.table == table.def.id && w.index == index && w.prefix == prefix;
    let position = walks.iter().position(same).unwrap_or(walks.len());
    if position == walks.len() {
        let to = prefix_end(&prefix).map_or(Bound::Unbounded, Bound::Excluded);
        let from = Bound::Included(prefix.clone());
        walks.push(ChildWalk {
            table: table.def.id,
            index,
            prefix,
            cursor: table.indexes.get(index).map(|t| t.cursor(from, to, false)),
            ids: Vec::new(),
            followed: 0,
        });
    }
    if let Some(walk) = walks.get_mut(position) {
        ready!(walk.step(limit, missing))?;
    }
    Poll::Ready(Ok(position))
}

fn text(key: &Key, types: impl Iterator<Item = crate::types::DataType>) -> String {
    let values: Vec<String> = key
        .iter()
        .zip(types)
        .map(|(c, ty)| c.value(0, &ty).to_sql_literal())
        .collect();
    match values.as_slice() {
        [one] => one.clone(),
        _ => alloc::format!("({})", values.join(", ")),
    }
}

fn violated(
    table: &Table,
    foreign: &ForeignKeyDef,
    key: &Key,
    owner: &Table,
    columns: &[usize],
    parent: bool,
) -> Error {
    let types = columns.iter().map(|c| {
        owner
            .def
            .columns
            .get(*c)
            .map_or(crate::types::DataType::BIGINT, |d| d.ty.clone())
    });
    Error::ForeignKeyViolated {
        table: table.def.name.clone(),
        constraint: foreign.name.clone(),
        key: text(key, types),
        parent,
    }
}

impl Draft<'_> {
    /// Checks the foreign keys of everything the statement touched, and carries out ON DELETE and
    /// ON UPDATE. Called until it is ready, before the statement ends.
    ///
    /// # Errors
    /// [`Error::ForeignKeyViolated`]; [`Error::NotNull`] from SET NULL. The caller undoes the statement.
    pub fn check_foreign_keys(&mut self, pins: &mut Pins, missing: &mut Missing) -> Poll<Result<()>> {
        let statement = &mut self.changes.statement;
        // A statement that does not keep the version before it touched no table with foreign keys.
        let Some(before) = statement.version_before() else {
            return Poll::Ready(Ok(()));
        };
        let before = before.clone();
        if statement.check.is_none() {
            let mut check = ForeignKeyCheck {
                queue: VecDeque::new(),
            };
            for (table, rows) in statement.row_sets() {
                if !self.catalog.is_referential(table) {
                    continue;
                }
                rows.runs().for_each(|(from, to)| {
                    check.queue.push_back(Rows {
                        table,
                        from,
                        to,
                        as_new: false,
                    })
                });
            }
            check
                .queue
                .extend(statement.recheck.iter().map(|(table, from, to)| Rows {
                    table: *table,
                    from: *from,
                    to: *to,
                    as_new: true,
                }));
            statement.check = Some(check);
        }
        while let Some(rows) = self.next_unchecked() {
            missing.check_interrupt()?;
            let old = before.get(rows.table).filter(|_| !rows.as_new);
            ready!(self.check_row(old, rows.table, rows.from, rows.as_new, pins, missing))?;
            // Only now is the row done: `Pending` comes back to it.
            self.changes.child_walks.clear();
            if pins.len() > MAX_PINNED {
                pins.clear();
            }
            if let Some(queue) = self.check_queue() {
                queue.pop_front();
                if rows.from < rows.to {
                    queue.push_front(Rows {
                        from: rows.from + 1,
                        ..rows
                    });
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn check_queue(&mut self) -> Option<&mut VecDeque<Rows>> {
        self.changes.statement.check.as_mut().map(|c| &mut c.queue)
    }

    fn next_unchecked(&mut self) -> Option<Rows> {
        self.check_queue().and_then(|q| q.front().copied())
    }

    /// Queues a row that a referential action touched.
    fn queue_row(&mut self, table: TableId, id: RowId) {
        if self.catalog.is_referential(table)
            && let Some(queue) = self.check_queue()
        {
            queue.push_back(Rows {
                table,
                from: id,
                to: id,
                as_new: false,
            });
        }
    }

    fn check_row(
        &mut self,
        old: Option<&Arc<Table>>,
        table: TableId,
        id: RowId,
        as_new: bool,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        let modes = self.changes.modes.clone();
        let waits = |f: &ForeignKeyDef| !as_new && modes.waits(f);
        let Some(now) = self.catalog.get(table).cloned() else {
            return Poll::Ready(Ok(()));
        };
        for foreign in now.def.foreign_keys.iter().filter(|f| !waits(f)) {
            ready!(self.check_child(old, &now, foreign, id, pins, missing))?;
        }
        let Some(old) = old else {
            return Poll::Ready(Ok(()));
        };
        for child in self.catalog.children_of(table) {
            let Some(child) = self.catalog.get(child).cloned() else {
                continue;
            };
            for foreign in child.def.foreign_keys.iter().filter(|f| f.parent == table) {
                let waits = waits(foreign);
                ready!(self.check_parent(old, &now, &child, foreign, id, waits, pins, missing))?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// A key that is new in a child must have its parent.
    fn check_child(
        &self,
        old: Option<&Arc<Table>>,
        now: &Table,
        foreign: &ForeignKeyDef,
        id: RowId,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        let Some(key) = ready!(key_of(now, id, &foreign.columns, pins, missing))? else {
            return Poll::Ready(Ok(()));
        };
        if has_null(&key) {
            return Poll::Ready(Ok(()));
        }
        if let Some(old) = old
            && let Some(was) = ready!(key_of(old, id, &foreign.columns, pins, missing))?
            && same(&was, &key)
        {
            return Poll::Ready(Ok(()));
        }
        let found = match self.catalog.get(foreign.parent) {
            Some(parent) => ready!(parent_with(parent, &foreign.parent_columns, &key, pins, missing))?,
            None => false,
        };
        Poll::Ready(if found {
            Ok(())
        } else {
            Err(violated(now, foreign, &key, now, &foreign.columns, false))
        })
    }

    /// A key that is gone from a parent must have no children, or they follow.
    fn check_parent(
        &mut self,
        old: &Table,
        now: &Table,
        child: &Arc<Table>,
        foreign: &ForeignKeyDef,
        id: RowId,
        waits: bool,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        let Some(was) = ready!(key_of(old, id, &foreign.parent_columns, pins, missing))? else {
            return Poll::Ready(Ok(()));
        };
        let statement = &self.changes.statement;
        let again = statement.again;
        // REPLACE: the children lose the old row, whatever key the new one has.
        let replaced = foreign.on_delete != ReferentialAction::Restrict
            && statement.replaced.contains(&(now.def.id, id));
        // An update of the row id moved the row: look for it where it is now.
        let place = statement.moved_to.get(&(now.def.id, id)).copied();
        let place = place.unwrap_or(id);
        let is = match replaced {
            true => None,
            false => ready!(key_of(now, place, &foreign.parent_columns, pins, missing))?,
        };
        if has_null(&was) || is.as_ref().is_some_and(|k| same(k, &was)) {
            return Poll::Ready(Ok(()));
        }
        let action = match &is {
            // Checked again at commit, after others committed: what must follow now is theirs.
            _ if again => ReferentialAction::Restrict,
            Some(_) => foreign.on_update,
            None => foreign.on_delete,
        };
        if !replaced && ready!(parent_with(now, &foreign.parent_columns, &was, pins, missing))? {
            // Another row has taken the key over: the children have a parent.
            return Poll::Ready(match (is, action) {
                (None, _) | (Some(_), ReferentialAction::Restrict) => Ok(()),
                (Some(_), _) => Err(Error::unsupported(
                    "an UPDATE that hands a key from one parent row to another under ON UPDATE CASCADE, SET NULL or \
                     SET DEFAULT",
                )),
            });
        }
        if waits && action == ReferentialAction::Restrict {
            return Poll::Ready(Ok(()));
        }
        let limit = if action == ReferentialAction::Restrict {
            1
        } else {
            usize::MAX
        };
        let walk = ready!(children_with(
            &mut self.changes.child_walks,
            child,
            &foreign.columns,
            &was,
            limit,
            missing
        ))?;
        if self
            .changes
            .child_walks
            .get(walk)
            .is_none_or(|w| w.ids.is_empty())
        {
            return Poll::Ready(Ok(()));
        }
        let new_key: Vec<Column> = match (action, is) {
            (ReferentialAction::Restrict, _) => {
                return Poll::Ready(Err(violated(
                    child,
                    foreign,
                    &was,
                    old,
                    &foreign.parent_columns,
                    true,
                )));
            }
            (ReferentialAction::Cascade, None) => {
                while let Some(row) = self.next_follower(walk) {
                    if ready!(self.delete_row(child.def.id, row, pins, missing))? {
                        self.queue_row(child.def.id, row);
                    }
                    self.followed(walk);
                }
                return Poll::Ready(Ok(()));
            }
            (ReferentialAction::Cascade, Some(key)) => key,
            (ReferentialAction::SetDefault, _) => {
                let default = self.default_key(child, foreign)?;
                if same(&default, &was) {
                    // They keep a key whose parent is gone.
                    return Poll::Ready(match waits {
                        true => Ok(()),
                        false => Err(violated(child, foreign, &was, old, &foreign.parent_columns, true)),
                    });
                }
                default
            }
            (ReferentialAction::SetNull, _) => was.iter().map(|c| Column::nulls(c.physical(), 1)).collect(),
        };
        let cannot = |(column, value): &(&usize, &Column)| {
            let def = child.def.columns.get(**column);
            value.is_null(0) && def.is_some_and(|d| !d.nullable)
        };
        if let Some((column, _)) = foreign.columns.iter().zip(&new_key).find(cannot) {
            let def = child.def.columns.get(*column);
            return Poll::Ready(Err(Error::NotNull {
                table: child.def.name.clone(),
                column: def.map_or_else(String::new, |d| d.name.clone()),
            }));
        }
        while let Some(row) = self.next_follower(walk) {
            ready!(self.update_row(child.def.id, row, &foreign.columns, &new_key, 0, pins, missing))?;
            self.queue_row(child.def.id, row);
            self.followed(walk);
        }
        Poll::Ready(Ok(()))
    }

    /// The defaults of a foreign key's columns.
    fn default_key(&self, child: &Table, foreign: &ForeignKeyDef) -> Result<Key> {
        let Some(defaults) = self.changes.defaults.clone() else {
            return Err(Error::unsupported("ON DELETE or UPDATE SET DEFAULT here"));
        };
        let columns = foreign.columns.iter();
        columns.map(|c| defaults.default_of(&child.def, *c)).collect()
    }

    /// The next child of a walk that has not followed its parent.
    fn next_follower(&self, walk: usize) -> Option<RowId> {
        let walk = self.changes.child_walks.get(walk)?;
        walk.ids.get(walk.followed).copied()
    }

    fn followed(&mut self, walk: usize) {
        if let Some(walk) = self.changes.child_walks.get_mut(walk) {
            walk.followed += 1;
        }
    }
}
