//! What is in IndexedDB after a reload, and what a page is told that cannot have it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { Browser, crash } from './page.js';

let browser: Browser;
before(async () => void (browser = await Browser.start()));
after(() => browser.stop());

/** What an address answers to statements, and then to a query, in a page; the code of an error in its place. */
async function ask(page: Page, address: string, statements: string[], query: string): Promise<unknown> {
  return page.evaluate(
    async ({ address, statements, query }) => {
      const { Amphi, AmphiError } = await import('amphi');
      try {
        const db = await Amphi.open(address);
        for (const sql of statements) await db.exec(sql);
        const rows = await db.query(query);
        await db.close();
        return rows;
      } catch (e) {
        return e instanceof AmphiError ? e.code : String(e);
      }
    },
    { address, statements, query },
  );
}

test('rows of each placement are where they should be after a reload', async () => {
  const page = await browser.page();
  const tables = ['memory', 'persistent', 'dual'];
  const statements = tables.flatMap((placement) => [
    `CREATE TABLE in_${placement} (id INT PRIMARY KEY, text TEXT) ENGINE = ${placement}`,
    `INSERT INTO in_${placement} SELECT value, CONCAT('row ', value) FROM generate_series(1, 5000)`,
  ]);
  const count = (of: string): string => `SELECT COUNT(*) AS n, MAX(text) AS most FROM in_${of}`;
  assert.deepEqual(await ask(page, 'idb://reload', statements, count('memory')), [{ n: 5000, most: 'row 999' }]);
  await page.reload();
  assert.deepEqual(await ask(page, 'idb://reload', [], count('persistent')), [{ n: 5000, most: 'row 999' }]);
  assert.deepEqual(await ask(page, 'idb://reload', [], count('dual')), [{ n: 5000, most: 'row 999' }]);
  assert.equal(await ask(page, 'idb://reload', [], count('memory')), '42P01');
  await page.close();
});

test('relaxed commits are written soon, without closing', async () => {
  const page = await browser.page();
  await page.evaluate(async () => {
    const { Amphi } = await import('amphi');
    const db = await Amphi.open('idb://soon');
    await db.exec('CREATE TABLE t (n INT) ENGINE = persistent');
    for (let i = 0; i < 10; i++) await db.exec('INSERT INTO t VALUES (?)', [i]);
    await new Promise((resolve) => setTimeout(resolve, 500));
  });
  await page.reload();
  assert.deepEqual(await ask(page, 'idb://soon', [], 'SELECT COUNT(*) AS n FROM t'), [{ n: 10 }]);
  await page.close();
});

test('a durable commit survives the renderer being killed right after it', async () => {
  const page = await browser.page();
  await page.evaluate(async () => {
    const { Amphi } = await import('amphi');
    const db = await Amphi.open('idb://killed', { flushIntervalMs: 1_000_000 });
    await db.exec('CREATE TABLE t (n INT) WITH (persistent = true, sync_on_write = true)');
    for (let i = 0; i < 5; i++) await db.exec('INSERT INTO t VALUES (?)', [i]);
  });
  await crash(page);
  const next = await browser.page();
  assert.deepEqual(await ask(next, 'idb://killed', [], 'SELECT COUNT(*) AS n FROM t'), [{ n: 5 }]);
  await next.close();
});

test('tables move between memory and IndexedDB', async () => {
  const page = await browser.page();
  const seen = await page.evaluate(async () => {
    const { Amphi, AmphiError } = await import('amphi');
    const db = await Amphi.open('idb://moves', { cache: { maxSizeMb: 1 } });
    const placements: unknown[] = [];
    const note = async (): Promise<void> => {
      const [row] = await db.query<{ n: number }>('SELECT COUNT(*) AS n FROM t WHERE text LIKE \'%9\'');
      placements.push([(await db.getPersistenceConfig('t'))?.placement, await db.listPersistentTables(), row?.n]);
    };
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY, text TEXT)');
    await db.exec("INSERT INTO t SELECT value, CONCAT('row ', value) FROM generate_series(1, 1000)");
    await note();
    await db.enablePersistence('t', { cacheInMemory: true });
    await note();
    await db.migrateToPersistent('t');
    await note();
    await db.loadToMemory('t');
    await note();
    await db.enablePersistence('t');
    await db.disablePersistence('t');
    await note();
    await db.enablePersistence('t', { syncOnWrite: true });
    await db.close();
    const again = await Amphi.open('idb://moves');
    let sync = '';
    try {
      again.querySync('SELECT * FROM t WHERE id = 500');
    } catch (e) {
      if (e instanceof AmphiError) sync = `${e.code} ${e.table}`;
    }
    const rows = await again.query('SELECT text FROM t WHERE id = 500');
    const once = again.querySync('SELECT text FROM t WHERE id = 500');
    const config = await again.getPersistenceConfig('t');
    const problems = await again.check();
    await again.close();
    return { placements, sync, rows, once, config, problems };
  });
  assert.deepEqual(seen.placements, [
    ['memory', [], 100],
    ['dual', ['t'], 100],
    ['persistent', ['t'], 100],
    ['memory', [], 100],
    ['memory', [], 100],
  ]);
  assert.equal(seen.sync, 'AM002 t');
  assert.deepEqual(seen.rows, [{ text: 'row 500' }]);
  // The block is in the cache by then.
  assert.deepEqual(seen.once, seen.rows);
  assert.deepEqual(seen.config, { persistent: true, syncOnWrite: true, cacheInMemory: false, placement: 'persistent' });
  assert.equal(seen.problems, '');
  await page.close();
});

test('who cannot have the store is told why', async () => {
  const [one, two] = [await browser.page(), await browser.page()];
  await one.evaluate(async () => {
    const { Amphi } = await import('amphi');
    const db = await Amphi.open('idb://taken', { tabs: 'exclusive' });
    await db.exec('CREATE TABLE t (n INT) ENGINE = persistent');
    Object.assign(globalThis, { db });
  });
  assert.equal(await ask(two, 'idb://taken', [], 'SELECT 1'), 'AM003');
  const codes = await two.evaluate(async () => {
    const { Amphi, AmphiError } = await import('amphi');
    const open = (name: string, version: number, stores: string[]): Promise<void> =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open(`amphi:${name}`, version);
        request.onupgradeneeded = () => stores.forEach((store) => request.result.createObjectStore(store));
        request.onerror = () => reject(request.error ?? new Error());
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      });
    const code = (name: string): Promise<string> =>
      Amphi.open(`idb://${name}`).then(
        () => 'opened',
        (e: unknown) => (e instanceof AmphiError ? e.code : String(e)),
      );
    await open('later', 2, ['entries']);
    await open('other', 1, ['something']);
    const exclusive = await Amphi.open('idb://taken', { tabs: 'exclusive' }).catch((e: unknown) => e instanceof AmphiError && e.code);
    const held = await Amphi.delete('idb://taken').catch((e: unknown) => (e instanceof AmphiError ? e.code : String(e)));
    return [await code('later'), await code('other'), exclusive, held];
  });
  assert.deepEqual(codes, ['AM004', 'AM004', 'AM003', 'AM003']);
  // It goes away, and the other one may have it.
  await one.close();
  assert.deepEqual(await ask(two, 'idb://taken', [], 'SELECT COUNT(*) AS n FROM t'), [{ n: 0 }]);
  await two.close();
});

test('a store that is deleted under its page refuses writes, and says so', async () => {
  const page = await browser.page();
  const seen = await page.evaluate(async () => {
    const { Amphi, AmphiError } = await import('amphi');
    const db = await Amphi.open('idb://deleted');
    await db.exec('CREATE TABLE t (n INT) WITH (persistent = true, sync_on_write = true)');
    await db.exec('CREATE TABLE m (n INT)');
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase('amphi:deleted');
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error ?? new Error());
    });
    const failed = await db.exec('INSERT INTO t VALUES (1)').then(() => undefined, (e: unknown) => e);
    const rows = await db.query('SELECT * FROM m');
    await db.close().catch(() => undefined);
    return [failed instanceof AmphiError ? failed.code : String(failed), String(failed), rows];
  });
  assert.equal(seen[0], 'AM005');
  assert.match(String(seen[1]), /deleted the database/);
  assert.deepEqual(seen[2], []);
  await page.close();
});

test('a statement that waits for the store can be stopped', async () => {
  const page = await browser.page();
  const seen = await page.evaluate(async () => {
    const { Amphi, AmphiError } = await import('amphi');
    const db = await Amphi.open('idb://stopped', { cache: { maxSizeMb: 1 } });
    await db.exec('CREATE TABLE t (id INT PRIMARY KEY, text TEXT) ENGINE = persistent');
    await db.exec("INSERT INTO t SELECT value, REPEAT('x', 200) FROM generate_series(1, 20000)");
    await db.flush();
    const stop = new AbortController();
    const query = db.query('SELECT COUNT(DISTINCT text, id) AS n FROM t a', [], { signal: stop.signal });
    stop.abort();
    const failed = await query.then(() => undefined, (e: unknown) => e);
    const rows = await db.query('SELECT COUNT(*) AS n FROM t WHERE text LIKE \'x%\'');
    await db.close();
    return [failed instanceof AmphiError ? failed.code : String(failed), rows];
  });
  assert.deepEqual(seen, ['57014', [{ n: 20_000 }]]);
  await page.close();
});
