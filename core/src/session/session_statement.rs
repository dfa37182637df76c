//! Statements about the session itself: user variables, statements prepared in SQL, DO.

use super::prepared::Prepared;
use super::session::{Given, Session};
use super::{Outcome, Params, RowStream};
use crate::sql::exec::RowBuffer;
use crate::sql::memory::Memory;
use crate::sql::parse::{Parsed, parse_one};
use crate::sql::plan::{Query, SessionStatement, SessionVerb, Statement, Target};
use crate::types::{Batch, DataType, Error, Physical, Result, Value};
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

/// Statements prepared in SQL that a session keeps.
const MAX_PREPARED: usize = 256;
/// Bytes of the text of one.
const MAX_TEXT: usize = 1 << 20;

/// What is kept of a query's rows.
struct Rows {
    /// The last row.
    last: Option<Vec<Value>>,
    /// How many there were.
    count: usize,
    /// All of them, if they are the answer.
    all: Option<RowBuffer>,
}

/// The values of the last row of a batch.
fn last_row(batch: &Batch, query: &Query) -> Option<Vec<Value>> {
    let row = match &batch.selection {
        Some(selection) => *selection.last()? as usize,
        None => batch.len.checked_sub(1)?,
    };
    let columns = batch.columns.iter().zip(query.columns.iter());
    Some(columns.map(|(data, c)| data.value(row, &c.ty)).collect())
}

impl Session {
    /// Remembers what ROW_COUNT() is after a statement.
    pub(super) fn note(&mut self, done: &Result<Outcome>) {
        self.take_insert_id();
        self.row_count = match done {
            Ok(Outcome::Affected { rows, .. }) => i64::try_from(*rows).unwrap_or(i64::MAX),
            Ok(Outcome::Done) => 0,
            Ok(Outcome::Rows(_)) | Err(_) => -1,
        };
    }

    /// Runs a query to its end.
    async fn run_to_end(&mut self, query: &Arc<Query>, given: Given, keep: bool) -> Result<Rows> {
        let memory = Arc::new(Memory::new(self.shared.engine.config().query_memory()));
        let physicals: Vec<Physical> = query.columns.iter().map(|c| c.ty.physical()).collect();
        let mut rows = Rows {
            last: None,
            count: 0,
            all: keep.then(|| RowBuffer::new(&physicals, memory.part())),
        };
        let Outcome::Rows(mut stream) = self.query(query, false, given).await? else {
            return Ok(rows);
        };
        while let Some(batch) = stream.next_batch().await? {
            rows.count = rows.count.saturating_add(batch.rows());
            if let Some(last) = last_row(&batch, query) {
                rows.last = Some(last);
            }
            if let Some(all) = &mut rows.all {
                all.append(&batch)?;
            }
        }
        Ok(rows)
    }

    pub(super) async fn session_statement(&mut self, s: &SessionStatement, given: Given) -> Result<Outcome> {
        let is_answer = s.verb == SessionVerb::Answer;
        let rows = match &s.query {
            Some(query) => Some((query, self.run_to_end(query, given, is_answer).await?)),
            None => None,
        };
        match (&s.verb, rows) {
            (SessionVerb::Assign, Some((_, rows))) => {
                if rows.count > 1 {
                    return Err(Error::invalid(
                        "the query for variables gives more than one row; use LIMIT 1",
                    ));
                }
                self.assign(&s.targets, rows.last.as_deref())?;
                Ok(Outcome::Affected {
                    rows: rows.count as u64,
                    last_insert_id: None,
                })
            }
            (SessionVerb::Answer, Some((query, rows))) => {
                self.assign(&s.targets, rows.last.as_deref())?;
                let all = rows.all.map(|all| Batch::new(all.columns().to_vec(), all.len()));
                let batches = all.into_iter().collect();
                Ok(Outcome::Rows(RowStream::of_batches(
                    query.columns.clone(),
                    batches,
                )))
            }
            (SessionVerb::Prepare(name), Some((_, rows))) => {
                let text = rows.last.and_then(|mut row| row.pop()).unwrap_or_default();
                self.prepare_as(name, &text)?;
                Ok(Outcome::Done)
            }
            (SessionVerb::Deallocate(None), _) => {
                self.statements.clear();
                Ok(Outcome::Done)
            }
            (SessionVerb::Deallocate(Some(name)), _) => match self.statements.remove(name) {
                Some(_) => Ok(Outcome::Done),
                None => Err(unknown_statement(name)),
            },
            (SessionVerb::Do, _) => Ok(Outcome::Done),
            _ => Err(Error::unsupported("this statement here")),
        }
    }

    fn assign(&mut self, targets: &[(usize, Target)], row: Option<&[Value]>) -> Result<()> {
        let Some(row) = row else { return Ok(()) };
        let limit = self.shared.engine.config().query_memory();
        for (column, target) in targets {
            let value = row.get(*column).cloned().unwrap_or_default();
            match target {
                Target::User(name) => self.variables.set(name, value, limit)?,
                Target::System(name) => self.set_system_variable(name, &value.to_string())?,
            }
        }
        Ok(())
    }

    /// PREPARE name FROM text: the statement of that name before is gone in any case.
    fn prepare_as(&mut self, name: &str, text: &Value) -> Result<()> {
        self.statements.remove(name);
        if self.statements.len() >= MAX_PREPARED {
            return Err(Error::invalid(format!(
                "a session prepares up to {MAX_PREPARED} statements; DEALLOCATE PREPARE some"
            )));
        }
        let what = format!("PREPARE {name}");
        let parsed = of_text(&what, text)?;
        let types = vec![DataType::Null; parsed.value_count()];
        let bound = self.bind(&self.catalog(), &parsed, &types);
        bound.map_err(|e| in_text(&what, &e))?;
        self.statements
            .insert(name.to_string(), Arc::new(Prepared::new(parsed)));
        Ok(())
    }

    /// The statement that EXECUTE runs, and its values; `None`: it is not EXECUTE.
    pub(super) async fn executed(
        &mut self,
        prepared: &Prepared,
        values: &Arc<[Value]>,
    ) -> Result<Option<(Arc<Prepared>, Arc<[Value]>)>> {
        let Some(name) = prepared.parsed().executes() else {
            return Ok(None);
        };
        let known = match name {
            Some(name) => Some(
                self.statements
                    .get(name)
                    .cloned()
                    .ok_or_else(|| unknown_statement(name))?,
            ),
            None => None,
        };
        let plan = self.plan(prepared, values, &self.catalog())?;
        let using = match &plan.statement {
            Statement::Session(s) => s.query.clone(),
            _ => None,
        };
        let mut given = Vec::new();
        if let Some(query) = using {
            let rows = self.run_to_end(&query, values.clone().into(), false).await?;
            given = rows.last.unwrap_or_default();
        }
        let statement = match known {
            Some(statement) => statement,
            None => {
                let values = given.split_off(1.min(given.len()));
                let text = core::mem::replace(&mut given, values).pop().unwrap_or_default();
                Arc::new(Prepared::new(of_text("EXECUTE IMMEDIATE", &text)?))
            }
        };
        let given = Params::from(given).resolve(statement.parsed().parameter_names())?;
        let given = self.with_variables(statement.parsed(), given)?;
        Ok(Some((statement, given.into())))
    }
}

fn in_text(what: &str, e: &Error) -> Error {
    Error::invalid(format!("{what}: {}", e.clone().without_position()))
}

/// The statement of a text that `what` is given.
fn of_text(what: &str, text: &Value) -> Result<Parsed> {
    let Value::Text(text) = text else {
        return Err(Error::invalid(format!("{what} takes a text, not {text}")));
    };
    if text.len() > MAX_TEXT {
        return Err(Error::invalid(format!(
            "{what} takes a text of up to {MAX_TEXT} bytes"
        )));
    }
    let parsed = parse_one(text).map_err(|e| in_text(what, &e))?;
    match parsed.may_be_prepared() {
        true => Ok(parsed),
        false => Err(Error::unsupported(
            "PREPARE of a statement about prepared statements",
        )),
    }
}

fn unknown_statement(name: &str) -> Error {
    Error::Unknown {
        kind: "prepared statement",
        name: name.to_string(),
        nearest: None,
        position: None,
    }
}
