//! CREATE TABLE.

use super::binder::Binder;
use super::column_def::{Column, Inline};
use super::constraint::{check, plain_index, primary_key, set_primary_key, unique};
use super::create_from::new_id;
use super::generated::check_generated;
use super::names::ident_value;
use super::refuse::{Place, invalid, limit_columns, refuse_at, unsupported};
use super::table_options::TableOptions;
use crate::catalog::{ParentName, TableDef};
use crate::sql::plan::Statement;
use crate::types::{DataType, Error, Position, Result};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec, vec::Vec};
use sqlparser::ast::{self, CreateTable, HiveDistributionStyle, TableConstraint};

fn refuse_clauses(c: &CreateTable, at: Option<Position>) -> Result<()> {
    let CreateTable {
        or_replace: _,
        temporary: _,
        unlogged,
        external,
        dynamic,
        global,
        if_not_exists: _,
        transient,
        volatile,
        iceberg,
        snapshot,
        name: _,
        columns: _,
        constraints: _,
        hive_distribution,
        hive_formats,
        table_options: _,
        file_format,
        location,
        query: _,
        without_rowid,
        like: _,
        clone,
        version,
        comment,
        on_commit,
        on_cluster,
        primary_key,
        order_by,
        partition_by,
        cluster_by,
        clustered_by,
        inherits,
        partition_of,
        for_values,
        // Columns are always strictly typed here.
        strict: _,
        copy_grants,
        enable_schema_evolution,
        change_tracking,
        data_retention_time_in_days,
        max_data_extension_time_in_days,
        default_ddl_collation,
        with_aggregation_policy,
        with_row_access_policy,
        with_storage_lifecycle_policy,
        with_tags,
        external_volume,
        with_connection,
        base_location,
        catalog,
        catalog_sync,
        storage_serialization_policy,
        target_lag,
        warehouse,
        refresh_mode,
        initialize,
        require_user,
        diststyle,
        distkey,
        sortkey,
        backup,
        multiset,
        fallback,
        with_data,
    } = c;
    let r = |present: bool, feature: &str| refuse_at(present, feature, at);
    r(*unlogged, "CREATE UNLOGGED TABLE")?;
    r(*external, "CREATE EXTERNAL TABLE")?;
    r(*dynamic, "CREATE DYNAMIC TABLE")?;
    r(global.is_some(), "GLOBAL or LOCAL TABLE")?;
    r(*transient, "CREATE TRANSIENT TABLE")?;
    r(*volatile, "CREATE VOLATILE TABLE")?;
    r(*iceberg || *snapshot, "CREATE ICEBERG or SNAPSHOT TABLE")?;
    r(with_data.is_some(), "WITH [NO] DATA")?;
    r(*without_rowid, "WITHOUT ROWID")?;
    r(clone.is_some(), "CREATE TABLE … CLONE")?;
    r(version.is_some(), "a table version")?;
    r(comment.is_some(), "COMMENT before the columns of a table")?;
    r(on_commit.is_some(), "ON COMMIT")?;
    r(on_cluster.is_some(), "ON CLUSTER")?;
    r(primary_key.is_some() || order_by.is_some(), "ORDER BY of a table")?;
    r(
        partition_by.is_some() || partition_of.is_some() || for_values.is_some(),
        "PARTITION BY",
    )?;
    r(cluster_by.is_some() || clustered_by.is_some(), "CLUSTER BY")?;
    r(inherits.is_some(), "INHERITS")?;
    r(
        multiset.is_some() || fallback.is_some(),
        "MULTISET, SET or FALLBACK",
    )?;
    let plain_hive = matches!(hive_distribution, HiveDistributionStyle::NONE)
        && hive_formats
            .as_ref()
            .is_none_or(|h| *h == ast::HiveFormat::default());
    let others = !plain_hive
        || file_format.is_some()
        || location.is_some()
        || *copy_grants
        || enable_schema_evolution.is_some()
        || change_tracking.is_some()
        || data_retention_time_in_days.is_some()
        || max_data_extension_time_in_days.is_some()
        || default_ddl_collation.is_some()
        || with_aggregation_policy.is_some()
        || with_row_access_policy.is_some()
        || with_storage_lifecycle_policy.is_some()
        || with_tags.is_some()
        || external_volume.is_some()
        || with_connection.is_some()
        || base_location.is_some()
        || catalog.is_some()
        || catalog_sync.is_some()
        || storage_serialization_policy.is_some()
        || target_lag.is_some()
        || warehouse.is_some()
        || refresh_mode.is_some()
        || initialize.is_some()
        || *require_user
        || diststyle.is_some()
        || distkey.is_some()
        || sortkey.is_some()
        || backup.is_some();
    r(others, "this option of CREATE TABLE")
}

/// What a new table is called, and its options.
pub(super) struct Named {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) options: TableOptions,
}

impl<'a> Binder<'a> {
    /// CREATE [OR REPLACE] TABLE.
    pub(super) fn create_table(&mut self, c: &'a CreateTable) -> Result<Statement> {
        refuse_clauses(c, c.name.place())?;
        if !c.or_replace {
            return self.new_table(c);
        }
        if c.if_not_exists {
            return Err(invalid(
                "OR REPLACE and IF NOT EXISTS exclude each other",
                &c.name,
            ));
        }
        let replaced = self.table_to_be(c)?;
        if let Some(replaced) = &replaced {
            self.refuse_referenced(replaced, &[replaced.id], "replaced", &c.name)?;
        }
        let created = self.new_table(c)?;
        Ok(match replaced {
            Some(replaced) => Statement::Definitions(vec![Statement::DropTable(vec![replaced.id]), created]),
            None => created,
        })
    }

    /// The table that has the name of one to be created.
    fn table_to_be(&self, c: &CreateTable) -> Result<Option<Arc<TableDef>>> {
        let (schema, name) = self.cx.table_name(&c.name)?;
        Ok(match c.temporary {
            true => self
                .source()
                .table(schema, &name.value)
                .filter(|t| t.id.is_temporary()),
            false => self.source().permanent_table(schema, &name.value),
        })
    }

    fn new_table(&mut self, c: &'a CreateTable) -> Result<Statement> {
        let at = c.name.place();
        let mut options = TableOptions::of_new_table(&c.table_options)?;
        let (schema, name) = self.cx.table_name(&c.name)?;
        let existing = self.table_to_be(c)?.filter(|_| !c.or_replace);
        if c.temporary && options.persistence.persistent == Some(true) {
            return Err(invalid("a temporary table is in memory only", &c.name));
        }
        if let Some(existing) = existing {
            if c.if_not_exists {
                return Ok(create(existing.as_ref().clone(), options, true, true));
            }
            return Err(Error::Exists {
                kind: "table",
                name: name.value.clone(),
            });
        }
        if !c.temporary && self.source().sequence(schema, &name.value).is_some() {
            return Err(Error::Exists {
                kind: "sequence",
                name: name.value.clone(),
            });
        }
        if !c.temporary && self.source().view(schema, &name.value).is_some() {
            if c.if_not_exists {
                return Ok(Statement::Nothing);
            }
            return Err(Error::Exists {
                kind: "view",
                name: name.value.clone(),
            });
        }
        if let Some(like) = &c.like {
            let named = Named {
                schema: String::from(schema),
                name: ident_value(name)?,
                options,
            };
            return self.create_like(c, like, named);
        }
        let query = c.query.as_deref().map(|q| self.top_query(q)).transpose()?;
        let mut def = TableDef {
            comment: options.comment.clone().unwrap_or_default(),
            ..TableDef::new(new_id(c.temporary), schema, ident_value(name)?)
        };
        limit_columns(c.columns.len(), "a table", &c.name)?;
        let mut columns = Vec::with_capacity(c.columns.len());
        for column in &c.columns {
            let mut column = self.column(column)?;
            match (&mut column.def.ty, options.collation, column.collated) {
                (DataType::Text { collation, .. }, Some(of_table), false) => *collation = of_table,
                (DataType::Members(members), Some(of_table), false) => {
                    *members = members.with_collation(of_table)?;
                }
                _ => {}
            }
            options.auto_increment = options.auto_increment.or(column.first);
            columns.push(column);
        }
        if let Some(query) = &query {
            columns = self.with_columns_of(c, query, columns)?;
        }
        for column in &columns {
            if def.column(&column.def.name).is_some() {
                return Err(Error::Exists {
                    kind: "column",
                    name: column.def.name.clone(),
                });
            }
            def.columns.push(column.def.clone());
        }
        limit_columns(def.columns.len(), "a table", &c.name)?;
        if def.columns.is_empty() {
            return Err(invalid("a table has at least one column", &c.name));
        }
        self.keys(&mut def, &columns, &c.constraints, at)?;
        let lost = self.rules(&mut def, &columns, &c.constraints)?;
        check_auto_increment(&def, at)?;
        check_generated(&Arc::new(def.clone()), self.cx)?;
        let filled = query.map(|q| self.rows_of(q, &def)).transpose()?;
        let mut statement = create(def, options, c.if_not_exists, false);
        if let Statement::CreateTable { missing, rows, .. } = &mut statement {
            *missing = lost;
            *rows = filled.map(Arc::new);
        }
        Ok(statement)
    }

    /// Primary key, unique keys and indexes; the rest may refer to them.
    fn keys(
        &self,
        def: &mut TableDef,
        columns: &[Column<'_>],
        constraints: &[TableConstraint],
        at: Option<Position>,
    ) -> Result<()> {
        let mut primary = None;
        let mut set_primary = |key| match &primary {
            None => {
                primary = Some(key);
                Ok(())
            }
            Some(_) => Err(Error::Invalid {
                message: String::from(
                    "a table has one primary key; for several columns write PRIMARY KEY (a, b)",
                ),
                position: at,
            }),
        };
        for (position, column) in columns.iter().enumerate() {
            for (_, inline) in &column.inline {
                if let Inline::PrimaryKey(key) = inline {
                    set_primary(primary_key(def, key, Some(position), column.at, self.cx)?)?;
                }
            }
        }
        for constraint in constraints {
            if let TableConstraint::PrimaryKey(key) = constraint {
                set_primary(primary_key(def, key, None, constraint.place().or(at), self.cx)?)?;
            }
        }
        if let Some(key) = primary {
            set_primary_key(def, key);
        }
        for (position, column) in columns.iter().enumerate() {
            let mut has_key = def.primary_key == [position];
            for (name, inline) in &column.inline {
                if let Inline::Unique(key) = inline {
                    let index = unique(def, key, *name, Some(position), column.at, self.cx)?;
                    def.indexes.push(index);
                    has_key = true;
                }
            }
            if column.serial && !has_key {
                let name = super::constraint::free_name(def, &column.def.name);
                def.indexes.push(serial_index(position, name));
            }
        }
        for constraint in constraints {
            let at = constraint.place().or(at);
            let index = match constraint {
                TableConstraint::Unique(key) => unique(def, key, None, None, at, self.cx)?,
                TableConstraint::Index(key) => plain_index(def, key, at, self.cx)?,
                TableConstraint::PrimaryKey(_)
                | TableConstraint::ForeignKey(_)
                | TableConstraint::Check(_) => continue,
                other => return Err(unsupported(unoffered_constraint(other), other)),
            };
            def.indexes.push(index);
        }
        Ok(())
    }

    /// Checks and foreign keys.
    fn rules(
        &self,
        def: &mut TableDef,
        columns: &[Column<'_>],
        constraints: &[TableConstraint],
    ) -> Result<Vec<ParentName>> {
        let mut foreign = Vec::new();
        for (position, column) in columns.iter().enumerate() {
            for (name, inline) in &column.inline {
                match inline {
                    Inline::Check(c) => {
                        let (c, _) = check(def, c, *name, self.cx)?;
                        def.checks.push(c);
                    }
                    Inline::ForeignKey(k) => foreign.push((*k, *name, Some(position))),
                    Inline::PrimaryKey(_) | Inline::Unique(_) => {}
                }
            }
        }
        for constraint in constraints {
            match constraint {
                TableConstraint::Check(c) => {
                    let (c, _) = check(def, c, None, self.cx)?;
                    def.checks.push(c);
                }
                TableConstraint::ForeignKey(k) => foreign.push((k, None, None)),
                _ => {}
            }
        }
        let mut missing = Vec::new();
        for (key, name, own) in foreign {
            let key = self.foreign_key(def, key, name, own)?;
            def.indexes.extend(key.index);
            def.foreign_keys.push(key.def);
            missing.extend(key.missing);
        }
        Ok(missing)
    }
}

/// The unique index of a SERIAL column that is no primary key.
pub(super) fn serial_index(column: usize, name: String) -> crate::catalog::IndexDef {
    crate::catalog::IndexDef {
        name,
        columns: alloc::vec![crate::catalog::IndexColumn {
            column,
            descending: false
        }],
        unique: true,
        constraint: true,
        filter: None,
        statistics: None,
    }
}

pub(super) fn check_auto_increment(def: &TableDef, at: Option<Position>) -> Result<()> {
    let mut automatic = def.columns.iter().enumerate().filter(|(_, c)| c.auto_increment);
    let fail = |message: String| {
        Err(Error::Invalid {
            message,
            position: at,
        })
    };
    let Some((position, column)) = automatic.next() else {
        return Ok(());
    };
    if automatic.next().is_some() {
        return fail(String::from("a table has one AUTO_INCREMENT column"));
    }
    let leads = |i: &crate::catalog::IndexDef| i.columns.first().is_some_and(|c| c.column == position);
    if def.row_id_column != Some(position) && !def.indexes.iter().any(leads) {
        return fail(format!(
            "AUTO_INCREMENT column {} must be a key: make it PRIMARY KEY or UNIQUE",
            column.name
        ));
    }
    Ok(())
}

pub(super) fn create(table: TableDef, options: TableOptions, if_not_exists: bool, exists: bool) -> Statement {
    Statement::CreateTable {
        table: Box::new(table),
        persistence: options.persistence,
        auto_increment: options.auto_increment,
        if_not_exists,
        exists,
        rows: None,
        missing: Vec::new(),
    }
}

/// What a table constraint that is not offered is called.
pub(super) fn unoffered_constraint(c: &TableConstraint) -> &'static str {
    match c {
        TableConstraint::FulltextOrSpatial(k) if k.fulltext => "FULLTEXT INDEX",
        TableConstraint::FulltextOrSpatial(_) => "SPATIAL INDEX",
        TableConstraint::PrimaryKeyUsingIndex(_) | TableConstraint::UniqueUsingIndex(_) => "USING INDEX",
        TableConstraint::Exclude(_) => "EXCLUDE",
        _ => "this constraint",
    }
}
