//! sql.js: SQLite in memory.

import { opened, type Peer } from './peer.js';

interface Connection {
  run(sql: string): unknown;
  exec(sql: string): { values: unknown[][] }[];
  close(): void;
}

type Init = (options: object) => Promise<{ Database: new () => Connection }>;

/** sql.js, which stores nothing. */
export class SqlJs implements Peer {
  private connection: Connection | undefined;

  private get db(): Connection {
    return opened(this.connection);
  }

  async open(stored: string | undefined): Promise<void> {
    if (stored !== undefined) throw new Error('sql.js stores nothing');
    const folder = '/peers/sql.js/dist/';
    // It is no module: it leaves its function in a variable of the script.
    const text = await (await fetch(`${folder}sql-wasm-browser.js`)).text();
    const init = new Function(`${text}; return initSqlJs;`)() as Init;
    const library = await init({ locateFile: (file: string) => folder + file });
    this.connection = new library.Database();
  }

  async exec(sql: string): Promise<unknown> {
    return this.db.run(sql);
  }

  async value(sql: string): Promise<unknown> {
    return this.db.exec(sql)[0]?.values[0]?.[0];
  }

  async settle(): Promise<unknown> {
    return undefined;
  }

  async close(): Promise<unknown> {
    return this.db.close();
  }
}
