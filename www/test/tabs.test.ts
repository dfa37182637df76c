//! Several tabs on one database: what one writes the others show at once, and they go on when one is closed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Demo, cells, picture, run } from './demo.js';

let demo: Demo;
before(async () => void (demo = await Demo.start()));
after(() => demo.stop());

test('two tabs show what either writes, and one goes on without the other', async () => {
  const one = await demo.page('live');
  await one.getByText('No notes yet.').waitFor();
  const opened = demo.context.waitForEvent('page');
  await one.getByRole('button', { name: 'Open a second tab' }).click();
  const two = await opened;
  await two.getByText('No notes yet.').waitFor();
  assert.notEqual(await one.locator('.tab-name').textContent(), await two.locator('.tab-name').textContent());
  const write = async (page: typeof one, text: string): Promise<void> => {
    await page.getByRole('textbox', { name: 'A note' }).fill(text);
    await page.keyboard.press('Enter');
  };
  await write(one, 'hello from the first');
  await two.locator('.notes').getByText('hello from the first').waitFor();
  await write(two, 'and from the second');
  await one.locator('.notes').getByText('and from the second').waitFor();
  await two.getByRole('button', { name: '+1' }).click();
  await one.getByRole('button', { name: '+1' }).click();
  for (const page of [one, two]) await page.locator('.counter').getByText('2', { exact: true }).waitFor();
  // The query of the other card, of which each tab has one row by now.
  await one.getByRole('group', { name: 'Answer' }).locator('tbody tr').nth(1).waitFor();
  await picture(one, 'live-tabs');

  await run(await shownQuery(one), 'CREATE TABLE of_one (n INT) ENGINE = persistent; INSERT INTO of_one VALUES (7)');
  await two.locator('[data-table="of_one"]').waitFor();
  // The first one has the engine.
  await one.close();
  await write(two, 'alone now');
  await two.locator('.notes').getByText('alone now').waitFor();
  assert.equal(await two.locator('.notes li').count(), 3);
  await run(await shownQuery(two), 'SELECT n FROM of_one');
  assert.deepEqual(await cells(two), [['7']]);
});

async function shownQuery(page: Awaited<ReturnType<Demo['page']>>): Promise<typeof page> {
  await page.getByRole('tab', { name: 'Query' }).click();
  return page;
}
