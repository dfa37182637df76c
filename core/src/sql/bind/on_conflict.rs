//! Upserts in their three spellings: INSERT IGNORE and REPLACE, ON DUPLICATE KEY UPDATE, ON CONFLICT.
//!
//! The new values are bound over the old row's columns followed by those of the row to insert, which
//! is called `excluded` (ON CONFLICT), by its alias, or by `VALUES(column)`.

use super::binder::{Binder, Env};
use super::generated::{derived, takes_default};
use super::insert::{row_alias, target, unknown_column};
use super::names::{Scope, ScopeTable, ident};
use super::refuse::{invalid, unsupported};
use crate::catalog::TableDef;
use crate::sql::plan::{ConflictAction, ConflictTarget, Expr};
use crate::types::Result;
use alloc::{format, string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{
    self, ConflictTarget as AstTarget, DoUpdate, Ident, OnConflict, OnConflictAction, OnInsert,
    SqliteOnConflict,
};

impl<'a> Binder<'a> {
    /// What an INSERT does about rows whose key exists, and which key it looks at.
    pub(super) fn on_conflict(
        &mut self,
        i: &'a ast::Insert,
        def: &Arc<TableDef>,
        columns: &[usize],
    ) -> Result<(ConflictAction, ConflictTarget)> {
        let or = match i.or {
            None | Some(SqliteOnConflict::Abort) => ConflictAction::Error,
            Some(SqliteOnConflict::Ignore) => ConflictAction::Ignore,
            Some(SqliteOnConflict::Replace) => ConflictAction::Replace,
            Some(SqliteOnConflict::Rollback) => return Err(unsupported("INSERT OR ROLLBACK", i)),
            Some(SqliteOnConflict::Fail) => return Err(unsupported("INSERT OR FAIL", i)),
        };
        let mut action = match (or, i.ignore, i.replace_into) {
            (or, false, false) => or,
            (ConflictAction::Error, true, false) => ConflictAction::Ignore,
            (ConflictAction::Error, false, true) => ConflictAction::Replace,
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
        let Some(on) = &i.on else {
            return Ok((action, ConflictTarget::Any));
        };
        if action == ConflictAction::Replace {
            return Err(invalid(
                "REPLACE excludes ON DUPLICATE KEY UPDATE and ON CONFLICT",
                i,
            ));
        }
        let mut conflict_target = ConflictTarget::Any;
        match on {
            OnInsert::DuplicateKeyUpdate(assignments) => {
                let scope = self.upsert_scope(i, def, columns, None)?;
                action = self.conflict_update(assignments, None, def, &scope, true)?;
            }
            OnInsert::OnConflict(OnConflict {
                conflict_target: key,
                action: what,
            }) => {
                conflict_target = conflict_key(key.as_ref(), def)?;
                action = match what {
                    OnConflictAction::DoNothing => ConflictAction::Ignore,
                    OnConflictAction::DoUpdate(DoUpdate {
                        assignments,
                        selection,
                    }) => {
                        let scope = self.upsert_scope(i, def, columns, Some("excluded"))?;
                        self.conflict_update(assignments, selection.as_ref(), def, &scope, false)?
                    }
                };
            }
            _ => return Err(unsupported("this ON clause of INSERT", i)),
        }
        Ok((action, conflict_target))
    }

    /// The old row under the table's name, then the new one under its alias (or under none).
    fn upsert_scope(
        &self,
        i: &ast::Insert,
        def: &Arc<TableDef>,
        given: &[usize],
        excluded: Option<&str>,
    ) -> Result<Scope> {
        let mut scope = Scope::of_table(def, None);
        let mut names: Vec<String> = def.columns.iter().map(|c| c.name.clone()).collect();
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
        Ok(scope)
    }

    fn conflict_update(
        &mut self,
        assignments: &'a [ast::Assignment],
        filter: Option<&'a ast::Expr>,
        def: &Arc<TableDef>,
        scope: &Scope,
        values_function: bool,
    ) -> Result<ConflictAction> {
        let mut env = Env::new(scope, "an upsert's SET").without_subqueries();
        env.inserted = values_function.then_some(def.columns.len());
        let mut set: Vec<(usize, Expr)> = Vec::with_capacity(assignments.len());
        for a in assignments {
            let column = target(def, None, a)?;
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
}

/// The key that `ON CONFLICT (columns)` or `ON CONFLICT ON CONSTRAINT name` means.
fn conflict_key(key: Option<&AstTarget>, def: &TableDef) -> Result<ConflictTarget> {
    match key {
        None => Ok(ConflictTarget::Any),
        Some(AstTarget::Columns(names)) => {
            let mut columns = Vec::with_capacity(names.len());
            for n in names {
                columns.push(def.column(&n.value).ok_or_else(|| unknown_column(def, n))?);
            }
            if def.row_id_column.is_some_and(|r| columns == [r]) {
                return Ok(ConflictTarget::RowId);
            }
            let same = |i: &crate::catalog::IndexDef| {
                i.unique
                    && i.columns.len() == columns.len()
                    && i.columns.iter().all(|c| columns.contains(&c.column))
            };
            match (def.indexes.iter().position(same), names.first()) {
                (Some(i), _) => Ok(ConflictTarget::Index(i)),
                (None, first) => Err(not_unique(def, first)),
            }
        }
        Some(AstTarget::OnConstraint(name)) => {
            let name = ident(name, "constraint")?;
            let primary = name.value.eq_ignore_ascii_case("PRIMARY");
            if primary && def.row_id_column.is_some() {
                return Ok(ConflictTarget::RowId);
            }
            let found = def
                .indexes
                .iter()
                .position(|i| i.unique && i.name.eq_ignore_ascii_case(&name.value));
            found
                .map(ConflictTarget::Index)
                .ok_or_else(|| crate::types::Error::Unknown {
                    kind: "constraint",
                    nearest: None,
                    name: name.value.clone(),
                    position: crate::sql::parse::start(name.span),
                })
        }
    }
}

fn not_unique(def: &TableDef, at: Option<&Ident>) -> crate::types::Error {
    let message = format!(
        "ON CONFLICT: table {} has no PRIMARY KEY or UNIQUE over exactly these columns",
        def.name
    );
    match at {
        Some(i) => invalid(message, i),
        None => crate::types::Error::invalid(message),
    }
}
