//! One history on its way: the database, its model, and what must hold after every step.

use super::second::Second;
use super::{Crashed, Model, differences, show};
use crate::block_on::block_on;
use crate::medium::{INJECTED, Medium};
use crate::placements::TestPlacement;
use crate::random::Random;
use crate::sql_client::collect;
use amphi::SystemHost;
use amphi_core::database::Database;
use amphi_core::kv::KvBackend;
use amphi_core::router::{CachePolicy, Config};
use amphi_core::session::{Params, Session};
use amphi_core::{Error, Result};
use std::sync::Arc;

/// Why a history ended before its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A flush failed, or the store is used up: the database refuses writes until it is reopened.
    Poisoned,
    /// It could not be closed or opened.
    NotOpen,
}

/// What a step of a history comes to.
pub(super) type Step = std::result::Result<(), Stop>;

/// An open transaction of the first session.
pub(super) struct Open {
    /// What it began with.
    pub(super) base: Model,
    pub(super) model: Model,
    pub(super) savepoints: Vec<(String, Model)>,
    pub(super) sync: bool,
    /// [`History::commits`] when it began.
    pub(super) begun: usize,
}

/// See the module.
pub struct History<M> {
    pub(super) random: Random,
    pub(super) config: Config,
    pub(super) medium: M,
    pub(super) store: Arc<dyn KvBackend>,
    pub(super) db: Database,
    pub(super) writer: Session,
    pub(super) open: Option<Open>,
    pub(super) second: Option<Second>,
    pub(super) reader: Option<(Session, Model)>,
    /// Every committed state, oldest first.
    pub(super) states: Vec<Model>,
    /// Commits so far, those that changed nothing in the end too: others may conflict with them.
    pub(super) commits: usize,
    /// What a commit would have made that failed and used up the store: it may be there or not.
    pub(super) doubtful: Option<Model>,
    /// The last state known to be in the store.
    pub(super) durable: usize,
    log: Vec<String>,
    /// Statements and calls that failed because of a fault.
    failures: usize,
}

/// Whether a failure is the store's and not the statement's.
pub(super) fn is_injected(e: &Error) -> bool {
    // With the cause named; any other failure of the store is not ours.
    matches!(e, Error::Store { .. } | Error::Poisoned { .. }) && e.to_string().contains(INJECTED)
}

pub(super) fn open(store: Arc<dyn KvBackend>, config: &Config) -> Result<Database> {
    let host = Arc::new(SystemHost::new());
    block_on(Database::open(Some(store), host, config.clone()))
}

/// A database of tiny blocks; everything else is drawn.
fn random_config(random: &mut Random) -> Config {
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
    config
}

impl<M: Medium> History<M> {
    /// A new database.
    ///
    /// # Errors
    /// [`Stop::NotOpen`] if a fault hit the opening.
    pub fn start(medium: M, seed: u64) -> std::result::Result<History<M>, Stop> {
        History::over(medium, Model::new(), seed)
    }

    /// Goes on from what the medium holds: `model`.
    ///
    /// # Errors
    /// [`Stop::NotOpen`] if a fault hit the opening.
    pub fn over(medium: M, model: Model, seed: u64) -> std::result::Result<History<M>, Stop> {
        let mut random = Random::new(seed);
        let config = random_config(&mut random);
        let opened = || -> Result<_> {
            let store = medium.open()?;
            Ok((store.clone(), open(store, &config)?))
        };
        let (store, db) = match opened() {
            Ok(opened) => opened,
            Err(e) if is_injected(&e) => return Err(Stop::NotOpen),
            Err(e) => panic!("cannot be opened: {e}"),
        };
        Ok(History {
            random,
            config,
            medium,
            store,
            writer: db.session(),
            db,
            open: None,
            second: None,
            reader: None,
            states: vec![model],
            commits: 0,
            doubtful: None,
            durable: 0,
            log: Vec::new(),
            failures: 0,
        })
    }

    /// It ends here.
    pub fn crashed(&self) -> Crashed {
        Crashed {
            states: self.states.iter().chain(&self.doubtful).cloned().collect(),
            config: self.config.clone(),
            log: self.log(),
        }
    }

    /// What it is kept on.
    pub fn medium(&self) -> &M {
        &self.medium
    }

    /// How many statements and calls failed because of faults.
    pub fn failures(&self) -> usize {
        self.failures
    }

    /// The steps so far, a line each.
    pub fn log(&self) -> String {
        self.log.join("\n")
    }

    pub(super) fn committed(&self) -> Model {
        self.states.last().cloned().unwrap_or_default()
    }

    /// What the writer sees.
    pub(super) fn seen(&self) -> Model {
        let open = self.open.as_ref();
        open.map_or_else(|| self.committed(), |o| o.model.clone())
    }

    pub(super) fn commit_state(&mut self, model: Model, is_sync: bool) {
        self.states.push(model);
        if is_sync {
            self.durable = self.states.len() - 1;
        }
    }

    pub(super) fn note(&mut self, what: impl Into<String>) {
        let mut what = what.into();
        if what.len() > 300 {
            what.truncate(300);
            what.push('…');
        }
        self.log.push(what);
    }

    /// Takes a result's side effects on the log; false if a fault made it fail.
    pub(super) fn succeeded(&mut self, result: &Result<()>) -> bool {
        match result {
            Ok(()) => true,
            Err(e) if is_injected(e) => {
                self.note(format!("  -> {e}"));
                self.failures += 1;
                false
            }
            Err(e) => panic!("the step fails: {e}\n{}", self.log()),
        }
    }

    /// A commit that would have made `model` failed because of a fault.
    pub(super) fn commit_failed(&mut self, model: Model) {
        if self.store.failure().is_some() {
            self.doubtful = Some(model);
        }
    }

    /// Whether the failure of a write means that nothing can be written any more.
    pub(super) fn stop_if_poisoned(&self, result: &Result<()>) -> Step {
        match result {
            Err(Error::Poisoned { .. }) => Err(Stop::Poisoned),
            _ => Ok(()),
        }
    }

    /// What must hold after a step, whatever became of it.
    pub(super) fn end_step(&mut self, stopped: Step) -> Step {
        self.medium.expect(self.durable, self.states.len());
        if stopped == Err(Stop::NotOpen) {
            return stopped;
        }
        let stopped = match self.store.failure() {
            Some(cause) => {
                self.note(format!("the store is used up: {cause}"));
                Err(Stop::Poisoned)
            }
            None => stopped,
        };
        if stopped.is_err() {
            self.require_refusal();
        }
        self.verify();
        stopped
    }

    /// Reads go on, writes do not, and they say why.
    fn require_refusal(&self) {
        let sql = "CREATE TABLE refused (a INT)";
        let refused = block_on(self.db.session().execute(sql, &Params::None)).map(drop);
        let says_why = |e: &Error| matches!(e, Error::Poisoned { .. }) && is_injected(e);
        assert!(
            refused.as_ref().is_err_and(says_why),
            "a write to a database that can write no more answers {refused:?}\n{}",
            self.log()
        );
    }

    /// What is read is right; only a store that is used up may fail to be read.
    fn require_readable<T>(&self, result: Result<T>, is_right: impl FnOnce(T)) {
        match result {
            Ok(read) => is_right(read),
            Err(e) if is_injected(&e) && self.store.failure().is_some() => {}
            Err(e) => panic!("cannot be read: {e}\n{}", self.log()),
        }
    }

    pub(super) fn require_shown(&self, session: &mut Session, model: &Model, who: &str) {
        self.medium.set_counting(false);
        let shown = block_on(show(session));
        self.medium.set_counting(true);
        self.require_readable(shown, |shown| {
            assert!(
                shown == *model,
                "{who} {}\n{}",
                differences(&shown, model),
                self.log()
            );
        });
    }

    /// The writer, and everybody else, sees what the model says.
    fn verify(&mut self) {
        let seen = self.seen();
        let mut writer = std::mem::replace(&mut self.writer, self.db.session());
        self.require_shown(&mut writer, &seen, "the writer");
        self.writer = writer;
        if self.open.is_some() {
            let mut another = self.db.session();
            self.require_shown(&mut another, &self.committed(), "another session");
        }
        self.medium.set_counting(false);
        let report = block_on(self.db.check());
        self.medium.set_counting(true);
        self.require_readable(report, |report| {
            assert!(report.is_empty(), "{report}\n{}", self.log());
        });
    }
}

/// Runs a statement to its end.
pub(super) fn run(session: &mut Session, sql: &str) -> Result<()> {
    block_on(async { collect(session.execute(sql, &Params::None).await?).await }).map(|_| ())
}
