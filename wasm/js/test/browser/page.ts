//! Pages in headless Chromium that have the package, served from this folder on localhost.

import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type LaunchOptions, type Page } from 'playwright-core';

/** The package's folder. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };

/** The package by its name, without a bundler, as any page may have it. */
const PAGE = `<!doctype html><title>Amphi</title>
<script type="importmap">{ "imports": { "amphi": "/dist/index.js" } }</script>`;

function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (path === '/') return void response.setHeader('content-type', 'text/html').end(PAGE);
    const file = createReadStream(join(folder, path));
    file.on('error', () => response.writeHead(404).end());
    file.on('open', () => {
      response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
      file.pipe(response);
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function launchOptions(): LaunchOptions {
  const executablePath = process.env['AMPHI_CHROMIUM'];
  return {
    ...(executablePath ? { executablePath } : {}),
    headless: true,
    // Tests may run as root, in a container.
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
  };
}

/** A browser with a profile of its own. */
export class Browser {
  private constructor(
    private readonly server: Server,
    private readonly profile: string,
    readonly context: BrowserContext,
  ) {}

  /**
   * Starts the Chromium that `AMPHI_CHROMIUM` names, or else the one that playwright has downloaded. Its pages are from
   * this package's folder, or from another one.
   */
  static async start(folder = ROOT): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'amphi-browser-'));
    const context = await chromium.launchPersistentContext(profile, launchOptions());
    return new Browser(await serve(folder), profile, context);
  }

  /** A new page, at a path. What goes wrong in it is printed. */
  async page(path = ''): Promise<Page> {
    const page = await this.context.newPage();
    page.on('pageerror', (e) => console.log(`# page: ${e.message}`));
    await page.goto(this.address(path));
    return page;
  }

  /** The address of a path. */
  address(path = ''): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}/${path}`;
  }

  /** Runs something with pages of private windows: each is the first one of a window of its own, which keeps nothing. */
  async privately(work: (open: () => Promise<Page>) => Promise<void>): Promise<void> {
    const browser = await chromium.launch(launchOptions());
    try {
      await work(async () => {
        const page = await (await browser.newContext()).newPage();
        await page.goto(this.address());
        return page;
      });
    } finally {
      await browser.close();
    }
  }

  async stop(): Promise<void> {
    await this.context.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.profile, { recursive: true, force: true });
  }
}

/** Kills the renderer of a page. */
export async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash');
  void page.goto('chrome://crash').catch(() => undefined);
  await crashed;
  await page.close();
}
