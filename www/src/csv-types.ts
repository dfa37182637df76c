//! What the columns of a CSV file are: guessed from its first rows, and values made of its texts.

import type { Param } from 'amphi';

/** The types that are offered. */
export const TYPES = ['INT', 'BIGINT', 'DOUBLE', 'BOOLEAN', 'DATE', 'DATETIME', 'TEXT'] as const;

/** One of them. */
export type ColumnType = (typeof TYPES)[number];

const WHOLE = /^[+-]?(0|[1-9]\d{0,17})$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const LEADING_ZERO = /^[+-]?0\d/;

/** Whether a text is a value of a type. An empty one is NULL, which every type has. */
function fits(text: string, type: ColumnType): boolean {
  switch (type) {
    case 'INT':
      return WHOLE.test(text) && Math.abs(Number(text)) < 2 ** 31;
    case 'BIGINT':
      return WHOLE.test(text);
    case 'DOUBLE':
      return NUMBER.test(text) && !LEADING_ZERO.test(text);
    case 'BOOLEAN':
      return /^(true|false)$/i.test(text);
    case 'DATE':
      return /^\d{4}-\d\d-\d\d$/.test(text);
    case 'DATETIME':
      return /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text);
    case 'TEXT':
      return true;
  }
}

/** The narrowest type that all of these texts have. */
export function guessType(texts: readonly string[]): ColumnType {
  const given = texts.filter((text) => text !== '');
  if (given.length === 0) return 'TEXT';
  return TYPES.find((type) => given.every((text) => fits(text, type))) ?? 'TEXT';
}

/** A text as a value of a column. One that does not fit stays as it is: the database says what is wrong with it. */
export function valueOf(text: string, type: ColumnType): Param {
  if (type === 'TEXT') return text;
  if (text === '') return null;
  if (!fits(text, type)) return text;
  if (type === 'BOOLEAN') return text.toLowerCase() === 'true';
  if (type === 'INT' || type === 'DOUBLE') return Number(text);
  return type === 'BIGINT' ? BigInt(text) : text.replace('T', ' ');
}

/** Names for columns: none empty, none twice. */
export function columnNames(heads: readonly string[]): string[] {
  const taken = new Set<string>();
  return heads.map((head, i) => {
    const wanted = head.trim() || `column${i + 1}`;
    let name = wanted;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${wanted}_${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

/** A table's name from a file's. */
export function tableName(file: string): string {
  return (
    file
      .replace(/\.[^.]*$/, '')
      .replace(/\W+/g, '_')
      .replace(/^_+|_+$/g, '')
      .toLowerCase() || 'imported'
  );
}
