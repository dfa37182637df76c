//! What two answers of a query differ in, by the keys of their rows.

import { AmphiError } from './error.js';
import type { Row } from './result.js';
import type { SqlValue } from './values.js';

/** What has changed in the answer of a live query, and the answer. */
export interface Changes<R> {
  /** Rows whose keys were not there before. */
  readonly added: R[];
  /** Rows whose keys are not there any more, as they were. */
  readonly removed: R[];
  /** Rows of which other columns have changed, as they are now. */
  readonly changed: R[];
  /** All rows in their order. Those that have not changed are the same objects as before. */
  readonly rows: R[];
}

/** A value as a text that is no other value's of its column. */
function textOf(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `[${Array.from(value as Uint8Array).join()}]`;
  if (value instanceof Date) return String(value.getTime());
  return typeof value === 'object' ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
}

function isEqual(a: SqlValue, b: SqlValue): boolean {
  return Object.is(a, b) || (typeof a === 'object' && typeof b === 'object' && textOf(a) === textOf(b));
}

/** @internal Compares each answer with the one before. */
export class Keyed {
  private readonly columns: readonly string[];
  private known = new Map<string, Row>();

  constructor(key: string | readonly string[]) {
    this.columns = typeof key === 'string' ? [key] : key;
    if (this.columns.length === 0) {
      throw new AmphiError('the key of a live query has at least one column', { code: '42000' });
    }
  }

  /** The last answer, as if nothing had been there before. */
  all(): Changes<Row> {
    const rows = [...this.known.values()];
    return { added: rows, removed: [], changed: [], rows };
  }

  /** What has changed. Fails with `42703` if a column of the key is not there, with `23505` if two rows have the same key. */
  compare(answer: Row[]): Changes<Row> {
    const [added, removed, changed]: [Row[], Row[], Row[]] = [[], [], []];
    const next = new Map<string, Row>();
    for (const row of answer) {
      const key = this.keyOf(row);
      if (next.has(key)) {
        const shown = this.columns.map((column) => `${column} = ${String(row[column])}`).join(', ');
        throw new AmphiError(`two rows of the live query have the key ${shown}; name columns that tell them apart`, {
          code: '23505',
        });
      }
      const before = this.known.get(key);
      const isSame = before && Object.keys(row).every((column) => isEqual(row[column]!, before[column]!));
      if (!before) added.push(row);
      else if (!isSame) changed.push(row);
      next.set(key, isSame ? before : row);
    }
    for (const [key, row] of this.known) if (!next.has(key)) removed.push(row);
    this.known = next;
    return { added, removed, changed, rows: [...next.values()] };
  }

  private keyOf(row: Row): string {
    const parts = this.columns.map((column) => {
      if (Object.hasOwn(row, column)) return textOf(row[column]);
      throw new AmphiError(`the live query has no column ${column}, which is to be its key`, { code: '42703', column });
    });
    return parts.length === 1 ? parts[0]! : JSON.stringify(parts);
  }
}
