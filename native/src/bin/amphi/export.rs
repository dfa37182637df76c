//! `.export`: rows into a file.
//!
//! The file appears when it is whole; until then it is beside its place under another name.

use crate::{
    cancel::Cancel,
    import::quoted,
    output::{self, Mode},
    progress::Progress,
    shell::{Failure, plural},
};
use amphi::{Session, core::sql::plan::OutputColumn};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

/// How the rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values with a header.
    Tsv,
    /// An array of objects.
    Json,
    /// An object a line.
    JsonLines,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        match name.to_ascii_lowercase().as_str() {
            "csv" => Ok(Format::Csv),
            "tsv" => Ok(Format::Tsv),
            "json" => Ok(Format::Json),
            "jsonl" | "ndjson" => Ok(Format::JsonLines),
            _ => Err(format!(
                "unknown format {name}; there are csv, tsv, json and jsonl"
            )),
        }
    }
}

impl Format {
    /// The format that a file's name says.
    ///
    /// # Errors
    /// A message for the user if it says none.
    pub fn of(path: &Path) -> Result<Format, String> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        extension.parse().map_err(|_| {
            format!(
                "{} does not say a format: name it .csv, .tsv, .json or .jsonl, or give --csv, --tsv, --json or --jsonl",
                path.display()
            )
        })
    }
}

/// Writes the rows of a table, or of a query, into a file, and returns how many there are.
///
/// # Errors
/// Those of the query and of writing; what is at that place stays as it was then.
pub fn export(
    session: &Session,
    path: &Path,
    format: Format,
    what: Result<&str, &str>,
    cancel: &Cancel,
) -> Result<u64, Failure> {
    let (sql, total) = match what {
        Ok(table) => {
            let table = quoted(table);
            let count = session.query_row(&format!("SELECT COUNT(*) FROM {table}"), ())?;
            (format!("SELECT * FROM {table}"), Some(count.get::<u64>(0)?))
        }
        Err(query) => (query.to_owned(), None),
    };
    // Looked at before it runs: what has no result might change something.
    let statement = session.prepare(&sql)?;
    if statement.columns().is_empty() {
        return Err(Failure::Usage(
            "what is exported is a table or a query".to_owned(),
        ));
    }
    let mut rows = statement.query(())?;
    let columns = rows.columns().to_vec();
    let mut progress = Progress::new(total, cancel);
    let mut done = 0;
    let watched = rows.by_ref().map(|row| {
        done += 1;
        progress.at(done, &format!("{done} {}", plural(done, "row")))?;
        row
    });
    let unfinished = Unfinished::create(path).map_err(|e| unwritable(path, &e))?;
    let mut out = BufWriter::new(&unfinished.file);
    let printed = print(&mut out, format, &columns, watched).and_then(|n| Ok(out.flush().map(|()| n)?));
    drop(out);
    match printed {
        Ok(count) => {
            unfinished.finish(path).map_err(|e| unwritable(path, &e))?;
            Ok(count)
        }
        Err(output::Failure::Query(e)) => Err(e.into()),
        Err(output::Failure::Output(e)) => Err(unwritable(path, &e)),
    }
}

fn print(
    out: &mut dyn Write,
    format: Format,
    columns: &[OutputColumn],
    rows: impl Iterator<Item = amphi::Result<amphi::Row>>,
) -> Result<u64, output::Failure> {
    match format {
        Format::Csv => output::print(out, Mode::Csv, columns, rows),
        Format::Tsv => output::print(out, Mode::Tsv, columns, rows),
        Format::Json => output::print(out, Mode::Json, columns, rows),
        Format::JsonLines => {
            let count = output::print_json_lines(out, columns, rows)?;
            if count > 0 {
                writeln!(out)?;
            }
            Ok(count)
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("cannot write {}: {error}", path.display()))
}

/// A file that is being written.
struct Unfinished {
    file: File,
    /// Where it is; `None` once it is at its place, or if that is no file but a pipe or a device.
    aside: Option<PathBuf>,
}

impl Unfinished {
    fn create(path: &Path) -> io::Result<Unfinished> {
        if fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
            let file = File::options().write(true).open(path)?;
            return Ok(Unfinished { file, aside: None });
        }
        let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
        name.push(".part");
        let aside = path.with_file_name(name);
        Ok(Unfinished {
            file: File::create(&aside)?,
            aside: Some(aside),
        })
    }

    fn finish(mut self, path: &Path) -> io::Result<()> {
        match self.aside.take() {
            Some(aside) => fs::rename(&aside, path).inspect_err(|_| self.aside = Some(aside)),
            None => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside {
            // It is of no use to anybody; that it stays is no further failure.
            let _ = fs::remove_file(aside);
        }
    }
}
