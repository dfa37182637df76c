//! ALTER TABLE … MODIFY, CHANGE and ALTER COLUMN.

use super::alter_table::Alteration;
use super::column_def::{Column, Inline};
use super::column_values::{bind_own, bind_table_expr, is_default};
use super::constraint::{PRIMARY, column, indexable, unique};
use super::create_table::check_auto_increment;
use super::foreign_key::{children, same_family};
use super::generated::{check_generated, depending, reads_any};
use super::refuse::{invalid, unsupported};
use super::types::{cast, compare};
use crate::catalog::{ColumnDef, ColumnDefault, IndexColumn, IndexDef, ReferentialAction, TableDef};
use crate::sql::bind::bind_definition;
use crate::sql::plan::{AlterAction, ColumnChange, CompareOp, Expr, RowCheck};
use crate::table::prefix_of;
use crate::types::{DataType, Error, Result};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{self, AlterColumnOperation, ColumnOption, Ident, MySQLColumnPosition};

/// Gives every column of an expression another position.
fn move_columns(expr: &mut Expr, place: &dyn Fn(usize) -> usize) {
    match expr {
        Expr::Column { index, .. } => *index = place(*index),
        _ => expr.for_each_child_mut(&mut |c| move_columns(c, place)),
    }
}

/// Moves a column; returns the position before of every column.
fn moved(count: usize, from: usize, to: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).filter(|c| *c != from).collect();
    order.insert(to.min(order.len()), from);
    order
}

impl Alteration<'_, '_> {
    /// MODIFY COLUMN, and CHANGE COLUMN if it has a new name.
    pub(super) fn modify_column(
        &mut self,
        old: &Ident,
        new: &Ident,
        data_type: &ast::DataType,
        options: &[ColumnOption],
        position: Option<&MySQLColumnPosition>,
    ) -> Result<()> {
        let at = column(&self.def, old)?;
        if old.value != new.value {
            self.rename_column(old, new)?;
        }
        let options = options.iter().map(|o| (None, o));
        let Column {
            def,
            inline,
            at: place,
            ..
        } = self.binder.column_options(new, data_type, options)?;
        let to = match position {
            None => at,
            Some(MySQLColumnPosition::First) => 0,
            Some(MySQLColumnPosition::After(name)) => {
                let after = column(&self.def, name)?;
                match after.cmp(&at) {
                    core::cmp::Ordering::Less => after + 1,
                    core::cmp::Ordering::Equal => {
                        return Err(invalid(format!("column {} AFTER itself", name.value), name));
                    }
                    core::cmp::Ordering::Greater => after,
                }
            }
        };
        self.change_column((at, to), def, new, None)?;
        for (name, inline) in inline {
            match inline {
                Inline::PrimaryKey(_) if self.def.primary_key == [to] => {}
                Inline::PrimaryKey(key) => {
                    let key =
                        super::constraint::primary_key(&self.def, key, Some(to), place, self.binder.cx)?;
                    self.add_primary_key(key)?;
                }
                Inline::Unique(key) => {
                    let index = unique(&mut self.def, key, name, Some(to), place, self.binder.cx)?;
                    self.add_index(index);
                }
                Inline::Check(check) => self.add_check(check, name)?,
                Inline::ForeignKey(key) => self.add_foreign_key(key, name, Some(to))?,
            }
        }
        check_auto_increment(&self.def, place)
    }

    /// ALTER COLUMN.
    pub(super) fn alter_column(&mut self, name: &Ident, op: &AlterColumnOperation) -> Result<()> {
        let at = column(&self.def, name)?;
        let Some(mut def) = self.def.columns.get(at).cloned() else {
            return Ok(());
        };
        let mut given = None;
        match op {
            AlterColumnOperation::SetNotNull => def.nullable = false,
            AlterColumnOperation::DropNotNull if self.def.primary_key.contains(&at) => {
                return Err(invalid(
                    format!(
                        "column {} is part of the primary key: it takes no NULL",
                        name.value
                    ),
                    name,
                ));
            }
            AlterColumnOperation::DropNotNull => def.nullable = true,
            AlterColumnOperation::SetDefault { value } => {
                if def.generated.is_some() || def.auto_increment || is_default(value) {
                    return Err(invalid(
                        format!("column {} takes no such DEFAULT", name.value),
                        name,
                    ));
                }
                def.default = self.binder.default_text(value, &def)?;
            }
            AlterColumnOperation::DropDefault => def.default = ColumnDefault::None,
            AlterColumnOperation::SetDataType {
                data_type,
                using,
                had_set: _,
            } => {
                if let (Some(e), true) = (using, def.generated.is_some()) {
                    return Err(invalid(format!("column {} is generated", name.value), e));
                }
                given = using.as_ref();
                let named = self.binder.column_options(name, data_type, core::iter::empty())?;
                def.ty = named.def.ty;
                if let ColumnDefault::Sql(sql) = &def.default {
                    let value = crate::sql::parse::parse_expr(sql)?;
                    def.default = self.binder.default_text(&value, &def)?;
                }
            }
            AlterColumnOperation::AddGenerated { .. } => {
                return Err(unsupported(
                    "ADD GENERATED AS IDENTITY (use AUTO_INCREMENT)",
                    name,
                ));
            }
        }
        self.change_column((at, at), def, name, given)?;
        check_auto_increment(&self.def, None)
    }

    /// Makes the column at a position another one, at another position; `given`: USING.
    fn change_column(
        &mut self,
        (at, to): (usize, usize),
        mut new: ColumnDef,
        name: &Ident,
        given: Option<&ast::Expr>,
    ) -> Result<()> {
        let before = self.def.clone();
        let Some(old) = before.columns.get(at) else {
            return Ok(());
        };
        if before.primary_key.contains(&at) {
            new.nullable = false;
        }
        // They are of values of its type.
        new.statistics = old.statistics.clone().filter(|_| new.ty == old.ty);
        self.refuse_key_change(&before, at, &new, name)?;
        let from = moved(before.columns.len(), at, to);
        let place = |old: usize| from.iter().position(|f| *f == old).unwrap_or(old);
        self.def.for_each_position(&mut |p| *p = place(*p));
        self.def.columns = from
            .iter()
            .filter_map(|f| before.columns.get(*f).cloned())
            .collect();
        if let Some(c) = self.def.columns.get_mut(to) {
            *c = new.clone();
        }
        let primary = self.give_up_row_id(to, &new);
        self.retype_hidden(to)?;
        let def = Arc::new(self.def.clone());
        check_generated(&def, self.binder.cx)?;
        let mut changed = alloc::vec![to];
        let retyped =
            given.is_some() || old.ty != new.ty || new.generated.is_some() || old.generated != new.generated;
        let generated = match retyped {
            true => depending(&def, &mut changed, self.binder.cx)?,
            false => Vec::new(),
        };
        let mut checks = Vec::new();
        for c in self.def.checks.iter().filter(|_| retyped) {
            let bound = bind_table_expr(&c.sql, &def, self.binder.cx)?;
            if reads_any(&bound, &changed) {
                checks.push(RowCheck {
                    name: c.name.clone(),
                    of_view: false,
                    condition: bound,
                });
            }
        }
        let old_values = Expr::Column {
            index: 0,
            ty: old.ty.clone(),
        };
        // Over the columns as they were; only what is computed from nothing else is seen to stay the same.
        let given = given.map(|e| {
            bind_own(
                &format!("{e}"),
                &Arc::new(before.clone()),
                "USING",
                self.binder.cx,
            )
        });
        let given = given.transpose().map_err(|e| e.without_position())?;
        let given = given.map(|mut e| {
            move_columns(&mut e, &place);
            cast(e, &new.ty, true)
        });
        let keeps_value = given.is_none();
        let converted = cast(old_values.clone(), &new.ty, true);
        let convert = match (given, converted) {
            (Some(given), _) => Some(given),
            (None, Expr::Column { .. }) => None,
            (None, _) if new.generated.is_some() => None,
            (None, mut converted) => {
                move_columns(&mut converted, &|_| to);
                Some(converted)
            }
        };
        let new_values = Expr::Column {
            index: 1,
            ty: new.ty.clone(),
        };
        let is_same = match &convert {
            Some(_) if keeps_value => compare(CompareOp::Eq, old_values, new_values, None).ok(),
            _ => None,
        };
        let rewrites = at != to
            || convert.is_some()
            || primary.is_some()
            || !generated.is_empty()
            || !checks.is_empty()
            || old.ty.collation() != new.ty.collation()
            || (old.nullable && !new.nullable)
            || (new.auto_increment && !old.auto_increment);
        self.actions
            .push(AlterAction::ChangeColumn(Box::new(ColumnChange {
                columns: self.def.columns.clone(),
                from,
                column: to,
                rewrites,
                convert,
                is_same,
                generated,
                checks,
                row_id_column: self.def.row_id_column,
                primary,
            })));
        Ok(())
    }

    /// Refuses a type that keys and foreign keys of the column cannot have.
    fn refuse_key_change(&self, def: &TableDef, at: usize, new: &ColumnDef, name: &Ident) -> Result<()> {
        let in_index = |i: &&IndexDef| i.columns.iter().any(|c| c.column == at);
        let in_key = def.primary_key.contains(&at) || def.indexes.iter().any(|i| in_index(&i));
        if in_key && !indexable(&new.ty) {
            return Err(invalid(
                format!("{} column {} cannot be indexed", new.ty, new.name),
                name,
            ));
        }
        let apart = |foreign: &str, table: &str, other: &ColumnDef| {
            Err(invalid(
                format!(
                    "column {} is {} in foreign key {foreign} with {table}.{}: drop that before it becomes {}",
                    new.name, other.ty, other.name, new.ty
                ),
                name,
            ))
        };
        let all = children(self.binder.cx, def.id);
        for child in all.iter().map(|c| &**c).chain([def]) {
            for f in child.foreign_keys.iter().filter(|f| f.parent == def.id) {
                for (c, p) in f.columns.iter().zip(&f.parent_columns) {
                    if let Some(other) = child.columns.get(*c)
                        && *p == at
                        && !same_family(&other.ty, &new.ty)
                    {
                        return apart(&f.name, &child.name, other);
                    }
                }
            }
        }
        for f in def.foreign_keys.iter().filter(|f| f.columns.contains(&at)) {
            let sets_null = [f.on_delete, f.on_update].contains(&ReferentialAction::SetNull);
            if sets_null && !new.nullable {
                return Err(invalid(
                    format!("column {} is set to NULL by foreign key {}", new.name, f.name),
                    name,
                ));
            }
            let parent = self.binder.source().table_by_id(f.parent);
            for (c, p) in f.columns.iter().zip(&f.parent_columns) {
                if let Some(parent) = parent.as_ref()
                    && let Some(other) = parent.columns.get(*p)
                    && *c == at
                    && !same_family(&other.ty, &new.ty)
                {
                    return apart(&f.name, &parent.name, other);
                }
            }
        }
        Ok(())
    }

    /// If the row id becomes a column of a type that no row id has: the PRIMARY KEY's index instead.
    fn give_up_row_id(&mut self, at: usize, new: &ColumnDef) -> Option<IndexDef> {
        if self.def.row_id_column != Some(at) || matches!(new.ty, DataType::Int(_)) {
            return None;
        }
        let index = IndexDef {
            name: String::from(PRIMARY),
            columns: alloc::vec![IndexColumn {
                column: at,
                descending: false,
            }],
            unique: true,
            constraint: true,
            filter: None,
            statistics: None,
        };
        self.def.row_id_column = None;
        self.def.indexes.insert(0, index.clone());
        Some(index)
    }

    /// Gives the hidden columns that depend on a column the types that their expressions have now.
    fn retype_hidden(&mut self, at: usize) -> Result<()> {
        let def = Arc::new(self.def.clone());
        for (i, hidden) in def.columns.iter().enumerate().filter(|(_, c)| c.hidden) {
            let Some(generated) = &hidden.generated else {
                continue;
            };
            let bound = bind_definition(&generated.sql, &def)?;
            if !reads_any(&bound, &[at]) {
                continue;
            }
            let base = def.columns.get(at).map(|c| &c.ty);
            let ty = match (prefix_of(&generated.sql), base) {
                (Some((_, length)), Some(DataType::Text { collation, .. })) => DataType::Text {
                    max: Some(length),
                    collation: *collation,
                },
                (Some((name, _)), _) => {
                    return Err(Error::invalid(format!(
                        "an index is on the first characters of column {name}: drop it first"
                    )));
                }
                // The condition of a partial index.
                (None, _) if hidden.ty == DataType::Bool => DataType::Bool,
                (None, _) => bound.ty(),
            };
            if !indexable(&ty) {
                return Err(Error::invalid(format!(
                    "an expression of type {ty} cannot be indexed: ({})",
                    generated.sql
                )));
            }
            if let Some(c) = self.def.columns.get_mut(i) {
                c.ty = ty;
            }
        }
        Ok(())
    }
}
