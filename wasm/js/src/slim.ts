//! All of the package but the place of the wasm module, which {@link initialize} must be told: `amphi/slim`.

export { Amphi } from './amphi.js';
export type { Changes } from './changes.js';
export type { Stats } from './engine.js';
export { AmphiError, type ErrorDetails, type Position } from './error.js';
export type { AggregateFunction, FunctionOptions, ScalarFunction } from './functions.js';
export { LiveQuery, type LiveOptions } from './live.js';
export { initialize, type ModuleSource } from './module.js';
export type { EngineOptions, OpenOptions, PlaceOptions } from './options.js';
export type { PersistenceConfig, PersistenceOptions, Placement } from './persistence.js';
export { Statement, type QueryOptions } from './queryable.js';
export type { ExecResult, Row, RunResult } from './result.js';
export { Session } from './session.js';
export { Transaction, type TransactionOptions } from './transaction.js';
export type {
  BigIntMode,
  ColumnInfo,
  ColumnValues,
  DateMode,
  FormatOptions,
  Json,
  Param,
  Params,
  SqlValue,
} from './values.js';
