//! The lines of a plan, one per operator: what it does, about how many rows it yields, and, after EXPLAIN
//! ANALYZE, what it did.
//!
//! The lines of a plan come in the order in which [`build_counted`](crate::sql::exec::build_counted) counts
//! its operators.

use super::expr_text;
use super::plan_line::{PlanLine, formatted};
use crate::catalog::{Catalog, ColumnDef, Placement, TableDef, TableId, TriggerEvent, TriggerTiming};
use crate::sql::exec::{OperatorCounts, Watch};
use crate::sql::optimize::estimate_rows;
use crate::sql::plan::{
    Access, AggregateCall, ApplyKind, Change, ConflictAction, ConflictClause, Delete, ExplainFormat, Expr,
    INFORMATION_SCHEMA, Insert, InsertSource, JoinKind, Plan, Query, ScanBounds, SetKind, SortKey, Statement,
    SubPlanKind, Update, WindowCall, WindowFunction,
};
use crate::table::partial_of;
use alloc::{format, string::String, string::ToString, sync::Arc, vec, vec::Vec};
use core::ops::Bound;

/// Longest text of a computed column where another expression refers to it.
const LONGEST_NAME: usize = 60;

/// How a statement would run.
pub fn render(stmt: &Statement, catalog: &Catalog, format: ExplainFormat) -> Vec<String> {
    render_counted(stmt, catalog, &[], format)
}

/// How a statement ran; `counts` as [`QueryRun::counts`](crate::sql::exec::QueryRun::counts) gives them.
pub fn render_counted(
    stmt: &Statement,
    catalog: &Catalog,
    counts: &[Arc<OperatorCounts>],
    format: ExplainFormat,
) -> Vec<String> {
    formatted(&lines(stmt, catalog, counts, None), format)
}

/// How a statement that changes rows ran.
pub fn render_watched(
    stmt: &Statement,
    catalog: &Catalog,
    watch: &Watch,
    format: ExplainFormat,
) -> Vec<String> {
    formatted(&lines(stmt, catalog, &watch.operators(), Some(watch)), format)
}

fn lines(
    stmt: &Statement,
    catalog: &Catalog,
    counts: &[Arc<OperatorCounts>],
    watch: Option<&Watch>,
) -> Vec<PlanLine> {
    let mut out = Lines {
        catalog,
        counts: counts.iter(),
        lines: Vec::new(),
    };
    let change = |text: String, n: usize| match watch {
        None => PlanLine::heading(0, text),
        Some(watch) => PlanLine::done(text, "row", &watch.change(n)),
    };
    match stmt {
        Statement::Explain { statement, .. } => return lines(statement, catalog, counts, watch),
        Statement::Query(q) | Statement::LockingQuery(q) => out.query(q, 0),
        Statement::Insert(i) => {
            out.lines.push(change(out.insert(i), 0));
            let InsertSource::Query(source) = &i.source;
            out.query(source, 1);
        }
        Statement::Triggered(t) => {
            let mut lines = lines(&t.change, catalog, counts, watch);
            let mut number = 0;
            for fired in &t.triggers {
                for trigger in &fired.triggers {
                    let timing = match trigger.timing {
                        TriggerTiming::Before => "before",
                        TriggerTiming::After => "after",
                    };
                    let event = match fired.event {
                        TriggerEvent::Insert => "insert",
                        TriggerEvent::Update => "update",
                        TriggerEvent::Delete => "delete",
                    };
                    let table = out.table(fired.table);
                    let text = format!("Trigger {}: {timing} {event} on {table}", trigger.name);
                    lines.push(match watch {
                        None => PlanLine::heading(0, text),
                        Some(watch) => PlanLine::done(text, "call", &watch.trigger(number)),
                    });
                    number += 1;
                }
            }
            return lines;
        }
        Statement::Update(u) => {
            out.lines.push(change(out.update(u), 0));
            out.query(&u.source, 1);
        }
        Statement::Delete(d) => {
            out.lines.push(change(out.delete(d), 0));
            out.query(&d.source, 1);
        }
        Statement::Changes(c) => {
            for (n, part) in c.parts.iter().enumerate() {
                let text = match &part.change {
                    Change::Insert(i) => out.insert(i),
                    Change::Update(u) => out.update(u),
                    Change::Delete(d) => out.delete(d),
                };
                out.lines.push(change(text, n));
            }
            out.query(&c.source, 1);
        }
        _ => {
            let text = "No plan: the statement reads no tables".to_string();
            out.lines.push(PlanLine::heading(0, text));
        }
    }
    out.lines
}

struct Lines<'a> {
    catalog: &'a Catalog,
    counts: core::slice::Iter<'a, Arc<OperatorCounts>>,
    lines: Vec<PlanLine>,
}

impl Lines<'_> {
    fn def(&self, table: TableId) -> Option<Arc<TableDef>> {
        self.catalog.get(table).map(|t| t.def.clone())
    }

    /// A table's name and where its rows are read.
    fn table(&self, table: TableId) -> String {
        match self.def(table) {
            None => format!("table #{}", table.0),
            Some(def) => format!("{} ({})", def.name, placement(&def)),
        }
    }

    fn insert(&self, i: &Insert) -> String {
        let conflict = |clause: &ConflictClause| match clause.action {
            ConflictAction::Ignore => ", skip duplicates",
            ConflictAction::Replace => ", replace duplicates",
            ConflictAction::Update { .. } => ", update duplicates",
        };
        let conflicts: String = i.on_conflict.iter().map(conflict).collect();
        format!("Insert into {}{conflicts}", self.table(i.table))
    }

    fn update(&self, u: &Update) -> String {
        let def = self.def(u.table);
        let columns = def.as_ref().map_or(&[][..], |d| &d.columns);
        let name = |c: &usize| columns.get(*c).map_or("?", |c| c.name.as_str());
        let names: Vec<&str> = u.set.iter().map(name).collect();
        format!("Update {}: set {}", self.table(u.table), names.join(", "))
    }

    fn delete(&self, d: &Delete) -> String {
        format!("Delete from {}", self.table(d.table))
    }

    fn query(&mut self, query: &Query, depth: usize) {
        for (i, sub) in query.sub_plans.iter().enumerate() {
            let kind = match sub.kind {
                SubPlanKind::Scalar => "value",
                SubPlanKind::Set => "set",
                SubPlanKind::Exists => "exists",
            };
            let text = format!("Subquery {} ({kind})", i + 1);
            self.lines.push(PlanLine::heading(depth, text));
            self.plan(&sub.plan, depth + 1);
        }
        self.plan(&query.plan, depth);
    }

    fn plan(&mut self, plan: &Plan, depth: usize) {
        let rows = estimate_rows(plan, self.catalog);
        let counts = self.counts.next().map(|c| &**c);
        let line = PlanLine::operator(depth, self.describe(plan), rows, counts);
        self.lines.push(line);
        plan.for_each_input(&mut |input| self.plan(input, depth + 1));
    }

    fn describe(&self, plan: &Plan) -> String {
        match plan {
            Plan::Scan {
                table,
                alias,
                columns,
                access,
                filter,
                key_filters,
                ..
            } => {
                let (way, mut what) = self.access(*table, access);
                if let Access::Index { index, .. } | Access::IndexList { index, .. } = access
                    && self.is_covering(*table, *index, columns)
                {
                    what += ", covering";
                }
                let mut line = format!("{way} {}: {what}", self.aliased(*table, alias));
                if let Some(f) = filter {
                    line += &format!("; filter {}", expr_text(f, &self.names(plan)));
                }
                for filter in key_filters {
                    let names = self.names(plan);
                    let column = names.get(filter.column).map_or("?", |name| name.as_str());
                    line += &format!("; {column} among keys {}", filter.keys);
                }
                line
            }
            Plan::Values { rows, .. } => format!("Values: {} rows", rows.len()),
            Plan::Filter { input, condition } => {
                format!("Filter: {}", expr_text(condition, &self.names(input)))
            }
            Plan::Project { input, exprs } => format!("Project: {}", texts(exprs, &self.names(input))),
            Plan::Join(j) => {
                let (left, right) = (self.names(&j.left), self.names(&j.right));
                let way = match (j.equal.is_empty(), j.kind) {
                    (false, _) if j.merge => "Merge join",
                    (false, _) => "Hash join",
                    (true, JoinKind::Inner) if j.condition.is_none() => "Cross join",
                    (true, _) => "Nested loop join",
                };
                let equal =
                    |(l, r): &(Expr, Expr)| format!("{} = {}", expr_text(l, &left), expr_text(r, &right));
                let mut on: Vec<String> = j.equal.iter().map(equal).collect();
                if let Some(c) = &j.condition {
                    on.push(expr_text(c, &self.names(plan)));
                }
                let mut line = described(way, j.kind, &on);
                line += match (j.once.left, j.once.right) {
                    (false, false) => "",
                    (true, false) => "; left rows once per key",
                    (false, true) => "; right rows once per key",
                    (true, true) => "; rows once per key",
                };
                for told in &j.told {
                    let key = j.equal.get(told.key).map(|(_, r)| expr_text(r, &right));
                    line += &format!("; keys {}: {}", told.number, key.unwrap_or_default());
                }
                line
            }
            Plan::LookupJoin(j) => {
                let def = self.def(j.table);
                let left = self.names(&j.left);
                let (columns, by) = match (&def, j.index) {
                    (Some(d), Some(i)) => index_columns(d, i),
                    (Some(d), None) => (vec![row_id_name(d)], "row id".to_string()),
                    (None, _) => (Vec::new(), "?".to_string()),
                };
                let equal =
                    |(name, key): (&String, &Expr)| format!("{}.{name} = {}", j.alias, expr_text(key, &left));
                let mut on: Vec<String> = columns.iter().zip(&j.keys).map(equal).collect();
                if let Some(c) = &j.condition {
                    on.push(expr_text(c, &self.names(plan)));
                }
                let covering = match j.index {
                    Some(index) if self.is_covering(j.table, index, &j.columns) => ", covering",
                    _ => "",
                };
                let way = format!(
                    "Lookup join {} by {by}{covering}",
                    self.aliased(j.table, &j.alias)
                );
                described(&way, j.kind, &on)
            }
            Plan::Aggregate {
                input,
                keys,
                aggregates,
            } => {
                let names = self.names(input);
                let calls: Vec<String> = aggregates.iter().map(|a| aggregate_text(a, &names)).collect();
                let calls = calls.join(", ");
                match keys.is_empty() {
                    true => format!("Aggregate: {calls}"),
                    false if calls.is_empty() => format!("Group by {}", texts(keys, &names)),
                    false => format!("Group by {}: {calls}", texts(keys, &names)),
                }
            }
            Plan::Distinct { .. } => "Distinct".to_string(),
            Plan::Append { .. } => "Append".to_string(),
            Plan::TableFunction(call) => {
                format!("{} ({})", call.function.shape().name, texts(&call.args, &[]))
            }
            Plan::Information(scan) => format!("Scan {INFORMATION_SCHEMA}.{}", scan.table.name()),
            Plan::WorkTable { .. } => "Work table".to_string(),
            Plan::Recursive(r) => {
                let kind = if r.all { "union all" } else { "union" };
                format!("Recursive {kind}")
            }
            Plan::Window(w) => {
                let names = self.names(&w.input);
                let mut over = Vec::new();
                if !w.partition.is_empty() {
                    over.push(format!("by {}", texts(&w.partition, &names)));
                }
                if !w.order.is_empty() {
                    let keys: Vec<String> = w.order.iter().map(|k| sort_key_text(k, &names)).collect();
                    over.push(format!("order {}", keys.join(", ")));
                }
                let calls: Vec<String> = w.calls.iter().map(|c| window_text(c, &names)).collect();
                match over.is_empty() {
                    true => format!("Window: {}", calls.join(", ")),
                    false => format!("Window {}: {}", over.join(" "), calls.join(", ")),
                }
            }
            Plan::LateralJoin(j) => {
                let kind = match j.kind {
                    JoinKind::Inner => "Lateral join",
                    JoinKind::Left => "Left lateral join",
                };
                let mut text = format!("{kind} for {}", texts(&j.captures, &self.names(&j.left)));
                if let Some(condition) = &j.condition {
                    text += &format!(" on {}", expr_text(condition, &self.names(plan)));
                }
                text
            }
            Plan::Apply(a) => {
                let asked = match a.kind {
                    ApplyKind::Scalar => "value",
                    ApplyKind::Exists => "exists",
                    ApplyKind::Any => "any",
                };
                format!("Apply {asked} for {}", texts(&a.captures, &self.names(&a.input)))
            }
            Plan::SetOperation(s) => {
                let kind = match s.kind {
                    SetKind::Intersect => "Intersect",
                    SetKind::Except => "Except",
                };
                format!("{kind}{}", if s.all { " all" } else { "" })
            }
            Plan::Sort { input, keys, limit } => {
                let names = self.names(input);
                let keys: Vec<String> = keys.iter().map(|k| sort_key_text(k, &names)).collect();
                match limit {
                    None => format!("Sort: {}", keys.join(", ")),
                    Some(n) => format!("Top {}: {}", expr_text(n, &[]), keys.join(", ")),
                }
            }
            Plan::Limit { limit, offset, .. } => {
                let part = |name: &str, e: &Option<Expr>| {
                    e.as_ref().map(|e| format!("{name} {}", expr_text(e, &[])))
                };
                let parts: Vec<String> = part("", limit)
                    .into_iter()
                    .chain(part("offset", offset))
                    .collect();
                format!("Limit {}", parts.join(" ").trim())
            }
        }
    }

    /// Whether an index tells these columns, so that no row is read.
    fn is_covering(&self, table: TableId, index: usize, columns: &[usize]) -> bool {
        self.def(table).is_some_and(|d| d.is_covering(index, columns))
    }

    /// How rows are reached: the operator, and what it reads.
    fn access(&self, table: TableId, access: &Access) -> (&'static str, String) {
        let def = self.def(table);
        let row_id = def.as_ref().map_or("row id".to_string(), |d| row_id_name(d));
        let columns = |index: usize| {
            def.as_ref()
                .map_or((Vec::new(), "?".to_string()), |d| index_columns(d, index))
        };
        match access {
            Access::Full => ("Scan", "all rows".to_string()),
            Access::RowIds { bounds, reverse } => {
                let range = bounds_text(&row_id, bounds);
                let range = if range.is_empty() {
                    "all rows".to_string()
                } else {
                    range
                };
                ("Scan", format!("{range}{}", backwards(*reverse)))
            }
            Access::RowIdList(list) => match list.as_slice() {
                [one] => ("Lookup", format!("{row_id} = {}", expr_text(one, &[]))),
                _ => ("Lookup", format!("{row_id} IN ({})", texts(list, &[]))),
            },
            Access::Index {
                index,
                equal,
                bounds,
                reverse,
                ..
            } => {
                let (columns, name) = columns(*index);
                let mut parts = equal_texts(&columns, equal);
                let next = columns.get(equal.len()).map_or("?", String::as_str);
                parts.push(bounds_text(next, bounds));
                parts.retain(|p| !p.is_empty());
                let range = if parts.is_empty() {
                    String::new()
                } else {
                    format!(": {}", parts.join(" AND "))
                };
                ("Index scan", format!("{name}{range}{}", backwards(*reverse)))
            }
            Access::IndexList { index, equal, list } => {
                let (columns, name) = columns(*index);
                let mut parts = equal_texts(&columns, equal);
                let next = columns.get(equal.len()).map_or("?", String::as_str);
                parts.push(format!("{next} IN ({})", texts(list, &[])));
                ("Index scan", format!("{name}: {}", parts.join(" AND ")))
            }
        }
    }

    /// `alias (table, placement)`, or `table (placement)`.
    fn aliased(&self, table: TableId, alias: &str) -> String {
        match self.def(table) {
            Some(def) if !def.name.eq_ignore_ascii_case(alias) => {
                format!("{alias} ({}, {})", def.name, placement(&def))
            }
            _ => self.table(table),
        }
    }

    /// Names of a plan's output columns.
    fn names(&self, plan: &Plan) -> Vec<String> {
        match plan {
            Plan::Scan {
                table,
                alias,
                columns,
                row_id,
                ..
            } => self.column_names(*table, alias, columns, *row_id),
            Plan::Values { types, .. } => (1..=types.len()).map(|i| format!("column{i}")).collect(),
            Plan::Filter { input, .. }
            | Plan::Distinct { input }
            | Plan::Sort { input, .. }
            | Plan::Limit { input, .. } => self.names(input),
            Plan::Append { inputs } => inputs.first().map(|i| self.names(i)).unwrap_or_default(),
            Plan::SetOperation(s) => self.names(&s.left),
            Plan::TableFunction(call) => {
                let columns = call.columns().into_iter();
                columns.map(|(name, _)| name.to_string()).collect()
            }
            Plan::Information(scan) => {
                let columns = scan.table.columns();
                columns.iter().map(|(name, _)| name.to_string()).collect()
            }
            Plan::WorkTable { types, .. } => (1..=types.len()).map(|i| format!("work{i}")).collect(),
            Plan::Recursive(r) => self.names(&r.anchor),
            Plan::Window(w) => {
                let mut names = self.names(&w.input);
                let calls: Vec<String> = w.calls.iter().map(|c| window_text(c, &names)).collect();
                names.extend(calls.into_iter().map(shortened));
                names
            }
            Plan::Apply(a) => {
                let mut names = self.names(&a.input);
                names.push("answer".to_string());
                names
            }
            Plan::Project { input, exprs } => {
                let names = self.names(input);
                exprs.iter().map(|e| shortened(expr_text(e, &names))).collect()
            }
            Plan::Join(j) => {
                let mut names = self.names(&j.left);
                names.extend(self.names(&j.right));
                names
            }
            Plan::LateralJoin(j) => {
                let mut names = self.names(&j.left);
                names.extend(self.names(&j.right));
                names
            }
            Plan::LookupJoin(j) => {
                let mut names = self.names(&j.left);
                names.extend(self.column_names(j.table, &j.alias, &j.columns, j.row_id));
                names
            }
            Plan::Aggregate {
                input,
                keys,
                aggregates,
            } => {
                let names = self.names(input);
                let keys = keys.iter().map(|k| expr_text(k, &names));
                keys.chain(aggregates.iter().map(|a| aggregate_text(a, &names)))
                    .map(shortened)
                    .collect()
            }
        }
    }

    fn column_names(&self, table: TableId, alias: &str, columns: &[usize], row_id: bool) -> Vec<String> {
        let def = self.def(table);
        let name = |c: &usize| match def.as_ref().and_then(|d| d.columns.get(*c)) {
            Some(c) if c.hidden => column_name(c),
            Some(c) => format!("{alias}.{}", c.name),
            None => format!("{alias}.?"),
        };
        let mut names: Vec<String> = columns.iter().map(name).collect();
        if row_id {
            names.push(format!("{alias}.row id"));
        }
        names
    }
}

fn described(way: &str, kind: JoinKind, on: &[String]) -> String {
    let left = match kind {
        JoinKind::Inner => "",
        JoinKind::Left => " (left)",
    };
    match on {
        [] => format!("{way}{left}"),
        _ => format!("{way}{left}: {}", on.join(" AND ")),
    }
}

fn backwards(reverse: bool) -> &'static str {
    if reverse { ", backwards" } else { "" }
}

fn placement(def: &TableDef) -> String {
    match def.persistence.placement() {
        Placement::Dual => "dual, read from memory".to_string(),
        p => p.to_string(),
    }
}

fn row_id_name(def: &TableDef) -> String {
    let column = def.row_id_column.and_then(|c| def.columns.get(c));
    column.map_or("row id".to_string(), |c| c.name.clone())
}

/// A column's name, or what a hidden one is computed from.
fn column_name(c: &ColumnDef) -> String {
    match (&c.generated, c.hidden) {
        (Some(g), true) => g.sql.clone(),
        _ => c.name.clone(),
    }
}

/// The names of an index's columns, and its own.
fn index_columns(def: &TableDef, index: usize) -> (Vec<String>, String) {
    let Some(index) = def.indexes.get(index) else {
        return (Vec::new(), "?".to_string());
    };
    let name =
        |c: &crate::catalog::IndexColumn| def.columns.get(c.column).map_or("?".to_string(), column_name);
    (index.columns.iter().map(name).collect(), index.name.clone())
}

fn texts(exprs: &[Expr], names: &[String]) -> String {
    let texts: Vec<String> = exprs.iter().map(|e| expr_text(e, names)).collect();
    texts.join(", ")
}

fn equal_texts(columns: &[String], equal: &[Expr]) -> Vec<String> {
    let text = |(c, e): (&String, &Expr)| match partial_of(c) {
        Some(condition) => condition.to_string(),
        None => format!("{c} = {}", expr_text(e, &[])),
    };
    columns.iter().zip(equal).map(text).collect()
}

fn bounds_text(column: &str, bounds: &ScanBounds) -> String {
    let from = match &bounds.from {
        Bound::Unbounded => None,
        Bound::Included(e) => Some(format!("{column} >= {}", expr_text(e, &[]))),
        Bound::Excluded(e) => Some(format!("{column} > {}", expr_text(e, &[]))),
    };
    let to = match &bounds.to {
        Bound::Unbounded => None,
        Bound::Included(e) => Some(format!("{column} <= {}", expr_text(e, &[]))),
        Bound::Excluded(e) => Some(format!("{column} < {}", expr_text(e, &[]))),
    };
    let parts: Vec<String> = from.into_iter().chain(to).collect();
    parts.join(" AND ")
}

fn sort_key_text(key: &SortKey, names: &[String]) -> String {
    let mut text = expr_text(&key.expr, names);
    if key.descending {
        text += " DESC";
    }
    if key.nulls_first == key.descending {
        text += if key.nulls_first {
            " NULLS FIRST"
        } else {
            " NULLS LAST"
        };
    }
    text
}

fn aggregate_text(call: &AggregateCall, names: &[String]) -> String {
    let name = call.name();
    let arg = match call.args.as_slice() {
        [] => "*".to_string(),
        args => texts(args, names),
    };
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    format!("{name}({distinct}{arg})")
}

fn window_text(call: &WindowCall, names: &[String]) -> String {
    let name = match &call.function {
        WindowFunction::Aggregate(call) => return aggregate_text(call, names),
        function => function.name(),
    };
    format!("{name}({})", texts(&call.args, names))
}

fn shortened(text: String) -> String {
    if text.chars().count() <= LONGEST_NAME {
        return text;
    }
    let mut short: String = text.chars().take(LONGEST_NAME).collect();
    short.push('…');
    short
}
