//! The page: opens the database and puts its parts together.

import { Amphi } from 'amphi';
import { BenchmarkPanel } from './benchmark-panel.js';
import { CountersPanel } from './counters-panel.js';
import { importCsv, takeDroppedFiles } from './csv-dialog.js';
import { ADDRESS, Database } from './database.js';
import { announce, byId, html } from './dom.js';
import { counted, duration, quoted } from './format.js';
import { icon } from './icon.js';
import { LivePanel } from './live-panel.js';
import { keepOffline } from './offline.js';
import { QueryPanel } from './query-panel.js';
import { ReloadPanel } from './reload-panel.js';
import { makeShop } from './sample-shop.js';
import { segmented } from './segmented.js';
import { TabBar, type Part } from './tab-bar.js';
import { TablesPanel } from './tables-panel.js';
import { chosenTheme, chooseTheme, type Theme } from './theme.js';

/** How long a statement may take, in milliseconds: one that needs nothing from the store cannot be stopped otherwise. */
const LONGEST = 60_000;

/** From this width on the tables are beside the rest. */
const WIDE = '(min-width: 62rem)';

function themeSwitch(): HTMLElement {
  return segmented<Theme>(
    'Colours',
    [
      { value: 'light', label: 'Light', icon: 'sun' },
      { value: 'system', label: 'As the system', icon: 'screen' },
      { value: 'dark', label: 'Dark', icon: 'moon' },
    ],
    chosenTheme(),
    chooseTheme,
  ).element;
}

function offlineSign(): HTMLElement {
  const sign = html(
    'span',
    { class: 'badge ready', hidden: true, title: 'All of the page is kept here: it needs no network' },
    'works offline',
  );
  void keepOffline().then(() => (sign.hidden = false));
  return sign;
}

/** Says why the page cannot start. */
function showFailure(e: unknown): void {
  const again = html(
    'button',
    { type: 'button', class: 'primary', onclick: () => location.reload() },
    icon('reload'),
    'Try again',
  );
  byId('main').replaceChildren(
    html(
      'section',
      { class: 'failure', role: 'alert' },
      html('h2', {}, 'The database cannot be opened'),
      html('p', {}, e instanceof Error ? e.message : String(e)),
      again,
    ),
  );
}

function emptyResult(load: () => Promise<void>): HTMLElement {
  return html(
    'div',
    { class: 'empty welcome' },
    html('h3', {}, 'A database in this page'),
    html(
      'p',
      {},
      'Each table lives in memory, in IndexedDB, or in both, and one query reads them all. Nothing leaves this browser.',
    ),
    html(
      'div',
      { class: 'toolbar' },
      html(
        'button',
        { type: 'button', class: 'primary', onclick: () => void load() },
        icon('seed'),
        'Load the sample shop',
      ),
    ),
    html('p', { class: 'muted small' }, 'Then run the query above, or choose one of the examples.'),
  );
}

async function start(): Promise<void> {
  byId('top-end').append(offlineSign(), themeSwitch());
  let amphi: Amphi;
  try {
    // In a Worker: a query of seconds holds up neither the page nor its animations.
    amphi = await Amphi.open(ADDRESS, { worker: true, statementTimeoutMs: LONGEST });
  } catch (e) {
    return showFailure(e);
  }
  const database = new Database(amphi);

  const browse = (table: string): void => {
    bar.show('query');
    const name = /^[a-z]\w*$/i.test(table) ? table : quoted(table);
    void query.showAndRun(`SELECT * FROM ${name} LIMIT 1000;`);
  };
  const query: QueryPanel = new QueryPanel(
    database,
    emptyResult(() => tables.loadSample()),
  );
  const tables = new TablesPanel(database, {
    browse,
    async loadSample() {
      const start = performance.now();
      const rows = await makeShop(amphi);
      database.changed();
      announce(`The sample shop has ${counted(rows, 'row')}, made in ${duration(performance.now() - start)}`);
    },
    importCsv: () => importCsv(database, undefined, browse),
  });
  takeDroppedFiles((file) => importCsv(database, file, browse));
  const counters = new CountersPanel(database);
  const reload = new ReloadPanel(database);
  const live = new LivePanel(database);
  const tablesPanel = html('div');
  const parts: Part[] = [
    { id: 'query', title: 'Query', panel: html('div', {}, query.element) },
    { id: 'tables', title: 'Tables', panel: tablesPanel },
    {
      id: 'counters',
      title: 'Counters',
      panel: html('div', {}, counters.element),
      shown: () => counters.shown(),
      hidden: () => counters.hidden(),
    },
    { id: 'reload', title: 'Reload', panel: html('div', {}, reload.element) },
    {
      id: 'live',
      title: 'Live tabs',
      panel: html('div', {}, live.element),
      shown: () => void live.shown(),
      hidden: () => live.hidden(),
    },
    { id: 'benchmark', title: 'Benchmark', panel: html('div', {}, new BenchmarkPanel().element) },
  ];
  byId('opening').remove();
  byId('main').append(...parts.map(({ panel }) => panel));
  const bar = new TabBar(byId('tab-bar'), parts);

  const wide = matchMedia(WIDE);
  const arrange = (): void => {
    (wide.matches ? byId('side') : tablesPanel).append(tables.element);
    byId('side').hidden = !wide.matches;
    bar.offer('tables', !wide.matches);
  };
  wide.addEventListener('change', arrange);
  bar.show(reload.wasReloaded ? 'reload' : location.hash.slice(1));
  arrange();
}

void start();
