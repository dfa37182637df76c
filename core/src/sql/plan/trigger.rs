//! Bound triggers.

use super::{Change, Expr, Query, Statement};
use crate::catalog::{TableId, TriggerEvent, TriggerTiming};
use crate::types::DataType;
use alloc::{string::String, sync::Arc, vec::Vec};

/// A statement that changes rows of tables with triggers, and all that these may do.
#[derive(Debug, Clone, PartialEq)]
pub struct Triggered {
    /// The statement itself.
    pub change: Statement,
    /// The triggers that it may fire, and those that these may.
    pub triggers: Vec<TableTriggers>,
}

impl Triggered {
    /// The triggers of a table for an event, in the order they run.
    pub fn of(&self, table: TableId, event: TriggerEvent) -> &[Trigger] {
        self.find(table, event).map_or(&[], |t| &t.triggers)
    }

    /// The place of a trigger, the `n`-th of a table for an event, among all.
    pub fn number_of(&self, table: TableId, event: TriggerEvent, n: usize) -> usize {
        let others = self
            .triggers
            .iter()
            .take_while(|t| t.table != table || t.event != event);
        others.map(|t| t.triggers.len()).sum::<usize>() + n
    }

    /// What there is for a table and an event.
    pub fn find(&self, table: TableId, event: TriggerEvent) -> Option<&TableTriggers> {
        self.triggers
            .iter()
            .find(|t| t.table == table && t.event == event)
    }
}

/// The triggers of a table for one event.
#[derive(Debug, Clone, PartialEq)]
pub struct TableTriggers {
    /// The table.
    pub table: TableId,
    /// The event.
    pub event: TriggerEvent,
    /// In the order they run.
    pub triggers: Vec<Trigger>,
    /// Generated columns of the table, in an order in which they can be computed: triggers may set what they
    /// depend on.
    pub generated: Vec<(usize, Expr)>,
}

/// A trigger. In the queries of its steps the columns of OLD are the parameters from 0 on, those of NEW
/// follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// When it runs.
    pub timing: TriggerTiming,
    /// It runs only if UPDATE sets one of these columns; empty: always.
    pub update_of: Vec<usize>,
    /// The parameters that it uses, in order.
    pub uses: Vec<usize>,
    /// Columns of NEW that it sets.
    pub sets: Vec<usize>,
    /// The types of its variables, which are parameters behind those of NEW.
    pub variables: Vec<DataType>,
    /// What it does.
    pub steps: Vec<Step>,
}

/// A step of a trigger. Those of loops go back.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A statement that changes rows.
    Change(Statement),
    /// A query whose rows nobody sees; its RAISE fails.
    Run(Arc<Query>),
    /// SET NEW.column = the only value of a query.
    Set(usize, Arc<Query>),
    /// A variable = the only value of a query.
    Assign(usize, Arc<Query>),
    /// Variables = the values of a query's only row, if it has one.
    Into(Vec<usize>, Arc<Query>),
    /// Goes on at a step unless the only value of a query is true.
    Unless(Arc<Query>, usize),
    /// Goes on at a step.
    Goto(usize),
}

impl Step {
    /// The plans of a step, for the optimizer.
    pub fn queries_mut(&mut self) -> Vec<&mut Query> {
        match self {
            Step::Change(statement) => statement.queries_mut(),
            Step::Run(query)
            | Step::Set(_, query)
            | Step::Assign(_, query)
            | Step::Into(_, query)
            | Step::Unless(query, _) => {
                alloc::vec![Arc::make_mut(query)]
            }
            Step::Goto(_) => Vec::new(),
        }
    }
}

impl Statement {
    /// The tables whose rows a statement changes itself, and how.
    pub fn events(&self) -> Vec<(TableId, TriggerEvent)> {
        match self {
            Statement::Insert(i) => Change::Insert(i.clone()).events(),
            Statement::Update(u) => Change::Update(u.clone()).events(),
            Statement::Delete(d) => Change::Delete(d.clone()).events(),
            Statement::Changes(c) => c.parts.iter().flat_map(|p| p.change.events()).collect(),
            _ => Vec::new(),
        }
    }
}

impl Change {
    /// As [`Statement::events`].
    pub fn events(&self) -> Vec<(TableId, TriggerEvent)> {
        use super::ConflictAction::{Ignore, Replace, Update};
        match self {
            Change::Insert(i) => {
                let also = i.on_conflict.iter().filter_map(|clause| match clause.action {
                    Update { .. } => Some((i.table, TriggerEvent::Update)),
                    Replace => Some((i.table, TriggerEvent::Delete)),
                    Ignore => None,
                });
                core::iter::once((i.table, TriggerEvent::Insert))
                    .chain(also)
                    .collect()
            }
            Change::Update(u) => alloc::vec![(u.table, TriggerEvent::Update)],
            Change::Delete(d) => alloc::vec![(d.table, TriggerEvent::Delete)],
        }
    }
}
