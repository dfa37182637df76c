//! CSV files into tables.
//!
//! The file is read twice: once to check all of it and to find the columns' types, once to insert.
//! Everything is one transaction (or one savepoint of the session's): a file is imported whole or
//! not at all.

use crate::{
    infer::{Inference, is_boolean},
    progress::Progress,
    shell::plural,
};
use amphi::{DataType, Error, Position, Result, Session, Value};
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use std::{fs::File, path::Path};

/// Parameters of one INSERT: enough rows to make the statement's own cost small.
const PARAMETERS: usize = 2_000;

/// What an import did.
#[derive(Debug, PartialEq, Eq)]
pub struct Imported {
    /// Rows inserted.
    pub rows: u64,
    /// Whether the table was made for it.
    pub created: bool,
}

/// A table name quoted for SQL; a dot separates the schema from the table.
pub fn quoted(table: &str) -> String {
    let parts: Vec<String> = table
        .split('.')
        .map(|part| format!("`{}`", part.replace('`', "``")))
        .collect();
    parts.join(".")
}

/// Imports a CSV file with a header row. A table that does not exist is made, with the narrowest
/// types that hold every value unchanged; to one that exists the rows are appended, columns matched
/// by name. An empty field is NULL.
pub fn import(session: &Session, path: &Path, table: &str) -> Result<Imported> {
    let file = CsvFile::open(path)?;
    let mut progress = Progress::new(2 * file.bytes);
    let existing = match session.query(&format!("SELECT * FROM {} LIMIT 0", quoted(table)), ()) {
        Ok(rows) => Some(rows.columns().to_vec()),
        Err(Error::Unknown { kind: "table", .. }) => None,
        Err(e) => return Err(e),
    };
    let columns = match &existing {
        Some(columns) => {
            let mut matched = Vec::new();
            for name in &file.header {
                let column = columns.iter().find(|c| c.name.eq_ignore_ascii_case(name));
                let column = column.ok_or_else(|| Error::Unknown {
                    kind: "column",
                    name: name.clone(),
                    nearest: amphi::nearest(name, columns.iter().map(|c| c.name.as_str())),
                    position: Some(Position { line: 1, column: 1 }),
                })?;
                matched.push((column.name.clone(), column.ty.clone()));
            }
            file.check(&matched, &mut progress)?;
            matched
        }
        None => file.infer(&mut progress)?,
    };
    let (begin, commit, rollback) = if session.in_transaction() {
        (
            "SAVEPOINT amphi_import",
            "RELEASE SAVEPOINT amphi_import",
            "ROLLBACK TO SAVEPOINT amphi_import",
        )
    } else {
        ("BEGIN", "COMMIT", "ROLLBACK")
    };
    session.execute(begin, ())?;
    let insert = || {
        if existing.is_none() {
            let definitions: Vec<String> = columns
                .iter()
                .map(|(name, ty)| format!("{} {ty}", quoted_name(name)))
                .collect();
            let definitions = definitions.join(", ");
            session.execute(&format!("CREATE TABLE {} ({definitions})", quoted(table)), ())?;
        }
        let rows = file.insert(session, table, &columns, &mut progress)?;
        session.execute(commit, ())?;
        Ok(rows)
    };
    let done = insert_or_undo(insert, || session.execute(rollback, ()));
    done.map(|rows| Imported {
        rows,
        created: existing.is_none(),
    })
}

fn insert_or_undo<T>(insert: impl FnOnce() -> Result<T>, undo: impl FnOnce() -> Result<u64>) -> Result<T> {
    insert().inspect_err(|_| {
        // A failed COMMIT has ended the transaction already.
        let _ = undo();
    })
}

fn quoted_name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A CSV file whose header has been read.
struct CsvFile<'a> {
    path: &'a Path,
    bytes: u64,
    /// Column names: never empty, all different.
    header: Vec<String>,
}

impl<'a> CsvFile<'a> {
    fn open(path: &'a Path) -> Result<CsvFile<'a>> {
        let mut file = CsvFile {
            path,
            bytes: 0,
            header: Vec::new(),
        };
        let mut reader = file.reader()?;
        file.bytes = reader
            .get_ref()
            .metadata()
            .map_err(|e| unreadable(path, &e))?
            .len();
        let header = reader.headers().map_err(|e| data_error(path, &[], e))?;
        if header.is_empty() {
            return Err(Error::Data {
                message: format!("{} has no header row", path.display()),
                position: Some(Position { line: 1, column: 1 }),
            });
        }
        for (i, name) in header.iter().enumerate() {
            let name = match name.trim() {
                "" => format!("column{}", i + 1),
                name => name.to_owned(),
            };
            let taken = |names: &[String], name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
            let mut unique = name.clone();
            let mut suffix = 2;
            while taken(&file.header, &unique) {
                unique = format!("{name}_{suffix}");
                suffix += 1;
            }
            file.header.push(unique);
        }
        Ok(file)
    }

    fn reader(&self) -> Result<Reader<File>> {
        let file = File::open(self.path).map_err(|e| unreadable(self.path, &e))?;
        let mut reader = ReaderBuilder::new().from_reader(file);
        // Past the header: an error in the first row would otherwise be told with the header's position.
        reader.byte_headers().map_err(|e| data_error(self.path, &[], e))?;
        Ok(reader)
    }

    /// Calls `row` with every record and its line.
    fn rows(&self, mut row: impl FnMut(&StringRecord, u64, u64) -> Result<()>) -> Result<()> {
        let mut reader = self.reader()?;
        let mut record = StringRecord::new();
        while reader
            .read_record(&mut record)
            .map_err(|e| data_error(self.path, &self.header, e))?
        {
            let (line, byte) = record.position().map_or((0, 0), |p| (p.line(), p.byte()));
            row(&record, line, byte)?;
        }
        Ok(())
    }

    /// Reads the whole file and finds the narrowest types.
    fn infer(&self, progress: &mut Progress) -> Result<Vec<(String, DataType)>> {
        let mut columns = vec![Inference::new(); self.header.len()];
        self.rows(|record, _, byte| {
            columns
                .iter_mut()
                .zip(record)
                .for_each(|(column, field)| column.see(field));
            progress.at(byte, "checking");
            Ok(())
        })?;
        let types = columns.iter().map(Inference::data_type);
        Ok(self.header.iter().cloned().zip(types).collect())
    }

    /// Reads the whole file and makes sure that every field converts to its column's type.
    fn check(&self, columns: &[(String, DataType)], progress: &mut Progress) -> Result<()> {
        self.rows(|record, line, byte| {
            for (i, (field, (name, ty))) in record.iter().zip(columns).enumerate() {
                value(field, ty).map_err(|e| Error::Data {
                    message: format!("{}, field {name}: {e}", self.path.display()),
                    position: Some(Position {
                        line,
                        column: i as u64 + 1,
                    }),
                })?;
            }
            progress.at(byte, "checking");
            Ok(())
        })
    }

    fn insert(
        &self,
        session: &Session,
        table: &str,
        columns: &[(String, DataType)],
        progress: &mut Progress,
    ) -> Result<u64> {
        let names: Vec<String> = columns.iter().map(|(name, _)| quoted_name(name)).collect();
        let into = format!("INSERT INTO {} ({}) VALUES ", quoted(table), names.join(", "));
        let tuple = format!("({})", vec!["?"; columns.len()].join(", "));
        let statement = |rows: usize| format!("{into}{}", vec![tuple.as_str(); rows].join(", "));
        let chunk = (PARAMETERS / columns.len()).max(1);
        let full = statement(chunk);
        let mut values: Vec<Value> = Vec::with_capacity(chunk * columns.len());
        let mut pending = 0;
        let mut rows = 0;
        self.rows(|record, _, byte| {
            for (field, (_, ty)) in record.iter().zip(columns) {
                values.push(value(field, ty)?);
            }
            pending += 1;
            rows += 1;
            if pending == chunk {
                session.execute(&full, std::mem::take(&mut values))?;
                pending = 0;
                progress.at(self.bytes + byte, &format!("{rows} {}", plural(rows, "row")));
            }
            Ok(())
        })?;
        if pending > 0 {
            session.execute(&statement(pending), values)?;
        }
        Ok(rows)
    }
}

/// A field as a value of its column.
fn value(field: &str, ty: &DataType) -> Result<Value> {
    match ty {
        _ if field.is_empty() => Ok(Value::Null),
        DataType::Bool if is_boolean(field) => Ok(Value::Bool(field.eq_ignore_ascii_case("true"))),
        ty => Value::from(field).convert(ty),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::Data {
        message: format!("cannot read {}: {error}", path.display()),
        position: None,
    }
}

/// A fault of the file, with its line and the number of the field as column.
fn data_error(path: &Path, header: &[String], error: csv::Error) -> Error {
    let at = |position: &Option<csv::Position>, column: u64| {
        let line = position.as_ref().map_or(1, csv::Position::line);
        Some(Position { line, column })
    };
    let (message, position) = match error.kind() {
        ErrorKind::Io(e) => return unreadable(path, e),
        ErrorKind::Utf8 { pos, err } => {
            let name = header.get(err.field()).map_or("", String::as_str);
            (
                format!("field {name} is not UTF-8"),
                at(pos, err.field() as u64 + 1),
            )
        }
        ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => (
            format!("the row has {len} fields and the header {expected_len}"),
            at(pos, (*len).min(*expected_len) + 1),
        ),
        _ => (error.to_string(), None),
    };
    Error::Data {
        message: format!("{}: {message}", path.display()),
        position,
    }
}
