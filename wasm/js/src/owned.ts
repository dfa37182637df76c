//! An engine over a store whose lock this thread holds, served to other tabs.

import { LocalEngine, openModule } from './local.js';
import { initialize, onDefect } from './module.js';
import type { EngineOptions } from './options.js';
import { IndexedDbStore } from './store/indexed-db.js';
import { webLocks, type Release } from './tabs/election.js';
import { Host } from './tabs/host.js';
import type { Engine } from './wasm/amphi.js';

/** See the module. */
export class OwnedEngine extends LocalEngine {
  private readonly host: Host | undefined;
  // A page that goes away writes what waits to be written: the browser finishes transactions that were begun.
  private readonly onPageHide = (): void => void this.flush().catch(() => undefined);
  private readonly forgetDefects = onDefect(() => void this.fail());

  private constructor(
    wasm: Engine,
    name: string,
    shared: boolean,
    private readonly store: IndexedDbStore,
    private readonly release: Release,
  ) {
    super(wasm);
    globalThis.addEventListener?.('pagehide', this.onPageHide);
    // Without locks nobody ever asks.
    if (webLocks()) this.host = new Host(name, shared ? this : undefined);
  }

  /** Opens a database over its store. The lock is given up when it is closed, or if it cannot be opened. */
  static async own(name: string, options: EngineOptions, shared: boolean, release: Release): Promise<OwnedEngine> {
    let store: IndexedDbStore | undefined;
    try {
      await initialize();
      store = await IndexedDbStore.open(name);
      return new OwnedEngine(await openModule(store, options), name, shared, store, release);
    } catch (e) {
      store?.close();
      await release();
      throw e;
    }
  }

  /** Writes all that is to be written, and only then lets another tab own the database. */
  override async close(): Promise<void> {
    try {
      await this.host?.finish();
      await super.close();
    } finally {
      this.host?.close();
      await this.leave();
    }
  }

  /** After a defect others may go on with the database, once all who wait here have been told. */
  private async fail(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.host?.end();
    await this.leave();
  }

  private async leave(): Promise<void> {
    this.forgetDefects();
    globalThis.removeEventListener?.('pagehide', this.onPageHide);
    this.store.close();
    await this.release();
  }
}
