//! The store conformance kit, which is Rust, over the store in IndexedDB.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type * as IndexedDb from '../../dist/store/indexed-db.js';
import { Browser } from './page.js';

/** What `tests/browser` exports. */
interface Kit {
  default(source: { module_or_path: string }): Promise<unknown>;
  watchPanics(onPanic: (message: string) => void): void;
  checkNames(): string[];
  runCheck(name: string, store: object): Promise<void>;
}

let browser: Browser;
before(async () => void (browser = await Browser.start()));
after(() => browser.stop());

test('IndexedDB keeps the contract of a store', async (t) => {
  const list = await browser.page();
  const names = await list.evaluate(async () => {
    const kit = (await import('/build/kit/kit.js' as string)) as Kit;
    await kit.default({ module_or_path: '/build/kit/kit_bg.wasm' });
    return kit.checkNames();
  });
  assert.ok(names.length >= 10);
  for (const name of names) {
    await t.test(name, async () => {
      // A page each: a check that fails stops its module.
      const page = await browser.page();
      const failure = await page.evaluate(async (name) => {
        const kit = (await import('/build/kit/kit.js' as string)) as Kit;
        const { IndexedDbStore } = (await import('/dist/store/indexed-db.js' as string)) as typeof IndexedDb;
        await kit.default({ module_or_path: '/build/kit/kit_bg.wasm' });
        const panicked = new Promise<string>((resolve) => kit.watchPanics(resolve));
        await IndexedDbStore.delete(name);
        const store = await IndexedDbStore.open(name);
        const failure = await Promise.race([kit.runCheck(name, store).then(() => ''), panicked]);
        store.close();
        await IndexedDbStore.delete(name);
        return failure;
      }, name);
      assert.equal(failure, '');
      await page.close();
    });
  }
});
