//! What binding makes of a statement: typed expressions, relational plans, statements.
//!
//! Everything here is data. All names are resolved, every expression has its type, every implicit
//! conversion is an explicit [`Expr::Cast`]: the executor never guesses.

pub use crate::txn::IsolationLevel as Isolation;

mod apply;
mod column_change;
mod derived;
mod expr;
mod information;
mod query;
mod recursive;
mod set_operation;
mod show_columns;
mod statement;
mod table_function;
mod trigger;
mod window;

pub use apply::{Apply, ApplyKind, Correlated, LateralJoin};
pub use column_change::ColumnChange;
pub use derived::Derived;
pub use expr::{AggregateCall, AggregateOptions, BinaryOp, CompareOp, Expr, UnaryOp};
pub use information::{BoundView, INFORMATION_SCHEMA, InformationScan, InformationTable, Routine};
pub use query::{
    Access, Join, JoinKind, KeyFilter, LookupJoin, Once, OutputColumn, Plan, Query, ScanBounds, SortKey,
    SubPlan, SubPlanKind, ToldKeys,
};
pub use recursive::Recursive;
pub use set_operation::{SetKind, SetOperation};
pub use statement::{
    AlterAction, Change, ChangePart, Changes, ConflictAction, ConflictClause, ConflictTarget, Delete,
    ExplainFormat, Insert, InsertSource, PersistenceChange, RowCheck, SessionStatement, SessionVerb, Show,
    Statement, Target, TransactionControl, Update, ViewColumn,
};
pub use table_function::{TableFunction, TableFunctionCall};
pub use trigger::{Step, TableTriggers, Trigger, Triggered};
pub use window::{Frame, FrameBound, FrameExclusion, FrameUnits, Window, WindowCall, WindowFunction};
