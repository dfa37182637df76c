//! Running SQL in the page: rows, many rows, charts, plans, errors; and moving tables.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { Demo, accessibilityProblems, card, cells, loadShop, picture, run, write } from './demo.js';

let demo: Demo;
let page: Page;
before(async () => {
  demo = await Demo.start();
  page = await demo.page();
});
after(() => demo.stop());

test('the sample shop, a query of it, its chart and its plan', async () => {
  await picture(page, 'welcome');
  await loadShop(page);
  assert.equal(await card(page, 'orders').locator('[data-rows]').textContent(), '2,500 rows');
  // What is in the editor at the first visit.
  await page.getByRole('button', { name: 'Run' }).click();
  await page.locator('.grid').waitFor();
  const months = await cells(page);
  assert.deepEqual([months.length, months[0]![0]], [18, '2024-01']);
  await picture(page, 'query');
  await page.getByRole('radio', { name: 'Chart' }).check();
  const chart = page.getByRole('img', { name: /^revenue by month/ });
  assert.equal(await chart.locator('rect').count(), 18);
  await picture(page, 'chart');
  await page.getByRole('radio', { name: 'Table' }).check();
  await page.getByRole('button', { name: 'Analyze' }).click();
  const plan = page.getByRole('group', { name: 'Plan of the query' });
  await plan.getByText('Scan o (orders)').waitFor();
  assert.ok((await plan.locator('.badge.persistent').count()) >= 2);
  assert.match(await plan.innerText(), /rows 18\s+estimated/);
  await picture(page, 'plan');
});

test('a hundred thousand rows scroll, by mouse and by key, and few of them are elements', async () => {
  await run(page, 'SELECT value AS n, value * 2 AS twice FROM generate_series(1, 100000)');
  const grid = page.getByRole('grid');
  assert.equal(await grid.getAttribute('aria-rowcount'), '100001');
  assert.ok((await page.locator('.grid-body .grid-row').count()) < 100);
  await grid.evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
  await page.getByRole('gridcell', { name: '50000', exact: true }).waitFor();
  await grid.focus();
  await page.keyboard.press('Control+End');
  const last = page.getByRole('gridcell', { name: '200000', exact: true });
  await last.waitFor();
  assert.equal(await grid.getAttribute('aria-activedescendant'), await last.getAttribute('id'));
  await page.keyboard.press('PageUp');
  await page.keyboard.press('Control+Home');
  await page.getByRole('gridcell', { name: '1', exact: true }).waitFor();
  assert.deepEqual((await cells(page))[0], ['1', '2']);
});

test('an error is shown and its place marked', async () => {
  await run(page, 'SELECT 1;\nSELECT name, nope FROM products');
  await page.locator('.error').getByText('unknown column nope at line 2, column 14 42703').waitFor();
  assert.equal(await page.locator('.cm-lintRange-error').textContent(), 'nope');
  await picture(page, 'error');
  await write(page, 'SELECT NULL AS nothing');
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.locator('.cell.null').waitFor();
  assert.equal(await page.locator('.cm-lintRange-error').count(), 0);
});

test('what is selected runs alone, and so does the statement at the cursor', async () => {
  await write(page, 'SELECT 1 AS one;\nSELECT 2 AS two');
  await page.keyboard.press('Shift+Home');
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.getByRole('columnheader', { name: 'two' }).waitFor();
  assert.equal(await page.getByRole('combobox', { name: 'Statement' }).count(), 0);
  await page.keyboard.press('ControlOrMeta+Home');
  await page.keyboard.press('ControlOrMeta+Shift+Enter');
  await page.getByRole('columnheader', { name: 'one' }).waitFor();
});

test('a transaction lasts over several runs', async () => {
  await run(page, 'BEGIN');
  await run(page, 'DELETE FROM page_views');
  await run(page, 'ROLLBACK');
  await run(page, 'SELECT COUNT(*) AS n FROM page_views');
  assert.deepEqual(await cells(page), [['1500']]);
});

test('names of tables and columns complete', async () => {
  await write(page, 'SELECT sto FROM products');
  await page.keyboard.press('Home');
  for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Control+Space');
  await page.locator('.cm-tooltip-autocomplete').getByText('stock').waitFor();
  await page.keyboard.press('Escape');
});

test('what was run is in the history, also after a reload', async () => {
  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('dialog').getByText('SELECT COUNT(*) AS n FROM page_views').waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.keyboard.press('Escape');
  await page.reload();
  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('dialog').getByText('SELECT COUNT(*) AS n FROM page_views').click();
  assert.equal(await page.getByRole('textbox', { name: 'SQL' }).innerText(), 'SELECT COUNT(*) AS n FROM page_views');
});

test('tables move between placements, and keep their rows', async () => {
  await loadShop(page);
  const placements = async (): Promise<string[][]> => {
    await run(
      page,
      "SELECT TABLE_NAME, ENGINE, TABLE_ROWS FROM information_schema.tables WHERE TABLE_NAME IN ('products', 'page_views') ORDER BY 1",
    );
    return cells(page);
  };
  const move = async (table: string, placement: 'Memory' | 'Persistent' | 'Dual', said: string): Promise<void> => {
    await card(page, table).getByRole('radio', { name: placement }).check();
    await page.getByText(`${table} is ${said} now`).waitFor({ state: 'attached' });
  };
  assert.deepEqual(await placements(), [
    ['page_views', 'memory', '1500'],
    ['products', 'dual', '120'],
  ]);
  await move('page_views', 'Persistent', 'persistent');
  await move('products', 'Memory', 'in memory');
  assert.deepEqual(await placements(), [
    ['page_views', 'persistent', '1500'],
    ['products', 'memory', '120'],
  ]);
  await move('page_views', 'Dual', 'dual');
  await move('products', 'Persistent', 'persistent');
  assert.deepEqual(await placements(), [
    ['page_views', 'dual', '1500'],
    ['products', 'persistent', '120'],
  ]);
});

test('commits of a table wait for the disk if they are to, and a table is dropped after asking', async () => {
  const views = card(page, 'page_views');
  const isSync = async (): Promise<string[][]> => {
    await run(page, "SELECT SYNC_ON_WRITE FROM information_schema.tables WHERE TABLE_NAME = 'page_views'");
    return cells(page);
  };
  await views.locator('summary').click();
  assert.deepEqual(await isSync(), [['NO']]);
  await views.getByRole('checkbox', { name: 'A commit waits for the disk' }).check();
  await page.getByText('page_views is dual now').waitFor({ state: 'attached' });
  assert.deepEqual(await isSync(), [['YES']]);
  await views.getByRole('button', { name: 'Drop' }).click();
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
  await views.getByRole('button', { name: 'Drop' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click();
  await views.waitFor({ state: 'detached' });
});
