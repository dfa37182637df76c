//! Functions that give rows.

use super::Expr;
use crate::sql::functions::JsonTable;
use crate::types::DataType;
use alloc::{sync::Arc, vec::Vec};

/// A function of a FROM clause.
#[derive(Debug, Clone, PartialEq)]
pub enum TableFunction {
    /// `generate_series(first, last [, step])`: integers, both ends included.
    GenerateSeries,
    /// `json_each(document [, path])`: the members of an object, the elements of an array, or a scalar itself.
    JsonEach,
    /// `json_tree(document [, path])`: a value and everything below it.
    JsonTree,
    /// `JSON_TABLE(document, path COLUMNS (…))`.
    JsonTable(Arc<JsonTable>),
    /// `string_split(text, separator)`: the parts of a text.
    StringSplit,
    /// `regexp_split_to_table(text, expression)`: the parts of a text between matches.
    RegexpSplit,
    /// `json_array_elements(array)`.
    JsonElements,
    /// `json_array_elements_text(array)`: strings without their quotes, NULL for null.
    JsonElementTexts,
    /// `json_object_keys(object)`.
    JsonKeys,
    /// `json_each_text(object)`: keys, and values as `json_array_elements_text` has them.
    JsonMemberTexts,
}

/// What there is to know of a function to bind it.
pub struct TableFunctionShape {
    /// Name in capitals.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Fewest and most arguments.
    pub args: (usize, usize),
    /// Types of the arguments.
    pub arg_types: &'static [DataType],
    /// Names and types of the columns.
    pub columns: &'static [(&'static str, DataType)],
}

/// As in SQLite, but that values are texts.
const JSON_ROWS: TableFunctionShape = TableFunctionShape {
    name: "JSON_TREE",
    aliases: &[],
    args: (1, 2),
    arg_types: &[DataType::TEXT],
    columns: &[
        ("key", DataType::TEXT),
        ("value", DataType::TEXT),
        ("type", DataType::TEXT),
        ("atom", DataType::TEXT),
        ("id", DataType::BIGINT),
        ("parent", DataType::BIGINT),
        ("fullkey", DataType::TEXT),
        ("path", DataType::TEXT),
    ],
};

impl TableFunction {
    /// All that are called by their names alone.
    pub const ALL: [TableFunction; 9] = [
        TableFunction::GenerateSeries,
        TableFunction::JsonEach,
        TableFunction::JsonTree,
        TableFunction::StringSplit,
        TableFunction::RegexpSplit,
        TableFunction::JsonElements,
        TableFunction::JsonElementTexts,
        TableFunction::JsonKeys,
        TableFunction::JsonMemberTexts,
    ];

    /// The function of a name, without regard to case.
    pub fn lookup(name: &str) -> Option<TableFunction> {
        let is_it = |f: &TableFunction| {
            let shape = f.shape();
            core::iter::once(&shape.name)
                .chain(shape.aliases)
                .any(|n| n.eq_ignore_ascii_case(name))
        };
        TableFunction::ALL.into_iter().find(is_it)
    }

    /// Its name, arguments and columns.
    pub fn shape(&self) -> TableFunctionShape {
        match self {
            TableFunction::GenerateSeries => TableFunctionShape {
                name: "GENERATE_SERIES",
                aliases: &[],
                args: (2, 3),
                arg_types: &[DataType::BIGINT],
                columns: &[("value", DataType::BIGINT)],
            },
            TableFunction::JsonEach => TableFunctionShape {
                name: "JSON_EACH",
                ..JSON_ROWS
            },
            TableFunction::JsonTree => JSON_ROWS,
            TableFunction::JsonTable(_) => TableFunctionShape {
                name: "JSON_TABLE",
                aliases: &[],
                args: (1, 1),
                arg_types: &[DataType::TEXT],
                columns: &[],
            },
            TableFunction::StringSplit => TableFunctionShape {
                name: "STRING_SPLIT",
                aliases: &["STRING_TO_TABLE"],
                args: (2, 2),
                arg_types: &[DataType::TEXT],
                columns: &[("value", DataType::TEXT), ("ordinal", DataType::BIGINT)],
            },
            TableFunction::RegexpSplit => TableFunctionShape {
                name: "REGEXP_SPLIT_TO_TABLE",
                aliases: &[],
                args: (2, 2),
                arg_types: &[DataType::TEXT],
                columns: &[("value", DataType::TEXT), ("ordinal", DataType::BIGINT)],
            },
            TableFunction::JsonElements => TableFunctionShape {
                name: "JSON_ARRAY_ELEMENTS",
                aliases: &["JSONB_ARRAY_ELEMENTS"],
                args: (1, 1),
                arg_types: &[DataType::TEXT],
                columns: &[("value", DataType::Json)],
            },
            TableFunction::JsonElementTexts => TableFunctionShape {
                name: "JSON_ARRAY_ELEMENTS_TEXT",
                aliases: &["JSONB_ARRAY_ELEMENTS_TEXT"],
                args: (1, 1),
                arg_types: &[DataType::TEXT],
                columns: &[("value", DataType::TEXT)],
            },
            TableFunction::JsonKeys => TableFunctionShape {
                name: "JSON_OBJECT_KEYS",
                aliases: &["JSONB_OBJECT_KEYS"],
                args: (1, 1),
                arg_types: &[DataType::TEXT],
                columns: &[("json_object_keys", DataType::TEXT)],
            },
            TableFunction::JsonMemberTexts => TableFunctionShape {
                name: "JSON_EACH_TEXT",
                aliases: &["JSONB_EACH_TEXT"],
                args: (1, 1),
                arg_types: &[DataType::TEXT],
                columns: &[("key", DataType::TEXT), ("value", DataType::TEXT)],
            },
        }
    }
}

/// A call of one; the arguments have no columns.
#[derive(Debug, Clone, PartialEq)]
pub struct TableFunctionCall {
    /// The function.
    pub function: TableFunction,
    /// Arguments, converted.
    pub args: Vec<Expr>,
}

impl TableFunctionCall {
    /// Names and types of its columns.
    pub fn columns(&self) -> Vec<(&str, DataType)> {
        match &self.function {
            TableFunction::JsonTable(table) => table.columns(),
            function => {
                let columns = function.shape().columns;
                columns.iter().map(|(name, ty)| (*name, ty.clone())).collect()
            }
        }
    }

    /// The types of its columns.
    pub fn types(&self) -> Vec<DataType> {
        self.columns().into_iter().map(|(_, ty)| ty).collect()
    }
}
