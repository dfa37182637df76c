//! Types of expressions: of literals, of pairs, and the conversions between them.

mod coercion;
mod common;
mod fold;
mod guard_digits;
mod literal;

pub(super) use coercion::{
    cast, collate, compare, convert_all, follows, null_of, numeric, plain, to_bool, to_text, unify_comparison,
};
pub(super) use common::{decimal, is_integer, numeric_type};
pub(super) use fold::{exact, negate};
pub(super) use guard_digits::{has_guard_digits, shown_as, with_guard_digits};
pub(super) use literal::{bool_literal, int_literal, number, number_or_bytes, text_literal};
