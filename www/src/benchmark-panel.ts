//! The benchmark: what a placement costs and saves, as figures, ratios and bars.

import { AmphiError } from 'amphi';
import { ALL, PLACEMENTS, measure, type Measurement } from './benchmark.js';
import { announce, html } from './dom.js';
import { count, duration } from './format.js';
import { icon } from './icon.js';
import { sheet, silentHead } from './sheet.js';

const SIZES = [1_000, 10_000, 50_000];

/** The button, and what was measured. */
export class BenchmarkPanel {
  readonly element: HTMLElement;
  private readonly content = html('div');
  private readonly status = html('p', { class: 'muted small', role: 'status' });
  private readonly start: HTMLButtonElement;
  private readonly size: HTMLSelectElement;
  private running: AbortController | undefined;

  constructor() {
    this.start = html('button', { type: 'button', class: 'primary', onclick: () => void this.toggle() });
    this.size = html('select', {}, ...SIZES.map((n) => html('option', { value: n, selected: n === 10_000 }, count(n))));
    this.element = html(
      'section',
      { class: 'benchmark' },
      html(
        'div',
        { class: 'panel-head' },
        html('h2', {}, 'What a placement costs'),
        html('div', { class: 'toolbar' }, html('label', { class: 'field' }, 'Rows', this.size), this.start),
      ),
      html(
        'p',
        { class: 'lead' },
        'The same work on a table in memory, a dual one and a persistent one, in this browser and on this machine. Times are those of one row, commit or query; reads are medians.',
      ),
      this.content,
      this.status,
    );
    this.showState('Nothing was measured yet.');
    this.show([]);
  }

  private showState(text: string): void {
    this.start.replaceChildren(icon(this.running ? 'stop' : 'play'), this.running ? 'Stop' : 'Measure');
    this.size.disabled = this.running !== undefined;
    this.status.textContent = text;
  }

  private async toggle(): Promise<void> {
    if (this.running) return this.running.abort();
    this.running = new AbortController();
    const { signal } = this.running;
    const rows = Number(this.size.value);
    const done: Measurement[] = [];
    this.show(done);
    this.showState('Measuring…');
    let text = `Measured on ${count(rows)} rows.`;
    try {
      for await (const measurement of measure(rows, signal)) {
        done.push(measurement);
        this.show(done);
        this.showState(`Measuring: ${measurement.operation.name}, ${measurement.placement}`);
      }
      if (signal.aborted) text = 'Stopped.';
    } catch (e) {
      if (!(e instanceof AmphiError)) throw e;
      text = e.code === 'AM003' ? 'Another tab measures at the moment.' : e.message;
    } finally {
      this.running = undefined;
      this.showState(text);
    }
    announce(text);
  }

  private show(done: readonly Measurement[]): void {
    const rows = ALL.map((operation) => {
      const of = done.filter((m) => m.operation.name === operation.name);
      const most = Math.max(...of.map(({ each }) => each ?? 0));
      const memory = of.find(({ placement }) => placement === 'memory')?.each;
      const cells = PLACEMENTS.map((placement) => {
        const found = of.find((m) => m.placement === placement);
        if (!found) return html('td', { class: 'measured' });
        if (found.each === undefined)
          return html('td', { class: 'measured' }, html('span', { class: 'muted' }, 'gone'));
        const ratio =
          memory !== undefined && placement !== 'memory'
            ? ` ${(found.each / memory).toFixed(found.each / memory < 10 ? 1 : 0)}×`
            : '';
        return html(
          'td',
          { class: 'measured' },
          html('span', {}, duration(found.each), html('span', { class: 'muted' }, ratio)),
          html(
            'div',
            { class: `bar ${placement}` },
            html('div', { style: `width: ${((found.each / most) * 100).toFixed(1)}%` }),
          ),
        );
      });
      return html(
        'tr',
        {},
        html('th', { scope: 'row' }, operation.name, html('span', { class: 'note' }, operation.note)),
        ...cells,
      );
    });
    const heads = PLACEMENTS.map((placement) => html('span', { class: `badge ${placement}` }, placement));
    this.content.replaceChildren(sheet('Measurements', [silentHead('Work'), ...heads], rows));
  }
}
