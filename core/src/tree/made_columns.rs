//! Columns that are made of something else, each when it is first asked for.

use crate::sync::Once;
use crate::types::Column;
use alloc::{boxed::Box, vec::Vec};

/// What columns are made of.
pub(super) trait ColumnSource {
    /// How many columns there are.
    fn column_count(&self) -> usize;
    /// Makes column `i`.
    fn column(&self, i: usize) -> Column;
}

/// A source, and the columns that were made of it.
pub(super) struct MadeColumns<S> {
    source: S,
    /// There from the first column on that is asked for.
    single: Once<Box<[Once<Column>]>>,
    all: Once<Vec<Column>>,
}

impl<S: ColumnSource> MadeColumns<S> {
    pub(super) fn of(source: S) -> MadeColumns<S> {
        MadeColumns {
            source,
            single: Once::new(),
            all: Once::new(),
        }
    }

    #[inline]
    pub(super) fn source(&self) -> &S {
        &self.source
    }

    /// Changes the source; what was made of it goes.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut S)) {
        change(&mut self.source);
        (self.single, self.all) = (Once::new(), Once::new());
    }

    /// All columns; from now on they are there.
    #[inline]
    pub(super) fn all(&self) -> &[Column] {
        self.all.call_once(|| self.make())
    }

    /// All columns, if they are there.
    pub(super) fn all_made(&self) -> Option<&[Column]> {
        self.all.get().map(Vec::as_slice)
    }

    /// Column `i`; from now on it is there.
    pub(super) fn get(&self, i: usize) -> Option<&Column> {
        match self.all.get() {
            Some(all) => all.get(i),
            None => {
                let columns = || self.source.column_count();
                let single = self
                    .single
                    .call_once(|| (0..columns()).map(|_| Once::new()).collect());
                let column = single.get(i)?;
                Some(column.call_once(|| self.source.column(i)))
            }
        }
    }

    /// All columns; those that are there are shared, the others are not kept.
    pub(super) fn make(&self) -> Vec<Column> {
        (0..self.source.column_count())
            .map(|i| self.made_or_new(i))
            .collect()
    }

    /// Column `i`, shared if it is there; not kept otherwise.
    pub(super) fn made_or_new(&self, i: usize) -> Column {
        let all = self.all.get().and_then(|all| all.get(i));
        let known = all.or_else(|| self.made(i)).cloned();
        known.unwrap_or_else(|| self.source.column(i))
    }

    /// Column `i`, if it was asked for by itself.
    #[inline]
    pub(super) fn made(&self, i: usize) -> Option<&Column> {
        self.single.get()?.get(i)?.get()
    }

    /// Bytes of memory of the columns that are there.
    pub(super) fn memory(&self) -> usize {
        let all = self.all.get().map(Vec::as_slice).unwrap_or(&[]);
        let single = self.single.get().filter(|_| all.is_empty());
        let single = single.iter().flat_map(|s| s.iter()).filter_map(Once::get);
        all.iter().chain(single).map(Column::memory).sum()
    }
}
