//! SQL text to syntax trees, over the crate `sqlparser`.
//!
//! Here is everything that knows text: the dialect, the tokens, the numbering of parameters, the limits
//! that keep hostile nesting off the stack, the positions of errors, and the few statements that
//! `sqlparser` has no tree for. What the statements mean is the business of [`bind`](super::bind).

mod advice;
mod alter_table;
mod block;
mod conflict_clauses;
mod dialect;
mod dispatch;
mod existence;
mod frame_exclusion;
mod group_concat;
mod interval;
mod json_value;
mod lexeme;
mod limits;
mod literal;
mod nested_joins;
mod overriding;
mod parsed;
mod pieces;
mod row_assignment;
mod sequence;
mod session_statement;
mod set;
mod show_query;
mod skip;
mod source_columns;
mod split;
mod statement;
mod syntax_error;
mod system_tables;
mod template;
mod tokens;
mod trigger;
mod trigger_blocks;
mod type_words;
mod values_text;
mod versions;
mod view_text;

pub(in crate::sql) use conflict_clauses::{ClauseTarget, ClauseUpdate, conflict_clauses};
pub(in crate::sql) use existence::{Existence, Part};
pub(in crate::sql) use frame_exclusion::excluded;
pub use lexeme::LiteralText;
pub(in crate::sql) use literal::{bit_bytes, hex_bytes, hex_number, unescape};
pub(in crate::sql) use overriding::{Overriding, overriding};
pub(in crate::sql) use parsed::parse_expr;
pub use parsed::{Parsed, parse, parse_one};
pub use pieces::{Piece, PieceKind, pieces};
pub(in crate::sql) use sequence::{SequenceOptions, SequenceStatement};
pub(in crate::sql) use session_statement::{SessionStatement, SessionVerb, Target};
pub(in crate::sql) use source_columns::carried_columns;
pub use split::{ScriptStatement, Split, delimiter_of, split, split_at};
pub(in crate::sql) use statement::Ast;
pub(in crate::sql) use syntax_error::start;
pub use template::Template;
pub use tokens::Variable;
pub(in crate::sql) use trigger::{CreateTrigger, TriggerStatement, default_message, parse_trigger_statement};
pub use values_text::ValuesText;
pub(in crate::sql) use view_text::ViewText;
