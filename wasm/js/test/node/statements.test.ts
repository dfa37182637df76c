//! Statements, transactions and errors of the package, on tables in memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Amphi, AmphiError } from 'amphi';

/** The error of a promise that must fail. */
async function error(promise: Promise<unknown>): Promise<AmphiError> {
  const failed = await promise.then(() => undefined, (e: unknown) => e);
  assert.ok(failed instanceof AmphiError, `it failed with ${String(failed)}`);
  return failed;
}

async function shop(): Promise<Amphi> {
  const db = await Amphi.memory();
  await db.exec('CREATE TABLE item (id INT PRIMARY KEY AUTO_INCREMENT, name TEXT NOT NULL UNIQUE, size TINYINT)');
  return db;
}

test('statements say what they changed, by position, by name and as a template', async () => {
  const db = await shop();
  assert.deepEqual(await db.exec('INSERT INTO item (name) VALUES (?), (?)', ['a', 'b']), {
    rowsAffected: 2,
    lastInsertId: 1,
  });
  assert.equal((await db.exec('UPDATE item SET size = :n WHERE name = :name', { n: 3, name: 'b' })).rowsAffected, 1);
  const name = "it's";
  await db.sql`INSERT INTO item (name, size) VALUES (${name}, ${4})`;
  assert.deepEqual(await db.sql<{ id: number }>`SELECT id FROM item WHERE name = ${name}`, [{ id: 3 }]);
  const all = await db.run('SELECT id, size FROM item ORDER BY id');
  assert.deepEqual(all.columns, [
    { name: 'id', type: 'INT' },
    { name: 'size', type: 'TINYINT' },
  ]);
  assert.deepEqual(all.rows.at(-1), { id: 3, size: 4 });
  await db.close();
});

test('a prepared statement survives a change of the schema', async () => {
  const db = await shop();
  const insert = await db.prepare('INSERT INTO item (name) VALUES (?)');
  const find = await db.prepare('SELECT * FROM item WHERE id = ?');
  assert.deepEqual([insert.parameterCount, insert.columns.length, find.columns], [1, 0, ['id', 'name', 'size']]);
  for (let i = 0; i < 100; i++) await insert.exec([`item ${i}`]);
  assert.deepEqual(find.querySync([50]), [{ id: 50, name: 'item 49', size: null }]);
  await db.exec('ALTER TABLE item DROP COLUMN size');
  assert.deepEqual(await find.query([51]), [{ id: 51, name: 'item 50' }]);
  assert.throws(() => insert.querySync(['x']), { code: '42000' });
  find.close();
  insert.close();
  await db.close();
});

test('errors have codes, tables, columns and positions', async () => {
  const db = await shop();
  await db.exec("INSERT INTO item (name) VALUES ('a')");
  const duplicate = await error(db.exec("INSERT INTO item (name) VALUES ('a')"));
  assert.deepEqual([duplicate.code, duplicate.table, duplicate.retryable], ['23505', 'item', false]);
  const missing = await error(db.exec('INSERT INTO item (name) VALUES (NULL)'));
  assert.deepEqual([missing.code, missing.table, missing.column], ['23502', 'item', 'name']);
  const big = await error(db.exec("INSERT INTO item (name, size) VALUES ('b', 300)"));
  assert.deepEqual([big.code, big.table, big.column], ['22003', 'item', 'size']);
  const unknown = await error(db.query('SELECT 1,\n  nome FROM item'));
  assert.deepEqual([unknown.code, unknown.column, unknown.position], ['42703', 'nome', { line: 2, column: 3 }]);
  assert.throws(() => db.querySync('SELECT * FROM nothing'), { name: 'AmphiError', code: '42P01', table: 'nothing' });
  assert.equal((await error(Amphi.memory({ cache: { maxSizeMb: 0 } }))).code, 'F0000');
  assert.match((await error(Amphi.memory({ nmae: 'x' } as object))).message, /nmae/);
  assert.equal((await error(Amphi.open('file://x'))).code, 'F0000');
  const noIndexedDb = await error(Amphi.open('idb://x'));
  assert.deepEqual([noIndexedDb.code, /indexedDB is not defined/.test(noIndexedDb.message)], ['58030', true]);
  assert.equal(await Amphi.requestPersistentStorage(), false);
  assert.equal((await error(db.enablePersistence('item'))).code, 'AM001');
  await db.close();
  assert.equal((await error(db.query('SELECT 1'))).code, '08003');
  await db.close();
});

test('a transaction is whole or not at all', async () => {
  const db = await shop();
  const names = async (): Promise<unknown> => (await db.query('SELECT name FROM item ORDER BY name', [], { rows: 'array' })).flat();
  const sum = await db.transaction(async (tx) => {
    await Promise.all(['a', 'b', 'c'].map((name) => tx.exec('INSERT INTO item (name) VALUES (?)', [name])));
    await tx.savepoint('here');
    await tx.exec('DELETE FROM item');
    await tx.rollbackTo('here');
    assert.deepEqual(await names(), []);
    return tx.querySync<{ n: number }>('SELECT COUNT(*) AS n FROM item')[0]!.n;
  });
  assert.deepEqual([sum, await names()], [3, ['a', 'b', 'c']]);
  const thrown = new Error('mine');
  const failed = db.transaction(async (tx) => {
    await tx.exec('DELETE FROM item');
    throw thrown;
  });
  await assert.rejects(failed, thrown);
  assert.deepEqual(await names(), ['a', 'b', 'c']);
  let late: Promise<unknown> | undefined;
  await db.transaction((tx) => void (late = Promise.resolve().then(() => undefined).then(() => new Promise((r) => setTimeout(r, 5))).then(() => tx.exec('DELETE FROM item'))));
  assert.equal((await error(late!)).code, '25000');
  const readOnly = db.transaction((tx) => tx.exec('DELETE FROM item'), { readOnly: true });
  assert.equal((await error(readOnly)).code, '25006');
  await db.close();
});

test('a transaction that loses runs again', async () => {
  const db = await shop();
  await db.exec("INSERT INTO item (name, size) VALUES ('a', 0)");
  const add = db.transaction.bind(db, async (tx) => {
    const [{ size }] = (await tx.query<{ size: number }>('SELECT size FROM item')) as [{ size: number }];
    await new Promise((resolve) => setTimeout(resolve, 1));
    await tx.exec('UPDATE item SET size = ?', [size + 1]);
  });
  await Promise.all([add(), add(), add(), add()]);
  assert.deepEqual(await db.query('SELECT size FROM item'), [{ size: 4 }]);
  assert.ok((await db.stats())['conflicts']! > 0);
  await db.close();
});

test('a session keeps its state, the database itself none', async () => {
  const db = await shop();
  assert.equal((await error(db.exec('BEGIN'))).code, '25000');
  const session = db.session();
  await session.exec('BEGIN');
  await session.exec("INSERT INTO item (name) VALUES ('a')");
  await session.exec('SET @n = 5');
  assert.deepEqual(await session.query('SELECT @n AS n, name FROM item'), [{ n: 5, name: 'a' }]);
  await session.close();
  assert.deepEqual(await db.query('SELECT * FROM item'), []);
  assert.equal((await error(session.exec('COMMIT'))).code, '25000');
  await db.close();
});

test('a statement whose time is over, or that was not to begin, is interrupted', async () => {
  const db = await Amphi.memory({ statementTimeoutMs: 50 });
  const endless = 'SELECT COUNT(*) FROM generate_series(1, 9000000000000)';
  assert.equal((await error(db.query(endless))).code, '57014');
  const reason = new Error('no more');
  const stopped = await error(db.query('SELECT 1', [], { signal: AbortSignal.abort(reason) }));
  assert.deepEqual([stopped.code, stopped.cause], ['57014', reason]);
  assert.deepEqual(await db.query('SELECT 1 AS n', [], { signal: new AbortController().signal }), [{ n: 1 }]);
  await db.close();
});
