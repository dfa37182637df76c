//! Running plans: synchronous operators that pull batches.
//!
//! Rule for every operator: pull from the child before changing your own state, so that a step that
//! returned `Pending` can simply be taken again once the missing blocks are there.

pub mod eval;
