//! Live queries in several tabs: notes and a counter that all tabs show, and a query that answers again whenever it must.

import { AmphiError, type Amphi, type LiveQuery, type SqlValue } from 'amphi';
import type { Database } from './database.js';
import { announce, html } from './dom.js';
import { counted, valueText } from './format.js';
import { icon } from './icon.js';
import { sheet } from './sheet.js';

interface Note {
  readonly id: number;
  readonly author: string;
  readonly text: string;
  readonly written: string;
}

const ANIMALS = ['Beaver', 'Frog', 'Heron', 'Kingfisher', 'Newt', 'Otter', 'Salamander', 'Swan', 'Toad', 'Turtle'];
const NAME = 'amphi-demo-tab';
/** Rows of an answer that are shown. */
const MOST_ROWS = 50;
const QUERY = 'SELECT author, COUNT(*) AS notes, MAX(written) AS latest FROM shared_notes GROUP BY author';

/** What this tab calls itself, until it is closed. */
function tabName(): string {
  const stored = sessionStorage.getItem(NAME);
  if (stored !== null) return stored;
  const name = `${ANIMALS[Math.floor(Math.random() * ANIMALS.length)]!} ${Math.floor(Math.random() * 90) + 10}`;
  sessionStorage.setItem(NAME, name);
  return name;
}

/** The names of a query's columns; none if it is no query, which running it says. */
async function columnsOf(amphi: Amphi, sql: string): Promise<readonly string[]> {
  try {
    const statement = await amphi.prepare(sql);
    statement.close();
    return statement.columns;
  } catch (e) {
    if (e instanceof AmphiError) return [];
    throw e;
  }
}

/** Notes, a counter and a query, all of them live while the panel is seen. */
export class LivePanel {
  readonly element: HTMLElement;
  private readonly author = tabName();
  private readonly notes = html('ul', { class: 'notes' });
  private readonly counter = html('output', { class: 'counter' }, '0');
  private readonly text = html('input', {
    type: 'text',
    'aria-label': 'A note',
    placeholder: 'Write to all tabs',
    autocomplete: 'off',
    required: true,
    maxlength: 200,
  });
  private readonly query = html('input', {
    type: 'text',
    'aria-label': 'Query',
    value: QUERY,
    spellcheck: 'false',
    autocomplete: 'off',
  });
  private readonly answer = html('div');
  private readonly answers = html('p', { class: 'muted small' });
  private readonly problem = html('p', { class: 'failed small', role: 'alert' });
  private live: LiveQuery<unknown>[] = [];
  private ownQuery: LiveQuery<SqlValue[][]> | undefined;

  constructor(private readonly database: Database) {
    const open = (): void => void window.open(`${location.pathname}#live`, '_blank', 'noopener');
    const form = html(
      'form',
      {
        class: 'toolbar',
        onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          void this.addNote();
        },
      },
      this.text,
      html('button', { class: 'primary' }, 'Add'),
    );
    const queryForm = html(
      'form',
      {
        class: 'toolbar',
        onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          this.watch();
        },
      },
      this.query,
      html('button', {}, 'Watch'),
    );
    const add = (n: number, label: string): HTMLElement =>
      html(
        'button',
        {
          type: 'button',
          title: label,
          onclick: () => void this.run('UPDATE shared_counter SET n = n + ? WHERE id = 1', [n]),
        },
        n > 0 ? `+${n}` : `−${-n}`,
      );
    this.element = html(
      'section',
      { class: 'live' },
      html(
        'div',
        { class: 'panel-head' },
        html('h2', {}, 'One database, several tabs'),
        html('button', { type: 'button', class: 'primary', onclick: open }, icon('tabs'), 'Open a second tab'),
      ),
      html(
        'p',
        { class: 'lead' },
        'All tabs work on the same tables. One of them has the engine and works for the others; when it is closed, another one takes over. What is shown here are live queries: they answer again when a commit, of whichever tab, has touched what they read. This tab is called ',
        html('strong', { class: 'tab-name' }, this.author),
        '.',
      ),
      this.problem,
      html(
        'div',
        { class: 'cards' },
        html('div', { class: 'plot-card auto' }, html('h3', {}, 'Notes'), form, this.notes),
        html(
          'div',
          { class: 'cards-column' },
          html(
            'div',
            { class: 'plot-card auto' },
            html('h3', {}, 'A counter'),
            html('div', { class: 'toolbar' }, add(-1, 'One less'), this.counter, add(1, 'One more')),
          ),
          html(
            'div',
            { class: 'plot-card auto' },
            html('h3', {}, 'Any query, live'),
            queryForm,
            this.answer,
            this.answers,
          ),
        ),
      ),
    );
  }

  /** Called when the panel is seen. */
  async shown(): Promise<void> {
    const { amphi } = this.database;
    try {
      await amphi.exec(
        'CREATE TABLE IF NOT EXISTS shared_notes (id INT PRIMARY KEY AUTO_INCREMENT, author VARCHAR(30) NOT NULL, text VARCHAR(200) NOT NULL, written DATETIME NOT NULL) ENGINE = dual',
      );
      await amphi.exec('CREATE TABLE IF NOT EXISTS shared_counter (id INT PRIMARY KEY, n INT NOT NULL) ENGINE = dual');
      await amphi.exec('INSERT IGNORE INTO shared_counter VALUES (1, 0)');
    } catch (e) {
      return this.showProblem(e);
    }
    this.database.changed();
    const onError = (e: unknown): void => this.showProblem(e);
    this.live = [
      amphi.live<Note>(
        'SELECT id, author, text, written FROM shared_notes ORDER BY id DESC LIMIT 100',
        [],
        (rows) => this.showNotes(rows),
        { onError },
      ),
      amphi.live<{ n: number }>(
        'SELECT n FROM shared_counter WHERE id = 1',
        [],
        ([row]) => (this.counter.value = String(row?.n ?? 0)),
        { onError },
      ),
    ];
    this.watch();
  }

  /** Called when it is not seen any more. */
  hidden(): void {
    for (const live of this.live) live.close();
    this.live = [];
    this.ownQuery?.close();
  }

  private async run(sql: string, params: readonly (string | number)[]): Promise<void> {
    try {
      await this.database.committing(() => this.database.amphi.exec(sql, params));
      this.problem.textContent = '';
    } catch (e) {
      this.showProblem(e);
    }
  }

  private async addNote(): Promise<void> {
    const text = this.text.value.trim();
    this.text.value = '';
    if (text)
      await this.run('INSERT INTO shared_notes (author, text, written) VALUES (?, ?, NOW())', [this.author, text]);
  }

  private showNotes(notes: readonly Note[]): void {
    const items = notes.map(({ id, author, text, written }) =>
      html(
        'li',
        {},
        html('span', { class: author === this.author ? 'badge own' : 'badge' }, author),
        html('span', { class: 'note-text' }, text),
        html('time', { class: 'muted small' }, written.slice(11, 19)),
        html(
          'button',
          {
            type: 'button',
            class: 'quiet square',
            'aria-label': `Remove: ${text}`,
            onclick: () => void this.run('DELETE FROM shared_notes WHERE id = ?', [id]),
          },
          icon('close'),
        ),
      ),
    );
    if (items.length === 0)
      items.push(html('li', { class: 'empty' }, 'No notes yet. Write one, and look at the other tab.'));
    this.notes.replaceChildren(...items);
    if (notes[0] && notes[0].author !== this.author) announce(`${notes[0].author}: ${notes[0].text}`);
  }

  /** Watches what is in the field of the query. */
  private watch(): void {
    this.ownQuery?.close();
    const { amphi } = this.database;
    const sql = this.query.value;
    const names = columnsOf(amphi, sql);
    let answered = 0;
    const live = amphi.live(
      sql,
      [],
      async (rows: SqlValue[][]) => {
        answered += 1;
        const text = `Answered ${counted(answered, 'time')}; ${counted(rows.length, 'row')} now.`;
        const shown = rows
          .slice(0, MOST_ROWS)
          .map((row) => html('tr', {}, ...row.map((value) => html('td', {}, valueText(value)))));
        const table = sheet('Answer', await names, shown);
        if (live.closed) return;
        this.answer.replaceChildren(table);
        this.answers.textContent = text;
      },
      {
        rows: 'array',
        onError: (e) => {
          this.answer.replaceChildren();
          this.answers.textContent = e instanceof Error ? e.message : String(e);
        },
      },
    );
    this.ownQuery = live;
  }

  private showProblem(e: unknown): void {
    if (!(e instanceof AmphiError)) throw e;
    this.problem.textContent = e.message;
  }
}
