//! The databases by name. Each is loaded only where it is measured.

import type { Peer } from './peer.js';

/** The database of that name. */
export async function peerNamed(name: string): Promise<Peer> {
  switch (name) {
    case 'Amphi':
      return new (await import('./amphi.js')).AmphiPeer(false);
    case 'Amphi, durable':
      return new (await import('./amphi.js')).AmphiPeer(true);
    case 'sqlite-wasm':
      return new (await import('./sqlite-wasm.js')).SqliteWasm();
    case 'sql.js':
      return new (await import('./sql-js.js')).SqlJs();
    case 'wa-sqlite':
      return new (await import('./wa-sqlite.js')).WaSqlite();
    case 'PGlite':
      return new (await import('./pglite.js')).Pglite();
    default:
      throw new Error(`there is no database ${name}`);
  }
}
