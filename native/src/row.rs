//! One row of a result.

use crate::{from_row, from_value::FromValue};
use amphi_core::{
    Error, Result, Value,
    sql::{exec::RowInPlace, plan::OutputColumn},
    types::{Batch, ValueRef},
};
use serde::de::DeserializeOwned;
use std::{fmt, sync::Arc};

/// One row of a result. Its values are read when asked for.
///
/// A row shares the batch it came in with its neighbours: keeping a few rows of a big result for
/// long keeps their batches.
#[derive(Clone)]
pub struct Row {
    data: Data,
}

/// Where the values are.
#[derive(Clone)]
enum Data {
    /// At this position of a batch's columns.
    Batch(Arc<RowBatch>, usize),
    /// In the table's block.
    Place(RowInPlace),
}

/// Rows that came together, and the result columns they have.
pub(crate) struct RowBatch {
    pub(crate) columns: Arc<[OutputColumn]>,
    pub(crate) batch: Batch,
}

impl RowBatch {
    /// The value of a column in the row at a position; NULL for a column that does not exist.
    fn value_ref(&self, at: usize, column: usize) -> ValueRef<'_> {
        match (self.batch.columns.get(column), self.columns.get(column)) {
            (Some(values), Some(c)) => values.value_ref(at, &c.ty),
            _ => ValueRef::Null,
        }
    }
}

/// A column by position or by name.
///
/// Names compare without ASCII case; of several columns of a name the first is meant. `table.name`
/// means a plain column of that table.
pub trait ColumnIndex {
    /// The position among `columns`.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such column.
    fn position(&self, columns: &[OutputColumn]) -> Result<usize>;
}

impl ColumnIndex for usize {
    #[inline]
    fn position(&self, columns: &[OutputColumn]) -> Result<usize> {
        if *self < columns.len() {
            return Ok(*self);
        }
        Err(no_column(*self, columns.len()))
    }
}

#[cold]
fn no_column(number: usize, columns: usize) -> Error {
    Error::Unknown {
        kind: "column",
        name: format!("number {number} (the row has {columns}, counted from 0)"),
        nearest: None,
        position: None,
    }
}

impl ColumnIndex for str {
    fn position(&self, columns: &[OutputColumn]) -> Result<usize> {
        let named = |name: &str| columns.iter().position(|c| c.name.eq_ignore_ascii_case(name));
        let qualified = || {
            let (table, name) = self.rsplit_once('.')?;
            columns.iter().position(|c| {
                c.name.eq_ignore_ascii_case(name)
                    && c.table.as_ref().is_some_and(|t| t.eq_ignore_ascii_case(table))
            })
        };
        named(self).or_else(qualified).ok_or_else(|| Error::Unknown {
            kind: "column",
            name: self.to_owned(),
            nearest: crate::nearest::nearest(self, columns.iter().map(|c| c.name.as_str())),
            position: None,
        })
    }
}

impl ColumnIndex for String {
    fn position(&self, columns: &[OutputColumn]) -> Result<usize> {
        self.as_str().position(columns)
    }
}

impl<T: ColumnIndex + ?Sized> ColumnIndex for &T {
    fn position(&self, columns: &[OutputColumn]) -> Result<usize> {
        (**self).position(columns)
    }
}

impl Row {
    pub(crate) fn in_batch(batch: Arc<RowBatch>, at: usize) -> Row {
        Row {
            data: Data::Batch(batch, at),
        }
    }

    #[inline]
    pub(crate) fn in_place(row: RowInPlace) -> Row {
        Row {
            data: Data::Place(row),
        }
    }

    /// The value of a column, by position or name, as a Rust type.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such column; [`Error::TypeMismatch`] or
    /// [`Error::OutOfRange`] if its value is not one of the type (see [`FromValue`]).
    ///
    /// # Examples
    ///
    /// ```
    /// let db = amphi::Database::memory()?;
    /// let row = db.query_row("SELECT 1 AS id, 'Ada' AS name, NULL AS score", ())?;
    /// assert_eq!(row.get::<i64>("id")?, 1);
    /// assert_eq!(row.get::<String>(1)?, "Ada");
    /// assert_eq!(row.get::<Option<f64>>("score")?, None);
    /// assert!(row.get::<u8>("name").is_err());
    /// # Ok::<(), amphi::Error>(())
    /// ```
    #[inline]
    pub fn get<T: FromValue>(&self, column: impl ColumnIndex) -> Result<T> {
        let i = column.position(self.columns())?;
        T::from_value_ref(self.value_ref(i)).map_err(|e| self.in_column(i, e))
    }

    /// The value of a column; NULL is [`Value::Null`].
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such column.
    pub fn value(&self, column: impl ColumnIndex) -> Result<Value> {
        Ok(self.value_at(column.position(self.columns())?))
    }

    pub(crate) fn value_at(&self, column: usize) -> Value {
        self.value_ref(column).to_value()
    }

    /// The value of a column, not copied; NULL for a column that does not exist.
    #[inline]
    fn value_ref(&self, column: usize) -> ValueRef<'_> {
        match &self.data {
            Data::Place(row) => row.value(column),
            Data::Batch(rows, at) => rows.value_ref(*at, column),
        }
    }

    /// Appends a column's value as the shell shows it (`NULL` for NULL).
    pub fn write_text(&self, column: usize, out: &mut String) {
        if column < self.len() {
            self.value_ref(column).write_text(out);
        }
    }

    /// Whether a column's value is NULL; true for a column that does not exist.
    pub fn is_null(&self, column: usize) -> bool {
        matches!(self.value_ref(column), ValueRef::Null)
    }

    /// The columns of the result, in order.
    #[inline]
    pub fn columns(&self) -> &[OutputColumn] {
        match &self.data {
            Data::Place(row) => row.columns(),
            Data::Batch(rows, _) => &rows.columns,
        }
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.columns().len()
    }

    /// Whether the result has no columns.
    pub fn is_empty(&self) -> bool {
        self.columns().is_empty()
    }

    /// All values in order.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        (0..self.len()).map(|i| self.value_at(i))
    }

    /// The row as a serde type: a struct or map by column names, a tuple or sequence by position, or
    /// anything else from the only column.
    ///
    /// Dates, times, decimals and UUIDs are strings to serde; JSON columns are their own structure;
    /// columns that the type does not have are ignored.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] or [`Error::TypeMismatch`], naming the column, if a value does not fit.
    ///
    /// # Examples
    ///
    /// ```
    /// #[derive(serde::Deserialize, PartialEq, Debug)]
    /// struct Person { name: String, age: Option<u8> }
    ///
    /// let db = amphi::Database::memory()?;
    /// let ada: Person = db.query_row("SELECT 'Ada' AS name, 36 AS age", ())?.to()?;
    /// assert_eq!(ada, Person { name: "Ada".to_owned(), age: Some(36) });
    /// # Ok::<(), amphi::Error>(())
    /// ```
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        from_row::from_row(self)
    }

    /// The error with the name of the column it is about.
    pub(crate) fn in_column(&self, i: usize, error: Error) -> Error {
        let name = self.columns().get(i).map_or(String::new(), |c| match &c.table {
            Some(table) => format!("{table}.{}", c.name),
            None => c.name.clone(),
        });
        match error {
            Error::TypeMismatch { value, expected, .. } => Error::TypeMismatch {
                value,
                expected,
                column: Some(name),
            },
            Error::OutOfRange { value, expected, .. } => Error::OutOfRange {
                value,
                expected,
                column: Some(name),
            },
            Error::Data { message, position } => Error::Data {
                message: format!("column {name}: {message}"),
                position,
            },
            other => other,
        }
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.columns()
                    .iter()
                    .zip(self.values())
                    .map(|(c, v)| (&c.name, v)),
            )
            .finish()
    }
}
