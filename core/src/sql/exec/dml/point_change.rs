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
use super::checks::{null_in, reads_column, refuse_false, refuse_null};
use super::derived::{derive, generate};
use super::insert::{automatic_columns, column_name};
use super::source::{named, plain_param, push};
use crate::catalog::{Catalog, TableDef, TableId};
use crate::sql::exec::eval::{Scope, eval};
use crate::sql::exec::point_key::PointKey;
use crate::sql::exec::table_columns::TableColumns;
use crate::sql::functions::is_of_session;
use crate::sql::plan::{
    Access, Delete, Derived, Expr, Insert, InsertSource, Plan, Query, RowCheck, Statement, Update,
};
use crate::tree::{Missing, Pins};
use crate::txn::{Draft, ReadSet};
use crate::types::{AppendValues, Batch, Column, DataType, Physical, Result, RowId};
use alloc::{sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// A statement that changes one row.
#[derive(Debug)]
pub struct PointChange {
    /// As of the plan's schema version.
    def: Arc<TableDef>,
    kind: Kind,
    asks_clock: bool,
}

#[derive(Debug)]
enum Kind {
    Insert(NewRow),
    Update {
        key: PointKey,
        /// Those of the statement, then those the engine sets.
        set: Vec<usize>,
        /// Over the row as `input` has it, and the types of the columns.
        values: Vec<(Expr, DataType)>,
        /// Over all columns of the table, which `input` has then.
        derived: Derived,
        input: TableColumns,
        /// Whether a value depends on the row.
        reads_row: bool,
    },
    Delete {
        key: PointKey,
    },
}

/// What the row of an INSERT is made of.
#[derive(Debug)]
struct NewRow {
    given: Vec<Given>,
    /// Table columns not given that have a default.
    defaults: Vec<(usize, Expr)>,
    /// Table columns with neither.
    missing: Vec<usize>,
    /// Table columns that take no NULL, and do not generate a value for it.
    not_null: Vec<usize>,
    generated: Vec<(usize, Expr)>,
    checks: Vec<RowCheck>,
}

/// A value for a table column.
#[derive(Debug)]
struct Given {
    column: usize,
    expr: Expr,
    /// The parameter that it is, perhaps converted to the very type it is stored as.
    param: Option<usize>,
    ty: DataType,
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
        let is_big = |c: &Column| c.bytes().is_some_and(|b| b.memory() > KEPT);
        if self.columns.iter().any(is_big) {
            self.columns.clear();
        }
    }
}

/// Whether an expression may ask for the time.
fn asks_clock(expr: &Expr) -> bool {
    let mut stack = alloc::vec![expr];
    while let Some(expr) = stack.pop() {
        match expr {
            Expr::Function { .. } | Expr::User { .. } => return true,
            Expr::Cast { ty, .. } if ty.is_temporal() => return true,
            _ => expr.for_each_child(&mut |child| stack.push(child)),
        }
    }
    false
}

/// Whether an expression takes numbers of a sequence, for which a statement may have to wait.
fn takes_numbers(expr: &Expr) -> bool {
    let mut stack = alloc::vec![expr];
    while let Some(expr) = stack.pop() {
        if matches!(expr, Expr::Function { function, args, .. } if is_of_session(function, args.len())) {
            return true;
        }
        expr.for_each_child(&mut |child| stack.push(child));
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

/// Whether the scan of [`one_row`] hands out all columns of the table in their order.
fn is_whole_row(plan: &Plan, def: &TableDef) -> bool {
    let scan = match plan {
        Plan::Project { input, .. } => &**input,
        scan => scan,
    };
    matches!(scan, Plan::Scan { columns, .. } if columns.iter().copied().eq(0..def.columns.len()))
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
        let def = catalog.get(table)?.def.clone();
        if catalog.is_referential(table) {
            return None;
        }
        let exprs: Vec<&Expr> = match &kind {
            Kind::Insert(new) => {
                let given = new.given.iter().map(|g| &g.expr);
                let defaults = new.defaults.iter().map(|(_, e)| e);
                let checks = new.checks.iter().map(|c| &c.condition);
                let generated = new.generated.iter().map(|(_, e)| e);
                given.chain(defaults).chain(checks).chain(generated).collect()
            }
            Kind::Update { values, derived, .. } => {
                values.iter().map(|(e, _)| e).chain(derived.exprs()).collect()
            }
            Kind::Delete { .. } => Vec::new(),
        };
        if exprs.iter().any(|e| takes_numbers(e)) {
            return None;
        }
        let asks_clock = exprs.into_iter().any(asks_clock);
        Some(PointChange {
            def,
            kind,
            asks_clock,
        })
    }

    /// The table whose row it changes.
    pub fn table(&self) -> TableId {
        self.def.id
    }

    /// Whether computing it looks at the table's rows.
    pub fn reads_rows(&self) -> bool {
        match &self.kind {
            Kind::Insert(_) => false,
            Kind::Update { key, reads_row, .. } => *reads_row || !key.is_row_id(),
            Kind::Delete { key } => !key.is_row_id(),
        }
    }

    /// Whether it inserts a row.
    pub fn is_insert(&self) -> bool {
        matches!(self.kind, Kind::Insert(_))
    }

    /// Whether a value may depend on the statement's time.
    pub fn asks_clock(&self) -> bool {
        self.asks_clock
    }

    /// Records what the statement reads, for SERIALIZABLE.
    pub fn record(&self, scope: &Scope<'_>, reads: &mut ReadSet) {
        match &self.kind {
            Kind::Insert(_) => {}
            Kind::Update { key, .. } | Kind::Delete { key } => key.record(self.def.id, scope, reads),
        }
    }

    /// Computes the new values, into `row`: from the version `catalog` if it [reads
    /// rows](PointChange::reads_rows). `read` is the row of a VALUES list, if it was read from the text already.
    ///
    /// # Errors
    /// Whatever goes wrong; the general way then says what.
    pub fn compute(
        &self,
        catalog: Option<&Catalog>,
        scope: &Scope<'_>,
        read: Option<&Batch>,
        row: &mut RowBuffer,
        pins: &mut Pins,
        missing: &mut Missing,
    ) -> Poll<Result<()>> {
        let def = &*self.def;
        let (key, reads_row) = match &self.kind {
            Kind::Insert(new) => {
                row.start(def.columns.iter().map(|c| c.ty.physical()));
                return Poll::Ready(new.append_to(&mut row.columns, read, def, scope));
            }
            Kind::Update { key, reads_row, .. } => (key, *reads_row),
            Kind::Delete { key } => (key, false),
        };
        let at = match catalog.filter(|_| self.reads_rows()) {
            Some(catalog) => {
                let table = catalog.table(def.id)?;
                ready!(key.find(table, scope, pins, missing))?
            }
            None => None,
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
                set,
                values,
                derived,
                input,
                ..
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
            if let Some(old) = old.filter(|_| !derived.is_empty()) {
                let given = set.get(..values.len()).unwrap_or(&[]);
                derive(derived, def, &old, given, &mut row.columns, scope)?;
            }
        }
        row.id = id;
        Poll::Ready(Ok(()))
    }

    /// Lets the row of an INSERT wait with others that are [appended](Draft::append) to its table. `None`:
    /// nothing was done, and the row is to be inserted.
    ///
    /// # Errors
    /// Those of the trees; the version is then not to be used any more.
    pub fn append(
        &self,
        draft: &mut Draft<'_>,
        scope: &Scope<'_>,
        read: Option<&Batch>,
    ) -> Option<Result<DmlResult>> {
        let Kind::Insert(new) = &self.kind else {
            return None;
        };
        let appends = draft.appends(self.def.id)?;
        new.append_to(appends.columns(), read, &self.def, scope).ok()?;
        let appended = draft.append().transpose()?;
        Some(appended.map(|generated| DmlResult {
            affected: 1,
            last_insert_id: generated,
            returning: None,
        }))
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
        let table = self.def.id;
        let mut result = DmlResult::default();
        match (&self.kind, row.id) {
            (Kind::Insert(_), _) => {
                let (_, generated) = ready!(draft.insert_row(table, &row.columns, 0, pins, missing))?;
                result.affected = 1;
                result.last_insert_id = generated;
            }
            (_, None) => {}
            (Kind::Update { set, .. }, Some(id)) => {
                let updated = draft.update_row(table, id, set, &row.columns, 0, pins, missing);
                result.affected = u64::from(ready!(updated)?.is_some_and(|u| u.changed));
            }
            (Kind::Delete { .. }, Some(id)) => {
                let deleted = ready!(draft.delete_row(table, id, pins, missing))?;
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
        let ([row], true, None, []) = (
            rows.as_slice(),
            query.sub_plans.is_empty(),
            &plan.returning,
            plan.on_conflict.as_slice(),
        ) else {
            return None;
        };
        let def = &catalog.get(plan.table)?.def;
        // CHECKs of a key that is generated when the row goes in.
        let later = |check: &Expr| automatic_columns(def).any(|g| reads_column(check, g));
        let computed = plan.checks.iter().map(|c| &c.condition);
        if computed.chain(plan.generated.iter().map(|(_, g)| g)).any(later)
            || row.len() != plan.columns.len()
            || types.len() != row.len()
        {
            return None;
        }
        let given = plan.columns.iter().zip(row).zip(types);
        let given = given.map(|((column, expr), ty)| Given {
            column: *column,
            expr: expr.clone(),
            param: plain_param(expr, ty),
            ty: ty.clone(),
        });
        let default = |(i, default): (usize, &Option<Expr>)| {
            let given = plan.columns.contains(&i);
            default.clone().filter(|_| !given).map(|d| (i, d))
        };
        let defaults: Vec<_> = plan.defaults.iter().enumerate().filter_map(default).collect();
        let has_value = |c: &usize| plan.columns.contains(c) || defaults.iter().any(|(d, _)| d == c);
        let refuses_null = |c: &usize| {
            let refuses = def.columns.get(*c).is_some_and(|c| !c.nullable);
            refuses && !automatic_columns(def).any(|g| g == *c)
        };
        let is_generated = |c: &usize| plan.generated.iter().any(|(g, _)| g == c);
        let all = 0..def.columns.len();
        Some(Kind::Insert(NewRow {
            given: given.collect(),
            missing: all
                .clone()
                .filter(|c| !has_value(c) && !is_generated(c))
                .collect(),
            not_null: all.filter(|c| refuses_null(c) && !is_generated(c)).collect(),
            defaults,
            generated: plan.generated.clone(),
            checks: plan.checks.clone(),
        }))
    }

    fn update(plan: &Update, catalog: &Catalog) -> Option<Kind> {
        let def = &catalog.get(plan.table)?.def;
        let (key, input, exprs) = one_row(&plan.source, def)?;
        let values = exprs?.get(def.columns.len() + 1..)?;
        let more = plan.returning.is_some() || plan.ignores || !plan.checks.is_empty();
        if more || values.len() != plan.set.len() {
            return None;
        }
        // What the engine computes is over the whole row.
        if !plan.derived.is_empty() && !is_whole_row(&plan.source.plan, def) {
            return None;
        }
        Some(Kind::Update {
            key,
            set: plan.set.iter().copied().chain(plan.derived.columns()).collect(),
            derived: plan.derived.clone(),
            values: values.iter().map(|e| (e.clone(), e.ty())).collect(),
            input,
            reads_row: !plan.derived.is_empty() || values.iter().any(reads_row),
        })
    }

    fn delete(plan: &Delete, catalog: &Catalog) -> Option<Kind> {
        let def = &catalog.get(plan.table)?.def;
        let (key, _, _) = one_row(&plan.source, def)?;
        plan.returning.is_none().then_some(Kind::Delete { key })
    }
}

impl NewRow {
    /// Appends the values of the row, one to each column. After an error some have one more than others.
    fn append_to(
        &self,
        columns: &mut [impl AppendValues],
        read: Option<&Batch>,
        def: &TableDef,
        scope: &Scope<'_>,
    ) -> Result<()> {
        let row = columns.first().map_or(0, AppendValues::rows);
        for (i, given) in self.given.iter().enumerate() {
            let Some(into) = columns.get_mut(given.column) else {
                continue;
            };
            let param = given.param.and_then(|p| scope.params.get(p));
            match (read, param) {
                (Some(read), _) => {
                    into.append_from(&read.column(i), 0);
                    Ok(())
                }
                (None, Some(value)) => into.append_value(value, &given.ty),
                (None, None) => push(into, &given.expr, &given.ty, scope),
            }
            .map_err(|e| named(e, || column_name(def, given.column)))?;
        }
        for (column, expr) in &self.defaults {
            if let Some(into) = columns.get_mut(*column) {
                into.append_from(&eval(expr, &Batch::new(Vec::new(), 1), scope)?, 0);
            }
        }
        for column in &self.missing {
            if let Some(into) = columns.get_mut(*column) {
                into.append_null();
            }
        }
        for column in &self.not_null {
            if columns.get(*column).is_some_and(|c| c.has_null(row)) {
                return Err(null_in(def, *column));
            }
        }
        if self.checks.is_empty() && self.generated.is_empty() {
            return Ok(());
        }
        let is_generated = |column: usize| self.generated.iter().any(|(g, _)| *g == column);
        let one = |(i, c): (usize, _)| match (is_generated(i), def.columns.get(i)) {
            (true, Some(column)) => Column::nulls(column.ty.physical(), 1),
            _ => AppendValues::one(c, row),
        };
        let mut one = Batch::new(columns.iter().enumerate().map(one).collect(), 1);
        generate(&self.generated, def, &mut one, scope)?;
        for (column, _) in &self.generated {
            if let Some(into) = columns.get_mut(*column) {
                into.append_from(&one.column(*column), 0);
            }
        }
        refuse_false(def, self.checks.iter(), &one, scope)
    }
}
