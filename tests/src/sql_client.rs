//! A session as a test uses it: statements in, rows of values out, nothing left unwritten.

use crate::block_on::block_on;
use crate::placements::TestPlacement;
use amphi_core::Result;
use amphi_core::database::Database;
use amphi_core::session::{Outcome, Params, Session};
use amphi_core::types::{DataType, Value};

/// What a statement answered, whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Rows, with the types of their columns.
    Rows {
        /// Types of the columns.
        types: Vec<DataType>,
        /// Names of the columns.
        names: Vec<String>,
        /// The rows.
        rows: Vec<Vec<Value>>,
    },
    /// Rows changed.
    Affected(u64),
    /// Nothing to report.
    Done,
}

/// One session on a database.
pub struct SqlClient {
    database: Database,
    session: Session,
    placement: TestPlacement,
}

impl SqlClient {
    /// A new session.
    pub fn new(database: &Database, placement: TestPlacement) -> SqlClient {
        SqlClient {
            database: database.clone(),
            session: database.session(),
            placement,
        }
    }

    /// Runs one statement to its end, and writes what it committed, so that its blocks may leave memory.
    ///
    /// # Errors
    /// Those of the statement.
    pub fn run(&mut self, sql: &str) -> Result<Answer> {
        let sql = self.placement.statement(sql);
        block_on(async {
            let answer = collect(self.session.execute(&sql, &Params::None).await?).await?;
            self.database.flush().await?;
            Ok(answer)
        })
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// Those of the statement.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Vec<Value>>> {
        Ok(match self.run(sql)? {
            Answer::Rows { rows, .. } => rows,
            Answer::Affected(_) | Answer::Done => Vec::new(),
        })
    }
}

/// An outcome with all its rows.
///
/// # Errors
/// What the query runs into.
pub async fn collect(outcome: Outcome) -> Result<Answer> {
    let mut stream = match outcome {
        Outcome::Done => return Ok(Answer::Done),
        Outcome::Affected { rows, .. } => return Ok(Answer::Affected(rows)),
        Outcome::Rows(stream) => stream,
    };
    let types: Vec<DataType> = stream.columns().iter().map(|c| c.ty.clone()).collect();
    let names = stream.columns().iter().map(|c| c.name.clone()).collect();
    let mut rows = Vec::new();
    while let Some(batch) = stream.next_batch().await? {
        let batch = batch.compact();
        for row in 0..batch.rows() {
            let value = |(c, ty): (usize, &DataType)| batch.column(c).value(row, ty);
            rows.push(types.iter().enumerate().map(value).collect());
        }
    }
    Ok(Answer::Rows { types, names, rows })
}

/// A value as the `.slt` files write it: decimals with their scale, the shortest form of a float,
/// booleans as 1 and 0, blobs as `X'…'`, an empty text as `(empty)`.
pub fn slt_text(value: &Value) -> String {
    let text = value.to_string();
    if text.is_empty() {
        String::from("(empty)")
    } else {
        text
    }
}
