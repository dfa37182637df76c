//! The part of the page that runs SQL: the editor, its buttons, and what came of it.

import { AmphiError, type Session } from 'amphi';
import type { Database } from './database.js';
import { openDialog } from './dialog.js';
import { announce, html } from './dom.js';
import { Editor } from './editor.js';
import { EXAMPLES } from './examples.js';
import { counted, duration } from './format.js';
import { forget, remember, runs } from './history.js';
import { icon } from './icon.js';
import { planOf } from './plan-tree.js';
import { Results, type Outcome } from './results.js';
import { placeOf, statementAt, statements, type Piece } from './statements.js';

const TEXT = 'amphi-demo-text';

/** The code of an error that ended the session. */
const SESSION_LOST = '08006';

/** What EXPLAIN takes. */
const EXPLAINED = /^\s*(?:\(|SELECT|WITH|VALUES|INSERT|REPLACE|UPDATE|DELETE|MERGE|TABLE)/i;

/** Editor, buttons and results. */
export class QueryPanel {
  readonly element: HTMLElement;
  private readonly editor: Editor;
  private readonly results = new Results();
  /** One for all statements, so that a transaction may be begun in one run and committed in another. */
  private session: Session;
  private running: AbortController | undefined;
  private readonly stop: HTMLButtonElement;
  private readonly buttons: HTMLButtonElement[];

  constructor(
    private readonly database: Database,
    empty: HTMLElement,
  ) {
    this.session = database.amphi.session();
    const shell = html('div', { class: 'editor' });
    this.editor = new Editor(shell, localStorage.getItem(TEXT) ?? EXAMPLES[0]!.sql, {
      run: () => void this.run(this.chosen()),
      runStatement: () => void this.run(this.atCursor()),
      changed: (text) => localStorage.setItem(TEXT, text),
    });
    const button = (
      label: string,
      picture: Parameters<typeof icon>[0],
      title: string,
      kind: string,
      run: () => void,
    ): HTMLButtonElement => html('button', { type: 'button', class: kind, title, onclick: run }, icon(picture), label);
    this.buttons = [
      button(
        'Run',
        'play',
        'Run the selection, or everything (Ctrl-Enter); one statement: Ctrl-Shift-Enter',
        'primary',
        () => void this.run(this.chosen()),
      ),
      button('Explain', 'tree', 'Show the plan of the statement at the cursor', '', () => void this.explain(false)),
      button(
        'Analyze',
        'clock',
        'Run the statement at the cursor and show what its plan did',
        '',
        () => void this.explain(true),
      ),
    ];
    this.stop = button('Stop', 'stop', 'Stop the statement', '', () => this.running?.abort());
    this.stop.disabled = true;
    const examples = html(
      'select',
      {
        'aria-label': 'Examples',
        onchange: () => {
          const example = EXAMPLES[Number(examples.value)];
          examples.value = '';
          if (example) this.show(example.sql);
        },
      },
      html('option', { value: '' }, 'Examples…'),
      ...EXAMPLES.map(({ title }, i) => html('option', { value: i }, title)),
    );
    const past = button('History', 'clock', 'What was run before', 'quiet', () => this.openHistory());
    const bar = html(
      'div',
      { class: 'toolbar' },
      ...this.buttons,
      this.stop,
      html('span', { class: 'spring' }),
      examples,
      past,
    );
    this.results.showEmpty(empty);
    this.element = html(
      'section',
      { class: 'query' },
      html('h2', { class: 'visually-hidden' }, 'Query'),
      shell,
      bar,
      this.results.element,
    );
    database.addEventListener('change', () => void this.refreshCompletion());
    void this.refreshCompletion();
  }

  /** Puts a text into the editor. */
  show(sql: string): void {
    this.editor.unmark();
    this.editor.text = sql;
    this.editor.focus();
  }

  /** Puts a text into the editor and runs it. */
  async showAndRun(sql: string): Promise<void> {
    this.show(sql);
    await this.run(statements(sql));
  }

  /** The selection, or everything. */
  private chosen(): Piece[] {
    const { from, to } = this.editor.selection;
    const { text } = this.editor;
    if (from === to) return statements(text);
    return statements(text.slice(from, to)).map((piece) => ({
      ...piece,
      from: piece.from + from,
      to: piece.to + from,
    }));
  }

  private atCursor(): Piece[] {
    const piece = statementAt(this.editor.text, this.editor.selection.to);
    return piece ? [piece] : [];
  }

  private async refreshCompletion(): Promise<void> {
    this.editor.complete(await this.database.columns());
  }

  private async explain(analyze: boolean): Promise<void> {
    const [piece] = this.atCursor();
    if (!piece) return;
    const prefix = `EXPLAIN ${analyze ? 'ANALYZE ' : ''}FORMAT = JSON `;
    if (!EXPLAINED.test(piece.sql)) return this.run([piece]);
    // The place of an error counts from behind what was put in front.
    await this.run([{ ...piece, sql: prefix + piece.sql, from: piece.from - prefix.length }]);
  }

  private async run(pieces: readonly Piece[]): Promise<void> {
    if (this.running) return;
    this.editor.unmark();
    if (pieces.length === 0) return this.results.showNote('There is nothing to run: write a statement first.');
    this.running = new AbortController();
    this.busy(true);
    const outcomes: Outcome[] = [];
    const start = performance.now();
    const clock = setInterval(() => this.results.showRunning(performance.now() - start), 200);
    try {
      for (const piece of pieces) {
        const outcome = await this.runOne(piece, this.running.signal);
        outcomes.push(outcome);
        if (outcome.kind === 'error') break;
      }
      this.results.show(outcomes);
    } finally {
      clearInterval(clock);
      this.running = undefined;
      this.busy(false);
    }
    const last = outcomes.at(-1)!;
    const text = last.kind === 'error' ? `Error: ${last.message}` : last.text;
    announce(text);
    remember({
      sql: pieces.map(({ sql }) => sql).join(';\n'),
      at: Date.now(),
      outcome: last.kind === 'error' ? last.message : last.text,
      failed: last.kind === 'error',
    });
    this.database.changed();
  }

  private async runOne(piece: Piece, signal: AbortSignal): Promise<Outcome> {
    const start = performance.now();
    try {
      const result = await this.database.committing(() =>
        this.session.run(piece.sql, undefined, { rows: 'array', signal }),
      );
      const took = performance.now() - start;
      const rows = counted(result.rowsAffected, 'row');
      if (result.columns.length > 0) {
        const isPlan = planOf(result.rows[0]?.[0]) !== undefined;
        const text = `${isPlan ? 'Plan' : rows} in ${duration(took)}`;
        return { kind: 'rows', sql: piece.sql, columns: result.columns, rows: result.rows, text };
      }
      const changed = result.rowsAffected > 0 ? `${rows} changed` : 'Done';
      return { kind: 'done', sql: piece.sql, text: `${changed} in ${duration(took)}` };
    } catch (e) {
      if (!(e instanceof AmphiError)) throw e;
      // It went away with the tab that had the engine.
      if (e.code === SESSION_LOST) this.session = this.database.amphi.session();
      if (!e.position) return { kind: 'error', sql: piece.sql, message: e.message, code: e.code };
      const { line, column } = e.position;
      const place = Math.max(0, piece.from + placeOf(piece.sql, line, column));
      // The engine counts from the start of the statement, who reads it from the start of the editor.
      const message = e.message.replace(`line ${line}, column ${column}`, this.editor.lineAndColumn(place));
      this.editor.mark(place, message);
      return { kind: 'error', sql: piece.sql, message, code: e.code };
    }
  }

  private busy(busy: boolean): void {
    for (const button of this.buttons) button.disabled = busy;
    this.stop.disabled = !busy;
    this.results.element.setAttribute('aria-busy', String(busy));
  }

  private openHistory(): void {
    const items = runs().map((run) =>
      html(
        'li',
        {},
        html(
          'button',
          {
            type: 'button',
            class: 'past',
            onclick: () => {
              dialog.close();
              this.show(run.sql);
            },
          },
          html('code', {}, run.sql),
          html(
            'span',
            { class: run.failed ? 'failed small' : 'muted small' },
            `${new Date(run.at).toLocaleString()} · ${run.outcome.split('\n')[0]!}`,
          ),
        ),
      ),
    );
    const clear = html('button', { type: 'button', onclick: () => (forget(), dialog.close()) }, 'Forget all');
    const dialog = openDialog(
      'History',
      items.length === 0
        ? [html('p', { class: 'empty' }, 'Nothing was run yet.')]
        : [html('ul', { class: 'history' }, ...items), html('div', { class: 'dialog-end' }, clear)],
      () => this.editor.focus(),
    );
  }
}
