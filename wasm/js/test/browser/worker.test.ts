//! The engine in a Worker: the same answers as in the page.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { OpenOptions } from 'amphi';
import type { Page } from 'playwright-core';
import { Browser } from './page.js';
import type * as Statements from './statements.js';

let browser: Browser;
before(async () => void (browser = await Browser.start()));
after(() => browser.stop());

/** What a database in a page answers to statements of many kinds. */
function answers(page: Page, address: string, options: OpenOptions): Promise<unknown> {
  return page.evaluate(
    async ({ address, options }) => {
      const { Amphi } = await import('amphi');
      const { statements } = (await import('/build/test/browser/statements.js' as string)) as typeof Statements;
      const db = await Amphi.open(address, options);
      const seen = await statements(db);
      await db.close();
      return seen;
    },
    { address, options },
  );
}

test('statements answer the same in the page, in a Worker and in another tab', async () => {
  const [page, other] = [await browser.page(), await browser.page()];
  const here = await answers(page, 'memory:', {});
  assert.deepEqual(await answers(page, 'memory:', { worker: true }), here);
  assert.deepEqual(await answers(page, 'idb://statements-worker', { worker: true }), here);
  for (const [worker, elsewhere] of [[false, false], [true, false], [false, true], [true, true]] as const) {
    const address = `idb://statements-${worker}-${elsewhere}`;
    await other.evaluate(
      async ({ address, worker }) => {
        const { Amphi } = await import('amphi');
        Object.assign(globalThis, { db: await Amphi.open(address, { worker }) });
      },
      { address, worker: elsewhere },
    );
    assert.deepEqual(await answers(page, address, { worker }), here, address);
  }
  await page.close();
  await other.close();
});

test('what a Worker cannot do is refused, and what goes wrong in it is said', async () => {
  const page = await browser.page();
  const seen = await page.evaluate(async () => {
    const { Amphi, AmphiError } = await import('amphi');
    const failure = async (run: () => unknown): Promise<string> => {
      try {
        return `no error: ${String(await run())}`;
      } catch (e) {
        return e instanceof AmphiError ? `${e.code} ${e.message}` : String(e);
      }
    };
    const db = await Amphi.memory({ worker: true });
    const statement = await db.prepare('SELECT 1');
    const seen = [
      await failure(() => db.querySync('SELECT 1')),
      await failure(() => statement.querySync()),
      await failure(() => Amphi.memory({ worker: true, cache: { maxSizeMb: 0 } })),
      await failure(() => Amphi.open('file://x', { worker: true })),
    ];
    // Its answer cannot come any more.
    const late = failure(() => db.query('SELECT COUNT(*) FROM generate_series(1, 1000)'));
    await db.close();
    await db.close();
    return [...seen, await failure(() => db.query('SELECT 1')), /no error|08003/.test(await late)];
  });
  assert.match(String(seen[0]), /^AM002 .*use query/);
  assert.match(String(seen[1]), /^AM002 /);
  assert.match(String(seen[2]), /^F0000 /);
  assert.match(String(seen[3]), /^F0000 /);
  assert.match(String(seen[4]), /^08003 /);
  assert.equal(seen[5], true);
  await page.close();
});

test('a database in a Worker persists, and the page stays free while it works', async () => {
  const page = await browser.page();
  const seen = await page.evaluate(async () => {
    const { Amphi } = await import('amphi');
    const db = await Amphi.open('idb://worked', { worker: true });
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY, text TEXT) ENGINE = persistent');
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns++;
      if (!isDone) setTimeout(turn);
    };
    turn();
    await db.exec("INSERT INTO t SELECT value, REPEAT('x', 100) FROM generate_series(1, 20000)");
    isDone = true;
    await db.close();
    const again = await Amphi.open('idb://worked');
    const counted = await again.query('SELECT COUNT(*) AS n FROM t');
    await again.close();
    return { turns, counted };
  });
  assert.deepEqual(seen.counted, [{ n: 20_000 }]);
  assert.ok(seen.turns > 2, `the page had ${seen.turns} turns meanwhile`);
  await page.close();
});

test("Amphi opens in a Worker of the page's own, in it and in another one", async () => {
  const page = await browser.page();
  const seen = await page.evaluate(async () => {
    const script = `
      import { Amphi } from '${location.origin}/dist/index.js';
      const counts = [];
      for (const worker of [false, true]) {
        const db = await Amphi.open('idb://own-worker', { worker });
        await db.exec('CREATE TABLE IF NOT EXISTS t (n INT) ENGINE = persistent');
        await db.exec('INSERT INTO t VALUES (1)');
        counts.push((await db.query('SELECT COUNT(*) AS n FROM t'))[0].n);
        await db.close();
      }
      postMessage(counts);
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (e) => reject(new Error(e.message));
    });
  });
  assert.deepEqual(seen, [1, 2]);
  await page.close();
});
