//! Amphi: tables in memory, or all of them persistent, with relaxed or with durable commits.

import { load, opened, type Peer } from './peer.js';

interface Database {
  exec(sql: string): Promise<unknown>;
  query(sql: string, params: undefined, options: { rows: 'array' }): Promise<unknown[][]>;
  querySync(sql: string): unknown;
  prepare(sql: string): Prepared | Promise<Prepared>;
  enablePersistence(table: string, options: { syncOnWrite: boolean }): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A prepared statement, of which point queries are measured. */
export interface Prepared {
  querySync(params: unknown[]): unknown[];
  close(): void;
}

interface Package {
  Amphi: {
    open(address: string, options: { defaultPersistent: boolean }): Promise<Database>;
    memory(): Promise<Database>;
  };
}

/** Tables that the measurements make. */
const TABLES = ['t1', 't2', 't3', 'item'];

/** Amphi; `durable`: every commit is in the store when it returns. */
export class AmphiPeer implements Peer {
  private database: Database | undefined;

  constructor(private readonly durable: boolean) {}

  get db(): Database {
    return opened(this.database);
  }

  async open(stored: string | undefined): Promise<void> {
    const { Amphi } = await load<Package>('/amphi/index.js');
    if (stored === undefined) {
      this.database = await Amphi.memory();
      return;
    }
    this.database = await Amphi.open(`idb://${stored}`, { defaultPersistent: true });
    if (!this.durable) return;
    for (const table of TABLES) await this.database.enablePersistence(table, { syncOnWrite: true });
  }

  exec(sql: string): Promise<unknown> {
    return this.db.exec(sql);
  }

  async value(sql: string): Promise<unknown> {
    const rows = await this.db.query(sql, undefined, { rows: 'array' });
    return rows[0]?.[0];
  }

  settle(): Promise<unknown> {
    return this.db.flush();
  }

  close(): Promise<unknown> {
    return this.db.close();
  }
}
