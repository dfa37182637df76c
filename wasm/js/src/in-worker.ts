//! An engine in a Worker of its own, which `worker.ts` is the script of.

import { AmphiError } from './error.js';
import { sourceForWorkers } from './module.js';
import type { EngineOptions, PlaceOptions } from './options.js';
import { RemoteEngine } from './remote/client.js';
import { portLink } from './remote/link.js';
import { errorOf, type Failure, type Response } from './remote/protocol.js';
import type { CloneableSource } from './module.js';

/** The first message to the Worker. */
export interface Start {
  readonly address: string;
  readonly options: EngineOptions;
  readonly tabs: Required<PlaceOptions>['tabs'];
  /** Where the wasm module is. */
  readonly source: CloneableSource;
}

/** Its answer. */
export type Started = { readonly kind: 'started' } | { readonly kind: 'failed'; readonly failure: Failure };

/** See the module. */
export class WorkerEngine extends RemoteEngine {
  // What the page has written should not be lost with it.
  private readonly onPageHide = (): void => void this.flush().catch(() => undefined);

  private constructor(private readonly worker: Worker) {
    const link = portLink(worker);
    super(link);
    link.receive((message) => this.take(message as Response));
    globalThis.addEventListener?.('pagehide', this.onPageHide);
  }

  /** Starts a Worker and opens a database there. */
  static async start(address: string, options: EngineOptions, tabs: Start['tabs']): Promise<WorkerEngine> {
    if (typeof Worker !== 'function') {
      throw new AmphiError('worker: true needs Web Workers, which this platform does not have', { code: '0A000' });
    }
    const source = await sourceForWorkers();
    // Written like this, with nothing computed in it, bundlers find the script.
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'amphi' });
    try {
      const started = await new Promise<Started>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data as Started);
        worker.onerror = (event) =>
          reject(new AmphiError(`the Worker cannot be started: ${event.message ?? 'its script does not load'}`, { code: '58030' }));
        worker.postMessage({ address, options, tabs, source } satisfies Start);
      });
      if (started.kind === 'failed') throw errorOf(started.failure);
      worker.onerror = null;
      return new WorkerEngine(worker);
    } catch (e) {
      worker.terminate();
      throw e;
    }
  }

  override async close(): Promise<void> {
    try {
      await super.close();
    } finally {
      globalThis.removeEventListener?.('pagehide', this.onPageHide);
      this.worker.terminate();
      const closed = new AmphiError('the database is closed', { code: '08003' });
      this.end(closed, closed);
    }
  }
}
