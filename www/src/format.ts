//! How figures and values are written.

import type { SqlValue } from 'amphi';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** A number of things: `12,345`. */
export function count(n: number): string {
  return whole.format(n);
}

/** A number in little room: `12.3K`. */
export function compact(n: number): string {
  return Math.abs(n) < 10 && !Number.isInteger(n) ? String(Number(n.toPrecision(2))) : short.format(n);
}

/** “1 row”, “2 rows”. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A time given in milliseconds. */
export function duration(ms: number): string {
  if (ms === 0) return '0';
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  return `${Number((ms / 1000).toPrecision(3))} s`;
}

/** A number of bytes. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let unit = 0;
  for (; n >= 1000 && unit < units.length - 1; unit++) n /= 1000;
  return `${unit === 0 ? n : n.toFixed(n < 10 ? 2 : n < 100 ? 1 : 0)} ${units[unit]}`;
}

/** A value of a result in one line; at most so many bytes or elements of binary ones and vectors. */
export function valueText(value: SqlValue, most = 32): string {
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) {
    const shown = Array.from(value.subarray(0, most), (byte) => byte.toString(16).padStart(2, '0')).join('');
    return `x'${shown}${value.length > most ? '…' : ''}'`;
  }
  if (value instanceof Float32Array) {
    const shown = Array.from(value.subarray(0, most), (n) => String(Number(n.toPrecision(6)))).join(', ');
    return `[${shown}${value.length > most ? ', …' : ''}]`;
  }
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A name as SQL writes it whatever it is. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
