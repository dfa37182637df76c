//! Makes JavaScript of the tests in `build`, one file of each, with what they take from the page's sources.

import { build } from 'esbuild';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = join(root, 'build');

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: readdirSync(join(root, 'test'))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(root, 'test', file)),
  outdir,
  bundle: true,
  packages: 'external',
  external: ['../tools/*'],
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
});
