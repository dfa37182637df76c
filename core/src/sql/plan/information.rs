//! The tables of information_schema: what exists, as rows.
//!
//! Names, order and values of the columns are MariaDB's; columns of our own come last.

use super::ViewColumn;
use crate::sql::functions::UserFunction;
use crate::types::{Collation, DataType};
use alloc::{string::String, sync::Arc, vec::Vec};

/// The schema they are in. No other may have its name.
pub const INFORMATION_SCHEMA: &str = "information_schema";

/// Names compare without regard to case.
const NAME: DataType = DataType::Text {
    max: None,
    collation: Collation::NoCase,
};
const TEXT: DataType = DataType::TEXT;
const BIGINT: DataType = DataType::BIGINT;
const TIME: DataType = DataType::DateTime { fsp: 0 };

/// A table of information_schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InformationTable {
    /// Its rows are schemas.
    Schemata,
    /// Its rows are tables and views.
    Tables,
    /// Its rows are columns of tables and views.
    Columns,
    /// Its rows are columns of indexes.
    Statistics,
    /// Its rows are constraints.
    TableConstraints,
    /// Its rows are columns of keys.
    KeyColumnUsage,
    /// Its rows are foreign keys.
    ReferentialConstraints,
    /// Its rows are checks.
    CheckConstraints,
    /// Its rows are views.
    Views,
    /// Its rows are routines: the functions of the program.
    Routines,
    /// Its rows are triggers.
    Triggers,
    /// Its rows are sequences.
    Sequences,
}

impl InformationTable {
    /// All of them.
    pub const ALL: [InformationTable; 12] = [
        InformationTable::Schemata,
        InformationTable::Tables,
        InformationTable::Columns,
        InformationTable::Statistics,
        InformationTable::TableConstraints,
        InformationTable::KeyColumnUsage,
        InformationTable::ReferentialConstraints,
        InformationTable::CheckConstraints,
        InformationTable::Views,
        InformationTable::Routines,
        InformationTable::Triggers,
        InformationTable::Sequences,
    ];

    /// The table of that name, without regard to ASCII case.
    pub fn named(name: &str) -> Option<InformationTable> {
        let mut all = InformationTable::ALL.into_iter();
        all.find(|t| t.name().eq_ignore_ascii_case(name))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            InformationTable::Schemata => "SCHEMATA",
            InformationTable::Tables => "TABLES",
            InformationTable::Columns => "COLUMNS",
            InformationTable::Statistics => "STATISTICS",
            InformationTable::TableConstraints => "TABLE_CONSTRAINTS",
            InformationTable::KeyColumnUsage => "KEY_COLUMN_USAGE",
            InformationTable::ReferentialConstraints => "REFERENTIAL_CONSTRAINTS",
            InformationTable::CheckConstraints => "CHECK_CONSTRAINTS",
            InformationTable::Views => "VIEWS",
            InformationTable::Routines => "ROUTINES",
            InformationTable::Triggers => "TRIGGERS",
            InformationTable::Sequences => "SEQUENCES",
        }
    }

    /// Names and types of its columns.
    pub fn columns(self) -> &'static [(&'static str, DataType)] {
        match self {
            InformationTable::Schemata => &[
                ("CATALOG_NAME", NAME),
                ("SCHEMA_NAME", NAME),
                ("DEFAULT_CHARACTER_SET_NAME", NAME),
                ("DEFAULT_COLLATION_NAME", NAME),
                ("SQL_PATH", NAME),
                ("SCHEMA_COMMENT", TEXT),
            ],
            InformationTable::Tables => &[
                ("TABLE_CATALOG", NAME),
                ("TABLE_SCHEMA", NAME),
                ("TABLE_NAME", NAME),
                ("TABLE_TYPE", NAME),
                ("ENGINE", NAME),
                ("VERSION", BIGINT),
                ("ROW_FORMAT", NAME),
                ("TABLE_ROWS", BIGINT),
                ("AVG_ROW_LENGTH", BIGINT),
                ("DATA_LENGTH", BIGINT),
                ("MAX_DATA_LENGTH", BIGINT),
                ("INDEX_LENGTH", BIGINT),
                ("DATA_FREE", BIGINT),
                ("AUTO_INCREMENT", BIGINT),
                ("CREATE_TIME", TIME),
                ("UPDATE_TIME", TIME),
                ("CHECK_TIME", TIME),
                ("TABLE_COLLATION", NAME),
                ("CHECKSUM", BIGINT),
                ("CREATE_OPTIONS", NAME),
                ("TABLE_COMMENT", TEXT),
                ("MAX_INDEX_LENGTH", BIGINT),
                ("TEMPORARY", NAME),
                ("PERSISTENT", NAME),
                ("SYNC_ON_WRITE", NAME),
                ("CACHE_IN_MEMORY", NAME),
            ],
            InformationTable::Columns => &[
                ("TABLE_CATALOG", NAME),
                ("TABLE_SCHEMA", NAME),
                ("TABLE_NAME", NAME),
                ("COLUMN_NAME", NAME),
                ("ORDINAL_POSITION", BIGINT),
                ("COLUMN_DEFAULT", TEXT),
                ("IS_NULLABLE", NAME),
                ("DATA_TYPE", NAME),
                ("CHARACTER_MAXIMUM_LENGTH", BIGINT),
                ("CHARACTER_OCTET_LENGTH", BIGINT),
                ("NUMERIC_PRECISION", BIGINT),
                ("NUMERIC_SCALE", BIGINT),
                ("DATETIME_PRECISION", BIGINT),
                ("CHARACTER_SET_NAME", NAME),
                ("COLLATION_NAME", NAME),
                ("COLUMN_TYPE", TEXT),
                ("COLUMN_KEY", NAME),
                ("EXTRA", NAME),
                ("PRIVILEGES", NAME),
                ("COLUMN_COMMENT", TEXT),
                ("IS_GENERATED", NAME),
                ("GENERATION_EXPRESSION", TEXT),
            ],
            InformationTable::Statistics => &[
                ("TABLE_CATALOG", NAME),
                ("TABLE_SCHEMA", NAME),
                ("TABLE_NAME", NAME),
                ("NON_UNIQUE", BIGINT),
                ("INDEX_SCHEMA", NAME),
                ("INDEX_NAME", NAME),
                ("SEQ_IN_INDEX", BIGINT),
                ("COLUMN_NAME", NAME),
                ("COLLATION", NAME),
                ("CARDINALITY", BIGINT),
                ("SUB_PART", BIGINT),
                ("PACKED", NAME),
                ("NULLABLE", NAME),
                ("INDEX_TYPE", NAME),
                ("COMMENT", TEXT),
                ("INDEX_COMMENT", TEXT),
                ("IGNORED", NAME),
            ],
            InformationTable::TableConstraints => &[
                ("CONSTRAINT_CATALOG", NAME),
                ("CONSTRAINT_SCHEMA", NAME),
                ("CONSTRAINT_NAME", NAME),
                ("TABLE_SCHEMA", NAME),
                ("TABLE_NAME", NAME),
                ("CONSTRAINT_TYPE", NAME),
            ],
            InformationTable::KeyColumnUsage => &[
                ("CONSTRAINT_CATALOG", NAME),
                ("CONSTRAINT_SCHEMA", NAME),
                ("CONSTRAINT_NAME", NAME),
                ("TABLE_CATALOG", NAME),
                ("TABLE_SCHEMA", NAME),
                ("TABLE_NAME", NAME),
                ("COLUMN_NAME", NAME),
                ("ORDINAL_POSITION", BIGINT),
                ("POSITION_IN_UNIQUE_CONSTRAINT", BIGINT),
                ("REFERENCED_TABLE_SCHEMA", NAME),
                ("REFERENCED_TABLE_NAME", NAME),
                ("REFERENCED_COLUMN_NAME", NAME),
            ],
            InformationTable::ReferentialConstraints => &[
                ("CONSTRAINT_CATALOG", NAME),
                ("CONSTRAINT_SCHEMA", NAME),
                ("CONSTRAINT_NAME", NAME),
                ("UNIQUE_CONSTRAINT_CATALOG", NAME),
                ("UNIQUE_CONSTRAINT_SCHEMA", NAME),
                ("UNIQUE_CONSTRAINT_NAME", NAME),
                ("MATCH_OPTION", NAME),
                ("UPDATE_RULE", NAME),
                ("DELETE_RULE", NAME),
                ("TABLE_NAME", NAME),
                ("REFERENCED_TABLE_NAME", NAME),
            ],
            InformationTable::CheckConstraints => &[
                ("CONSTRAINT_CATALOG", NAME),
                ("CONSTRAINT_SCHEMA", NAME),
                ("TABLE_NAME", NAME),
                ("CONSTRAINT_NAME", NAME),
                ("LEVEL", NAME),
                ("CHECK_CLAUSE", TEXT),
            ],
            InformationTable::Views => &[
                ("TABLE_CATALOG", NAME),
                ("TABLE_SCHEMA", NAME),
                ("TABLE_NAME", NAME),
                ("VIEW_DEFINITION", TEXT),
                ("CHECK_OPTION", NAME),
                ("IS_UPDATABLE", NAME),
                ("DEFINER", NAME),
                ("SECURITY_TYPE", NAME),
                ("CHARACTER_SET_CLIENT", NAME),
                ("COLLATION_CONNECTION", NAME),
                ("ALGORITHM", NAME),
            ],
            InformationTable::Routines => &[
                ("SPECIFIC_NAME", NAME),
                ("ROUTINE_CATALOG", NAME),
                ("ROUTINE_SCHEMA", NAME),
                ("ROUTINE_NAME", NAME),
                ("ROUTINE_TYPE", NAME),
                ("DATA_TYPE", NAME),
                ("CHARACTER_MAXIMUM_LENGTH", BIGINT),
                ("CHARACTER_OCTET_LENGTH", BIGINT),
                ("NUMERIC_PRECISION", BIGINT),
                ("NUMERIC_SCALE", BIGINT),
                ("DATETIME_PRECISION", BIGINT),
                ("CHARACTER_SET_NAME", NAME),
                ("COLLATION_NAME", NAME),
                ("DTD_IDENTIFIER", TEXT),
                ("ROUTINE_BODY", NAME),
                ("ROUTINE_DEFINITION", TEXT),
                ("EXTERNAL_NAME", NAME),
                ("EXTERNAL_LANGUAGE", NAME),
                ("PARAMETER_STYLE", NAME),
                ("IS_DETERMINISTIC", NAME),
                ("SQL_DATA_ACCESS", NAME),
                ("SQL_PATH", NAME),
                ("SECURITY_TYPE", NAME),
                ("CREATED", TIME),
                ("LAST_ALTERED", TIME),
                ("SQL_MODE", NAME),
                ("ROUTINE_COMMENT", TEXT),
                ("DEFINER", NAME),
                ("CHARACTER_SET_CLIENT", NAME),
                ("COLLATION_CONNECTION", NAME),
                ("DATABASE_COLLATION", NAME),
            ],
            InformationTable::Sequences => &[
                ("SEQUENCE_CATALOG", NAME),
                ("SEQUENCE_SCHEMA", NAME),
                ("SEQUENCE_NAME", NAME),
                ("DATA_TYPE", NAME),
                ("NUMERIC_PRECISION", BIGINT),
                ("NUMERIC_PRECISION_RADIX", BIGINT),
                ("NUMERIC_SCALE", BIGINT),
                ("START_VALUE", BIGINT),
                ("MINIMUM_VALUE", BIGINT),
                ("MAXIMUM_VALUE", BIGINT),
                ("INCREMENT", BIGINT),
                ("CYCLE_OPTION", NAME),
                ("CACHE_SIZE", BIGINT),
            ],
            InformationTable::Triggers => &[
                ("TRIGGER_CATALOG", NAME),
                ("TRIGGER_SCHEMA", NAME),
                ("TRIGGER_NAME", NAME),
                ("EVENT_MANIPULATION", NAME),
                ("EVENT_OBJECT_CATALOG", NAME),
                ("EVENT_OBJECT_SCHEMA", NAME),
                ("EVENT_OBJECT_TABLE", NAME),
                ("ACTION_ORDER", BIGINT),
                ("ACTION_CONDITION", TEXT),
                ("ACTION_STATEMENT", TEXT),
                ("ACTION_ORIENTATION", NAME),
                ("ACTION_TIMING", NAME),
                ("ACTION_REFERENCE_OLD_TABLE", NAME),
                ("ACTION_REFERENCE_NEW_TABLE", NAME),
                ("ACTION_REFERENCE_OLD_ROW", NAME),
                ("ACTION_REFERENCE_NEW_ROW", NAME),
                ("CREATED", TIME),
                ("SQL_MODE", NAME),
                ("DEFINER", NAME),
                ("CHARACTER_SET_CLIENT", NAME),
                ("COLLATION_CONNECTION", NAME),
                ("DATABASE_COLLATION", NAME),
            ],
        }
    }
}

/// The columns of a view, as it was bound.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundView {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<ViewColumn>,
    /// Whether it can be changed.
    pub changeable: bool,
}

/// A function of the program.
#[derive(Debug, Clone, PartialEq)]
pub struct Routine {
    /// The schema it is called from.
    pub schema: String,
    /// The function.
    pub function: Arc<UserFunction>,
}

/// The rows of a table of information_schema.
#[derive(Debug, Clone, PartialEq)]
pub struct InformationScan {
    /// The table.
    pub table: InformationTable,
    /// For COLUMNS and VIEWS: what only binding finds out, of the views that can be used.
    pub views: Arc<[BoundView]>,
    /// For ROUTINES: the functions of the program, as they are called from the current schema.
    pub routines: Arc<[Routine]>,
}

impl InformationScan {
    /// The types of its columns.
    pub fn types(&self) -> Vec<DataType> {
        let columns = self.table.columns().iter();
        columns.map(|(_, ty)| ty.clone()).collect()
    }
}
