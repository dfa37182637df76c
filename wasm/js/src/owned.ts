//! An engine over a store whose lock this thread holds.

import { LocalEngine, openModule } from './local.js';
import type { EngineOptions } from './options.js';
import { IndexedDbStore } from './store/indexed-db.js';
import type { Release } from './store/lock.js';
import type { Engine } from './wasm/amphi.js';

/** See the module. */
export class OwnedEngine extends LocalEngine {
  // A page that goes away writes what waits to be written: the browser finishes transactions that were begun.
  private readonly onPageHide = (): void => void this.flush().catch(() => undefined);

  private constructor(
    wasm: Engine,
    private readonly store: IndexedDbStore,
    private readonly release: Release,
  ) {
    super(wasm);
    globalThis.addEventListener?.('pagehide', this.onPageHide);
  }

  /** Opens a database over its store. The lock is given up when it is closed, or if it cannot be opened. */
  static async own(name: string, options: EngineOptions, release: Release): Promise<OwnedEngine> {
    let store: IndexedDbStore | undefined;
    try {
      store = await IndexedDbStore.open(name);
      return new OwnedEngine(await openModule(store, options), store, release);
    } catch (e) {
      store?.close();
      release();
      throw e;
    }
  }

  override async close(): Promise<void> {
    try {
      await super.close();
    } finally {
      globalThis.removeEventListener?.('pagehide', this.onPageHide);
      this.store.close();
      this.release();
    }
  }
}
