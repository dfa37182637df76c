//! The sixteen tests of SQLite's classic speed test, as wa-sqlite and PGlite publish them.
//!
//! The texts are made by the rules of that test with numbers of our own; every database gets the same.

const SMALL = [
  'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen',
  'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen',
];
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** A number below a million in words. */
export function inWords(n: number): string {
  if (n >= 1000) return `${inWords(Math.floor(n / 1000))} thousand${n % 1000 ? ` ${inWords(n % 1000)}` : ''}`;
  if (n >= 100) return `${SMALL[Math.floor(n / 100)]} hundred${n % 100 ? ` ${inWords(n % 100)}` : ''}`;
  if (n >= 20) return `${TENS[Math.floor(n / 10)]}${n % 10 ? `-${SMALL[n % 10]}` : ''}`;
  return SMALL[n] ?? '';
}

/** One test: its name, and its statements as one text. */
export interface ClassicTest {
  name: string;
  sql: string;
}

/** The tests, in their order: each goes on with what the one before left. */
export function classicTests(): ClassicTest[] {
  let state = 1;
  const random = (below: number): number => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) % below;
  const times = (n: number, line: (i: number) => string): string => Array.from({ length: n }, (_, i) => line(i)).join('\n');
  const insert = (table: string) => (i: number): string => {
    const b = random(100_000);
    return `INSERT INTO ${table} VALUES(${i + 1},${b},'${inWords(b)}');`;
  };
  const create = (table: string): string => `CREATE TABLE ${table}(a INTEGER, b INTEGER, c VARCHAR(100));\n`;
  const atOnce = (sql: string): string => `BEGIN;\n${sql}\nCOMMIT;`;
  const range = (to: number) => (i: number): string =>
    `SELECT count(*), avg(b) FROM t2 WHERE b>=${i * 100} AND b<${i * 100 + to};`;
  return [
    { name: '1000 INSERTs', sql: create('t1') + times(1000, insert('t1')) },
    { name: '25000 INSERTs in a transaction', sql: atOnce(create('t2') + times(25_000, insert('t2'))) },
    {
      name: '25000 INSERTs into an indexed table',
      sql: atOnce(`${create('t3')}CREATE INDEX i3 ON t3(c);\n${times(25_000, insert('t3'))}`),
    },
    { name: '100 SELECTs without an index', sql: atOnce(times(100, range(1000))) },
    {
      name: '100 SELECTs on a string comparison',
      sql: atOnce(times(100, (i) => `SELECT count(*), avg(b) FROM t2 WHERE c LIKE '%${inWords(i + 1)}%';`)),
    },
    { name: 'Creating an index', sql: 'CREATE INDEX i2a ON t2(a);\nCREATE INDEX i2b ON t2(b);' },
    { name: '5000 SELECTs with an index', sql: times(5000, range(100)) },
    {
      name: '1000 UPDATEs without an index',
      sql: atOnce(times(1000, (i) => `UPDATE t1 SET b=b*2 WHERE a>=${i * 10} AND a<${i * 10 + 10};`)),
    },
    {
      name: '25000 UPDATEs with an index',
      sql: atOnce(times(25_000, (i) => `UPDATE t2 SET b=${random(500_000)} WHERE a=${i + 1};`)),
    },
    {
      name: '25000 text UPDATEs with an index',
      sql: atOnce(times(25_000, (i) => `UPDATE t2 SET c='${inWords(random(500_000))}' WHERE a=${i + 1};`)),
    },
    {
      name: 'INSERTs from a SELECT',
      sql: atOnce('INSERT INTO t1 SELECT b,a,c FROM t2;\nINSERT INTO t2 SELECT b,a,c FROM t1;'),
    },
    { name: 'DELETE without an index', sql: "DELETE FROM t2 WHERE c LIKE '%fifty%';" },
    { name: 'DELETE with an index', sql: 'DELETE FROM t2 WHERE a>10 AND a<20000;' },
    { name: 'A big INSERT after a big DELETE', sql: 'INSERT INTO t2 SELECT * FROM t1;' },
    {
      name: 'A big DELETE followed by many small INSERTs',
      sql: atOnce(`DELETE FROM t1;\n${times(12_000, insert('t1'))}`),
    },
    { name: 'DROP TABLE', sql: 'DROP TABLE t1;\nDROP TABLE t2;\nDROP TABLE t3;' },
  ];
}
