//! Statements that fire triggers: their rows are changed one at a time, with the triggers between them.
//!
//! A statement first collects its rows, as every statement does; then, row by row, the BEFORE triggers run,
//! the row operation follows, then the AFTER triggers. All of it is one statement: what fails anywhere undoes
//! the whole. The statements of a body are run here too, and may wait for blocks like any other.
//!
//! A trigger does not fire while it runs (SQLite's rule without recursive triggers), so every chain of
//! triggers ends; it has at most [`MAX_DEPTH`] links. Foreign keys act at the end of the statement and fire
//! nothing, as in MySQL.

use super::read_ranges;
use super::trigger_frame::{Frame, within};
use crate::catalog::{TableId, TriggerEvent, TriggerTiming};
use crate::router::Engine;
use crate::sql::exec::dml::{CollectedRows, DmlResult, DmlRun, RowChange, WaitingRows};
use crate::sql::exec::eval::eval;
use crate::sql::exec::{Env, QueryRun, Watch};
use crate::sql::plan::{
    Change, ConflictAction, Expr, Insert, Plan, Query, Statement, Step, Trigger, Triggered, Update,
};
use crate::tree::{Missing, Pins};
use crate::txn::{Draft, Transaction};
use crate::types::{Batch, Column, Error, Result, RowId};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use core::task::Poll;

/// Triggers that may run one because of the other.
const MAX_DEPTH: usize = 32;

/// Runs a statement that may fire triggers in a transaction.
///
/// # Errors
/// Those of the statement and of its triggers; the caller undoes it.
pub(super) async fn run(
    engine: &Engine,
    transaction: &mut Transaction,
    statement: &Triggered,
    env: Env,
) -> Result<DmlResult> {
    // It is undone by the version before it, whichever tables it comes to change.
    transaction.draft().expect_rows(TableId(0), usize::MAX);
    let mut run = TriggerRun {
        engine,
        transaction,
        statement,
        watch: env.watch.clone(),
        running: Vec::new(),
    };
    run.change(&statement.change, env).await
}

/// What is awaited deep down. Made by functions that return before it is polled, it takes no room on the stack of
/// those that wait for it, of which there may be [`MAX_DEPTH`] times as many.
type Boxed<'f, T> = Pin<Box<dyn Future<Output = Result<T>> + 'f>>;

/// A trigger by its table, event and place among the table's.
type Running = (TableId, TriggerEvent, usize);

struct TriggerRun<'r> {
    engine: &'r Engine,
    transaction: &'r mut Transaction,
    statement: &'r Triggered,
    /// EXPLAIN ANALYZE: where triggers are counted.
    watch: Option<Arc<Watch>>,
    /// The triggers that run, the innermost last.
    running: Vec<Running>,
}

/// A change of a row that triggers wait for.
#[derive(Clone, Copy)]
struct At<'s> {
    table: TableId,
    event: TriggerEvent,
    /// Columns that an UPDATE sets.
    set: &'s [usize],
}

/// What became of a row that was to be inserted.
#[derive(Default)]
struct Put {
    /// The row that is there now; `None`: nothing was changed.
    row: Option<Vec<Column>>,
    /// The key generated for it.
    key: Option<i64>,
    /// How many rows it counts as.
    count: u64,
}

/// What to do with a row that collides with others.
enum Resolved {
    /// It is inserted; so many rows were deleted for it.
    Insert(u64),
    /// It is not.
    Done(Put),
}

/// A row of an UPDATE whose new key another row still has.
struct Waiting {
    id: RowId,
    old: Vec<Column>,
    new: Vec<Column>,
    /// Its batch, and its place there.
    place: (usize, usize),
}

impl<'r> TriggerRun<'r> {
    /// Makes the changes of a statement. Boxed: the statements of triggers come back here.
    fn change<'f>(&'f mut self, statement: &'f Statement, env: Env) -> Boxed<'f, DmlResult> {
        Box::pin(async move {
            let (source, _) = DmlRun::queries(statement)?;
            if let Some(reads) = self.transaction.record_reads() {
                read_ranges::record(source, &env, reads);
            }
            let fires =
                |(table, event): &(TableId, TriggerEvent)| !self.statement.of(*table, *event).is_empty();
            match statement.events().iter().any(fires) {
                true => self.change_rows(statement, env).await,
                false => self.change_at_once(statement, env).await,
            }
        })
    }

    /// Makes the changes of a statement that fires nothing.
    fn change_at_once<'f>(&'f mut self, statement: &'f Statement, env: Env) -> Boxed<'f, DmlResult> {
        Box::pin(async move {
            let mut run = DmlRun::new(statement, self.transaction.catalog(), env)?;
            let transaction = &mut *self.transaction;
            let step = |missing: &mut Missing| run.step(&mut transaction.draft(), missing);
            self.engine.drive(step).await
        })
    }

    /// Makes the changes of a statement row by row.
    fn change_rows<'f>(&'f mut self, statement: &'f Statement, env: Env) -> Boxed<'f, DmlResult> {
        Box::pin(async move {
            let (env, parts) = self.collect(statement, env).await?;
            let mut result = DmlResult::default();
            for (n, mut part) in parts.into_iter().enumerate() {
                let change = part.change().clone();
                let start = env.host.monotonic_micros();
                let affected = match &change {
                    Change::Insert(plan) => {
                        let (rows, first) = self.insert(plan, &mut part, &env).await?;
                        result.last_insert_id = result.last_insert_id.or(first);
                        rows
                    }
                    Change::Update(plan) => self.update(plan, &mut part, &env).await?,
                    Change::Delete(_) => self.delete(&mut part, &env).await?,
                };
                result.affected += affected;
                if let Some(watch) = &env.watch {
                    watch.change(n).add(affected, start, &*env.host);
                }
                if let Some(rows) = part.finish() {
                    result.returning.get_or_insert_default().extend(rows);
                }
            }
            Ok(result)
        })
    }

    fn collect<'f>(&'f mut self, statement: &'f Statement, env: Env) -> Boxed<'f, (Env, Vec<RowChange>)> {
        Box::pin(async move {
            let mut rows = CollectedRows::new(statement, self.transaction.catalog(), env)?;
            self.engine.drive(|missing| rows.collect(missing)).await?;
            Ok(rows.finish())
        })
    }

    /// A row operation, until it is done.
    async fn operate<T>(
        &mut self,
        mut operation: impl FnMut(&mut Draft<'_>, &mut Pins, &mut Missing) -> Poll<Result<T>>,
    ) -> Result<T> {
        let mut pins = Pins::new();
        let transaction = &mut *self.transaction;
        let step = |missing: &mut Missing| operation(&mut transaction.draft(), &mut pins, missing);
        self.engine.drive(step).await
    }

    /// A row as it is now, one value per table column.
    async fn row(&mut self, table: TableId, id: RowId) -> Result<Option<Vec<Column>>> {
        self.operate(|draft, pins, missing| {
            let table = draft.catalog().table(table)?;
            table
                .row(id, pins, missing)
                .map_ok(|row| row.map(|row| row.to_columns()))
        })
        .await
    }

    /// Inserts the rows of a part. Returns how many rows were changed, and the first key generated.
    fn insert<'f>(
        &'f mut self,
        plan: &'f Arc<Insert>,
        part: &'f mut RowChange,
        env: &'f Env,
    ) -> Boxed<'f, (u64, Option<i64>)> {
        Box::pin(async move {
            let at = At {
                table: part.table(),
                event: TriggerEvent::Insert,
                set: &[],
            };
            let (mut affected, mut first) = (0, None);
            for batch in part.take_batches() {
                for row in 0..batch.rows() {
                    env.check_interrupt()?;
                    let mut new = part.row(&batch, row);
                    self.before(at, &[], &mut new, env).await?;
                    let mut draft = self.transaction.draft();
                    let (new, key) = part.generate(plan, new, &mut draft, env)?;
                    part.check(&new, true, env)?;
                    let behind = part.behind(&batch, row);
                    let put = self.insert_row(plan, part, (new, &behind), env).await?;
                    affected += put.count;
                    if let Some(done) = put.row {
                        first = first.or(put.key).or(key);
                        part.returns(&done, &batch, row)?;
                    }
                }
            }
            Ok((affected, first))
        })
    }

    /// Puts one row in, or does what the statement says about conflicts.
    fn insert_row<'f>(
        &'f mut self,
        plan: &'f Insert,
        part: &'f RowChange,
        (new, behind): (Vec<Column>, &'f [Column]),
        env: &'f Env,
    ) -> Boxed<'f, Put> {
        Box::pin(async move {
            let table = part.table();
            let resolved = match plan.on_conflict.is_empty() {
                true => Resolved::Insert(0),
                false => self.resolve(plan, part, (&new, behind), env).await?,
            };
            let deleted = match resolved {
                Resolved::Insert(deleted) => deleted,
                Resolved::Done(put) => return Ok(put),
            };
            let insert = |draft: &mut Draft<'_>, pins: &mut Pins, missing: &mut Missing| {
                draft.insert_row(table, &new, 0, pins, missing)
            };
            let keys = self.operate(insert).await?;
            let new = part.inserted(plan, new, keys, env)?;
            let at = At {
                table,
                event: TriggerEvent::Insert,
                set: &[],
            };
            self.after(at, &[], &new, env).await?;
            Ok(Put {
                row: Some(new),
                key: keys.1,
                count: 1 + if plan.counts_existing { deleted } else { 0 },
            })
        })
    }

    /// Does what the statement says about rows that a new one collides with.
    fn resolve<'f>(
        &'f mut self,
        plan: &'f Insert,
        part: &'f RowChange,
        (new, behind): (&'f [Column], &'f [Column]),
        env: &'f Env,
    ) -> Boxed<'f, Resolved> {
        Box::pin(async move {
            let table = part.table();
            let find = |draft: &mut Draft<'_>, pins: &mut Pins, missing: &mut Missing| {
                draft.conflicts(table, new, 0, pins, missing)
            };
            let found = self.operate(find).await?;
            let Some((clause, id)) = plan.conflict_clause(&found) else {
                // If there are conflicts, the insert says which key it is.
                return Ok(Resolved::Insert(0));
            };
            let Some(action) = plan.on_conflict.get(clause).map(|c| &c.action) else {
                return Ok(Resolved::Insert(0));
            };
            match action {
                ConflictAction::Ignore => Ok(Resolved::Done(Put::default())),
                ConflictAction::Replace => {
                    let mut deleted = 0;
                    for (id, _) in found {
                        deleted += u64::from(self.delete_row(table, id, true, env).await?.is_some());
                    }
                    Ok(Resolved::Insert(deleted))
                }
                ConflictAction::Update { set, filter, .. } => {
                    let Some(old) = self.row(table, id).await? else {
                        return Ok(Resolved::Insert(0));
                    };
                    let mut put = Put::default();
                    if let Some(new) = part.upserted((set, filter.as_ref()), &old, (new, behind), env)?
                        && let Some(new) = self.about_to_update((part, clause), id, &old, new, env).await?
                        && let Some(changed) = self.write((part, clause), id, &new).await?
                    {
                        self.updated((part, clause), &old, &new, env).await?;
                        put.count = plan.count_updated(changed);
                        put.row = Some(new);
                    }
                    Ok(Resolved::Done(put))
                }
            }
        })
    }

    /// Updates the rows of a part.
    fn update<'f>(&'f mut self, plan: &'f Update, part: &'f mut RowChange, env: &'f Env) -> Boxed<'f, u64> {
        Box::pin(async move {
            let table = part.table();
            let may_wait = self.transaction.catalog().table(table)?.changes_keys(&plan.set);
            let mut waiting = WaitingRows::new(env);
            let mut affected = 0;
            let batches = part.take_batches();
            for (b, batch) in batches.iter().enumerate() {
                for row in 0..batch.rows() {
                    env.check_interrupt()?;
                    let Some(id) = part.id(batch, row) else { continue };
                    let Some(old) = self.row(table, id).await? else {
                        continue;
                    };
                    let new = part.updated(plan, &old, batch, row);
                    let Some(new) = self.about_to_update((part, 0), id, &old, new, env).await? else {
                        continue;
                    };
                    match self.write((part, 0), id, &new).await {
                        Err(Error::DuplicateKey { .. }) if may_wait => {
                            let place = (b, row);
                            let values: Vec<Column> = old.iter().chain(&new).cloned().collect();
                            waiting.push(Waiting { id, old, new, place }, &values)?;
                        }
                        done => {
                            if let Some(changed) = done? {
                                self.updated((part, 0), &old, &new, env).await?;
                                affected += u64::from(changed);
                                part.returns(&new, batch, row)?;
                            }
                        }
                    }
                }
            }
            // Those that collided with rows that were yet to change: as long as some of them find their key free.
            let mut rows = waiting.take();
            while !rows.is_empty() {
                let before = rows.len();
                let mut collision = None;
                for row in rows.into_iter().rev() {
                    match self.write((part, 0), row.id, &row.new).await {
                        Err(e @ Error::DuplicateKey { .. }) => {
                            collision = Some(e);
                            waiting.push(row, &[])?;
                        }
                        done => {
                            if let Some(changed) = done? {
                                self.updated((part, 0), &row.old, &row.new, env).await?;
                                affected += u64::from(changed);
                                if let Some(batch) = batches.get(row.place.0) {
                                    part.returns(&row.new, batch, row.place.1)?;
                                }
                            }
                        }
                    }
                }
                rows = waiting.take();
                if let Some(collision) = collision.filter(|_| rows.len() == before) {
                    return Err(collision);
                }
            }
            Ok(affected)
        })
    }

    /// Runs the triggers BEFORE UPDATE of a row, and checks what it is to become; `None`: it is gone.
    async fn about_to_update(
        &mut self,
        (part, clause): (&RowChange, usize),
        id: RowId,
        old: &[Column],
        mut new: Vec<Column>,
        env: &Env,
    ) -> Result<Option<Vec<Column>>> {
        let table = part.table();
        let set = part.sets(clause);
        let at = At {
            table,
            event: TriggerEvent::Update,
            set: &set,
        };
        if self.before(at, old, &mut new, env).await? {
            // What they changed of the row itself stays, but for what the statement and they set.
            let Some(now) = self.row(table, id).await? else {
                return Ok(None);
            };
            let set = self.set(part, clause);
            for (i, value) in now.into_iter().enumerate().filter(|(i, _)| !set.contains(i)) {
                if let Some(place) = new.get_mut(i) {
                    *place = value;
                }
            }
        }
        part.derive(
            clause,
            old,
            &mut new,
            &self.set(part, clause),
            self.generated(part),
            env,
        )?;
        part.check(&new, false, env)?;
        Ok(Some(new))
    }

    /// The columns of a row that an UPDATE sets, itself or by triggers.
    fn set(&self, part: &RowChange, clause: usize) -> Vec<usize> {
        let mut set = part.sets(clause);
        for trigger in self.statement.of(part.table(), TriggerEvent::Update) {
            set.extend(&trigger.sets);
        }
        set
    }

    /// The generated columns of the table of an UPDATE.
    fn generated(&self, part: &RowChange) -> &'r [(usize, Expr)] {
        let found = self.statement.find(part.table(), TriggerEvent::Update);
        found.map_or(&[], |t| &t.generated)
    }

    /// Writes an updated row. Returns whether a value is another one now; `None`: the row is gone.
    fn write<'f>(
        &'f mut self,
        (part, clause): (&'f RowChange, usize),
        id: RowId,
        new: &'f [Column],
    ) -> Boxed<'f, Option<bool>> {
        Box::pin(async move {
            let table = part.table();
            let set = part.written(clause, self.set(part, clause), self.generated(part));
            let values: Vec<Column> = set.iter().filter_map(|c| new.get(*c).cloned()).collect();
            let update = |draft: &mut Draft<'_>, pins: &mut Pins, missing: &mut Missing| {
                draft.update_row(table, id, &set, &values, 0, pins, missing)
            };
            let updated = self.operate(update).await?;
            Ok(updated.map(|u| u.changed))
        })
    }

    /// Runs the triggers AFTER UPDATE of a row.
    async fn updated(
        &mut self,
        (part, clause): (&RowChange, usize),
        old: &[Column],
        new: &[Column],
        env: &Env,
    ) -> Result<()> {
        let set = part.sets(clause);
        let at = At {
            table: part.table(),
            event: TriggerEvent::Update,
            set: &set,
        };
        self.after(at, old, new, env).await
    }

    /// Deletes the rows of a part.
    fn delete<'f>(&'f mut self, part: &'f mut RowChange, env: &'f Env) -> Boxed<'f, u64> {
        Box::pin(async move {
            let mut affected = 0;
            for batch in part.take_batches() {
                for row in 0..batch.rows() {
                    env.check_interrupt()?;
                    let Some(id) = part.id(&batch, row) else { continue };
                    if let Some(old) = self.delete_row(part.table(), id, false, env).await? {
                        affected += 1;
                        part.returns(&old, &batch, row)?;
                    }
                }
            }
            Ok(affected)
        })
    }

    /// Deletes one row with its triggers. Returns what it was, if it was there.
    fn delete_row<'f>(
        &'f mut self,
        table: TableId,
        id: RowId,
        replaced: bool,
        env: &'f Env,
    ) -> Boxed<'f, Option<Vec<Column>>> {
        Box::pin(async move {
            let at = At {
                table,
                event: TriggerEvent::Delete,
                set: &[],
            };
            let Some(old) = self.row(table, id).await? else {
                return Ok(None);
            };
            self.fire(at, TriggerTiming::Before, &old, &mut [], env).await?;
            let delete = |draft: &mut Draft<'_>, pins: &mut Pins, missing: &mut Missing| match replaced {
                true => draft.replace_row(table, id, pins, missing),
                false => draft.delete_row(table, id, pins, missing),
            };
            if !self.operate(delete).await? {
                return Ok(None);
            }
            self.fire(at, TriggerTiming::After, &old, &mut [], env).await?;
            Ok(Some(old))
        })
    }

    /// Runs the triggers before a row is written, which may change it. Returns whether there were any.
    async fn before(&mut self, at: At<'_>, old: &[Column], new: &mut [Column], env: &Env) -> Result<bool> {
        self.fire(at, TriggerTiming::Before, old, new, env).await
    }

    /// Runs the triggers after a row was written.
    async fn after(&mut self, at: At<'_>, old: &[Column], new: &[Column], env: &Env) -> Result<()> {
        let mut new = new.to_vec();
        self.fire(at, TriggerTiming::After, old, &mut new, env).await?;
        Ok(())
    }

    /// Runs the triggers of a change at one time. Returns whether there were any.
    fn fire<'f>(
        &'f mut self,
        at: At<'f>,
        timing: TriggerTiming,
        old: &'f [Column],
        new: &'f mut [Column],
        env: &'f Env,
    ) -> Boxed<'f, bool> {
        Box::pin(async move {
            let statement = self.statement;
            let mut any = false;
            for (i, trigger) in statement.of(at.table, at.event).iter().enumerate() {
                let this = (at.table, at.event, i);
                let asked =
                    trigger.update_of.is_empty() || trigger.update_of.iter().any(|c| at.set.contains(c));
                if trigger.timing != timing || !asked || self.running.contains(&this) {
                    continue;
                }
                if self.running.len() >= MAX_DEPTH {
                    return Err(Error::invalid(alloc::format!(
                        "trigger {} would be number {} in a chain of triggers; the most is {MAX_DEPTH}",
                        trigger.name,
                        MAX_DEPTH + 1
                    )));
                }
                any = true;
                self.running.push(this);
                let start = env.host.monotonic_micros();
                self.steps(trigger, at.table, old, new, env).await?;
                self.running.pop();
                if let Some(watch) = &self.watch {
                    let n = statement.number_of(at.table, at.event, i);
                    watch.trigger(n).add(1, start, &*env.host);
                }
            }
            Ok(any)
        })
    }

    fn steps<'f>(
        &'f mut self,
        trigger: &'f Trigger,
        table: TableId,
        old: &'f [Column],
        new: &'f mut [Column],
        env: &'f Env,
    ) -> Boxed<'f, ()> {
        Box::pin(async move {
            let mut frame = Frame::new(trigger, &self.transaction.catalog().table(table)?.def, old, new);
            let mut env = Box::new(within(env));
            env.params = frame.parameters();
            while let Some(step) = trigger.steps.get(frame.next) {
                frame.next += 1;
                match step {
                    Step::Change(statement) => {
                        self.change(statement, (*env).clone()).await?;
                    }
                    Step::Goto(target) => frame.go(*target, &env)?,
                    step => self.evaluate(step, &mut frame, &mut env).await?,
                }
            }
            Ok(())
        })
    }

    /// A step that changes no rows.
    fn evaluate<'f>(
        &'f mut self,
        step: &'f Step,
        frame: &'f mut Frame<'_>,
        env: &'f mut Env,
    ) -> Boxed<'f, ()> {
        Box::pin(async move {
            match step {
                Step::Change(_) | Step::Goto(_) => {}
                Step::Run(query) => {
                    self.value(query, env).await?;
                }
                Step::Set(column, query) => {
                    let value = self.value(query, env).await?;
                    if let (Some(place), Some(value)) = (frame.new.get_mut(*column), value) {
                        *place = value;
                    }
                    env.params = frame.parameters();
                }
                Step::Assign(slot, query) => {
                    let value = self.value(query, env).await?;
                    value.into_iter().for_each(|v| frame.assign(*slot, &v));
                    env.params = frame.parameters();
                }
                Step::Into(slots, query) => {
                    let row = self.only_row(query, env).await?;
                    for (slot, value) in slots.iter().zip(row.iter().flatten()) {
                        frame.assign(*slot, value);
                    }
                    env.params = frame.parameters();
                }
                Step::Unless(condition, target) => {
                    let value = self.value(condition, env).await?;
                    let holds = value.is_some_and(|v| !v.is_null(0) && v.i64s().first() == Some(&1));
                    if !holds {
                        frame.go(*target, env)?;
                    }
                }
            }
            Ok(())
        })
    }

    /// The values of a query's only row; `None`: it has none.
    fn only_row<'f>(&'f mut self, query: &'f Arc<Query>, env: &'f Env) -> Boxed<'f, Option<Vec<Column>>> {
        Box::pin(async move {
            if let Some(reads) = self.transaction.record_reads() {
                read_ranges::record(query, env, reads);
            }
            let mut run = QueryRun::new(query.clone(), self.transaction.catalog(), env.clone())?;
            let mut only: Option<Vec<Column>> = None;
            while let Some(batch) = self.engine.drive(|missing| run.step(missing)).await? {
                if batch.rows() > 1 || (only.is_some() && batch.rows() > 0) {
                    return Err(Error::invalid("SELECT … INTO has more than one row"));
                }
                if batch.rows() == 1 {
                    let columns = 0..batch.columns.len();
                    only = Some(columns.map(|c| batch.column(c).slice(0, 1)).collect());
                }
            }
            Ok(only)
        })
    }

    /// The value in the first row of a query, which is run to its end.
    async fn value(&mut self, query: &Arc<Query>, env: &Env) -> Result<Option<Column>> {
        match constant(query) {
            Some(value) => Ok(Some(eval(value, &Batch::new(Vec::new(), 1), &env.scope())?)),
            None => self.query(query, env).await,
        }
    }

    fn query<'f>(&'f mut self, query: &'f Arc<Query>, env: &'f Env) -> Boxed<'f, Option<Column>> {
        Box::pin(async move {
            if let Some(reads) = self.transaction.record_reads() {
                read_ranges::record(query, env, reads);
            }
            let mut run = QueryRun::new(query.clone(), self.transaction.catalog(), env.clone())?;
            let mut first = None;
            while let Some(batch) = self.engine.drive(|missing| run.step(missing)).await? {
                if first.is_none() && batch.rows() > 0 {
                    first = Some(batch.column(0).slice(0, 1));
                }
            }
            Ok(first)
        })
    }
}

/// The only value of a query that reads nothing.
fn constant(query: &Query) -> Option<&Expr> {
    let values = match &query.plan {
        Plan::Project { input, exprs } => match &**input {
            Plan::Values { rows, types } if rows.len() == 1 && types.is_empty() => exprs,
            _ => return None,
        },
        Plan::Values { rows, .. } => match rows.as_slice() {
            [row] => row,
            _ => return None,
        },
        _ => return None,
    };
    match values.as_slice() {
        [value] if query.sub_plans.is_empty() => Some(value),
        _ => None,
    }
}
