//! The list of tables: how many rows, and where each one lives, which can be changed here.

import { Amphi, AmphiError, type Placement } from 'amphi';
import type { Column, Database, Table } from './database.js';
import { openDialog } from './dialog.js';
import { announce, html } from './dom.js';
import { counted, quoted } from './format.js';
import { icon } from './icon.js';
import { segmented } from './segmented.js';

const PLACEMENTS = [
  { value: 'memory', label: 'Memory', hint: 'In memory only: gone with the page' },
  { value: 'persistent', label: 'Persistent', hint: 'In IndexedDB, read through a cache' },
  { value: 'dual', label: 'Dual', hint: 'In both: written to IndexedDB, read from memory' },
] as const satisfies readonly { value: Placement; label: string; hint: string }[];

/** What the panel calls. */
export interface TablesPanelCalls {
  browse(table: string): void;
  loadSample(): Promise<void>;
  importCsv(): void;
}

/** The list of tables. */
export class TablesPanel {
  readonly element: HTMLElement;
  private readonly list = html('ul', { class: 'tables' });
  private readonly total = html('p', { class: 'muted small' });
  private readonly sample: HTMLButtonElement;
  private shown = '';

  constructor(
    private readonly database: Database,
    private readonly calls: TablesPanelCalls,
  ) {
    this.sample = html(
      'button',
      { type: 'button', onclick: () => void this.loadSample() },
      icon('seed'),
      'Sample shop',
    );
    const upload = html('button', { type: 'button', onclick: () => calls.importCsv() }, icon('upload'), 'CSV file');
    this.element = html(
      'section',
      { class: 'tables-panel' },
      html('div', { class: 'panel-head' }, html('h2', {}, 'Tables'), this.total),
      this.list,
      html('div', { class: 'toolbar' }, this.sample, upload),
      promise(),
    );
    database.addEventListener('change', () => void this.refresh());
    void this.refresh();
  }

  /** Makes the sample data. */
  async loadSample(): Promise<void> {
    this.sample.disabled = true;
    try {
      await this.calls.loadSample();
    } finally {
      this.sample.disabled = false;
    }
  }

  /** Shows the tables as they are now. */
  async refresh(): Promise<void> {
    const [tables, columns] = await Promise.all([this.database.tables(), this.database.columns()]);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    this.total.textContent = tables.length === 0 ? '' : `${counted(tables.length, 'table')}, ${counted(rows, 'row')}`;
    // Only what differs is made anew, so that the focus stays where it is.
    const state = JSON.stringify([tables.map(({ name, placement, sync }) => [name, placement, sync]), columns]);
    if (state === this.shown) return this.showCounts(tables);
    this.shown = state;
    const focused = document.activeElement?.id;
    const open = new Set(
      [...this.list.querySelectorAll<HTMLElement>('.table:has(details[open])')].map((item) => item.dataset['table']),
    );
    this.list.replaceChildren(
      ...tables.map((table) =>
        this.item(
          table,
          columns.filter((column) => column.table === table.name),
          open.has(table.name),
        ),
      ),
    );
    if (tables.length === 0) {
      this.list.append(
        html(
          'li',
          { class: 'empty' },
          'No tables yet. Load the sample shop, read a CSV file, or CREATE TABLE in the editor.',
        ),
      );
    }
    if (focused) document.getElementById(focused)?.focus();
  }

  private showCounts(tables: readonly Table[]): void {
    for (const table of tables) {
      const shown = this.list.querySelector(`[data-rows="${CSS.escape(table.name)}"]`);
      if (shown) shown.textContent = counted(table.rows, 'row');
    }
  }

  private item(table: Table, columns: readonly Column[], isOpen: boolean): HTMLElement {
    const { name, placement, sync } = table;
    const places = segmented<Placement>(
      `Placement of ${name}`,
      PLACEMENTS,
      placement,
      (chosen) => void this.place(table, chosen, sync, places),
    );
    places.element.classList.add('placements');
    places.element.querySelectorAll('input').forEach((input) => (input.id = `place-${name}-${input.value}`));
    const durable = html('input', {
      type: 'checkbox',
      id: `sync-${name}`,
      checked: sync,
      onchange: () => void this.place(table, placement, durable.checked),
    });
    return html(
      'li',
      { class: 'table', 'data-table': name },
      html(
        'div',
        { class: 'table-head' },
        html(
          'button',
          {
            type: 'button',
            class: 'link',
            id: `browse-${name}`,
            title: 'Show its rows',
            onclick: () => this.calls.browse(name),
          },
          name,
        ),
        html('span', { class: 'muted small', 'data-rows': name }, counted(table.rows, 'row')),
      ),
      places.element,
      html(
        'details',
        { open: isOpen },
        html('summary', { class: 'small' }, counted(columns.length, 'column')),
        html(
          'ul',
          { class: 'column-list' },
          ...columns.map((column) =>
            html(
              'li',
              {},
              html('code', {}, column.name),
              html('span', { class: 'muted' }, `${column.type}${column.key ? ' · key' : ''}`),
            ),
          ),
        ),
        html(
          'div',
          { class: 'table-foot' },
          placement !== 'memory' && html('label', { class: 'check small' }, durable, 'A commit waits for the disk'),
          html(
            'button',
            { type: 'button', class: 'quiet danger small', onclick: () => this.askDrop(name) },
            icon('trash'),
            'Drop',
          ),
        ),
      ),
    );
  }

  private async place(table: Table, placement: Placement, sync: boolean, places?: { value: Placement }): Promise<void> {
    try {
      await this.database.place(table.name, placement, sync);
      announce(`${table.name} is ${placement === 'memory' ? 'in memory' : placement} now`);
    } catch (e) {
      if (!(e instanceof AmphiError)) throw e;
      if (places) places.value = table.placement;
      openDialog(`${table.name} cannot be moved`, [html('p', {}, e.message)]);
    }
  }

  private askDrop(name: string): void {
    const drop = async (): Promise<void> => {
      dialog.close();
      try {
        await this.database.amphi.exec(`DROP TABLE ${quoted(name)}`);
        this.database.changed();
      } catch (e) {
        if (!(e instanceof AmphiError)) throw e;
        openDialog(`${name} cannot be dropped`, [html('p', {}, e.message)]);
      }
    };
    const dialog = openDialog(`Drop ${name}?`, [
      html('p', {}, 'Its rows are gone then, wherever they are.'),
      html(
        'div',
        { class: 'dialog-end' },
        html('button', { type: 'button', onclick: () => dialog.close() }, 'Keep it'),
        html('button', { type: 'button', class: 'primary danger', onclick: () => void drop() }, 'Drop'),
      ),
    ]);
  }
}

/** Asks the browser not to remove what is stored when room gets short. */
function promise(): HTMLElement {
  const answer = html('p', { class: 'muted small', role: 'status' });
  const ask = html(
    'button',
    {
      type: 'button',
      class: 'quiet small',
      title: 'Otherwise it may remove what is stored when room gets short',
      onclick: async () => {
        const promised = await Amphi.requestPersistentStorage();
        answer.textContent = promised
          ? 'The browser promises to keep what is stored.'
          : 'The browser does not promise it: it may remove what is stored when room gets short.';
        ask.hidden = promised;
      },
    },
    'Ask the browser to keep what is stored',
  );
  return html('div', { class: 'promise' }, ask, answer);
}
