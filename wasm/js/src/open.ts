//! Opening and removing databases by their addresses.

import type { RawEngine } from './engine.js';
import { AmphiError } from './error.js';
import { LocalEngine, openModule } from './local.js';
import { initialize } from './module.js';
import type { EngineOptions } from './options.js';
import { OwnedEngine } from './owned.js';
import { IndexedDbStore } from './store/indexed-db.js';
import { lock } from './store/lock.js';

/** Opens the database of an address. */
export async function openEngine(address: string, options: EngineOptions): Promise<RawEngine> {
  if (address === 'memory:' || address === ':memory:') {
    await initialize();
    return new LocalEngine(await openModule(undefined, options));
  }
  const name = nameOf(address);
  await initialize();
  const release = await lock(name);
  return OwnedEngine.own(name, options, release);
}

/** Removes the store of an address. */
export async function deleteStore(address: string): Promise<void> {
  const name = nameOf(address);
  const release = await lock(name);
  try {
    await IndexedDbStore.delete(name);
  } finally {
    release();
  }
}

function nameOf(address: string): string {
  const name = /^idb:\/\/(.+)$/.exec(address)?.[1];
  if (name !== undefined) return name;
  throw new AmphiError(`there is no store for ${address}; use idb://name or memory:`, { code: 'F0000' });
}
