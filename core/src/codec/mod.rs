//! Bytes: order-preserving keys, block encoding, checksums, store keys.
//!
//! Nothing here knows of trees or of the store; everything here is bounded on untrusted input:
//! decoding never panics, never allocates more than its input justifies.

mod block;
mod column_bounds;
mod crc32;
mod directory_page;
mod export_file;
mod index_block;
mod key;
mod key_ranges;
mod key_value;
mod outline;
mod packed;
mod reader;
mod row_block;
mod row_block_bytes;
mod store_key;

pub use block::{BLOCK_MARGIN, BlockKind, FIRST_FORMAT, MAX_BLOCK_ROWS};
pub use column_bounds::{
    ColumnBounds, MAX_BOUNDED_COLUMNS, key_of_bytes, key_of_decimal, key_of_float, order_key,
};
pub(crate) use crc32::{Crc32, crc32};
pub use directory_page::DirectoryPage;
pub use export_file::{ExportFile, ExportWriter};
pub use index_block::{IndexBlock, encode_index_block, index_block_size};
pub use key::{
    KeyPart, encode_key, encode_key_part, float_of, int_of, key_row_id, ordered_f64, ordered_i64, prefix_end,
};
pub use key_ranges::KeyRanges;
pub use key_value::{is_exact_key, key_part_len, push_key_value};
pub use outline::{Outline, OutlineBuilder};
pub use row_block::{Field, RowBlockSize, RowBlockView, RowIds, encode_row_block};
pub use row_block_bytes::RowBlock;
pub use store_key::{
    TreeId, block_key, blocks_range, schemas_key, superblock_key, table_key, table_range, tree_of_key,
    tree_range,
};
