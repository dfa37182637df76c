//! Upserts in their three spellings: INSERT IGNORE and REPLACE, ON DUPLICATE KEY UPDATE, ON CONFLICT.
//!
//! The new values are bound over the old row's columns followed by those of the row to insert, which
//! is called `excluded` (ON CONFLICT), by its alias, or by `VALUES(column)`.

use super::binder::{Binder, Env};
use super::column_values::{bind_own, bind_table_expr};
use super::constraint::{PRIMARY, is_primary_key};
use super::generated::{derived, takes_default};
use super::insert::{OtherColumn, Rows, row_alias, target};
use super::names::{Scope, ScopeTable, ident};
use super::refuse::{Place, invalid, unsupported};
use super::view_base::Changed;
use crate::catalog::TableDef;
use crate::sql::optimize::{implies, split_conjuncts};
use crate::sql::parse::{ClauseTarget, ClauseUpdate, conflict_clauses, start};
use crate::sql::plan::{ConflictAction, ConflictClause, ConflictTarget, Expr};
use crate::types::{Error, Position, Result};
use alloc::{format, string::String, vec, vec::Vec};
use sqlparser::ast::{self, ObjectName, OnInsert, SqliteOnConflict};

impl<'a> Binder<'a> {
    /// What an INSERT does about rows whose key exists.
    pub(super) fn on_conflict(
        &mut self,
        i: &'a ast::Insert,
        into: &Changed,
        rows: &Rows,
    ) -> Result<Vec<ConflictClause>> {
        let or = match i.or {
            None | Some(SqliteOnConflict::Abort) => None,
            Some(SqliteOnConflict::Ignore) => Some(ConflictAction::Ignore),
            Some(SqliteOnConflict::Replace) => Some(ConflictAction::Replace),
            Some(SqliteOnConflict::Rollback) => return Err(unsupported("INSERT OR ROLLBACK", i)),
            Some(SqliteOnConflict::Fail) => return Err(unsupported("INSERT OR FAIL", i)),
        };
        let action = match (or, i.ignore, i.replace_into) {
            (or, false, false) => or,
            (None, true, false) => Some(ConflictAction::Ignore),
            (None, false, true) => Some(ConflictAction::Replace),
            _ => return Err(invalid("IGNORE, REPLACE and OR exclude each other", i)),
        };
        if let Some(alias) = &i.insert_alias {
            let duplicate = matches!(i.on, Some(OnInsert::DuplicateKeyUpdate(_)));
            if !duplicate {
                return Err(invalid(
                    "a row alias is for ON DUPLICATE KEY UPDATE",
                    &alias.row_alias,
                ));
            }
        }
        let any = |action| ConflictClause {
            target: ConflictTarget::Any,
            action,
        };
        let Some(on) = &i.on else {
            return Ok(action.map(any).into_iter().collect());
        };
        if action == Some(ConflictAction::Replace) {
            return Err(invalid(
                "REPLACE excludes ON DUPLICATE KEY UPDATE and ON CONFLICT",
                i,
            ));
        }
        match on {
            OnInsert::DuplicateKeyUpdate(assignments) => {
                let scope = self.upsert_scope(i, into, rows, None)?;
                let update = (assignments.as_slice(), None);
                let action = self.conflict_update(update, i, into, &scope, true)?;
                Ok(vec![any(action)])
            }
            OnInsert::OnConflict(on) => self.conflict_clauses(i, on, into, rows),
            _ => Err(unsupported("this ON clause of INSERT", i)),
        }
    }

    fn conflict_clauses(
        &mut self,
        i: &'a ast::Insert,
        on: &'a ast::OnConflict,
        into: &Changed,
        rows: &Rows,
    ) -> Result<Vec<ConflictClause>> {
        let written = conflict_clauses(on);
        let last = written.len().saturating_sub(1);
        let mut clauses = Vec::with_capacity(written.len());
        for (at, clause) in written.into_iter().enumerate() {
            if clause.target.is_none() && at < last {
                return Err(invalid(
                    "only the last ON CONFLICT clause may do without the columns of a key",
                    i,
                ));
            }
            if let (None, Some(condition)) = (&clause.target, clause.condition) {
                return Err(invalid(
                    "ON CONFLICT WHERE names the columns of a partial index: ON CONFLICT (columns) WHERE …",
                    condition,
                ));
            }
            let target = match &clause.target {
                None => ConflictTarget::Any,
                Some(target) => self.conflict_keys(target, clause.condition, into)?,
            };
            let action = match clause.update {
                None => ConflictAction::Ignore,
                Some(ClauseUpdate { assignments, filter }) => {
                    let scope = self.upsert_scope(i, into, rows, Some("excluded"))?;
                    self.conflict_update((assignments, filter), i, into, &scope, false)?
                }
            };
            clauses.push(ConflictClause { target, action });
        }
        Ok(clauses)
    }

    /// The old row under the table's name, then the new one under its alias (or under none).
    fn upsert_scope(
        &self,
        i: &ast::Insert,
        into: &Changed,
        rows: &Rows,
        excluded: Option<&str>,
    ) -> Result<Scope> {
        let def = &into.def;
        let mut names = into.base_names();
        let mut scope = match &into.view {
            None => Scope::of_table(def, None),
            Some(v) => {
                let own = ScopeTable::view(v.schema.clone(), v.name.clone(), names.clone());
                Scope::over_table(own, def)
            }
        };
        scope = scope.called(i.table_alias.as_ref().map(|a| &a.alias));
        let given = &rows.columns;
        let alias = match (&i.insert_alias, excluded) {
            (Some(a), _) => {
                let alias = row_alias(&a.row_alias)?;
                if let Some(columns) = a.col_aliases.as_ref().filter(|c| !c.is_empty()) {
                    if columns.len() != given.len() {
                        return Err(invalid("the row alias names as many columns as INSERT", alias));
                    }
                    for (column, name) in given.iter().zip(columns) {
                        if let Some(slot) = names.get_mut(*column) {
                            *slot = name.value.clone();
                        }
                    }
                }
                alias.value.clone()
            }
            (None, Some(name)) => String::from(name),
            (None, None) => String::new(),
        };
        scope.append_hidden(Scope::over_table(ScopeTable::derived(alias, names), def))?;
        // The tables of the query, of which only what is named here came along.
        let others = &rows.others;
        let mut tables: Vec<&str> = Vec::new();
        for o in others {
            if !tables.iter().any(|t| t.eq_ignore_ascii_case(&o.table.value)) {
                tables.push(&o.table.value);
            }
        }
        let behind = scope.width();
        for table in tables {
            let own = |o: &&OtherColumn| o.table.value.eq_ignore_ascii_case(table);
            let places: Vec<usize> = others
                .iter()
                .enumerate()
                .filter(|(_, o)| own(o))
                .map(|(i, _)| i)
                .collect();
            let names = others
                .iter()
                .filter(own)
                .map(|o| o.column.value.clone())
                .collect();
            let types = others.iter().filter(own).map(|o| o.ty.clone()).collect();
            let of = Scope::of(ScopeTable::derived(String::from(table), names), types);
            scope.append_hidden_at(of, behind + others.len(), |index| {
                behind + places.get(index).copied().unwrap_or(index)
            })?;
        }
        Ok(scope)
    }

    fn conflict_update(
        &mut self,
        (assignments, filter): (&'a [ast::Assignment], Option<&'a ast::Expr>),
        i: &ast::Insert,
        into: &Changed,
        scope: &Scope,
        values_function: bool,
    ) -> Result<ConflictAction> {
        let def = &into.def;
        let mut env = Env::new(scope, "an upsert's SET");
        let alias = i.table_alias.as_ref().map(|a| a.alias.value.as_str());
        env.inserted = values_function.then_some(def.columns.len());
        let mut set: Vec<(usize, Expr)> = Vec::with_capacity(assignments.len());
        for a in assignments {
            let column = target(into, alias, a)?;
            if set.iter().any(|(c, _)| *c == column) {
                return Err(invalid("a column is set twice", a));
            }
            if !takes_default(def, column, &a.value)? {
                set.push((column, self.assigned(&a.value, def, column, &mut env)?));
            }
        }
        env.clause = "an upsert's WHERE";
        let filter = filter.map(|f| self.condition(f, &mut env)).transpose()?;
        let columns: Vec<usize> = set.iter().map(|(c, _)| *c).collect();
        Ok(ConflictAction::Update {
            set,
            filter,
            derived: derived(def, &columns, self.cx)?,
        })
    }

    /// The keys that a clause looks at: those of exactly its columns and expressions, of partial indexes those whose
    /// condition follows from the clause's.
    fn conflict_keys(
        &self,
        target: &ClauseTarget<'_>,
        condition: Option<&ast::Expr>,
        into: &Changed,
    ) -> Result<ConflictTarget> {
        let def = &into.def;
        if let (Some(condition), Some(view)) = (condition, &into.view) {
            return Err(unsupported(
                format!("ON CONFLICT … WHERE through view {}", view.name),
                condition,
            ));
        }
        let mut columns = Vec::new();
        let at = match target {
            ClauseTarget::Constraint(name) => return constraint(name, def),
            ClauseTarget::Columns(names) => {
                for n in *names {
                    columns.push(into.column(n)?);
                }
                names.first().map(Place::place)
            }
            ClauseTarget::Exprs(exprs) => {
                for e in *exprs {
                    columns.push(self.conflict_column(e, into)?);
                }
                exprs.first().map(Place::place)
            }
        };
        let given = match condition {
            None => Vec::new(),
            Some(c) => split_conjuncts(Some(bind_table_expr(&format!("{c}"), def, self.cx)?)),
        };
        let mut keys = Vec::new();
        if def.row_id_column.is_some_and(|r| columns == [r]) {
            keys.push(None);
        }
        for (place, index) in def.indexes.iter().enumerate().filter(|(_, i)| i.unique) {
            let partial = usize::from(index.filter.is_some());
            let own = index.columns.get(partial..).unwrap_or(&[]);
            let same = own.len() == columns.len() && own.iter().all(|c| columns.contains(&c.column));
            if !same {
                continue;
            }
            if let Some(filter) = &index.filter {
                let filter = split_conjuncts(Some(bind_table_expr(filter, def, self.cx)?));
                if !filter.iter().all(|f| given.iter().any(|g| implies(g, f))) {
                    continue;
                }
            }
            keys.push(Some(place));
        }
        match keys.is_empty() {
            true => Err(not_unique(def, condition.is_some(), at)),
            false => Ok(ConflictTarget::Keys(keys)),
        }
    }

    /// The column, maybe hidden, that has the values of an expression of a clause's key.
    fn conflict_column(&self, e: &ast::Expr, into: &Changed) -> Result<usize> {
        let def = &into.def;
        let mut inner = e;
        while let ast::Expr::Nested(e) = inner {
            inner = e;
        }
        if let ast::Expr::Identifier(name) = inner {
            return into.column(name);
        }
        if let Some(view) = &into.view {
            return Err(unsupported(
                format!("ON CONFLICT of an expression through view {}", view.name),
                e,
            ));
        }
        let bound = bind_own(&format!("{inner}"), def, "ON CONFLICT", self.cx)?;
        for (at, column) in def.columns.iter().enumerate().filter(|(_, c)| c.hidden) {
            if let Some(generated) = &column.generated
                && bind_own(&generated.sql, def, "ON CONFLICT", self.cx)? == bound
            {
                return Ok(at);
            }
        }
        Err(not_unique(def, false, Some(e.place())))
    }
}

/// The key that `ON CONFLICT ON CONSTRAINT name` means.
fn constraint(name: &ObjectName, def: &TableDef) -> Result<ConflictTarget> {
    let name = ident(name, "constraint")?;
    let primary = is_primary_key(def, &name.value);
    if primary && def.row_id_column.is_some() {
        return Ok(ConflictTarget::Keys(vec![None]));
    }
    let mut indexes = def.indexes.iter();
    let found = indexes.position(|i| match primary {
        true => i.name == PRIMARY,
        false => i.unique && i.name.eq_ignore_ascii_case(&name.value),
    });
    found
        .map(|i| ConflictTarget::Keys(vec![Some(i)]))
        .ok_or_else(|| Error::Unknown {
            kind: "constraint",
            nearest: None,
            name: name.value.clone(),
            position: start(name.span),
        })
}

fn not_unique(def: &TableDef, conditional: bool, at: Option<Option<Position>>) -> Error {
    let condition = match conditional {
        true => " whose condition, if it has one, follows from this one",
        false => "",
    };
    Error::Invalid {
        message: format!(
            "ON CONFLICT: table {} has no PRIMARY KEY or UNIQUE over exactly these columns{condition}",
            def.name
        ),
        position: at.flatten(),
    }
}
