//! IN: membership in a list or a set, with SQL's rules for NULL.

use super::ValueSet;
use super::compare::compare;
use super::evaluate::evaluate;
use super::input::Input;
use super::mask::{Mask, pack};
use super::scope::Scope;
use super::vector::{Vector, union};
use crate::sql::plan::{CompareOp, Expr};
use crate::types::{Bitmap, Column, Result};

/// Lists up to this long are compared one by one; longer ones are hashed.
const FEW: usize = 4;

/// `operand IN (list)`: true if it equals a member; else NULL if it or a member is NULL; else false.
pub(super) fn in_list(operand: &Expr, list: &[Expr], input: &Input<'_>, scope: &Scope<'_>) -> Result<Mask> {
    let rows = input.rows();
    let ty = operand.ty();
    let v = evaluate(operand, input, scope)?;
    let mut result = Mask::filled(false, rows);
    let mut constants = Column::new(ty.physical());
    let hashed = list.len() > FEW;
    for member in list {
        let of = member.ty();
        let alike = hashed && of.physical() == ty.physical() && of.scale() == ty.scale();
        if let (true, Expr::Literal { value, .. }) = (alike, member) {
            constants.push_value(value, &of)?;
            continue;
        }
        let m = evaluate(member, input, scope)?;
        if alike && m.constant {
            constants.push_from(&m.column, 0);
        } else {
            result = result.or(&compare(CompareOp::Eq, &v, &m, (&ty, &of), rows)?);
        }
    }
    if constants.is_empty() {
        return Ok(result);
    }
    Ok(result.or(&in_set(&v, &ValueSet::new(&constants, &ty), rows)))
}

/// Membership in a set; of an empty set nothing is a member, not even NULL.
pub(super) fn in_set(v: &Vector, set: &ValueSet, rows: usize) -> Mask {
    if set.is_empty() {
        return Mask::filled(false, rows);
    }
    if v.is_null_constant() {
        return Mask::nulls(rows);
    }
    let found = set.contains(&v.column);
    let absent_is_null = set.has_null();
    if v.constant {
        return match found.first() {
            Some(true) => Mask::filled(true, rows),
            _ if absent_is_null => Mask::nulls(rows),
            _ => Mask::filled(false, rows),
        };
    }
    let absent = absent_is_null.then(|| Bitmap::from_words(pack(found.iter().map(|f| !f)), rows));
    Mask::new(
        pack(found.iter().copied()),
        union(v.nulls(), absent.as_ref()).as_ref(),
        rows,
    )
}
