//! Results as text: aligned tables, tab- or comma-separated values, JSON.

use amphi::{
    Result, Row, Value,
    core::{
        sql::plan::OutputColumn,
        types::{DataType, json_string},
    },
};
use std::{
    fmt::Write as _,
    io::{self, Write},
    str::FromStr,
};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// An aligned table for reading.
    Table,
    /// Tab-separated values; NULL is `\N`, and tabs, line ends and backslashes are escaped.
    Tsv,
    /// Comma-separated values; NULL is empty, an empty text is `""`.
    Csv,
    /// An array of objects.
    Json,
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Mode, String> {
        match name.to_ascii_lowercase().as_str() {
            "table" => Ok(Mode::Table),
            "tsv" => Ok(Mode::Tsv),
            "csv" => Ok(Mode::Csv),
            "json" => Ok(Mode::Json),
            _ => Err(format!("unknown mode {name}; there are table, tsv, csv and json")),
        }
    }
}

impl Mode {
    /// The name as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Table => "table",
            Mode::Tsv => "tsv",
            Mode::Csv => "csv",
            Mode::Json => "json",
        }
    }
}

/// Why printing stopped.
pub enum Failure {
    /// The query failed on the way.
    Query(amphi::Error),
    /// The output cannot be written.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// Prints a result and returns its number of rows.
pub fn print(
    out: &mut dyn Write,
    mode: Mode,
    columns: &[OutputColumn],
    rows: impl Iterator<Item = Result<Row>>,
) -> Result<u64, Failure> {
    match mode {
        Mode::Table => print_table(out, columns, rows),
        Mode::Tsv => print_lines(out, columns, rows, "\t", tsv_field),
        Mode::Csv => print_lines(out, columns, rows, ",", csv_field),
        Mode::Json => print_json(out, columns, rows),
    }
}

fn print_lines(
    out: &mut dyn Write,
    columns: &[OutputColumn],
    rows: impl Iterator<Item = Result<Row>>,
    separator: &str,
    field: fn(Option<&str>, &mut String),
) -> Result<u64, Failure> {
    let mut line = String::new();
    for (i, column) in columns.iter().enumerate() {
        line.push_str(if i == 0 { "" } else { separator });
        field(Some(&column.name), &mut line);
    }
    writeln!(out, "{line}")?;
    let mut count = 0;
    let mut text = String::new();
    for row in rows {
        let row = row.map_err(Failure::Query)?;
        line.clear();
        for i in 0..columns.len() {
            line.push_str(if i == 0 { "" } else { separator });
            text.clear();
            row.write_text(i, &mut text);
            field((!row.is_null(i)).then_some(text.as_str()), &mut line);
        }
        writeln!(out, "{line}")?;
        count += 1;
    }
    Ok(count)
}

fn tsv_field(text: Option<&str>, line: &mut String) {
    let Some(text) = text else {
        return line.push_str("\\N");
    };
    for c in text.chars() {
        match c {
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\\' => line.push_str("\\\\"),
            c => line.push(c),
        }
    }
}

fn csv_field(text: Option<&str>, line: &mut String) {
    let Some(text) = text else { return };
    if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

/// Prints a result as objects, one a line, and returns its number of rows.
pub fn print_json_lines(
    out: &mut dyn Write,
    columns: &[OutputColumn],
    rows: impl Iterator<Item = Result<Row>>,
) -> Result<u64, Failure> {
    print_objects(out, columns, rows, ("", "\n"))
}

fn print_json(
    out: &mut dyn Write,
    columns: &[OutputColumn],
    rows: impl Iterator<Item = Result<Row>>,
) -> Result<u64, Failure> {
    let count = print_objects(out, columns, rows, ("[", ",\n "))?;
    writeln!(out, "{}", if count == 0 { "[]" } else { "]" })?;
    Ok(count)
}

/// Prints an object for each row, the first with `before.0` and the others with `before.1` before them.
fn print_objects(
    out: &mut dyn Write,
    columns: &[OutputColumn],
    rows: impl Iterator<Item = Result<Row>>,
    before: (&str, &str),
) -> Result<u64, Failure> {
    let names: Vec<String> = columns.iter().map(|c| json_string(&c.name)).collect();
    let mut line = String::new();
    let mut count = 0;
    for row in rows {
        let row = row.map_err(Failure::Query)?;
        line.clear();
        line.push_str(if count == 0 { before.0 } else { before.1 });
        for (i, (name, value)) in names.iter().zip(row.values()).enumerate() {
            line.push_str(if i == 0 { "{" } else { "," });
            line.push_str(name);
            line.push(':');
            json_value(&value, &mut line);
        }
        line.push_str(if names.is_empty() { "{}" } else { "}" });
        out.write_all(line.as_bytes())?;
        count += 1;
    }
    Ok(count)
}

fn json_value(value: &Value, line: &mut String) {
    // Writing to a string does not fail.
    let _ = match value {
        Value::Null => line.write_str("null"),
        Value::Bool(b) => write!(line, "{b}"),
        Value::Float(f) if !f.is_finite() => line.write_str("null"),
        Value::Int(_) | Value::Float(_) | Value::Decimal(_) | Value::Vector(_) => write!(line, "{value}"),
        Value::Json(json) => line.write_str(json),
        Value::Blob(bytes) => {
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            write!(line, "\"{hex}\"")
        }
        other => line.write_str(&json_string(&other.to_string())),
    };
}

/// Rows that decide the column widths; those after them may stick out.
const MEASURED_ROWS: usize = 1000;

fn print_table(
    out: &mut dyn Write,
    columns: &[OutputColumn],
    mut rows: impl Iterator<Item = Result<Row>>,
) -> Result<u64, Failure> {
    let mut widths: Vec<usize> = columns.iter().map(|c| width(&c.name)).collect();
    let mut measured = Vec::new();
    // A query that fails before it has printed anything prints nothing.
    for row in rows.by_ref().take(MEASURED_ROWS) {
        let texts = table_row(&row.map_err(Failure::Query)?, columns.len());
        for (w, text) in widths.iter_mut().zip(&texts) {
            *w = width(text).max(*w);
        }
        measured.push(texts);
    }
    let rule: String = widths.iter().map(|w| format!("+{}", "-".repeat(w + 2))).collect();
    let right: Vec<bool> = columns.iter().map(|c| is_number(&c.ty)).collect();
    let mut line = String::new();
    let mut print = |out: &mut dyn Write, texts: &[String]| {
        line.clear();
        for ((text, w), right) in texts.iter().zip(&widths).zip(&right) {
            let padding = " ".repeat(w.saturating_sub(width(text)));
            let (before, after) = if *right { (&*padding, "") } else { ("", &*padding) };
            let _ = write!(line, "| {before}{text}{after} ");
        }
        writeln!(out, "{line}|")
    };
    let names: Vec<String> = columns.iter().map(|c| visible(&c.name)).collect();
    writeln!(out, "{rule}+")?;
    print(out, &names)?;
    writeln!(out, "{rule}+")?;
    let mut count = 0;
    for texts in measured {
        print(out, &texts)?;
        count += 1;
    }
    for row in rows {
        print(out, &table_row(&row.map_err(Failure::Query)?, columns.len()))?;
        count += 1;
    }
    writeln!(out, "{rule}+")?;
    Ok(count)
}

fn table_row(row: &Row, columns: usize) -> Vec<String> {
    let mut text = String::new();
    (0..columns)
        .map(|i| {
            text.clear();
            row.write_text(i, &mut text);
            visible(&text)
        })
        .collect()
}

fn is_number(ty: &DataType) -> bool {
    ty.is_numeric() && *ty != DataType::Bool
}

/// The text with control characters escaped, so that a value cannot break the table or the terminal.
fn visible(text: &str) -> String {
    if text.chars().any(char::is_control) {
        text.chars()
            .flat_map(|c| -> Box<dyn Iterator<Item = char>> {
                if c.is_control() {
                    Box::new(c.escape_default())
                } else {
                    Box::new(std::iter::once(c))
                }
            })
            .collect()
    } else {
        text.to_owned()
    }
}

/// Columns a text takes on a terminal: combining marks take none, East Asian wide characters and
/// emoji two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x300..=0x36F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
            0x1100..=0x115F
            | 0x2E80..=0xA4CF
            | 0xAC00..=0xD7A3
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F
            | 0xFF00..=0xFF60
            | 0x1F300..=0x1FAFF
            | 0x20000..=0x3FFFD => 2,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(write: fn(Option<&str>, &mut String), text: Option<&str>) -> String {
        let mut line = String::new();
        write(text, &mut line);
        line
    }

    #[test]
    fn null_and_empty_text_differ_in_separated_values() {
        assert_eq!(field(csv_field, None), "");
        assert_eq!(field(csv_field, Some("")), "\"\"");
        assert_eq!(field(csv_field, Some("say \"a,b\"")), "\"say \"\"a,b\"\"\"");
        assert_eq!(field(tsv_field, None), "\\N");
        assert_eq!(field(tsv_field, Some("")), "");
        assert_eq!(field(tsv_field, Some("a\tb\\N\n")), "a\\tb\\\\N\\n");
    }

    #[test]
    fn json_keeps_digits_and_types() {
        let json = |value: Value| {
            let mut line = String::new();
            json_value(&value, &mut line);
            line
        };
        assert_eq!(json(Value::Int(9_007_199_254_740_993)), "9007199254740993");
        assert_eq!(json(Value::Bool(true)), "true");
        assert_eq!(json(Value::Float(f64::NAN)), "null");
        assert_eq!(json(Value::from("a\"b\n")), r#""a\"b\n""#);
        assert_eq!(json(Value::Json("{\"a\":[1]}".to_owned())), "{\"a\":[1]}");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\n"), "a\\u{1b}[31mb\\n");
        assert_eq!(width("Warīsān"), 7);
        assert_eq!(width("東京"), 4);
    }
}
