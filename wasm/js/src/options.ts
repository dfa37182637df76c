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

/** Where the engine runs, and who else may use the database. */
export interface PlaceOptions {
  /**
   * Runs the engine in a Worker of its own, so that long statements do not hold up this thread. All is the same then but
   * `querySync`, which is refused. Default: false.
   */
  worker?: boolean;
  /**
   * Whether several tabs and Workers may have a stored database open: `share`, where one of them owns it and works for the
   * others; or `exclusive`, where the others are told `AM003`. Default: `share`.
   */
  tabs?: 'share' | 'exclusive';
}

/** How a database is opened: the engine's options, where it runs, and how values of results look unless a call says otherwise. */
export interface OpenOptions extends EngineOptions, PlaceOptions, FormatOptions {}

/** @internal Takes the options apart. */
export function split(options: OpenOptions): { engine: EngineOptions; place: Required<PlaceOptions>; format: FormatOptions } {
  const { bigint, dates, worker = false, tabs = 'share', ...engine } = options;
  const format: FormatOptions = {};
  if (bigint !== undefined) format.bigint = bigint;
  if (dates !== undefined) format.dates = dates;
  return { engine, place: { worker, tabs }, format };
}
