//! SQL logic tests: reading their files, and writing values as they do.

import type { RunResult, SqlValue } from 'amphi';

/** One statement of a file, and what it must answer. */
export interface SltRecord {
  readonly line: number;
  readonly connection: string;
  readonly sql: string;
  readonly expected: { ok: true; rows?: string[]; sorted?: boolean; affected?: number } | { ok: false; code: string };
}

/** Reads a file; what it does not know is an error. */
export function parse(text: string): SltRecord[] {
  const records: SltRecord[] = [];
  const lines = text.split('\n');
  let connection = 'default';
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    const [word, ...rest] = lines[i]!.trim().split(/\s+/);
    if (!word || word.startsWith('#')) continue;
    if (word === 'connection') {
      connection = rest[0]!;
      continue;
    }
    if (word !== 'statement' && word !== 'query') throw new Error(`line ${line}: ${word}`);
    const sql: string[] = [];
    while (lines[i + 1]?.trim() && lines[i + 1] !== '----') sql.push(lines[++i]!);
    const record = { line, connection, sql: sql.join('\n') };
    connection = 'default';
    if (word === 'query') {
      const rows: string[] = [];
      if (lines[i + 1] === '----') for (i++; lines[i + 1]?.trim(); ) rows.push(normal(lines[++i]!));
      const sorted = rest[1] === 'rowsort';
      records.push({ ...record, expected: { ok: true, rows: sorted ? rows.sort() : rows, sorted } });
    } else if (rest[0] === 'error') {
      const code = /^\((\w+)\)$/.exec(rest.slice(1).join(' '))?.[1] ?? '';
      records.push({ ...record, expected: { ok: false, code } });
    } else {
      const affected = rest[0] === 'count' ? { affected: Number(rest[1]) } : {};
      records.push({ ...record, expected: { ok: true, ...affected } });
    }
  }
  return records;
}

/** White space as the runner of the Rust tests compares it. */
function normal(text: string): string {
  return text.trim().split(/[ \t\n\f\r]+/).join(' ');
}

/** The rows of a result as a file writes them. */
export function rowsOf(result: RunResult<SqlValue[]>): string[] {
  const { columns, rows } = result;
  return rows.map((row) => normal(columns.map(({ type }, c) => textOf(row[c]!, type)).join(' ')));
}

function textOf(value: SqlValue, type: string): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex').toUpperCase()}'`;
  if (typeof value === 'number' && type === 'FLOAT') return floatOf(Number(value.toPrecision(7)));
  if (typeof value === 'number') return floatOf(value);
  return String(value) || '(empty)';
}

/** A float in Rust's shortest form: as JavaScript's, but for the plus sign of the exponent. */
function floatOf(value: number): string {
  return String(value).replace('e+', 'e');
}
