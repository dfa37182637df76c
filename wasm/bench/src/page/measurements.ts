//! What is measured, each in a worker that has done nothing before.

import { AmphiPeer, type Prepared } from './peers/amphi.js';
import type { Peer } from './peers/peer.js';
import { classicTests } from './classic.js';

/** Milliseconds by what they were spent on. */
export type Times = Record<string, number>;

/** Rows of the big table. */
const ROWS = 100_000;
/** Rows of one INSERT into it. */
const CHUNK = 1000;
/** Commits that are measured. */
const COMMITS = 200;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function bigTable(): string[] {
  const texts = ['CREATE TABLE item (id INTEGER PRIMARY KEY, a INTEGER, b DOUBLE PRECISION, c VARCHAR(100))'];
  for (let from = 0; from < ROWS; from += CHUNK) {
    const rows = Array.from({ length: CHUNK }, (_, i) => {
      const id = from + i;
      return `(${id},${(id * 7919) % 1000},${id / 8},'a text of row ${id}, some forty characters long')`;
    });
    texts.push(`INSERT INTO item VALUES ${rows.join(',')}`);
  }
  return texts;
}

/** The sixteen tests; what a test leaves to be written is part of its time. */
async function classic(peer: Peer, stored: string | undefined): Promise<Times> {
  await peer.open(stored);
  const times: Times = {};
  for (const { name, sql } of classicTests()) {
    times[name] = await timed(async () => {
      await peer.exec(sql);
      await peer.settle();
    });
  }
  await peer.close();
  return times;
}

/** One row in one commit, over and over. */
async function commits(peer: Peer, stored: string | undefined): Promise<Times> {
  await peer.open(stored);
  await peer.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, a INTEGER)');
  await peer.settle();
  // The mean: browsers round a single time to a tenth of a millisecond.
  const time = await timed(async () => {
    for (let i = 0; i < COMMITS; i++) await peer.exec(`INSERT INTO item VALUES (${i}, ${i})`);
  });
  await peer.settle();
  await peer.close();
  return { 'one row in a commit': time / COMMITS };
}

/** A hundred thousand rows, until they are stored. */
async function bulk(peer: Peer, stored: string | undefined): Promise<Times> {
  const [create = '', ...inserts] = bigTable();
  await peer.open(stored);
  await peer.exec(create);
  await peer.settle();
  const time = await timed(async () => {
    for (const insert of inserts) await peer.exec(insert);
    await peer.settle();
  });
  await peer.close();
  return { '100,000 rows': time };
}

/** What {@link bulk} has stored, in a worker that has never seen it: `start` is when its script began. */
async function reopen(peer: Peer, stored: string | undefined, start: number): Promise<Times> {
  await peer.open(stored);
  const one = await peer.value('SELECT a FROM item WHERE id = 54321');
  const first = performance.now() - start;
  if (Number(one) !== (54_321 * 7919) % 1000) throw new Error(`the row is ${String(one)}`);
  const aggregate = await timed(() => peer.value('SELECT SUM(a) FROM item'));
  await peer.close();
  return { 'reopen to the first point query': first, 'first SUM over the table': aggregate };
}

/** From the start of the script to the first answer. */
async function start(peer: Peer, stored: string | undefined, begun: number): Promise<Times> {
  await peer.open(stored);
  await peer.value('SELECT 1');
  const time = performance.now() - begun;
  await peer.close();
  return { 'start to SELECT 1': time };
}

/** A point query on a resident table without a promise; there is such a thing in Amphi only. */
async function point(peer: Peer, stored: string | undefined): Promise<Times> {
  if (!(peer instanceof AmphiPeer)) throw new Error('only Amphi is asked so');
  const [create = '', ...inserts] = bigTable();
  await peer.open(stored);
  await peer.exec(create);
  for (const insert of inserts) await peer.exec(insert);
  const statement: Prepared = await peer.db.prepare('SELECT * FROM item WHERE id = ?');
  const run = (text: (id: number) => unknown): number => {
    const n = 2000;
    const of = (i: number): number => (i * 7919) % ROWS;
    for (let i = 0; i < n; i++) text(of(i));
    const begun = performance.now();
    for (let i = 0; i < n; i++) text(of(i));
    return (performance.now() - begun) / n;
  };
  const times = {
    'point query, prepared': run((id) => statement.querySync([id])),
    'point query, text': run((id) => peer.db.querySync(`SELECT * FROM item WHERE id = ${id}`)),
  };
  statement.close();
  await peer.close();
  return times;
}

/** The measurements by name. */
export const MEASUREMENTS = { classic, commits, bulk, reopen, start, point };
