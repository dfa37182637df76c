//! Window functions: partitions and their order, frames, and what is computed of them.

mod frame;
mod operator;
mod partitions;
mod values;

pub use operator::Window;
