//! Bytes: order-preserving keys, block encoding, checksums, store keys.
//!
//! Nothing here knows of trees or of the store; everything here is bounded on untrusted input:
//! decoding never panics, never allocates more than its input justifies.
