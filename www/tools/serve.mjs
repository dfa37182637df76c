//! Serves the built page on localhost.

import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** Where the page is built. */
export const DIST = fileURLToPath(new URL('../dist', import.meta.url));

/**
 * Starts a server of the page that answers this machine only; port 0 takes a free one.
 * @param {number} port
 * @returns {Promise<import('node:http').Server>}
 */
export function serve(port) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = createReadStream(join(DIST, path.endsWith('/') ? join(path, 'index.html') : path));
    file.on('error', () => response.writeHead(404).end());
    file.on('open', () => {
      response.setHeader('content-type', TYPES[extname(file.path.toString())] ?? 'application/octet-stream');
      // A page that was built again is to be seen at once.
      response.setHeader('cache-control', 'no-cache');
      file.pipe(response);
    });
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, 'localhost', () => resolve(server));
  });
}

/**
 * Where a server's page is.
 * @param {import('node:http').Server} server
 */
export function addressOf(server) {
  const address = server.address();
  return `http://localhost:${typeof address === 'object' ? address?.port : address}/`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } });
  try {
    console.log(`The demo page is at ${addressOf(await serve(Number(values.port)))} (Ctrl-C ends this)`);
  } catch (e) {
    const taken = e instanceof Error && 'code' in e && e.code === 'EADDRINUSE';
    console.error(taken ? `port ${values.port} is taken; choose another one with --port` : String(e));
    process.exitCode = 1;
  }
}
