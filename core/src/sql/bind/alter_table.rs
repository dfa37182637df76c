//! ALTER TABLE.
//!
//! Each action is bound against the table as the actions before it leave it: the definition is
//! carried along, changed after every action.

use super::BindContext;
use super::binder::Binder;
use super::column_def::Inline;
use super::column_values::default_of;
use super::constraint::{
    PRIMARY, check, column, has_constraint, is_primary_key, plain_index, primary_key, set_primary_key, unique,
};
use super::create_table::{serial_index, unoffered_constraint};
use super::foreign_key::children;
use super::generated::{check_generated, described, generated, reads_any};
use super::index::unknown_index;
use super::names::{ident, ident_value, nearest};
use super::refuse::{Place, invalid, limit_columns, refuse, unsupported};
use super::table_options::TableOptions;
use crate::catalog::{ColumnDef, ColumnDefault, TableDef};
use crate::sql::parse::{Existence, Part, start, unescape};
use crate::sql::plan::{AlterAction, Expr, PersistenceChange, Statement};
use crate::types::{Collation, Error, Result};
use alloc::{format, string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{
    self, AlterTable, AlterTableOperation as Op, CommentObject, Ident, MySQLColumnPosition, ObjectName,
    ObjectNamePart, RenameTableNameKind, TableConstraint,
};

/// Moves the positions of columns from `at` on.
fn shift(def: &mut TableDef, at: usize, step: impl Fn(usize) -> usize) {
    def.for_each_position(&mut |p| {
        if *p >= at {
            *p = step(*p);
        }
    });
}

fn unknown_constraint(def: &TableDef, name: &Ident) -> Error {
    let names = def
        .indexes
        .iter()
        .map(|i| i.name.as_str())
        .chain(def.foreign_keys.iter().map(|f| f.name.as_str()))
        .chain(def.checks.iter().map(|c| c.name.as_str()));
    Error::Unknown {
        kind: "constraint",
        nearest: nearest(&name.value, names),
        name: name.value.clone(),
        position: start(name.span),
    }
}

/// An ALTER TABLE under way: the definition so far, and the actions.
pub(super) struct Alteration<'b, 'a> {
    pub(super) binder: &'b Binder<'a>,
    pub(super) def: TableDef,
    pub(super) actions: Vec<AlterAction>,
}

impl<'b, 'a> Alteration<'b, 'a> {
    pub(super) fn new(binder: &'b Binder<'a>, def: &TableDef) -> Alteration<'b, 'a> {
        Alteration {
            binder,
            def: def.clone(),
            actions: Vec::new(),
        }
    }

    /// The statement that makes the changes; none if there are none.
    pub(super) fn statement(self) -> Statement {
        match self.actions.is_empty() {
            true => Statement::Nothing,
            false => Statement::AlterTable {
                table: self.def.id,
                actions: self.actions,
            },
        }
    }

    /// Whether nothing was changed.
    pub(super) fn is_unchanged(&self) -> bool {
        self.actions.is_empty()
    }

    /// Lets an index get the hidden columns it needs: they are added before it.
    pub(super) fn with_hidden<T>(
        &mut self,
        f: impl FnOnce(&mut TableDef, &BindContext<'_>) -> Result<T>,
    ) -> Result<T> {
        let before = self.def.columns.len();
        let made = f(&mut self.def, self.binder.cx)?;
        if self.def.columns.len() == before {
            return Ok(made);
        }
        check_generated(&Arc::new(self.def.clone()), self.binder.cx)?;
        for (at, expr) in self.computed()?.into_iter().filter(|(c, _)| *c >= before) {
            if let Some(column) = self.def.columns.get(at) {
                self.actions.push(AlterAction::AddColumn {
                    column: column.clone(),
                    fill: None,
                    position: Some(at),
                    unique: false,
                    generated: Some(expr),
                });
            }
        }
        Ok(made)
    }

    /// Drops the hidden columns that no index has any more.
    fn drop_unused(&mut self) {
        let unused = |def: &TableDef| {
            let used = |at: usize| {
                def.indexes
                    .iter()
                    .any(|i| i.columns.iter().any(|c| c.column == at))
            };
            (0..def.columns.len())
                .rev()
                .find(|at| def.columns.get(*at).is_some_and(|c| c.hidden) && !used(*at))
        };
        while let Some(at) = unused(&self.def) {
            self.def.columns.remove(at);
            shift(&mut self.def, at + 1, |p| p - 1);
            self.actions.push(AlterAction::DropColumn(at));
        }
    }

    fn operation(&mut self, op: &Op) -> Result<()> {
        match op {
            Op::AddColumn {
                column_keyword: _,
                if_not_exists,
                column_def,
                column_position,
            } => self.add_column(column_def, *if_not_exists, column_position.as_ref()),
            Op::AddConstraint {
                constraint,
                not_valid,
            } => {
                refuse(*not_valid, "NOT VALID", constraint)?;
                self.add_constraint(constraint)
            }
            Op::DropColumn {
                has_column_keyword: _,
                column_names,
                if_exists,
                drop_behavior: _,
            } => {
                for name in column_names {
                    self.drop_column(name, *if_exists)?;
                }
                Ok(())
            }
            Op::DropConstraint {
                if_exists,
                name,
                drop_behavior: _,
            } => self.drop_constraint(name, *if_exists),
            Op::DropForeignKey {
                name,
                drop_behavior: _,
            } => {
                let known = |f: &crate::catalog::ForeignKeyDef| f.name.eq_ignore_ascii_case(&name.value);
                if !self.def.foreign_keys.iter().any(known) {
                    return Err(unknown_constraint(&self.def, name));
                }
                self.drop_constraint(name, false)
            }
            Op::DropIndex { name } => {
                let known = |i: &crate::catalog::IndexDef| i.name.eq_ignore_ascii_case(&name.value);
                if !self.def.indexes.iter().any(known) {
                    return Err(unknown_index(&self.def, name));
                }
                self.drop_constraint(name, false)
            }
            Op::DropPrimaryKey { drop_behavior: _ } => self.drop_primary_key(),
            Op::RenameColumn {
                old_column_name,
                new_column_name,
            } => self.rename_column(old_column_name, new_column_name),
            Op::ModifyColumn {
                col_name,
                data_type,
                options,
                column_position,
            } => self.modify_column(col_name, col_name, data_type, options, column_position.as_ref()),
            Op::ChangeColumn {
                old_name,
                new_name,
                data_type,
                options,
                column_position,
            } => self.modify_column(old_name, new_name, data_type, options, column_position.as_ref()),
            Op::AlterColumn { column_name, op } => self.alter_column(column_name, op),
            Op::RenameConstraint { old_name, new_name } => self.rename_constraint(old_name, new_name),
            Op::RenameTable {
                table_name: RenameTableNameKind::To(name) | RenameTableNameKind::As(name),
            } => self.rename(name, false),
            Op::SetOptionsParens { options } => self.set_options(options),
            other => Err(unsupported(unoffered(other), other)),
        }
    }

    /// Whether an action is done under this condition.
    fn holds(&self, asked: &Existence) -> bool {
        let name = asked.name.as_ref().map_or("", |n| n.value.as_str());
        let there = match asked.part {
            Part::Column => self.def.column(name).is_some(),
            Part::Constraint => has_constraint(&self.def, name),
            Part::PrimaryKey => !self.def.primary_key.is_empty(),
        };
        there == asked.exists
    }

    fn set_options(&mut self, options: &[ast::SqlOption]) -> Result<()> {
        let TableOptions {
            persistence,
            comment,
            auto_increment,
            collation,
        } = TableOptions::of(options)?;
        refuse(
            collation.is_some_and(|c| c != Collation::Binary),
            "COLLATE of a table that exists (give it to its columns)",
            &Ident::new(&self.def.name),
        )?;
        if persistence != PersistenceChange::default() {
            self.actions.push(AlterAction::SetPersistence(persistence));
        }
        if let Some(comment) = comment {
            self.set_comment(None, comment);
        }
        self.actions
            .extend(auto_increment.map(AlterAction::AutoIncrement));
        Ok(())
    }

    fn set_comment(&mut self, column: Option<usize>, comment: String) {
        match column {
            None => self.def.comment = comment.clone(),
            Some(c) => {
                if let Some(c) = self.def.columns.get_mut(c) {
                    c.comment = comment.clone();
                }
            }
        }
        self.actions.push(AlterAction::Comment(column, comment));
    }

    fn add_column(
        &mut self,
        c: &ast::ColumnDef,
        if_not_exists: bool,
        position: Option<&MySQLColumnPosition>,
    ) -> Result<()> {
        let column = self.binder.column(c)?;
        if column.first.is_some() {
            return Err(unsupported(
                "START WITH of a column that is added (use AUTO_INCREMENT = n)",
                &c.name,
            ));
        }
        if self.def.column(&column.def.name).is_some() {
            if if_not_exists {
                return Ok(());
            }
            return Err(Error::Exists {
                kind: "column",
                name: column.def.name,
            });
        }
        let at = match position {
            None => None,
            Some(MySQLColumnPosition::First) => Some(0),
            Some(MySQLColumnPosition::After(name)) => Some(self::column(&self.def, name)? + 1),
        };
        limit_columns(self.def.columns.len() + 1, "a table", &c.name)?;
        let fill = self.fill(&column.def, &c.name)?;
        let place = at.unwrap_or(self.def.columns.len());
        shift(&mut self.def, place, |p| p + 1);
        self.def.columns.insert(place, column.def.clone());
        let computed = self.computed()?.into_iter().find(|(c, _)| *c == place);
        let mut is_unique = false;
        let mut later = Vec::new();
        for (name, inline) in &column.inline {
            match inline {
                Inline::Unique(key) if name.is_none() && !is_unique => {
                    let index = unique(&mut self.def, key, None, Some(place), column.at, self.binder.cx)?;
                    self.def.indexes.push(index);
                    is_unique = true;
                }
                _ => later.push((*name, inline)),
            }
        }
        self.actions.push(AlterAction::AddColumn {
            column: column.def,
            fill,
            position: at,
            unique: is_unique,
            generated: computed.map(|(_, e)| e),
        });
        let mut has_key = is_unique;
        for (name, inline) in later {
            match inline {
                Inline::PrimaryKey(key) => {
                    let key = primary_key(&self.def, key, Some(place), column.at, self.binder.cx)?;
                    self.add_primary_key(key)?;
                    has_key = true;
                }
                Inline::Unique(key) => {
                    let index = unique(&mut self.def, key, name, Some(place), column.at, self.binder.cx)?;
                    self.add_index(index);
                    has_key = true;
                }
                Inline::Check(c) => self.add_check(c, name)?,
                Inline::ForeignKey(k) => self.add_foreign_key(k, name, Some(place))?,
            }
        }
        if column.serial && !has_key {
            let name = super::constraint::free_name(&self.def, &c.name.value);
            self.add_index(serial_index(place, name));
        }
        Ok(())
    }

    /// The generated columns of the table as it is so far.
    fn computed(&self) -> Result<Vec<(usize, Expr)>> {
        generated(&Arc::new(self.def.clone()), self.binder.cx)
    }

    /// What existing rows get in a new column.
    fn fill(&self, column: &ColumnDef, at: &Ident) -> Result<Option<Expr>> {
        match &column.default {
            ColumnDefault::Sql(_) => default_of(&self.def, column, self.binder.cx),
            ColumnDefault::None if column.nullable || column.auto_increment || column.generated.is_some() => {
                Ok(None)
            }
            ColumnDefault::None if self.binder.source().row_count(self.def.id) == 0 => Ok(None),
            ColumnDefault::None => Err(invalid(
                format!(
                    "column {} is NOT NULL without DEFAULT, and table {} has rows; add a DEFAULT",
                    column.name, self.def.name
                ),
                at,
            )),
        }
    }

    pub(super) fn add_index(&mut self, index: crate::catalog::IndexDef) {
        self.def.indexes.push(index.clone());
        self.actions.push(AlterAction::AddIndex {
            index,
            primary_key: false,
        });
    }

    pub(super) fn add_primary_key(&mut self, index: crate::catalog::IndexDef) -> Result<()> {
        if !self.def.primary_key.is_empty() {
            return Err(Error::Exists {
                kind: "primary key of table",
                name: self.def.name.clone(),
            });
        }
        set_primary_key(&mut self.def, index.clone());
        self.actions.push(AlterAction::AddIndex {
            index,
            primary_key: true,
        });
        Ok(())
    }

    pub(super) fn add_check(&mut self, c: &ast::CheckConstraint, name: Option<&Ident>) -> Result<()> {
        let (c, condition) = check(&self.def, c, name, self.binder.cx)?;
        self.def.checks.push(c.clone());
        self.actions.push(AlterAction::AddCheck(c, condition));
        Ok(())
    }

    pub(super) fn add_foreign_key(
        &mut self,
        k: &ast::ForeignKeyConstraint,
        name: Option<&Ident>,
        own: Option<usize>,
    ) -> Result<()> {
        let key = self.binder.foreign_key(&self.def, k, name, own)?;
        if key.missing.is_some() {
            return Err(invalid(
                format!("{} does not exist; create it first", k.foreign_table),
                &k.foreign_table,
            ));
        }
        if let Some(index) = key.index {
            self.add_index(index);
        }
        self.def.foreign_keys.push(key.def.clone());
        self.actions.push(AlterAction::AddForeignKey(key.def));
        Ok(())
    }

    fn add_constraint(&mut self, constraint: &TableConstraint) -> Result<()> {
        let at = constraint.place();
        match constraint {
            TableConstraint::PrimaryKey(key) => {
                let key = primary_key(&self.def, key, None, at, self.binder.cx)?;
                self.add_primary_key(key)
            }
            TableConstraint::Unique(key) => {
                let index = self.with_hidden(|def, cx| unique(def, key, None, None, at, cx))?;
                self.add_index(index);
                Ok(())
            }
            TableConstraint::Index(key) => {
                let index = self.with_hidden(|def, cx| plain_index(def, key, at, cx))?;
                self.add_index(index);
                Ok(())
            }
            TableConstraint::Check(c) => self.add_check(c, None),
            TableConstraint::ForeignKey(k) => self.add_foreign_key(k, None, None),
            other => Err(unsupported(unoffered_constraint(other), other)),
        }
    }

    fn drop_column(&mut self, name: &Ident, if_exists: bool) -> Result<()> {
        let position = match column(&self.def, name) {
            Ok(p) => p,
            Err(_) if if_exists => return Ok(()),
            Err(e) => return Err(e),
        };
        let def = &self.def;
        let needed = |what: &str, by: &str| {
            Err(invalid(
                format!(
                    "column {}.{} is part of {what} {by}; drop that first",
                    def.name, name.value
                ),
                name,
            ))
        };
        if def.visible_columns().count() == 1 {
            return Err(invalid(
                format!("{} is the only column of {}", name.value, def.name),
                name,
            ));
        }
        let wide = |i: &&crate::catalog::IndexDef| {
            i.columns.len() > 1 && i.columns.iter().any(|c| c.column == position)
        };
        let unique = |i: &&crate::catalog::IndexDef| i.unique || i.filter.is_some();
        let primary = |i: &&crate::catalog::IndexDef| i.name == PRIMARY;
        let wide_indexes = || def.indexes.iter().filter(wide).filter(|i| !primary(i));
        if let Some(i) = wide_indexes().find(unique) {
            return needed("index", &i.name);
        }
        let narrowed: Vec<crate::catalog::IndexDef> = wide_indexes().cloned().collect();
        if let Some(f) = def.foreign_keys.iter().find(|f| f.columns.contains(&position)) {
            return needed("foreign key", &f.name);
        }
        for c in &def.checks {
            if self.check_reads(&c.sql, position)? {
                return needed("check", &c.name);
            }
        }
        for (c, expr) in self.computed()? {
            if c != position && reads_any(&expr, &[position]) {
                return needed("what computes", &described(def, c));
            }
        }
        let referring = children(self.binder.cx, def.id);
        let refers =
            |f: &&crate::catalog::ForeignKeyDef| f.parent == def.id && f.parent_columns.contains(&position);
        let own = def.foreign_keys.iter();
        if let Some(f) = referring
            .iter()
            .flat_map(|t| &t.foreign_keys)
            .chain(own)
            .find(refers)
        {
            return needed("what is referred to by foreign key", &f.name);
        }
        if self.def.primary_key.contains(&position) {
            self.drop_primary_key()?;
        }
        for mut index in narrowed {
            // As in MySQL, what is left of it stays.
            let name = index.name.clone();
            self.def.indexes.retain(|i| i.name != name);
            self.actions.push(AlterAction::DropConstraint(name));
            index.columns.retain(|c| c.column != position);
            index.statistics = None;
            self.add_index(index);
        }
        self.def
            .indexes
            .retain(|i| i.columns.iter().all(|c| c.column != position));
        self.def.columns.remove(position);
        shift(&mut self.def, position + 1, |p| p - 1);
        self.actions.push(AlterAction::DropColumn(position));
        Ok(())
    }

    /// Whether a CHECK reads a column.
    fn check_reads(&self, sql: &str, position: usize) -> Result<bool> {
        let bound = super::bind_table_expr(sql, &self.def, self.binder.cx)?;
        Ok(reads_any(&bound, &[position]))
    }

    pub(super) fn drop_constraint(&mut self, name: &Ident, if_exists: bool) -> Result<()> {
        if is_primary_key(&self.def, &name.value) {
            return self.drop_primary_key();
        }
        if !has_constraint(&self.def, &name.value) {
            return if if_exists {
                Ok(())
            } else {
                Err(unknown_constraint(&self.def, name))
            };
        }
        let is = |n: &str| n.eq_ignore_ascii_case(&name.value);
        // One thing per name: foreign keys first, then checks, then indexes.
        if let Some(i) = self.def.foreign_keys.iter().position(|f| is(&f.name)) {
            self.def.foreign_keys.remove(i);
        } else if let Some(i) = self.def.checks.iter().position(|c| is(&c.name)) {
            self.def.checks.remove(i);
        } else {
            self.def.indexes.retain(|i| !is(&i.name));
        }
        self.actions.push(AlterAction::DropConstraint(name.value.clone()));
        self.drop_unused();
        Ok(())
    }

    fn drop_primary_key(&mut self) -> Result<()> {
        if self.def.primary_key.is_empty() {
            return Err(Error::Unknown {
                kind: "primary key of table",
                name: self.def.name.clone(),
                nearest: None,
                position: None,
            });
        }
        self.def.primary_key.clear();
        self.def.row_id_column = None;
        self.def.indexes.retain(|i| i.name != PRIMARY);
        self.actions.push(AlterAction::DropPrimaryKey);
        Ok(())
    }

    pub(super) fn rename_column(&mut self, old: &Ident, new: &Ident) -> Result<()> {
        let position = column(&self.def, old)?;
        let new = ident_value(new)?;
        if self.def.column(&new).is_some_and(|c| c != position) {
            return Err(Error::Exists {
                kind: "column",
                name: new,
            });
        }
        for c in &self.def.checks {
            if self.check_reads(&c.sql, position)? {
                return Err(invalid(
                    format!(
                        "column {} is part of check {}; drop that first and add it again",
                        old.value, c.name
                    ),
                    old,
                ));
            }
        }
        for (c, expr) in self.computed()? {
            if reads_any(&expr, &[position]) {
                return Err(invalid(
                    format!(
                        "{} depends on column {}; drop that first and add it again",
                        described(&self.def, c),
                        old.value
                    ),
                    old,
                ));
            }
        }
        if let Some(c) = self.def.columns.get_mut(position) {
            c.name = new.clone();
        }
        self.actions.push(AlterAction::RenameColumn(position, new));
        Ok(())
    }

    fn rename_constraint(&mut self, old: &Ident, new: &Ident) -> Result<()> {
        let is_primary = |name: &Ident| name.value.eq_ignore_ascii_case(PRIMARY);
        if is_primary(old) || is_primary(new) {
            return Err(invalid("the primary key is always called PRIMARY", old));
        }
        if !has_constraint(&self.def, &old.value) {
            return Err(unknown_constraint(&self.def, old));
        }
        let new = ident_value(new)?;
        if !new.eq_ignore_ascii_case(&old.value) && has_constraint(&self.def, &new) {
            return Err(Error::Exists {
                kind: "constraint",
                name: new,
            });
        }
        self.def.rename_constraint(&old.value, &new);
        self.actions
            .push(AlterAction::RenameConstraint(old.value.clone(), new));
        Ok(())
    }

    /// RENAME TO; `is_free`: nothing has that name any more when it is done.
    fn rename(&mut self, name: &ObjectName, is_free: bool) -> Result<()> {
        let (schema, table) = self.binder.cx.table_name(name)?;
        refuse(
            !schema.eq_ignore_ascii_case(&self.def.schema),
            "RENAME to another schema",
            name,
        )?;
        let new = ident_value(table)?;
        let same = new.eq_ignore_ascii_case(&self.def.name);
        if !same && !is_free && self.binder.source().table(schema, &new).is_some() {
            return Err(Error::Exists {
                kind: "table",
                name: new,
            });
        }
        self.def.name = new.clone();
        self.actions.push(AlterAction::Rename(new));
        Ok(())
    }
}

impl Binder<'_> {
    /// ALTER TABLE.
    pub(super) fn alter_table(&self, a: &AlterTable, conditions: &[Option<Existence>]) -> Result<Statement> {
        let AlterTable {
            name,
            if_exists,
            // No table inherits from another.
            only: _,
            operations,
            location,
            on_cluster,
            table_type,
            end_token: _,
        } = a;
        refuse(location.is_some(), "LOCATION", name)?;
        refuse(on_cluster.is_some(), "ON CLUSTER", name)?;
        refuse(table_type.is_some(), "ALTER of this kind of table", name)?;
        let Some(def) = self.cx.table_if(name, *if_exists)? else {
            return Ok(Statement::Nothing);
        };
        let mut alteration = Alteration::new(self, &def);
        for (at, op) in operations.iter().enumerate() {
            if let Some(Some(asked)) = conditions.get(at)
                && !alteration.holds(asked)
            {
                continue;
            }
            alteration.operation(op)?;
            check_generated(&Arc::new(alteration.def.clone()), self.cx)?;
        }
        Ok(alteration.statement())
    }

    /// COMMENT ON TABLE or COLUMN … IS ….
    pub(super) fn comment_on(
        &self,
        kind: CommentObject,
        name: &ObjectName,
        comment: Option<&str>,
        if_exists: bool,
    ) -> Result<Statement> {
        let (table, column) = match (kind, name.0.as_slice()) {
            (CommentObject::Table, _) => (name.clone(), None),
            (CommentObject::Column, [table @ .., ObjectNamePart::Identifier(column)])
                if !table.is_empty() =>
            {
                (ObjectName(table.to_vec()), Some(column))
            }
            (CommentObject::Column, _) => {
                return Err(invalid("COMMENT ON COLUMN names table.column", name));
            }
            (kind, _) => return self.comment_on_other(kind, name, if_exists),
        };
        let Some(def) = self.cx.table_if(&table, if_exists)? else {
            return Ok(Statement::Nothing);
        };
        let column = column.map(|c| self::column(&def, c)).transpose()?;
        let comment = comment.map_or(String::new(), |c| unescape(c).into_owned());
        Ok(Statement::AlterTable {
            table: def.id,
            actions: alloc::vec![AlterAction::Comment(column, comment)],
        })
    }

    /// COMMENT ON what keeps none: it must be there.
    fn comment_on_other(&self, kind: CommentObject, name: &ObjectName, if_exists: bool) -> Result<Statement> {
        let source = self.source();
        let (kind, there) = match kind {
            CommentObject::Schema | CommentObject::Database => {
                let schema = ident(name, "schema")?;
                // What a new database of PostgreSQL has.
                let public = schema.value.eq_ignore_ascii_case("public");
                ("schema", public || source.schema_exists(&schema.value))
            }
            kind => {
                let (schema, own) = self.cx.table_name(name)?;
                match kind {
                    CommentObject::View => ("view", source.view(schema, &own.value).is_some()),
                    CommentObject::Sequence => ("sequence", source.sequence(schema, &own.value).is_some()),
                    CommentObject::Index => (
                        "index",
                        self.any_table(schema, |t| {
                            t.indexes.iter().any(|i| i.name.eq_ignore_ascii_case(&own.value))
                        }),
                    ),
                    other => return Err(unsupported(format!("COMMENT ON {other}"), name)),
                }
            }
        };
        self.commented(kind, name, there || if_exists)
    }

    /// `COMMENT ON CONSTRAINT | TRIGGER name ON table`.
    pub(super) fn comment_on_part(&self, part: &str, name: &Ident, table: &ObjectName) -> Result<Statement> {
        let def = self.cx.table(table)?;
        let (kind, there) = match part {
            "CONSTRAINT" => (
                "constraint",
                has_constraint(&def, &name.value) || is_primary_key(&def, &name.value),
            ),
            _ => (
                "trigger",
                def.triggers
                    .iter()
                    .any(|t| t.name.eq_ignore_ascii_case(&name.value)),
            ),
        };
        self.commented(kind, &ObjectName::from(alloc::vec![name.clone()]), there)
    }

    fn any_table(&self, schema: &str, mut is: impl FnMut(&TableDef) -> bool) -> bool {
        let names = self.source().table_names(schema);
        names
            .iter()
            .filter_map(|n| self.source().table(schema, n))
            .any(|t| is(&t))
    }

    fn commented(&self, kind: &'static str, name: &ObjectName, there: bool) -> Result<Statement> {
        match there {
            true => Ok(Statement::Nothing),
            false => Err(Error::Unknown {
                kind,
                name: format!("{name}"),
                nearest: None,
                position: name.place(),
            }),
        }
    }

    /// RENAME TABLE a TO b, c TO d: from left to right, so that tables may trade names.
    /// `existing`: those that do not exist are passed over.
    pub(super) fn rename_table(&self, renames: &[ast::RenameTable], existing: bool) -> Result<Statement> {
        // Tables renamed so far, as they are called now and were called before.
        let mut renamed: Vec<(Arc<TableDef>, String)> = Vec::with_capacity(renames.len());
        let mut statements = Vec::with_capacity(renames.len());
        for ast::RenameTable { old_name, new_name } in renames {
            let (schema, old) = self.cx.table_name(old_name)?;
            let is = |def: &TableDef, name: &str| {
                def.schema.eq_ignore_ascii_case(schema) && def.name.eq_ignore_ascii_case(name)
            };
            let known = renamed.iter().rposition(|(def, _)| is(def, &old.value));
            let def = match known {
                Some(at) => renamed.remove(at).0,
                None => {
                    let Some(def) = self.cx.table_if(old_name, existing)? else {
                        continue;
                    };
                    if renamed.iter().any(|(known, _)| known.id == def.id) {
                        return Err(Error::Unknown {
                            kind: "table",
                            name: old.value.clone(),
                            nearest: None,
                            position: start(old.span),
                        });
                    }
                    def
                }
            };
            let before = def.name.clone();
            let mut alteration = Alteration::new(self, &def);
            let (_, new) = self.cx.table_name(new_name)?;
            let is_free = renamed
                .iter()
                .any(|(_, was)| was.eq_ignore_ascii_case(&new.value))
                && !renamed.iter().any(|(def, _)| is(def, &new.value));
            alteration.rename(new_name, is_free)?;
            renamed.push((Arc::new(alteration.def.clone()), before));
            statements.push(alteration.statement());
        }
        Ok(match statements.len() {
            1 => statements.pop().unwrap_or(Statement::Nothing),
            _ => Statement::Definitions(statements),
        })
    }
}

/// What an action that is not offered is called.
fn unoffered(op: &Op) -> String {
    let words = match op {
        Op::Algorithm { .. } => "ALGORITHM",
        Op::Lock { .. } => "LOCK",
        Op::AddPartitions { .. } | Op::DropPartitions { .. } | Op::RenamePartitions { .. } => "PARTITION",
        Op::SwapWith { .. } => "SWAP WITH",
        Op::SetTblProperties { .. } => "SET TBLPROPERTIES",
        other => {
            let text = format!("{other}");
            let words: Vec<&str> = text.split_whitespace().take(2).collect();
            return format!("ALTER TABLE … {}", words.join(" "));
        }
    };
    format!("ALTER TABLE … {words}")
}
