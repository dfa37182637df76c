// What every project does with the package; its answer is the same in all.
export async function program(Amphi, address, options = {}) {
  const db = await Amphi.open(address, options);
  await db.exec('CREATE TABLE t (id INT PRIMARY KEY, name TEXT) ENGINE = persistent');
  await db.exec('INSERT INTO t VALUES (?, ?), (?, ?)', [1, 'one', 2, 'two']);
  await db.close();
  const again = await Amphi.open(address, options);
  const rows = await again.query('SELECT name FROM t ORDER BY id');
  const copy = await Amphi.import(await again.export());
  rows.push(...copy.querySync('SELECT COUNT(*) AS n FROM t'));
  await Promise.all([again.close(), copy.close()]);
  return rows;
}

// Shows the answers of a page in its title, or what went wrong.
export async function show(answers) {
  document.title = await answers.then(JSON.stringify, (e) => `failed: ${e}`);
}
