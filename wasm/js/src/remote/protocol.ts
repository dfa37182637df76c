//! What is said between an engine and those who use it from elsewhere: from another thread or from another tab.
//!
//! The client numbers its questions, sessions and prepared statements; every question is answered once, in any order. What the
//! server says without being asked is an {@link Event}.

import type { RawEngine } from '../engine.js';
import { AmphiError, DEFECT, type ErrorDetails } from '../error.js';
import type { TransactionOptions } from '../transaction.js';

/** Changes with the messages: tabs may have loaded different versions of the package. */
export const PROTOCOL = 1;

/** The calls of an engine that only ask for something. */
export type Inquiry = 'getPersistenceConfig' | 'listPersistentTables' | 'stats' | 'check' | 'export';

/** The calls of an engine whose arguments and results cross as they are. */
export type EngineCall =
  | Inquiry
  | 'enablePersistence'
  | 'disablePersistence'
  | 'migrateToPersistent'
  | 'loadToMemory'
  | 'import'
  | 'flush';

/** The names of {@link EngineCall}: a server makes no others. */
export const ENGINE_CALLS: { readonly [name in EngineCall]: true } = {
  getPersistenceConfig: true,
  listPersistentTables: true,
  stats: true,
  check: true,
  export: true,
  enablePersistence: true,
  disablePersistence: true,
  migrateToPersistent: true,
  loadToMemory: true,
  import: true,
  flush: true,
};

/** What an engine is asked to do, in a session if one is given. */
export type Question =
  | { readonly kind: 'execute'; readonly session?: number; readonly sql: string; readonly params: Uint8Array }
  | { readonly kind: 'prepare'; readonly session?: number; readonly statement: number; readonly sql: string }
  | { readonly kind: 'executePrepared'; readonly statement: number; readonly params: Uint8Array }
  | { readonly kind: 'begin'; readonly session: number; readonly options: Required<TransactionOptions> }
  | { readonly kind: 'commit'; readonly session: number }
  | { readonly kind: 'endSession'; readonly session: number }
  | { readonly kind: 'watch'; readonly watch: number; readonly sql: string; readonly params: Uint8Array }
  | { readonly kind: 'runWatch'; readonly watch: number }
  /** Answered when it has, perhaps never. */
  | { readonly kind: 'changed'; readonly watch: number }
  | { readonly kind: 'call'; readonly name: EngineCall; readonly args: readonly unknown[] }
  | { readonly kind: 'close' };

/** From a client. */
export type Request =
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  /** Stops what was asked, if it still runs. */
  | { readonly kind: 'stop'; readonly id: number }
  | { readonly kind: 'session'; readonly session: number }
  | { readonly kind: 'unwatch'; readonly watch: number }
  | { readonly kind: 'free'; readonly statement: number };

/** An {@link AmphiError} on its way. */
export interface Failure extends ErrorDetails {
  readonly message: string;
}

/** What a server says by itself. */
export type Event = { readonly kind: 'event'; readonly name: string; readonly data: unknown };

/** From a server. */
export type Response =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure }
  | Event;

/** What a prepared statement is answered with. */
export interface PreparedAnswer {
  readonly columns: readonly string[];
  readonly parameterCount: number;
}

/** The arguments and the answer of a call. */
export type Args<N extends EngineCall> = Parameters<RawEngine[N]>;
export type Answer<N extends EngineCall> = Awaited<ReturnType<RawEngine[N]>>;

/** An error as it is sent. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof AmphiError)) return { code: DEFECT, message: String(error) };
  const { code, message, table, column, position, retryable } = error;
  return {
    code,
    message,
    retryable,
    ...(table === undefined ? {} : { table }),
    ...(column === undefined ? {} : { column }),
    ...(position === undefined ? {} : { position }),
  };
}

/** An error as it was sent. */
export function errorOf(failure: Failure): AmphiError {
  return new AmphiError(failure.message, failure);
}
