//! The dialog that makes a table of a CSV file.

import { AmphiError, type Placement } from 'amphi';
import { firstRows, loadCsv } from './csv-load.js';
import { TYPES, columnNames, guessType, tableName, type ColumnType } from './csv-types.js';
import type { Database } from './database.js';
import { openDialog } from './dialog.js';
import { announce, html } from './dom.js';
import { bytes, counted, duration } from './format.js';
import { segmented } from './segmented.js';
import { sheet } from './sheet.js';

/** Asks for a file, unless there is one, and then what to make of it; `done` is called with the table's name. */
export function importCsv(database: Database, given: File | undefined, done: (table: string) => void): void {
  const content = html('div', { class: 'import' });
  const stop = new AbortController();
  const dialog = openDialog('A table from a CSV file', [content], () => stop.abort());
  const choose = (file: File): void => void new Import(database, file, content, stop.signal, finished).show();
  const finished = (table: string): void => {
    dialog.close();
    done(table);
  };
  if (given) return choose(given);
  const input = html('input', {
    type: 'file',
    accept: '.csv,.tsv,.txt,text/csv',
    id: 'csv-file',
    onchange: () => {
      const [file] = input.files ?? [];
      if (file) choose(file);
    },
  });
  content.append(
    html(
      'label',
      { class: 'drop', for: 'csv-file' },
      html('span', {}, 'Choose a file, or drop one anywhere on the page.'),
      input,
    ),
    html('p', { class: 'muted small' }, 'It stays on this machine: the page has no server.'),
  );
}

/** Has every file that is dropped on the page imported. */
export function takeDroppedFiles(take: (file: File) => void): void {
  const hasFile = (event: DragEvent): boolean => [...(event.dataTransfer?.types ?? [])].includes('Files');
  addEventListener('dragover', (event) => {
    if (hasFile(event)) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    document.querySelectorAll('dialog').forEach((dialog) => dialog.close());
    take(file);
  });
}

/** One file on its way into a table. */
class Import {
  private placement: Placement = 'persistent';
  private hasNames = true;

  constructor(
    private readonly database: Database,
    private readonly file: File,
    private readonly content: HTMLElement,
    private readonly signal: AbortSignal,
    private readonly done: (table: string) => void,
  ) {}

  /** Shows the columns as guessed, and asks for what else must be known. */
  async show(): Promise<void> {
    let rows: string[][];
    try {
      rows = await firstRows(this.file);
    } catch (e) {
      return this.fail(e instanceof Error ? e.message : String(e));
    }
    if (rows.length === 0) return this.fail('The file has no rows.');
    const name = html('input', {
      type: 'text',
      value: tableName(this.file.name),
      required: true,
      id: 'csv-table',
      autocomplete: 'off',
    });
    const places = segmented<Placement>(
      'Placement',
      [
        { value: 'memory', label: 'Memory' },
        { value: 'persistent', label: 'Persistent' },
        { value: 'dual', label: 'Dual' },
      ],
      this.placement,
      (chosen) => (this.placement = chosen),
    );
    places.element.classList.add('placements');
    const columns = html('div', { class: 'csv-columns' });
    let types: HTMLSelectElement[] = [];
    const showColumns = (): void => {
      const names = columnNames(this.hasNames ? rows[0]! : rows[0]!.map(() => ''));
      const values = rows.slice(this.hasNames ? 1 : 0);
      types = names.map((column, c) => typeChoice(column, guessType(values.map((row) => row[c] ?? ''))));
      const sample = (c: number): string =>
        values
          .slice(0, 3)
          .map((row) => row[c] ?? '')
          .join(', ');
      const body = names.map((column, c) =>
        html(
          'tr',
          {},
          html('th', { scope: 'row' }, column),
          html('td', {}, types[c]!),
          html('td', { class: 'sample' }, sample(c)),
        ),
      );
      columns.replaceChildren(sheet('Columns', ['Column', 'Type', 'First values'], body));
    };
    const names = html('input', {
      type: 'checkbox',
      checked: true,
      onchange: () => {
        this.hasNames = names.checked;
        showColumns();
      },
    });
    showColumns();
    const start = (): void => {
      const heads = columnNames(this.hasNames ? rows[0]! : rows[0]!.map(() => ''));
      void this.load(
        name.value.trim(),
        heads.map((head, c) => ({ name: head, type: types[c]!.value as ColumnType })),
      );
    };
    const form = html(
      'form',
      {
        class: 'import',
        onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          start();
        },
      },
      html('p', { class: 'muted small' }, `${this.file.name}, ${bytes(this.file.size)}`),
      html(
        'div',
        { class: 'toolbar' },
        html('label', { class: 'field', for: 'csv-table' }, 'Table', name),
        places.element,
      ),
      html('label', { class: 'check small' }, names, 'The first row has the names of the columns'),
      columns,
      html('div', { class: 'dialog-end' }, html('button', { class: 'primary' }, 'Import')),
    );
    this.content.replaceChildren(form);
    name.focus();
  }

  private async load(table: string, columns: { name: string; type: ColumnType }[]): Promise<void> {
    const bar = html('progress', { max: 1, value: 0, 'aria-label': 'Import' });
    const text = html('p', { class: 'muted small', role: 'status' }, 'Reading…');
    const stop = new AbortController();
    const cancel = html('button', { type: 'button', onclick: () => stop.abort() }, 'Stop');
    this.content.replaceChildren(bar, text, html('div', { class: 'dialog-end' }, cancel));
    const signal = AbortSignal.any([this.signal, stop.signal]);
    const start = performance.now();
    let sofar = 0;
    try {
      const { placement, hasNames } = this;
      const rows = await loadCsv(
        this.database.amphi,
        this.file,
        { table, placement, columns, hasNames },
        signal,
        (share, rows) => {
          bar.value = share;
          sofar = rows;
          text.textContent = `${counted(rows, 'row')}…`;
          this.database.changed();
        },
      );
      this.database.changed();
      announce(`${counted(rows, 'row')} imported into ${table} in ${duration(performance.now() - start)}`);
      this.done(table);
    } catch (e) {
      this.database.changed();
      if (!(e instanceof AmphiError)) throw e;
      const kept = sofar > 0 ? ` ${counted(sofar, 'row')} before it are in ${table}.` : '';
      this.fail(`${e.message}.${kept}`);
    }
  }

  private fail(message: string): void {
    const again = html('button', { type: 'button', onclick: () => void this.show() }, 'Back');
    this.content.replaceChildren(
      html('div', { class: 'error', role: 'alert' }, html('p', {}, message)),
      html('div', { class: 'dialog-end' }, again),
    );
  }
}

function typeChoice(column: string, guessed: ColumnType): HTMLSelectElement {
  return html(
    'select',
    { 'aria-label': `Type of ${column}` },
    ...TYPES.map((type) => html('option', { value: type, selected: type === guessed }, type)),
  );
}
