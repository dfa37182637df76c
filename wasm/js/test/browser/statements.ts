//! Statements of many kinds, run in a page: what they answer must not depend on where the engine is.

import { AmphiError, type Amphi } from 'amphi';

/** What a user sees of an error. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  const e = await promise.then(
    () => 'no error',
    (e: unknown) => e,
  );
  if (!(e instanceof AmphiError)) return String(e);
  return [e.code, e.table, e.column, e.position, e.retryable];
}

/** Runs them all in an empty database; answers what they answer. */
export async function statements(db: Amphi): Promise<unknown> {
  const seen: unknown[] = [];
  await db.exec('CREATE TABLE item (id INT PRIMARY KEY AUTO_INCREMENT, name TEXT NOT NULL UNIQUE, size TINYINT)');
  seen.push(await db.exec('INSERT INTO item (name) VALUES (?), (?)', ['a', 'b']));
  seen.push(await db.exec('UPDATE item SET size = :n WHERE name = :name', { n: 3, name: 'b' }));
  seen.push(await db.sql`SELECT id FROM item WHERE name = ${'b'}`);
  seen.push(await db.run('SELECT id, size FROM item ORDER BY id', [], { rows: 'array' }));
  const values = [2n ** 53n + 1n, 0.1, 'é 😀', new Uint8Array([0, 255]), { a: [1, null] }, null, true];
  seen.push(await db.query('SELECT ?, ?, ?, ?, CAST(? AS JSON), ?, ?', values, { rows: 'array' }));
  const columns = await db.query('SELECT value AS n FROM generate_series(1, 5000)', [], { rows: 'columns' });
  seen.push((columns['n'] as Float64Array).reduce((a, b) => a + b));

  const insert = await db.prepare('INSERT INTO item (name) VALUES (?)');
  const find = await db.prepare('SELECT * FROM item WHERE id = ?');
  seen.push([insert.parameterCount, insert.columns.length, find.columns]);
  await Promise.all(Array.from({ length: 50 }, (_, i) => insert.exec([`item ${i}`])));
  await db.exec('ALTER TABLE item DROP COLUMN size');
  seen.push(await find.query([50]));
  find.close();
  insert.close();

  seen.push(await failure(db.exec("INSERT INTO item (name) VALUES ('a')")));
  seen.push(await failure(db.exec('INSERT INTO item (name) VALUES (NULL)')));
  seen.push(await failure(db.query('SELECT 1,\n  nome FROM item')));
  seen.push(await failure(db.prepare('SELECT * FROM nothing')));
  seen.push(await failure(db.exec('BEGIN')));
  seen.push(await failure(db.query('SELECT 1', [], { signal: AbortSignal.abort() })));

  const sum = await db.transaction(async (tx) => {
    await Promise.all(['x', 'y', 'z'].map((name) => tx.exec('INSERT INTO item (name) VALUES (?)', [name])));
    await tx.savepoint('here');
    await tx.exec('DELETE FROM item');
    await tx.rollbackTo('here');
    return [await tx.query('SELECT COUNT(*) AS n FROM item'), await db.query('SELECT COUNT(*) AS n FROM item')];
  });
  seen.push(sum);
  seen.push(await failure(db.transaction((tx) => tx.exec('DELETE FROM item'), { readOnly: true })));

  const session = db.session();
  await session.exec('BEGIN');
  await session.exec('DELETE FROM item');
  await session.exec('SET @n = 5');
  const asks = await session.prepare('SELECT @n AS n, COUNT(*) AS rows FROM item');
  seen.push(await asks.query());
  await session.close();
  seen.push(await failure(asks.query()), await failure(session.query('SELECT 1')));

  seen.push(await db.getPersistenceConfig('item'), await db.listPersistentTables(), await db.check());
  seen.push(((await db.stats())['commits'] ?? 0) > 50, (await db.stats())['open_transactions']);
  return seen;
}
