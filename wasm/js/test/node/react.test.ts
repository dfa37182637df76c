//! Live queries in React components.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Amphi } from 'amphi';
import { AmphiProvider, useAmphi, useLiveQuery } from 'amphi/react';
import { Window } from 'happy-dom';
import { StrictMode, act, createElement as h, type ReactElement } from 'react';

const window = new Window();
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
// Newer versions of Node have one, which cannot be assigned.
globalThis.navigator ??= window.navigator as unknown as Navigator;
// It looks for a document when it is loaded.
const { createRoot } = await import('react-dom/client');
after(() => window.happyDOM.close());

async function opened(): Promise<Amphi> {
  const db = await Amphi.memory();
  await db.exec('CREATE TABLE t (id INT PRIMARY KEY, name TEXT)');
  await db.exec("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')");
  return db;
}

interface Shown {
  text: () => string;
  render: (element: ReactElement) => Promise<void>;
  unmount: () => Promise<void>;
}

/** A root in which all is rendered under a database. */
function shown(db: Amphi): Shown {
  const container = window.document.createElement('div');
  const root = createRoot(container as unknown as Element);
  return {
    text: () => container.textContent,
    render: (element) => act(async () => root.render(h(AmphiProvider, { db }, element))),
    unmount: () => act(async () => root.unmount()),
  };
}

/** Does something, and lets React show it. */
const doing = (work: () => Promise<unknown>): Promise<void> => act(async () => void (await work()));

let renders = 0;

function Names({ least, sql }: { least: number; sql?: string }): ReactElement {
  renders++;
  const { rows, error, loading } = useLiveQuery<{ name: string }>(sql ?? 'SELECT name FROM t WHERE id >= ? ORDER BY id', [least]);
  const names = rows?.map((row) => row.name).join() ?? '-';
  return h('p', null, `${loading ? 'loading ' : ''}${names}${error ? ` ${(error as { code: string }).code}` : ''}`);
}

for (const strict of [false, true]) {
  const wrapped = (element: ReactElement): ReactElement => (strict ? h(StrictMode, null, element) : element);

  test(`a component shows what is committed${strict ? ', in StrictMode' : ''}`, async () => {
    const db = await opened();
    const { text, render, unmount } = shown(db);
    await render(wrapped(h(Names, { least: 2 })));
    assert.equal(text(), 'two,three');
    await doing(() => db.exec("INSERT INTO t VALUES (4, 'four')"));
    assert.equal(text(), 'two,three,four');
    // Parameters that change.
    await render(wrapped(h(Names, { least: 4 })));
    assert.equal(text(), 'four');
    await doing(() => db.exec("UPDATE t SET name = 'vier' WHERE id = 4"));
    assert.equal(text(), 'vier');
    // Neither what is the same nor what concerns others is rendered again.
    const before = renders;
    await doing(() => db.exec("UPDATE t SET name = 'eins' WHERE id = 1"));
    assert.equal(renders, before);
    await render(wrapped(h(Names, { least: 1 })));
    assert.equal(text(), 'eins,two,three,vier');
    await doing(() => db.exec('ALTER TABLE t RENAME TO away'));
    assert.equal(text(), 'eins,two,three,vier 42P01');
    await doing(() => db.exec('ALTER TABLE away RENAME TO t'));
    assert.equal(text(), 'eins,two,three,vier');
    await unmount();
    const after = renders;
    await doing(() => db.exec('DELETE FROM t'));
    assert.equal(renders, after);
    await db.close();
  });
}

test('a query that cannot be run shows its error, and none is shown while it is off', async () => {
  const db = await opened();
  const { text, render, unmount } = shown(db);
  await render(h(Names, { least: 1, sql: 'SELECT nothing FROM t WHERE id >= ?' }));
  assert.equal(text(), '- 42703');
  function Off({ on }: { on: boolean }): ReactElement {
    const { rows, loading } = useLiveQuery('SELECT COUNT(*) FROM t', [], { rows: 'array', enabled: on });
    return h('p', null, loading ? 'off' : String(rows?.[0]));
  }
  await render(h(Off, { on: false }));
  assert.equal(text(), 'off');
  await render(h(Off, { on: true }));
  assert.equal(text(), '3');
  await unmount();
  await db.close();
});

test('rows with a key stay the same objects, and children need not be rendered again', async () => {
  const db = await opened();
  const seen: object[][] = [];
  function Keyed(): ReactElement {
    const { rows } = useLiveQuery('SELECT id, name FROM t ORDER BY id', undefined, { key: 'id' });
    if (rows) seen.push(rows);
    return h('p', null, String(useAmphi() === db));
  }
  const { text, render, unmount } = shown(db);
  await render(h(Keyed));
  // What compares answers is loaded when it is first needed.
  for (const deadline = Date.now() + 5000; seen.length === 0 && Date.now() < deadline; ) {
    await doing(() => new Promise((resolve) => setTimeout(resolve, 1)));
  }
  await doing(() => db.exec("UPDATE t SET name = 'zwei' WHERE id = 2"));
  const [first, second] = [seen[0]!, seen.at(-1)!];
  assert.deepEqual(second.map((row, i) => row === first[i]), [true, false, true]);
  assert.equal(text(), 'true');
  await unmount();
  await db.close();
});

test('without a provider the error says what is missing', async () => {
  const root = createRoot(window.document.createElement('div') as unknown as Element, { onUncaughtError: () => undefined });
  await assert.rejects(async () => {
    await act(async () => root.render(h(Names, { least: 1 })));
  }, /AmphiProvider/);
});
