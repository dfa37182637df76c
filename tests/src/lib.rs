//! Shared pieces of the integration tests: the stores and fixtures every placement is tested on.
