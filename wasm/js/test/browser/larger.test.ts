//! A table larger than the cache: scanned, joined and changed with the cache within its bound.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser } from './page.js';

/** Rows of about a kilobyte. */
const ROWS = Number(process.env['AMPHI_ROWS'] ?? 16_000);

let browser: Browser;
before(async () => void (browser = await Browser.start()));
after(() => browser.stop());

test(`${ROWS} rows of a kilobyte through a cache of 4 MB`, async () => {
  const page = await browser.page();
  const seen = await page.evaluate(async (rows) => {
    const { Amphi } = await import('amphi');
    const db = await Amphi.open('idb://larger', { cache: { maxSizeMb: 4 }, maxTransactionMb: 16 });
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY, k INT, text TEXT, KEY (k)) ENGINE = persistent');
    const step = 2000;
    const most: Record<string, number> = {};
    const note = async (): Promise<void> => {
      const stats = await db.stats();
      for (const name of ['cache_bytes', 'unwritten_bytes', 'old_version_bytes']) {
        most[name] = Math.max(most[name] ?? 0, stats[name]!);
      }
    };
    for (let from = 1; from <= rows; from += step) {
      await db.exec(
        "INSERT INTO t SELECT value, value % 100, CONCAT(value, ' ', REPEAT('x', 1000)) FROM generate_series(?, ?)",
        [from, from + step - 1],
      );
      await note();
    }
    await db.flush();
    const scanned = await db.query('SELECT COUNT(*) AS n, SUM(LENGTH(text)) > ? AS big FROM t', [rows * 1000]);
    await note();
    const joined = await db.query('SELECT COUNT(*) AS n FROM t a JOIN t b ON b.id = a.id + 1 WHERE a.k = 7');
    await note();
    for (let from = 1; from <= rows; from += step) {
      await db.exec('UPDATE t SET k = k + 1000 WHERE id BETWEEN ? AND ?', [from, from + step - 1]);
      await note();
    }
    const changed = await db.query('SELECT COUNT(*) AS n FROM t WHERE k = 1007');
    const problems = await db.check();
    await note();
    const { store_reads, cache_evictions } = await db.stats();
    await db.close();
    await Amphi.delete('idb://larger');
    return { scanned, joined, changed, problems, most, store_reads, cache_evictions };
  }, ROWS);
  assert.deepEqual(seen.scanned, [{ n: ROWS, big: true }]);
  assert.deepEqual(seen.joined, [{ n: ROWS / 100 }]);
  assert.deepEqual(seen.changed, [{ n: ROWS / 100 }]);
  assert.equal(seen.problems, '');
  assert.ok(seen.most['cache_bytes']! <= 4 << 20, `the cache grew to ${seen.most['cache_bytes']}`);
  assert.ok(seen.store_reads! > 0 && seen.cache_evictions! > 0);
  console.log(`# most bytes: ${JSON.stringify(seen.most)}`);
  await page.close();
});
