//! What happens when the browser refuses: no room, a private window, another page in the way.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Amphi } from 'amphi';
import { Browser } from './page.js';

let browser: Browser;
before(async () => void (browser = await Browser.start()));
after(() => browser.stop());

/** What a page keeps from one step to the next. */
interface Kept {
  db: Amphi;
  connection: IDBDatabase;
}

/** Bounds what pages may store besides what they have; what is answered lifts the bound. */
async function bound(page: Page, more: number): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  const { usage } = await session.send('Storage.getUsageAndQuota', { origin });
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + more });
  return async () => {
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await session.detach();
  };
}

/** Runs statements on the page's database; the answer of the last, or the code of the first error. */
function ask(page: Page, statements: string[]): Promise<unknown> {
  return page.evaluate(async (statements) => {
    const { AmphiError } = await import('amphi');
    const { db } = globalThis as unknown as Kept;
    try {
      let rows: unknown;
      for (const sql of statements) rows = await db.query(sql);
      return rows;
    } catch (e) {
      return e instanceof AmphiError ? e.code : String(e);
    }
  }, statements);
}

async function open(page: Page, address: string, options = {}): Promise<void> {
  await page.evaluate(
    async ({ address, options }) => {
      const { Amphi } = await import('amphi');
      Object.assign(globalThis, { db: await Amphi.open(address, options) });
    },
    { address, options },
  );
}

/** Closes the page's database; the code of an error. */
function close(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const { AmphiError } = await import('amphi');
    const { db } = globalThis as unknown as Kept;
    return db.close().then(
      () => 'closed',
      (e: unknown) => (e instanceof AmphiError ? e.code : String(e)),
    );
  });
}

/** Bytes of text that cannot be made much smaller. */
function noise(bytes: number): string {
  const parts: string[] = [];
  for (let i = 0, n = 1; i < bytes; i += 6) {
    n = (n * 48_271) % 0x7fff_ffff;
    parts.push(n.toString(36).padStart(6, '0'));
  }
  return parts.join('').slice(0, bytes);
}

const BIG = `INSERT INTO t VALUES (2, '${noise(8_000_000)}')`;

test('a durable commit for which there is no room fails, and the next one for which there is does not', async (t) => {
  // Chromium remembers for a while how much room there is, so nothing else may have asked before.
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const page = await browser.page();
  const lift = await bound(page, 4 << 20);
  await open(page, 'idb://full');
  const made = ['CREATE TABLE t (id INT PRIMARY KEY, text TEXT) WITH (persistent = true, sync_on_write = true)', "INSERT INTO t VALUES (1, 'one')"];
  await ask(page, made);
  assert.equal(await ask(page, [BIG]), '53100');
  assert.deepEqual(await ask(page, ['SELECT id, text FROM t']), [{ id: 1, text: 'one' }]);
  await lift();
  assert.deepEqual(await ask(page, [BIG, "INSERT INTO t VALUES (3, 'three')", 'SELECT id FROM t ORDER BY id']), [
    { id: 1 },
    { id: 2 },
    { id: 3 },
  ]);
  assert.equal(await close(page), 'closed');
  await open(page, 'idb://full');
  assert.deepEqual(await ask(page, ['SELECT COUNT(*) AS n, SUM(LENGTH(text)) AS bytes FROM t']), [{ n: 3, bytes: '8000008' }]);
  assert.equal(await page.evaluate(() => (globalThis as unknown as Kept).db.check()), '');
  await close(page);
});

test('relaxed commits for which there is no room stop the database, which opens as it was stored', async (t) => {
  // Chromium remembers for a while how much room there is, so nothing else may have asked before.
  const browser = await Browser.start();
  t.after(() => browser.stop());
  const page = await browser.page();
  const lift = await bound(page, 4 << 20);
  await open(page, 'idb://full-relaxed', { flushIntervalMs: 1_000_000 });
  await ask(page, ['CREATE TABLE t (id INT PRIMARY KEY, text TEXT) ENGINE = persistent', "INSERT INTO t VALUES (1, 'one')"]);
  await page.evaluate(() => (globalThis as unknown as Kept).db.flush());
  assert.deepEqual(await ask(page, [BIG, 'SELECT COUNT(*) AS n FROM t']), [{ n: 2 }]);
  const flushed = await page.evaluate(async () => {
    const { AmphiError } = await import('amphi');
    const { db } = globalThis as unknown as Kept;
    return db.flush().then(() => 'flushed', (e: unknown) => (e instanceof AmphiError ? e.code : String(e)));
  });
  assert.equal(flushed, '53100');
  assert.equal(await ask(page, ['INSERT INTO t VALUES (4, NULL)']), 'AM005');
  assert.deepEqual(await ask(page, ['SELECT COUNT(*) AS n FROM t']), [{ n: 2 }]);
  assert.equal(await close(page), 'AM005');
  await lift();
  await open(page, 'idb://full-relaxed');
  assert.deepEqual(await ask(page, ['SELECT id, text FROM t']), [{ id: 1, text: 'one' }]);
  assert.deepEqual(await ask(page, [BIG, 'SELECT COUNT(*) AS n FROM t']), [{ n: 2 }]);
  assert.equal(await close(page), 'closed');
});

test('a private window has databases of its own', async () => {
  await browser.privately(async (openWindow) => {
    const page = await openWindow();
    await open(page, 'idb://private');
    const made = ['CREATE TABLE t (n INT) WITH (persistent = true, sync_on_write = true)', 'INSERT INTO t VALUES (1)'];
    await ask(page, made);
    await page.reload();
    await open(page, 'idb://private');
    assert.deepEqual(await ask(page, ['SELECT n FROM t']), [{ n: 1 }]);
    const other = await openWindow();
    await open(other, 'idb://private');
    assert.equal(await ask(other, ['SELECT n FROM t']), '42P01');
  });
});

test('a page that does not let go of the store is named as the reason, and nothing waits for ever', async () => {
  const [holder, page] = [await browser.page(), await browser.page()];
  // Not Amphi: it does not close when somebody asks for it.
  await holder.evaluate(async () => {
    const connection = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('amphi:held', 1);
      request.onupgradeneeded = () => request.result.createObjectStore('entries');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error());
    });
    Object.assign(globalThis, { connection });
  });
  const outcome = (call: 'open' | 'delete'): Promise<string> =>
    page.evaluate(async (call) => {
      const { Amphi, AmphiError } = await import('amphi');
      return Amphi[call]('idb://held').then(
        () => 'done',
        (e: unknown) => (e instanceof AmphiError ? `${e.code} ${e.message}` : String(e)),
      );
    }, call);
  await page.clock.install();
  assert.match(await outcome('delete'), /^AM003 .*is deleted when that page closes it/);
  // The browser opens nothing before that.
  const opened = outcome('open');
  let isOver = false;
  void opened.finally(() => (isOver = true));
  while (!isOver) await page.clock.fastForward(11_000);
  assert.match(await opened, /^AM003 .*is being deleted or changed by another page/);
  await holder.evaluate(() => (globalThis as unknown as Kept).connection.close());
  assert.equal(await outcome('open'), 'done');
  await holder.close();
  await page.close();
});
