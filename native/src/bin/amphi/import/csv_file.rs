//! CSV files with a header row.

use super::{
    field::{Field, unreadable},
    import::{Place, Records},
    names::unique,
};
use amphi::{Error, Position, Result};
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// A CSV file whose header has been read.
pub struct CsvFile {
    path: PathBuf,
    bytes: u64,
    header: Vec<String>,
}

impl CsvFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`Error::Data`] if it cannot be read or has no header.
    pub fn open(path: &Path) -> Result<CsvFile> {
        let mut file = CsvFile {
            path: path.to_owned(),
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
        file.header = unique(header);
        Ok(file)
    }

    fn reader(&self) -> Result<Reader<File>> {
        let file = File::open(&self.path).map_err(|e| unreadable(&self.path, &e))?;
        let mut reader = ReaderBuilder::new().from_reader(file);
        // Past the header: an error in the first row would otherwise be told with the header's position.
        reader
            .byte_headers()
            .map_err(|e| data_error(&self.path, &[], e))?;
        Ok(reader)
    }
}

impl Records for CsvFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn header(&self) -> &[String] {
        &self.header
    }

    fn for_each(&self, row: &mut dyn FnMut(&[Field<'_>], &Place) -> Result<()>) -> Result<()> {
        let mut reader = self.reader()?;
        let mut record = StringRecord::new();
        let mut number = 0;
        while reader
            .read_record(&mut record)
            .map_err(|e| data_error(&self.path, &self.header, e))?
        {
            number += 1;
            let fields: Vec<Field<'_>> = record.iter().map(Field::Plain).collect();
            let place = Place {
                number,
                line: record.position().map(csv::Position::line),
                byte: record.position().map_or(0, csv::Position::byte),
            };
            row(&fields, &place)?;
        }
        Ok(())
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
