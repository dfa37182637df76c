//! The second session: it changes rows of its own choice in transactions that run beside everything else.
//!
//! Its keys are its own unless the first session happens to change one of its rows, so that most of its
//! commits are merged with what was committed meanwhile, and some must fail.

use super::run::{History, Open, Step, run};
use super::steps::changes_sync_table;
use super::{Model, Row};
use crate::medium::Medium;
use amphi_core::database::TransactionOptions;
use amphi_core::session::Session;
use amphi_core::{Error, Result};

/// Its keys: above all those of the first session.
const KEYS: std::ops::Range<u64> = 1000..1012;

/// Its open transaction.
pub(super) struct Second {
    session: Session,
    open: Open,
}

impl<M: Medium> History<M> {
    /// One step of the second session.
    pub(super) fn second(&mut self) -> Step {
        let Some(second) = self.second.take() else {
            return self.begin_second();
        };
        match self.random.below(10) {
            0..=6 => self.change_second(second),
            7..=8 => self.commit_second(second),
            _ => {
                self.note("second: ROLLBACK");
                Ok(())
            }
        }
    }

    fn begin_second(&mut self) -> Step {
        let sync = self.random.chance(30);
        self.note(format!("second: BEGIN{}", if sync { " (sync)" } else { "" }));
        let mut session = self.db.session();
        let options = TransactionOptions {
            sync,
            ..TransactionOptions::default()
        };
        let result = session.begin(options);
        if self.succeeded(&result) {
            let open = Open {
                base: self.committed(),
                model: self.committed(),
                savepoints: Vec::new(),
                sync,
                begun: self.commits,
            };
            self.second = Some(Second { session, open });
        }
        Ok(())
    }

    fn change_second(&mut self, mut second: Second) -> Step {
        let names: Vec<String> = second.open.model.tables.keys().cloned().collect();
        let name = self.random.pick(&names).cloned().unwrap_or_default();
        let Some(table) = second.open.model.tables.get_mut(&name) else {
            self.second = Some(second);
            return Ok(());
        };
        let key = (KEYS.start + self.random.below(KEYS.end - KEYS.start)) as i64;
        let literal = table.key(key);
        let s = format!("second {}", self.random.below(1000));
        let added = table.default_row();
        let sql = match table.rows.get_mut(&key) {
            None => {
                let sql = format!("INSERT INTO {name} (k, s) VALUES ({literal}, '{s}')");
                table.rows.insert(key, Row { u: None, s, added });
                sql
            }
            Some(_) if self.random.chance(40) => {
                table.rows.remove(&key);
                format!("DELETE FROM {name} WHERE k = {literal}")
            }
            Some(row) => {
                row.s.clone_from(&s);
                format!("UPDATE {name} SET s = '{s}' WHERE k = {literal}")
            }
        };
        self.note(format!("second: {sql}"));
        let result = run(&mut second.session, &sql);
        if self.succeeded(&result) {
            self.require_shown(&mut second.session, &second.open.model, "the second session");
            self.second = Some(second);
        }
        // A failed statement ends this transaction: its model has the change already.
        Ok(())
    }

    fn commit_second(&mut self, mut second: Second) -> Step {
        self.note("second: COMMIT");
        let result = run(&mut second.session, "COMMIT");
        self.commit_merged(&result, &second.open)
    }

    /// Takes over what a COMMIT came to, which may have been merged with what others committed.
    pub(super) fn commit_merged(&mut self, result: &Result<()>, open: &Open) -> Step {
        let theirs = self.committed();
        let merged = Model::merged(&open.base, &open.model, &theirs);
        match (result, merged) {
            (Err(Error::WriteConflict { .. }), _) if self.commits > open.begun => self.note("  -> conflict"),
            (Ok(()), Some(merged)) => {
                self.commits += 1;
                if merged != theirs {
                    let is_sync = open.sync || changes_sync_table(&theirs, &merged);
                    self.commit_state(merged, is_sync);
                }
            }
            (Ok(()), None) => panic!("a conflict is not found\n{}", self.log()),
            (Err(_), merged) => {
                if !self.succeeded(result)
                    && let Some(merged) = merged
                {
                    self.commit_failed(merged);
                }
            }
        }
        self.stop_if_poisoned(result)
    }
}
