//! One column of a result: from the bytes that `wasm/src/column_writer.rs` describes to values.

import type { ColumnInfo, ColumnValues, FormatOptions, Json, SqlValue } from './values.js';

const enum Kind {
  Boolean = 1,
  Integer = 2,
  Binary = 6,
  Date = 7,
  DateTime = 9,
  Json = 10,
  Vector = 11,
}

const enum Form {
  Nothing = 0,
  Bytes = 1,
  I32 = 2,
  F64 = 3,
  I64 = 4,
  Text = 5,
  Binary = 6,
}

// A byte order mark in a value is part of it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads a result from front to back. */
export class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.view.getUint8(this.at++);
  }

  count(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  float(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  integer(): bigint {
    this.at += 8;
    return this.view.getBigInt64(this.at - 8, true);
  }

  align(to: number): void {
    this.at = Math.ceil(this.at / to) * to;
  }

  take(n: number): Uint8Array {
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  /** The place of `n` bytes in the buffer, for a typed array of its own kind. */
  place(n: number): [ArrayBuffer, number] {
    this.at += n;
    return [this.bytes.buffer as ArrayBuffer, this.bytes.byteOffset + this.at - n];
  }

  text(n: number): string {
    return decoder.decode(this.take(n));
  }

  /** A text with its length in front, filled up to a multiple of 4. */
  name(): string {
    const text = this.text(this.count());
    this.align(4);
    return text;
  }
}

/** A column whose head has been read. */
export class Column implements ColumnInfo {
  readonly name: string;
  readonly type: string;
  private readonly kind: number;
  private readonly form: number;
  private readonly hasNulls: boolean;

  constructor(reader: Reader) {
    this.kind = reader.byte();
    this.form = reader.byte();
    this.hasNulls = reader.byte() === 1;
    reader.byte();
    this.name = reader.name();
    this.type = reader.name();
  }

  /** Reads the values of `rows` rows. */
  read(reader: Reader, rows: number, format: FormatOptions): ColumnValues {
    reader.align(8);
    let nulls: Uint8Array | undefined;
    if (this.hasNulls) {
      nulls = reader.take(rows);
      reader.align(8);
    }
    const values = this.values(reader, rows, format);
    if (!nulls) return values;
    const withNulls = Array.from<SqlValue>(values as ArrayLike<SqlValue>);
    for (let i = 0; i < rows; i++) if (nulls[i] === 1) withNulls[i] = null;
    return withNulls;
  }

  private values(reader: Reader, rows: number, format: FormatOptions): ColumnValues {
    switch (this.form) {
      case Form.Bytes:
        return Array.from(reader.take(rows), (b) => b !== 0);
      case Form.I32:
        return new Int32Array(...reader.place(rows * 4), rows);
      case Form.F64: {
        const floats = new Float64Array(...reader.place(rows * 8), rows);
        const asBigInt = format.bigint === 'always' && this.kind === Kind.Integer && this.type.startsWith('BIGINT');
        return asBigInt ? BigInt64Array.from(floats, (n) => BigInt(n)) : floats;
      }
      case Form.I64: {
        const integers = new BigInt64Array(...reader.place(rows * 8), rows);
        if (format.bigint === 'always') return integers;
        if (format.bigint === 'never') return Float64Array.from(integers, Number);
        return Array.from(integers, shortest);
      }
      case Form.Text:
        return this.texts(reader, rows, format);
      case Form.Binary:
        return this.binaries(reader, rows);
      default:
        return new Array<null>(rows).fill(null);
    }
  }

  private texts(reader: Reader, rows: number, format: FormatOptions): SqlValue[] {
    const ends = new Uint32Array(...reader.place(rows * 4), rows);
    const all = reader.text(reader.count());
    const of = this.reading(format);
    const values = new Array<SqlValue>(rows);
    let start = 0;
    for (let i = 0; i < rows; i++) {
      const end = ends[i]!;
      // What is NULL has no text, and is put right by whoever asked.
      values[i] = end === start && this.hasNulls ? '' : of(all.slice(start, end));
      start = end;
    }
    return values;
  }

  /** What a text of this column is read as. */
  private reading(format: FormatOptions): (text: string) => SqlValue {
    switch (this.kind) {
      case Kind.Integer: // BIGINT UNSIGNED
        return (digits) => integerOf(BigInt(digits), format);
      case Kind.Date:
      case Kind.DateTime:
        return (text) => instantOf(text, format);
      case Kind.Json:
        return (text) => JSON.parse(text) as Json;
    }
    return (text) => text;
  }

  private binaries(reader: Reader, rows: number): SqlValue[] {
    const ends = new Uint32Array(...reader.place(rows * 4), rows);
    const all = reader.take(reader.count());
    const values = new Array<SqlValue>(rows);
    let start = 0;
    for (let i = 0; i < rows; i++) {
      const end = ends[i]!;
      // A copy: the value must not keep the whole result, and a typed array of floats needs a start of its own.
      const bytes = all.slice(start, end);
      values[i] = this.kind === Kind.Vector ? new Float32Array(bytes.buffer) : bytes;
      start = end;
    }
    return values;
  }
}

/** @internal A BIGINT as a format wants it. */
export function integerOf(integer: bigint, format: FormatOptions): number | bigint {
  if (format.bigint === 'always') return integer;
  return format.bigint === 'never' ? Number(integer) : shortest(integer);
}

/** @internal The text of a DATE, DATETIME or TIMESTAMP as a format wants it. */
export function instantOf(text: string, format: FormatOptions): string | Date {
  if (format.dates !== 'date') return text;
  return new Date(text.includes(' ') ? `${text.replace(' ', 'T')}Z` : text);
}

/** The integer as a number, if that is exact. */
function shortest(integer: bigint): number | bigint {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
