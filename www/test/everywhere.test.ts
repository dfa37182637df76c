//! That the page is for everybody and everywhere: axe, the keyboard alone, a phone, dark and light, and without a network.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { Demo, PHONE, accessibilityProblems, cells, loadShop, picture, run } from './demo.js';

let demo: Demo;
before(async () => void (demo = await Demo.start()));
// Whatever became of it: one page at a time has the database.
afterEach(async () => void (await Promise.all(demo.context.pages().map((page) => page.close()))));
after(() => demo.stop());

/** Every tab of the page, one after the other. */
async function eachPart(page: Page, look: (part: string) => Promise<void>): Promise<void> {
  for (const tab of await page.getByRole('tab').all()) {
    if (!(await tab.isVisible())) continue;
    await tab.click();
    await look((await tab.textContent())!.toLowerCase());
  }
}

const DESKTOP = { width: 1360, height: 860 };
const LOOKS = [
  { name: 'desktop-light', colorScheme: 'light', size: DESKTOP },
  { name: 'desktop-dark', colorScheme: 'dark', size: DESKTOP },
  { name: 'phone-dark', colorScheme: 'dark', size: PHONE },
] as const;

test('axe finds nothing, in light and dark, on a desktop and on a phone', async () => {
  const page = await demo.page();
  await loadShop(page);
  await run(page, 'SELECT * FROM customers');
  for (const { name, colorScheme, size } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    await eachPart(page, async (part) => {
      await picture(page, `${part}-${name}`);
      assert.deepEqual(await accessibilityProblems(page), [], `${part}, ${name}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${part} is ${overflow} pixels too wide: ${name}`);
    });
  }
});

test('the theme that is chosen stays', async () => {
  const page = await demo.page();
  const background = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.body.parentElement!).backgroundColor);
  const light = await background();
  await page.getByRole('radio', { name: 'Dark' }).check();
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await background(), dark);
  await page.getByRole('radio', { name: 'As the system' }).check();
});

test('the keyboard is enough', async () => {
  const page = await demo.page('query', { width: 1360, height: 860 });
  const press = async (key: string): Promise<void> => page.keyboard.press(key);
  const tabUntil = async (name: string): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      await press('Tab');
      const focused = await page.evaluate(() => {
        const { activeElement: element } = document;
        return (
          element?.getAttribute('aria-label') ?? element?.closest('label')?.textContent ?? element?.textContent ?? ''
        );
      });
      if (focused.startsWith(name)) return;
    }
    assert.fail(`Tab does not reach ${name}`);
  };
  await tabUntil('Skip');
  await tabUntil('Sample shop');
  await press('Enter');
  await page.getByText(/^The sample shop has/).waitFor({ state: 'attached' });
  await tabUntil('SQL');
  await press('ControlOrMeta+a');
  await page.keyboard.type('SELECT id, name FROM customers ORDER BY id');
  await press('Escape');
  await press('ControlOrMeta+Enter');
  await page.getByRole('grid').waitFor();
  await tabUntil('Result');
  await press('ArrowDown');
  await press('ArrowRight');
  await press('Enter');
  const value = page.getByRole('dialog').getByLabel('Value');
  assert.equal(await value.textContent(), (await cells(page))[1]![1]);
  await press('Escape');
  // Out of the table, and round to the radio buttons of a placement.
  await page.getByRole('tab', { name: 'Query' }).focus();
  await tabUntil('Memory');
  await press('ArrowLeft');
  await page
    .getByText('is in memory now')
    .or(page.getByText('is dual now'))
    .or(page.getByText('is persistent now'))
    .waitFor({ state: 'attached' });
});

test('a page that was loaded once needs no network', async () => {
  const page = await demo.page();
  await page.getByText('works offline').waitFor();
  await loadShop(page);
  await demo.disconnect();
  await page.reload();
  await run(page, 'SELECT COUNT(*) FROM customers');
  assert.deepEqual(await cells(page), [['400']]);
});
