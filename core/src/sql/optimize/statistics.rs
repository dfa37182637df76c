//! What the optimizer knows of tables: their definitions, how many rows they have, and about how many different values
//! their columns and the keys of their indexes.
//!
//! Each is the first of these that there is, and none of them reads the store:
//!
//! 1. the definition: a unique key has as many values as there are rows, less its NULLs;
//! 2. what [ANALYZE](crate::table::ColumnStatistics) found, scaled to the rows there are now;
//! 3. a [glance](super::glance) at some leaves that are in memory, and at where leaves of an index begin; in tables of at least 1000
//!    rows, as few rows say nothing about what the table will be;
//! 4. rules of thumb.
//!
//! Parts of a table between two literals come from the trees: the counts of rows in their inner nodes, which are
//! always in memory, tell to within two leaves how many row ids or keys of an index lie between. For other columns they come from
//! the bounds of some leaves, or else from the smallest and the largest value that ANALYZE found.

use super::glance;
use crate::catalog::{Catalog, ColumnDef, IndexDef, TableDef, TableId};
use crate::sql::bind::SchemaSource;
use crate::sql::plan::{Expr, ScanBounds};
use crate::table::{Table, ordinal, scaled_distinct};
use crate::types::{Column, DataType};
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::sync::Arc;
use core::cell::RefCell;
use core::ops::Bound;

/// Of rows for which a comparison with no better knowledge is true.
pub(super) const EQUAL: f64 = 0.05;
pub(super) const RANGE: f64 = 0.33;
const BETWEEN: f64 = 0.1;
const NULL: f64 = 0.1;
/// Of rows in a range that none of some leaves has.
const NOT_FOUND: f64 = 0.004;

/// A plan is kept while its tables grow: one made for fewer rows than this would look nothing up later.
const LEAST_ROWS: f64 = 1000.0;

/// What is known of one table.
#[derive(Clone)]
pub struct TableFacts {
    /// Its definition.
    pub def: Arc<TableDef>,
    /// How many rows it has, about.
    pub rows: f64,
    /// Its trees, if they may be looked at.
    trees: Option<Arc<Table>>,
    /// What was found there: different keys of so many columns of an index, and different values of a column.
    keys: RefCell<BTreeMap<(usize, usize), Option<f64>>>,
    values: RefCell<BTreeMap<usize, Option<f64>>>,
}

impl TableFacts {
    /// Of a table with so many rows.
    pub fn new(def: Arc<TableDef>, rows: f64, trees: Option<Arc<Table>>) -> TableFacts {
        TableFacts {
            def,
            rows,
            trees: trees.filter(|t| t.rows.len() as f64 >= LEAST_ROWS),
            keys: RefCell::default(),
            values: RefCell::default(),
        }
    }

    /// Different values that a column has, NULL aside; at least 1.
    pub fn column_distinct(&self, column: usize) -> f64 {
        let rows = self.rows.max(1.0);
        let first_of = |i: &&IndexDef| i.columns.first().is_some_and(|c| c.column == column);
        let mut leading = self.def.indexes.iter().filter(first_of);
        let is_key = |i: &IndexDef| i.unique && i.columns.len() == 1;
        if self.def.row_id_column == Some(column) || leading.clone().any(is_key) {
            return (rows * (1.0 - self.null_part(column).unwrap_or(0.0))).max(1.0);
        }
        if let Some(s) = self.def.columns.get(column).and_then(|c| c.statistics.as_ref()) {
            return scaled_distinct(s.distinct, s.rows, rows).max(1.0);
        }
        if let Some(found) = self.glance_at(column) {
            return found.clamp(1.0, rows);
        }
        if leading.next().is_some() {
            // Somebody indexed it, so it tells rows apart.
            libm::cbrt(rows * rows).max(1.0)
        } else {
            libm::sqrt(rows).clamp(1.0, 1.0 / EQUAL)
        }
    }

    fn glance_at(&self, column: usize) -> Option<f64> {
        let leads = |i: &IndexDef| i.columns.first().is_some_and(|c| c.column == column);
        match self.def.indexes.iter().position(leads) {
            Some(index) => self.glance_at_keys(index, 1),
            None => {
                let table = self.trees.as_ref()?;
                let mut values = self.values.borrow_mut();
                *values
                    .entry(column)
                    .or_insert_with(|| glance::column_distinct(table, column))
            }
        }
    }

    fn glance_at_keys(&self, index: usize, columns: usize) -> Option<f64> {
        let table = self.trees.as_ref()?;
        let mut keys = self.keys.borrow_mut();
        *keys
            .entry((index, columns))
            .or_insert_with(|| glance::key_distinct(table, index, columns))
    }

    /// Different keys of the first `columns` columns of an index; at least 1.
    pub fn key_distinct(&self, index: usize, columns: usize) -> f64 {
        let rows = self.rows.max(1.0);
        let Some(def) = self.def.indexes.get(index) else {
            return 1.0;
        };
        if def.unique && columns == def.columns.len() {
            return rows;
        }
        if let Some(s) = &def.statistics
            && let Some(distinct) = columns.checked_sub(1).and_then(|at| s.distinct.get(at))
        {
            return scaled_distinct(*distinct, s.rows, rows).max(1.0);
        }
        if columns > 0
            && let Some(found) = self.glance_at_keys(index, columns)
        {
            return found.clamp(1.0, rows);
        }
        let of = def.columns.iter().take(columns);
        let product: f64 = of.map(|c| self.column_distinct(c.column)).product();
        product.clamp(1.0, rows)
    }

    /// The part of rows in which a column is NULL, if that is known.
    fn null_part(&self, column: usize) -> Option<f64> {
        let column = self.def.columns.get(column)?;
        if !column.nullable {
            return Some(0.0);
        }
        let s = column.statistics.as_ref()?;
        Some(s.nulls as f64 / (s.rows as f64).max(1.0))
    }

    /// The part of rows in which a column is NULL.
    pub fn nulls(&self, column: usize) -> f64 {
        self.null_part(column).unwrap_or(NULL)
    }

    /// The part of rows in which a column has a certain value.
    pub fn equal_part(&self, column: usize) -> f64 {
        (1.0 - self.null_part(column).unwrap_or(0.0)) / self.column_distinct(column)
    }

    /// The part of rows in which a column is within bounds; they are of its type.
    pub fn range_part(&self, column: usize, bounds: &ScanBounds) -> f64 {
        let values = || {
            let ty = &self.def.columns.get(column)?.ty;
            Some((literal_bound(&bounds.from, ty)?, literal_bound(&bounds.to, ty)?))
        };
        let part = values().and_then(|(from, to)| {
            let (from, to) = (from.as_ref(), to.as_ref());
            let counted = self.counted_part(column, from, to);
            counted.or_else(|| self.interpolated_part(column, from, to))
        });
        part.map_or_else(|| range_part(bounds), |part| part.clamp(0.0, 1.0))
    }

    /// As the trees count it, or let expect.
    fn counted_part(&self, column: usize, from: Bound<&Column>, to: Bound<&Column>) -> Option<f64> {
        let table = self.trees.as_ref()?;
        if self.def.row_id_column == Some(column) {
            let id = |c: &Column| c.i64s().first().copied().unwrap_or_default();
            let within = table.rows.rows_within(from.map(id), to.map(id));
            return Some(within as f64 / table.rows.len().max(1) as f64);
        }
        let leads = |i: &IndexDef| i.columns.first().is_some_and(|c| c.column == column);
        match self.def.indexes.iter().position(leads) {
            Some(index) => glance::part_within(table, index, from, to),
            None => {
                let nulls = self.null_part(column);
                let part = glance::part_within_leaves(table, column, from, to, nulls)?;
                // A narrow range may lie in leaves that were not looked at.
                let is_found = part > 0.0;
                let otherwise = || self.interpolated_part(column, from, to).unwrap_or(NOT_FOUND);
                Some(if is_found {
                    part
                } else {
                    otherwise().min(NOT_FOUND)
                })
            }
        }
    }

    /// As the smallest and the largest value let expect.
    fn interpolated_part(&self, column: usize, from: Bound<&Column>, to: Bound<&Column>) -> Option<f64> {
        let def = self.def.columns.get(column)?;
        let s = def.statistics.as_ref()?;
        let Some((low, high)) = s.range else {
            return Some(0.0);
        };
        if low >= high && def.ty.physical() == crate::types::Physical::Bytes {
            // Told apart by more than their first bytes.
            return None;
        }
        let place = |b: Bound<&Column>, unbounded: f64| match b {
            Bound::Unbounded => Some(unbounded),
            Bound::Included(c) | Bound::Excluded(c) => ordinal(c, 0, def.ty.collation()),
        };
        let (from, to) = (place(from, low)?, place(to, high)?);
        // One value is a part of the range too.
        let one = 1.0 / s.distinct.max(1) as f64;
        let between = match high > low {
            true => (to.min(high) - from.max(low)) / (high - low),
            false => 1.0,
        };
        let part = match from > high || to < low || to < from {
            true => 0.0,
            false => between.max(one),
        };
        Some(part * (1.0 - self.null_part(column).unwrap_or(0.0)))
    }
}

/// A bound that is a literal and not NULL, as a column of one value of a table column's type.
fn literal_bound(bound: &Bound<Expr>, of: &DataType) -> Option<Bound<Column>> {
    let value = |expr: &Expr| {
        let Expr::Literal { value, ty } = expr else {
            return None;
        };
        let scale = |t: &DataType| match t {
            DataType::Decimal { scale, .. } => *scale,
            _ => 0,
        };
        let is_held_alike = ty.physical() == of.physical() && scale(ty) == scale(of);
        let mut column = Column::new(ty.physical());
        column.push_value(value, ty).ok()?;
        (is_held_alike && !column.is_null(0)).then_some(column)
    };
    Some(match bound {
        Bound::Unbounded => Bound::Unbounded,
        Bound::Included(e) => Bound::Included(value(e)?),
        Bound::Excluded(e) => Bound::Excluded(value(e)?),
    })
}

/// The part of values within bounds of which nothing is known.
pub(super) fn range_part(bounds: &ScanBounds) -> f64 {
    match (&bounds.from, &bounds.to) {
        (Bound::Unbounded, Bound::Unbounded) => 1.0,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => RANGE,
        _ => BETWEEN,
    }
}

/// Where facts come from.
pub trait Statistics {
    /// What is known of a table; `None` if it does not exist.
    fn facts(&self, table: TableId) -> Option<Rc<TableFacts>>;
}

/// The facts of what binding sees, with small tables taken for bigger ones unless they were analyzed.
pub struct BoundTables<'a> {
    names: &'a dyn SchemaSource,
    known: RefCell<BTreeMap<TableId, Rc<TableFacts>>>,
}

impl<'a> BoundTables<'a> {
    /// Nothing has been asked yet.
    pub fn new(names: &'a dyn SchemaSource) -> BoundTables<'a> {
        BoundTables {
            names,
            known: RefCell::default(),
        }
    }
}

impl Statistics for BoundTables<'_> {
    fn facts(&self, table: TableId) -> Option<Rc<TableFacts>> {
        if let Some(known) = self.known.borrow().get(&table) {
            return Some(known.clone());
        }
        let def = self.names.table_by_id(table)?;
        // Who has it analyzed says that it is what it will be.
        let is_analyzed = |c: &ColumnDef| c.statistics.as_ref().is_some_and(|s| s.rows > 0);
        let least = match def.columns.iter().any(is_analyzed) {
            true => 1.0,
            false => LEAST_ROWS,
        };
        let rows = (self.names.row_count(table) as f64).max(least);
        let facts = Rc::new(TableFacts::new(def, rows, self.names.trees(table)));
        self.known.borrow_mut().insert(table, facts.clone());
        Some(facts)
    }
}

impl Statistics for Catalog {
    fn facts(&self, table: TableId) -> Option<Rc<TableFacts>> {
        let table = self.get(table)?;
        let rows = table.rows.len() as f64;
        Some(Rc::new(TableFacts::new(
            table.def.clone(),
            rows,
            Some(table.clone()),
        )))
    }
}
