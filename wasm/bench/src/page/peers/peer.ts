//! What a measurement needs of a database.

/** A database that is measured. It runs in a worker of its own, as it would in a page that must not stand still. */
export interface Peer {
  /** Loads the library and opens a database: a stored one under that name, or one in memory. */
  open(stored: string | undefined): Promise<void>;
  /** Runs a text of statements to its end. */
  exec(sql: string): Promise<unknown>;
  /** The first value of a query's first row. */
  value(sql: string): Promise<unknown>;
  /** Returns when all so far is durable. */
  settle(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Loads a module by its address: workers know no import maps. */
export function load<T>(address: string): Promise<T> {
  return import(address) as Promise<T>;
}

/** What there is once a database has been opened. */
export function opened<T>(connection: T | undefined): T {
  if (connection === undefined) throw new Error('not open');
  return connection;
}
