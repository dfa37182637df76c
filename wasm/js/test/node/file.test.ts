//! Databases in files.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Amphi, AmphiError } from 'amphi';

let folder: string;
before(async () => void (folder = await mkdtemp(join(tmpdir(), 'amphi-file-'))));
after(() => rm(folder, { recursive: true, force: true }));

async function code(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    (e: unknown) => (e instanceof AmphiError ? e.code : String(e)),
  );
}

test('what is in a file is there when it is opened again', async () => {
  const path = join(folder, 'again.amphi');
  const db = await Amphi.open(`file:${path}`);
  for (const placement of ['memory', 'persistent', 'dual']) {
    await db.exec(`CREATE TABLE in_${placement} (id INT PRIMARY KEY, text TEXT) ENGINE = ${placement}`);
    await db.exec(`INSERT INTO in_${placement} SELECT value, CONCAT('row ', value) FROM generate_series(1, 5000)`);
  }
  await db.close();
  for (const address of [path, new URL(`file://${path}`).href]) {
    const again = await Amphi.open(address);
    for (const table of ['in_persistent', 'in_dual']) {
      assert.deepEqual(await again.query(`SELECT COUNT(*) AS n, MAX(text) AS m FROM ${table}`), [{ n: 5000, m: 'row 999' }]);
      assert.deepEqual(await again.query(`SELECT text FROM ${table} WHERE id = 4321`), [{ text: 'row 4321' }]);
    }
    assert.equal(await code(again.query('SELECT * FROM in_memory')), '42P01');
    assert.equal(await again.check(), '');
    await again.exec('UPDATE in_persistent SET text = CONCAT(text, 0) WHERE id = 4321');
    await again.exec("UPDATE in_persistent SET text = 'row 4321' WHERE id = 4321");
    await again.close();
  }
  assert.deepEqual(readdirSync(folder), ['again.amphi']);
  await Amphi.delete(path);
  assert.deepEqual(readdirSync(folder), []);
  await Amphi.delete(path);
});

test('an export is imported from and into files', async () => {
  const db = await Amphi.open(join(folder, 'export.amphi'));
  await db.exec('CREATE TABLE m (id INT PRIMARY KEY); CREATE TABLE p (id INT PRIMARY KEY) ENGINE = persistent');
  await db.exec('INSERT INTO m VALUES (1); INSERT INTO p SELECT value FROM generate_series(1, 3000)');
  const bytes = await db.export();
  assert.equal(await code(db.import(bytes)), '42000');
  const count = 'SELECT (SELECT COUNT(*) FROM m) AS m, (SELECT COUNT(*) FROM p) AS p';
  const copy = await Amphi.import(bytes, join(folder, 'import.amphi'));
  assert.deepEqual(await copy.listPersistentTables(), ['p']);
  assert.deepEqual(await copy.query(count), [{ m: 1, p: 3000 }]);
  const memory = await Amphi.import(bytes);
  assert.deepEqual([await memory.listPersistentTables(), memory.querySync(count)], [[], [{ m: 1, p: 3000 }]]);
  bytes[bytes.length >> 1]! ^= 1;
  assert.equal(await code(Amphi.import(bytes)), 'XX001');
  assert.equal(await code(Amphi.import(bytes.subarray(0, 100))), 'XX001');
  assert.equal(await code(Amphi.import(Uint8Array.of(1, 2, 3))), 'AM004');
  await Promise.all([db.close(), copy.close(), memory.close()]);
  const again = await Amphi.open(join(folder, 'import.amphi'));
  assert.deepEqual(await again.query('SELECT COUNT(*) AS n FROM p'), [{ n: 3000 }]);
  await again.close();
});

/** A program that opens a file and says of each durable commit that it is done. */
const WRITER = `
import { Amphi } from ${JSON.stringify(import.meta.resolve('amphi'))};
const db = await Amphi.open(process.argv[2], { cache: { maxSizeMb: 1 } });
await db.exec('CREATE TABLE IF NOT EXISTS t (n INT PRIMARY KEY, text TEXT) WITH (persistent = true, sync_on_write = true)');
await db.exec('CREATE TABLE IF NOT EXISTS total (id INT PRIMARY KEY, n INT) WITH (persistent = true, sync_on_write = true)');
await db.exec('INSERT IGNORE INTO total VALUES (1, 0)');
for (;;) {
  const [{ n }] = await db.query('SELECT n FROM total');
  await db.transaction(async (tx) => {
    await tx.exec('INSERT INTO t VALUES (?, ?)', [n + 1, 'x'.repeat(3000)]);
    await tx.exec('UPDATE total SET n = n + 1');
  });
  console.log(n + 1);
}
`;

test('a killed process loses nothing that was durable, and nothing is half there', async () => {
  const path = join(folder, 'killed.amphi');
  const program = join(folder, 'writer.mjs');
  writeFileSync(program, WRITER);
  let before = 0;
  const kills = Number(process.env['AMPHI_KILLS'] ?? 4);
  for (let round = 0; round < kills; round++) {
    const writer = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = 0;
    for await (const line of createInterface(writer.stdout)) {
      said = Number(line);
      if (round === 0 && said === 1) assert.equal(await code(Amphi.open(path)), 'AM003');
      if (said >= before + 15 + round) break;
    }
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    const db = await Amphi.open(path);
    const [row] = await db.query<{ total: number; rows: number; last: number }>(
      'SELECT (SELECT n FROM total) AS total, COUNT(*) AS `rows`, MAX(n) AS last FROM t',
    );
    assert.ok(row && row.total >= said, `${said} commits were done, ${row?.total} are there`);
    assert.deepEqual([row.rows, row.last], [row.total, row.total]);
    assert.equal(await db.check(), '');
    await db.close();
    before = row.total;
  }
});

test('a file that is torn is cut, one that is damaged is refused', async () => {
  const path = join(folder, 'torn.amphi');
  const db = await Amphi.open(path);
  await db.exec('CREATE TABLE t (n INT) WITH (persistent = true, sync_on_write = true)');
  const sizes: number[] = [];
  for (let i = 1; i <= 10; i++) {
    await db.exec('INSERT INTO t VALUES (?)', [i]);
    sizes.push(statSync(path).size);
  }
  const whole = readFileSync(path);
  await db.close();
  const copy = join(folder, 'copy.amphi');
  const open = async (bytes: Uint8Array): Promise<unknown> => {
    writeFileSync(copy, bytes);
    const opened = await Amphi.open(copy).catch((e: unknown) => e);
    if (!(opened instanceof Amphi)) return opened instanceof AmphiError ? opened.code : opened;
    const [row] = await opened.query<{ n: number }>('SELECT COUNT(*) AS n FROM t');
    await opened.close();
    return row?.n;
  };
  for (const [i, size] of sizes.entries()) {
    assert.equal(await open(whole.subarray(0, size)), i + 1);
    assert.equal(await open(whole.subarray(0, size - 1)), i);
    if (i < 9) {
      const damaged = Buffer.from(whole);
      damaged[size - 1]! ^= 1;
      assert.equal(await open(damaged), 'XX001');
    }
  }
  const later = Buffer.from(whole);
  later[8] = 2;
  assert.equal(await open(later), 'AM004');
  assert.equal(await open(Buffer.from('something else altogether')), 'AM004');
  // A creation cut short is none.
  writeFileSync(copy, whole.subarray(0, 5));
  const created = await Amphi.open(copy);
  await created.close();
  // The index at the end is no part of the database.
  truncateSync(path, statSync(path).size - 3);
  const again = await Amphi.open(path);
  assert.deepEqual(await again.query('SELECT COUNT(*) AS n FROM t'), [{ n: 10 }]);
  await again.close();
});

test('a file does not grow for ever', async () => {
  const path = join(folder, 'compact.amphi');
  const db = await Amphi.open(path, { cache: { maxSizeMb: 1 } });
  await db.exec('CREATE TABLE t (id INT PRIMARY KEY, text TEXT) ENGINE = persistent');
  await db.exec("INSERT INTO t SELECT value, REPEAT('x', 1000) FROM generate_series(1, 4000)");
  await db.flush();
  let written = 0;
  for (let round = 0; round < 20; round++) {
    await db.exec('UPDATE t SET text = CONCAT(LEFT(text, 990), ?)', [`round ${round}`]);
    await db.flush();
    written += 4_000_000;
  }
  const size = statSync(path).size;
  assert.ok(size < written / 2, `${size} bytes after ${written} were written`);
  assert.deepEqual(await db.query("SELECT COUNT(*) AS n FROM t WHERE text LIKE '%xround 19'"), [{ n: 4000 }]);
  await db.close();
  const again = await Amphi.open(path);
  assert.deepEqual(await again.query("SELECT COUNT(*) AS n FROM t WHERE text LIKE '%xround 19'"), [{ n: 4000 }]);
  assert.equal(await again.check(), '');
  await again.close();
  assert.ok(!existsSync(`${path}.new`) && !existsSync(`${path}.lock`));
});

test('who cannot have the file is told why', async () => {
  const path = join(folder, 'taken.amphi');
  const db = await Amphi.open(path);
  assert.equal(await code(Amphi.open(path)), 'AM003');
  assert.equal(await code(Amphi.delete(path)), 'AM003');
  await db.close();
  // The lock of a process that is gone.
  writeFileSync(`${path}.lock`, '999999999 1\n');
  const next = await Amphi.open(path);
  await next.close();
  assert.equal(await code(Amphi.open(join(folder, 'missing', 'x.amphi'))), '58030');
  assert.equal(await code(Amphi.open(`file:${folder}`)), '58030');
  assert.equal(await code(Amphi.open('shop')), 'F0000');
});

/** What `tests/browser` exports. */
interface Kit {
  default(source: { module_or_path: unknown }): Promise<unknown>;
  watchPanics(onPanic: (message: string) => void): void;
  checkNames(): string[];
  runCheck(name: string, store: object): Promise<void>;
}

test('a file keeps the contract of a store', async (t) => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const module = readFileSync(join(root, 'build/kit/kit_bg.wasm'));
  const { FileStore } = (await import(join(root, 'dist/store/file.js'))) as typeof import('../../dist/store/file.js');
  const kit = (await import(join(root, 'build/kit/kit.js'))) as Kit;
  await kit.default({ module_or_path: module });
  const panicked = new Promise<string>((resolve) => kit.watchPanics(resolve));
  const names = kit.checkNames();
  assert.ok(names.length >= 10);
  for (const name of names) {
    await t.test(name, async () => {
      const path = join(folder, `check-${name}`);
      const store = FileStore.open(path);
      assert.equal(await Promise.race([kit.runCheck(name, store).then(() => ''), panicked]), '');
      store.close();
      FileStore.delete(path);
    });
  }
});
