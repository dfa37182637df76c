//! The engine's figures, plotted over time.

import type { Stats } from 'amphi';
import { Counters } from './counters.js';
import type { Database } from './database.js';
import { html } from './dom.js';
import { bytes, compact, count, duration } from './format.js';
import { icon } from './icon.js';
import { plot, type Plot, type Series } from './plot.js';
import { Traffic } from './traffic.js';

/** A figure as it is now. */
interface Figure {
  readonly name: string;
  readonly note: string;
  readonly text: (stats: Stats) => string;
}

const of =
  (name: string, text: (n: number) => string = count) =>
  (stats: Stats): string =>
    text(stats[name] ?? 0);

const FIGURES: readonly Figure[] = [
  { name: 'Blocks read from memory', note: 'memory and dual tables, and hits of the cache', text: of('memory_reads') },
  { name: 'Blocks read from IndexedDB', note: 'persistent tables, not in the cache', text: of('store_reads') },
  { name: 'Rows written to memory', note: 'memory and dual tables', text: of('memory_writes') },
  { name: 'Rows written to IndexedDB', note: 'persistent and dual tables', text: of('store_writes') },
  { name: 'Commits', note: 'transactions that changed something', text: of('commits') },
  { name: 'Batches to IndexedDB', note: 'relaxed commits go together', text: of('store_commits') },
  { name: 'Cache', note: 'blocks of persistent tables', text: of('cache_bytes', bytes) },
  { name: 'Written', note: 'keys and values to IndexedDB', text: of('store_bytes_written', bytes) },
];

/** The least time that a plot shows, in milliseconds. */
const SHORTEST = 20_000;

/** Figures, plots, and a button for something to plot. */
export class CountersPanel {
  readonly element: HTMLElement;
  private readonly counters: Counters;
  private readonly traffic: Traffic;
  private readonly values: HTMLElement[];
  private readonly plots: { readonly plot: Plot; readonly draw: (plot: Plot, range: [number, number]) => void }[] = [];
  private readonly note = html('p', { class: 'muted small', role: 'status' });
  private readonly start: HTMLButtonElement;

  constructor(database: Database) {
    this.counters = new Counters(database);
    this.counters.addEventListener('sample', () => this.draw());
    this.traffic = new Traffic(database, (reason) => this.showTraffic(reason));
    this.start = html('button', { type: 'button', onclick: () => this.toggleTraffic() });
    this.values = FIGURES.map(() => html('dd', {}, '0'));
    const figures = FIGURES.map(({ name, note }, i) =>
      html('div', { class: 'figure', title: note }, html('dt', {}, name), this.values[i]!),
    );
    this.element = html(
      'section',
      { class: 'counters' },
      html(
        'div',
        { class: 'panel-head' },
        html('h2', {}, 'Live counters'),
        html('div', { class: 'toolbar' }, this.note, this.start),
      ),
      html('dl', { class: 'figures' }, ...figures),
      html(
        'div',
        { class: 'plots' },
        this.plotOf('Blocks read per second', compact, 5, () => [
          { name: 'from memory', color: 'var(--series-2)', points: this.counters.rate('memory_reads') },
          { name: 'from IndexedDB', color: 'var(--series-3)', points: this.counters.rate('store_reads') },
        ]),
        this.plotOf('Rows written per second', compact, 5, () => [
          { name: 'to memory', color: 'var(--series-2)', points: this.counters.rate('memory_writes') },
          { name: 'to IndexedDB', color: 'var(--series-3)', points: this.counters.rate('store_writes') },
        ]),
        this.plotOf(
          'Blocks found in the cache',
          (n) => `${Math.round(n)} %`,
          100,
          () => [{ name: 'hits', color: 'var(--series-1)', points: this.counters.hitRate() }],
        ),
        this.plotOf('Time of a commit, as the page waits for it', duration, 1, () => [
          {
            name: 'commits',
            color: 'var(--series-4)',
            points: database.commits.map(({ at, took }) => [at, took] as const),
          },
        ]),
      ),
    );
    this.showTraffic('');
  }

  /** Called when the panel is seen. */
  shown(): void {
    this.counters.start();
  }

  /** Called when it is not seen any more. */
  hidden(): void {
    this.counters.stop();
  }

  private plotOf(title: string, yText: (y: number) => string, least: number, series: () => Series[]): HTMLElement {
    const made = plot();
    this.plots.push({
      plot: made,
      draw: (plot, range) => {
        const within = series().map((s) => ({ ...s, points: s.points.filter(([at]) => at >= range[0]) }));
        plot.draw(within, { label: title, kind: 'line', range, yText, least, xText: (at) => ago(range[1] - at) });
      },
    });
    return html('div', { class: 'plot-card' }, html('h3', {}, title), made.element);
  }

  private draw(): void {
    const last = this.counters.samples.at(-1);
    if (!last) return;
    FIGURES.forEach(({ text }, i) => (this.values[i]!.textContent = text(last.stats)));
    const from = Math.min(this.counters.samples[0]!.at, last.at - SHORTEST);
    for (const { plot, draw } of this.plots) draw(plot, [from, last.at]);
  }

  private toggleTraffic(): void {
    if (this.traffic.isRunning) this.traffic.stop();
    else this.traffic.start();
    this.showTraffic('');
  }

  private showTraffic(reason: string): void {
    const { isRunning } = this.traffic;
    this.start.replaceChildren(icon(isRunning ? 'stop' : 'play'), isRunning ? 'Close the shop' : 'Open the shop');
    this.start.classList.toggle('primary', !isRunning);
    this.note.textContent =
      reason || (isRunning ? 'Twenty visitors a second look at products; every fifth buys one.' : '');
  }
}

/** How long ago something was. */
function ago(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds <= 0) return 'now';
  return seconds < 60 ? `${seconds} s ago` : `${(seconds / 60).toFixed(seconds % 60 === 0 ? 0 : 1)} min ago`;
}
