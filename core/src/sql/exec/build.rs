//! Operators from a plan.
//!
//! Operators own what they read (versions of trees, copies of expressions), so a running query borrows
//! nothing and keeps its snapshot.

use super::Operator;
use super::aggregate::HashAggregate;
use super::append::Append;
use super::apply::Apply;
use super::counted::{Counted, OperatorCounts};
use super::distinct::Distinct;
use super::filter::Filter;
use super::index_columns::IndexColumns;
use super::index_scan::IndexScan;
use super::information::InformationRows;
use super::join::{self, HashJoin, LookupKey, MergeJoin, NestedLoopJoin};
use super::key_range::IndexKeys;
use super::key_test::Told;
use super::limit::Limit;
use super::project::Project;
use super::recursive::{Recursive, WorkTable};
use super::row_id_lookup::RowIdLookup;
use super::scan::Scan;
use super::set_operation::SetOperation;
use super::sort::Sort;
use super::table_columns::TableColumns;
use super::table_function::TableFunctionScan;
use super::top_n::TopN;
use super::values::Values;
use super::window::Window;
use crate::catalog::Catalog;
use crate::sql::memory::Memory;
use crate::sql::plan::{Access, Expr, Join, LookupJoin, Plan};
use crate::table::Table;
use crate::types::{DataType, Error, Physical, Result};
use alloc::{boxed::Box, collections::VecDeque, sync::Arc, vec::Vec};

/// The operators of a plan over the tables of a catalog; what they collect counts as `memory`.
///
/// # Errors
/// If the plan names a table or an index that this version of the catalog does not have.
pub fn build(plan: &Plan, catalog: &Catalog, memory: &Arc<Memory>) -> Result<Box<dyn Operator>> {
    Builder {
        catalog,
        memory,
        counts: Counts::None,
        told: Vec::new(),
    }
    .build(plan)
}

/// As [`build`], with every operator counted; the counts are appended in the order of the plan read from
/// the top down, left before right.
pub fn build_counted(
    plan: &Plan,
    catalog: &Catalog,
    memory: &Arc<Memory>,
    counts: &mut Vec<Arc<OperatorCounts>>,
) -> Result<Box<dyn Operator>> {
    Builder {
        catalog,
        memory,
        counts: Counts::New(counts),
        told: Vec::new(),
    }
    .build(plan)
}

/// Makes the operators of a plan that runs several times.
pub struct PlanBuilder {
    plan: Plan,
    catalog: Catalog,
    memory: Arc<Memory>,
    /// What its operators count, all runs together; empty if nothing is counted.
    counts: Vec<Arc<OperatorCounts>>,
}

impl PlanBuilder {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether its operators are counted.
    pub fn is_counted(&self) -> bool {
        !self.counts.is_empty()
    }

    /// See [`build`].
    pub fn build(&self) -> Result<Box<dyn Operator>> {
        let counts = match self.counts.as_slice() {
            [] => Counts::None,
            counts => Counts::Known(counts.iter()),
        };
        Builder {
            catalog: &self.catalog,
            memory: &self.memory,
            counts,
            told: Vec::new(),
        }
        .build(&self.plan)
    }
}

/// Where operators count what they yield.
enum Counts<'a> {
    None,
    /// Each in a new place.
    New(&'a mut Vec<Arc<OperatorCounts>>),
    /// In places made before.
    Known(core::slice::Iter<'a, Arc<OperatorCounts>>),
}

impl Counts<'_> {
    /// The place of the next operator.
    fn next(&mut self) -> Option<Arc<OperatorCounts>> {
        match self {
            Counts::None => None,
            Counts::New(all) => {
                let counts = Arc::new(OperatorCounts::default());
                all.push(counts.clone());
                Some(counts)
            }
            Counts::Known(places) => places.next().cloned(),
        }
    }

    /// The places of all operators of a plan, in their order.
    fn reserve(&mut self, plan: &Plan) -> Vec<Arc<OperatorCounts>> {
        let mut places: Vec<_> = self.next().into_iter().collect();
        plan.for_each_input(&mut |input| places.append(&mut self.reserve(input)));
        places
    }
}

struct Builder<'a> {
    catalog: &'a Catalog,
    memory: &'a Arc<Memory>,
    counts: Counts<'a>,
    /// The places for keys that joins tell, by number.
    told: Vec<(usize, Told)>,
}

fn physicals(plan: &Plan) -> Vec<Physical> {
    plan.types().iter().map(DataType::physical).collect()
}

/// The inputs whose operators are made along with a plan's own; one that runs several times is built
/// [later](Builder::later).
fn built_along(plan: &Plan) -> Vec<&Plan> {
    let mut inputs = plan.inputs();
    if matches!(plan, Plan::Apply(_) | Plan::LateralJoin(_) | Plan::Recursive(_)) {
        inputs.truncate(1);
    }
    inputs
}

impl Builder<'_> {
    fn build(&mut self, plan: &Plan) -> Result<Box<dyn Operator>> {
        let counts = self.counts.next();
        // Recursion is here, beside nothing big: the stack is used by levels of this function only.
        let mut inputs = VecDeque::new();
        for input in built_along(plan) {
            inputs.push_back(self.build(input)?);
        }
        let operator = self.operator(plan, &mut inputs)?;
        Ok(match counts {
            None => operator,
            Some(counts) => Box::new(Counted::new(operator, counts)),
        })
    }

    /// The operator of a plan, given those of the inputs that are [built along](built_along).
    fn operator(
        &mut self,
        plan: &Plan,
        inputs: &mut VecDeque<Box<dyn Operator>>,
    ) -> Result<Box<dyn Operator>> {
        let mut next = || {
            inputs
                .pop_front()
                .ok_or_else(|| Error::invalid("a plan lacks an input"))
        };
        Ok(match plan {
            Plan::Scan {
                table,
                columns,
                row_id,
                access,
                filter,
                key_filters,
                ..
            } => {
                let table = self.catalog.table(*table)?;
                let told = key_filters.iter().map(|k| (k.column, self.told(k.keys)));
                let told = told.collect();
                scan(table, (columns.as_slice(), *row_id), access, filter.clone(), told)?
            }
            Plan::Apply(apply) => {
                let subquery = self.later(&apply.subquery);
                Box::new(Apply::new(next()?, apply, subquery, self.memory))
            }
            Plan::LateralJoin(j) => {
                let right = self.later(&j.right);
                Box::new(join::LateralJoin::new(next()?, j, right, self.memory))
            }
            Plan::Recursive(recursive) => {
                let step = self.later(&recursive.step);
                Box::new(Recursive::new(next()?, recursive, step, self.memory))
            }
            Plan::Information(scan) => Box::new(InformationRows::new(scan, self.catalog)),
            Plan::TableFunction(call) => Box::new(TableFunctionScan::new(call.clone(), self.memory)),
            Plan::WorkTable { id, .. } => Box::new(WorkTable::new(*id)),
            Plan::Values { rows, types } => Box::new(Values::new(rows.clone(), types.clone())),
            Plan::Filter { condition, .. } => Box::new(Filter::new(next()?, condition.clone())),
            Plan::Project { exprs, .. } => Box::new(Project::new(next()?, exprs.clone())),
            Plan::Join(j) => self.join(j, next()?, next()?),
            Plan::LookupJoin(j) => self.lookup_join(j, next()?)?,
            Plan::Aggregate { keys, aggregates, .. } => {
                Box::new(HashAggregate::new(next()?, keys, aggregates, self.memory))
            }
            Plan::Distinct { input } => Box::new(Distinct::new(next()?, &input.types(), self.memory)),
            Plan::Window(w) => Box::new(Window::new(next()?, w, self.memory)),
            Plan::Append { .. } => Box::new(Append::new(core::mem::take(inputs))),
            Plan::SetOperation(s) => {
                let (left, right, types) = (next()?, next()?, s.left.types());
                Box::new(SetOperation::new(s.kind, s.all, left, right, &types, self.memory))
            }
            Plan::Sort { input, keys, limit } => {
                let (child, physicals) = (next()?, physicals(input));
                match limit {
                    None => Box::new(Sort::new(child, &physicals, keys, self.memory)),
                    Some(n) => Box::new(TopN::new(child, &physicals, keys, n.clone(), self.memory)),
                }
            }
            Plan::Limit { limit, offset, .. } => Box::new(Limit::new(next()?, limit.clone(), offset.clone())),
        })
    }

    /// The place for the keys that a join tells under a number.
    fn told(&mut self, number: usize) -> Told {
        if let Some((_, told)) = self.told.iter().find(|(n, _)| *n == number) {
            return told.clone();
        }
        let told = Told::default();
        self.told.push((number, told.clone()));
        told
    }

    /// A plan that is built when it runs, and each time.
    fn later(&mut self, plan: &Plan) -> PlanBuilder {
        PlanBuilder {
            plan: plan.clone(),
            catalog: self.catalog.clone(),
            memory: self.memory.clone(),
            counts: self.counts.reserve(plan),
        }
    }

    fn join(&mut self, j: &Join, left: Box<dyn Operator>, right: Box<dyn Operator>) -> Box<dyn Operator> {
        let physicals = physicals(&j.right);
        let condition = j.condition.clone();
        if j.equal.is_empty() {
            Box::new(NestedLoopJoin::new(
                j.kind,
                left,
                right,
                condition,
                &physicals,
                self.memory,
            ))
        } else if j.merge {
            let join = MergeJoin::new(j.kind, left, right, &j.equal, condition, &physicals, self.memory);
            Box::new(join)
        } else {
            let mut join = HashJoin::new(j.kind, left, right, &j.equal, condition, &physicals, self.memory);
            join.once_per_key(j.once);
            for told in &j.told {
                join.tell(told.key, self.told(told.number));
            }
            Box::new(join)
        }
    }

    fn lookup_join(&self, j: &LookupJoin, left: Box<dyn Operator>) -> Result<Box<dyn Operator>> {
        let table = self.catalog.table(j.table)?;
        let mut covered = None;
        let lookup = match j.index {
            None => LookupKey::RowId,
            Some(i) => {
                let (tree, parts) = table.index(i)?;
                covered = IndexColumns::new(&table.def, i, parts, &j.columns, j.row_id);
                LookupKey::Index(tree.clone(), parts.to_vec())
            }
        };
        Ok(Box::new(join::LookupJoin::new(
            j.kind,
            left,
            j.keys.clone(),
            table.rows.clone(),
            lookup,
            TableColumns::new(&table.def, &j.columns, j.row_id),
            covered,
            &table.def.name,
            j.condition.clone(),
            self.memory,
        )))
    }
}

fn scan(
    table: &Table,
    (columns, row_id): (&[usize], bool),
    access: &Access,
    filter: Option<Expr>,
    told: Vec<(usize, Told)>,
) -> Result<Box<dyn Operator>> {
    let rows = table.rows.clone();
    let wanted = columns;
    let columns = TableColumns::new(&table.def, wanted, row_id);
    let in_order = |rows, columns, bounds, reverse, filter| {
        let mut scan = Scan::new(rows, columns, bounds, reverse, filter);
        told.into_iter()
            .for_each(|(column, told)| scan.look_for(column, told));
        Ok(Box::new(scan) as Box<dyn Operator>)
    };
    let (at, keys, reverse, instead) = match access {
        Access::Full => return in_order(rows, columns, None, false, filter),
        Access::RowIds { bounds, reverse } => {
            return in_order(rows, columns, Some(bounds.clone()), *reverse, filter);
        }
        Access::RowIdList(list) => {
            return Ok(Box::new(RowIdLookup::new(rows, columns, list.clone(), filter)));
        }
        Access::Index {
            index,
            equal,
            bounds,
            reverse,
            instead,
        } => {
            let keys = IndexKeys::Range(equal.clone(), bounds.clone());
            (*index, keys, *reverse, instead.clone())
        }
        Access::IndexList { index, equal, list } => {
            (*index, IndexKeys::List(equal.clone(), list.clone()), false, None)
        }
    };
    let (tree, parts) = table.index(at)?;
    let (tree, parts) = (tree.clone(), parts.to_vec());
    let name = &table.def.name;
    let covered = IndexColumns::new(&table.def, at, &parts, wanted, row_id);
    let scan = IndexScan::new(
        rows, tree, parts, name, keys, reverse, columns, covered, filter, instead,
    );
    Ok(Box::new(scan))
}
