//! What a page downloads of each database, in Brotli.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

const peers = fileURLToPath(new URL('../node_modules', import.meta.url));

/** The files that a page needs for a database in memory. */
const FILES: Record<string, string[]> = {
  'sqlite-wasm': ['@sqlite.org/sqlite-wasm/dist/index.mjs', '@sqlite.org/sqlite-wasm/dist/sqlite3.wasm'],
  'sql.js': ['sql.js/dist/sql-wasm-browser.js', 'sql.js/dist/sql-wasm-browser.wasm'],
  'wa-sqlite': ['wa-sqlite/src/sqlite-api.js', 'wa-sqlite/src/sqlite-constants.js', 'wa-sqlite/dist/wa-sqlite-async.mjs', 'wa-sqlite/dist/wa-sqlite-async.wasm'],
  PGlite: ['@electric-sql/pglite/dist/pglite.wasm', '@electric-sql/pglite/dist/pglite.data'],
};

/** Prints them. Amphi's are printed by `cargo xtask wasm`, file by file. */
export function printSizes(): void {
  console.log('\nDownload in Brotli, bytes\n');
  for (const [name, files] of Object.entries(FILES)) {
    const sizes = files.map((file) => brotliCompressSync(readFileSync(join(peers, file))).length);
    console.log(`${name.padEnd(16)}${sizes.reduce((a, b) => a + b, 0)}`);
  }
}
