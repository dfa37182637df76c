//! A session: the current schema, the open transaction, and the dispatch of statements.

use super::at_once::RecentPlans;
use super::default_values::DefaultValues;
use super::plan_cache::PlanCache;
use super::prepared::Prepared;
use super::read_ranges;
use super::script::Script;
use super::template_plans::TemplatePlan;
use super::tuning::Tuning;
use super::variables::UserVariables;
use super::{Outcome, Params, RowStream};
use crate::catalog::{SchemaVersion, TemporaryTables};
use crate::interrupt::{Interrupt, InterruptHandle};
use crate::router::Engine;
use crate::sql::exec::dml::RowBuffer;
use crate::sql::exec::{Env, QueryRun};
use crate::sql::explain;
use crate::sql::functions::{AdvisoryLocks, Sequences, SessionLocks, TimeZone, UserFunctions};
use crate::sql::memory::Memory;
use crate::sql::parse;
use crate::sql::plan::{ExplainFormat, INFORMATION_SCHEMA, Query, Statement, TransactionControl};
use crate::tree::Pins;
use crate::txn::{Changes, Counters, IsolationLevel, Transaction, TransactionOptions};
use crate::types::{Batch, DataType, Error, Result, Value};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What all sessions of a database share.
pub struct Shared {
    /// The engine.
    pub engine: Engine,
    /// Statements by SQL text.
    pub plans: PlanCache,
    /// Statements by their text without its literals.
    pub templates: PlanCache,
    /// Functions that the program brings.
    pub functions: UserFunctions,
    /// How many sessions there have been.
    pub sessions: AtomicUsize,
    /// The advisory locks of its sessions.
    pub locks: Arc<AdvisoryLocks>,
}

/// One line of work on a database: its own current schema and transaction.
///
/// Dropping a session rolls its open transaction back.
pub struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) schema: Arc<str>,
    pub(super) transaction: Option<Transaction>,
    pub(super) isolation: IsolationLevel,
    /// Whether its transactions only read.
    pub(super) read_only: bool,
    /// What SET TRANSACTION said of the next transaction.
    pub(super) next: Option<NextTransaction>,
    pub(super) last_insert_id: i64,
    /// What ROW_COUNT() answers.
    pub(super) row_count: i64,
    /// Whether its statements check foreign keys.
    pub(super) foreign_key_checks: bool,
    /// `sql_mode`, if it was set.
    pub(super) sql_mode: Option<String>,
    /// Its time zone; `None`: UTC.
    pub(super) time_zone: Option<Arc<TimeZone>>,
    /// Whether a statement outside a transaction is one of its own; otherwise it begins one.
    pub(super) autocommit: bool,
    /// Settings that mean nothing.
    pub(super) tuning: Tuning,
    /// LOCK TABLES began the open transaction.
    locked: bool,
    /// What it was given by sequences.
    pub(super) sequences: Sequences,
    /// Its temporary tables as they were when no transaction was open.
    pub(super) temporary: TemporaryTables,
    /// How its transactions evaluate defaults.
    defaults: Option<Arc<DefaultValues>>,
    /// User variables.
    pub(super) variables: UserVariables,
    /// Statements prepared in SQL, by name in small letters.
    pub(super) statements: BTreeMap<String, Arc<Prepared>>,
    interrupt: InterruptHandle,
    /// How long a statement may take, in milliseconds.
    pub(super) time_limit: Option<u64>,
    /// Whether executing a query fetches no block.
    pub(super) resident_only: bool,
    /// The schema version the running statement was planned for; `None`: it needs no plan.
    planned: Option<SchemaVersion>,
    /// The running statement met another schema version and is to be planned again.
    stale: bool,
    /// Tells it from other sessions of the database, mostly.
    pub(super) number: usize,
    /// The plans it used last.
    pub(super) recent: RecentPlans,
    /// Where templates are put together.
    pub(super) template: String,
    /// The row of a change of one row.
    pub(super) row: RowBuffer,
    /// What a statement that is its own transaction changed.
    pub(super) changes: Changes,
}

/// What SET TRANSACTION said of the next transaction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NextTransaction {
    isolation: Option<IsolationLevel>,
    read_only: Option<bool>,
}

/// What a statement is given besides its plan.
#[derive(Clone, Default)]
pub(super) struct Given {
    /// Parameter values.
    pub(super) params: Arc<[Value]>,
    /// The rows of a VALUES list, read already.
    pub(super) rows: Option<Arc<Vec<Batch>>>,
}

impl From<Arc<[Value]>> for Given {
    fn from(params: Arc<[Value]>) -> Given {
        Given { params, rows: None }
    }
}

impl Session {
    /// A session in the database's first schema.
    pub fn new(shared: Arc<Shared>) -> Session {
        let schema = shared.engine.config().name.as_str().into();
        let number = shared.sessions.fetch_add(1, Relaxed);
        Session {
            schema,
            transaction: None,
            isolation: IsolationLevel::default(),
            read_only: false,
            next: None,
            last_insert_id: 0,
            row_count: 0,
            foreign_key_checks: true,
            sql_mode: None,
            time_zone: None,
            autocommit: true,
            tuning: Tuning::default(),
            locked: false,
            sequences: Sequences::of_session(SessionLocks::new(shared.locks.clone(), number as u64 + 1)),
            temporary: TemporaryTables::default(),
            defaults: None,
            variables: UserVariables::default(),
            statements: BTreeMap::new(),
            interrupt: InterruptHandle::default(),
            time_limit: shared.engine.config().statement_timeout(),
            resident_only: false,
            planned: None,
            stale: false,
            number,
            recent: RecentPlans::default(),
            template: String::new(),
            row: RowBuffer::default(),
            changes: Changes::default(),
            shared,
        }
    }

    /// How transactions of this session evaluate defaults.
    pub(super) fn defaults(&mut self) -> Arc<DefaultValues> {
        let new = || {
            Arc::new(DefaultValues {
                shared: self.shared.clone(),
            })
        };
        self.defaults.get_or_insert_with(new).clone()
    }

    /// Makes it as good as a new one: an open transaction is rolled back, settings are the default ones.
    pub fn reset(&mut self) {
        self.transaction = None;
        self.isolation = IsolationLevel::default();
        self.read_only = false;
        self.next = None;
        self.last_insert_id = 0;
        self.row_count = 0;
        self.foreign_key_checks = true;
        self.sql_mode = None;
        self.time_zone = None;
        self.autocommit = true;
        self.tuning = Tuning::default();
        self.locked = false;
        self.sequences.release_locks();
        let locks = SessionLocks::new(self.shared.locks.clone(), self.number as u64 + 1);
        self.sequences = Sequences::of_session(locks);
        self.temporary = TemporaryTables::default();
        self.variables = UserVariables::default();
        self.statements.clear();
        self.time_limit = self.shared.engine.config().statement_timeout();
        self.resident_only = false;
        let first = self.shared.engine.config().name.as_str();
        if *self.schema != *first {
            self.schema = first.into();
        }
    }

    /// The current schema.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// The last AUTO_INCREMENT value generated in this session; 0 if none was.
    pub fn last_insert_id(&self) -> i64 {
        self.last_insert_id
    }

    /// Stops the statement that runs in this session, from anywhere.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }

    /// Sets how long a statement of this session may take, in milliseconds; `None`: as long as it takes.
    pub fn set_statement_timeout(&mut self, limit_ms: Option<u64>) {
        self.time_limit = limit_ms;
    }

    /// Makes executing a query fetch no block, so that it is ready when it is first polled, and
    /// [`RowStream::next_batch_resident`] says which table has blocks that are not in memory.
    pub fn set_resident_only(&mut self, resident_only: bool) {
        self.resident_only = resident_only;
    }

    /// Opens a transaction, as BEGIN does.
    ///
    /// # Errors
    /// [`Error::TransactionState`] if one is open.
    pub fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        if self.transaction.is_some() {
            return Err(Error::TransactionState {
                message: "a transaction is open already; COMMIT or ROLLBACK it first".into(),
            });
        }
        let mut transaction = self.shared.engine.begin(options)?;
        transaction.adopt_temporary(&self.temporary);
        transaction.set_defaults(self.defaults());
        transaction.defer_foreign_keys();
        transaction.check_foreign_keys(self.foreign_key_checks);
        self.locked = false;
        self.transaction = Some(transaction);
        Ok(())
    }

    /// Commits the open transaction. After an error it is rolled back.
    ///
    /// # Errors
    /// [`Error::TransactionState`] if none is open; those of [`Engine::commit`].
    pub async fn commit(&mut self) -> Result<()> {
        self.settle()?;
        let mut transaction = self.take_transaction("COMMIT")?;
        if transaction.has_deferred() {
            transaction.begin_recheck();
            let mut pins = Pins::default();
            let engine = &self.shared.engine;
            engine
                .drive(|missing| transaction.finish_statement(&mut pins, missing))
                .await?;
            transaction.end_recheck();
        }
        let temporary = transaction.take_temporary();
        self.shared.engine.commit(transaction).await?;
        self.temporary = temporary;
        Ok(())
    }

    /// Rolls the open transaction back.
    ///
    /// # Errors
    /// [`Error::TransactionState`] if none is open.
    pub fn rollback(&mut self) -> Result<()> {
        let transaction = self.take_transaction("ROLLBACK")?;
        if !transaction.is_unchanged() {
            Counters::add(&self.shared.engine.counters().rollbacks, 1);
        }
        Ok(())
    }

    /// Puts the rows of single INSERTs in that wait: before anything else looks at the open transaction.
    ///
    /// # Errors
    /// Those of the trees; the transaction is rolled back then.
    pub(super) fn settle(&mut self) -> Result<()> {
        let settled = self.transaction.as_mut().map_or(Ok(()), Transaction::settle);
        if settled.is_err() {
            self.transaction = None;
        }
        settled
    }

    fn take_transaction(&mut self, statement: &str) -> Result<Transaction> {
        self.transaction.take().ok_or_else(|| Error::TransactionState {
            message: alloc::format!("{statement} without a transaction; BEGIN one first"),
        })
    }

    /// With autocommit off, any statement begins a transaction if none is open.
    fn begin_unless_autocommit(&mut self) -> Result<()> {
        if self.autocommit || self.transaction.is_some() {
            return Ok(());
        }
        let options = self.next_options(None, None);
        self.begin(options)
    }

    /// Whether a statement that is its own transaction is like any other.
    pub(super) fn is_as_usual(&self) -> bool {
        !self.read_only && self.next.is_none()
    }

    /// How a transaction begins that says this of itself.
    pub(super) fn next_options(
        &mut self,
        isolation: Option<IsolationLevel>,
        read_only: Option<bool>,
    ) -> TransactionOptions {
        let next = self.next.take().unwrap_or_default();
        TransactionOptions {
            isolation: isolation.or(next.isolation).unwrap_or(self.isolation),
            read_only: read_only.or(next.read_only).unwrap_or(self.read_only),
            sync: false,
        }
    }

    /// SET TRANSACTION.
    fn set_modes(
        &mut self,
        isolation: Option<IsolationLevel>,
        read_only: Option<bool>,
        session: bool,
    ) -> Result<()> {
        if session {
            self.isolation = isolation.unwrap_or(self.isolation);
            self.read_only = read_only.unwrap_or(self.read_only);
            return Ok(());
        }
        let Some(open) = &self.transaction else {
            let next = self.next.take().unwrap_or_default();
            self.next = Some(NextTransaction {
                isolation: isolation.or(next.isolation),
                read_only: read_only.or(next.read_only),
            });
            return Ok(());
        };
        if !open.is_unchanged() {
            return Err(Error::TransactionState {
                message: "SET TRANSACTION comes before a transaction changes anything".into(),
            });
        }
        let options = *open.options();
        self.transaction = None;
        self.begin(TransactionOptions {
            isolation: isolation.unwrap_or(options.isolation),
            read_only: read_only.unwrap_or(options.read_only),
            ..options
        })
    }

    /// SET autocommit: turning it on commits what is open.
    ///
    /// # Errors
    /// Those of [`Session::commit`]; [`Error::Invalid`] for anything but 0 and 1.
    pub(super) async fn set_autocommit(&mut self, value: &str) -> Result<()> {
        let on = match value.to_ascii_lowercase().as_str() {
            "1" | "on" | "true" | "default" => true,
            "0" | "off" | "false" => false,
            _ => {
                return Err(Error::invalid(alloc::format!(
                    "autocommit is 0 or 1, not {value}"
                )));
            }
        };
        if on && !self.autocommit && self.transaction.is_some() {
            self.commit().await?;
        }
        self.autocommit = on;
        Ok(())
    }

    /// Runs a text of one or more statements and answers for the last one: the rows of those before are computed
    /// and dropped. Parameters need a text of one statement.
    ///
    /// # Errors
    /// The first error, its position counted from the start of the text; earlier statements stay done.
    pub async fn execute(&mut self, sql: &str, params: impl Into<Params>) -> Result<Outcome> {
        let params = params.into();
        let mut script = Script::new(sql, &params);
        let Some(mut statement) = script.next() else {
            return Ok(Outcome::Done);
        };
        let mut params = Some(params);
        loop {
            let given = params.take().unwrap_or(Params::None);
            let done = self.execute_statement(statement.text, given).await;
            let outcome = done.map_err(|e| statement.error(e))?;
            let Some(next) = script.next() else {
                return Ok(outcome);
            };
            if let Outcome::Rows(rows) = outcome {
                Box::pin(rows.run_to_end())
                    .await
                    .map_err(|e| statement.error(e))?;
            }
            statement = next;
        }
    }

    /// Runs a text of one statement.
    async fn execute_statement(&mut self, sql: &str, params: Params) -> Result<Outcome> {
        self.shared.engine.require_open()?;
        self.take_insert_id();
        self.begin_unless_autocommit()?;
        let mut template = None;
        if matches!(params, Params::None) {
            template = self.template_plan(sql);
        }
        if let Some(template) = &template {
            let rows = template.rows.as_ref().map(|rows| rows.as_slice());
            if let Some(rows) = self.answer_fetching(&template.planned, &template.values).await {
                self.row_count = -1;
                return Ok(Outcome::Rows(rows?));
            }
            if let Some(done) = self.run_point(&template.planned, &template.values, rows) {
                self.note(&done);
                return self.after_point(done).await;
            }
        }
        // Boxed: it is big, and the statements above move it with them.
        let done = Box::pin(self.execute_text(sql, params, template)).await;
        let done = self.after_numbers(done).await;
        self.note(&done);
        done
    }

    /// Notes what LAST_INSERT_ID(n) said, which rows may say that are read after their statement.
    pub(super) fn take_insert_id(&mut self) {
        if let Some(id) = self.sequences.take_insert_id() {
            self.last_insert_id = id;
        }
    }

    /// Before a statement answers: puts the store ahead of the numbers that it took of sequences.
    async fn after_numbers(&self, done: Result<Outcome>) -> Result<Outcome> {
        if self.sequences.take_beyond() {
            self.shared.engine.flush().await?;
        }
        done
    }

    async fn execute_text(
        &mut self,
        sql: &str,
        params: Params,
        template: Option<TemplatePlan>,
    ) -> Result<Outcome> {
        self.settle()?;
        if let Some(template) = template {
            let given = Given {
                params: template.values.into(),
                rows: template.rows,
            };
            let planned = template.planned;
            let done = self
                .run_planned(planned.schema_version, &planned.statement, given)
                .await;
            if !core::mem::take(&mut self.stale) {
                return done;
            }
        }
        if let Some(prepared) = self.shared.plans.get(sql) {
            return self.execute_prepared(&prepared, params).await;
        }
        let mut parsed = parse::parse(sql)?;
        match (parsed.pop(), parsed.last()) {
            (Some(one), None) => {
                let prepared = Arc::new(Prepared::new(one));
                let done = self.execute_prepared(&prepared, params).await;
                if prepared.is_planned() {
                    self.shared.plans.put(sql, prepared);
                }
                done
            }
            (None, _) if matches!(params, Params::None) => Ok(Outcome::Done),
            (None, _) => Err(Error::Parameter {
                message: "there is no statement to take them".into(),
            }),
            (Some(_), Some(_)) if matches!(params, Params::None) => {
                Err(Error::unsupported("several statements in one version comment"))
            }
            (Some(_), Some(_)) => Err(Error::Parameter {
                message: "a text of several statements takes none".into(),
            }),
        }
    }

    /// Runs a prepared statement, of this session or another one of the database.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the values do not fit; whatever the statement runs into.
    pub async fn execute_prepared(
        &mut self,
        prepared: &Prepared,
        params: impl Into<Params>,
    ) -> Result<Outcome> {
        self.shared.engine.require_open()?;
        self.take_insert_id();
        self.begin_unless_autocommit()?;
        let values = params.into().resolve(prepared.parsed().parameter_names())?;
        let values = self.with_variables(prepared.parsed(), values)?;
        // An error of planning is the general way's to report.
        let planned = self.plan(prepared, &values, self.view().catalog());
        if let Ok(planned) = planned {
            if let Some(rows) = self.answer_fetching(&planned, &values).await {
                self.row_count = -1;
                return Ok(Outcome::Rows(rows?));
            }
            if let Some(done) = self.run_point(&planned, &values, None) {
                self.note(&done);
                return self.after_point(done).await;
            }
        }
        // Boxed: it is big, and the statements above move it with them.
        let done = Box::pin(self.execute_values(prepared, values.into())).await;
        let done = self.after_numbers(done).await;
        self.note(&done);
        done
    }

    async fn execute_values(&mut self, prepared: &Prepared, values: Arc<[Value]>) -> Result<Outcome> {
        self.settle()?;
        let executed = self.executed(prepared, &values).await?;
        let (prepared, values) = match &executed {
            Some((prepared, values)) => (&**prepared, values.clone()),
            None => (prepared, values),
        };
        loop {
            let plan = match self.plan(prepared, &values, &self.catalog()) {
                // What it names may have been created since the transaction last looked.
                Err(_) if self.refresh().await? => self.plan(prepared, &values, &self.catalog())?,
                plan => plan?,
            };
            let done = self
                .run_planned(plan.schema_version, &plan.statement, values.clone().into())
                .await;
            if !core::mem::take(&mut self.stale) {
                return done;
            }
        }
    }

    /// Runs a statement planned for a schema version.
    async fn run_planned(
        &mut self,
        schema_version: SchemaVersion,
        statement: &Statement,
        given: Given,
    ) -> Result<Outcome> {
        self.stale = false;
        self.planned = Some(schema_version);
        let done = self.run(statement, given).await;
        self.planned = None;
        done
    }

    /// # Errors
    /// An error that is never shown, and `stale` set, if the statement was planned for other definitions
    /// than those of the catalog it is about to run on: others have changed them meanwhile.
    pub(super) fn require_plan_for(&mut self, schema_version: SchemaVersion) -> Result<()> {
        self.stale = self.planned.is_some_and(|p| p != schema_version);
        if self.stale {
            return Err(Error::WriteConflict {
                table: "(definitions)".into(),
            });
        }
        Ok(())
    }

    pub(super) fn env(&self, given: Given) -> Env {
        let engine = &self.shared.engine;
        Env {
            params: given.params,
            rows: given.rows,
            outer: Vec::new(),
            work_tables: Vec::new(),
            sub_results: Vec::new(),
            now: engine.host().unix_micros(),
            host: engine.host().clone(),
            schema: self.schema.clone(),
            last_insert_id: self.last_insert_id,
            row_count: self.row_count,
            sequences: self.sequences.among(self.view().catalog().sequences().clone()),
            memory: Arc::new(Memory::new(engine.config().query_memory())),
            interrupt: self.interrupt(),
            watch: None,
        }
    }

    /// The interrupt of a statement that starts now.
    pub(super) fn interrupt(&self) -> Interrupt {
        Interrupt::new(&self.interrupt, self.time_limit, &**self.shared.engine.host())
    }

    async fn run(&mut self, statement: &Statement, given: Given) -> Result<Outcome> {
        match statement {
            Statement::Query(query) => self.query(query, false, given).await,
            Statement::LockingQuery(query) => self.query(query, true, given).await,
            Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::Changes(_)
            | Statement::Triggered(_) => self.change(statement, given).await,
            Statement::Transaction(control) => self.control(control).await,
            Statement::Explain {
                statement,
                analyze,
                format,
            } => self.explain(statement, *analyze, *format, given).await,
            Statement::Show(show) => self.show(show, given),
            Statement::Use(schema) => {
                let declared = match schema.eq_ignore_ascii_case(INFORMATION_SCHEMA) {
                    true => INFORMATION_SCHEMA,
                    false => schema,
                };
                self.schema = self.catalog().schema(schema).unwrap_or(declared).into();
                Ok(Outcome::Done)
            }
            Statement::Session(s) => self.session_statement(s, given).await,
            Statement::Analyze(tables) => self.analyze(tables, given).await,
            Statement::SetSystem(set) => {
                for (name, value) in set {
                    match name == "autocommit" {
                        true => self.set_autocommit(value).await?,
                        false => self.set_system_variable(name, value)?,
                    }
                }
                Ok(Outcome::Done)
            }
            Statement::Nothing => Ok(Outcome::Done),
            definition => self.define(definition, given).await.map(|()| Outcome::Done),
        }
    }

    /// Before a statement of a READ COMMITTED transaction: moves it to what is committed now. Returns
    /// whether it is one.
    pub(super) async fn refresh(&mut self) -> Result<bool> {
        match &mut self.transaction {
            Some(t) if t.options().isolation == IsolationLevel::ReadCommitted => {
                self.shared.engine.rebase(t).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    pub(super) async fn query(&mut self, query: &Arc<Query>, locks: bool, given: Given) -> Result<Outcome> {
        self.refresh().await?;
        let catalog = self.catalog();
        self.require_plan_for(catalog.schema_version())?;
        let env = self.env(given);
        let recorded = match (&mut self.transaction, locks) {
            (Some(t), true) => Some(t.record_locks()),
            (Some(t), false) => t.record_reads(),
            (None, _) => None,
        };
        if let Some(reads) = recorded {
            read_ranges::record(query, &env, reads);
        }
        let run = QueryRun::new(query.clone(), &catalog, env)?;
        Ok(Outcome::Rows(RowStream::of_run(self.shared.clone(), run)))
    }

    async fn control(&mut self, control: &TransactionControl) -> Result<Outcome> {
        match control {
            TransactionControl::Begin { isolation, read_only } => {
                if !self.autocommit && self.transaction.is_some() {
                    self.commit().await?;
                }
                let options = self.next_options(*isolation, *read_only);
                self.begin(options)?;
            }
            // Of nothing, as programs send them to be sure. AND CHAIN needs something to go on from.
            TransactionControl::Commit { chain: false } | TransactionControl::Rollback { chain: false }
                if self.transaction.is_none() => {}
            TransactionControl::Commit { chain } => {
                let options = self.transaction.as_ref().map(Transaction::options).copied();
                self.commit().await?;
                self.begin_chained(options.filter(|_| *chain))?;
            }
            TransactionControl::Rollback { chain } => {
                let options = self.transaction.as_ref().map(Transaction::options).copied();
                self.rollback()?;
                self.begin_chained(options.filter(|_| *chain))?;
            }
            TransactionControl::Savepoint(name) => self.open_transaction("SAVEPOINT")?.savepoint(name),
            TransactionControl::RollbackTo(name) => {
                self.open_transaction("ROLLBACK TO SAVEPOINT")?
                    .rollback_to(name)?;
            }
            TransactionControl::Release(name) => self.open_transaction("RELEASE SAVEPOINT")?.release(name)?,
            TransactionControl::LockTables { read_only } => {
                if self.locked && self.transaction.is_some() {
                    self.commit().await?;
                }
                self.begin(TransactionOptions {
                    isolation: IsolationLevel::Serializable,
                    read_only: *read_only,
                    sync: false,
                })?;
                self.locked = true;
            }
            TransactionControl::UnlockTables => {
                if core::mem::take(&mut self.locked) && self.transaction.is_some() {
                    self.commit().await?;
                }
            }
            TransactionControl::SetConstraints { names, deferred } => {
                self.set_constraints(names, *deferred).await?;
            }
            TransactionControl::SetModes {
                isolation,
                read_only,
                session,
            } => self.set_modes(*isolation, *read_only, *session)?,
        }
        Ok(Outcome::Done)
    }

    /// SET CONSTRAINTS: what waits no longer is checked now. Outside a transaction it means nothing, as in PostgreSQL.
    async fn set_constraints(&mut self, names: &[String], deferred: bool) -> Result<()> {
        self.settle()?;
        let engine = &self.shared.engine;
        let Some(transaction) = &mut self.transaction else {
            return Ok(());
        };
        let before = transaction.constraint_modes().clone();
        transaction.constraint_modes().set(names, deferred);
        if deferred {
            return Ok(());
        }
        transaction.seal();
        transaction.begin_recheck();
        let mut pins = Pins::default();
        let checked = engine
            .drive(|missing| transaction.finish_statement(&mut pins, missing))
            .await;
        match checked {
            Ok(()) => transaction.end_statement(),
            Err(_) => {
                transaction.drop_statement();
                *transaction.constraint_modes() = before;
            }
        }
        checked
    }

    /// After AND CHAIN: begins a transaction with the options of the one before.
    fn begin_chained(&mut self, options: Option<TransactionOptions>) -> Result<()> {
        options.map_or(Ok(()), |options| self.begin(options))
    }

    fn open_transaction(&mut self, statement: &str) -> Result<&mut Transaction> {
        self.transaction.as_mut().ok_or_else(|| Error::TransactionState {
            message: alloc::format!("{statement} without a transaction; BEGIN one first"),
        })
    }

    async fn explain(
        &mut self,
        statement: &Statement,
        analyze: bool,
        format: ExplainFormat,
        given: Given,
    ) -> Result<Outcome> {
        let lines = match (analyze, statement) {
            (false, _) => explain::render(statement, &self.catalog(), format),
            (true, Statement::Query(query) | Statement::LockingQuery(query)) => {
                self.refresh().await?;
                let catalog = self.catalog();
                self.require_plan_for(catalog.schema_version())?;
                let mut run = explain::AnalyzeRun::new(query.clone(), &catalog, self.env(given), format)?;
                self.shared.engine.drive(|missing| run.step(missing)).await?
            }
            (true, change) => self.explain_change(change, given, format).await?,
        };
        let rows: Vec<Vec<Value>> = lines.into_iter().map(|l| alloc::vec![Value::Text(l)]).collect();
        Ok(Outcome::Rows(RowStream::of_values(
            &[("plan", DataType::TEXT)],
            &rows,
        )?))
    }
}
