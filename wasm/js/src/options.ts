//! How a database is opened.

import type { FormatOptions } from './values.js';

/** The options of the engine; what is not given has its default. */
export interface EngineOptions {
  /** Name of the database: its first schema. Default: `main`. */
  name?: string;
  /** Whether anything may be changed. Default: true. */
  writable?: boolean;
  /** Whether new tables are persistent unless they say otherwise. Default: false. */
  defaultPersistent?: boolean;
  /** The cache of blocks of persistent tables. */
  cache?: {
    /** Whether blocks stay in memory after use. Default: true. */
    enabled?: boolean;
    /** Bound on its size, in MiB. Default: 256. */
    maxSizeMb?: number;
    /** Which block leaves first: the one not used for longest, or the one used least often. Default: `lru`. */
    evictionPolicy?: 'lru' | 'lfu';
  };
  /** Longest time that a relaxed commit waits before it is written, in milliseconds. Default: 50. */
  flushIntervalMs?: number;
  /** Most unwritten bytes of relaxed commits, in MiB. Default: 16. */
  maxPendingMb?: number;
  /** Most memory of the blocks that one transaction changes, in MiB. Default: 256. */
  maxTransactionMb?: number;
  /** How long one statement may take, in milliseconds; 0, the default: as long as it takes. */
  statementTimeoutMs?: number;
  /** Most memory that one query may use for sorting, joining and grouping, in MiB. Default: 1024. */
  maxQueryMemoryMb?: number;
}

/** How a database is opened: the engine's options, and how values of results look unless a call says otherwise. */
export interface OpenOptions extends EngineOptions, FormatOptions {}

/** @internal Takes the options of values out. */
export function split(options: OpenOptions): { engine: EngineOptions; format: FormatOptions } {
  const { bigint, dates, ...engine } = options;
  const format: FormatOptions = {};
  if (bigint !== undefined) format.bigint = bigint;
  if (dates !== undefined) format.dates = dates;
  return { engine, format };
}
