//! Many rows into a table, in few statements.

import type { Param, Transaction } from 'amphi';
import { quoted } from './format.js';

/** Values of one statement, at most. */
const MOST_VALUES = 4000;

/** Inserts rows, each with a value per column. */
export async function insertRows(
  into: Pick<Transaction, 'exec'>,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Param[])[],
): Promise<void> {
  const names = columns.map(quoted).join(', ');
  const row = `(${columns.map(() => '?').join(', ')})`;
  const step = Math.max(1, Math.floor(MOST_VALUES / columns.length));
  for (let from = 0; from < rows.length; from += step) {
    const some = rows.slice(from, from + step);
    await into.exec(`INSERT INTO ${quoted(table)} (${names}) VALUES ${some.map(() => row).join(', ')}`, some.flat());
  }
}
