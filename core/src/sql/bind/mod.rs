//! Syntax trees to bound statements: names and types resolved, conversions made explicit, and every
//! clause that is not offered refused by its name.

mod context;

pub use context::{BindContext, SchemaSource, bind, bind_default, bind_table_expr};
