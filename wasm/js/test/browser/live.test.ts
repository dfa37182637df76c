//! Live queries over tables of each placement, with blocks that come from IndexedDB.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Amphi, OpenOptions } from 'amphi';
import type { Page } from 'playwright-core';
import { Browser, crash } from './page.js';

/** Where the page finds what it runs. */
const HISTORY = '/build/test/live-history.js';

let browser: Browser;
before(async () => void (browser = await Browser.start()));
after(() => browser.stop());

for (const engine of ['memory', 'dual', 'persistent']) {
  test(`after every commit of a random history each live query has said what it answers: ${engine}`, async () => {
    const page = await browser.page();
    const delivered = await page.evaluate(
      async ({ engine, HISTORY }) => {
        const { Amphi } = await import('amphi');
        const { history } = (await import(HISTORY)) as typeof import('../live-history.js');
        let sum = 0;
        for (let seed = 1; seed <= 2; seed++) {
          // A cache that keeps nothing: what a query reads of persistent tables comes from IndexedDB.
          const db = await Amphi.open(`idb://live-${engine}-${seed}`, { cache: { enabled: false }, flushIntervalMs: 20 });
          sum += (await history(db, engine, 10 * seed, 40)).delivered;
          await db.close();
        }
        return sum;
      },
      { engine, HISTORY },
    );
    assert.ok(delivered > 60, `${delivered} answers`);
    await page.close();
  });
}

test('moving a table tells nobody, durable commits tell once they can be seen', async () => {
  const page = await browser.page();
  const told = await page.evaluate(async () => {
    const { Amphi } = await import('amphi');
    const db = await Amphi.open('idb://live-moves');
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY)');
    await db.exec('CREATE TABLE safe (id INT PRIMARY KEY) WITH (persistent = true, sync_on_write = true)');
    const told: unknown[] = [];
    const count = (name: string): Promise<unknown> =>
      db.live(`SELECT COUNT(*) AS n FROM ${name}`, [], ([row]) => void told.push(`${name} ${String(row!['n'])}`)).ready;
    await count('t');
    await count('safe');
    await db.migrateToPersistent('t');
    await db.enablePersistence('t', { cacheInMemory: true });
    await db.loadToMemory('t');
    await db.flush();
    await db.exec('INSERT INTO t VALUES (1)');
    await db.exec('INSERT INTO safe VALUES (1)');
    await db.exec('INSERT INTO safe VALUES (2)');
    for (const deadline = Date.now() + 5000; told.length < 5 && Date.now() < deadline; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await db.close();
    return told;
  });
  assert.deepEqual(told, ['t 0', 'safe 0', 't 1', 'safe 1', 'safe 2']);
  await page.close();
});

test('a run that waits for IndexedDB is given up when its live query is closed', async () => {
  const page = await browser.page();
  const ended = await page.evaluate(async () => {
    const { Amphi, AmphiError } = await import('amphi');
    const db = await Amphi.open('idb://live-closed', { cache: { enabled: false } });
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY, text TEXT) ENGINE = persistent');
    await db.exec("INSERT INTO t SELECT value, REPEAT('x', 500) FROM generate_series(1, 5000)");
    await db.flush();
    const told: unknown[] = [];
    const live = db.live('SELECT COUNT(*) AS n FROM t WHERE text LIKE ?', ['y%'], (rows) => void told.push(rows), {
      onError: (e) => void told.push(e),
    });
    await new Promise((resolve) => setTimeout(resolve, 0));
    live.close();
    const ready = await live.ready.catch((e: unknown) => (e instanceof AmphiError ? e.code : String(e)));
    const rows = await db.query('SELECT COUNT(*) AS n FROM t');
    await db.close();
    return [told, ready, rows];
  });
  assert.deepEqual(ended, [[], '57014', [{ n: 5000 }]]);
  await page.close();
});

/** What the pages of the next tests keep. */
interface Kept {
  db: Amphi;
  told: string[];
}

/** A page with a database and a live query that counts the rows of a table, or `-` and a code. */
async function counting(address: string, options: OpenOptions): Promise<Page> {
  const page = await browser.page();
  await page.evaluate(
    async ({ address, options }) => {
      const { Amphi, AmphiError } = await import('amphi');
      const db = await Amphi.open(address, options);
      await db.exec('CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY, tab INT) ENGINE = persistent');
      const told: string[] = [];
      const onError = (e: unknown): void => void told.push(`- ${e instanceof AmphiError ? e.code : String(e)}`);
      db.live('SELECT COUNT(*) AS n FROM t', [], ([row]) => void told.push(String(row!['n'])), { onError });
      Object.assign(globalThis, { db, told });
    },
    { address, options },
  );
  return page;
}

/** Waits until each page has been told something last; what all of them were told. */
async function toldLast(pages: Page[], last: string): Promise<string[][]> {
  for (const page of pages) {
    await page.waitForFunction((last) => (globalThis as unknown as Kept).told.at(-1) === last, last, { timeout: 20_000 });
  }
  return Promise.all(pages.map((page) => page.evaluate(() => (globalThis as unknown as Kept).told)));
}

const insert = (page: Page, id: number): Promise<unknown> =>
  page.evaluate((id) => (globalThis as unknown as Kept).db.exec('INSERT INTO t VALUES (?, 0)', [id]), id);

test('live queries of tabs and Workers are told of the commits of all, and go on when the owner goes away', async () => {
  const address = 'idb://live-tabs';
  const pages = [await counting(address, {}), await counting(address, {}), await counting(address, { worker: true })];
  await toldLast(pages, '0');
  for (const [i, page] of pages.entries()) {
    await insert(page, i);
    const told = await toldLast(pages, String(i + 1));
    for (const counts of told) assert.deepEqual(counts, Array.from({ length: i + 2 }, (_, n) => String(n)));
  }
  // The owner leaves in order, the next one is killed.
  await pages[0]!.evaluate(() => (globalThis as unknown as Kept).db.close());
  pages.shift();
  await insert(pages[0]!, 10);
  await toldLast(pages, '4');
  await insert(pages[1]!, 11);
  await toldLast(pages, '5');
  await pages[0]!.evaluate(() => (globalThis as unknown as Kept).db.flush());
  await crash(pages.shift()!);
  // Only reads, and so waits for the next owner; a change might be given to the one that is gone.
  await pages[0]!.evaluate(() => (globalThis as unknown as Kept).db.query('SELECT 1'));
  await insert(pages[0]!, 12);
  const [last] = await toldLast(pages, '6');
  assert.deepEqual(last, ['0', '1', '2', '3', '4', '5', '6']);
  await pages[0]!.evaluate(() => (globalThis as unknown as Kept).db.close());
  await pages[0]!.close();
});

test('live queries elsewhere refuse what cannot be watched, and end when they are closed', async () => {
  const page = await browser.page();
  const answers = await page.evaluate(async () => {
    const { Amphi, AmphiError } = await import('amphi');
    const db = await Amphi.open('memory:', { worker: true });
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY)');
    const code = (e: unknown): unknown => (e instanceof AmphiError ? e.code : String(e));
    const without = db.live('SELECT * FROM t WHERE id = ?');
    const refused = await Promise.all([without, db.live('DELETE FROM t'), db.live('SELECT * FROM u')].map((l) => l.ready.catch(code)));
    const told: unknown[] = [];
    const one = db.live('SELECT id FROM t', [], (rows) => void told.push(rows), { rows: 'array' });
    const other = db.live('SELECT id FROM t', [], undefined, { key: 'id' });
    await Promise.all([one.ready, other.ready]);
    one.close();
    await db.exec('INSERT INTO t VALUES (7)');
    for (const deadline = Date.now() + 5000; other.current?.added.length !== 1 && Date.now() < deadline; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const added = other.current?.added;
    await db.close();
    for (const deadline = Date.now() + 5000; !other.closed && Date.now() < deadline; ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return [refused, without.closed, told, added, other.closed];
  });
  assert.deepEqual(answers, [['07001', '42000', '42P01'], true, [[]], [{ id: 7 }], true]);
  await page.close();
});
