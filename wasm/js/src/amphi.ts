//! A database.

import type { Changes } from './changes.js';
import type { RawEngine, Stats } from './engine.js';
import { AmphiError } from './error.js';
import { functionOf, type AggregateFunction, type FunctionOptions, type ScalarFunction } from './functions.js';
import { LiveQuery, type LiveOptions } from './live.js';
import { deleteStore } from './open.js';
import { openEngine } from './open-placed.js';
import { split, type OpenOptions } from './options.js';
import type { PersistenceConfig, PersistenceOptions } from './persistence.js';
import { Queryable, type Scope } from './queryable.js';
import type { Row } from './result.js';
import { Session } from './session.js';
import { transaction, type Transaction, type TransactionOptions } from './transaction.js';
import type { ColumnValues, FormatOptions, Params, SqlValue } from './values.js';

/**
 * An open database. Statements run on it are transactions of their own; for several in one use {@link Amphi.transaction}.
 */
export class Amphi extends Queryable {
  private engine: RawEngine | undefined;
  private readonly format: FormatOptions;
  /** @internal */
  protected override readonly scope: Scope;

  private constructor(engine: RawEngine, format: FormatOptions) {
    super();
    this.engine = engine;
    this.format = format;
    this.scope = { raw: () => this.open(), queue: undefined, format };
  }

  private open(): RawEngine {
    if (!this.engine) throw new AmphiError('the database is closed', { code: '08003' });
    return this.engine;
  }

  /**
   * Opens a database: `idb://name` in the browser's IndexedDB, in Node `file:path` (or a path that begins with `/`, `./` or `../`, or
   * ends with `.amphi`), where it is made if it does not exist, or `memory:`.
   *
   * Tabs and Workers of one origin may have the same stored database open. One of them owns it and works for the others, which
   * take over when it goes away; the options of the engine are those of the owner. `tabs: 'exclusive'` keeps the others out.
   *
   * Fails with `AM003` if it is open elsewhere and not shared (a file is not), `AM004` if it is of another version, `XX001` if it is damaged.
   */
  static async open(address: string, options: OpenOptions = {}): Promise<Amphi> {
    const { engine, place, format } = split(options);
    return new Amphi(await openEngine(address, engine, place), format);
  }

  /** A database without a store: all tables in memory, gone when it is closed. */
  static memory(options: OpenOptions = {}): Promise<Amphi> {
    return Amphi.open('memory:', options);
  }

  /**
   * Opens an empty database and puts an {@link Amphi.export | export} into it, of this package or of Amphi elsewhere. Without an
   * address it is in memory, and so are all of its tables.
   *
   * Fails with `42000` if the database is not empty, `AM004` if the bytes are no export or of a later version, `XX001` if they are
   * damaged.
   */
  static async import(bytes: Uint8Array, address = 'memory:', options: OpenOptions = {}): Promise<Amphi> {
    const db = await Amphi.open(address, options);
    try {
      await db.import(bytes);
      return db;
    } catch (e) {
      await db.close().catch(() => undefined);
      throw e;
    }
  }

  /** Removes a stored database with all that is in it; none is fine. Fails with `AM003` if it is open. */
  static delete(address: string): Promise<void> {
    return deleteStore(address);
  }

  /** A new session; close it when it is done. */
  session(): Session {
    return new Session(this.open().session(), this.format);
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
   * Runs a query now, and again whenever a commit, of whomever, has touched what it read: its tables, also behind views and
   * subqueries, and of a table that it reads by its integer primary key only those keys. `onAnswer` gets the rows each time
   * they have changed, once for a commit whatever it did; commits that come while the query runs are answered together. What
   * is shown is what a query would answer: relaxed commits count before they are durable. Only commits count: that time passes, or
   * `RAND()` would say something else, is no change.
   *
   * ```ts
   * const live = db.live('SELECT * FROM item WHERE price < ?', [20], (rows) => show(rows));
   * const keyed = db.live('SELECT id, name FROM item', [], ({ added, removed, changed }) => …, { key: 'id' });
   * for await (const [row] of db.live('SELECT COUNT(*) AS n FROM item')) console.log(row.n);
   * live.close();
   * ```
   *
   * Fails, by breaking its `ready` or in `onError`, with what the query runs into, with `42000` if it is no query, `23505` if two rows
   * have the same key.
   */
  live<R extends object = Row>(
    sql: string,
    params: Params | undefined,
    onAnswer: ((changes: Changes<R>) => void) | undefined,
    options: LiveOptions & { key: string | readonly string[]; rows?: 'object' },
  ): LiveQuery<Changes<R>>;
  live(
    sql: string,
    params: Params | undefined,
    onAnswer: ((rows: SqlValue[][]) => void) | undefined,
    options: LiveOptions & { rows: 'array'; key?: never },
  ): LiveQuery<SqlValue[][]>;
  live(
    sql: string,
    params: Params | undefined,
    onAnswer: ((columns: Record<string, ColumnValues>) => void) | undefined,
    options: LiveOptions & { rows: 'columns'; key?: never },
  ): LiveQuery<Record<string, ColumnValues>>;
  live<R extends object = Row>(
    sql: string,
    params?: Params,
    onAnswer?: (rows: R[]) => void,
    options?: LiveOptions & { rows?: 'object'; key?: never },
  ): LiveQuery<R[]>;
  live<T>(sql: string, params?: Params, onAnswer?: (answer: T) => void, options: LiveOptions = {}): LiveQuery<T> {
    return new LiveQuery({ engine: () => this.open(), sql, params, onAnswer, options, format: this.format });
  }

  /**
   * Makes a function known to SQL, to all statements of this database that are prepared from now on; one of the same name is
   * replaced. It answers the same for the same values: how often and in which order it is called is not said. Functions are not
   * stored: make them known each time you open the database. Defaults, checks and generated columns cannot use them.
   *
   * A function that throws makes its statement fail with `38000`, its name and its message; so does one that returns a
   * promise, and one that calls a database.
   *
   * ```ts
   * await db.createFunction('gross', { returns: 'DOUBLE', arguments: [1, 2] }, (net: number, percent = 19) => net * (1 + percent / 100));
   * await db.query('SELECT name, gross(price, 7) AS price FROM item');
   * await db.createFunction('product', { returns: 'DOUBLE' }, { start: () => 1, step: (product: number, n: number) => product * n });
   * await db.query('SELECT category, product(factor) FROM item GROUP BY category');
   * ```
   *
   * Functions run where the engine does. Of several tabs that have a database open one owns it, and its functions are called: make
   * the same ones known in every tab, so that they are there whichever it is. In a Worker (`worker: true`) they are refused with `0A000`.
   *
   * Fails with `42P07` if SQL has a function of that name, with `42000` if it could not be called or for an unknown type.
   */
  async createFunction<State>(
    name: string,
    options: FunctionOptions,
    code: ScalarFunction | AggregateFunction<State>,
  ): Promise<void> {
    await this.open().createFunction(functionOf(name, options, this.format, code));
  }

  /**
   * Makes a table persistent, or dual with `cacheInMemory`: all of its rows are in the store when the promise is kept. For a
   * table that does not exist yet the settings are remembered and applied by `CREATE TABLE`.
   */
  async enablePersistence(table: string, options: PersistenceOptions = {}): Promise<void> {
    const { syncOnWrite = false, cacheInMemory = false } = options;
    await this.open().enablePersistence(table, { syncOnWrite, cacheInMemory });
  }

  /** Takes a table out of the store: its rows stay, in memory. */
  async disablePersistence(table: string): Promise<void> {
    await this.open().disablePersistence(table);
  }

  /** Moves a table from memory into the store; a dual table leaves memory. */
  async migrateToPersistent(table: string): Promise<void> {
    await this.open().migrateToPersistent(table);
  }

  /** Moves a table from the store into memory, where it lives from then on. */
  async loadToMemory(table: string): Promise<void> {
    await this.open().loadToMemory(table);
  }

  /** Where a table lives, or the settings remembered for one that does not exist yet; `undefined` if there is neither. */
  async getPersistenceConfig(table: string): Promise<PersistenceConfig | undefined> {
    return this.open().getPersistenceConfig(table);
  }

  /** The tables that are in the store, by name; those of other schemas as `schema.table`. */
  async listPersistentTables(): Promise<string[]> {
    return this.open().listPersistentTables();
  }

  /** Figures since the database was opened, and sizes now. */
  async stats(): Promise<Stats> {
    return this.open().stats();
  }

  /** Verifies all that the store holds, and every index against its table. Answers what is wrong; empty: nothing. */
  async check(): Promise<string> {
    return this.open().check();
  }

  /**
   * The whole database as it is now, as bytes that {@link Amphi.import} and Amphi elsewhere make a database of: tables of all
   * placements, those in memory too, with their settings, indexes and triggers, views and sequences. Statements go on meanwhile.
   * Functions and temporary tables are left out.
   */
  async export(): Promise<Uint8Array<ArrayBuffer>> {
    return this.open().export();
  }

  /**
   * Puts all that an {@link Amphi.export | export} holds into this database, which must be empty, in one transaction, which is durable
   * when the promise is kept. Without a store all tables are in memory. Fails as {@link Amphi.import} does.
   */
  async import(bytes: Uint8Array): Promise<void> {
    await this.open().import(bytes);
  }

  /** Makes every commit so far durable. */
  async flush(): Promise<void> {
    await this.open().flush();
  }

  /**
   * Makes every commit durable and closes the database: later calls fail with `08003`. Closing twice is allowed. If other
   * tabs have it open, one of them takes over, and runs what they have under way here.
   */
  async close(): Promise<void> {
    const engine = this.engine;
    this.engine = undefined;
    await engine?.close();
  }
}
