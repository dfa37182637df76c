//! The engine's figures over time: read twice a second, kept for two minutes.

import type { Stats } from 'amphi';
import type { Database } from './database.js';

const EVERY = 500;
/** How long figures are kept, in milliseconds. */
const KEPT = 120_000;

/** The figures at one time. */
export interface Sample {
  /** In milliseconds, as `performance.now()` counts them. */
  readonly at: number;
  readonly stats: Stats;
}

/** Reads the figures while somebody looks at them. Fires `sample` after each reading. */
export class Counters extends EventTarget {
  readonly samples: Sample[] = [];
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly database: Database) {
    super();
  }

  start(): void {
    this.timer ??= setInterval(() => void this.read(), EVERY);
    void this.read();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async read(): Promise<void> {
    if (document.hidden) return;
    const stats = await this.database.amphi.stats();
    const at = performance.now();
    this.samples.push({ at, stats });
    while (this.samples[0] && this.samples[0].at < at - KEPT) this.samples.shift();
    this.dispatchEvent(new Event('sample'));
  }

  /** How much a figure grew per second, between each two readings. */
  rate(name: string): [at: number, perSecond: number][] {
    return this.pairs((before, now, seconds) => ((now[name] ?? 0) - (before[name] ?? 0)) / seconds);
  }

  /** Which share of blocks of persistent tables was in the cache, in percent; NaN while none was asked for. */
  hitRate(): [at: number, percent: number][] {
    return this.pairs((before, now) => {
      const hits = (now['cache_hits'] ?? 0) - (before['cache_hits'] ?? 0);
      const misses = (now['cache_misses'] ?? 0) - (before['cache_misses'] ?? 0);
      return (hits / (hits + misses)) * 100;
    });
  }

  private pairs(value: (before: Stats, now: Stats, seconds: number) => number): [number, number][] {
    return this.samples.slice(1).map(({ at, stats }, i) => {
      const before = this.samples[i]!;
      return [at, value(before.stats, stats, (at - before.at) / 1000)];
    });
  }
}
