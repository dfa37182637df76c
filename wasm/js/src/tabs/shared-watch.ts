//! A watched query of whoever owns the database: watched anew at each owner.

import type { RawEngine, RawWatch } from '../engine.js';
import { Disconnected } from './disconnected.js';
import type { SharedEngine } from './shared.js';

/** See the module. */
export class SharedWatch implements RawWatch {
  private watched: { readonly engine: RawEngine; readonly watch: Promise<RawWatch> } | undefined;
  /** The watch, if it is of the engine of this thread. */
  private here: RawWatch | undefined;
  private isClosed = false;

  constructor(
    private readonly shared: SharedEngine,
    private readonly sql: string,
    private readonly params: Uint8Array,
  ) {}

  /** The watch of an engine. */
  async at(engine: RawEngine): Promise<RawWatch> {
    // The query may be impossible at the moment: then the watch it had still waits for definitions.
    if (this.watched?.engine !== engine) this.watched = { engine, watch: engine.watch(this.sql, this.params) };
    const { watched } = this;
    try {
      const watch = await watched.watch;
      if (this.isClosed) watch.close();
      if (engine === this.shared.local()) this.here = watch;
      return watch;
    } catch (e) {
      if (this.watched === watched) this.watched = undefined;
      throw e;
    }
  }

  run(signal: AbortSignal): Uint8Array | Promise<Uint8Array> {
    if (this.here) return this.here.run(signal);
    return this.shared.run(true, async (engine) => (await this.at(engine)).run(signal), signal);
  }

  changed(): boolean | Promise<boolean> {
    return this.here ? this.here.changed() : this.changedElsewhere();
  }

  private async changedElsewhere(): Promise<boolean> {
    try {
      return (await (await this.watched?.watch)?.changed()) ?? false;
    } catch (e) {
      // Whatever the last owner has committed, the next one says.
      if (e instanceof Disconnected) return true;
      throw e;
    }
  }

  close(): void {
    this.isClosed = true;
    this.watched?.watch.then((watch) => watch.close()).catch(() => undefined);
  }
}
