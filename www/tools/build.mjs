//! Builds the page into `dist`: the scripts and styles bundled, the package `amphi` as it is beside them, and a service worker
//! that knows the names of all these files.

import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const amphi = join(root, '../wasm/js/dist');

/**
 * The files below a folder, by their paths in it.
 * @param {string} folder
 */
function filesOf(folder) {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => file.replaceAll(sep, '/'))
    .sort();
}

/**
 * The package is not bundled: it finds its wasm module and its workers beside its own files.
 * @type {import('esbuild').Plugin}
 */
const unbundled = {
  name: 'amphi as it is',
  setup(bundle) {
    bundle.onResolve({ filter: /^amphi$/ }, () => ({ path: './amphi/index.js', external: true }));
  },
};

/** @type {import('esbuild').BuildOptions} */
const common = { bundle: true, minify: true, target: 'es2022', logLevel: 'warning', legalComments: 'none' };

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await build({
  ...common,
  entryPoints: {
    main: join(root, 'src/main.ts'),
    early: join(root, 'src/early.ts'),
    style: join(root, 'src/styles/main.css'),
  },
  outdir: dist,
  format: 'esm',
  plugins: [unbundled],
});
cpSync(join(root, 'static'), dist, { recursive: true });

// Of the package, what a page and a Worker need, and their wasm module.
const { metafile } = await build({
  entryPoints: [join(amphi, 'index.js'), join(amphi, 'worker.js')],
  absWorkingDir: amphi,
  bundle: true,
  format: 'esm',
  metafile: true,
  outdir: dist,
  packages: 'external',
  write: false,
});
for (const file of [...Object.keys(metafile.inputs), 'wasm/amphi_bg.wasm'])
  cpSync(join(amphi, file), join(dist, 'amphi', file));

// Otherwise each of the modules that a page always needs would be asked for only when the one before it has come.
const needed = new Set(['index.js']);
for (const file of needed) {
  for (const { path, kind } of metafile.inputs[file]?.imports ?? []) if (kind === 'import-statement') needed.add(path);
}
const preloads = [...needed].map((file) => `    <link rel="modulepreload" href="amphi/${file}" />`);
const page = readFileSync(join(root, 'src/index.html'), 'utf8');
writeFileSync(join(dist, 'index.html'), page.replace('    <!-- modules -->', preloads.join('\n')));

const files = filesOf(dist);
const version = createHash('sha256');
for (const file of files) version.update(file).update(readFileSync(join(dist, file)));
await build({
  ...common,
  entryPoints: [join(root, 'src/service-worker.ts')],
  outdir: dist,
  format: 'iife',
  define: { FILES: JSON.stringify(['./', ...files]), VERSION: JSON.stringify(version.digest('hex').slice(0, 16)) },
});
