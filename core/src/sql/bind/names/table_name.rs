//! Names of tables and schemas: `table`, `schema.table`.

use super::nearest;
use crate::catalog::TableDef;
use crate::sql::bind::BindContext;
use crate::sql::bind::information::{is_information_schema, read_only};
use crate::sql::parse::start;
use crate::types::{Error, Result};
use alloc::{string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{Ident, ObjectName, ObjectNamePart, Spanned};

/// The identifiers of a name; a computed part is refused.
fn idents(name: &ObjectName) -> Result<Vec<&Ident>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(i) => Ok(i),
            ObjectNamePart::Function(f) => Err(Error::Unsupported {
                feature: String::from("a computed name"),
                position: start(f.name.span),
            }),
        })
        .collect()
}

/// The only identifier of a name without qualifier; `what` names the kind for the error.
pub(in crate::sql::bind) fn ident<'n>(name: &'n ObjectName, what: &str) -> Result<&'n Ident> {
    match idents(name)?.as_slice() {
        [one] => Ok(one),
        _ => Err(Error::Invalid {
            message: alloc::format!("{name}: a {what} has no qualifier here"),
            position: start(name.span()),
        }),
    }
}

/// The text of the only identifier of a name, checked to be usable for a new object.
pub(in crate::sql::bind) fn ident_value(name: &Ident) -> Result<String> {
    let chars = name.value.chars().count();
    if chars == 0 || chars > 64 || name.value.contains('\0') {
        return Err(Error::Invalid {
            message: String::from("a name has 1 to 64 characters"),
            position: start(name.span),
        });
    }
    Ok(name.value.clone())
}

impl BindContext<'_> {
    /// Schema and name of a table, existing or not; the schema must exist.
    pub(in crate::sql::bind) fn table_name<'n>(
        &'n self,
        name: &'n ObjectName,
    ) -> Result<(&'n str, &'n Ident)> {
        let (schema, position, table) = match idents(name)?.as_slice() {
            [table] => (self.schema, None, *table),
            [schema, table] => (schema.value.as_str(), start(schema.span), *table),
            _ => {
                return Err(Error::Invalid {
                    message: alloc::format!("{name}: a table is written as table or schema.table"),
                    position: start(name.span()),
                });
            }
        };
        if is_information_schema(schema) {
            return Err(read_only(name));
        }
        if !self.source.schema_exists(schema) {
            return Err(self.unknown_schema(schema, position));
        }
        Ok((schema, table))
    }

    /// The table of that name.
    pub(in crate::sql::bind) fn table(&self, name: &ObjectName) -> Result<Arc<TableDef>> {
        let (schema, table) = self.table_name(name)?;
        self.source.table(schema, &table.value).ok_or_else(|| {
            if self.source.view(schema, &table.value).is_some() {
                return Error::Invalid {
                    message: alloc::format!(
                        "view {} cannot be changed, nor be where a table is needed: change the tables it reads",
                        table.value
                    ),
                    position: start(table.span),
                };
            }
            let names = self.source.table_names(schema);
            Error::Unknown {
                kind: "table",
                nearest: nearest(&table.value, names.iter().map(String::as_str)),
                name: table.value.clone(),
                position: start(table.span),
            }
        })
    }

    /// The table of that name, or `None` where `IF EXISTS` forgives.
    pub(in crate::sql::bind) fn table_if(
        &self,
        name: &ObjectName,
        if_exists: bool,
    ) -> Result<Option<Arc<TableDef>>> {
        match self.table(name) {
            Err(Error::Unknown { .. }) if if_exists => Ok(None),
            other => other.map(Some),
        }
    }

    /// The error for a schema that is not there.
    pub(in crate::sql::bind) fn unknown_schema(
        &self,
        name: &str,
        position: Option<crate::types::Position>,
    ) -> Error {
        let names = self.source.schema_names();
        Error::Unknown {
            kind: "schema",
            nearest: nearest(name, names.iter().map(String::as_str)),
            name: String::from(name),
            position,
        }
    }

    /// Every table of every schema.
    pub(in crate::sql::bind) fn all_tables(&self) -> Vec<Arc<TableDef>> {
        let source = self.source;
        source
            .schema_names()
            .iter()
            .flat_map(|schema| {
                let names = source.table_names(schema);
                names
                    .into_iter()
                    .filter_map(|name| source.table(schema, &name))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}
