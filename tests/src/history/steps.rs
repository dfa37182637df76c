//! The steps of a history.

use super::change::{random_name, random_settings};
use super::run::{History, Open, Step, Stop, is_injected, open, run};
use super::{Change, Model, Settings, random_change};
use crate::block_on::block_on;
use crate::medium::{Medium, stored_trees};
use amphi_core::Error;
use amphi_core::database::{PersistenceOptions, TransactionOptions};

fn options(settings: Settings) -> PersistenceOptions {
    PersistenceOptions {
        sync_on_write: settings.sync_on_write,
        cache_in_memory: settings.cache_in_memory,
    }
}

/// Whether a table with `sync_on_write` differs.
pub(super) fn changes_sync_table(before: &Model, after: &Model) -> bool {
    let is_sync = |m: &Model, name: &String| {
        let table = m.tables.get(name);
        table.is_some_and(|t| t.settings.persistent && t.settings.sync_on_write)
    };
    let mut names = before.tables.keys().chain(after.tables.keys());
    names.any(|n| before.tables.get(n) != after.tables.get(n) && (is_sync(before, n) || is_sync(after, n)))
}

impl<M: Medium> History<M> {
    /// One random step, and the comparison after it.
    ///
    /// # Errors
    /// [`Stop::Poisoned`] once nothing can be written any more, [`Stop::NotOpen`] if reopening failed; all
    /// is verified then.
    pub fn step(&mut self) -> Step {
        self.medium.expect(self.durable, self.states.len());
        let stopped = match self.random.below(100) {
            0..=9 if self.open.is_none() => self.begin(),
            10..=24 if self.open.is_some() => self.end(),
            25..=34 if self.open.is_some() => self.savepoint(),
            35..=44 if self.open.is_none() => self.persistence(),
            45..=49 => self.flush(),
            50..=53 => self.read(),
            54..=55 if self.open.is_none() => self.reopen(),
            56..=68 => self.second(),
            _ => self.change(),
        };
        self.end_step(stopped)
    }

    fn change(&mut self) -> Step {
        let seen = self.seen();
        let Change { sql, after, is_sync } = random_change(&mut self.random, &seen);
        self.note(sql.as_str());
        let result = run(&mut self.writer, &sql);
        match (&result, after) {
            (Err(Error::DuplicateKey { .. }), None) => {}
            (Ok(()), Some(after)) => match &mut self.open {
                Some(open) => open.model = after,
                None => {
                    self.commits += 1;
                    if after != seen {
                        self.commit_state(after, is_sync);
                    }
                }
            },
            (Err(e), after) if is_injected(e) => {
                self.succeeded(&result);
                if let (None, Some(after)) = (&self.open, after) {
                    self.commit_failed(after);
                }
            }
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

    fn begin(&mut self) -> Step {
        let sync = self.random.chance(20);
        self.note(if sync { "BEGIN (sync)" } else { "BEGIN" });
        let options = TransactionOptions {
            sync,
            ..TransactionOptions::default()
        };
        let result = self.writer.begin(options);
        if self.succeeded(&result) {
            self.open = Some(Open {
                base: self.committed(),
                model: self.committed(),
                savepoints: Vec::new(),
                sync,
                begun: self.commits,
            });
        }
        Ok(())
    }

    fn end(&mut self) -> Step {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        if self.random.chance(25) {
            self.note("ROLLBACK");
            let result = run(&mut self.writer, "ROLLBACK");
            self.succeeded(&result);
            return Ok(());
        }
        self.note("COMMIT");
        let result = run(&mut self.writer, "COMMIT");
        self.commit_merged(&result, &open)
    }

    fn savepoint(&mut self) -> Step {
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
        let result = run(&mut self.writer, &sql);
        assert!(
            self.succeeded(&result),
            "a savepoint calls no store\n{}",
            self.log()
        );
        Ok(())
    }

    /// One of the calls that move a table.
    fn persistence(&mut self) -> Step {
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
        match model.tables.get_mut(&name) {
            Some(table) => table.settings = settings,
            None if settings.persistent => {
                model.remembered.insert(name, settings);
            }
            None => {
                model.remembered.remove(&name);
            }
        }
        self.commits += 1;
        if !self.succeeded(&result) {
            self.commit_failed(model);
        } else if model != self.committed() {
            let moved = old.is_none_or(|o| o.persistent || settings.persistent);
            self.commit_state(model, moved);
        }
        self.stop_if_poisoned(&result)
    }

    fn flush(&mut self) -> Step {
        self.note("flush");
        let result = block_on(self.db.flush());
        if !self.succeeded(&result) {
            return Err(Stop::Poisoned);
        }
        self.durable = self.states.len() - 1;
        if self.reader.is_none() && self.open.is_none() && self.second.is_none() {
            self.medium.set_counting(false);
            let found = stored_trees(&*self.store);
            self.medium.set_counting(true);
            let trees = self.committed().stored_trees();
            assert_eq!(found, trees, "trees in the store\n{}", self.log());
        }
        Ok(())
    }

    /// Opens a reader, or looks through its eyes once more and lets it go.
    fn read(&mut self) -> Step {
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

    fn reopen(&mut self) -> Step {
        self.note("close and open");
        (self.reader, self.second) = (None, None);
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
        self.medium.expect(self.durable, self.states.len());
        let closed = self.medium.close();
        if !self.succeeded(&closed) {
            return Err(Stop::NotOpen);
        }
        let opened = self.medium.open().and_then(|store| {
            self.store = store;
            self.db = open(self.store.clone(), &self.config)?;
            self.writer = self.db.session();
            Ok(())
        });
        match self.succeeded(&opened) {
            true => Ok(()),
            false => Err(Stop::NotOpen),
        }
    }
}
