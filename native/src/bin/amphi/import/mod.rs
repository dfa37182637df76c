//! `.import`: files into tables.
//!
//! `import` is the work itself, over any file of records; `csv_file` and `json_file` are such files. Types of
//! columns come from all values (`infer`), and a field becomes a value in `field`.

mod csv_file;
mod field;
mod import;
mod infer;
mod json_file;
mod names;

pub use import::import;
pub use names::{quoted, quoted_name};
