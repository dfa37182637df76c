//! Catalog records of format 1, as they are in stores made before format 2: read, never written.
//!
//! Format 2 added to columns GENERATED, ON UPDATE and COMMENT, to indexes a condition, to foreign keys
//! DEFERRABLE, to tables triggers and COMMENT, and views.

use super::{
    CheckDef, ColumnDef, ColumnDefault, Deferral, ForeignKeyDef, IndexColumn, IndexDef, ParentName,
    PersistenceConfig, ReferentialAction, SchemasRecord, TableDef, TableId, TableRecord,
};
use crate::types::DataType;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;

#[derive(Deserialize)]
struct ColumnV1 {
    name: String,
    ty: DataType,
    nullable: bool,
    default: ColumnDefault,
    auto_increment: bool,
}

#[derive(Deserialize)]
struct IndexV1 {
    name: String,
    columns: Vec<IndexColumn>,
    unique: bool,
    constraint: bool,
}

#[derive(Deserialize)]
struct ForeignKeyV1 {
    name: String,
    columns: Vec<usize>,
    parent: TableId,
    parent_columns: Vec<usize>,
    on_delete: ReferentialAction,
    on_update: ReferentialAction,
}

#[derive(Deserialize)]
struct TableV1 {
    id: TableId,
    schema: String,
    name: String,
    columns: Vec<ColumnV1>,
    primary_key: Vec<usize>,
    row_id_column: Option<usize>,
    indexes: Vec<IndexV1>,
    checks: Vec<CheckDef>,
    foreign_keys: Vec<ForeignKeyV1>,
    persistence: PersistenceConfig,
}

/// [`TableRecord`] of format 1.
#[derive(Deserialize)]
pub struct TableRecordV1 {
    def: TableV1,
    rows: u64,
    indexes: Vec<u64>,
    sequence: i64,
    parents: Vec<ParentName>,
}

/// [`SchemasRecord`] of format 1.
#[derive(Deserialize)]
pub struct SchemasRecordV1 {
    schemas: Vec<String>,
    remembered: Vec<(String, String, PersistenceConfig)>,
    tables: Vec<u64>,
}

impl From<ColumnV1> for ColumnDef {
    fn from(c: ColumnV1) -> ColumnDef {
        ColumnDef {
            default: c.default,
            auto_increment: c.auto_increment,
            ..ColumnDef::new(c.name, c.ty, c.nullable)
        }
    }
}

impl From<IndexV1> for IndexDef {
    fn from(i: IndexV1) -> IndexDef {
        IndexDef {
            name: i.name,
            columns: i.columns,
            unique: i.unique,
            constraint: i.constraint,
            filter: None,
            statistics: None,
        }
    }
}

impl From<ForeignKeyV1> for ForeignKeyDef {
    fn from(f: ForeignKeyV1) -> ForeignKeyDef {
        ForeignKeyDef {
            name: f.name,
            columns: f.columns,
            parent: f.parent,
            parent_columns: f.parent_columns,
            on_delete: f.on_delete,
            on_update: f.on_update,
            deferral: Deferral::NotDeferrable,
        }
    }
}

impl From<TableRecordV1> for TableRecord {
    fn from(r: TableRecordV1) -> TableRecord {
        let def = r.def;
        TableRecord {
            def: TableDef {
                id: def.id,
                schema: def.schema,
                name: def.name,
                columns: def.columns.into_iter().map(Into::into).collect(),
                primary_key: def.primary_key,
                row_id_column: def.row_id_column,
                indexes: def.indexes.into_iter().map(Into::into).collect(),
                checks: def.checks,
                foreign_keys: def.foreign_keys.into_iter().map(Into::into).collect(),
                triggers: Vec::new(),
                comment: String::new(),
                persistence: def.persistence,
            },
            rows: r.rows,
            indexes: r.indexes,
            sequence: r.sequence,
            parents: r.parents,
        }
    }
}

impl From<SchemasRecordV1> for SchemasRecord {
    fn from(s: SchemasRecordV1) -> SchemasRecord {
        SchemasRecord {
            schemas: s.schemas,
            remembered: s.remembered,
            tables: s.tables,
            views: Vec::new(),
            sequences: Vec::new(),
        }
    }
}
