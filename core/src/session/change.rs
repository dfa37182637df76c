//! Statements that change rows, the general way: run to their end in the open transaction, or in one of
//! their own that runs again after a conflict.

use super::session::{Given, Session};
use super::{Outcome, RowStream, read_ranges, trigger_run};
use crate::interrupt::Interrupt;
use crate::router::Engine;
use crate::sql::exec::dml::{DmlResult, DmlRun};
use crate::sql::exec::{Env, Watch};
use crate::sql::explain;
use crate::sql::plan::{Access, ExplainFormat, Plan, Query, Statement};
use crate::tree::{Missing, Pins};
use crate::txn::Transaction;
use crate::types::{Error, Result};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::task::Poll;

/// How often an autocommit statement may lose against others before it keeps them from committing
/// while it runs: it then succeeds, however long it takes and however busy they are.
const POLITE_RETRIES: usize = 4;

impl Session {
    pub(super) async fn change(&mut self, statement: &Statement, given: Given) -> Result<Outcome> {
        let env = self.env(given);
        self.change_with(statement, env).await
    }

    /// Runs a statement that changes rows, and says what it did instead of answering.
    pub(super) async fn explain_change(
        &mut self,
        statement: &Statement,
        given: Given,
        format: ExplainFormat,
    ) -> Result<Vec<String>> {
        let change = match statement {
            Statement::Triggered(triggered) => &triggered.change,
            change => change,
        };
        let (source, _) = DmlRun::queries(change)?;
        let watch = Arc::new(Watch::new(source.clone()));
        let mut env = self.env(given);
        env.watch = Some(watch.clone());
        self.refresh().await?;
        let catalog = self.catalog();
        self.change_with(statement, env).await?;
        Ok(explain::render_watched(statement, &catalog, &watch, format))
    }

    async fn change_with(&mut self, statement: &Statement, env: Env) -> Result<Outcome> {
        if let Statement::Triggered(triggered) = statement {
            let shared = self.shared.clone();
            let result = self.write(&env.interrupt, async |transaction| {
                trigger_run::run(&shared.engine, transaction, triggered, env.clone()).await
            });
            let result = result.await?;
            let (_, returning) = DmlRun::queries(&triggered.change)?;
            return Ok(self.changed_rows(returning, result));
        }
        let (source, returning) = DmlRun::queries(statement)?;
        let mut collected = None;
        let done = match self.transaction.is_none() && self.is_as_usual() && is_keyed(source) {
            true => self.change_directly(statement, &env, &mut collected).await?,
            false => None,
        };
        let shared = self.shared.clone();
        let result = match done {
            Some(done) => done,
            None => {
                self.write(&env.interrupt, async |transaction| {
                    if let Some(reads) = transaction.record_reads() {
                        read_ranges::record(source, &env, reads);
                    }
                    let version = transaction.base().snapshot().version;
                    let mut run = match collected.take() {
                        Some((of, run)) if of == version => run,
                        _ => DmlRun::new(statement, transaction.catalog(), env.clone())?,
                    };
                    shared
                        .engine
                        .drive(|missing| run.step(&mut transaction.draft(), missing))
                        .await
                })
                .await?
            }
        };
        Ok(self.changed_rows(returning, result))
    }

    /// The answer to a statement that changed rows.
    fn changed_rows(&mut self, returning: Option<&Query>, result: DmlResult) -> Outcome {
        if let Some(id) = result.last_insert_id {
            self.last_insert_id = id;
        }
        match (returning, result.returning) {
            (Some(query), Some(batches)) => {
                Outcome::Rows(RowStream::of_batches(query.columns.clone(), batches))
            }
            _ => Outcome::Affected {
                rows: result.affected,
                last_insert_id: result.last_insert_id,
            },
        }
    }

    /// Runs a statement that is its own transaction, if it turns out to be small, as a
    /// [direct commit](crate::router::Direct). `None`: it takes the general way, maybe on from where
    /// `collected` is, with the version that was collected from.
    async fn change_directly(
        &mut self,
        statement: &Statement,
        env: &Env,
        collected: &mut Option<(u64, DmlRun)>,
    ) -> Result<Option<DmlResult>> {
        let shared = self.shared.clone();
        let engine = &shared.engine;
        engine.require_writable()?;
        if !self.temporary.is_empty() {
            // What the plan is for is not all published.
            return Ok(None);
        }
        let snapshot = engine.history().current();
        self.require_plan_for(snapshot.catalog.schema_version())?;
        let mut run = DmlRun::new(statement, &snapshot.catalog, env.clone())?;
        let version = snapshot.version;
        let Some(table) = run.table() else {
            return Ok(None);
        };
        let relaxed = engine.is_relaxed(snapshot.catalog.table(table)?);
        let may_be_direct = relaxed && !snapshot.catalog.is_referential(table);
        // The version is to be nobody's when it is changed.
        drop(snapshot);
        engine.drive(|missing| run.collect(missing)).await?;
        let direct = match may_be_direct && run.is_small() {
            true => engine.direct().filter(|d| d.version() == version),
            false => None,
        };
        let Some(direct) = direct else {
            *collected = Some((version, run));
            return Ok(None);
        };
        let mut missing = Missing::new();
        let done = direct.commit(table, &mut self.changes, |draft| {
            draft.begin_statement();
            run.apply(draft, &mut missing)
        });
        let Poll::Ready(done) = done else {
            // A block is missing.
            return Ok(None);
        };
        engine.counters().absorb(&mut missing);
        engine.limit_pending().await;
        done.map(Some)
    }

    /// Runs one statement that writes: in the open transaction, undone alone if it fails; or in a
    /// transaction of its own, which runs again if another one committed first.
    pub(super) async fn write<T>(
        &mut self,
        interrupt: &Interrupt,
        mut statement: impl AsyncFnMut(&mut Transaction) -> Result<T>,
    ) -> Result<T> {
        self.shared.engine.require_writable()?;
        self.refresh().await?;
        let shared = self.shared.clone();
        let engine = &shared.engine;
        if self.transaction.is_some() {
            self.require_plan_for(self.catalog().schema_version())?;
        }
        if let Some(transaction) = &mut self.transaction {
            if transaction.options().read_only {
                return Err(Error::ReadOnly {
                    name: "the transaction".into(),
                });
            }
            let mut state = transaction.begin_statement();
            if state.is_ok() {
                let done = run_statement(engine, interrupt, transaction, &mut statement).await;
                match &done {
                    Ok(_) => transaction.end_statement(),
                    Err(_) => state = transaction.undo_statement(),
                }
                if state.is_ok() {
                    return done;
                }
            }
            // A statement that cannot be undone takes its transaction with it.
            self.transaction = None;
            return Err(state.err().unwrap_or(Error::Closed));
        }
        let mut retries = 0;
        let options = self.next_options(None, None);
        if options.read_only {
            return Err(Error::ReadOnly {
                name: "the transaction".into(),
            });
        }
        loop {
            let exclusive = match retries > POLITE_RETRIES {
                true => Some(engine.exclusive().await),
                false => None,
            };
            let mut transaction = engine.begin(options)?;
            transaction.reuse(core::mem::take(&mut self.changes));
            transaction.adopt_temporary(&self.temporary);
            transaction.set_defaults(self.defaults());
            transaction.check_foreign_keys(self.foreign_key_checks);
            self.require_plan_for(transaction.catalog().schema_version())?;
            transaction.begin_statement()?;
            let result = run_statement(engine, interrupt, &mut transaction, &mut statement).await?;
            transaction.end_statement();
            let temporary = transaction.take_temporary();
            let committed = match exclusive {
                Some(latch) => engine.commit_exclusive(transaction, latch).await,
                None => engine.commit(transaction).await,
            };
            match committed {
                Ok(()) => {
                    self.temporary = temporary;
                    return Ok(result);
                }
                Err(e) if e.is_retryable() => retries += 1,
                Err(e) => return Err(e),
            }
        }
    }
}

/// A statement and its foreign keys; the caller ends or undoes it.
async fn run_statement<T>(
    engine: &Engine,
    interrupt: &Interrupt,
    transaction: &mut Transaction,
    statement: &mut impl AsyncFnMut(&mut Transaction) -> Result<T>,
) -> Result<T> {
    let result = statement(transaction).await?;
    let mut pins = Pins::default();
    engine
        .drive_stoppable(interrupt, |missing| {
            transaction.finish_statement(&mut pins, missing)
        })
        .await?;
    Ok(result)
}

/// Whether a statement's rows are given or looked up by keys, so that they are likely few.
fn is_keyed(source: &Query) -> bool {
    let mut plan = &source.plan;
    loop {
        plan = match plan {
            Plan::Values { .. } => return true,
            Plan::Scan { access, .. } => return !matches!(access, Access::Full),
            Plan::Filter { input, .. } | Plan::Project { input, .. } | Plan::Limit { input, .. } => input,
            _ => return false,
        };
    }
}
