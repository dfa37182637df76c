//! The operator: collects all rows, orders them by partition and sort keys, and adds a column per function.

use super::frame::Frames;
use super::partitions::Partitions;
use super::values::values;
use crate::sql::exec::eval::eval;
use crate::sql::exec::key_table::{KeyTable, Nulls};
use crate::sql::exec::row_buffer::RowBuffer;
use crate::sql::exec::sort_key::SortKeys;
use crate::sql::exec::{BATCH_ROWS, Cx, Operator};
use crate::sql::memory::{Memory, MemoryUse};
use crate::sql::plan::{self, Expr, SortKey, WindowCall};
use crate::types::{Batch, Column, DataType, Result};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::task::{Poll, ready};

/// See the module.
pub struct Window {
    input: Box<dyn Operator>,
    partition: Vec<Expr>,
    order: Vec<SortKey>,
    calls: Vec<WindowCall>,
    /// How many columns the input has. In `rows` there follow the sort keys, and the calls' arguments.
    width: usize,
    rows: RowBuffer,
    /// The keys that rows are ordered by; none if there is no ORDER BY.
    keys: SortKeys,
    partitions: Numbered,
    /// Of the numbers and results.
    kept: MemoryUse,
    result: Option<Batch>,
    done: usize,
}

/// Rows by the partition they are in.
struct Numbered {
    table: KeyTable,
    /// The partition of each row, numbered in the order of their first rows; empty if there is one only.
    numbers: Vec<u32>,
    /// The number of partitions.
    count: usize,
}

impl Numbered {
    fn new(types: &[DataType], memory: &Arc<Memory>) -> Numbered {
        Numbered {
            table: KeyTable::new(types, Nulls::Equal, memory.part()),
            numbers: Vec::new(),
            count: 0,
        }
    }

    /// Adds rows.
    fn add(&mut self, keys: &[Column], rows: usize) -> Result<()> {
        if keys.is_empty() {
            self.count = 1;
            return Ok(());
        }
        let (mut groups, mut fresh) = (Vec::new(), Vec::new());
        self.table.insert(keys, rows, &mut groups, &mut fresh)?;
        self.count += fresh.len();
        self.numbers.append(&mut groups);
        Ok(())
    }

    /// Rows in order by partition, and in each as they were; and the rows that each partition has.
    fn sorted(&self, rows: Vec<u32>) -> (Vec<u32>, Vec<usize>) {
        if self.numbers.is_empty() {
            let all = rows.len();
            return (rows, alloc::vec![all]);
        }
        let number = |row: u32| self.numbers.get(row as usize).map_or(0, |n| *n as usize);
        let mut sizes = alloc::vec![0; self.count];
        for row in &rows {
            if let Some(size) = sizes.get_mut(number(*row)) {
                *size += 1;
            }
        }
        let mut next: Vec<usize> = Vec::with_capacity(self.count);
        let mut start = 0;
        for size in &sizes {
            next.push(start);
            start += size;
        }
        let mut sorted = alloc::vec![0; rows.len()];
        for row in rows {
            if let Some(place) = next.get_mut(number(row)) {
                if let Some(to) = sorted.get_mut(*place) {
                    *to = row;
                }
                *place += 1;
            }
        }
        (sorted, sizes)
    }
}

/// The arguments of a call.
fn args(call: &WindowCall) -> Vec<&Expr> {
    let mut args = Vec::new();
    call.for_each_input_expr(&mut |e| args.push(e));
    args
}

impl Window {
    /// The functions of a plan node over the rows of its input.
    pub fn new(input: Box<dyn Operator>, plan: &plan::Window, memory: &Arc<Memory>) -> Window {
        let types = plan.input.types();
        let partition: Vec<DataType> = plan.partition.iter().map(Expr::ty).collect();
        let order = plan.order.iter().map(|k| k.expr.ty());
        let args = plan.calls.iter().flat_map(|c| args(c)).map(Expr::ty);
        let physicals: Vec<_> = types
            .iter()
            .cloned()
            .chain(order)
            .chain(args)
            .map(|ty| ty.physical())
            .collect();
        Window {
            input,
            partition: plan.partition.clone(),
            order: plan.order.clone(),
            calls: plan.calls.clone(),
            width: types.len(),
            rows: RowBuffer::new(&physicals, memory.part()),
            keys: SortKeys::new(&plan.order, memory.part()),
            partitions: Numbered::new(&partition, memory),

            kept: memory.part(),
            result: None,
            done: 0,
        }
    }

    fn add(&mut self, batch: Batch, cx: &Cx<'_>) -> Result<()> {
        let batch = batch.compact();
        let rows = batch.len;
        if rows == 0 {
            return Ok(());
        }
        let scope = cx.env.scope();
        let columns = |exprs: &mut dyn Iterator<Item = &Expr>| {
            exprs
                .map(|e| eval(e, &batch, &scope))
                .collect::<Result<Vec<Column>>>()
        };
        let partition = columns(&mut self.partition.iter())?;
        let order = columns(&mut self.order.iter().map(|k| &k.expr))?;
        let mut args = columns(&mut self.calls.iter().flat_map(|c| args(c)))?;
        // A number per row now; the orders by key and by partition later.
        let numbered = self.rows.len().saturating_add(rows).saturating_mul(16);
        self.kept.set(numbered)?;
        self.partitions.add(&partition, rows)?;
        if !order.is_empty() {
            self.keys.append(&order, rows)?;
        }
        let mut all = batch.columns;
        all.extend(order);
        all.append(&mut args);
        self.rows.append(&Batch::new(all, rows))
    }

    fn finish(&mut self, cx: &Cx<'_>) -> Result<Batch> {
        let by_key = match self.order.is_empty() {
            true => (0..self.rows.len() as u32).collect(),
            false => self.keys.order(&|| cx.check_interrupt())?,
        };
        let (order, sizes) = self.partitions.sorted(by_key);
        let is_peer = |row: usize| {
            let (Some(before), Some(row)) = (row.checked_sub(1).and_then(|b| order.get(b)), order.get(row))
            else {
                return false;
            };
            self.order.is_empty() || self.keys.compare(*before as usize, *row as usize).is_eq()
        };
        let partitions = Partitions::new(&sizes, is_peer);
        self.kept.add(self.rows.memory())?;
        let sorted = self.rows.gather(&order);
        let rows = sorted.len;
        let (input, rest) = sorted.columns.split_at(self.width.min(sorted.columns.len()));
        let (sort_keys, mut rest) = rest.split_at(self.order.len().min(rest.len()));
        let mut columns = input.to_vec();
        let scope = cx.env.scope();
        for call in &self.calls {
            cx.check_interrupt()?;
            let (args, others) = rest.split_at(args(call).len().min(rest.len()));
            rest = others;
            let key = sort_keys.first().zip(self.order.first().map(|k| k.descending));
            let (args, edges) = args.split_at(args.len().saturating_sub(call.frame.edges().count()));
            let frames = Frames::new(&call.frame, key, edges, &scope)?;
            let result = values(call, args, &frames, &partitions, cx.env)?;
            self.kept.add(result.memory())?;
            columns.push(result);
        }
        Ok(Batch::new(columns, rows))
    }
}

impl Operator for Window {
    fn next(&mut self, cx: &mut Cx<'_>) -> Poll<Result<Option<Batch>>> {
        if self.result.is_none() {
            while let Some(batch) = ready!(self.input.next(cx))? {
                self.add(batch, cx)?;
            }
            self.result = Some(self.finish(cx)?);
        }
        let Some(all) = self.result.as_ref().filter(|all| self.done < all.len) else {
            return Poll::Ready(Ok(None));
        };
        let to = all.len.min(self.done + BATCH_ROWS);
        let batch = all.slice(self.done, to);
        self.done = to;
        Poll::Ready(Ok(Some(batch)))
    }
}
