//! Syntax trees to bound statements: names and types resolved, conversions made explicit, and every
//! clause that is not offered refused by its name.
//!
//! A file binds one kind of statement or expression. Each takes the parser's structures apart field by
//! field, so that a clause nobody looked at does not compile.

mod aggregate;
mod aggregate_call;
mod alter_table;
mod analyze;
mod binder;
mod carried;
mod column_def;
mod column_values;
mod constraint;
mod context;
mod create_from;
mod create_table;
mod cte;
mod data_type;
mod define_view;
mod drop;
mod expr;
mod foreign_key;
mod full_join;
mod function;
mod generated;
mod grouping_sets;
mod index;
mod information;
mod insert;
mod join;
mod json_table;
mod lateral;
mod leaf;
mod local_time;
mod merge;
mod modify_column;
mod names;
mod nullable;
mod on_conflict;
mod operators;
mod order_by;
mod place;
mod query;
mod refuse;
mod select;
mod sequence;
mod session_statement;
mod set_operation;
mod show;
mod statement;
mod subquery;
mod table_function;
mod table_options;
mod template;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod testing;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod transaction;
mod trigger;
mod trigger_body;
mod types;
mod update_delete;
mod view;
mod view_base;
mod window;

pub use column_values::{bind_default, bind_definition, bind_table_expr};
pub use context::{BindContext, SchemaSource};
pub use data_type::type_named;
pub use function::has_function;
pub use local_time::in_time_zone;
pub use statement::{bind, bind_naming_views};
pub use template::{Slot, bind_template, inserted_types, literal_value, read_rows};
