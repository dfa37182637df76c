//! A trigger at work on one row: its step, its variables, and how often its loops went back.

use crate::catalog::TableDef;
use crate::sql::exec::Env;
use crate::sql::plan::Trigger;
use crate::types::{Column, Error, Result, Value};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Turns of all loops of a trigger for one row.
const MAX_TURNS: u32 = 100_000;

/// A trigger at work on one row.
pub(super) struct Frame<'f> {
    trigger: &'f Trigger,
    def: Arc<TableDef>,
    old: &'f [Column],
    pub(super) new: &'f mut [Column],
    variables: Vec<Value>,
    /// The step to come.
    pub(super) next: usize,
    /// How often it went back.
    turns: u32,
}

impl<'f> Frame<'f> {
    pub(super) fn new(
        trigger: &'f Trigger,
        def: &Arc<TableDef>,
        old: &'f [Column],
        new: &'f mut [Column],
    ) -> Frame<'f> {
        Frame {
            variables: alloc::vec![Value::Null; trigger.variables.len()],
            trigger,
            def: def.clone(),
            old,
            new,
            next: 0,
            turns: 0,
        }
    }

    /// The parameters of its statements: the columns of OLD and NEW that it uses, then its variables.
    pub(super) fn parameters(&self) -> Arc<[Value]> {
        let width = self.def.columns.len();
        let mut values = Vec::new();
        for index in &self.trigger.uses {
            let (row, column) = match index.checked_sub(width) {
                None => (self.old, *index),
                Some(column) => (&*self.new, column),
            };
            values.resize(*index, Value::Null);
            values.push(match (row.get(column), self.def.columns.get(column)) {
                (Some(value), Some(c)) => value.value(0, &c.ty),
                _ => Value::Null,
            });
        }
        if !self.variables.is_empty() {
            values.resize(2 * width, Value::Null);
            values.extend_from_slice(&self.variables);
        }
        values.into()
    }

    pub(super) fn assign(&mut self, slot: usize, value: &Column) {
        if let (Some(place), Some(ty)) = (self.variables.get_mut(slot), self.trigger.variables.get(slot)) {
            *place = value.value(0, ty);
        }
    }

    /// Goes on at a step; going back is a turn of a loop.
    pub(super) fn go(&mut self, target: usize, env: &Env) -> Result<()> {
        if target < self.next {
            env.check_interrupt()?;
            self.turns += 1;
            if self.turns > MAX_TURNS {
                return Err(Error::invalid(alloc::format!(
                    "the loops of trigger {} have made {MAX_TURNS} turns for one row; that is the most",
                    self.trigger.name
                )));
            }
        }
        self.next = target;
        Ok(())
    }
}

/// The surroundings of a trigger's statements.
pub(super) fn within(env: &Env) -> Env {
    Env {
        rows: None,
        outer: Vec::new(),
        work_tables: Vec::new(),
        sub_results: Vec::new(),
        watch: None,
        ..env.clone()
    }
}
