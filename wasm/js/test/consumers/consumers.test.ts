//! Projects that install what `npm pack` makes, build it with their bundlers, and run it in Node and Chromium.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Browser } from '../browser/page.js';

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
const CONSUMERS = join(PACKAGE, 'test/consumers');
const ANSWER = [{ name: 'one' }, { name: 'two' }, { n: 2 }];

const start = promisify(execFile);

/** Runs a program and answers what it prints. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  try {
    return (await start(program, args, { cwd, encoding: 'utf8' })).stdout;
  } catch (e) {
    const { stdout, stderr, message } = e as Error & { stdout: string; stderr: string };
    throw new Error(`${message}\n${stdout}\n${stderr}`);
  }
}

/** A tool of the folder that this is in. */
function tool(cwd: string, name: string, ...args: string[]): Promise<string> {
  return run(cwd, join(CONSUMERS, 'node_modules/.bin', name), ...args);
}

let folder: string;
let tarball: string;
let browser: Browser;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amphi-consumers-'));
  await cp(join(CONSUMERS, 'projects'), folder, { recursive: true });
  const packed = await run(PACKAGE, 'npm', 'pack', '--json', '--silent', '--pack-destination', folder);
  tarball = join(folder, (JSON.parse(packed) as [{ filename: string }])[0].filename);
  // All projects find it in the folder above them.
  await run(folder, 'npm', 'install', '--no-save', '--offline', '--no-audit', '--no-fund', '--prefix', folder, tarball);
  browser = await Browser.start(folder);
});

after(async () => {
  await browser.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What a page of a project shows. */
async function shown(path: string): Promise<unknown> {
  const page = await browser.page(path);
  await page.waitForFunction(() => document.title !== '');
  const title = await page.title();
  await page.close();
  assert.ok(!title.startsWith('failed'), title);
  return JSON.parse(title);
}

test('Node, with the module beside the package and without', async () => {
  const node = join(folder, 'node');
  assert.deepEqual(JSON.parse(await run(node, 'node', 'main.mjs')), ANSWER);
  assert.deepEqual(JSON.parse(await run(node, 'node', 'slim.mjs')), ANSWER);
});

test('a page without a bundler', async () => {
  assert.deepEqual(await shown('unbundled/index.html'), [ANSWER, ANSWER]);
});

test('a Worker of the page', async () => {
  assert.deepEqual(await shown('worker/index.html'), [ANSWER]);
});

test('Vite', async () => {
  await tool(join(folder, 'vite'), 'vite', 'build', '--base', './', '--logLevel', 'error');
  assert.deepEqual(await shown('vite/dist/index.html'), [ANSWER, ANSWER]);
});

test('webpack', async () => {
  const project = join(folder, 'webpack');
  await run(project, 'node', join(CONSUMERS, 'webpack.mjs'), project);
  assert.deepEqual(await shown('webpack/index.html'), [ANSWER, ANSWER]);
});

test('esbuild, which is given the module', async () => {
  const options = ['--bundle', '--format=esm', '--splitting', '--loader:.wasm=file', '--outdir=dist', '--log-level=error'];
  await tool(join(folder, 'esbuild'), 'esbuild', 'main.js', ...options);
  assert.deepEqual(await shown('esbuild/index.html'), [ANSWER]);
});

test('publint and arethetypeswrong find nothing', async () => {
  const found = await tool(PACKAGE, 'publint', 'run', tarball, '--strict');
  assert.match(found, /All good/);
  // The package is for importing only.
  await tool(PACKAGE, 'attw', tarball, '--profile', 'esm-only', '--format', 'table-flipped', '--exclude-entrypoints', 'amphi_bg.wasm');
});
