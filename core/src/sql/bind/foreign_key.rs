//! FOREIGN KEY and REFERENCES: the parent found, its key checked, an index for the child's columns.

use super::BindContext;
use super::binder::Binder;
use super::constraint::{column_list, constraint_name, deferral, free_name, has_constraint};
use super::insert::NEW_TABLE;
use super::refuse::{Place, invalid, unsupported_at};
use super::select::qualifier;
use crate::catalog::{
    ColumnDef, Deferral, ForeignKeyDef, IndexColumn, IndexDef, ParentName, ReferentialAction, TableDef,
    TableId,
};
use crate::sql::parse::start;
use crate::sql::plan::{Statement, TransactionControl};
use crate::types::{DataType, Error, Result};
use alloc::{format, string::String, sync::Arc, vec::Vec};
use sqlparser::ast::{self, ConstraintReferenceMatchKind, ForeignKeyConstraint, Ident, ObjectName};

fn action(a: Option<ast::ReferentialAction>) -> ReferentialAction {
    match a {
        None | Some(ast::ReferentialAction::Restrict | ast::ReferentialAction::NoAction) => {
            ReferentialAction::Restrict
        }
        Some(ast::ReferentialAction::Cascade) => ReferentialAction::Cascade,
        Some(ast::ReferentialAction::SetNull) => ReferentialAction::SetNull,
        Some(ast::ReferentialAction::SetDefault) => ReferentialAction::SetDefault,
    }
}

/// Whether keys of these types can be equal: the same family.
pub(super) fn same_family(a: &DataType, b: &DataType) -> bool {
    use DataType as T;
    let integer = |t: &T| matches!(t, T::Int(_) | T::Bool);
    let float = |t: &T| matches!(t, T::Float | T::Double);
    (integer(a) && integer(b))
        || (float(a) && float(b))
        || match (a, b) {
            (T::Decimal { scale: x, .. }, T::Decimal { scale: y, .. }) => x == y,
            (T::Text { collation: x, .. }, T::Text { collation: y, .. }) => x == y,
            (T::Blob { .. }, T::Blob { .. })
            | (T::Time { .. }, T::Time { .. })
            | (T::DateTime { .. }, T::DateTime { .. })
            | (T::Timestamp { .. }, T::Timestamp { .. }) => true,
            _ => a == b,
        }
}

/// A FOREIGN KEY as declared, and an index on its columns if the table has none that begins with them.
pub(super) struct ForeignKey {
    pub(super) def: ForeignKeyDef,
    pub(super) index: Option<IndexDef>,
    /// The parent, if it does not exist.
    pub(super) missing: Option<ParentName>,
}

/// Whether some index of the table begins with these columns, in any order.
fn begins_index(def: &TableDef, columns: &[usize]) -> bool {
    let begins = |i: &IndexDef| {
        i.columns
            .get(..columns.len())
            .is_some_and(|first| first.iter().all(|c| columns.contains(&c.column)))
    };
    def.row_id_column.is_some_and(|r| columns == [r]) || def.indexes.iter().any(begins)
}

impl Binder<'_> {
    /// The parent of a foreign key; the table itself may be meant before it exists.
    fn parent(&self, def: &TableDef, name: &ObjectName) -> Result<(TableId, Arc<TableDef>)> {
        let (schema, table) = self.cx.table_name(name)?;
        if schema.eq_ignore_ascii_case(&def.schema) && table.value.eq_ignore_ascii_case(&def.name) {
            return Ok((def.id, Arc::new(def.clone())));
        }
        let parent = self.cx.table(name)?;
        Ok((parent.id, parent))
    }

    /// FOREIGN KEY or REFERENCES.
    pub(super) fn foreign_key(
        &self,
        def: &TableDef,
        key: &ForeignKeyConstraint,
        given: Option<&Ident>,
        own: Option<usize>,
    ) -> Result<ForeignKey> {
        let ForeignKeyConstraint {
            name,
            index_name,
            columns,
            foreign_table,
            referred_columns,
            on_delete,
            on_update,
            match_kind,
            characteristics: c,
        } = key;
        let at = foreign_table.place();
        let refused = match match_kind {
            None | Some(ConstraintReferenceMatchKind::Simple) => None,
            // Of one column it is the same.
            Some(_) if columns.len() <= 1 => None,
            Some(ConstraintReferenceMatchKind::Full) => Some("MATCH FULL"),
            Some(ConstraintReferenceMatchKind::Partial) => Some("MATCH PARTIAL"),
        };
        if let Some(feature) = refused {
            return Err(unsupported_at(feature, at));
        }
        let deferral = deferral(c.as_ref(), at)?;
        let columns = match own {
            Some(c) => alloc::vec![c],
            None => column_list(def, columns)?,
        };
        let mut missing = None;
        let (parent_id, parent) = match self.parent(def, foreign_table) {
            Err(Error::Unknown { kind: "table", .. })
                if !self.source().checks_foreign_keys() && !referred_columns.is_empty() =>
            {
                let (schema, name) = self.cx.table_name(foreign_table)?;
                let parent = missing_parent(def, &columns, schema, &name.value, referred_columns);
                missing = Some(ParentName {
                    schema: parent.schema.clone(),
                    table: parent.name.clone(),
                    columns: parent.columns.iter().map(|c| c.name.clone()).collect(),
                });
                (TableId::MISSING, Arc::new(parent))
            }
            known => known?,
        };
        let parent_columns = if referred_columns.is_empty() {
            parent.primary_key.clone()
        } else {
            column_list(&parent, referred_columns)?
        };
        let fail = |message: String| {
            Err(Error::Invalid {
                message,
                position: at,
            })
        };
        if parent_columns.is_empty() {
            return fail(format!("table {} has no primary key to refer to", parent.name));
        }
        if parent_columns.len() != columns.len() {
            return fail(format!(
                "the foreign key has {} columns and refers to {}",
                columns.len(),
                parent_columns.len()
            ));
        }
        if missing.is_none() && !parent.has_key_over(&parent_columns) {
            return fail(format!(
                "the columns referred to in {} are no PRIMARY KEY or UNIQUE",
                parent.name
            ));
        }
        for (child, parent_column) in columns.iter().zip(&parent_columns) {
            let (Some(c), Some(p)) = (def.columns.get(*child), parent.columns.get(*parent_column)) else {
                continue;
            };
            if !same_family(&c.ty, &p.ty) {
                return fail(format!(
                    "column {}.{} is {}, but {}.{} is {}",
                    def.name, c.name, c.ty, parent.name, p.name, p.ty
                ));
            }
        }
        let (on_delete, on_update) = (action(*on_delete), action(*on_update));
        if on_delete == ReferentialAction::SetNull || on_update == ReferentialAction::SetNull {
            let not_null = columns
                .iter()
                .filter_map(|c| def.columns.get(*c))
                .find(|c| !c.nullable);
            if let Some(c) = not_null {
                return fail(format!(
                    "SET NULL, but column {}.{} is NOT NULL",
                    def.name, c.name
                ));
            }
        }
        let name = match given.or(name.as_ref()) {
            Some(n) => constraint_name(def, Some(n), "")?,
            None => {
                let mut n = def.foreign_keys.len() + 1;
                while has_constraint(def, &format!("{}_fk_{n}", def.name)) {
                    n += 1;
                }
                format!("{}_fk_{n}", def.name)
            }
        };
        let index = if begins_index(def, &columns) {
            None
        } else {
            let index_name = match index_name {
                Some(n) => constraint_name(def, Some(n), "")?,
                None => free_name(def, &format!("{name}_index")),
            };
            Some(IndexDef {
                name: index_name,
                columns: columns
                    .iter()
                    .map(|c| IndexColumn {
                        column: *c,
                        descending: false,
                    })
                    .collect(),
                unique: false,
                constraint: true,
                filter: None,
                statistics: None,
            })
        };
        Ok(ForeignKey {
            def: ForeignKeyDef {
                name,
                columns,
                parent: parent_id,
                parent_columns,
                on_delete,
                on_update,
                deferral,
            },
            index,
            missing,
        })
    }
}

/// What stands for a parent that does not exist yet: columns of the names referred to, of the types of those that refer.
fn missing_parent(
    def: &TableDef,
    columns: &[usize],
    schema: &str,
    name: &str,
    referred: &[Ident],
) -> TableDef {
    let mut parent = TableDef::new(TableId::MISSING, schema, name);
    for (own, referred) in columns.iter().zip(referred) {
        let ty = def.columns.get(*own).map_or(DataType::Null, |c| c.ty.clone());
        parent
            .columns
            .push(ColumnDef::new(referred.value.clone(), ty, true));
    }
    parent
}

/// The tables that have a foreign key to this one, itself left out.
pub(super) fn children(cx: &BindContext<'_>, parent: TableId) -> Vec<Arc<TableDef>> {
    cx.all_tables()
        .into_iter()
        .filter(|t| t.id != parent && t.id != NEW_TABLE && t.foreign_keys.iter().any(|f| f.parent == parent))
        .collect()
}

impl Binder<'_> {
    /// SET CONSTRAINTS: of foreign keys that may be deferred.
    pub(super) fn set_constraints(&self, names: &[ObjectName], deferred: bool) -> Result<Statement> {
        let mut known = Vec::with_capacity(names.len());
        for name in names {
            let (schema, own) = qualifier(name)?;
            let schema = schema.unwrap_or(self.cx.schema);
            let tables = self.cx.all_tables();
            let here = tables.iter().filter(|t| t.schema.eq_ignore_ascii_case(schema));
            let found: Vec<_> = here
                .flat_map(|t| &t.foreign_keys)
                .filter(|f| f.name.eq_ignore_ascii_case(&own.value))
                .collect();
            if found.is_empty() {
                return Err(Error::Unknown {
                    kind: "foreign key",
                    nearest: None,
                    name: own.value.clone(),
                    position: start(own.span),
                });
            }
            if found.iter().any(|f| f.deferral == Deferral::NotDeferrable) {
                return Err(invalid(
                    format!("constraint {} is not DEFERRABLE", own.value),
                    own,
                ));
            }
            known.push(own.value.clone());
        }
        Ok(Statement::Transaction(TransactionControl::SetConstraints {
            names: known,
            deferred,
        }))
    }
}
