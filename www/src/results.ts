//! What statements answered: rows as a table or a chart, a plan as a tree, an error, or that it is done.

import type { ColumnInfo, SqlValue } from 'amphi';
import { chartView } from './chart-view.js';
import { html } from './dom.js';
import { planOf, planTree } from './plan-tree.js';
import { resultsTable } from './results-table.js';
import { segmented } from './segmented.js';

/** What one statement answered. */
export type Outcome =
  | {
      readonly kind: 'rows';
      readonly sql: string;
      readonly columns: readonly ColumnInfo[];
      readonly rows: readonly SqlValue[][];
      readonly text: string;
    }
  | { readonly kind: 'done'; readonly sql: string; readonly text: string }
  | { readonly kind: 'error'; readonly sql: string; readonly message: string; readonly code: string };

/** The place where results are shown. */
export class Results {
  private readonly bar = html('div', { class: 'results-bar' });
  private readonly content = html('div', { class: 'results-content' });
  readonly element = html(
    'section',
    { class: 'results', 'aria-label': 'Result', 'aria-busy': 'false' },
    this.bar,
    this.content,
  );
  private view: 'table' | 'chart' = 'table';
  /** How many times there was something to show: who waits for it sees it in `data-runs`. */
  private runs = 0;

  /** Shows what is shown before anything was run. */
  showEmpty(content: HTMLElement): void {
    this.bar.replaceChildren();
    this.content.replaceChildren(content);
  }

  /** Shows a sentence. */
  showNote(text: string): void {
    this.showEmpty(html('p', { class: 'empty' }, text));
  }

  /** Shows how long it has been running. */
  showRunning(ms: number): void {
    this.bar.replaceChildren(html('p', { class: 'outcome' }, `Running… ${(ms / 1000).toFixed(1)} s`));
  }

  /** Shows what statements answered, the last one first; the others can be chosen. */
  show(outcomes: readonly Outcome[]): void {
    const last = outcomes.at(-1);
    if (!last) return;
    this.runs += 1;
    this.element.dataset['runs'] = String(this.runs);
    if (outcomes.length === 1) return this.showOne(last);
    const choice = html(
      'select',
      { 'aria-label': 'Statement', onchange: () => this.showOne(outcomes[Number(choice.value)]!, choice) },
      ...outcomes.map((outcome, i) => html('option', { value: i }, `${i + 1}. ${firstWords(outcome.sql)}`)),
    );
    // The rows of a script are mostly what it is run for.
    const rows = outcomes.findLastIndex(({ kind }) => kind === 'rows');
    const first = last.kind === 'error' || rows < 0 ? outcomes.length - 1 : rows;
    choice.value = String(first);
    this.showOne(outcomes[first]!, choice);
  }

  private showOne(outcome: Outcome, choice?: HTMLSelectElement): void {
    const text = outcome.kind === 'error' ? '' : outcome.text;
    const parts: (Node | string)[] = choice ? [choice] : [];
    parts.push(html('p', { class: 'outcome' }, text), html('span', { class: 'spring' }));
    this.bar.replaceChildren(...parts);
    switch (outcome.kind) {
      case 'error': {
        const [first, ...rest] = outcome.message.split('\n');
        return this.content.replaceChildren(
          html(
            'div',
            { class: 'error' },
            html('p', {}, html('strong', {}, first!), ' ', html('code', {}, outcome.code)),
            rest.length > 0 && html('pre', {}, rest.join('\n')),
          ),
        );
      }
      case 'done':
        return this.content.replaceChildren(html('p', { class: 'empty' }, 'The statement has no rows to show.'));
      case 'rows':
        this.showRows(outcome);
    }
  }

  private showRows({ columns, rows }: Outcome & { kind: 'rows' }): void {
    const plan = columns.length === 1 && rows.length === 1 ? planOf(rows[0]![0]) : undefined;
    if (plan) return this.content.replaceChildren(planTree(plan));
    const draw = (): void => {
      const empty = (): HTMLElement =>
        html('p', { class: 'empty' }, `No rows. The columns are ${columns.map(({ name }) => name).join(', ')}.`);
      this.content.replaceChildren(
        this.view === 'chart' ? chartView(columns, rows) : rows.length === 0 ? empty() : resultsTable(columns, rows),
      );
    };
    const views = segmented<'table' | 'chart'>(
      'Show rows as',
      [
        { value: 'table', label: 'Table' },
        { value: 'chart', label: 'Chart' },
      ],
      this.view,
      (view) => {
        this.view = view;
        draw();
      },
    );
    this.bar.append(views.element);
    draw();
  }
}

function firstWords(sql: string): string {
  const line = sql.replaceAll(/\s+/g, ' ');
  return line.length <= 48 ? line : `${line.slice(0, 47)}…`;
}
