//! What an error is about, for programs that show it beside the table or the column.

use super::Error;

impl Error {
    /// The table it names.
    pub fn table(&self) -> Option<&str> {
        match self {
            Error::NotNull { table, .. }
            | Error::DuplicateKey { table, .. }
            | Error::CheckViolated { table, .. }
            | Error::ForeignKeyViolated { table, .. }
            | Error::WriteConflict { table }
            | Error::NoStore { table }
            | Error::NotResident { table }
            | Error::Corrupted { table, .. } => Some(table),
            Error::Unknown { kind, name, .. } | Error::Exists { kind, name } if *kind == "table" => {
                Some(name)
            }
            Error::TypeMismatch { column, .. } | Error::OutOfRange { column, .. } => {
                column.as_deref()?.rsplit_once('.').map(|(table, _)| table)
            }
            _ => None,
        }
    }

    /// The column it names, without its table.
    pub fn column(&self) -> Option<&str> {
        match self {
            Error::NotNull { column, .. } => Some(column),
            Error::AmbiguousColumn { name, .. } => Some(name),
            Error::Unknown { kind, name, .. } | Error::Exists { kind, name } if *kind == "column" => {
                Some(name)
            }
            Error::TypeMismatch { column, .. } | Error::OutOfRange { column, .. } => {
                let column = column.as_deref()?;
                Some(column.rsplit_once('.').map_or(column, |(_, column)| column))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_with_its_table_is_taken_apart() {
        let error = Error::OutOfRange {
            value: "300".into(),
            expected: "TINYINT".into(),
            column: Some("shop.item.size".into()),
        };
        assert_eq!((error.table(), error.column()), (Some("shop.item"), Some("size")));
        assert_eq!((Error::Closed.table(), Error::Closed.column()), (None, None));
    }
}
