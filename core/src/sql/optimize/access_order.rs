//! Drops sorts whose order the access gives anyway.
//!
//! Before: `Sort(Scan t by index (a, b): a = 1, b DESC)`. After: the same scan backwards, no sort.
//!
//! - rows come in row id order (backwards if asked), or in the order of the index columns after those that
//!   are equal to a constant; filters, projections and the left side of joins keep that order;
//! - the first rows by an indexed column of a whole table (`ORDER BY a LIMIT 10`) are read from the index, and all
//!   rows if the index tells all that is wanted of them.

use super::columns::plain_column;
use super::plan_parts::take;
use super::statistics::{Statistics, TableFacts};
use crate::catalog::TableDef;
use crate::sql::plan::{Access, Expr, Join, JoinKind, Plan, ScanBounds, SortKey};
use crate::types::Value;
use alloc::vec::Vec;
use core::ops::Bound;

/// Of a table's rows, the part up to which LIMIT rows are rather read from an index than sorted out.
const FEW: f64 = 1.0 / 16.0;

/// Drops the sorts of a plan that are not needed.
pub fn use_access_order(plan: &mut Plan, stats: &dyn Statistics) {
    plan.for_each_input_mut(&mut |input| use_access_order(input, stats));
    let Plan::Sort { input, keys, limit } = plan else {
        return;
    };
    let limit = limit.clone();
    let few = |facts: &TableFacts| match &limit {
        None => false,
        Some(Expr::Literal {
            value: Value::Int(n), ..
        }) => (*n as f64) < facts.rows * FEW,
        // A parameter: LIMITs are small.
        Some(_) => true,
    };
    let wanted: Option<Vec<Wanted>> = keys.iter().map(Wanted::of).collect();
    if let Some(wanted) = wanted
        && give_order(input, wanted, stats, &few, true)
    {
        *plan = take(input);
    }
}

/// A sort key that is a column.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    column: usize,
    descending: bool,
    nulls_first: bool,
}

impl Wanted {
    /// As indexes ascend.
    pub(super) fn ascending(column: usize) -> Wanted {
        Wanted {
            column,
            descending: false,
            nulls_first: true,
        }
    }

    fn of(key: &SortKey) -> Option<Wanted> {
        Some(Wanted {
            column: plain_column(&key.expr)?,
            descending: key.descending,
            nulls_first: key.nulls_first,
        })
    }
}

/// Makes a plan yield its rows in an order, if its access can. `few(facts)`: whether only few rows of the
/// table are wanted; `whole`: whether every row of the scan reaches the sort.
pub(super) fn give_order(
    plan: &mut Plan,
    mut wanted: Vec<Wanted>,
    stats: &dyn Statistics,
    few: &dyn Fn(&TableFacts) -> bool,
    whole: bool,
) -> bool {
    match plan {
        Plan::Filter { input, .. } => give_order(input, wanted, stats, few, false),
        Plan::Project { input, exprs } => {
            for w in &mut wanted {
                match exprs.get(w.column).and_then(plain_column) {
                    Some(c) => w.column = c,
                    None => return false,
                }
            }
            give_order(input, wanted, stats, few, whole)
        }
        Plan::Join(j) => {
            let width = j.left.types().len();
            for w in wanted.iter_mut().filter(|w| w.column >= width) {
                match equal_on_the_left(j, w.column - width) {
                    Some(column) => w.column = column,
                    None => return false,
                }
            }
            if !j.merge {
                return give_order(&mut j.left, wanted, stats, few, false);
            }
            // Its inputs keep the order that it needs.
            let mut left = j.left.clone();
            give_order(&mut left, wanted, stats, few, false) && left == j.left
        }
        Plan::LookupJoin(j) => {
            let width = j.left.types().len();
            wanted.iter().all(|w| w.column < width) && give_order(&mut j.left, wanted, stats, few, false)
        }
        Plan::Scan {
            table,
            columns,
            access,
            filter,
            ..
        } => {
            let Some(facts) = stats.facts(*table) else {
                return false;
            };
            for w in &mut wanted {
                match columns.get(w.column) {
                    Some(c) => w.column = *c,
                    None => match facts.def.row_id_column {
                        Some(c) => w.column = c,
                        None => return false,
                    },
                }
            }
            let few = whole && filter.is_none() && few(&facts);
            order_access(access, &wanted, &facts, &|index| {
                few || facts.def.is_covering(index, columns)
            })
        }
        _ => false,
    }
}

/// The column of an inner join's left input that equals a column of its right one.
fn equal_on_the_left(j: &Join, right: usize) -> Option<usize> {
    let alike = |(l, r): &&(Expr, Expr)| l.ty().collation() == r.ty().collation();
    let mut equal = j.equal.iter().filter(|_| j.kind == JoinKind::Inner).filter(alike);
    let (left, _) = equal.find(|(_, r)| plain_column(r) == Some(right))?;
    plain_column(left)
}

/// Makes an access yield rows in an order; `from_index`: whether a whole table may be read in this index's order.
fn order_access(
    access: &mut Access,
    wanted: &[Wanted],
    facts: &TableFacts,
    from_index: &dyn Fn(usize) -> bool,
) -> bool {
    let def = &facts.def;
    let Some(first) = wanted.first() else { return true };
    // Row ids are unique: further keys change nothing.
    let by_row_id = def.row_id_column == Some(first.column);
    match access {
        Access::Full if by_row_id => {
            if first.descending {
                *access = Access::RowIds {
                    bounds: unbounded(),
                    reverse: true,
                };
            }
            true
        }
        Access::RowIds { reverse, .. } if by_row_id => {
            *reverse = first.descending;
            true
        }
        Access::RowIdList(list) => list.len() <= 1 || (by_row_id && !first.descending),
        Access::Index {
            index,
            equal,
            reverse,
            instead,
            ..
        } => match index_order(def, *index, equal.len(), wanted) {
            None => false,
            Some(backwards) => {
                *reverse = backwards;
                *instead = None;
                true
            }
        },
        Access::Full => {
            let mut usable = (0..def.indexes.len()).filter(|i| from_index(*i));
            let Some((index, reverse)) = usable.find_map(|i| Some((i, index_order(def, i, 0, wanted)?)))
            else {
                return false;
            };
            *access = Access::Index {
                index,
                equal: Vec::new(),
                bounds: unbounded(),
                reverse,
                instead: None,
            };
            true
        }
        Access::RowIds { .. } | Access::IndexList { .. } => false,
    }
}

fn unbounded() -> ScanBounds {
    ScanBounds {
        from: Bound::Unbounded,
        to: Bound::Unbounded,
    }
}

/// Whether walking an index, equal on its first `equal` columns, gives an order; `Some(true)`: backwards.
fn index_order(def: &TableDef, index: usize, equal: usize, wanted: &[Wanted]) -> Option<bool> {
    let index = def.indexes.get(index)?;
    let constant = |column: usize| index.columns.iter().take(equal).any(|c| c.column == column);
    let mut columns = index.columns.iter().skip(equal);
    let mut backwards: Option<bool> = None;
    let mut ended = false;
    for w in wanted.iter().filter(|w| !constant(w.column)) {
        let definition = def.columns.get(w.column)?;
        let (column, descending) = match columns.next() {
            Some(c) => (c.column, c.descending),
            // Entries with equal keys come by row id; a unique key has no second entry unless it has NULLs.
            None if !ended && def.row_id_column == Some(w.column) => {
                ended = true;
                (w.column, false)
            }
            None => return None,
        };
        // An index has NULLs first ascending and last descending.
        let nulls_fit = !definition.nullable || w.nulls_first != w.descending;
        let way = w.descending != descending;
        if column != w.column || !nulls_fit || backwards.is_some_and(|b| b != way) {
            return None;
        }
        backwards = Some(way);
        if def.row_id_column == Some(column) {
            break;
        }
    }
    Some(backwards.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{ColumnDef, IndexColumn, IndexDef, TableId};
    use crate::types::DataType;

    /// `t (id PRIMARY KEY, a, b, c NOT NULL)` with an index on (a, b DESC, c).
    fn table() -> TableDef {
        let column = |name: &str, nullable| ColumnDef::new(name, DataType::BIGINT, nullable);
        let part = |column, descending| IndexColumn { column, descending };
        TableDef {
            columns: alloc::vec![
                column("id", false),
                column("a", true),
                column("b", true),
                column("c", false)
            ],
            primary_key: alloc::vec![0],
            row_id_column: Some(0),
            indexes: alloc::vec![IndexDef {
                name: "i".into(),
                columns: alloc::vec![part(1, false), part(2, true), part(3, false)],
                unique: false,
                constraint: false,
                filter: None,
                statistics: None,
            }],
            ..TableDef::new(TableId(1), "main", "t")
        }
    }

    fn asc(column: usize) -> Wanted {
        Wanted {
            column,
            descending: false,
            nulls_first: true,
        }
    }

    fn desc(column: usize) -> Wanted {
        Wanted {
            column,
            descending: true,
            nulls_first: false,
        }
    }

    #[test]
    fn an_index_gives_its_own_order_and_the_reverse_of_all_of_it() {
        let t = table();
        let order = |equal: usize, wanted: &[Wanted]| index_order(&t, 0, equal, wanted);
        assert_eq!(order(0, &[asc(1)]), Some(false));
        assert_eq!(order(0, &[desc(1), asc(2)]), Some(true));
        assert_eq!(order(0, &[asc(1), asc(2)]), None);
        assert_eq!(order(1, &[asc(1), desc(2), asc(3), asc(0)]), Some(false));
        assert_eq!(order(2, &[desc(3), desc(0)]), Some(true));
        assert_eq!(order(2, &[desc(3), asc(0)]), None);
    }

    #[test]
    fn nulls_elsewhere_than_in_the_index_need_a_sort_unless_there_are_none() {
        let t = table();
        let last = |column| Wanted {
            column,
            descending: false,
            nulls_first: false,
        };
        assert_eq!(index_order(&t, 0, 0, &[last(1)]), None);
        assert_eq!(index_order(&t, 0, 2, &[last(3)]), Some(false));
    }
}
