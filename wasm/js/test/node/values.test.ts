//! Values on their way into the engine and back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Amphi, AmphiError, type Param, type SqlValue } from 'amphi';

/** What comes back of a value that goes through a column of a type. */
async function through(type: string, value: Param): Promise<SqlValue> {
  const db = await Amphi.memory();
  await db.exec(`CREATE TABLE t (v ${type})`);
  await db.exec('INSERT INTO t VALUES (?)', [value]);
  const [row] = await db.query<{ v: SqlValue }>('SELECT v FROM t');
  await db.close();
  return row!.v;
}

test('values come back as they went in', async () => {
  const cases: [string, Param][] = [
    ['BIGINT', 42],
    ['BIGINT', -(2 ** 53 - 1)],
    ['BIGINT', 2n ** 53n + 1n],
    ['BIGINT', -(2n ** 63n)],
    ['BIGINT UNSIGNED', 2n ** 64n - 1n],
    ['BIGINT UNSIGNED', 7],
    ['INT', -5],
    ['INT UNSIGNED', 4_294_967_295],
    ['DOUBLE', 0.1],
    ['DOUBLE', 1e300],
    ['DECIMAL(30,10)', '12345678901234567890.0123456789'],
    ['BOOLEAN', true],
    ['BOOLEAN', false],
    ['TEXT', 'plain'],
    ['TEXT', 'é 😀 \u{feff}'],
    ['TEXT', ''],
    ['BLOB', new Uint8Array([0, 255, 128])],
    ['BLOB', new Uint8Array(0)],
    ['DATE', '2024-02-29'],
    ['TIME', '-12:30:00'],
    ['DATETIME(6)', '2024-02-29 23:59:59.123456'],
    ['JSON', { a: [1, null, 'x'], b: { c: false } }],
    ['JSON', [1, 2]],
    ['UUID', '00112233-4455-6677-8899-aabbccddeeff'],
    ['VECTOR(3)', new Float32Array([1, -2.5, 0.1])],
    ["ENUM('a','b')", 'b'],
    ['INT', null],
  ];
  for (const [type, value] of cases) assert.deepEqual(await through(type, value), value, `${type} ${String(value)}`);
});

test('a Date is an instant in UTC, and comes back as one if asked for', async () => {
  const when = new Date(Date.UTC(1969, 11, 31, 23, 59, 59, 250));
  assert.equal(await through('DATETIME(3)', when), '1969-12-31 23:59:59.250');
  const db = await Amphi.memory({ dates: 'date' });
  const [row] = await db.query('SELECT CAST(? AS DATETIME(3)) AS t, DATE \'2024-02-29\' AS d', [when]);
  assert.deepEqual(row, { t: when, d: new Date('2024-02-29T00:00:00Z') });
  await db.close();
});

test('BIGINT is a number where that is exact, or as the option says', async () => {
  const db = await Amphi.memory();
  await db.exec('CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (1), (9007199254740993), (NULL)');
  const numbers = async (bigint: 'auto' | 'always' | 'never'): Promise<unknown> =>
    (await db.query('SELECT n FROM t', [], { bigint, rows: 'array' })).flat();
  assert.deepEqual(await numbers('auto'), [1, 9007199254740993n, null]);
  assert.deepEqual(await numbers('always'), [1n, 9007199254740993n, null]);
  assert.deepEqual(await numbers('never'), [1, 9007199254740992, null]);
  assert.deepEqual(await db.query('SELECT n FROM t WHERE n = 1', [], { bigint: 'always' }), [{ n: 1n }]);
  await db.close();
});

test('rows come as objects, as arrays, or column by column', async () => {
  const db = await Amphi.memory();
  const sql = 'SELECT 1 AS a, \'x\' AS b, 1.5e0 AS c UNION ALL SELECT 2, NULL, 2.5e0';
  assert.deepEqual(await db.query(sql), [
    { a: 1, b: 'x', c: 1.5 },
    { a: 2, b: null, c: 2.5 },
  ]);
  assert.deepEqual(await db.query(sql, [], { rows: 'array' }), [
    [1, 'x', 1.5],
    [2, null, 2.5],
  ]);
  const columns = await db.query(sql, [], { rows: 'columns' });
  assert.deepEqual(columns.b, ['x', null]);
  assert.deepEqual(columns.c, new Float64Array([1.5, 2.5]));
  assert.deepEqual(await db.query('SELECT 1 AS a WHERE FALSE'), []);
  const strange = await db.query('SELECT 1 AS `__proto__`');
  assert.deepEqual(Object.keys(strange[0]!), ['__proto__']);
  await db.close();
});

test('more rows than one batch keep their NULLs in place', async () => {
  const db = await Amphi.memory();
  await db.exec('CREATE TABLE t (id INT PRIMARY KEY, s TEXT, n BIGINT)');
  await db.exec('INSERT INTO t SELECT value, IF(value % 7 = 0, NULL, CONCAT(\'ü\', value)), value * 3 FROM generate_series(1, 10000)');
  const rows = await db.query<{ id: number; s: string | null; n: number }>('SELECT * FROM t ORDER BY id');
  assert.equal(rows.length, 10_000);
  rows.forEach((row, i) => assert.deepEqual(row, { id: i + 1, s: (i + 1) % 7 ? `ü${i + 1}` : null, n: (i + 1) * 3 }));
  await db.close();
});

test('what is no SQL value is refused, and says where', async () => {
  const db = await Amphi.memory();
  const refused = async (value: unknown): Promise<string> => {
    const failed = await db.query('SELECT ?, ?', [1, value as Param]).then(() => undefined, (e: unknown) => e);
    assert.ok(failed instanceof AmphiError);
    assert.equal(failed.code, '07001');
    return failed.message;
  };
  assert.match(await refused(undefined), /value 2 is undefined/);
  assert.match(await refused(() => 1), /function/);
  assert.match(await refused(new Date(Number.NaN)), /invalid Date/);
  assert.match(await refused(new Int16Array(2)), /Int16Array/);
  assert.match(await refused([1n]), /no JSON/);
  await db.close();
});
