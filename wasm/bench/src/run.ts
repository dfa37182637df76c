//! Measures Amphi beside others in headless Chromium and prints tables of medians and ratios:
//! `node build/run.js [classic|commits|bulk|reopen|start|point …]`, after `cargo xtask wasm`.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import type { Task } from './page/worker.js';
import { serve } from './server.js';
import { printSizes } from './sizes.js';
import { printTable, type Measured } from './table.js';

/** How often each is measured; the medians are shown. */
const RUNS = Number(process.env['AMPHI_BENCH_RUNS'] ?? 3);
/** Milliseconds that one measurement may take. */
const TIMEOUT = 300_000;

const MEMORY = ['Amphi', 'sqlite-wasm', 'sql.js', 'wa-sqlite', 'PGlite'];
const STORED = ['Amphi', 'Amphi, durable', 'sqlite-wasm', 'wa-sqlite', 'PGlite'];

/** Runs a task in a new worker of the page. */
async function inWorker(page: Page, task: Task): Promise<Record<string, number>> {
  return page.evaluate(
    async ([task, timeout]) => {
      const worker = new Worker('/bench/worker.js', { type: 'module' });
      try {
        const answer = await new Promise<{ times?: Record<string, number>; error?: string }>((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (e) => reject(new Error(e.message));
          setTimeout(() => resolve({ error: 'it took too long' }), timeout);
          worker.postMessage(task);
        });
        if (!answer.times) throw new Error(answer.error);
        return answer.times;
      } finally {
        worker.terminate();
      }
    },
    [task, TIMEOUT] as const,
  );
}

/** Starts a browser with a profile that nothing is stored in, and closes it in the end. */
async function inBrowser<T>(address: string, work: (page: Page) => Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), 'amphi-bench-'));
  const executablePath = process.env['AMPHI_CHROMIUM'];
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath ? { executablePath } : {}),
    headless: true,
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'],
  });
  try {
    const page = await context.newPage();
    await page.goto(address);
    return await work(page);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** Several tasks one after another, as often as asked: the times of each run. One that fails is reported and left out. */
async function measure(address: string, peer: string, stored: string | undefined, tasks: Task['measurement'][]): Promise<Measured> {
  const measured: Measured = { peer, runs: [] };
  for (let run = 0; run < RUNS; run++) {
    try {
      const times = await inBrowser(address, async (page) => {
        const all: Record<string, number> = {};
        for (const measurement of tasks) Object.assign(all, await inWorker(page, { measurement, peer, stored }));
        return all;
      });
      measured.runs.push(times);
    } catch (e) {
      console.log(`# ${peer}: ${e instanceof Error ? e.message : String(e)}`);
      break;
    }
  }
  return measured;
}

async function table(
  title: string,
  address: string,
  peers: string[],
  stored: string | undefined,
  tasks: Task['measurement'][],
  withSum: boolean,
): Promise<void> {
  const all: Measured[] = [];
  for (const peer of peers) all.push(await measure(address, peer, stored, tasks));
  printTable(title, all, withSum);
}

const asked = process.argv.slice(2);
const wants = (name: string): boolean => asked.length === 0 || asked.includes(name);
const server = await serve();
try {
  const { address } = server;
  if (wants('size')) printSizes();
  if (wants('start')) await table('Start, in memory', address, MEMORY, undefined, ['start'], false);
  if (wants('point')) await table('Point queries, resident', address, ['Amphi'], undefined, ['point'], false);
  if (wants('commits')) await table('Commits', address, ['IndexedDB', ...STORED], 'bench', ['commits'], false);
  if (wants('bulk')) await table('Bulk load, and reopening', address, STORED, 'bench', ['bulk', 'reopen'], false);
  if (wants('classic')) {
    await table('The classic speed test, in memory', address, MEMORY, undefined, ['classic'], true);
    await table('The classic speed test, stored', address, STORED, 'bench', ['classic'], true);
  }
} finally {
  await server.stop();
}
