//! What a reload leaves: the tables before it beside the tables after it.

import type { Placement } from 'amphi';
import type { Database, Table } from './database.js';
import { html } from './dom.js';
import { count, counted } from './format.js';
import { icon } from './icon.js';
import { sheet, silentHead } from './sheet.js';

const KEY = 'amphi-demo-before';

/** What was there before a reload, if this page came of the button. */
function takeBefore(): Table[] | undefined {
  const stored = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return stored === null ? undefined : (JSON.parse(stored) as Table[]);
}

const FATES: Record<Placement, string> = {
  memory: 'is gone: it was in memory only',
  persistent: 'is there, in IndexedDB',
  dual: 'is there, and in memory again',
};

/** The button, and what came of it. */
export class ReloadPanel {
  readonly element: HTMLElement;
  /** Whether the page was loaded by the button. */
  readonly wasReloaded: boolean;
  private readonly content = html('div');
  private readonly before: Table[] | undefined = takeBefore();

  constructor(private readonly database: Database) {
    this.wasReloaded = this.before !== undefined;
    this.element = html(
      'section',
      { class: 'reload' },
      html(
        'div',
        { class: 'panel-head' },
        html('h2', {}, 'What a reload leaves'),
        html(
          'button',
          { type: 'button', class: 'primary', onclick: () => void this.reload() },
          icon('reload'),
          'Reload the page',
        ),
      ),
      html(
        'p',
        { class: 'lead' },
        'Tables in memory go with the page. Persistent tables are in IndexedDB. Dual tables are in both: they are read from memory, and are there again afterwards. ',
        'Change where a table lives in the list of tables, and reload. (While a second tab is open, it keeps what is in memory.)',
      ),
      this.content,
    );
    if (this.before) void this.showAfter(this.before);
    else {
      database.addEventListener('change', () => void this.showNow());
      void this.showNow();
    }
  }

  private async reload(): Promise<void> {
    sessionStorage.setItem(KEY, JSON.stringify(await this.database.tables()));
    location.reload();
  }

  /** The tables, and what would become of them. */
  private async showNow(): Promise<void> {
    const tables = await this.database.tables();
    if (tables.length === 0) {
      return this.content.replaceChildren(
        html('p', { class: 'empty' }, 'There are no tables yet: load the sample shop first.'),
      );
    }
    const kept = tables.filter(({ placement }) => placement !== 'memory');
    this.content.replaceChildren(
      comparison(
        ['Table', 'Placement', 'Rows now', 'After a reload'],
        tables.map((table) => [
          name(table),
          badge(table),
          count(table.rows),
          table.placement === 'memory' ? 'gone' : 'there',
        ]),
      ),
      html(
        'p',
        { class: 'muted small' },
        `${counted(kept.length, 'table')} of ${count(tables.length)} would be there again.`,
      ),
    );
  }

  private async showAfter(before: readonly Table[]): Promise<void> {
    const after = new Map((await this.database.tables()).map((table) => [table.name, table]));
    const rows = before.map((table) => {
      const now = after.get(table.name)?.rows;
      const isThere = now !== undefined;
      // Something may have written until the last moment.
      const fate = !isThere
        ? FATES.memory
        : now === table.rows
          ? FATES[table.placement]
          : 'is there; it was changed at the last moment';
      return [
        name(table),
        badge(table),
        count(table.rows),
        now === undefined ? '–' : count(now),
        html('span', { class: isThere ? 'fate there' : 'fate gone' }, fate),
      ];
    });
    const [total, left] = [before, before.filter(({ name }) => after.has(name))].map((tables) =>
      tables.reduce((sum, { rows }) => sum + rows, 0),
    );
    this.content.replaceChildren(
      html(
        'p',
        { class: 'verdict', role: 'status' },
        `${count(left!)} of ${counted(total!, 'row')} survived the reload.`,
      ),
      comparison(['Table', 'Placement', 'Rows before', 'Rows after', silentHead('What became of it')], rows),
    );
  }
}

function name({ name }: Table): HTMLElement {
  return html('code', {}, name);
}

function badge({ placement }: Table): HTMLElement {
  return html('span', { class: `badge ${placement}` }, placement);
}

function comparison(heads: readonly (Node | string)[], rows: readonly (readonly (Node | string)[])[]): HTMLElement {
  const cell = (content: Node | string): HTMLElement =>
    html('td', { class: typeof content === 'string' && /^[\d,–]+$/.test(content) ? 'number' : undefined }, content);
  return sheet(
    'Tables',
    heads,
    rows.map((row) => html('tr', {}, ...row.map(cell))),
  );
}
