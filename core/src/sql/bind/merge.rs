//! MERGE: a join of source and target whose rows go, each, to the first WHEN that fits.
//!
//! The source of the statement is that join with one more column, the number of the WHEN. Values are
//! computed only for the rows that take them.

use super::binder::{Binder, Env};
use super::generated::{derived, generated, is_generated, takes_default};
use super::insert::{count_mismatch, named_columns, target, unnamed_columns};
use super::names::Scope;
use super::refuse::{invalid, refuse, unsupported};
use super::update_delete::{Target, part_source};
use crate::shared_sort::sort_shared;
use crate::sql::plan::{
    BinaryOp, Change, ChangePart, Changes, CompareOp, Delete, Expr, Insert, InsertSource, OutputColumn, Plan,
    Query, Statement, Update,
};
use crate::types::{DataType, Result, Value};
use alloc::{boxed::Box, string::String, sync::Arc, vec, vec::Vec};
use sqlparser::ast::{
    self, MergeAction, MergeClause, MergeClauseKind, MergeInsertExpr, MergeInsertKind, MergeUpdateExpr,
    MergeUpdateKind, OutputClause,
};

/// An action of WHEN, bound: columns of the target and their values.
enum Action {
    Insert(Vec<usize>, Vec<Expr>),
    Update(Vec<usize>, Vec<Expr>),
    Delete,
    Nothing,
}

impl Action {
    /// What `merge_action()` says.
    fn name(&self) -> Option<&'static str> {
        match self {
            Action::Insert(..) => Some("INSERT"),
            Action::Update(..) => Some("UPDATE"),
            Action::Delete => Some("DELETE"),
            Action::Nothing => None,
        }
    }

    /// Removing and changing rows comes before new ones, which may take their keys.
    fn order(&self) -> usize {
        match self {
            Action::Delete => 0,
            Action::Update(..) => 1,
            Action::Insert(..) | Action::Nothing => 2,
        }
    }
}

fn number(n: usize) -> Expr {
    Expr::Literal {
        value: Value::Int(n as i64),
        ty: DataType::BIGINT,
    }
}

impl<'a> Binder<'a> {
    /// MERGE.
    pub(super) fn merge(&mut self, m: &'a ast::Merge) -> Result<Statement> {
        let ast::Merge {
            merge_token,
            optimizer_hints,
            into: _,
            table,
            source,
            on,
            clauses,
            output,
        } = m;
        let at = &merge_token.0.span;
        refuse(!optimizer_hints.is_empty(), "an optimizer hint", at)?;
        let returning = match output {
            None => None,
            Some(OutputClause::Returning {
                returning_token: _,
                select_items,
            }) => Some(select_items.as_slice()),
            Some(OutputClause::Output { .. }) => return Err(unsupported("OUTPUT of MERGE", at)),
        };
        if clauses.is_empty() {
            return Err(invalid("MERGE needs at least one WHEN", at));
        }
        let adds = clauses.iter().any(|c| c.clause_kind != MergeClauseKind::Matched);
        let (plan, scope) = self.merged_tables(source, table, on, adds)?;
        // The target comes last.
        let last = scope.tables().len().saturating_sub(1);
        let into = Target::new(&scope, last, "MERGE", at)?;
        let known = |c: &super::names::ScopeColumn| c.table != last;
        let unmatched = scope.clone().only(known);
        let mut branches = Vec::with_capacity(clauses.len());
        let mut actions = Vec::with_capacity(clauses.len());
        for (k, clause) in clauses.iter().enumerate() {
            let MergeClause {
                when_token,
                clause_kind,
                predicate,
                action,
            } = clause;
            let at = &when_token.0.span;
            let (seen, negated) = match clause_kind {
                MergeClauseKind::Matched => (&scope, true),
                MergeClauseKind::NotMatched | MergeClauseKind::NotMatchedByTarget => (&unmatched, false),
                MergeClauseKind::NotMatchedBySource => {
                    return Err(unsupported("WHEN NOT MATCHED BY SOURCE", at));
                }
            };
            let mut condition = Expr::IsNull {
                operand: Box::new(into.row_id()),
                negated,
            };
            if let Some(p) = predicate {
                condition = Expr::Binary {
                    op: BinaryOp::And,
                    left: Box::new(condition),
                    right: Box::new(self.condition(p, &mut Env::new(seen, "WHEN"))?),
                    ty: DataType::Bool,
                };
            }
            branches.push((condition, number(k)));
            actions.push((k, self.merge_action(action, &into, seen)?));
        }
        sort_shared(&mut actions, |(k, a), (l, b)| {
            (a.order(), *k).cmp(&(b.order(), *l))
        });
        let chosen = Expr::Case {
            branches,
            otherwise: None,
            ty: DataType::BIGINT,
        };
        let types = plan.types();
        let column = |(index, ty): (usize, &DataType)| Expr::Column {
            index,
            ty: ty.clone(),
        };
        let mut exprs: Vec<Expr> = types.iter().enumerate().map(column).collect();
        exprs.push(chosen);
        let plan = Plan::Project {
            input: Box::new(plan),
            exprs,
        };
        self.merge_parts((plan, scope), into, actions, returning)
    }

    fn merge_action(&mut self, action: &'a MergeAction, into: &Target, scope: &Scope) -> Result<Action> {
        let def = &into.def;
        match action {
            MergeAction::Insert(MergeInsertExpr {
                insert_token,
                columns,
                kind_token: _,
                kind,
                insert_predicate,
            }) => {
                let at = &insert_token.0.span;
                refuse(insert_predicate.is_some(), "WHERE of an INSERT in MERGE", at)?;
                let MergeInsertKind::Values(values) = kind else {
                    return Err(unsupported("INSERT ROW or * in MERGE", at));
                };
                let [row] = values.rows.as_slice() else {
                    return Err(invalid("INSERT in MERGE takes one row of values", at));
                };
                let mut columns = named_columns(columns, &into.changed)?;
                if columns.is_empty() {
                    columns = unnamed_columns(&into.changed, row.content.len())?;
                }
                if row.content.len() != columns.len() {
                    return Err(count_mismatch(columns.len(), row.content.len(), at));
                }
                let mut env = Env::new(scope, "VALUES");
                let mut values = Vec::with_capacity(columns.len());
                for (value, column) in row.content.iter().zip(&columns) {
                    if !takes_default(def, *column, value)? {
                        values.push(self.assigned(value, def, *column, &mut env)?);
                    }
                }
                columns.retain(|c| !is_generated(def, *c));
                Ok(Action::Insert(columns, values))
            }
            MergeAction::Update(MergeUpdateExpr {
                update_token,
                kind,
                update_predicate,
                delete_predicate,
            }) => {
                let at = &update_token.0.span;
                let more = update_predicate.is_some() || delete_predicate.is_some();
                refuse(more, "WHERE of an UPDATE in MERGE", at)?;
                let MergeUpdateKind::Set(assignments) = kind else {
                    return Err(unsupported("UPDATE SET * in MERGE", at));
                };
                let name = scope.tables().get(into.table).map(|t| t.name.as_str());
                let mut set = Vec::with_capacity(assignments.len());
                let mut values = Vec::with_capacity(assignments.len());
                for a in assignments {
                    let column = target(&into.changed, name, a)?;
                    if set.contains(&column) {
                        return Err(invalid("a column is set twice", a));
                    }
                    if takes_default(def, column, &a.value)? {
                        continue;
                    }
                    set.push(column);
                    values.push(self.assigned(&a.value, def, column, &mut Env::new(scope, "SET"))?);
                }
                Ok(Action::Update(set, values))
            }
            MergeAction::Delete { delete_token: _ } => Ok(Action::Delete),
            MergeAction::DoNothing {
                do_token: _,
                nothing_token: _,
            } => Ok(Action::Nothing),
        }
    }

    /// The statement over a join with one more column than its scope has, the number of the action.
    fn merge_parts(
        &mut self,
        (plan, scope): (Plan, Scope),
        mut into: Target,
        actions: Vec<(usize, Action)>,
        returning: Option<&'a [ast::SelectItem]>,
    ) -> Result<Statement> {
        let chosen = scope.width();
        let (mut exprs, mut columns) = (Vec::new(), Vec::new());
        let rows = into.append_to(&mut exprs, &mut columns);
        let mut others = Vec::new();
        let mut seen = None;
        if returning.is_some() {
            let start = exprs.len();
            seen = Some(into.returned(scope, &mut exprs, &mut columns));
            others.extend(start..exprs.len());
        }
        let def = into.def.clone();
        let checks = into.changed.checks(self.cx)?;
        let mut parts = Vec::new();
        for (k, mut action) in actions {
            let is_chosen = Expr::Compare {
                op: CompareOp::Eq,
                left: Box::new(Expr::Column {
                    index: chosen,
                    ty: DataType::BIGINT,
                }),
                right: Box::new(number(k)),
            };
            let mut add = |expr: Expr, name: String| {
                columns.push(OutputColumn {
                    name,
                    ty: expr.ty(),
                    table: None,
                });
                exprs.push(expr);
                exprs.len() - 1
            };
            let mut given = Vec::new();
            if let Action::Insert(set, values) | Action::Update(set, values) = &mut action {
                for (column, value) in set.iter().zip(core::mem::take(values)) {
                    let ty = value.ty();
                    let only = Expr::Case {
                        branches: vec![(is_chosen.clone(), value)],
                        otherwise: None,
                        ty,
                    };
                    let name = def
                        .columns
                        .get(*column)
                        .map_or_else(String::new, |c| c.name.clone());
                    given.push(add(only, name));
                }
            }
            let when = add(is_chosen, String::from("chosen"));
            let mut from: Vec<usize> = match action {
                Action::Insert(..) => given,
                _ => rows.clone().chain(given).collect(),
            };
            from.extend(&others);
            self.merge_action = action.name();
            let returning = returning.zip(seen.as_ref());
            let returning = returning
                .filter(|_| action.name().is_some())
                .map(|(items, seen)| self.returned_alone(items, seen, &into.changed))
                .transpose();
            self.merge_action = None;
            let returning = returning?;
            let shape: Vec<OutputColumn> = from.iter().filter_map(|c| columns.get(*c).cloned()).collect();
            let source = part_source(&shape);
            let change = match action {
                Action::Nothing => continue,
                Action::Delete => Change::Delete(Arc::new(Delete {
                    table: def.id,
                    source,
                    returning,
                })),
                Action::Update(set, _) => Change::Update(Arc::new(Update {
                    ignores: false,
                    table: def.id,
                    source,
                    derived: derived(&def, &set, self.cx)?,
                    set,
                    checks: checks.clone(),
                    returning,
                })),
                Action::Insert(columns, _) => Change::Insert(Arc::new(Insert {
                    table: def.id,
                    defaults: self.other_defaults(&def, &columns)?,
                    generated: generated(&def, self.cx)?,
                    columns,
                    source: InsertSource::Query(source),
                    checks: checks.clone(),
                    on_conflict: Vec::new(),
                    counts_existing: false,
                    returning,
                })),
            };
            parts.push(ChangePart {
                change,
                columns: from,
                when: Some(when),
            });
        }
        Ok(Statement::Changes(Arc::new(Changes {
            source: Arc::new(Query {
                plan: Plan::Project {
                    input: Box::new(plan),
                    exprs,
                },
                sub_plans: core::mem::take(&mut self.sub_plans),
                columns: columns.into(),
            }),
            parts,
            once: true,
        })))
    }

    /// `merge_action()`: what became of the row, in RETURNING of MERGE.
    pub(super) fn merge_action_name(&self, f: &ast::Function, args: &[ast::FunctionArg]) -> Result<Expr> {
        let action = match (self.merge_action, args) {
            (Some(action), []) => action,
            (Some(_), _) => return Err(invalid("merge_action() takes no argument", f)),
            (None, _) => return Err(invalid("merge_action() is for RETURNING of MERGE", f)),
        };
        Ok(Expr::Literal {
            value: Value::Text(action.into()),
            ty: DataType::TEXT,
        })
    }
}
