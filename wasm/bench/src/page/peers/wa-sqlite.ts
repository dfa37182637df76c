//! wa-sqlite: SQLite over IndexedDB.

import { load, opened, type Peer } from './peer.js';

interface Api {
  vfs_register(vfs: object, isDefault: boolean): number;
  open_v2(name: string): Promise<number>;
  exec(db: number, sql: string, row?: (values: unknown[]) => void): Promise<number>;
  close(db: number): Promise<number>;
}

/** wa-sqlite with its file system of whole batches in IndexedDB, every commit durable (its default). */
export class WaSqlite implements Peer {
  private api: Api | undefined;
  private db = 0;

  private get sqlite(): Api {
    return opened(this.api);
  }

  async open(stored: string | undefined): Promise<void> {
    const build = stored === undefined ? 'wa-sqlite' : 'wa-sqlite-async';
    const { default: init } = await load<{ default: () => Promise<object> }>(`/peers/wa-sqlite/dist/${build}.mjs`);
    const { Factory } = await load<{ Factory: (module: object) => Api }>('/peers/wa-sqlite/src/sqlite-api.js');
    this.api = Factory(await init());
    if (stored !== undefined) {
      const { IDBBatchAtomicVFS } = await load<{ IDBBatchAtomicVFS: new (name: string) => object }>(
        '/peers/wa-sqlite/src/examples/IDBBatchAtomicVFS.js',
      );
      this.api.vfs_register(new IDBBatchAtomicVFS(stored), true);
    }
    this.db = await this.api.open_v2(stored ?? ':memory:');
  }

  exec(sql: string): Promise<unknown> {
    return this.sqlite.exec(this.db, sql);
  }

  async value(sql: string): Promise<unknown> {
    let value: unknown;
    await this.sqlite.exec(this.db, sql, (row) => (value = row[0]));
    return value;
  }

  async settle(): Promise<unknown> {
    return undefined;
  }

  close(): Promise<unknown> {
    return this.sqlite.close(this.db);
  }
}
