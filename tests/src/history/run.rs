//! One history on its way: the database, its model, and the steps between them.

use super::change::{random_name, random_settings};
use super::{Change, Model, Settings, random_change, show};
use crate::block_on::block_on;
use crate::crash_store::{CrashStore, Entries, Faults, INJECTED, Image};
use crate::placements::TestPlacement;
use crate::random::Random;
use crate::sql_client::collect;
use amphi::SystemHost;
use amphi_core::database::{Database, PersistenceOptions, TransactionOptions};
use amphi_core::router::{CachePolicy, Config};
use amphi_core::session::{Params, Session};
use amphi_core::{Error, Result};
use std::sync::Arc;

/// Why a history ended before its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A flush failed: the database refuses writes until it is reopened.
    Poisoned,
    /// It could not be closed or opened.
    NotOpen,
}

/// An open transaction of the writer.
struct Open {
    model: Model,
    savepoints: Vec<(String, Model)>,
    sync: bool,
}

/// See the module.
pub struct History {
    random: Random,
    config: Config,
    store: Arc<CrashStore>,
    db: Database,
    writer: Session,
    open: Option<Open>,
    reader: Option<(Session, Model)>,
    /// Every committed state, oldest first.
    states: Vec<Model>,
    /// The last state known to be in the store.
    durable: usize,
    log: Vec<String>,
}

fn options(settings: Settings) -> PersistenceOptions {
    PersistenceOptions {
        sync_on_write: settings.sync_on_write,
        cache_in_memory: settings.cache_in_memory,
    }
}

/// Whether a failure is the store's and not the statement's.
fn is_injected(e: &Error) -> bool {
    // With the cause named; any other failure of the store is not ours.
    matches!(e, Error::Store { .. } | Error::Poisoned { .. }) && e.to_string().contains(INJECTED)
}

impl History {
    /// A database of tiny blocks over a new store with these faults.
    ///
    /// # Errors
    /// [`Stop::NotOpen`] if a fault hit the opening.
    pub fn start(seed: u64, faults: Faults) -> std::result::Result<History, Stop> {
        History::over(Entries::new(), Model::new(), seed, faults)
    }

    /// Goes on from an image.
    ///
    /// # Errors
    /// [`Stop::NotOpen`] if a fault hit the opening.
    pub fn over(
        entries: Entries,
        model: Model,
        seed: u64,
        faults: Faults,
    ) -> std::result::Result<History, Stop> {
        let mut random = Random::new(seed);
        let mut config = TestPlacement::Memory.config();
        // Relaxed commits wait for a flush, or every one is written at once.
        config.max_pending_mb = if random.chance(30) { 0 } else { 64 };
        config.write_ahead_bytes = if random.chance(50) { 64 } else { 4 << 20 };
        if random.chance(30) {
            config.cache.max_bytes = Some(1 << 20);
        }
        if random.chance(30) {
            config.cache.eviction_policy = CachePolicy::Lfu;
        }
        if random.chance(20) {
            config.sizing.max_rows = 16;
            config.sizing.max_bytes = 600;
        }
        let store = Arc::new(CrashStore::new(entries, faults));
        let db = open(&store, &config).map_err(|_| Stop::NotOpen)?;
        Ok(History {
            random,
            config,
            store,
            writer: db.session(),
            db,
            open: None,
            reader: None,
            states: vec![model],
            durable: 0,
            log: Vec::new(),
        })
    }

    /// The store's images and the states they may be.
    pub fn images(&self) -> (Vec<Image>, &[Model]) {
        (self.store.images(), &self.states)
    }

    /// Store calls so far.
    pub fn calls(&self) -> usize {
        self.store.calls()
    }

    /// The options its database was opened with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The steps so far, a line each.
    pub fn log(&self) -> String {
        self.log.join("\n")
    }

    fn committed(&self) -> Model {
        self.states.last().cloned().unwrap_or_default()
    }

    /// What the writer sees.
    fn seen(&self) -> Model {
        self.open
            .as_ref()
            .map_or_else(|| self.committed(), |o| o.model.clone())
    }

    fn commit_state(&mut self, model: Model, is_sync: bool) {
        self.states.push(model);
        if is_sync {
            self.durable = self.states.len() - 1;
        }
    }

    /// One random step, and the comparison after it.
    ///
    /// # Errors
    /// [`Stop::Poisoned`] after a failed flush, [`Stop::NotOpen`] if reopening failed; all is verified then.
    pub fn step(&mut self) -> std::result::Result<(), Stop> {
        self.store.expect(self.durable, self.states.len());
        let stopped = match self.random.below(100) {
            0..=9 if self.open.is_none() => self.begin(),
            10..=24 if self.open.is_some() => self.end(),
            25..=34 if self.open.is_some() => self.savepoint(),
            35..=44 if self.open.is_none() => self.persistence(),
            45..=49 => self.flush(),
            50..=53 => self.read(),
            54..=55 if self.open.is_none() => self.reopen(),
            _ => self.change(),
        };
        self.store.expect(self.durable, self.states.len());
        if stopped == Err(Stop::NotOpen) {
            return stopped;
        }
        self.verify();
        stopped
    }

    fn note(&mut self, what: impl Into<String>) {
        let mut what = what.into();
        if what.len() > 300 {
            what.truncate(300);
            what.push('…');
        }
        self.log.push(what);
    }

    /// Takes a result's side effects on the log; false if a fault made it fail.
    fn succeeded(&mut self, result: &Result<()>) -> bool {
        match result {
            Ok(()) => true,
            Err(e) if is_injected(e) => {
                self.note(format!("  -> {e}"));
                false
            }
            Err(e) => panic!("the step fails: {e}\n{}", self.log()),
        }
    }

    fn run(&mut self, sql: &str) -> Result<()> {
        block_on(async { collect(self.writer.execute(sql, &Params::None).await?).await }).map(|_| ())
    }

    /// Whether the failure of a write means that a flush failed before.
    fn stop_if_poisoned(&self, result: &Result<()>) -> std::result::Result<(), Stop> {
        match result {
            Err(Error::Poisoned { .. }) => Err(Stop::Poisoned),
            _ => Ok(()),
        }
    }

    fn change(&mut self) -> std::result::Result<(), Stop> {
        let seen = self.seen();
        let Change { sql, after, is_sync } = random_change(&mut self.random, &seen);
        self.note(sql.as_str());
        let result = self.run(&sql);
        match (&result, after) {
            (Err(Error::DuplicateKey { .. }), None) => {}
            (Ok(()), Some(after)) => match &mut self.open {
                Some(open) => open.model = after,
                None if after != seen => self.commit_state(after, is_sync),
                None => {}
            },
            (Err(e), _) if is_injected(e) => self.note(format!("  -> {e}")),
            (result, after) => panic!(
                "the statement answers {result:?} where {} was expected\n{}",
                if after.is_some() {
                    "success"
                } else {
                    "a duplicate key"
                },
                self.log()
            ),
        }
        self.stop_if_poisoned(&result)
    }

    fn begin(&mut self) -> std::result::Result<(), Stop> {
        let sync = self.random.chance(20);
        self.note(if sync { "BEGIN (sync)" } else { "BEGIN" });
        let options = TransactionOptions {
            sync,
            ..TransactionOptions::default()
        };
        let result = self.writer.begin(options);
        if self.succeeded(&result) {
            self.open = Some(Open {
                model: self.committed(),
                savepoints: Vec::new(),
                sync,
            });
        }
        Ok(())
    }

    fn end(&mut self) -> std::result::Result<(), Stop> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        if self.random.chance(25) {
            self.note("ROLLBACK");
            let result = self.run("ROLLBACK");
            self.succeeded(&result);
            return Ok(());
        }
        self.note("COMMIT");
        let result = self.run("COMMIT");
        if self.succeeded(&result) && open.model != self.committed() {
            let is_sync = open.sync || changes_sync_table(&self.committed(), &open.model);
            self.commit_state(open.model, is_sync);
        }
        self.stop_if_poisoned(&result)
    }

    fn savepoint(&mut self) -> std::result::Result<(), Stop> {
        let name = format!("s{}", self.random.below(3));
        let what = self.random.below(3);
        let Some(open) = &mut self.open else { return Ok(()) };
        let found = open.savepoints.iter().rposition(|(n, _)| *n == name);
        let sql = match (what, found) {
            (0, Some(i)) => {
                open.model = open.savepoints[i].1.clone();
                open.savepoints.truncate(i + 1);
                format!("ROLLBACK TO {name}")
            }
            (1, Some(i)) => {
                open.savepoints.truncate(i);
                format!("RELEASE SAVEPOINT {name}")
            }
            _ => {
                open.savepoints.push((name.clone(), open.model.clone()));
                format!("SAVEPOINT {name}")
            }
        };
        self.note(sql.as_str());
        let result = self.run(&sql);
        assert!(
            self.succeeded(&result),
            "a savepoint calls no store\n{}",
            self.log()
        );
        Ok(())
    }

    /// One of the calls that move a table.
    fn persistence(&mut self) -> std::result::Result<(), Stop> {
        let mut model = self.committed();
        let name = random_name(&mut self.random, &model);
        let mut settings = random_settings(&mut self.random);
        let exists = model.tables.contains_key(&name);
        let old = model.tables.get(&name).map(|t| t.settings);
        let result = match self.random.below(4) {
            0 => {
                self.note(format!("enable_persistence {name} {settings:?}"));
                settings.persistent = true;
                block_on(self.db.enable_persistence(&name, options(settings)))
            }
            1 if exists || model.remembered.contains_key(&name) => {
                self.note(format!("disable_persistence {name}"));
                settings = Settings::default();
                block_on(self.db.disable_persistence(&name))
            }
            2 if exists => {
                self.note(format!("migrate_to_persistent {name}"));
                settings = Settings {
                    persistent: true,
                    cache_in_memory: false,
                    sync_on_write: old.unwrap_or_default().sync_on_write,
                };
                block_on(self.db.migrate_to_persistent(&name))
            }
            3 if exists => {
                self.note(format!("load_to_memory {name}"));
                settings = Settings::default();
                block_on(self.db.load_to_memory(&name))
            }
            _ => return Ok(()),
        };
        if self.succeeded(&result) {
            match model.tables.get_mut(&name) {
                Some(table) => table.settings = settings,
                None if settings.persistent => {
                    model.remembered.insert(name, settings);
                }
                None => {
                    model.remembered.remove(&name);
                }
            }
            if model != self.committed() {
                let moved = old.is_none_or(|o| o.persistent || settings.persistent);
                self.commit_state(model, moved);
            }
        }
        self.stop_if_poisoned(&result)
    }

    fn flush(&mut self) -> std::result::Result<(), Stop> {
        self.note("flush");
        let result = block_on(self.db.flush());
        if self.succeeded(&result) {
            self.durable = self.states.len() - 1;
            if self.reader.is_none() && self.open.is_none() {
                let trees = self.committed().stored_trees();
                assert_eq!(self.store.trees(), trees, "trees in the store\n{}", self.log());
            }
            return Ok(());
        }
        // Reads go on, writes do not.
        let refused = block_on(
            self.db
                .session()
                .execute("CREATE TABLE refused (a INT)", &Params::None),
        );
        assert!(
            matches!(refused, Err(Error::Poisoned { .. })),
            "a write after a failed flush\n{}",
            self.log()
        );
        Err(Stop::Poisoned)
    }

    /// Opens a reader, or looks through its eyes once more and lets it go.
    fn read(&mut self) -> std::result::Result<(), Stop> {
        match self.reader.take() {
            Some((mut session, model)) => {
                self.note("the reader looks again");
                self.require_shown(&mut session, &model, "the reader");
            }
            None => {
                self.note("a reader begins");
                let mut session = self.db.session();
                let result = session.begin(TransactionOptions::default());
                if self.succeeded(&result) {
                    self.reader = Some((session, self.committed()));
                }
            }
        }
        Ok(())
    }

    fn reopen(&mut self) -> std::result::Result<(), Stop> {
        self.note("close and open");
        self.reader = None;
        let closed = block_on(self.db.close());
        if !self.succeeded(&closed) {
            return Err(Stop::NotOpen);
        }
        self.durable = self.states.len() - 1;
        let stored = self.committed().stored();
        if stored != self.committed() {
            // Tables in memory are gone: to the store nothing changed.
            self.commit_state(stored, true);
        }
        self.store.expect(self.durable, self.states.len());
        match open(&self.store, &self.config) {
            Ok(db) => {
                self.writer = db.session();
                self.db = db;
                Ok(())
            }
            Err(e) if is_injected(&e) => Err(Stop::NotOpen),
            Err(e) => panic!("cannot be opened again: {e}\n{}", self.log()),
        }
    }

    fn require_shown(&self, session: &mut Session, model: &Model, who: &str) {
        self.store.set_counting(false);
        let shown = block_on(show(session));
        self.store.set_counting(true);
        match shown {
            Ok(shown) => assert!(
                shown == *model,
                "{who} {}\n{}",
                differences(&shown, model),
                self.log()
            ),
            Err(e) => panic!("{who} cannot read: {e}\n{}", self.log()),
        }
    }

    /// The writer, and everybody else, sees what the model says.
    fn verify(&mut self) {
        let seen = self.seen();
        let mut writer = std::mem::replace(&mut self.writer, self.db.session());
        self.require_shown(&mut writer, &seen, "the writer");
        self.writer = writer;
        if self.open.is_some() {
            let mut other = self.db.session();
            self.require_shown(&mut other, &self.committed(), "another session");
        }
        self.store.set_counting(false);
        let problems = block_on(self.db.check());
        self.store.set_counting(true);
        match problems {
            Ok(problems) => assert!(problems.is_empty(), "{problems:#?}\n{}", self.log()),
            Err(e) => panic!("cannot be checked: {e}\n{}", self.log()),
        }
    }
}

/// Whether a table with `sync_on_write` differs.
fn changes_sync_table(before: &Model, after: &Model) -> bool {
    let is_sync = |m: &Model, name: &String| {
        let table = m.tables.get(name);
        table.is_some_and(|t| t.settings.persistent && t.settings.sync_on_write)
    };
    let mut names = before.tables.keys().chain(after.tables.keys());
    names.any(|n| before.tables.get(n) != after.tables.get(n) && (is_sync(before, n) || is_sync(after, n)))
}

fn open(store: &Arc<CrashStore>, config: &Config) -> Result<Database> {
    block_on(Database::open(
        Some(store.clone()),
        Arc::new(SystemHost::new()),
        config.clone(),
    ))
}

/// Where what is shown differs from the model, shortened.
pub fn differences(shown: &Model, model: &Model) -> String {
    let mut lines = Vec::new();
    if shown.schemas != model.schemas {
        lines.push(format!(
            "shows schemas {:?}, not {:?}",
            shown.schemas, model.schemas
        ));
    }
    if shown.remembered != model.remembered {
        lines.push(format!(
            "remembers {:?}, not {:?}",
            shown.remembered, model.remembered
        ));
    }
    for name in shown
        .tables
        .keys()
        .chain(model.tables.keys().filter(|n| !shown.tables.contains_key(*n)))
    {
        match (shown.tables.get(name), model.tables.get(name)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let strip = |t: &super::ModelTable| super::ModelTable {
                    rows: Default::default(),
                    ..t.clone()
                };
                lines.push(format!("shows {name} as {:?}, not {:?}", strip(a), strip(b)));
                let keys = a
                    .rows
                    .keys()
                    .chain(b.rows.keys().filter(|k| !a.rows.contains_key(k)));
                for key in keys.filter(|k| a.rows.get(k) != b.rows.get(k)).take(5) {
                    lines.push(format!(
                        "  row {key}: {:?}, not {:?}",
                        a.rows.get(key),
                        b.rows.get(key)
                    ));
                }
            }
            (a, _) => lines.push(format!(
                "shows {}table {name}",
                if a.is_some() { "a surplus " } else { "no " }
            )),
        }
    }
    lines.join("\n")
}
