//! Prints what a page that uses the package loads, as it is and as Brotli leaves it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const ofNode = /^(node|slim-node|store[/\\](file.*|crc32))\.js$/;
const files = readdirSync(dist, { recursive: true }).filter((f) => /\.(js|wasm)$/.test(f) && !ofNode.test(f));
const show = (name, raw, brotli) =>
  console.log(`${name.padEnd(24)}${String(raw).padStart(12)}${String(brotli).padStart(12)}`);
let [raw, brotli] = [0, 0];
show('', 'bytes', 'brotli');
for (const file of files.sort()) {
  const bytes = readFileSync(join(dist, file));
  const packed = brotliCompressSync(bytes).length;
  show(file, bytes.length, packed);
  raw += bytes.length;
  brotli += packed;
}
show('all', raw, brotli);
