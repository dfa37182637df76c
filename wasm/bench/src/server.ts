//! Serves the package, its peers and the measurements to the browser, from localhost.

import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Folders by the first part of an address. */
const FOLDERS: Record<string, string> = {
  amphi: here('../../js/dist'),
  peers: here('../node_modules'),
  bench: here('./page'),
};

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** A server that runs. */
export interface Server {
  readonly address: string;
  stop(): Promise<unknown>;
}

/** Starts it on a free port. */
export async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const [, first = '', ...rest] = normalize(new URL(request.url ?? '/', 'http://localhost').pathname).split('/');
    const folder = FOLDERS[first];
    if (folder === undefined) return void response.setHeader('content-type', 'text/html').end('<!doctype html>');
    const path = join(folder, ...rest);
    const file = createReadStream(path);
    file.on('error', () => response.writeHead(404).end());
    file.on('open', () => {
      response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
      file.pipe(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}/`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
