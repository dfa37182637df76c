//! Functions of the program in SQL.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Amphi, AmphiError, type Param, type SqlValue } from 'amphi';

/** The error of a promise that must fail. */
async function error(promise: Promise<unknown>): Promise<AmphiError> {
  const failed = await promise.then(() => undefined, (e: unknown) => e);
  assert.ok(failed instanceof AmphiError, `it failed with ${String(failed)}`);
  return failed;
}

test('SQL calls scalar functions with the values of each row', async () => {
  const db = await Amphi.memory();
  await db.exec('CREATE TABLE item (name TEXT, price INT)');
  await db.exec("INSERT INTO item VALUES ('lamp', 100), ('chair', 200), ('gift', NULL)");
  const gross = (net: number | null, percent = 19): number | null => net && net + (net * percent) / 100;
  await db.createFunction('gross', { returns: 'DOUBLE', arguments: [1, 2] }, gross);
  assert.deepEqual(await db.query('SELECT name, gross(price) AS g, GROSS(price, 7) AS r FROM item ORDER BY name'), [
    { name: 'chair', g: 238, r: 214 },
    { name: 'gift', g: null, r: null },
    { name: 'lamp', g: 119, r: 107 },
  ]);
  assert.equal((await db.exec('DELETE FROM item WHERE gross(price) > 200')).rowsAffected, 1);
  assert.deepEqual(db.querySync('SELECT COUNT(*) AS n FROM item WHERE gross(price, 0) = price'), [{ n: 1 }]);
  const prepared = await db.prepare('SELECT gross(?) AS g');
  await prepared.query([1]);
  await db.createFunction('gross', { returns: 'INT' }, (n: number) => -n);
  assert.deepEqual([await prepared.query([100]), await db.query('SELECT gross(100) AS g')], [[{ g: 119 }], [{ g: -100 }]]);
  await db.close();
});

test('values cross as those of results and parameters do', async () => {
  const db = await Amphi.memory();
  const seen: unknown[] = [];
  await db.createFunction('see', { returns: 'INT' }, (value: SqlValue) => seen.push(value));
  const values = [
    'NULL', 'TRUE', '7', '9007199254740993', '1.5e0', '12.50', "'é😀'", "x'00ff'", "CAST('[1, {}]' AS JSON)", "DATE '2024-02-29'",
    "TIMESTAMP '2024-02-29 12:00:00.125'", "TIME '12:00:00'", "CAST('[1, 0.5]' AS VECTOR(2))",
  ];
  for (const value of values) await db.query(`SELECT see(${value})`);
  assert.deepEqual(seen, [
    null, true, 7, 9007199254740993n, 1.5, '12.50', 'é😀', Uint8Array.of(0, 255), [1, {}], '2024-02-29',
    '2024-02-29 12:00:00.125', '12:00:00', Float32Array.of(1, 0.5),
  ]);
  const formatted: unknown[] = [];
  await db.createFunction('see', { returns: 'INT', dates: 'date', bigint: 'always' }, (value: SqlValue) => formatted.push(value));
  for (const value of ["DATE '2024-02-29'", "TIMESTAMP '2024-02-29 12:00:00.125'", '7']) await db.query(`SELECT see(${value})`);
  assert.deepEqual(formatted, [new Date('2024-02-29'), new Date('2024-02-29T12:00:00.125Z'), 7n]);

  const answers: [type: string, answer: Param, result: SqlValue][] = [
    ['TEXT', null, null],
    ['BOOLEAN', true, true],
    ['BIGINT', 2n ** 60n, 2n ** 60n],
    ['DOUBLE', 0.25, 0.25],
    ['DECIMAL(10,2)', '12.345', '12.35'],
    ['VARCHAR(10)', 12, '12'],
    ['BLOB', Uint8Array.of(1, 0), Uint8Array.of(1, 0)],
    ['JSON', { a: [1] }, { a: [1] }],
    ['DATE', new Date('2024-02-29'), '2024-02-29'],
    ['VECTOR(2)', Float32Array.of(1, 2), Float32Array.of(1, 2)],
  ];
  for (const [type, answer, result] of answers) {
    await db.createFunction('say', { returns: type }, () => answer);
    assert.deepEqual(await db.query('SELECT say() AS v'), [{ v: result }], type);
  }
  await db.close();
});

test('SQL calls aggregate functions for groups and windows', async () => {
  const db = await Amphi.memory();
  await db.exec('CREATE TABLE n (kind TEXT, n INT)');
  await db.exec("INSERT INTO n VALUES ('a', 2), ('a', 3), ('a', NULL), ('b', 5), ('b', 5)");
  await db.createFunction('product', { returns: 'BIGINT' }, {
    start: () => 1n,
    step: (product: bigint, n: number | null) => (n === null ? undefined : product * BigInt(n)),
  });
  const groups = 'SELECT kind, product(n) AS p, product(DISTINCT n) AS d FROM n GROUP BY kind ORDER BY kind';
  assert.deepEqual(await db.query(groups), [
    { kind: 'a', p: 6, d: 6 },
    { kind: 'b', p: 25, d: 5 },
  ]);
  assert.deepEqual(await db.query('SELECT product(n) AS p FROM n WHERE n > 100'), [{ p: 1 }]);
  await db.createFunction('joined', { returns: 'TEXT' }, {
    start: (): unknown[] => [],
    step: (list: unknown[], a: unknown, b: unknown) => void list.push([a, b]),
    finish: (list: unknown[]) => JSON.stringify(list),
  });
  assert.deepEqual(await db.query("SELECT joined(n, kind ORDER BY n DESC) AS j FROM n WHERE kind = 'a'"), [
    { j: '[[3,"a"],[2,"a"],[null,"a"]]' },
  ]);
  const running = 'SELECT product(n) OVER (ORDER BY n, kind ROWS UNBOUNDED PRECEDING) AS p FROM n WHERE n IS NOT NULL';
  assert.deepEqual((await db.query(running)).map((r) => r['p']), [2, 6, 30, 150]);
  await db.close();
});

test('a function that fails fails its statement, which changes nothing', async () => {
  const db = await Amphi.memory();
  await db.exec('CREATE TABLE t (n INT)');
  await db.exec('INSERT INTO t VALUES (1), (2)');
  const returnsInt = { returns: 'INT' };
  await db.createFunction('picky', returnsInt, (n: number) => {
    if (n === 2) throw new RangeError('no twos');
    return n;
  });
  const failed = await error(db.exec('UPDATE t SET n = picky(n) + 10'));
  assert.deepEqual([failed.code, failed.message], ['38000', 'function picky: no twos']);
  assert.deepEqual(await db.query('SELECT n FROM t ORDER BY n'), [{ n: 1 }, { n: 2 }]);
  await db.createFunction('later', returnsInt, async () => 1);
  assert.match((await error(db.query('SELECT later()'))).message, /function later: it returned a promise/);
  await db.createFunction('nothing', returnsInt, () => undefined as unknown as Param);
  assert.match((await error(db.query('SELECT nothing()'))).message, /function nothing: what it returned is undefined/);
  await db.createFunction('text', returnsInt, () => 'x');
  assert.equal((await error(db.query('SELECT text()'))).code, '22018');
  await db.createFunction('thrower', returnsInt, () => {
    throw 'a text';
  });
  assert.equal((await error(db.query('SELECT thrower()'))).message, 'function thrower: a text');
  await db.createFunction('bad_step', { returns: 'INT', arguments: 1 }, { step: () => { throw new Error('full'); } });
  assert.equal((await error(db.query('SELECT bad_step(n) FROM t'))).message, 'function bad_step: full');
  await db.close();
});

test('a function cannot use a database', async () => {
  const db = await Amphi.memory();
  const other = await Amphi.memory();
  await db.exec('CREATE TABLE t (n INT)');
  await db.exec('INSERT INTO t VALUES (1)');
  const started: Promise<unknown>[] = [];
  const prepared = await db.prepare('SELECT 1');
  const calls: [string, () => unknown][] = [
    ['own_query', () => db.querySync('SELECT * FROM t')],
    ['other_query', () => other.querySync('SELECT 1')],
    ['own_statement', () => prepared.querySync()],
  ];
  for (const [name, use] of calls) {
    await db.createFunction(name, { returns: 'INT' }, (): number => (use() ? 1 : 0));
    const failed = await error(db.query(`SELECT ${name}() FROM t`));
    assert.deepEqual(
      [failed.code, failed.message],
      ['38000', `function ${name}: the function ${name} cannot use a database: a statement waits for it`],
    );
  }
  await db.createFunction('starts', { returns: 'INT' }, () => started.push(db.exec('DELETE FROM t')));
  assert.deepEqual(await db.query('SELECT starts() AS n FROM t'), [{ n: 1 }]);
  assert.match((await error(started[0]!)).message, /the function starts cannot use a database/);
  assert.deepEqual(await db.query('SELECT n FROM t'), [{ n: 1 }]);
  await Promise.all([db.close(), other.close()]);
});

test('what cannot be a function is refused', async () => {
  const db = await Amphi.memory();
  const code = async (name: string, returns: string, takes?: number | [number, number]): Promise<string> =>
    (await error(db.createFunction(name, { returns, ...(takes === undefined ? {} : { arguments: takes }) }, () => 1))).code;
  assert.equal(await code('concat', 'INT'), '42P07');
  assert.equal(await code('no name', 'INT'), '42000');
  assert.equal(await code('f', 'NUMBERS'), '42704');
  assert.equal(await code('f', 'INT) + (1'), '42000');
  assert.equal(await code('f', 'INT', [2, 1]), '42000');
  assert.equal(await code('f', 'INT', -1), '42000');
  await db.createFunction('one', { returns: 'INT' }, (n: number) => n);
  assert.equal((await error(db.query('SELECT one(1, 2)'))).code, '42000');
  await db.close();
  assert.equal((await error(db.createFunction('f', { returns: 'INT' }, () => 1))).code, '08003');
});
