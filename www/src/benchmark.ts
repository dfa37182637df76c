//! The same work on a table in each placement, measured. It has a database of its own, which is made and removed.

import { Amphi, type Placement } from 'amphi';
import { insertRows } from './insert-rows.js';

const ADDRESS = 'idb://amphi-demo-benchmark';

/** The placements in the order in which they are shown. */
export const PLACEMENTS: readonly Placement[] = ['memory', 'dual', 'persistent'];

/** What is done. */
export interface Operation {
  readonly name: string;
  readonly note: string;
}

/** One measurement. */
export interface Measurement {
  readonly operation: Operation;
  readonly placement: Placement;
  /** Milliseconds of one piece: a row, a commit, a query. `undefined`: there is no such thing. */
  readonly each: number | undefined;
}

/** Pieces of work that are measured together. */
const COMMITS = 50;
const READS = 1000;
const UPDATES = 1000;
const REPETITIONS = 5;
/** Least time of a repetition in milliseconds: the browser's clock is coarse. */
const SHORTEST = 15;
/** Rows of the work that is done before anything is measured: the browser compiles well only what has run for a while. */
const WARM_UP = 500;

interface Measured extends Operation {
  /** Does it once; answers how many pieces that were. */
  readonly work: (db: Amphi, table: string, rows: number) => Promise<number>;
  /** How often; the median counts. */
  readonly times: number;
}

const keys = (n: number, rows: number): number[] => Array.from({ length: n }, (_, i) => 1 + ((i * 7919) % rows));

const OPERATIONS: readonly Measured[] = [
  {
    name: 'Insert a row',
    note: 'in one transaction, until it is on the disk',
    times: 1,
    async work(db, table, rows) {
      await db.transaction(async (tx) => {
        const step = 1000;
        for (let from = 1; from <= rows; from += step) {
          const some = Array.from({ length: Math.min(step, rows - from + 1) }, (_, i) => [
            from + i,
            (from + i) % 100,
            (from + i) / 4,
            `text of row ${from + i}`,
          ]);
          await insertRows(tx, table, ['id', 'grp', 'amount', 'note'], some);
        }
      });
      await db.flush();
      return rows;
    },
  },
  {
    name: 'Commit one row',
    note: 'each on the disk before the next one',
    times: 1,
    async work(db, table, rows) {
      for (let i = 1; i <= COMMITS; i++) {
        await db.transaction(
          (tx) => tx.exec(`INSERT INTO ${table} VALUES (?, 0, 0, 'one')`, [rows + i]).then(() => undefined),
          { sync: true },
        );
      }
      return COMMITS;
    },
  },
  {
    name: 'Read a row by its key',
    note: 'prepared',
    times: REPETITIONS,
    async work(db, table, rows) {
      const statement = await db.prepare(`SELECT amount, note FROM ${table} WHERE id = ?`);
      for (const key of keys(READS, rows)) await statement.query([key], { rows: 'array' });
      statement.close();
      return READS;
    },
  },
  {
    name: 'Scan all rows',
    note: 'COUNT(*) … WHERE note LIKE',
    times: REPETITIONS,
    async work(db, table) {
      await db.query(`SELECT COUNT(*) FROM ${table} WHERE note LIKE '%7%'`);
      return 1;
    },
  },
  {
    name: 'Aggregate',
    note: 'SUM, AVG … GROUP BY, 100 groups',
    times: REPETITIONS,
    async work(db, table) {
      await db.query(`SELECT grp, COUNT(*), SUM(amount), AVG(amount) FROM ${table} GROUP BY grp`);
      return 1;
    },
  },
  {
    name: 'Update a row by its key',
    note: 'in one transaction, until it is on the disk',
    times: 1,
    async work(db, table, rows) {
      await db.transaction(async (tx) => {
        const statement = await tx.prepare(`UPDATE ${table} SET amount = amount + 1 WHERE id = ?`);
        for (const key of keys(UPDATES, rows)) await statement.exec([key]);
        statement.close();
      });
      await db.flush();
      return UPDATES;
    },
  },
];

const FIRST: Operation = { name: 'First aggregate after opening', note: 'nothing is in the cache' };

/** All that is measured, in order. */
export const ALL: readonly Operation[] = [...OPERATIONS, FIRST];

const nap = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function createTables(db: Amphi): Promise<void> {
  for (const placement of PLACEMENTS) {
    await db.exec(`DROP TABLE IF EXISTS in_${placement}`);
    await db.exec(
      `CREATE TABLE in_${placement} (id INT PRIMARY KEY, grp INT, amount DOUBLE, note TEXT) ENGINE = ${placement}`,
    );
  }
}

/** Measures everything on so many rows, one result after the other. */
export async function* measure(rows: number, signal: AbortSignal): AsyncGenerator<Measurement> {
  await Amphi.delete(ADDRESS);
  let db = await Amphi.open(ADDRESS);
  try {
    await createTables(db);
    for (const placement of PLACEMENTS) {
      for (const { work } of OPERATIONS) {
        await nap();
        if (signal.aborted) return;
        await work(db, `in_${placement}`, WARM_UP);
      }
    }
    await createTables(db);
    for (const operation of OPERATIONS) {
      for (const placement of PLACEMENTS) {
        const times: number[] = [];
        for (let n = 0; n < operation.times; n++) {
          // The page is drawn in between, and its buttons answer.
          await nap();
          if (signal.aborted) return;
          const start = performance.now();
          let pieces = 0;
          do pieces += await operation.work(db, `in_${placement}`, rows);
          while (operation.times > 1 && performance.now() - start < SHORTEST);
          times.push((performance.now() - start) / pieces);
        }
        yield { operation, placement, each: median(times) };
      }
    }
    yield { operation: FIRST, placement: 'memory', each: undefined };
    for (const placement of ['dual', 'persistent'] as const) {
      await db.close();
      await nap();
      if (signal.aborted) return;
      db = await Amphi.open(ADDRESS);
      const start = performance.now();
      await db.query(`SELECT grp, COUNT(*), SUM(amount), AVG(amount) FROM in_${placement} GROUP BY grp`);
      yield { operation: FIRST, placement, each: performance.now() - start };
    }
  } finally {
    await db.close();
    await Amphi.delete(ADDRESS);
  }
}

function median(times: number[]): number {
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)]!;
}
