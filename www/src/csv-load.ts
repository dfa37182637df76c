//! Reading a CSV file into a table, part by part, so that its size does not matter.

import type { Amphi, Placement } from 'amphi';
import Papa from 'papaparse';
import { valueOf, type ColumnType } from './csv-types.js';
import { quoted } from './format.js';
import { insertRows } from './insert-rows.js';

/** Rows of one transaction. */
const ROWS = 2000;
/** Bytes of the file that are read at once. */
const PART = 512 * 1024;
/** Rows that are looked at to guess what the columns are. */
const LOOKED_AT = 1000;

/** The table that a file becomes. */
export interface Target {
  readonly table: string;
  readonly placement: Placement;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** The first row has the names. */
  readonly hasNames: boolean;
}

/** The first rows of a file. */
export function firstRows(file: File): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    Papa.parse<string[]>(file, {
      preview: LOOKED_AT,
      skipEmptyLines: true,
      complete: ({ data }) => resolve(data),
      error: reject,
    });
  });
}

/**
 * Makes the table and fills it. Each part of the file is a few transactions: when it is stopped, or a value does not fit, what
 * was read before stays. Answers how many rows were inserted.
 */
export async function loadCsv(
  amphi: Amphi,
  file: File,
  { table, placement, columns, hasNames }: Target,
  signal: AbortSignal,
  progress: (share: number, rows: number) => void,
): Promise<number> {
  const definitions = columns.map(({ name, type }) => `${quoted(name)} ${type}`);
  await amphi.exec(`CREATE TABLE ${quoted(table)} (${definitions.join(', ')}) ENGINE = ${placement}`);
  const names = columns.map(({ name }) => name);
  let inserted = 0;
  let skip = hasNames ? 1 : 0;
  const insert = async (data: readonly string[][]): Promise<void> => {
    const rows = data.slice(skip).map((row) => columns.map(({ type }, c) => valueOf(row[c] ?? '', type)));
    skip = Math.max(0, skip - data.length);
    for (let from = 0; from < rows.length && !signal.aborted; from += ROWS) {
      const some = rows.slice(from, from + ROWS);
      await amphi.transaction((tx) => insertRows(tx, table, names, some));
      inserted += some.length;
      // The page is drawn, and its buttons answer.
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  await new Promise<void>((resolve, reject) => {
    Papa.parse<string[]>(file, {
      skipEmptyLines: true,
      chunkSize: PART,
      chunk({ data, meta }, parser) {
        parser.pause();
        insert(data).then(
          () => {
            progress(Math.min(1, meta.cursor / file.size), inserted);
            if (signal.aborted) parser.abort();
            else parser.resume();
          },
          (e: unknown) => {
            reject(e instanceof Error ? e : new Error(String(e)));
            parser.abort();
          },
        );
      },
      complete: () => resolve(),
      error: reject,
    });
  });
  return inserted;
}
