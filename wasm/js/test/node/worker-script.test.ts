//! The script of the Worker, as bundlers see it that make one file of it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));

test('all that the script of the Worker may load comes with it, and it starts no Worker', async () => {
  const [needed, later] = [new Set(['worker.js']), new Set<string>()];
  for (const file of needed) {
    const text = await readFile(join(DIST, file), 'utf8');
    assert.doesNotMatch(text, /new Worker\(/, file);
    const beside = (path: string): string => join(dirname(file), path);
    for (const [, path] of text.matchAll(/(?:^|\n)(?:import|export)\s[^;]*?['"](\.[^'"]+)['"];/g)) needed.add(beside(path!));
    for (const [, path] of text.matchAll(/\bimport\(['"](\.[^'"]+)['"]\)/g)) later.add(beside(path!));
  }
  assert.ok(needed.has('open.js') && later.has('tabs/shared.js'), [...needed].join(', '));
  assert.deepEqual([...later].filter((file) => !needed.has(file)), []);
});
