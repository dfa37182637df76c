//! Live queries over tables of each placement, with blocks that come from IndexedDB.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './page.js';

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
