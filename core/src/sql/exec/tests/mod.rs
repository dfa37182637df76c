//! What operators promise, over small tables in memory and in a store that has to be asked for every block.

mod access;
mod grouping_and_order;
mod joins;
mod queries;
