//! The other parts of the page: counters, what a reload leaves, CSV files, the benchmark.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Demo, accessibilityProblems, card, cells, loadShop, picture, run } from './demo.js';

let demo: Demo;
before(async () => void (demo = await Demo.start()));
// Whatever became of it: one page at a time has the database.
afterEach(async () => void (await Promise.all(demo.context.pages().map((page) => page.close()))));
after(() => demo.stop());

test('counters move while the shop is open', async () => {
  const page = await demo.page('counters');
  await page.getByRole('button', { name: 'Open the shop' }).click();
  await page.getByText('Load the sample shop first:').waitFor();
  await loadShop(page);
  await page.getByRole('button', { name: 'Open the shop' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.plots path.line[d*="L"]').length >= 6);
  const figures = (): Promise<string[]> => page.locator('.figure').allTextContents();
  const before = await figures();
  const moving = [
    'Blocks read from memory',
    'Rows written to memory',
    'Rows written to IndexedDB',
    'Commits',
    'Batches to IndexedDB',
  ];
  await page.waitForFunction(
    ({ before, moving }) => {
      const now = [...document.querySelectorAll('.figure')].map((figure) => figure.textContent);
      return moving.every((name) => now.some((text, i) => text!.startsWith(name) && text !== before[i]));
    },
    { before, moving },
  );
  await picture(page, 'counters-open');
  await page.getByRole('button', { name: 'Close the shop' }).click();
});

test('a reload leaves what is persistent or dual', async () => {
  const page = await demo.page('reload');
  await loadShop(page);
  await page.getByRole('button', { name: 'Reload the page' }).click();
  await page.getByText('9,095 of 10,595 rows survived the reload.').waitFor();
  const rows = await page
    .locator('.reload tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
  assert.deepEqual(
    rows.map(([table, placement, before, after]) => [table, placement, before, after]),
    [
      ['customers', 'persistent', '400', '400'],
      ['order_items', 'persistent', '6,075', '6,075'],
      ['orders', 'persistent', '2,500', '2,500'],
      ['page_views', 'memory', '1,500', '–'],
      ['products', 'dual', '120', '120'],
    ],
  );
  await picture(page, 'reload-after');
  // Only the button makes a comparison.
  await page.reload();
  await page.getByText('4 tables of 4 would be there again.').waitFor();
});

/** A CSV file of so many rows, some with commas, quotes, line breaks and nothing in them. */
function csv(rows: number): Buffer {
  const lines = Array.from(
    { length: rows },
    (_, i) =>
      `${i + 1},"item ""${i}"",\n${i % 7}",${i / 8},2024-02-${String(1 + (i % 28)).padStart(2, '0')},${i % 2 === 0},${i % 3 === 0 ? '' : 9_000_000_000 + i},0${i}`,
  );
  return Buffer.from(['id,name,price,day,fresh,serial,code', ...lines].join('\n'));
}

test('a CSV file becomes a table, with types and progress', async () => {
  const page = await demo.page();
  await page.getByRole('button', { name: 'CSV file' }).click();
  await page
    .getByLabel('Choose a file')
    .setInputFiles({ name: 'Spring sales.csv', mimeType: 'text/csv', buffer: csv(25_000) });
  const dialog = page.getByRole('dialog');
  const guessed = dialog.getByRole('combobox');
  await guessed.first().waitFor();
  assert.deepEqual(await guessed.evaluateAll((all) => all.map((one) => (one as HTMLSelectElement).value)), [
    'INT',
    'TEXT',
    'DOUBLE',
    'DATE',
    'BOOLEAN',
    'BIGINT',
    'TEXT',
  ]);
  assert.equal(await dialog.getByLabel('Table').inputValue(), 'spring_sales');
  await picture(page, 'csv');
  assert.deepEqual(await accessibilityProblems(page), []);
  await dialog.getByRole('radio', { name: 'Dual' }).check();
  const progress = page.evaluate(async () => {
    const seen = new Set<number>();
    while (!document.querySelector('progress')) await new Promise(requestAnimationFrame);
    for (let bar; (bar = document.querySelector('progress'));) {
      seen.add(bar.value);
      await new Promise(requestAnimationFrame);
    }
    return [...seen];
  });
  await dialog.getByRole('button', { name: 'Import' }).click();
  await card(page, 'spring_sales').getByText('25,000 rows').waitFor();
  assert.ok((await progress).length >= 3, 'progress is shown');
  await run(
    page,
    'SELECT COUNT(*), SUM(id), SUM(price), COUNT(serial), MAX(serial), MIN(day), SUM(fresh), MAX(name) FROM spring_sales',
  );
  assert.deepEqual(await cells(page), [
    ['25000', '312512500', '39060937.5', '16666', '9000024998', '2024-02-01', '12500', 'item "9999",\n3'],
  ]);
});

test('a value that does not fit is refused, and what was before it stays', async () => {
  const page = await demo.page();
  const rows = Array.from({ length: 3000 }, (_, i) => (i === 2500 ? 'many' : String(i)));
  await page.getByRole('button', { name: 'CSV file' }).click();
  await page
    .getByLabel('Choose a file')
    .setInputFiles({ name: 'wrong.csv', mimeType: 'text/csv', buffer: Buffer.from(['n', ...rows].join('\n')) });
  await page.getByRole('button', { name: 'Import' }).click();
  await page.getByRole('alert').getByText('many').waitFor();
  await page.keyboard.press('Escape');
  await card(page, 'wrong').getByText('2,000 rows').waitFor();
});

test('the benchmark measures every placement', async () => {
  const page = await demo.page('benchmark');
  await page.getByRole('combobox', { name: 'Rows' }).selectOption('1000');
  await page.getByRole('button', { name: 'Measure' }).click();
  await page.locator('.benchmark').getByText('Measured on 1,000 rows.').waitFor();
  const cells = await page.locator('.measured').allTextContents();
  assert.equal(cells.length, 21);
  assert.deepEqual(
    cells.filter((cell) => !/^[\d.]+ (µs|ms|s)( [\d.]+×)?$/.test(cell)),
    ['gone'],
  );
  await picture(page, 'benchmark-done');
});
