//! Names: which table, column or alias one means, and what was probably meant when there is none.

mod nearest;
mod scope;
mod table_name;

pub(in crate::sql) use nearest::nearest;
pub(super) use scope::{Scope, ScopeColumn, ScopeTable};
pub(super) use table_name::{ident, ident_value};
