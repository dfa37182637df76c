//! What `npm pack` makes, as a program finds it that has it installed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));

/** A program that uses the types in earnest. */
const CONSUMER = `
import { Amphi, AmphiError, type Row } from 'amphi';

interface City { name: string; population: bigint | number | null }

const db = await Amphi.memory({ bigint: 'auto' });
await db.exec('CREATE TABLE city (name TEXT PRIMARY KEY, population BIGINT)');
await db.exec('INSERT INTO city VALUES (?, ?), (?, ?)', ['Oslo', 717710, 'Atlantis', null]);
const cities: City[] = await db.query<City>('SELECT * FROM city ORDER BY name');
const names: string[] = db.querySync<City>('SELECT * FROM city ORDER BY name').map((c) => c.name);
const rows: Row[] = await db.sql\`SELECT population FROM city WHERE name = \${names[1]!}\`;
const sum: number = await db.transaction(async (tx) => (await tx.query('SELECT 1', [], { rows: 'array' })).length);
try {
  await db.query('SELECT nome FROM city');
} catch (e) {
  if (!(e instanceof AmphiError)) throw e;
  console.log(JSON.stringify([cities, rows, sum, e.code, e.position?.column]));
}
await db.close();
`;

test('the packed package compiles and runs in a program of its own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'amphi-package-'));
  try {
    const run = (program: string, ...args: string[]): string =>
      execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const packed = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', folder], { cwd: PACKAGE, encoding: 'utf8' }),
    ) as [{ filename: string; files: { path: string }[] }];
    const strays = packed[0].files.map((f) => f.path).filter((p) => !/^(dist\/.*\.(js|d\.ts|wasm)|README\.md|package\.json)$/.test(p));
    assert.deepEqual(strays, []);
    run('tar', '-xzf', packed[0].filename);
    await mkdir(join(folder, 'node_modules'));
    await rename(join(folder, 'package'), join(folder, 'node_modules/amphi'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'consumer.ts'), CONSUMER);
    const options = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2022'];
    run(join(PACKAGE, 'node_modules/.bin/tsc'), ...options, 'consumer.ts');
    assert.deepEqual(JSON.parse(run('node', 'consumer.js')), [
      [
        { name: 'Atlantis', population: null },
        { name: 'Oslo', population: 717710 },
      ],
      [{ population: 717710 }],
      1,
      '42703',
      8,
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
