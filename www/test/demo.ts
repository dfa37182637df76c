//! The built page in headless Chromium, and what the tests do with it again and again.

import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { addressOf, serve } from '../tools/serve.mjs';

/** Where pictures of the page are kept. */
const PICTURES = fileURLToPath(new URL('../../target/www-screenshots', import.meta.url));

/** A phone's screen. */
export const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1360, height: 860 };

/** A browser with a profile of its own, and the server of the page. */
export class Demo {
  private constructor(
    private readonly server: Server,
    private readonly profile: string,
    readonly context: BrowserContext,
  ) {}

  /** Starts the Chromium that `AMPHI_CHROMIUM` names, or else the one that playwright has downloaded. */
  static async start(): Promise<Demo> {
    mkdirSync(PICTURES, { recursive: true });
    const profile = await mkdtemp(join(tmpdir(), 'amphi-demo-'));
    const executablePath = process.env['AMPHI_CHROMIUM'];
    const context = await chromium.launchPersistentContext(profile, {
      ...(executablePath ? { executablePath } : {}),
      headless: true,
      viewport: DESKTOP,
      // Tests may run as root, in a container.
      chromiumSandbox: false,
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
    context.setDefaultTimeout(15_000);
    return new Demo(await serve(0), profile, context);
  }

  /** The page once its database is open. What goes wrong in it fails the test. */
  async page(part = 'query', size = DESKTOP): Promise<Page> {
    const page = await this.context.newPage();
    page.on('pageerror', (e) => {
      throw e;
    });
    await page.setViewportSize(size);
    await page.goto(`${addressOf(this.server)}#${part}`);
    await page.locator('.tables-panel').waitFor({ state: 'attached' });
    return page;
  }

  /** Ends the server: from then on there is no network. */
  async disconnect(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  async stop(): Promise<void> {
    await this.context.close();
    await this.disconnect();
    await rm(this.profile, { recursive: true, force: true });
  }
}

/** Keeps a picture of what is seen. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** Makes the sample shop. */
export async function loadShop(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sample shop', exact: true }).click();
  await page.getByText(/^The sample shop has/).waitFor({ state: 'attached' });
  await page.locator('[data-table="products"]').waitFor();
}

/** Puts a text into the editor. */
export async function write(page: Page, sql: string): Promise<void> {
  await page.getByRole('textbox', { name: 'SQL' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(sql);
}

/** Runs a text in the editor, and waits for what comes of it. */
export async function run(page: Page, sql: string): Promise<void> {
  await write(page, sql);
  const before = await page.locator('.results').getAttribute('data-runs');
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.locator(`.results:not([data-runs="${before}"])[aria-busy="false"]`).waitFor();
}

/** The rows that are seen of a result, by their cells. */
export async function cells(page: Page): Promise<string[][]> {
  await page.locator('.grid-body .grid-row').first().waitFor();
  return page
    .locator('.grid-body .grid-row')
    .evaluateAll((rows) =>
      rows
        .sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
        .map((row) => [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent)),
    );
}

/** The table's card in the list. */
export function card(page: Page, table: string): ReturnType<Page['locator']> {
  return page.locator(`[data-table="${table}"]`);
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong in the page as it is. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as typeof import('axe-core') & { axe: typeof import('axe-core') };
    const { violations } = await axe.run();
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
    );
  });
}
