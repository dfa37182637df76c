//! The statements of a trigger's body as steps: variables, branches, loops.
//!
//! Variables are parameters behind those of OLD and NEW; each DECLARE has its own. Their names come before those of
//! columns, as in MariaDB.

use super::refuse::{invalid, unsupported};
use super::trigger::{Body, Variable};
use super::types::to_bool;
use crate::sql::parse::{TriggerStatement, start};
use crate::sql::plan::Step;
use crate::types::{Error, Result};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use sqlparser::ast::{self, Ident};

/// Variables of one trigger.
const MAX_VARIABLES: usize = 1000;

/// A block or loop around the statements being bound.
pub(super) struct Around {
    label: Option<Ident>,
    /// Where a loop's next turn starts; `None`: it is a block.
    turn: Option<usize>,
    /// Steps that go on behind it.
    leaves: Vec<usize>,
    /// Steps that go on with the next turn.
    iterates: Vec<usize>,
}

fn is_called(label: Option<&Ident>, name: &Ident) -> bool {
    label.is_some_and(|l| l.value.eq_ignore_ascii_case(&name.value))
}

impl Body<'_> {
    /// The statements of a block, with variables of its own.
    fn block(&mut self, statements: &[TriggerStatement]) -> Result<()> {
        let known = self.variables.len();
        let outer = core::mem::replace(&mut self.block_start, known);
        let bound = self.statements(statements);
        self.variables.truncate(known);
        self.block_start = outer;
        bound
    }

    pub(super) fn statements(&mut self, statements: &[TriggerStatement]) -> Result<()> {
        statements.iter().try_for_each(|s| self.statement(s))
    }

    fn declare(
        &mut self,
        names: &[Ident],
        data_type: &ast::DataType,
        default: Option<&ast::Expr>,
    ) -> Result<()> {
        for name in names {
            let own = self.variables.get(self.block_start..).unwrap_or(&[]);
            if own.iter().any(|v| v.name.eq_ignore_ascii_case(&name.value)) {
                return Err(invalid(
                    format!("variable {} is declared twice", name.value),
                    name,
                ));
            }
            if self.types.len() >= MAX_VARIABLES {
                return Err(invalid(
                    format!("a trigger has at most {MAX_VARIABLES} variables"),
                    name,
                ));
            }
            let ty = self.type_of(name, data_type)?;
            let null = ast::Expr::Value(ast::Value::Null.into());
            let first = self.assigned(default.unwrap_or(&null), &ty)?;
            let slot = self.types.len();
            self.types.push(ty.clone());
            self.steps.push(Step::Assign(slot, first));
            self.variables.push(Variable {
                name: name.value.clone(),
                slot,
                ty,
            });
        }
        Ok(())
    }

    fn variable(&self, name: &Ident) -> Result<Variable> {
        let mut known = self.variables.iter().rev();
        let found = known.find(|v| v.name.eq_ignore_ascii_case(&name.value));
        found.cloned().ok_or_else(|| Error::Unknown {
            kind: "variable",
            nearest: None,
            name: name.value.clone(),
            position: start(name.span),
        })
    }

    /// A step that goes somewhere not known yet.
    fn jump(&mut self) -> usize {
        self.steps.push(Step::Goto(0));
        self.steps.len() - 1
    }

    /// Statements that are passed over unless a condition holds; returns the jump behind them.
    fn branch(&mut self, condition: &ast::Expr, then: &[TriggerStatement]) -> Result<usize> {
        let condition = self.value(condition, |value| to_bool(value, None))?;
        let at = self.jump();
        self.statements(then)?;
        let end = self.jump();
        let next = self.steps.len();
        self.set_step(at, Step::Unless(condition, next));
        Ok(end)
    }

    fn land(&mut self, jumps: Vec<usize>, target: usize) {
        jumps
            .into_iter()
            .for_each(|at| self.set_step(at, Step::Goto(target)));
    }

    fn enter(&mut self, label: Option<&Ident>, is_loop: bool) -> Result<()> {
        if let Some(label) = label
            && self.around.iter().any(|a| is_called(a.label.as_ref(), label))
        {
            return Err(invalid(format!("label {} is around already", label.value), label));
        }
        self.around.push(Around {
            label: label.cloned(),
            turn: is_loop.then_some(self.steps.len()),
            leaves: Vec::new(),
            iterates: Vec::new(),
        });
        Ok(())
    }

    fn loops(
        &mut self,
        label: Option<&Ident>,
        condition: Option<&ast::Expr>,
        body: &[TriggerStatement],
        until: Option<&ast::Expr>,
    ) -> Result<()> {
        self.enter(label, true)?;
        let turn = self.steps.len();
        let mut ahead = None;
        if let Some(condition) = condition {
            let condition = self.value(condition, |value| to_bool(value, None))?;
            ahead = Some((self.jump(), condition));
        }
        self.statements(body)?;
        // ITERATE starts the next turn of a REPEAT without asking UNTIL, as in MariaDB.
        match until {
            None => self.steps.push(Step::Goto(turn)),
            Some(until) => {
                let until = self.value(until, |value| to_bool(value, None))?;
                self.steps.push(Step::Unless(until, turn));
            }
        }
        let end = self.steps.len();
        if let Some((at, condition)) = ahead {
            self.set_step(at, Step::Unless(condition, end));
        }
        if let Some(around) = self.around.pop() {
            self.land(around.leaves, end);
            self.land(around.iterates, around.turn.unwrap_or(end));
        }
        Ok(())
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        branches: &[(ast::Expr, Vec<TriggerStatement>)],
        otherwise: Option<&[TriggerStatement]>,
    ) -> Result<()> {
        let mut ends = Vec::new();
        for (value, then) in branches {
            let condition = match operand {
                None => value.clone(),
                Some(operand) => ast::Expr::BinaryOp {
                    left: Box::new(ast::Expr::Nested(Box::new(operand.clone()))),
                    op: ast::BinaryOperator::Eq,
                    right: Box::new(ast::Expr::Nested(Box::new(value.clone()))),
                },
            };
            ends.push(self.branch(&condition, then)?);
        }
        match otherwise {
            Some(otherwise) => self.statements(otherwise)?,
            None => {
                let message = "CASE: no WHEN holds, and there is no ELSE";
                let message = ast::Expr::Value(ast::Value::SingleQuotedString(String::from(message)).into());
                let query = self.value(&message, super::trigger::raise)?;
                self.steps.push(Step::Run(query));
            }
        }
        let end = self.steps.len();
        self.land(ends, end);
        Ok(())
    }

    fn statement(&mut self, statement: &TriggerStatement) -> Result<()> {
        match statement {
            TriggerStatement::Plain(parsed) => {
                let step = self.plain(parsed)?;
                self.steps.push(step);
            }
            TriggerStatement::Set(name, value) => self.set(name, value)?,
            TriggerStatement::Assign(name, value) => {
                let Variable { slot, ty, .. } = self.variable(name)?;
                let value = self.assigned(value, &ty)?;
                self.steps.push(Step::Assign(slot, value));
            }
            TriggerStatement::Into(names, parsed) => {
                let mut slots = Vec::with_capacity(names.len());
                let mut types = Vec::with_capacity(names.len());
                for name in names {
                    let Variable { slot, ty, .. } = self.variable(name)?;
                    slots.push(slot);
                    types.push(ty);
                }
                let query = self.selected(parsed, &types)?;
                self.steps.push(Step::Into(slots, query));
            }
            TriggerStatement::Declare {
                names,
                data_type,
                default,
            } => self.declare(names, data_type, default.as_ref())?,
            TriggerStatement::Signal(message) => {
                let default = crate::sql::parse::default_message();
                let query = self.value(message.as_ref().unwrap_or(&default), super::trigger::raise)?;
                self.steps.push(Step::Run(query));
            }
            TriggerStatement::If(branches, otherwise) => {
                let mut ends = Vec::new();
                for (condition, then) in branches {
                    ends.push(self.branch(condition, then)?);
                }
                self.statements(otherwise)?;
                let end = self.steps.len();
                self.land(ends, end);
            }
            TriggerStatement::Case {
                operand,
                branches,
                otherwise,
            } => self.case(operand.as_ref(), branches, otherwise.as_deref())?,
            TriggerStatement::Block(label, body) => {
                self.enter(label.as_ref(), false)?;
                self.block(body)?;
                let end = self.steps.len();
                if let Some(around) = self.around.pop() {
                    self.land(around.leaves, end);
                }
            }
            TriggerStatement::Loop {
                label,
                condition,
                body,
                until,
            } => self.loops(label.as_ref(), condition.as_ref(), body, until.as_ref())?,
            TriggerStatement::Leave(label) | TriggerStatement::Iterate(label) => {
                let at = self.jump();
                let iterates = matches!(statement, TriggerStatement::Iterate(_));
                let mut known = self.around.iter_mut().rev();
                let Some(around) = known.find(|a| is_called(a.label.as_ref(), label)) else {
                    return Err(Error::Unknown {
                        kind: "label",
                        nearest: None,
                        name: label.value.clone(),
                        position: start(label.span),
                    });
                };
                match (iterates, around.turn.is_some()) {
                    (true, false) => return Err(unsupported("ITERATE of a block that is no loop", label)),
                    (true, true) => around.iterates.push(at),
                    (false, _) => around.leaves.push(at),
                }
            }
        }
        Ok(())
    }
}
