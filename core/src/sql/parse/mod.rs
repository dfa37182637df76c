//! SQL text to syntax trees, over the crate `sqlparser`.
//!
//! Here is everything that knows text: the dialect, the tokens, the numbering of parameters, the limits
//! that keep hostile nesting off the stack, the positions of errors, and the few statements that
//! `sqlparser` has no tree for. What the statements mean is the business of [`bind`](super::bind).

mod parsed;
mod split;

pub use parsed::{Parsed, parse};
pub use split::{ScriptStatement, Split, split};
