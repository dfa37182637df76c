//! SQLite as the second opinion: the same statements on the same rows must give the same answer.
//!
//! What differs by design is the comparison's business: an exact decimal equals the float nearest to it,
//! a boolean equals 1 or 0, a date equals its text.

use amphi_core::types::Value;
use rusqlite::types::ValueRef;

/// A value of either engine, reduced to what can be compared.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A number, and how far from it the other engine's may be.
    Number(f64, f64),
    /// Text, dates and all else.
    Text(String),
}

impl Cell {
    /// Of a value of ours.
    pub fn ours(value: &Value) -> Cell {
        match value {
            Value::Null => Cell::Null,
            Value::Bool(b) => Cell::Number(f64::from(u8::from(*b)), 0.0),
            Value::Int(i) => Cell::Number(*i as f64, 0.0),
            Value::Float(f) => Cell::Number(*f, f.abs() * 1e-12),
            // AVG and / round to the decimals of their type.
            Value::Decimal(d) => {
                let exact: f64 = value.to_string().parse().unwrap_or(f64::NAN);
                Cell::Number(
                    exact,
                    0.51 * 10f64.powi(-i32::from(d.scale)) + exact.abs() * 1e-12,
                )
            }
            other => Cell::Text(other.to_string()),
        }
    }

    fn theirs(value: ValueRef<'_>) -> Cell {
        match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(i) => Cell::Number(i as f64, 0.0),
            ValueRef::Real(f) => Cell::Number(f, f.abs() * 1e-12),
            ValueRef::Text(t) => Cell::Text(String::from_utf8_lossy(t).into_owned()),
            ValueRef::Blob(b) => {
                let hex: String = b.iter().map(|b| format!("{b:02X}")).collect();
                Cell::Text(format!("X'{hex}'"))
            }
        }
    }

    fn agrees(&self, other: &Cell) -> bool {
        match (self, other) {
            (Cell::Number(a, x), Cell::Number(b, y)) => (a - b).abs() <= x.max(*y),
            (a, b) => a == b,
        }
    }
}

/// Whether two results are the same rows in the same order.
pub fn same(ours: &[Vec<Cell>], theirs: &[Vec<Cell>]) -> bool {
    let row =
        |(a, b): (&Vec<Cell>, &Vec<Cell>)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.agrees(b));
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(row)
}

/// A SQLite database in memory.
pub struct SqliteOracle {
    connection: rusqlite::Connection,
}

impl SqliteOracle {
    /// An empty one, foreign keys checked.
    pub fn new() -> SqliteOracle {
        let connection = rusqlite::Connection::open_in_memory().expect("SQLite opens in memory");
        connection
            .execute_batch("PRAGMA foreign_keys = ON")
            .expect("SQLite has foreign keys");
        SqliteOracle { connection }
    }

    /// Runs a statement without a result.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.execute_batch(sql)
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn rows(&self, sql: &str) -> rusqlite::Result<Vec<Vec<Cell>>> {
        let mut statement = self.connection.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let cell = |i| row.get_ref(i).map(Cell::theirs);
            all.push((0..columns).map(cell).collect::<rusqlite::Result<Vec<Cell>>>()?);
        }
        Ok(all)
    }
}
