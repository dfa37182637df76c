//! Results of statements: from the bytes that `wasm/src/result.rs` describes to rows.

import { Column, Reader } from './column.js';
import type { ColumnInfo, ColumnValues, FormatOptions, SqlValue } from './values.js';

/** A row by the names of its columns; of columns of one name the last one counts. */
export type Row = Record<string, SqlValue>;

/** What a statement answers that returns no rows. */
export interface ExecResult {
  /** Rows inserted, changed or deleted; of a query, rows returned. */
  readonly rowsAffected: number;
  /** The first AUTO_INCREMENT value that the statement generated. */
  readonly lastInsertId: number | bigint | undefined;
}

/** What a statement answers, whatever its kind. */
export interface RunResult<R = Row> extends ExecResult {
  readonly columns: readonly ColumnInfo[];
  readonly rows: R[];
}

/** @internal A result whose rows have not been made. */
export class Result implements ExecResult {
  readonly columns: readonly ColumnInfo[];
  readonly rowsAffected: number = 0;
  readonly lastInsertId: number | bigint | undefined;
  private readonly values: readonly ColumnValues[] = [];

  constructor(bytes: Uint8Array, format: FormatOptions) {
    const reader = new Reader(bytes);
    const kind = reader.count();
    const columns: Column[] = [];
    if (kind === 1) {
      const hasId = reader.count() === 1;
      this.rowsAffected = reader.float();
      const id = reader.integer();
      if (hasId) this.lastInsertId = Number.isSafeInteger(Number(id)) ? Number(id) : id;
    } else if (kind === 2) {
      const count = reader.count();
      this.rowsAffected = reader.count();
      reader.count();
      for (let i = 0; i < count; i++) columns.push(new Column(reader));
      this.values = columns.map((column) => column.read(reader, this.rowsAffected, format));
    }
    this.columns = columns;
  }

  /** Rows by name. */
  objects(): Row[] {
    const rows = new Array<Row>(this.values.length === 0 ? 0 : this.rowsAffected);
    for (let i = 0; i < rows.length; i++) {
      const row: Row = {};
      for (let c = 0; c < this.values.length; c++) {
        const name = this.columns[c]!.name;
        // Otherwise it would not become a property.
        if (name === '__proto__') Object.defineProperty(row, name, { value: this.values[c]![i], enumerable: true });
        else row[name] = this.values[c]![i]!;
      }
      rows[i] = row;
    }
    return rows;
  }

  /** Rows as arrays, in the order of the columns. */
  arrays(): SqlValue[][] {
    const rows = new Array<SqlValue[]>(this.values.length === 0 ? 0 : this.rowsAffected);
    for (let i = 0; i < rows.length; i++) {
      const row = new Array<SqlValue>(this.values.length);
      for (let c = 0; c < row.length; c++) row[c] = this.values[c]![i]!;
      rows[i] = row;
    }
    return rows;
  }

  /** The columns by name. */
  byColumn(): Record<string, ColumnValues> {
    return Object.fromEntries(this.columns.map((column, c) => [column.name, this.values[c]!]));
  }
}
