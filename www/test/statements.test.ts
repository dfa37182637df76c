//! Cutting the editor's text into statements.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf, statementAt, statements } from '../src/statements.js';

function texts(sql: string): string[] {
  return statements(sql).map((piece) => piece.sql);
}

test('semicolons in strings, names and comments do not cut', () => {
  const sql = "SELECT ';', 'it''s;', 'it\\';s' ; -- a;b\n# c;d\n/* e;f */ SELECT `a;b`, \"c\"\"d;\";;SELECT 1";
  assert.deepEqual(texts(sql), ["SELECT ';', 'it''s;', 'it\\';s'", 'SELECT `a;b`, "c""d;"', 'SELECT 1']);
});

test('the body of a trigger stays together', () => {
  const trigger =
    'CREATE TRIGGER a AFTER INSERT ON t BEGIN IF 1 THEN UPDATE u SET x = CASE WHEN y THEN 1 END; END IF; END';
  assert.deepEqual(texts(`${trigger}; BEGIN; SELECT CASE WHEN 1 THEN 2 END; COMMIT`), [
    trigger,
    'BEGIN',
    'SELECT CASE WHEN 1 THEN 2 END',
    'COMMIT',
  ]);
});

test('what is not closed ends with the text', () => {
  assert.deepEqual(texts("SELECT 'a; b"), ["SELECT 'a; b"]);
  assert.deepEqual(texts('SELECT 1 /* ; '), ['SELECT 1']);
  assert.deepEqual(texts(' -- nothing'), []);
});

test('the statement at a place is the one around it or before it', () => {
  const sql = 'SELECT 1;\n\nSELECT 2;  ';
  const at = (place: number): string | undefined => statementAt(sql, place)?.sql;
  assert.deepEqual(
    [at(0), at(9), at(10), at(11), at(sql.length)],
    ['SELECT 1', 'SELECT 1', 'SELECT 1', 'SELECT 2', 'SELECT 2'],
  );
});

test('lines and columns are counted from 1, in characters', () => {
  assert.equal(placeOf('a\nbc', 2, 2), 3);
  assert.equal(placeOf("'😀' x", 1, 5), 5);
  assert.equal(placeOf('a', 7, 1), 1);
});
