//! Placeholders for what the executor still lacks: delete an item here when the real one lands.
#![allow(clippy::todo, missing_docs)]
/// x
pub struct QueryRun;
impl QueryRun {
    /// x
    pub fn new(
        _: alloc::sync::Arc<crate::sql::plan::Query>,
        _: &crate::catalog::Catalog,
        _: super::Env,
    ) -> crate::Result<QueryRun> {
        todo!()
    }
    /// x
    pub fn step(
        &mut self,
        _: &mut crate::tree::Missing,
    ) -> core::task::Poll<crate::Result<Option<crate::types::Batch>>> {
        todo!()
    }
    /// x
    pub fn env(&self) -> &super::Env {
        todo!()
    }
    /// x
    pub fn columns(&self) -> &[crate::sql::plan::OutputColumn] {
        &[]
    }
}
/// x
pub mod explain {
    /// x
    pub struct AnalyzeRun;
    impl AnalyzeRun {
        /// x
        pub fn new(
            _: alloc::sync::Arc<crate::sql::plan::Query>,
            _: &crate::catalog::Catalog,
            _: super::super::Env,
        ) -> crate::Result<AnalyzeRun> {
            todo!()
        }
        /// x
        pub fn step(
            &mut self,
            _: &mut crate::tree::Missing,
        ) -> core::task::Poll<crate::Result<alloc::vec::Vec<alloc::string::String>>> {
            todo!()
        }
    }
    /// x
    pub fn render(
        _: &crate::sql::plan::Statement,
        _: &crate::catalog::Catalog,
    ) -> alloc::vec::Vec<alloc::string::String> {
        todo!()
    }
}
