//! Random histories with many live queries: after every commit each has delivered what the query answers now.

import type { Amphi, Changes, LiveQuery, Row } from 'amphi';

const QUERIES = [
  'SELECT id, a, s FROM t ORDER BY id',
  'SELECT id, a FROM t WHERE id = 7',
  'SELECT id, a FROM t WHERE id BETWEEN 10 AND 14 ORDER BY id',
  'SELECT id, a FROM t WHERE id IN (3, 9, 22) ORDER BY id DESC',
  'SELECT id FROM t WHERE a = 5 ORDER BY id',
  'SELECT 1 AS id, COUNT(*) AS n, SUM(a) AS sum FROM t WHERE id > 15',
  'SELECT * FROM small ORDER BY id',
  'SELECT a AS id, COUNT(*) AS n FROM t GROUP BY a ORDER BY a',
  'SELECT u.id, t.a, u.x FROM u LEFT JOIN t ON t.id = u.t_id ORDER BY u.id',
  'SELECT id FROM t WHERE EXISTS (SELECT * FROM u WHERE u.t_id = t.id) ORDER BY id',
  'SELECT id, x FROM u WHERE x = 11 ORDER BY id',
];

/** Numbers by chance that a seed repeats. */
function random(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function statement(below: (n: number) => number): string {
  const [id, n, table] = [1 + below(24), below(30), ['t', 'u'][below(2)]!];
  const column = table === 't' ? 'a' : 'x';
  switch (below(8)) {
    case 0:
      return `INSERT IGNORE INTO t VALUES (${id}, ${n % 9}, 'new')`;
    case 1:
      return `INSERT IGNORE INTO u VALUES (${id}, ${n}, ${n})`;
    case 2:
      return `DELETE FROM ${table} WHERE id = ${id}`;
    case 3:
      return `DELETE FROM ${table} WHERE id BETWEEN ${id} AND ${id + 2}`;
    case 4:
      return `UPDATE ${table} SET ${column} = ${n % 12} WHERE id = ${id}`;
    case 5:
      return `UPDATE ${table} SET ${column} = ${column} + 1 WHERE id > ${n}`;
    case 6:
      return `REPLACE INTO t VALUES (${id}, ${n % 9}, 'replaced')`;
    default:
      return `UPDATE IGNORE t SET id = ${1 + n} WHERE id = ${id}`;
  }
}

/** What one live query has said so far. */
interface Told {
  live: LiveQuery<unknown>;
  /** Its answers as texts. */
  answers: string[];
  /** The rows that its changes make, by key. */
  rows: Map<unknown, string>;
}

/** Runs a history over tables of an engine. Throws if a live query says anything but what a query says. */
export async function history(db: Amphi, engine: string, seed: number, steps: number): Promise<{ delivered: number }> {
  const below = random(seed);
  await db.exec(`CREATE TABLE t (id INT PRIMARY KEY, a INT, s TEXT, INDEX (a)) ENGINE = ${engine}`);
  await db.exec(`CREATE TABLE u (id INT PRIMARY KEY, t_id INT, x INT) ENGINE = ${engine}`);
  await db.exec('CREATE VIEW small AS SELECT id, a FROM t WHERE id < 6');
  await db.exec("INSERT INTO t SELECT value, value % 7, 'first' FROM generate_series(1, 20)");
  await db.exec('INSERT INTO u SELECT value, 21 - value, value FROM generate_series(1, 20)');
  const failures: unknown[] = [];
  const onError = (e: unknown): void => void failures.push(e);
  const told = QUERIES.flatMap((sql) => {
    const [whole, keyed]: Omit<Told, 'live'>[] = [0, 1].map(() => ({ answers: [], rows: new Map() })) as never;
    const onRows = (rows: Row[]): void => void whole!.answers.push(JSON.stringify(rows));
    const onChanges = ({ added, removed, changed, rows }: Changes<Row>): void => {
      for (const row of removed) if (!keyed!.rows.delete(row['id'])) throw new Error(`${sql}: removed what was not there`);
      for (const row of added) {
        if (keyed!.rows.has(row['id'])) throw new Error(`${sql}: added what was there`);
        keyed!.rows.set(row['id'], JSON.stringify(row));
      }
      for (const row of changed) {
        if (keyed!.rows.get(row['id']) === JSON.stringify(row)) throw new Error(`${sql}: changed what is as it was`);
        keyed!.rows.set(row['id'], JSON.stringify(row));
      }
      keyed!.answers.push(JSON.stringify(rows));
    };
    const live = db.live(sql, [], onRows, { onError });
    const changes = db.live(sql, [], onChanges, { key: 'id', onError });
    return [Object.assign(whole!, { live }), Object.assign(keyed!, { live: changes })] as Told[];
  });
  await Promise.all(told.map(({ live }) => live.ready));
  let commits = 1;
  for (let step = 0; step < steps; step++) {
    switch (below(4)) {
      case 0:
        await db.transaction(async (tx) => {
          for (let i = below(4); i >= 0; i--) await tx.exec(statement(below));
        });
        commits++;
        break;
      case 1: {
        // At the same time.
        const together = Array.from({ length: 1 + below(4) }, () => statement(below));
        await Promise.all(together.map((sql) => db.exec(sql)));
        commits += together.length;
        break;
      }
      case 2:
        await db
          .transaction(async (tx) => {
            await tx.exec(statement(below));
            throw new Error('rolled back');
          })
          .catch(() => undefined);
        break;
      default:
        await db.exec(statement(below));
        commits++;
    }
    for (const [i, { answers, rows }] of told.entries()) {
      const sql = QUERIES[i >> 1]!;
      const now = await db.query(sql);
      const wanted = JSON.stringify(now);
      for (const deadline = Date.now() + 10_000; answers.at(-1) !== wanted; ) {
        if (Date.now() > deadline) throw new Error(`seed ${seed}, step ${step}: ${sql} says ${answers.at(-1)}, not ${wanted}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      if (i % 2 === 1 && now.some((row) => rows.get(row['id']) !== JSON.stringify(row))) {
        throw new Error(`seed ${seed}, step ${step}: the changes of ${sql} do not make its rows`);
      }
      if (i % 2 === 1 && rows.size !== now.length) throw new Error(`seed ${seed}: ${sql} has too many rows`);
    }
  }
  for (const { live, answers } of told) {
    live.close();
    if (answers.length > commits) throw new Error(`seed ${seed}: ${answers.length} answers for ${commits} commits`);
    if (answers.some((answer, i) => answer === answers[i - 1])) throw new Error(`seed ${seed}: an answer came twice`);
  }
  if (failures.length > 0) throw failures[0] as Error;
  return { delivered: told.reduce((sum, { answers }) => sum + answers.length, 0) };
}
