//! What the classes of the package need of an engine, which may be in this thread (`local.ts`) or elsewhere.
//!
//! All that may have to cross a thread answers a promise. Parameters are the bytes of `params.ts`, which last until the
//! call returns; results are bytes as `result.ts` reads them.

import { AmphiError } from './error.js';
import type { RawFunction } from './functions.js';
import type { PersistenceConfig, PersistenceOptions } from './persistence.js';
import type { TransactionOptions } from './transaction.js';

/** Figures since a database was opened, by name: `memory_tables`, `store_reads`, `cache_hits`, `commits`, … */
export type Stats = Record<string, number>;

/** @internal A prepared statement of an engine or a session. */
export interface RawStatement {
  /** Names of the result columns when it was prepared. */
  readonly columns: readonly string[];
  readonly parameterCount: number;
  /** Runs it; `signal`: as long as that says so. */
  execute(params: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array>;
  /** Runs it at once; see {@link RawSession.querySync}. */
  querySync(params: Uint8Array): Uint8Array;
  close(): void;
}

/** @internal What runs statements. */
export interface RawSession {
  /** Runs a text of statements. */
  execute(sql: string, params: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array>;
  /** Runs a query at once: `AM002` if that is not possible. */
  querySync(sql: string, params: Uint8Array): Uint8Array;
  prepare(sql: string): Promise<RawStatement>;
}

/** @internal A session that keeps its state. One statement at a time runs in it. */
export interface RawOwnSession extends RawSession {
  begin(options: Required<TransactionOptions>): Promise<void>;
  commit(): Promise<void>;
  /** Ends it; an open transaction is rolled back. */
  close(): Promise<void>;
}

/** @internal A query to be run again whenever a commit touches what it reads. Answers need not be promises. */
export interface RawWatch {
  /** Runs it on what is committed now; from then on commits that touch what it read count. Stops as `signal` says. */
  run(signal: AbortSignal): Uint8Array | Promise<Uint8Array>;
  /** Answers whether to run it again, once there is reason to; `false`: it cannot be run any more, or was closed. */
  changed(): boolean | Promise<boolean>;
  close(): void;
}

/** @internal An open database. */
export interface RawEngine extends RawSession {
  watch(sql: string, params: Uint8Array): Promise<RawWatch>;
  session(): RawOwnSession;
  /** Makes a function known to SQL, which calls it in the thread of the engine. */
  createFunction(code: RawFunction): Promise<void>;
  enablePersistence(table: string, options: Required<PersistenceOptions>): Promise<void>;
  disablePersistence(table: string): Promise<void>;
  migrateToPersistent(table: string): Promise<void>;
  loadToMemory(table: string): Promise<void>;
  getPersistenceConfig(table: string): Promise<PersistenceConfig | undefined>;
  listPersistentTables(): Promise<string[]>;
  stats(): Promise<Stats>;
  check(): Promise<string>;
  export(): Promise<Uint8Array<ArrayBuffer>>;
  import(bytes: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  /** Makes every commit durable, ends the engine and gives up all that belongs to it. */
  close(): Promise<void>;
}

/** @internal Why a statement that an `AbortSignal` stopped has failed. */
export function interrupted(signal: AbortSignal): AmphiError {
  return new AmphiError('the statement was interrupted', { code: '57014', cause: signal.reason });
}
