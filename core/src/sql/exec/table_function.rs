//! The rows of a function of a FROM clause, made as they are asked for.

use super::constant::constant_in;
use super::{BATCH_ROWS, Cx, Operator};
use crate::sql::functions::{json_parts, json_plain};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{TableFunction, TableFunctionCall};
use crate::types::{Batch, BytesVec, Column, Error, Json, Physical, Result, utf8_text};
use alloc::{string::String, sync::Arc, vec::Vec};
use core::task::Poll;

/// See the module.
pub struct TableFunctionScan {
    call: TableFunctionCall,
    state: State,
    memory: MemoryUse,
}

enum State {
    Start,
    /// The next number, the last, and the step; `None`: there are no more.
    Series(Option<i64>, i64, i64),
    /// Rows made already, and how many were handed out.
    Rows(Batch, usize),
}

impl TableFunctionScan {
    /// The rows of a call.
    pub fn new(call: TableFunctionCall, memory: &Arc<Memory>) -> TableFunctionScan {
        TableFunctionScan {
            call,
            state: State::Start,
            memory: memory.part(),
        }
    }

    fn start(&mut self, cx: &Cx<'_>) -> Result<State> {
        let scope = cx.env.scope();
        let args = self.call.args.iter().map(|a| constant_in(a, &scope));
        let args = args.collect::<Result<Vec<Column>>>()?;
        if args.iter().any(|a| a.is_null(0)) {
            return Ok(State::Series(None, 0, 1));
        }
        let int = |i: usize| args.get(i).and_then(|c| c.i64s().first()).copied();
        let text = |i: usize| args.get(i).map_or("", |c| utf8_text(c.bytes_at(0)));
        Ok(match self.call.function {
            TableFunction::GenerateSeries => {
                let (first, last, step) = (int(0).unwrap_or(0), int(1).unwrap_or(0), int(2).unwrap_or(1));
                if step == 0 {
                    return Err(Error::invalid("GENERATE_SERIES takes a step other than 0"));
                }
                State::Series(Some(first).filter(|n| is_within(*n, last, step)), last, step)
            }
            TableFunction::JsonEach => {
                self.memory.set(Json::memory_of(text(0)).saturating_mul(2))?;
                State::Rows(json_rows(text(0), args.get(1).map(|_| text(1)))?, 0)
            }
            TableFunction::StringSplit => {
                let (whole, separator) = (text(0), text(1));
                let parts = split(whole, separator).count();
                self.memory
                    .set(whole.len().saturating_add(parts.saturating_mul(32)))?;
                let mut values = BytesVec::with_capacity(parts, whole.len());
                split(whole, separator).for_each(|part| values.push(part.as_bytes()));
                let ordinals = (1..=values.len() as i64).collect();
                let rows = values.len();
                let columns = alloc::vec![Column::from_bytes(values), Column::from_i64(ordinals)];
                State::Rows(Batch::new(columns, rows), 0)
            }
        })
    }
}

fn is_within(n: i64, last: i64, step: i64) -> bool {
    if step > 0 { n <= last } else { n >= last }
}

/// The parts of a text between separators; an empty separator parts nothing.
fn split<'t>(whole: &'t str, separator: &'t str) -> impl Iterator<Item = &'t str> {
    let nothing = separator.is_empty();
    let split = (!nothing).then(|| whole.split(separator));
    split.into_iter().flatten().chain(nothing.then_some(whole))
}

fn json_rows(text: &str, path: Option<&str>) -> Result<Batch> {
    let [mut keys, mut values, mut types] = [(); 3].map(|()| Column::new(Physical::Bytes));
    let mut plain = String::new();
    json_parts(text, path, &mut |key, value| {
        keys.push_bytes(key.as_bytes());
        types.push_bytes(type_name(value).as_bytes());
        plain.clear();
        json_plain(value, &mut plain);
        match value {
            Json::Null => values.push_null(),
            _ => values.push_bytes(plain.as_bytes()),
        }
    })?;
    let rows = keys.len();
    Ok(Batch::new(alloc::vec![keys, values, types], rows))
}

/// As SQLite calls them.
fn type_name(value: &Json<'_>) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(true) => "true",
        Json::Bool(false) => "false",
        Json::Number(n) if n.parse::<i64>().is_ok() => "integer",
        Json::Number(_) => "real",
        Json::String(_) => "text",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

impl Operator for TableFunctionScan {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        cx.check_interrupt()?;
        if matches!(self.state, State::Start) {
            self.state = self.start(cx)?;
        }
        match &mut self.state {
            State::Start | State::Series(None, ..) => Poll::Ready(Ok(None)),
            State::Series(next, last, step) => {
                let mut numbers = Vec::with_capacity(BATCH_ROWS);
                while let Some(n) = next.filter(|_| numbers.len() < BATCH_ROWS) {
                    numbers.push(n);
                    *next = n.checked_add(*step).filter(|n| is_within(*n, *last, *step));
                }
                let rows = numbers.len();
                Poll::Ready(Ok(Some(Batch::new(alloc::vec![Column::from_i64(numbers)], rows))))
            }
            State::Rows(all, done) => {
                if *done >= all.len {
                    return Poll::Ready(Ok(None));
                }
                let to = all.len.min(*done + BATCH_ROWS);
                let batch = all.slice(*done, to);
                *done = to;
                Poll::Ready(Ok(Some(batch)))
            }
        }
    }
}
