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
/// x
pub mod dml {
    /// x
    pub struct DmlResult {
        /// x
        pub affected: u64,
        /// x
        pub last_insert_id: Option<i64>,
        /// x
        pub returning: Option<alloc::vec::Vec<crate::types::Batch>>,
    }
    macro_rules! x {
        ($n:ident, $s:ident) => {
            /// x
            pub struct $n;
            impl $n {
                /// x
                pub fn new(
                    _: alloc::sync::Arc<crate::sql::plan::$s>,
                    _: &crate::catalog::Catalog,
                    _: super::super::Env,
                ) -> crate::Result<$n> {
                    todo!()
                }
                /// x
                pub fn step(
                    &mut self,
                    _: &mut crate::txn::Transaction,
                    _: &mut crate::tree::Missing,
                ) -> core::task::Poll<crate::Result<DmlResult>> {
                    todo!()
                }
            }
        };
    }
    x!(InsertRun, Insert);
    x!(UpdateRun, Update);
    x!(DeleteRun, Delete);
}
