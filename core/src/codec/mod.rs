//! Bytes: order-preserving keys, block encoding, checksums, store keys.
//!
//! Nothing here knows of trees or of the store; everything here is bounded on untrusted input:
//! decoding never panics, never allocates more than its input justifies.

mod key;
mod store_key;

pub use key::{KeyPart, encode_key, encode_key_part, key_row_id, prefix_end};
pub use store_key::{
    TreeId, block_key, blocks_range, config_key, schema_key, schema_range, superblock_key, table_key,
    table_range, tree_of_key, tree_range,
};

/// Most rows, entries or children one block may hold.
pub const MAX_BLOCK_ROWS: usize = 1024;
