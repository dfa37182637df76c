//! Files into tables.
//!
//! A file is read twice, one of JSON three times: to find the columns, to check all of it and to find the
//! columns' types, and to insert. Everything is one transaction (or one savepoint of the session's): a file is
//! imported whole or not at all.

use super::{
    csv_file::CsvFile,
    field::{Field, value},
    infer::Inference,
    json_file::JsonFile,
    names::{quoted, quoted_name},
};
use crate::{cancel::Cancel, progress::Progress, shell::plural};
use amphi::{DataType, Error, Position, Result, Session, Value};
use std::path::Path;

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

/// Where a record is in its file.
pub struct Place {
    /// Its number, from 1.
    pub number: u64,
    /// Its line, where records have lines.
    pub line: Option<u64>,
    /// Bytes before it, or before what comes next.
    pub byte: u64,
}

/// A file of records that all have the same fields.
pub trait Records {
    /// The file.
    fn path(&self) -> &Path;

    /// Its size.
    fn bytes(&self) -> u64;

    /// Names of the fields: never empty, all different.
    fn header(&self) -> &[String];

    /// Calls `row` with the fields of every record, in the order of the header.
    ///
    /// # Errors
    /// What is wrong with the file; the errors of `row`.
    fn for_each(&self, row: &mut dyn FnMut(&[Field<'_>], &Place) -> Result<()>) -> Result<()>;
}

/// Imports a file: JSON (an array of objects, or an object a line) if it is named so, else CSV with a header
/// row. A table that does not exist is made, with the narrowest types that hold every value unchanged; to
/// one that exists the rows are appended, columns matched by name. An empty field of CSV is NULL, and so is what
/// an object does not have.
///
/// # Errors
/// What is wrong with the file, or [`Error::Interrupted`]; nothing is imported then.
pub fn import(session: &Session, path: &Path, table: &str, cancel: &Cancel) -> Result<Imported> {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    match extension.to_str() {
        Some("json" | "jsonl" | "ndjson") => {
            import_records(session, &JsonFile::open(path, cancel)?, table, cancel)
        }
        _ => import_records(session, &CsvFile::open(path)?, table, cancel),
    }
}

fn import_records(session: &Session, file: &dyn Records, table: &str, cancel: &Cancel) -> Result<Imported> {
    let mut progress = Progress::new(Some(2 * file.bytes()), cancel);
    let existing = match session.query(&format!("SELECT * FROM {} LIMIT 0", quoted(table)), ()) {
        Ok(rows) => Some(rows.columns().to_vec()),
        Err(Error::Unknown { kind: "table", .. }) => None,
        Err(e) => return Err(e),
    };
    let columns = match &existing {
        Some(columns) => {
            let mut matched = Vec::new();
            for name in file.header() {
                let column = columns.iter().find(|c| c.name.eq_ignore_ascii_case(name));
                let column = column.ok_or_else(|| Error::Unknown {
                    kind: "column",
                    name: name.clone(),
                    nearest: amphi::nearest(name, columns.iter().map(|c| c.name.as_str())),
                    position: Some(Position { line: 1, column: 1 }),
                })?;
                matched.push((column.name.clone(), column.ty.clone()));
            }
            check(file, &matched, &mut progress)?;
            matched
        }
        None => infer(file, &mut progress)?,
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
    let insert_all = || {
        if existing.is_none() {
            let definitions: Vec<String> = columns
                .iter()
                .map(|(name, ty)| format!("{} {ty}", quoted_name(name)))
                .collect();
            let definitions = definitions.join(", ");
            session.execute(&format!("CREATE TABLE {} ({definitions})", quoted(table)), ())?;
        }
        let rows = insert(file, session, table, &columns, &mut progress)?;
        session.execute(commit, ())?;
        Ok(rows)
    };
    let done = insert_or_undo(insert_all, || session.execute(rollback, ()));
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

/// Reads the whole file and finds the narrowest types.
fn infer(file: &dyn Records, progress: &mut Progress) -> Result<Vec<(String, DataType)>> {
    let mut columns = vec![Inference::new(); file.header().len()];
    file.for_each(&mut |fields, place| {
        let columns = columns.iter_mut().zip(fields);
        columns.for_each(|(column, field)| column.see_field(field));
        progress.at(place.byte, "checking")
    })?;
    let types = columns.iter().map(Inference::data_type);
    Ok(file.header().iter().cloned().zip(types).collect())
}

/// Reads the whole file and makes sure that every field converts to its column's type.
fn check(file: &dyn Records, columns: &[(String, DataType)], progress: &mut Progress) -> Result<()> {
    file.for_each(&mut |fields, place| {
        for (i, (field, (name, ty))) in fields.iter().zip(columns).enumerate() {
            value(field, ty).map_err(|e| {
                let path = file.path().display();
                let column = i as u64 + 1;
                match place.line {
                    Some(line) => Error::Data {
                        message: format!("{path}, field {name}: {e}"),
                        position: Some(Position { line, column }),
                    },
                    None => Error::Data {
                        message: format!("{path}, object {}, field {name}: {e}", place.number),
                        position: None,
                    },
                }
            })?;
        }
        progress.at(place.byte, "checking")
    })
}

fn insert(
    file: &dyn Records,
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
    file.for_each(&mut |fields, place| {
        for (field, (_, ty)) in fields.iter().zip(columns) {
            values.push(value(field, ty)?);
        }
        pending += 1;
        rows += 1;
        if pending == chunk {
            session.execute(&full, std::mem::take(&mut values))?;
            pending = 0;
            let label = format!("{rows} {}", plural(rows, "row"));
            progress.at(file.bytes() + place.byte, &label)?;
        }
        Ok(())
    })?;
    if pending > 0 {
        session.execute(&statement(pending), values)?;
    }
    Ok(rows)
}
