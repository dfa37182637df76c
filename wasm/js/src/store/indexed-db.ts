//! The store in IndexedDB: one database of the browser with one object store of binary keys and values.
//!
//! A commit is one read-write transaction, all of whose requests are made at once, so a batch is applied whole or not at
//! all. The browser runs such transactions in the order in which they were made. The version of the browser's database is
//! always 1: what changes over time is the format of the entries, which the engine looks after.

import { AmphiError } from '../error.js';
import { BatchReader, StoreError, type StoreBinding } from './binding.js';

/** Name of the object store. */
const ENTRIES = 'entries';

/** The browser's name of a database. */
export function browserName(name: string): string {
  return `amphi:${name}`;
}

function failed(name: string, error: unknown): AmphiError {
  const cause = error instanceof Error || error instanceof DOMException ? error : undefined;
  const because = cause ? `${cause.name}: ${cause.message}` : String(error);
  if (cause?.name === 'VersionError') {
    return new AmphiError(`idb://${name} is not an Amphi store: it is of a later version`, { code: 'AM004', cause });
  }
  if (cause?.name === 'QuotaExceededError') {
    return new AmphiError(`the store is full: ${because}; free room and try again`, { code: '53100', cause });
  }
  return new AmphiError(`IndexedDB cannot be used for idb://${name}: ${because}`, { code: '58030', cause });
}

function storeError(error: unknown): StoreError {
  if (!(error instanceof Error || error instanceof DOMException)) return new StoreError('IndexedDB gave up');
  return new StoreError(`${error.name}: ${error.message}`, error.name === 'QuotaExceededError');
}

/** How long the browser may take to open a database, in milliseconds; it says nothing when it waits for another page. */
const PATIENCE = 10_000;
/** How long a page may take to give up a database that is to be deleted, in milliseconds. */
const CLOSING = 1000;

/** Opens the browser's database, which is made if it does not exist. */
function connect(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(browserName(name), 1);
    const timer = setTimeout(() => {
      // What comes all the same would keep others out.
      request.onsuccess = () => request.result.close();
      reject(new AmphiError(`idb://${name} is being deleted or changed by another page; close that one first`, { code: 'AM003' }));
    }, PATIENCE);
    request.onupgradeneeded = () => request.result.createObjectStore(ENTRIES);
    request.onerror = () => {
      clearTimeout(timer);
      reject(failed(name, request.error));
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      const db = request.result;
      if (db.objectStoreNames.contains(ENTRIES)) return resolve(db);
      db.close();
      reject(new AmphiError(`idb://${name} is not an Amphi store: it has no entries`, { code: 'AM004' }));
    };
  });
}

/** A store in IndexedDB. */
export class IndexedDbStore implements StoreBinding {
  private gone: string | undefined;

  private constructor(private readonly db: IDBDatabase) {
    db.onversionchange = () => {
      // Whoever wants to delete it would wait for ever.
      this.close();
      this.gone = 'another page deleted the database';
    };
    db.onclose = () => {
      this.gone = 'the browser removed the database';
    };
  }

  /**
   * Opens a store. Nobody else may have it open: see `lock.ts`.
   *
   * Fails with `AM004` if it is of another version, with `AM003` if another page keeps the browser from opening it, with `58030` if the browser offers no IndexedDB here.
   */
  static async open(name: string): Promise<IndexedDbStore> {
    try {
      return new IndexedDbStore(await connect(name));
    } catch (e) {
      throw e instanceof AmphiError ? e : failed(name, e);
    }
  }

  /** Removes a store with all that is in it; none is fine. Fails with `AM003` if another page keeps it open for longer than a second. */
  static delete(name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(browserName(name));
      let timer: ReturnType<typeof setTimeout> | undefined;
      request.onsuccess = () => {
        clearTimeout(timer);
        resolve();
      };
      request.onerror = () => {
        clearTimeout(timer);
        reject(failed(name, request.error));
      };
      // A connection that is just closing, with its last transaction, blocks it too. It cannot be taken back.
      request.onblocked = () => {
        const refuse = (): void =>
          reject(new AmphiError(`idb://${name} is open in another page; it is deleted when that page closes it`, { code: 'AM003' }));
        timer = setTimeout(refuse, CLOSING);
      };
    });
  }

  /** A transaction of the browser, and the promise of its end. */
  private begin(mode: IDBTransactionMode, durability: IDBTransactionDurability): [IDBTransaction, Promise<void>] {
    if (this.gone !== undefined) throw new StoreError(this.gone);
    const tx = this.db.transaction(ENTRIES, mode, { durability });
    const done = new Promise<void>((resolve, reject) => {
      tx.oncomplete = () => resolve();
      tx.onabort = () => reject(storeError(tx.error ?? this.gone));
    });
    return [tx, done];
  }

  /** Makes the requests of one read; all have their results then. */
  private async read<T extends readonly IDBRequest[]>(make: (entries: IDBObjectStore) => T): Promise<T> {
    const [tx, done] = this.begin('readonly', 'default');
    const requests = make(tx.objectStore(ENTRIES));
    const answered = Promise.all(
      requests.map((request) => new Promise<void>((resolve) => request.addEventListener('success', () => resolve()))),
    );
    // Chromium says that a transaction is complete before it has unwrapped its biggest values, so all are waited for.
    // After an error there is no success, but the transaction aborts.
    await Promise.race([answered, done.then(() => answered)]);
    return requests;
  }

  async getMany(keys: Uint8Array): Promise<(Uint8Array | undefined)[]> {
    const reader = new BatchReader(keys);
    const asked = Array.from({ length: reader.count() }, () => reader.key());
    const requests = await this.read((entries) => asked.map((key) => entries.get(key)));
    return requests.map((request) => request.result as Uint8Array | undefined);
  }

  async scan(from: Uint8Array, to: Uint8Array, limit: number): Promise<Uint8Array[]> {
    const range = IDBKeyRange.bound(from.slice(), to.slice(), false, true);
    const [keys, values] = await this.read(
      (entries) => [entries.getAllKeys(range, limit), entries.getAll(range, limit)] as const,
    );
    return keys.result.flatMap((key, i) => [new Uint8Array(key as ArrayBuffer), values.result[i] as Uint8Array]);
  }

  async commit(batch: Uint8Array, durable: boolean): Promise<void> {
    const [tx, done] = this.begin('readwrite', durable ? 'strict' : 'relaxed');
    const entries = tx.objectStore(ENTRIES);
    const reader = new BatchReader(batch);
    for (let ranges = reader.count(); ranges > 0; ranges--) {
      const [from, to] = [reader.key(), reader.key()];
      // A range the wrong way round, which the browser refuses, deletes nothing.
      if (indexedDB.cmp(from, to) < 0) entries.delete(IDBKeyRange.bound(from, to, false, true));
    }
    for (let changes = reader.count(); changes > 0; changes--) {
      const key = reader.key();
      const value = reader.value();
      if (value === undefined) entries.delete(key);
      else entries.put(value, key);
    }
    tx.commit();
    await done;
  }

  failure(): string | undefined {
    return this.gone;
  }

  close(): void {
    this.gone ??= 'it was closed';
    this.db.close();
  }
}
