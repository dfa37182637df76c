//! information_schema: tables that are made from the catalog, to be read only.

use super::binder::Binder;
use super::join::derived;
use super::names::{Scope, ScopeTable, nearest};
use super::refuse::Place;
use super::view::Known;
use crate::sql::parse::start;
use crate::sql::plan::{
    BoundView, INFORMATION_SCHEMA, InformationScan, InformationTable, OutputColumn, Plan, Routine, ViewColumn,
};
use crate::types::{DataType, Error, Result};
use alloc::string::String;
use alloc::vec::Vec;
use sqlparser::ast::{self, Ident, ObjectName, ObjectNamePart};

/// Whether that is the name of the schema.
pub(super) fn is_information_schema(name: &str) -> bool {
    name.eq_ignore_ascii_case(INFORMATION_SCHEMA)
}

/// The error for whatever would change it.
pub(super) fn read_only(at: &impl Place) -> Error {
    Error::Invalid {
        message: String::from("information_schema shows what exists; it can only be read"),
        position: at.place(),
    }
}

/// The columns of such a table, for DESCRIBE.
pub(super) fn described(table: InformationTable) -> Vec<ViewColumn> {
    let column = |(name, ty): &(&str, DataType)| ViewColumn {
        name: String::from(*name),
        ty: ty.clone(),
        nullable: true,
    };
    table.columns().iter().map(column).collect()
}

impl Binder<'_> {
    /// The table of information_schema that a name means.
    pub(super) fn information_table(&self, name: &ObjectName) -> Result<Option<InformationTable>> {
        let table = match name.0.as_slice() {
            [ObjectNamePart::Identifier(t)] if is_information_schema(self.cx.schema) => t,
            [ObjectNamePart::Identifier(schema), ObjectNamePart::Identifier(t)]
                if is_information_schema(&schema.value) =>
            {
                t
            }
            _ => return Ok(None),
        };
        let found = InformationTable::named(&table.value);
        found.map(Some).ok_or_else(|| Error::Unknown {
            kind: "table",
            name: table.value.clone(),
            nearest: nearest(&table.value, InformationTable::ALL.iter().map(|t| t.name())),
            position: start(table.span),
        })
    }

    /// Such a table in FROM.
    pub(super) fn information(
        &mut self,
        table: InformationTable,
        alias: Option<(&Ident, &[ast::TableAliasColumnDef])>,
    ) -> Result<(Plan, Scope)> {
        let views = match table {
            InformationTable::Columns | InformationTable::Views => self.known_views()?,
            _ => Vec::new(),
        };
        let columns = table.columns().iter().map(|(name, ty)| OutputColumn {
            name: String::from(*name),
            ty: ty.clone(),
            table: None,
        });
        let columns: Vec<OutputColumn> = columns.collect();
        let routine = |function| Routine {
            schema: String::from(self.cx.schema),
            function,
        };
        let routines = match table {
            InformationTable::Routines => self.source().user_functions().into_iter().map(routine).collect(),
            _ => [].into(),
        };
        let plan = Plan::Information(InformationScan {
            table,
            views: views.into(),
            routines,
        });
        if let Some((alias, names)) = alias {
            return derived(plan, columns, alias, names);
        }
        let types = columns.iter().map(|c| c.ty.clone()).collect();
        let names = columns.into_iter().map(|c| c.name).collect();
        let scope = ScopeTable::view(
            String::from(INFORMATION_SCHEMA),
            String::from(table.name()),
            names,
        );
        Ok((plan, Scope::of(scope, types)))
    }

    /// The columns of all views that can be used.
    fn known_views(&self) -> Result<Vec<BoundView>> {
        let (mut known, mut missing) = (Vec::new(), Vec::new());
        for view in self.source().views() {
            match self.known_view(&view) {
                Known::Columns(columns, changeable) => known.push(BoundView {
                    changeable,
                    schema: view.schema,
                    name: view.name,
                    columns,
                }),
                Known::Unusable => {}
                Known::NotYet => missing.push(view),
            }
        }
        match missing.is_empty() {
            true => Ok(known),
            false => Err(self.want_views(missing)),
        }
    }
}
