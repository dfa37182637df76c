//! Guessing what the columns of a CSV file are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnNames, guessType, tableName, valueOf } from '../src/csv-types.js';

test('the narrowest type that fits all values', () => {
  assert.equal(guessType(['1', '', '-2147483647']), 'INT');
  assert.equal(guessType(['1', '2147483648']), 'BIGINT');
  assert.equal(guessType(['1', '2.5', '1e9']), 'DOUBLE');
  assert.equal(guessType(['true', 'False']), 'BOOLEAN');
  assert.equal(guessType(['2024-01-31']), 'DATE');
  assert.equal(guessType(['2024-01-31T10:00', '2024-01-31 10:00:00.5']), 'DATETIME');
  assert.equal(guessType(['', '']), 'TEXT');
});

test('codes with zeros in front stay texts', () => {
  assert.equal(guessType(['01067', '10115']), 'TEXT');
  assert.equal(guessType(['00.5']), 'TEXT');
  assert.equal(guessType(['0', '0.5']), 'DOUBLE');
});

test('an empty text is NULL, but in a column of texts', () => {
  assert.equal(valueOf('', 'INT'), null);
  assert.equal(valueOf('', 'TEXT'), '');
  assert.equal(valueOf('9000000000', 'BIGINT'), 9_000_000_000n);
  assert.equal(valueOf('TRUE', 'BOOLEAN'), true);
  assert.equal(valueOf('2024-01-31T10:00', 'DATETIME'), '2024-01-31 10:00');
  assert.equal(valueOf('many', 'INT'), 'many');
});

test('names are neither empty nor twice there', () => {
  assert.deepEqual(columnNames(['a', ' A ', '', 'b']), ['a', 'A_2', 'column3', 'b']);
  assert.equal(tableName('Spring sales (2).csv'), 'spring_sales_2');
  assert.equal(tableName('.csv'), 'imported');
});
