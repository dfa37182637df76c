//! SQL logic tests on persistent tables in IndexedDB, with a cache that keeps nothing.
//!
//! In a Worker one folder of them, and with `AMPHI_SLT_WORKER=1` all.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RunResult, SqlValue } from 'amphi';
import type { Page } from 'playwright-core';
import { Browser } from './page.js';
import { parse, rowsOf, type SltRecord } from './slt-file.js';

const FILES = fileURLToPath(new URL('../../../../../tests/slt', import.meta.url));

/** Folders of files that change and read rows in many ways. */
const FOLDERS = ['constraints', 'delete', 'indexes', 'insert', 'merge', 'transactions', 'triggers', 'update'];

/** Those that run in a Worker too. */
const IN_WORKER = process.env['AMPHI_SLT_WORKER'] ? FOLDERS : ['delete'];

/** What a statement answered, or an error's code. */
type Answer = RunResult<SqlValue[]> | { code: string };

let browser: Browser;
before(async () => void (browser = await Browser.start()));
after(() => browser.stop());

/** Runs the statements of a file in a database of their own, then has it checked, opened again and checked again. */
async function run(page: Page, name: string, records: readonly SltRecord[], worker: boolean): Promise<Answer[]> {
  return page.evaluate(
    async ({ name, records, worker }) => {
      const { Amphi, AmphiError } = await import('amphi');
      const address = `idb://${name}`;
      await Amphi.delete(address);
      const options = { defaultPersistent: true, cache: { enabled: false }, worker };
      let db = await Amphi.open(address, options);
      const sessions = new Map<string, ReturnType<typeof db.session>>();
      const answers: Answer[] = [];
      for (const { connection, sql } of records) {
        const session = sessions.get(connection) ?? db.session();
        sessions.set(connection, session);
        try {
          answers.push(await session.run(sql, [], { rows: 'array' }));
        } catch (e) {
          if (!(e instanceof AmphiError)) throw e;
          answers.push({ code: e.code });
        }
        await db.flush();
      }
      for (const session of sessions.values()) await session.close();
      const problems = [await db.check()];
      await db.close();
      db = await Amphi.open(address, options);
      problems.push(await db.check());
      await db.close();
      await Amphi.delete(address);
      if (problems.some((p) => p !== '')) throw new Error(`the integrity check found: ${problems.join('; ')}`);
      return answers;
    },
    { name, records, worker },
  );
}

/** What is wrong with an answer. */
function fault({ line, sql, expected }: SltRecord, answer: Answer): string | undefined {
  const wrong = (what: string): string => `line ${line}: ${sql}\n  ${what}`;
  if ('code' in answer) {
    const isExpected = !expected.ok && (expected.code === '' || expected.code === answer.code);
    return isExpected ? undefined : wrong(`error ${answer.code}`);
  }
  if (!expected.ok) return wrong(`no error, but ${expected.code} is expected`);
  if (expected.affected !== undefined && expected.affected !== answer.rowsAffected) {
    return wrong(`${answer.rowsAffected} rows changed, not ${expected.affected}`);
  }
  if (!expected.rows) return undefined;
  const rows = rowsOf(answer);
  if (expected.sorted) rows.sort();
  // Values may stand in a line each.
  return rows.join(' ') === expected.rows.join(' ') ? undefined : wrong(`${rows.join(', ')}, not ${expected.rows.join(', ')}`);
}

function folder(name: string, worker: boolean): void {
  test(`SQL logic tests: ${name}${worker ? ', in a Worker' : ''}`, async (t) => {
    const page = await browser.page();
    const files = (await readdir(`${FILES}/${name}`)).filter((f) => f.endsWith('.slt')).sort();
    assert.notEqual(files.length, 0);
    for (const file of files) {
      await t.test(file, async () => {
        const records = parse(await readFile(`${FILES}/${name}/${file}`, 'utf8'));
        const answers = await run(page, `${name}-${file}`, records, worker);
        const faults = records.map((record, i) => fault(record, answers[i]!)).filter((f) => f !== undefined);
        assert.deepEqual(faults, []);
      });
    }
    await page.close();
  });
}

FOLDERS.forEach((name) => folder(name, false));
IN_WORKER.forEach((name) => folder(name, true));
