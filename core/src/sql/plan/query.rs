//! Relational plans.

use super::{
    AggregateCall, Apply, Expr, InformationScan, LateralJoin, Recursive, SetOperation, TableFunctionCall,
    Window,
};
use crate::catalog::TableId;
use crate::types::DataType;
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::ops::Bound;

/// A result column.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputColumn {
    /// Name: the alias, the column's name, or the expression's text.
    pub name: String,
    /// Type.
    pub ty: DataType,
    /// Table the column comes from, when it is a plain column.
    pub table: Option<String>,
}

/// A whole query: its plan, the uncorrelated sub-plans it refers to, and its result columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The plan.
    pub plan: Plan,
    /// Uncorrelated subqueries, run once each before the plan, in order; one may use earlier ones.
    pub sub_plans: Vec<SubPlan>,
    /// Result columns: the plan's output in order. Shared with the results.
    pub columns: Arc<[OutputColumn]>,
}

/// An uncorrelated subquery.
#[derive(Debug, Clone, PartialEq)]
pub struct SubPlan {
    /// Its plan.
    pub plan: Plan,
    /// What is asked of it.
    pub kind: SubPlanKind,
}

/// What is asked of a sub-plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubPlanKind {
    /// One value; its plan has one column.
    Scalar,
    /// The set of its values; its plan has one column.
    Set,
    /// Whether there is a row.
    Exists,
}

/// An ORDER BY key.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    /// What to order by, over the input.
    pub expr: Expr,
    /// DESC.
    pub descending: bool,
    /// NULLs first. Default: first when ascending, last when descending, as in MySQL and SQLite.
    pub nulls_first: bool,
}

/// Kinds of join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// INNER, CROSS.
    Inner,
    /// LEFT OUTER. (RIGHT is bound as LEFT with the sides exchanged.)
    Left,
}

/// A join; output = left columns, then right columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Kind.
    pub kind: JoinKind,
    /// Left input.
    pub left: Plan,
    /// Right input.
    pub right: Plan,
    /// Equalities: (over the left input, over the right input), of one type each. Empty: nested loop.
    pub equal: Vec<(Expr, Expr)>,
    /// The rest of the ON condition, over left ++ right columns.
    pub condition: Option<Expr>,
    /// Which keys of the right side scans below the left side are told of; made by the optimizer.
    pub told: Vec<ToldKeys>,
    /// Both inputs come in the order of the equalities, ascending, NULLs first: the optimizer saw to it.
    pub merge: bool,
    /// Sides of whose rows with equal keys only the first counts; made by the optimizer.
    pub once: Once,
}

/// The sides of a hash join that would be DISTINCT if the join did not leave out duplicates itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Once {
    /// The left side.
    pub left: bool,
    /// The right side.
    pub right: bool,
}

/// The right side of one equality of a join: what values it has is told to a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToldKeys {
    /// Position in [`Join::equal`].
    pub key: usize,
    /// See [`KeyFilter::keys`].
    pub number: usize,
}

/// In a scan: rows whose value of a column is not among the keys of a join above may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFilter {
    /// Position among the scan's output columns.
    pub column: usize,
    /// The number of the keys, which is theirs alone in the query: see [`Join::told`].
    pub keys: usize,
}

/// A join that looks the right table's rows up for each left row; made by the optimizer. Output = left
/// columns, then `columns` of the table, then its row id if `row_id`.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupJoin {
    /// Kind.
    pub kind: JoinKind,
    /// Left input.
    pub left: Plan,
    /// The right table.
    pub table: TableId,
    /// Its name or alias, for EXPLAIN.
    pub alias: String,
    /// Positions in `TableDef::columns`.
    pub columns: Vec<usize>,
    /// Their types.
    pub types: Vec<DataType>,
    /// Whether the row id follows as a last column.
    pub row_id: bool,
    /// Position in `TableDef::indexes`; `None`: by row id.
    pub index: Option<usize>,
    /// Over the left input: the row id, or values of the index's first columns, of their types.
    pub keys: Vec<Expr>,
    /// What else must hold, over left ++ right columns.
    pub condition: Option<Expr>,
}

/// How a scan reaches its rows. The optimizer turns `Full` into the others; whatever the access
/// does not guarantee stays in the scan's filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    /// Every row, in row id order.
    Full,
    /// A range of row ids.
    RowIds {
        /// Bounds over constants, parameters and scalar sub-plans, of type BIGINT. NULL: no row.
        bounds: ScanBounds,
        /// Descending order.
        reverse: bool,
    },
    /// The rows whose ids are listed (`id = ?`, `id IN (…)`): constants, parameters, scalar sub-plans; NULLs match nothing.
    RowIdList(Vec<Expr>),
    /// A range of an index: equal on a prefix of its columns, then a range on the next.
    Index {
        /// Position in `TableDef::indexes`.
        index: usize,
        /// Values of the first columns (constants, parameters, scalar sub-plans), of the columns' types. NULL: no row.
        equal: Vec<Expr>,
        /// Range on the column after them.
        bounds: ScanBounds,
        /// Walk the index backwards.
        reverse: bool,
        /// The condition that the range stands for, over the scan's output. If it is given, the executor
        /// may scan the whole table with it instead, when the range turns out to be a large part of the
        /// table; `None`: the order is needed, or the rows are not.
        instead: Option<Expr>,
    },
    /// Equal on a prefix of an index's columns, and the next column in a list (`a = 1 AND b IN (2, 3)`).
    IndexList {
        /// Position in `TableDef::indexes`.
        index: usize,
        /// As in `Index`.
        equal: Vec<Expr>,
        /// Values of the column after them, as `equal`; each counts once, NULLs match nothing.
        list: Vec<Expr>,
    },
}

/// A range with bounds known when the statement starts.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanBounds {
    /// Lower bound.
    pub from: Bound<Expr>,
    /// Upper bound.
    pub to: Bound<Expr>,
}

/// A relational plan. Each node's expressions are over the output columns of its input.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// A table. Output: `columns` of the table, in that order, then the row id (BIGINT) if `row_id`.
    Scan {
        /// The table.
        table: TableId,
        /// Its name or alias, for EXPLAIN.
        alias: String,
        /// Positions in `TableDef::columns`.
        columns: Vec<usize>,
        /// Their types.
        types: Vec<DataType>,
        /// Whether the row id follows as a last column (for UPDATE and DELETE).
        row_id: bool,
        /// How rows are reached.
        access: Access,
        /// Condition over the output columns.
        filter: Option<Expr>,
        /// What joins above let through.
        key_filters: Vec<KeyFilter>,
    },
    /// Literal rows (also `SELECT` without FROM: one row of no columns).
    Values {
        /// Rows of expressions without columns.
        rows: Vec<Vec<Expr>>,
        /// Column types.
        types: Vec<DataType>,
    },
    /// Rows for which the condition is true.
    Filter {
        /// Input.
        input: Box<Plan>,
        /// Boolean condition.
        condition: Expr,
    },
    /// New columns from old.
    Project {
        /// Input.
        input: Box<Plan>,
        /// Output columns.
        exprs: Vec<Expr>,
    },
    /// Two inputs.
    Join(Box<Join>),
    /// One input, and a table whose rows are looked up.
    LookupJoin(Box<LookupJoin>),
    /// GROUP BY. Output: group keys, then aggregates. No keys: exactly one row.
    Aggregate {
        /// Input.
        input: Box<Plan>,
        /// Group keys.
        keys: Vec<Expr>,
        /// Aggregates.
        aggregates: Vec<AggregateCall>,
    },
    /// Rows without duplicates (NULLs are equal).
    Distinct {
        /// Input.
        input: Box<Plan>,
    },
    /// The rows of all inputs, one input after the other (UNION ALL).
    Append {
        /// At least one; all of the same types.
        inputs: Vec<Plan>,
    },
    /// INTERSECT or EXCEPT.
    SetOperation(Box<SetOperation>),
    /// A correlated subquery, run for each row.
    Apply(Box<Apply>),
    /// A join whose right input depends on the left row.
    LateralJoin(Box<LateralJoin>),
    /// WITH RECURSIVE.
    Recursive(Box<Recursive>),
    /// In a step of a recursive query: the rows of the step before.
    WorkTable {
        /// See [`Recursive::id`].
        id: usize,
        /// Column types.
        types: Vec<DataType>,
    },
    /// The rows of a function.
    TableFunction(TableFunctionCall),
    /// A table of information_schema.
    Information(InformationScan),
    /// Window functions.
    Window(Box<Window>),
    /// ORDER BY; with a limit only the first `limit` rows are kept (top-N).
    Sort {
        /// Input.
        input: Box<Plan>,
        /// Keys, most significant first.
        keys: Vec<SortKey>,
        /// Rows needed (LIMIT + OFFSET), when the optimizer knows.
        limit: Option<Expr>,
    },
    /// LIMIT and OFFSET: constants, parameters or scalar sub-plans, BIGINT.
    Limit {
        /// Input.
        input: Box<Plan>,
        /// Rows at most; `None`: all.
        limit: Option<Expr>,
        /// Rows skipped.
        offset: Option<Expr>,
    },
}

/// The walk over the inputs of a node, by `&` or by `&mut`.
macro_rules! each_input {
    ($plan:expr, $f:ident $(, $mut:tt)?) => {
        match $plan {
            Plan::Scan { .. }
            | Plan::Values { .. }
            | Plan::WorkTable { .. }
            | Plan::TableFunction(_)
            | Plan::Information(_) => {}
            Plan::Recursive(r) => {
                $f(&$($mut)? r.anchor);
                $f(&$($mut)? r.step);
            }
            Plan::Filter { input, .. }
            | Plan::Project { input, .. }
            | Plan::Aggregate { input, .. }
            | Plan::Distinct { input }
            | Plan::Sort { input, .. }
            | Plan::Limit { input, .. } => $f(input),
            Plan::Join(j) => {
                $f(&$($mut)? j.left);
                $f(&$($mut)? j.right);
            }
            Plan::LookupJoin(j) => $f(&$($mut)? j.left),
            Plan::Append { inputs } => {
                for input in inputs {
                    $f(input);
                }
            }
            Plan::Window(w) => $f(&$($mut)? w.input),
            Plan::Apply(a) => {
                $f(&$($mut)? a.input);
                $f(&$($mut)? a.subquery);
            }
            Plan::LateralJoin(j) => {
                $f(&$($mut)? j.left);
                $f(&$($mut)? j.right);
            }
            Plan::SetOperation(s) => {
                $f(&$($mut)? s.left);
                $f(&$($mut)? s.right);
            }
        }
    };
}

impl Plan {
    /// The types of the output columns, in order.
    pub fn types(&self) -> Vec<DataType> {
        match self {
            Plan::Scan { types, row_id, .. } => {
                let mut t = types.clone();
                if *row_id {
                    t.push(DataType::BIGINT);
                }
                t
            }
            Plan::Values { types, .. } | Plan::WorkTable { types, .. } => types.clone(),
            Plan::Recursive(r) => r.types.clone(),
            Plan::TableFunction(call) => call.types(),
            Plan::Information(scan) => scan.types(),
            Plan::Filter { input, .. }
            | Plan::Distinct { input }
            | Plan::Sort { input, .. }
            | Plan::Limit { input, .. } => input.types(),
            Plan::Project { exprs, .. } => exprs.iter().map(Expr::ty).collect(),
            Plan::Join(j) => {
                let mut t = j.left.types();
                t.extend(j.right.types());
                t
            }
            Plan::LateralJoin(j) => {
                let mut t = j.left.types();
                t.extend(j.right.types());
                t
            }
            Plan::LookupJoin(j) => {
                let mut t = j.left.types();
                t.extend(j.types.iter().cloned());
                if j.row_id {
                    t.push(DataType::BIGINT);
                }
                t
            }
            Plan::Append { inputs } => inputs.first().map(Plan::types).unwrap_or_default(),
            Plan::SetOperation(s) => s.left.types(),
            Plan::Window(w) => {
                let mut t = w.input.types();
                t.extend(w.calls.iter().map(|c| c.ty.clone()));
                t
            }
            Plan::Apply(a) => {
                let mut t = a.input.types();
                t.push(a.ty.clone());
                t
            }
            Plan::Aggregate { keys, aggregates, .. } => keys
                .iter()
                .map(Expr::ty)
                .chain(aggregates.iter().map(|a| a.ty.clone()))
                .collect(),
        }
    }

    /// The rows for which a condition is true, if there is one.
    pub fn filtered(self, condition: Option<Expr>) -> Plan {
        match condition {
            None => self,
            Some(condition) => Plan::Filter {
                input: Box::new(self),
                condition,
            },
        }
    }

    /// These expressions over the output, which has `width` columns; nothing changes if they are just those.
    pub fn projected(self, exprs: Vec<Expr>, width: usize) -> Plan {
        let is_column = |(i, e): (usize, &Expr)| matches!(e, Expr::Column { index, .. } if *index == i);
        if exprs.len() == width && exprs.iter().enumerate().all(is_column) {
            return self;
        }
        Plan::Project {
            input: Box::new(self),
            exprs,
        }
    }

    /// Calls `f` on every input of this node.
    pub fn for_each_input<'a>(&'a self, f: &mut dyn FnMut(&'a Plan)) {
        each_input!(self, f)
    }

    /// The inputs of this node.
    pub fn inputs(&self) -> Vec<&Plan> {
        let mut inputs = Vec::new();
        self.for_each_input(&mut |input| inputs.push(input));
        inputs
    }

    /// Calls `f` on every input of this node, to rewrite it.
    pub fn for_each_input_mut(&mut self, f: &mut dyn FnMut(&mut Plan)) {
        each_input!(self, f, mut)
    }

    /// Calls `f` on every expression of a node itself, to rewrite it.
    pub fn for_each_expr_mut(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        match self {
            Plan::Scan { access, filter, .. } => {
                for_each_access_expr_mut(access, f);
                filter.iter_mut().for_each(f);
            }
            Plan::Values { rows, .. } => rows.iter_mut().flatten().for_each(f),
            Plan::Filter { condition, .. } => f(condition),
            Plan::Project { exprs, .. } => exprs.iter_mut().for_each(f),
            Plan::Join(j) => {
                for (l, r) in &mut j.equal {
                    f(l);
                    f(r);
                }
                j.condition.iter_mut().for_each(f);
            }
            Plan::LookupJoin(j) => {
                j.keys.iter_mut().for_each(&mut *f);
                j.condition.iter_mut().for_each(f);
            }
            Plan::Aggregate { keys, aggregates, .. } => {
                keys.iter_mut().for_each(&mut *f);
                aggregates
                    .iter_mut()
                    .flat_map(AggregateCall::exprs_mut)
                    .for_each(f);
            }
            Plan::Distinct { .. }
            | Plan::Append { .. }
            | Plan::SetOperation(_)
            | Plan::Recursive(_)
            | Plan::WorkTable { .. }
            | Plan::Information(_) => {}
            Plan::Apply(a) => a.captures.iter_mut().for_each(f),
            Plan::LateralJoin(j) => j.captures.iter_mut().chain(&mut j.condition).for_each(f),
            Plan::TableFunction(call) => call.args.iter_mut().for_each(f),
            Plan::Window(w) => {
                w.partition.iter_mut().for_each(&mut *f);
                w.order.iter_mut().for_each(|k| f(&mut k.expr));
                w.calls.iter_mut().for_each(|c| c.for_each_expr_mut(f));
            }
            Plan::Sort { keys, limit, .. } => {
                keys.iter_mut().for_each(|k| f(&mut k.expr));
                limit.iter_mut().for_each(f);
            }
            Plan::Limit { limit, offset, .. } => limit.iter_mut().chain(offset).for_each(f),
        }
    }

    /// How many operators are one upon the other, at most.
    pub fn depth(&self) -> usize {
        let mut below = 0;
        self.for_each_input(&mut |input| below = below.max(input.depth()));
        below + 1
    }
}

fn for_each_access_expr_mut(access: &mut Access, f: &mut dyn FnMut(&mut Expr)) {
    match access {
        Access::Full => {}
        Access::RowIds { bounds, .. } => {
            for_each_bound_mut(&mut bounds.from, f);
            for_each_bound_mut(&mut bounds.to, f);
        }
        Access::RowIdList(list) => list.iter_mut().for_each(f),
        Access::Index {
            equal,
            bounds,
            instead,
            ..
        } => {
            equal.iter_mut().for_each(&mut *f);
            for_each_bound_mut(&mut bounds.from, f);
            for_each_bound_mut(&mut bounds.to, f);
            instead.iter_mut().for_each(f);
        }
        Access::IndexList { equal, list, .. } => equal.iter_mut().chain(list).for_each(f),
    }
}

fn for_each_bound_mut(bound: &mut Bound<Expr>, f: &mut dyn FnMut(&mut Expr)) {
    match bound {
        Bound::Included(e) | Bound::Excluded(e) => f(e),
        Bound::Unbounded => {}
    }
}
