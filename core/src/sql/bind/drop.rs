//! DROP TABLE, TRUNCATE, and schemas: CREATE, DROP, USE.

use super::binder::Binder;
use super::data_type::charset;
use super::foreign_key::children;
use super::information::{is_information_schema, read_only};
use super::names::{ident, ident_value};
use super::refuse::{Place, invalid, refuse, refuse_at, unsupported};
use crate::catalog::{TableDef, TableId};
use crate::sql::parse::start;
use crate::sql::plan::Statement;
use crate::types::{Error, Result};
use alloc::{format, string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{self, ObjectName, ObjectType, SchemaName, TruncateTableTarget, Use};

impl Binder<'_> {
    /// DROP of anything.
    pub(super) fn drop(&self, s: &ast::Statement) -> Result<Statement> {
        let ast::Statement::Drop {
            object_type,
            if_exists,
            names,
            // As in MySQL they say nothing: what depends on it is a view, which stays, or a foreign key, which forbids it.
            cascade: _,
            restrict: _,
            purge,
            temporary,
            table,
        } = s
        else {
            return Err(Error::unsupported("this DROP"));
        };
        let at = names.first().and_then(|n| n.place());
        refuse_at(*purge, "PURGE", at)?;
        refuse_at(
            *temporary && *object_type != ObjectType::Table,
            "DROP TEMPORARY of anything but a table",
            at,
        )?;
        match object_type {
            ObjectType::Table => {
                refuse_at(table.is_some(), "ON of DROP TABLE", at)?;
                self.drop_tables(names, *if_exists, *temporary)
            }
            ObjectType::View => {
                refuse_at(table.is_some(), "ON of DROP VIEW", at)?;
                self.drop_views(names, *if_exists)
            }
            ObjectType::Index => self.drop_index(names, table.as_ref(), *if_exists),
            ObjectType::Schema | ObjectType::Database => {
                let [name] = names.as_slice() else {
                    return Err(Error::unsupported("DROP of several schemas"));
                };
                let name = ident(name, "schema")?;
                if is_information_schema(&name.value) {
                    return Err(read_only(name));
                }
                if self.source().schema_exists(&name.value) {
                    Ok(Statement::DropSchema(name.value.clone()))
                } else if *if_exists {
                    Ok(Statement::Nothing)
                } else {
                    Err(self.cx.unknown_schema(&name.value, start(name.span)))
                }
            }
            other => Err(Error::Unsupported {
                feature: format!("DROP {other}"),
                position: at,
            }),
        }
    }

    /// DROP TABLE; a temporary table goes before the one that it hides.
    fn drop_tables(&self, names: &[ObjectName], if_exists: bool, temporary: bool) -> Result<Statement> {
        let mut tables: Vec<Arc<TableDef>> = Vec::with_capacity(names.len());
        for name in names {
            if if_exists
                && let Ok((schema, ident)) = self.cx.table_name(name)
                && self.source().view(schema, &ident.value).is_some()
            {
                continue;
            }
            let def = match self.cx.table_if(name, if_exists)? {
                Some(def) if temporary && !def.id.is_temporary() => {
                    if !if_exists {
                        return Err(invalid(format!("table {} is not temporary", def.name), name));
                    }
                    None
                }
                def => def,
            };
            if let Some(def) = def
                && tables.iter().all(|t| t.id != def.id)
            {
                tables.push(def);
            }
        }
        let ids: Vec<TableId> = tables.iter().map(|t| t.id).collect();
        for (table, name) in tables.iter().zip(names) {
            self.refuse_referenced(table, &ids, "dropped", name)?;
        }
        if ids.is_empty() {
            return Ok(Statement::Nothing);
        }
        Ok(Statement::DropTable(ids))
    }

    /// Refuses to lose rows that other tables' foreign keys refer to.
    pub(super) fn refuse_referenced(
        &self,
        table: &TableDef,
        gone: &[TableId],
        verb: &str,
        at: &ObjectName,
    ) -> Result<()> {
        if !self.source().checks_foreign_keys() {
            return Ok(());
        }
        for child in children(self.cx, table.id) {
            if gone.contains(&child.id) {
                continue;
            }
            if let Some(f) = child.foreign_keys.iter().find(|f| f.parent == table.id) {
                return Err(invalid(
                    format!(
                        "table {} cannot be {verb}: foreign key {} of table {} refers to it",
                        table.name, f.name, child.name
                    ),
                    at,
                ));
            }
        }
        Ok(())
    }

    /// TRUNCATE.
    pub(super) fn truncate(&self, t: &ast::Truncate) -> Result<Statement> {
        let ast::Truncate {
            table_names,
            partitions,
            table: _,
            if_exists,
            identity,
            cascade,
            on_cluster,
        } = t;
        let mut tables: Vec<TableId> = Vec::with_capacity(table_names.len());
        for TruncateTableTarget {
            name,
            only,
            has_asterisk,
        } in table_names
        {
            refuse(partitions.is_some(), "TRUNCATE … PARTITION", name)?;
            // What numbers columns starts again.
            let continues = matches!(identity, Some(ast::TruncateIdentityOption::Continue));
            refuse(continues, "CONTINUE IDENTITY", name)?;
            refuse(
                matches!(cascade, Some(ast::CascadeOption::Cascade)),
                "TRUNCATE … CASCADE",
                name,
            )?;
            refuse(on_cluster.is_some(), "ON CLUSTER", name)?;
            refuse(*only || *has_asterisk, "ONLY", name)?;
            if let Some(def) = self.cx.table_if(name, *if_exists)? {
                self.refuse_referenced(&def, &[def.id], "truncated", name)?;
                tables.push(def.id);
            }
        }
        Ok(match tables.as_slice() {
            [] => Statement::Nothing,
            [one] => Statement::Truncate(*one),
            several => Statement::Definitions(several.iter().copied().map(Statement::Truncate).collect()),
        })
    }

    fn new_schema(&self, name: &ObjectName, if_not_exists: bool) -> Result<Statement> {
        let name = ident(name, "schema")?;
        if self.source().schema_exists(&name.value) || is_information_schema(&name.value) {
            if if_not_exists {
                return Ok(Statement::Nothing);
            }
            return Err(Error::Exists {
                kind: "schema",
                name: name.value.clone(),
            });
        }
        Ok(Statement::CreateSchema(ident_value(name)?))
    }

    /// CREATE DATABASE and CREATE SCHEMA.
    pub(super) fn create_schema(&self, s: &ast::Statement) -> Result<Statement> {
        match s {
            ast::Statement::CreateSchema {
                schema_name,
                or_replace,
                if_not_exists,
                with,
                options,
                default_collate_spec,
                clone,
            } => {
                let SchemaName::Simple(name) = schema_name else {
                    return Err(Error::unsupported("AUTHORIZATION of a schema"));
                };
                refuse(*or_replace, "CREATE OR REPLACE SCHEMA", name)?;
                let others =
                    with.is_some() || options.is_some() || default_collate_spec.is_some() || clone.is_some();
                refuse(others, "an option of CREATE SCHEMA", name)?;
                self.new_schema(name, *if_not_exists)
            }
            ast::Statement::CreateDatabase {
                db_name,
                if_not_exists,
                location,
                managed_location,
                or_replace,
                transient,
                clone,
                data_retention_time_in_days,
                max_data_extension_time_in_days,
                external_volume,
                catalog,
                replace_invalid_characters,
                default_ddl_collation,
                storage_serialization_policy,
                comment,
                default_charset,
                default_collation,
                catalog_sync,
                catalog_sync_namespace_mode,
                catalog_sync_namespace_flatten_delimiter,
                with_tags,
                with_contacts,
            } => {
                refuse(*or_replace, "CREATE OR REPLACE DATABASE", db_name)?;
                let at = db_name.place();
                if let Some(set) = default_charset {
                    charset(set, at)?;
                }
                if let Some(name) = default_collation {
                    let name = ObjectName::from(alloc::vec![ast::Ident::new(name.as_str())]);
                    super::data_type::collation(&name, at)?;
                }
                let others = location.is_some()
                    || managed_location.is_some()
                    || *transient
                    || clone.is_some()
                    || data_retention_time_in_days.is_some()
                    || max_data_extension_time_in_days.is_some()
                    || external_volume.is_some()
                    || catalog.is_some()
                    || replace_invalid_characters.is_some()
                    || default_ddl_collation.is_some()
                    || storage_serialization_policy.is_some()
                    || comment.is_some()
                    || catalog_sync.is_some()
                    || catalog_sync_namespace_mode.is_some()
                    || catalog_sync_namespace_flatten_delimiter.is_some()
                    || with_tags.is_some()
                    || with_contacts.is_some();
                refuse(others, "an option of CREATE DATABASE", db_name)?;
                self.new_schema(db_name, *if_not_exists)
            }
            _ => Err(Error::unsupported("this CREATE")),
        }
    }

    /// USE.
    pub(super) fn use_schema(&self, u: &Use) -> Result<Statement> {
        let (Use::Object(name) | Use::Schema(name) | Use::Database(name)) = u else {
            return Err(unsupported(String::from("this USE"), u));
        };
        let name = ident(name, "schema")?;
        if self.source().schema_exists(&name.value) || is_information_schema(&name.value) {
            Ok(Statement::Use(name.value.clone()))
        } else {
            Err(self.cx.unknown_schema(&name.value, start(name.span)))
        }
    }
}
