//! Renderers killed in the middle of commits: nothing that was committed is lost, nothing is half there.
//!
//! Five of them; `AMPHI_KILLS=100` is a long run.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, crash } from './page.js';

const KILLS = Number(process.env['AMPHI_KILLS'] ?? 5);

let browser: Browser;
before(async () => void (browser = await Browser.start()));
after(() => browser.stop());

test(`${KILLS} renderers killed while they commit`, async () => {
  // What the pages said that they had committed.
  let committed = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const page = await browser.page();
    await page.exposeFunction('report', (n: number) => void (committed = Math.max(committed, n)));
    const found = await page.evaluate(async () => {
      const { Amphi } = await import('amphi');
      const db = await Amphi.open('idb://kills');
      await db.exec('CREATE TABLE IF NOT EXISTS one (n INT PRIMARY KEY) WITH (persistent = true, sync_on_write = true)');
      await db.exec('CREATE TABLE IF NOT EXISTS two (n INT PRIMARY KEY, text TEXT, KEY (text)) ENGINE = dual');
      const problems = await db.check();
      const [found] = await db.query<{ ones: number; twos: number; most: number }>(
        'SELECT (SELECT COUNT(*) FROM one) AS ones, (SELECT COUNT(*) FROM two) AS twos, (SELECT COALESCE(MAX(n), 0) FROM two) AS most',
      );
      const commit = async (n: number): Promise<void> => {
        await db.transaction(async (tx) => {
          await tx.exec('INSERT INTO one VALUES (?)', [n]);
          await tx.exec('INSERT INTO two VALUES (?, ?)', [n, 'x'.repeat(n % 700)]);
        });
        void (globalThis as unknown as { report(n: number): Promise<void> }).report(n);
      };
      // On its own from here, until it is killed.
      void (async () => {
        for (let n = found!.most + 1; ; n++) await commit(n);
      })();
      return { problems, ...found! };
    });
    assert.equal(found.problems, '');
    assert.ok(found.most >= committed, `${committed} were committed, ${found.most} are there`);
    assert.deepEqual([found.ones, found.twos], [found.most, found.most], 'part of a transaction');
    await new Promise((resolve) => setTimeout(resolve, 50 + ((kill * 37) % 100)));
    await crash(page);
  }
  assert.ok(committed > 0);
});
