//! Statements that change one row, by its key, without a source to run: `INSERT … VALUES` of one row,
//! `UPDATE t SET … WHERE id = ?`, `DELETE FROM t WHERE id = ?`.
//!
//! The plan stays what the optimizer made of it; this is another way to run it, with the same outcome.
//! Whatever may need more than one row operation (foreign keys, upserts, RETURNING), and a row whose
//! block is not resident, takes the general way; so does whatever goes wrong before the row operation,
//! so that errors are reported in one place.
//!
//! As in the general way there are two phases: computing the new values changes nothing, and the row
//! operation that follows computes nothing.

use super::DmlResult;
use super::checks::{reads_column, refuse_false, refuse_null};
use super::insert::{column_name, generated_columns};
use super::source::{named, push};
use crate::catalog::{Catalog, TableDef, TableId};
use crate::sql::exec::eval::{Scope, eval};
use crate::sql::exec::point_key::PointKey;
use crate::sql::exec::table_columns::TableColumns;
use crate::sql::plan::{
    Access, ConflictAction, Delete, Expr, Insert, InsertSource, Plan, Query, Statement, Update,
};
use crate::tree::{Missing, Pins};
use crate::txn::{Draft, ReadSet};
use crate::types::{Batch, Column, DataType, Physical, Result, RowId};
use alloc::{string::String, vec::Vec};
use core::task::{Poll, ready};

/// A statement that changes one row.
#[derive(Debug)]
pub struct PointChange {
    table: TableId,
    kind: Kind,
    asks_clock: bool,
}

#[derive(Debug)]
enum Kind {
    Insert {
        /// Table columns given, with their values.
        given: Vec<(usize, Expr, DataType)>,
        /// Table columns not given that have a default.
        defaults: Vec<(usize, Expr)>,
        checks: Vec<(String, Expr)>,
    },
    Update {
        key: PointKey,
        set: Vec<usize>,
        /// Over the row as `input` has it, and the types of the columns.
        values: Vec<(Expr, DataType)>,
        input: TableColumns,
        /// Whether a value depends on the row.
        reads_row: bool,
    },
    Delete {
        key: PointKey,
    },
}

/// The new values of a row, or its key. Kept from one statement to the next for the memory in it.
#[derive(Debug, Default)]
pub struct RowBuffer {
    id: Option<RowId>,
    columns: Vec<Column>,
}

impl RowBuffer {
    /// Empty columns of these representations.
    fn start(&mut self, physicals: impl ExactSizeIterator<Item = Physical>) {
        self.id = None;
        self.columns.truncate(physicals.len());
        for (i, physical) in physicals.enumerate() {
            match self.columns.get_mut(i) {
                Some(column) if column.physical() == physical => column.clear(),
                Some(column) => *column = Column::new(physical),
                None => self.columns.push(Column::new(physical)),
            }
        }
    }

    /// Gives up memory that is too much to keep.
    fn shed(&mut self) {
        /// Bytes of a column kept for the next row.
        const KEPT: usize = 4 << 10;
        if self.columns.iter().any(|c| c.memory() > KEPT) {
            self.columns.clear();
        }
    }
}

/// Whether an expression may ask for the time.
fn asks_clock(expr: &Expr) -> bool {
    let mut stack = alloc::vec![expr];
    while let Some(expr) = stack.pop() {
        match expr {
            Expr::Function { .. } => return true,
            Expr::Cast { ty, .. } if ty.is_temporal() => return true,
            _ => expr.for_each_child(&mut |child| stack.push(child)),
        }
    }
    false
}

fn reads_row(expr: &Expr) -> bool {
    let mut stack = alloc::vec![expr];
    while let Some(expr) = stack.pop() {
        if matches!(expr, Expr::Column { .. }) {
            return true;
        }
        expr.for_each_child(&mut |child| stack.push(child));
    }
    false
}

/// The scan under the source of an UPDATE or DELETE that asks for one row: its key, its output columns,
/// and the expressions over them, if it is projected.
fn one_row<'q>(query: &'q Query, def: &TableDef) -> Option<(PointKey, TableColumns, Option<&'q [Expr]>)> {
    if !query.sub_plans.is_empty() {
        return None;
    }
    let (scan, exprs) = match &query.plan {
        Plan::Project { input, exprs } => (&**input, Some(exprs.as_slice())),
        scan => (scan, None),
    };
    let Plan::Scan {
        table,
        columns,
        row_id,
        access: access @ (Access::RowIdList(_) | Access::Index { .. }),
        filter: None,
        ..
    } = scan
    else {
        return None;
    };
    let key = PointKey::of(access, def).filter(|_| *table == def.id)?;
    Some((key, TableColumns::new(def, columns, *row_id), exprs))
}

impl PointChange {
    /// The statement as a change of one row; `None` if it is none.
    pub fn of(statement: &Statement, catalog: &Catalog) -> Option<PointChange> {
        let (table, kind) = match statement {
            Statement::Insert(insert) => (insert.table, Kind::insert(insert, catalog)?),
            Statement::Update(update) => (update.table, Kind::update(update, catalog)?),
            Statement::Delete(delete) => (delete.table, Kind::delete(delete, catalog)?),
            _ => return None,
        };
        if catalog.is_referential(table) {
            return None;
        }
        let exprs: Vec<&Expr> = match &kind {
            Kind::Insert {
                given,
                defaults,
                checks,
            } => {
                let given = given.iter().map(|(_, e, _)| e);
                let others = defaults
                    .iter()
                    .map(|(_, e)| e)
                    .chain(checks.iter().map(|(_, e)| e));
                given.chain(others).collect()
            }
            Kind::Update { values, .. } => values.iter().map(|(e, _)| e).collect(),
            Kind::Delete { .. } => Vec::new(),
        };
        let asks_clock = exprs.into_iter().any(asks_clock);
        Some(PointChange {
            table,
            kind,
            asks_clock,
        })
    }

    /// The table whose row it changes.
    pub fn table(&self) -> TableId {
        self.table
    }

    /// Whether a value may depend on the statement's time.
    pub fn asks_clock(&self) -> bool {
        self.asks_clock
    }

    /// Records what the statement reads, for SERIALIZABLE.
    pub fn record(&self, scope: &Scope<'_>, reads: &mut ReadSet) {
        match &self.kind {
            Kind::Insert { .. } => {}
            Kind::Update { key, .. } | Kind::Delete { key } => key.record(self.table, scope, reads),
        }
    }

    /// Computes the new values from a version, into `row`. `read` is the row of a VALUES list, if it was
    /// read from the text already.
    ///
    /// # Errors
    /// Whatever goes wrong; the general way then says what.
    pub fn compute(
        &self,
        catalog: &Catalog,
        scope: &Scope<'_>,
        read: Option<&Batch>,
        row: &mut RowBuffer,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        let table = catalog.table(self.table)?;
        let def = &*table.def;
        let (key, reads_row) = match &self.kind {
            Kind::Insert {
                given,
                defaults,
                checks,
            } => {
                let given = (given.as_slice(), read);
                return Poll::Ready(compute_insert(given, defaults, checks, def, scope, row));
            }
            Kind::Update { key, reads_row, .. } => (key, *reads_row),
            Kind::Delete { key } => (key, false),
        };
        let at = match key.is_row_id() && !reads_row {
            true => None,
            false => ready!(key.find(table, scope, pins, missing))?,
        };
        let id = match &at {
            Some(at) => Some(at.leaf.row_id(at.pos)),
            None if reads_row => None,
            None => key.row_id(scope.params),
        };
        row.start(core::iter::empty());
        if let (
            Some(_),
            Kind::Update {
                set, values, input, ..
            },
        ) = (id, &self.kind)
        {
            row.start(values.iter().map(|(_, ty)| ty.physical()));
            let old = at.filter(|_| reads_row).map(|at| input.of_rows(&[at]));
            for ((expr, ty), (column, into)) in values.iter().zip(set.iter().zip(&mut row.columns)) {
                match &old {
                    Some(old) => into.push_from(&eval(expr, old, scope)?, 0),
                    None => push(into, expr, ty, scope)?,
                }
                refuse_null(def, *column, into)?;
            }
        }
        row.id = id;
        Poll::Ready(Ok(()))
    }

    /// Makes the change that was computed, as a statement of its own. `Pending`: a block is missing, and
    /// nothing was changed.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`](crate::Error::DuplicateKey), [`Error::OutOfRange`](crate::Error::OutOfRange)
    /// if no key is left to generate; nothing was changed then.
    pub fn apply(
        &self,
        draft: &mut Draft<'_>,
        row: &mut RowBuffer,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<DmlResult>> {
        let done = self.operate(draft, row, pins, missing);
        row.shed();
        done
    }

    fn operate(
        &self,
        draft: &mut Draft<'_>,
        row: &RowBuffer,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<DmlResult>> {
        draft.begin_operation();
        let mut result = DmlResult::default();
        match (&self.kind, row.id) {
            (Kind::Insert { .. }, _) => {
                let (_, generated) = ready!(draft.insert_row(self.table, &row.columns, 0, pins, missing))?;
                result.affected = 1;
                result.last_insert_id = generated;
            }
            (_, None) => {}
            (Kind::Update { set, .. }, Some(id)) => {
                let updated = draft.update_row(self.table, id, set, &row.columns, 0, pins, missing);
                result.affected = u64::from(ready!(updated)?.is_some());
            }
            (Kind::Delete { .. }, Some(id)) => {
                let deleted = ready!(draft.delete_row(self.table, id, pins, missing))?;
                result.affected = u64::from(deleted);
            }
        }
        Poll::Ready(Ok(result))
    }
}

impl Kind {
    fn insert(plan: &Insert, catalog: &Catalog) -> Option<Kind> {
        let InsertSource::Query(query) = &plan.source;
        let Plan::Values { rows, types } = &query.plan else {
            return None;
        };
        let ([row], true, None, ConflictAction::Error) = (
            rows.as_slice(),
            query.sub_plans.is_empty(),
            &plan.returning,
            &plan.on_conflict,
        ) else {
            return None;
        };
        let def = &catalog.get(plan.table)?.def;
        // CHECKs of a key that is generated when the row goes in.
        let later = |check: &Expr| generated_columns(def).any(|g| reads_column(check, g));
        if plan.checks.iter().any(|(_, c)| later(c))
            || row.len() != plan.columns.len()
            || types.len() != row.len()
        {
            return None;
        }
        let given = plan.columns.iter().zip(row).zip(types);
        let default = |(i, default): (usize, &Option<Expr>)| {
            let given = plan.columns.contains(&i);
            default.clone().filter(|_| !given).map(|d| (i, d))
        };
        Some(Kind::Insert {
            given: given.map(|((c, e), ty)| (*c, e.clone(), ty.clone())).collect(),
            defaults: plan.defaults.iter().enumerate().filter_map(default).collect(),
            checks: plan.checks.clone(),
        })
    }

    fn update(plan: &Update, catalog: &Catalog) -> Option<Kind> {
        let def = &catalog.get(plan.table)?.def;
        let (key, input, exprs) = one_row(&plan.source, def)?;
        let values = exprs?.get(def.columns.len() + 1..)?;
        if plan.returning.is_some() || !plan.checks.is_empty() || values.len() != plan.set.len() {
            return None;
        }
        Some(Kind::Update {
            key,
            set: plan.set.clone(),
            values: values.iter().map(|e| (e.clone(), e.ty())).collect(),
            input,
            reads_row: values.iter().any(reads_row),
        })
    }

    fn delete(plan: &Delete, catalog: &Catalog) -> Option<Kind> {
        let def = &catalog.get(plan.table)?.def;
        let (key, _, _) = one_row(&plan.source, def)?;
        plan.returning.is_none().then_some(Kind::Delete { key })
    }
}

fn compute_insert(
    (given, read): (&[(usize, Expr, DataType)], Option<&Batch>),
    defaults: &[(usize, Expr)],
    checks: &[(String, Expr)],
    def: &TableDef,
    scope: &Scope<'_>,
    row: &mut RowBuffer,
) -> Result<()> {
    row.start(def.columns.iter().map(|c| c.ty.physical()));
    for (i, (column, expr, ty)) in given.iter().enumerate() {
        let Some(into) = row.columns.get_mut(*column) else {
            continue;
        };
        match read {
            Some(read) => into.push_from(&read.column(i), 0),
            None => push(into, expr, ty, scope).map_err(|e| named(e, || column_name(def, *column)))?,
        }
    }
    for (column, expr) in defaults {
        if let Some(into) = row.columns.get_mut(*column) {
            into.push_from(&eval(expr, &Batch::new(Vec::new(), 1), scope)?, 0);
        }
    }
    for (column, into) in row.columns.iter_mut().enumerate() {
        if into.is_empty() {
            into.push_null();
        }
        if into.is_null(0) && !generated_columns(def).any(|g| g == column) {
            refuse_null(def, column, into)?;
        }
    }
    match checks {
        [] => Ok(()),
        checks => refuse_false(def, checks.iter(), &Batch::new(row.columns.clone(), 1), scope),
    }
}
