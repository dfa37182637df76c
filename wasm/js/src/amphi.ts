//! A database.

import { AmphiError } from './error.js';
import { call, callAsync, initialize } from './module.js';
import { split, type OpenOptions } from './options.js';
import { Queryable, type Scope } from './queryable.js';
import { Session } from './session.js';
import type { StoreBinding } from './store/binding.js';
import { IndexedDbStore } from './store/indexed-db.js';
import { lock, type Release } from './store/lock.js';
import { transaction, type Transaction, type TransactionOptions } from './transaction.js';
import type { FormatOptions } from './values.js';
import { Engine } from './wasm/amphi.js';

/** Where a table lives: in memory, in the store, or in both. */
export type Placement = 'memory' | 'persistent' | 'dual';

/** How {@link Amphi.enablePersistence} makes a table persistent. */
export interface PersistenceOptions {
  /** A commit that touches the table is durable when it returns. Default: false. */
  syncOnWrite?: boolean;
  /** The table is also held whole in memory and read from there (dual). Default: false. */
  cacheInMemory?: boolean;
}

/** Where a table lives, or is to live once it exists. */
export interface PersistenceConfig extends Required<PersistenceOptions> {
  readonly persistent: boolean;
  readonly placement: Placement;
}

/** Figures since a database was opened, by name: `memory_tables`, `store_reads`, `cache_hits`, `commits`, … */
export type Stats = Record<string, number>;

/** What belongs to a store. */
interface Stored {
  binding: StoreBinding;
  release: Release;
  stopListening: () => void;
}

/**
 * An open database. Statements run on it are transactions of their own; for several in one use {@link Amphi.transaction}.
 */
export class Amphi extends Queryable {
  private engine: Engine | undefined;
  private readonly format: FormatOptions;
  private readonly stored: Stored | undefined;
  /** @internal */
  protected override readonly scope: Scope;

  private constructor(engine: Engine, format: FormatOptions, stored: Stored | undefined) {
    super();
    this.engine = engine;
    this.format = format;
    this.stored = stored;
    this.scope = { raw: () => this.open(), queue: undefined, format };
  }

  private open(): Engine {
    if (!this.engine) throw new AmphiError('the database is closed', { code: '08003' });
    return this.engine;
  }

  /**
   * Opens a database: `idb://name` in the browser's IndexedDB, where it is made if it does not exist, or `memory:`.
   *
   * Fails with `AM003` if another page has it open, `AM004` if it is of another version, `XX001` if it is damaged.
   */
  static async open(address: string, options: OpenOptions = {}): Promise<Amphi> {
    if (address === 'memory:' || address === ':memory:') return Amphi.memory(options);
    const name = nameOf(address);
    await initialize();
    const release = await lock(name);
    let binding: IndexedDbStore | undefined;
    try {
      binding = await IndexedDbStore.open(name);
      return await Amphi.over(binding, release, options);
    } catch (e) {
      binding?.close();
      release();
      throw e;
    }
  }

  /** A database without a store: all tables in memory, gone when it is closed. */
  static async memory(options: OpenOptions = {}): Promise<Amphi> {
    await initialize();
    const { engine, format } = split(options);
    const opened = await callAsync(() => Engine.open(undefined, engine) as Engine | Promise<Engine>);
    return new Amphi(opened, format, undefined);
  }

  private static async over(binding: StoreBinding, release: Release, options: OpenOptions): Promise<Amphi> {
    const { engine, format } = split(options);
    const opened = await callAsync(() => Engine.open(binding, engine) as Engine | Promise<Engine>);
    // A page that goes away writes what waits to be written: the browser finishes transactions that were begun.
    const flush = (): void => void callAsync(() => opened.flush() as unknown).catch(() => undefined);
    const target = typeof globalThis.addEventListener === 'function' ? globalThis : undefined;
    target?.addEventListener('pagehide', flush);
    const stopListening = (): void => target?.removeEventListener('pagehide', flush);
    return new Amphi(opened, format, { binding, release, stopListening });
  }

  /** Removes a stored database with all that is in it; none is fine. Fails with `AM003` if it is open. */
  static async delete(address: string): Promise<void> {
    const name = nameOf(address);
    const release = await lock(name);
    try {
      await IndexedDbStore.delete(name);
    } finally {
      release();
    }
  }

  /** A new session; close it when it is done. */
  session(): Session {
    return new Session(
      call(() => this.open().session()),
      this.format,
    );
  }

  /**
   * Asks the browser not to remove what this origin stores when room gets short, which it may otherwise do without
   * asking. Answers whether it promises that; it may ask the user.
   */
  static async requestPersistentStorage(): Promise<boolean> {
    const storage = (globalThis.navigator as Navigator | undefined)?.storage as StorageManager | undefined;
    return storage?.persist ? storage.persist() : false;
  }

  /**
   * Runs a function in a transaction and commits it; if it throws, the transaction is rolled back. After a write conflict it
   * runs again, at most 64 times: it should do nothing but work on the transaction.
   */
  transaction<T>(work: (tx: Transaction) => T | Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return transaction(() => this.open(), this.format, work, options);
  }

  /**
   * Makes a table persistent, or dual with `cacheInMemory`: all of its rows are in the store when the promise is kept. For a
   * table that does not exist yet the settings are remembered and applied by `CREATE TABLE`.
   */
  async enablePersistence(table: string, options: PersistenceOptions = {}): Promise<void> {
    await callAsync(() =>
      this.open().enablePersistence(table, options.syncOnWrite ?? false, options.cacheInMemory ?? false) as unknown,
    );
  }

  /** Takes a table out of the store: its rows stay, in memory. */
  async disablePersistence(table: string): Promise<void> {
    await callAsync(() => this.open().disablePersistence(table) as unknown);
  }

  /** Moves a table from memory into the store; a dual table leaves memory. */
  async migrateToPersistent(table: string): Promise<void> {
    await callAsync(() => this.open().migrateToPersistent(table) as unknown);
  }

  /** Moves a table from the store into memory, where it lives from then on. */
  async loadToMemory(table: string): Promise<void> {
    await callAsync(() => this.open().loadToMemory(table) as unknown);
  }

  /** Where a table lives, or the settings remembered for one that does not exist yet; `undefined` if there is neither. */
  getPersistenceConfig(table: string): PersistenceConfig | undefined {
    return call(() => this.open().getPersistenceConfig(table) as PersistenceConfig | undefined);
  }

  /** The tables that are in the store, by name; those of other schemas as `schema.table`. */
  listPersistentTables(): string[] {
    return call(() => this.open().listPersistentTables());
  }

  /** Figures since the database was opened, and sizes now. */
  stats(): Stats {
    return call(() => this.open().stats() as Stats);
  }

  /** Verifies all that the store holds, and every index against its table. Answers what is wrong; empty: nothing. */
  check(): Promise<string> {
    return callAsync(() => this.open().check() as string | Promise<string>);
  }

  /** Makes every commit so far durable. */
  async flush(): Promise<void> {
    await callAsync(() => this.open().flush() as unknown);
  }

  /** Makes every commit durable and closes the database: later calls fail with `08003`. Closing twice is allowed. */
  async close(): Promise<void> {
    const engine = this.engine;
    if (!engine) return;
    this.engine = undefined;
    try {
      await callAsync(() => engine.close() as unknown);
    } finally {
      this.stored?.stopListening();
      this.stored?.binding.close();
      this.stored?.release();
    }
  }
}

function nameOf(address: string): string {
  const name = /^idb:\/\/(.+)$/.exec(address)?.[1];
  if (name !== undefined) return name;
  throw new AmphiError(`there is no store for ${address}; use idb://name or memory:`, { code: 'F0000' });
}
