//! PGlite: PostgreSQL, in memory or in IndexedDB.

import { load, opened, type Peer } from './peer.js';

interface Connection {
  waitReady: Promise<void>;
  exec(sql: string): Promise<unknown>;
  query(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
  close(): Promise<void>;
}

/** PGlite, every commit durable (its default). */
export class Pglite implements Peer {
  private connection: Connection | undefined;

  private get db(): Connection {
    return opened(this.connection);
  }

  async open(stored: string | undefined): Promise<void> {
    const { PGlite } = await load<{ PGlite: new (address?: string) => Connection }>(
      '/peers/@electric-sql/pglite/dist/index.js',
    );
    this.connection = stored === undefined ? new PGlite() : new PGlite(`idb://${stored}`);
    await this.connection.waitReady;
  }

  exec(sql: string): Promise<unknown> {
    return this.db.exec(sql);
  }

  async value(sql: string): Promise<unknown> {
    const { rows } = await this.db.query(sql);
    return Object.values(rows[0] ?? {})[0];
  }

  async settle(): Promise<unknown> {
    return undefined;
  }

  close(): Promise<unknown> {
    return this.db.close();
  }
}
