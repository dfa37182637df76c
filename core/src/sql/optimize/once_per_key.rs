//! Leaves it to a hash join to leave out duplicates of a side.
//!
//! Before: `Join l_order = o_id (Distinct (Scan line)) (Scan orders)`, as an EXISTS becomes. After:
//! `Join l_order = o_id (Scan line) (Scan orders)`, of whose left rows only the first of each key counts. The join looks
//! every key up anyway: of a left side it remembers which have been there in one bit each, of a right side it keeps the
//! first row; the DISTINCT had a table of its own.
//!
//! Only where the DISTINCT's columns are the keys, which are compared in the same way: then rows that it takes for
//! equal are those with equal keys. Runs after the accesses are chosen, which see the DISTINCT still.

use super::columns::plain_column;
use super::plan_parts::take;
use crate::sql::plan::{Expr, JoinKind, Once, Plan};
use alloc::vec::Vec;

/// Applies the rule to a whole plan.
pub fn join_once_per_key(plan: &mut Plan) {
    if let Plan::Join(join) = plan
        && !join.equal.is_empty()
        && !join.merge
    {
        let keys = |of: fn(&(Expr, Expr)) -> (&Expr, &Expr)| -> Vec<usize> {
            let sides = join.equal.iter().map(of);
            let alike = sides.filter(|(this, other)| this.ty().collation() == other.ty().collation());
            alike.filter_map(|(this, _)| plain_column(this)).collect()
        };
        let (left, right) = (keys(|(l, r)| (l, r)), keys(|(l, r)| (r, l)));
        join.once = Once {
            // A LEFT JOIN has a row for each left row, also of those without partner.
            left: join.kind == JoinKind::Inner && leave_out_distinct(&mut join.left, &left),
            right: leave_out_distinct(&mut join.right, &right),
        };
    }
    plan.for_each_input_mut(&mut join_once_per_key);
}

/// Takes the DISTINCT off a side if there is one each of whose columns is a key.
fn leave_out_distinct(side: &mut Plan, keys: &[usize]) -> bool {
    let Plan::Distinct { input } = side else {
        return false;
    };
    if !(0..input.types().len()).all(|column| keys.contains(&column)) {
        return false;
    }
    *side = take(input);
    true
}
