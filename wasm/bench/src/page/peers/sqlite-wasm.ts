//! SQLite as its authors build it for the web: in memory, or in the pool of files that OPFS gives a worker.

import { load, opened, type Peer } from './peer.js';

interface Connection {
  exec(sql: string): unknown;
  selectValue(sql: string): unknown;
  close(): void;
}

interface Library {
  oo1: { DB: new (name: string) => Connection };
  installOpfsSAHPoolVfs(options: object): Promise<{ OpfsSAHPoolDb: new (name: string) => Connection }>;
}

/** SQLite's own build. */
export class SqliteWasm implements Peer {
  private connection: Connection | undefined;

  private get db(): Connection {
    return opened(this.connection);
  }

  async open(stored: string | undefined): Promise<void> {
    const { default: init } = await load<{ default: (options: object) => Promise<Library> }>(
      '/peers/@sqlite.org/sqlite-wasm/dist/index.mjs',
    );
    const library = await init({ print: () => undefined, printErr: () => undefined });
    if (stored === undefined) {
      this.connection = new library.oo1.DB(':memory:');
      return;
    }
    const { OpfsSAHPoolDb } = await library.installOpfsSAHPoolVfs({ name: 'bench', directory: '/bench' });
    this.connection = new OpfsSAHPoolDb(`/${stored}`);
  }

  async exec(sql: string): Promise<unknown> {
    return this.db.exec(sql);
  }

  async value(sql: string): Promise<unknown> {
    return this.db.selectValue(sql);
  }

  /** Its commits are durable when they return. */
  async settle(): Promise<unknown> {
    return undefined;
  }

  async close(): Promise<unknown> {
    return this.db.close();
  }
}
