//! The rows of a function of a FROM clause, made as they are asked for.

use super::constant::constant_in;
use super::{BATCH_ROWS, Cx, Operator};
use crate::sql::functions::{JsonTable, json_plain, json_rows, regular_expression};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{TableFunction, TableFunctionCall};
use crate::types::{Batch, BytesVec, Column, DataType, Error, Json, Physical, Result, utf8_text};
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
        Ok(match &self.call.function {
            TableFunction::GenerateSeries => {
                let (first, last, step) = (int(0).unwrap_or(0), int(1).unwrap_or(0), int(2).unwrap_or(1));
                if step == 0 {
                    return Err(Error::invalid("GENERATE_SERIES takes a step other than 0"));
                }
                State::Series(Some(first).filter(|n| is_within(*n, last, step)), last, step)
            }
            TableFunction::JsonEach | TableFunction::JsonTree => {
                let deep = self.call.function == TableFunction::JsonTree;
                let path = args.get(1).map(|_| text(1));
                State::Rows(tree_rows(text(0), path, deep, &mut self.memory)?, 0)
            }
            TableFunction::JsonTable(table) => State::Rows(
                table_rows(text(0), table, &self.call.types(), &mut self.memory)?,
                0,
            ),
            TableFunction::StringSplit => {
                let (whole, separator) = (text(0), text(1));
                State::Rows(numbered(whole, || split(whole, separator), &mut self.memory)?, 0)
            }
            TableFunction::RegexpSplit => {
                let (whole, expression) = (text(0), regular_expression(text(1))?);
                let parts = || expression.split(whole);
                State::Rows(numbered(whole, parts, &mut self.memory)?, 0)
            }
            function @ (TableFunction::JsonElements
            | TableFunction::JsonElementTexts
            | TableFunction::JsonKeys
            | TableFunction::JsonMemberTexts) => {
                State::Rows(parts_of(text(0), function, &mut self.memory)?, 0)
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

/// The parts of a text with their numbers.
fn numbered<'t, I: Iterator<Item = &'t str>>(
    whole: &str,
    parts: impl Fn() -> I,
    memory: &mut MemoryUse,
) -> Result<Batch> {
    let count = parts().count();
    memory.set(whole.len().saturating_add(count.saturating_mul(32)))?;
    let mut values = BytesVec::with_capacity(count, whole.len());
    parts().for_each(|part| values.push(part.as_bytes()));
    let ordinals = (1..=values.len() as i64).collect();
    let rows = values.len();
    let columns = alloc::vec![Column::from_bytes(values), Column::from_i64(ordinals)];
    Ok(Batch::new(columns, rows))
}

/// The elements of an array, or the keys or members of an object, as PostgreSQL's functions give them.
fn parts_of(text: &str, function: &TableFunction, memory: &mut MemoryUse) -> Result<Batch> {
    memory.set(Json::memory_of(text).saturating_add(text.len().saturating_mul(2)))?;
    let json = Json::parse(text).ok_or_else(|| Error::invalid("the argument is not JSON"))?;
    let width = if *function == TableFunction::JsonMemberTexts {
        2
    } else {
        1
    };
    let mut columns = alloc::vec![Column::new(Physical::Bytes); width];
    let mut plain = String::new();
    let mut push = |column: &mut Column, value: &Json<'_>, is_text: bool| {
        plain.clear();
        match (value, is_text) {
            (Json::Null, true) => return column.push_null(),
            (value, true) => json_plain(value, &mut plain),
            (value, false) => {
                // Writing to a text cannot fail.
                let _ = value.write(&mut plain);
            }
        }
        column.push_bytes(plain.as_bytes());
    };
    let is_elements = matches!(
        function,
        TableFunction::JsonElements | TableFunction::JsonElementTexts
    );
    match (&json, columns.as_mut_slice()) {
        (Json::Array(items), [values]) if is_elements => {
            let is_text = *function == TableFunction::JsonElementTexts;
            items.iter().for_each(|item| push(values, item, is_text));
        }
        (Json::Object(members), [keys]) if !is_elements => {
            members
                .iter()
                .for_each(|(key, _)| keys.push_bytes(key.as_bytes()));
        }
        (Json::Object(members), [keys, values]) => {
            for (key, value) in members {
                keys.push_bytes(key.as_bytes());
                push(values, value, true);
            }
        }
        _ => {
            let wanted = if is_elements { "an array" } else { "an object" };
            let name = function.shape().name;
            return Err(Error::invalid(alloc::format!("{name} takes {wanted}")));
        }
    }
    let rows = columns.first().map_or(0, Column::len);
    Ok(Batch::new(columns, rows))
}

/// Counts what a document takes as a tree, and the rows that are made of it so far, before there are many more.
fn count(memory: &mut MemoryUse, tree: usize, columns: &[Column], every: usize) -> Result<()> {
    let rows = columns.first().map_or(0, Column::len);
    if !rows.is_multiple_of(every) {
        return Ok(());
    }
    let made = columns.iter().map(Column::memory).fold(0, usize::saturating_add);
    memory.set(tree.saturating_add(made.saturating_mul(2)))
}

/// How many rows are made between two counts.
const COUNTED_ROWS: usize = 64;

fn tree_rows(text: &str, path: Option<&str>, deep: bool, memory: &mut MemoryUse) -> Result<Batch> {
    let [bytes, int] = [Physical::Bytes, Physical::I64];
    let kinds = [bytes, bytes, bytes, bytes, int, int, bytes, bytes];
    let mut columns: Vec<Column> = kinds.into_iter().map(Column::new).collect();
    let mut plain = String::new();
    let tree = Json::memory_of(text);
    count(memory, tree, &columns, 1)?;
    json_rows(text, path, deep, &mut |row| {
        if let [keys, values, types, atoms, ids, parents, full_keys, paths] = columns.as_mut_slice() {
            match row.key {
                Some(key) => keys.push_bytes(key.as_bytes()),
                None => keys.push_null(),
            }
            plain.clear();
            json_plain(row.value, &mut plain);
            match row.value {
                Json::Null => values.push_null(),
                _ => values.push_bytes(plain.as_bytes()),
            }
            types.push_bytes(type_name(row.value).as_bytes());
            match row.value {
                Json::Null | Json::Array(_) | Json::Object(_) => atoms.push_null(),
                _ => atoms.push_bytes(plain.as_bytes()),
            }
            ids.push_i64(row.id);
            match row.parent {
                Some(id) => parents.push_i64(id),
                None => parents.push_null(),
            }
            full_keys.push_bytes(row.full_key.as_bytes());
            paths.push_bytes(row.path.as_bytes());
        }
        count(memory, tree, &columns, COUNTED_ROWS)
    })?;
    let rows = columns.first().map_or(0, Column::len);
    Ok(Batch::new(columns, rows))
}

fn table_rows(text: &str, table: &JsonTable, types: &[DataType], memory: &mut MemoryUse) -> Result<Batch> {
    let mut columns: Vec<Column> = types.iter().map(|ty| Column::new(ty.physical())).collect();
    let tree = Json::memory_of(text);
    count(memory, tree, &columns, 1)?;
    table.rows(text, &mut |row| {
        for ((column, value), ty) in columns.iter_mut().zip(row).zip(types) {
            column.push_value(value, ty)?;
        }
        count(memory, tree, &columns, COUNTED_ROWS)
    })?;
    let rows = columns.first().map_or(0, Column::len);
    Ok(Batch::new(columns, rows))
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
