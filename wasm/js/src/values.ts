//! SQL values as JavaScript has them, and the options of how.

/** What JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A value of a result: NULL as `null`, BOOLEAN as a boolean, integers as numbers (see {@link BigIntMode}), FLOAT and DOUBLE as
 * numbers, DECIMAL as its digits, DATE, TIME, DATETIME and TIMESTAMP as text (see {@link DateMode}), JSON parsed, BLOB and GEOMETRY
 * (WKB) as `Uint8Array`, VECTOR as `Float32Array`, all else as text.
 */
export type SqlValue = Json | bigint | Date | Uint8Array | Float32Array;

/**
 * A value for a parameter. Whole numbers are integers, other numbers floats; a `Date` is an instant in UTC; bytes are a BLOB,
 * a `Float32Array` a VECTOR; other arrays and objects are JSON. `undefined` is refused, since it is mostly a mistake.
 */
export type Param = SqlValue | ArrayBuffer | readonly unknown[] | object;

/** Values for the parameters of a statement: by position, or by name without the sign in front. */
export type Params = readonly Param[] | { readonly [name: string]: Param };

/** BIGINT as BigInt: `auto`, where a number is not exact (beyond 2^53); `always`; or `never`, rounded. */
export type BigIntMode = 'auto' | 'always' | 'never';

/** DATE, DATETIME and TIMESTAMP as text, or as a `Date`, which takes them as UTC and cuts microseconds. */
export type DateMode = 'string' | 'date';

/** How values of results look. */
export interface FormatOptions {
  /** Default: `auto`. */
  bigint?: BigIntMode;
  /** Default: `string`. */
  dates?: DateMode;
}

/** A column of a result. */
export interface ColumnInfo {
  readonly name: string;
  /** The SQL type as a column definition writes it. */
  readonly type: string;
}

/** The values of a column: a typed array where it has numbers only and no NULL. */
export type ColumnValues = SqlValue[] | Int32Array | Float64Array | BigInt64Array;
