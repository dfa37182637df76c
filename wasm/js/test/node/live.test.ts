//! Live queries, on tables in memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Amphi, AmphiError, type Changes, type LiveQuery, type Row } from 'amphi';
import { history } from '../live-history.js';

/** Tables `t` and `u` of ten rows each. */
async function opened(): Promise<Amphi> {
  const db = await Amphi.memory();
  await db.exec('CREATE TABLE t (id INT PRIMARY KEY, n INT)');
  await db.exec('CREATE TABLE u (id INT PRIMARY KEY, n INT)');
  for (const table of ['t', 'u']) {
    await db.exec(`INSERT INTO ${table} SELECT value, value * 10 FROM generate_series(1, 10)`);
  }
  return db;
}

/** Waits until something holds. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5000; !holds(); ) {
    if (Date.now() > deadline) assert.fail(what);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Waits for all that has been begun to be delivered. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

function code(error: unknown): string {
  assert.ok(error instanceof AmphiError, `it failed with ${String(error)}`);
  return error.code;
}

test('a live query delivers once for each commit that concerns it, before the commit answers', async () => {
  const db = await opened();
  const all: unknown[] = [];
  const one: unknown[] = [];
  const live = db.live<{ sum: string }>('SELECT SUM(n) AS sum FROM t', [], ([row]) => void all.push(row!.sum));
  const second = db.live<{ n: number }>('SELECT n FROM t WHERE id = ?', [2], ([row]) => void one.push(row?.n));
  assert.deepEqual(await live.ready, [{ sum: '550' }]);
  await second.ready;
  for (let i = 0; i < 3; i++) {
    await db.exec('UPDATE t SET n = n + 1 WHERE id = ?', [i + 1]);
    assert.equal(all.length, i + 2);
  }
  assert.deepEqual([all, one], [['550', '551', '552', '553'], [20, 21]]);
  // What is not committed, or concerns others, or fails.
  await db.exec('UPDATE u SET n = 0');
  await db.exec('INSERT INTO t VALUES (1, 1)').catch(() => undefined);
  await db.transaction((tx) => tx.exec('DELETE FROM t').then(() => Promise.reject(new Error('no')))).catch(() => undefined);
  await db.exec('CREATE INDEX i ON t (n)');
  await settled();
  assert.equal(all.length, 4);
  await db.transaction(async (tx) => {
    for (let id = 1; id <= 10; id++) await tx.exec('UPDATE t SET n = 1 WHERE id = ?', [id]);
    await tx.exec('INSERT INTO t VALUES (11, 5)');
    await settled();
    assert.equal(all.length, 4);
  });
  assert.deepEqual([all.slice(4), one.slice(2)], [['15'], [1]]);
  // What changes no answer is not told again.
  await db.exec('UPDATE t SET n = n');
  await settled();
  assert.equal(all.length, 5);
  assert.deepEqual(live.current, [{ sum: '15' }]);
  await db.close();
  await until('closing the database ends it', () => live.closed && second.closed);
});

test('commits at the same time are answered, the last one last', async () => {
  const db = await opened();
  const seen: number[] = [];
  const live = db.live<{ n: number }>('SELECT COUNT(*) AS n FROM t', [], ([row]) => void seen.push(row!.n));
  await live.ready;
  await Promise.all(Array.from({ length: 50 }, (_, i) => db.exec('INSERT INTO t VALUES (?, 0)', [100 + i])));
  await until('60 rows', () => seen.at(-1) === 60);
  assert.ok(seen.length <= 51 && seen.every((n, i) => i === 0 || n > seen[i - 1]!));
  // From within a callback, too.
  const grown: number[] = [];
  const growing = db.live<{ n: number }>('SELECT COUNT(*) AS n FROM u', [], ([row]) => {
    grown.push(row!.n);
    if (row!.n < 15) void db.exec('INSERT INTO u VALUES (?, 0)', [1000 + row!.n]);
  });
  await until('15 rows', () => grown.at(-1) === 15);
  growing.close();
  await db.close();
});

test('answers have the forms of queries', async () => {
  const db = await Amphi.memory({ dates: 'date' });
  await db.exec("CREATE TABLE d AS SELECT 1 AS id, CAST('2020-01-02' AS DATE) AS day, CAST(5 AS BIGINT) AS big");
  const day = new Date(Date.UTC(2020, 0, 2));
  const sql = 'SELECT * FROM d WHERE id = :id';
  assert.deepEqual(await db.live(sql, { id: 1 }).ready, [{ id: 1, day, big: 5 }]);
  assert.deepEqual(await db.live(sql, { id: 1 }, undefined, { rows: 'array', dates: 'string', bigint: 'always' }).ready, [
    [1n, '2020-01-02', 5n],
  ]);
  const columns = await db.live(sql, { id: 1 }, undefined, { rows: 'columns' }).ready;
  assert.deepEqual(Object.keys(columns), ['id', 'day', 'big']);
  await db.close();
});

test('with a key an answer says what has changed', async () => {
  const db = await opened();
  await db.exec('CREATE TABLE v (a INT, b TEXT, c JSON, d BLOB)');
  await db.exec(`INSERT INTO v VALUES (1, 'x', '{"k": [1]}', x'01'), (1, 'y', NULL, NULL), (NULL, 'x', '2', x'02')`);
  const told: Changes<Row>[] = [];
  const live = db.live('SELECT * FROM v ORDER BY a, b', [], (changes) => void told.push(changes), { key: ['a', 'b'] });
  const first = await live.ready;
  assert.deepEqual([first.added.length, first.removed, first.changed, first.rows], [3, [], [], first.added]);
  await db.exec("UPDATE v SET d = x'03' WHERE a IS NULL");
  await db.exec("DELETE FROM v WHERE b = 'y'");
  await db.exec("INSERT INTO v VALUES (0, 'z', NULL, NULL)");
  const shapes = told.slice(1).map(({ added, removed, changed }) => [added, removed, changed].map((rows) => rows.map((r) => r['b'])));
  assert.deepEqual(shapes, [
    [[], [], ['x']],
    [[], ['y'], []],
    [['z'], [], []],
  ]);
  const last = told.at(-1)!;
  assert.deepEqual(last.rows.map((r) => r['a']), [null, 0, 1]);
  // Rows that stayed are the same objects.
  assert.equal(last.rows[2], first.rows[1]);
  live.close();

  const failures: unknown[] = [];
  const counts: number[] = [];
  const twice = db.live('SELECT n % 20 AS k, id FROM t WHERE id < 3', [], ({ rows }) => void counts.push(rows.length), {
    key: 'k',
    onError: (e) => void failures.push(e),
  });
  await twice.ready;
  await db.exec('UPDATE t SET n = 10 WHERE id = 2');
  assert.equal(code(failures[0]), '23505');
  assert.match(String(failures[0]), /k = 10/);
  await db.exec('UPDATE t SET n = 11 WHERE id = 2');
  assert.deepEqual([failures.length, counts], [1, [2, 2]]);
  const unknown = await db.live('SELECT id FROM t', [], undefined, { key: 'nr' }).ready.catch((e: unknown) => e);
  assert.equal(code(unknown), '42703');
  await db.close();
});

test('errors go to who takes them, and what has become possible again is answered', async () => {
  const db = await opened();
  const told: string[] = [];
  const live = db.live('SELECT COUNT(*) AS n FROM t', [], ([row]) => void told.push(String(row!['n'])), {
    onError: (e) => void told.push(code(e)),
  });
  await live.ready;
  await db.exec('DROP TABLE t');
  await db.exec('INSERT INTO u VALUES (11, 0)');
  await db.exec('CREATE TABLE t (id INT PRIMARY KEY)');
  await db.exec('INSERT INTO t VALUES (1)');
  assert.deepEqual(told, ['10', '42P01', '0', '1']);
  live.close();
  const failed = (live: LiveQuery<unknown>): Promise<string> => live.ready.then(String, code);
  assert.equal(await failed(db.live('SELECT * FROM nothing')), '42P01');
  assert.equal(await failed(db.live('DELETE FROM t')), '42000');
  assert.equal(await failed(db.live('INSERT INTO t VALUES (9) RETURNING id')), '42000');
  const without = db.live('SELECT * FROM t WHERE id = ?');
  assert.equal(await failed(without), '07001');
  await until('it cannot be run', () => without.closed);
  assert.equal((await db.query('SELECT * FROM t')).length, 1);
  await db.close();
  assert.equal(await failed(db.live('SELECT 1')), '08003');
});

test('a live query ends when it is closed or aborted', async () => {
  const db = await opened();
  const told: unknown[] = [];
  const abort = new AbortController();
  const tell = (rows: Row[]): void => void told.push(rows);
  const one = db.live('SELECT * FROM t', [], tell);
  const other = db.live('SELECT * FROM t', [], tell, { signal: abort.signal });
  await Promise.all([one.ready, other.ready]);
  one.close();
  abort.abort();
  assert.ok(one.closed && other.closed);
  await db.exec('DELETE FROM t');
  await settled();
  assert.equal(told.length, 2);
  const never = db.live('SELECT * FROM t', [], tell);
  never.close();
  assert.equal(await never.ready.catch(code), '57014');
  assert.equal(await db.live('SELECT 1', [], undefined, { signal: AbortSignal.abort() }).ready.catch(code), '57014');
  assert.equal(told.length, 2);
  await db.close();
});

test('answers can be iterated', async () => {
  const db = await opened();
  const live = db.live<{ n: number }>('SELECT COUNT(*) AS n FROM t');
  const seen: number[] = [];
  for await (const [row] of live) {
    seen.push(row!.n);
    if (row!.n > 12) break;
    void db.exec('INSERT INTO t VALUES (?, 0)', [row!.n + 1]);
  }
  assert.deepEqual(seen, [10, 11, 12, 13]);
  assert.ok(live.closed);
  // With a key none is left out.
  const keyed = db.live<{ id: number }>('SELECT id FROM u', [], () => undefined, { key: 'id' });
  await keyed.ready;
  const answers = keyed[Symbol.asyncIterator]();
  for (let id = 11; id < 14; id++) await db.exec('INSERT INTO u VALUES (?, 0)', [id]);
  const added = [];
  for (let i = 0; i < 4; i++) added.push((await answers.next()).value?.added.length);
  assert.deepEqual(added, [10, 1, 1, 1]);
  await answers.return?.();
  assert.ok(!keyed.closed, 'its callback goes on');
  keyed.close();
  const broken = db.live('SELECT id FROM u')[Symbol.asyncIterator]();
  await broken.next();
  await db.exec('DROP TABLE u');
  await assert.rejects(broken.next(), /u/);
  await db.close();
});

test('after every commit of a random history each live query has said what it answers', async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const db = await Amphi.memory();
    const { delivered } = await history(db, 'memory', seed, 60);
    assert.ok(delivered > 100, `${delivered} answers`);
    await db.close();
  }
});
