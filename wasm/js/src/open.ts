//! Opening and removing databases by their addresses.

import type { RawEngine } from './engine.js';
import { AmphiError } from './error.js';
import { LocalEngine, openModule } from './local.js';
import { initialize } from './module.js';
import type { EngineOptions, PlaceOptions } from './options.js';
import { OwnedEngine } from './owned.js';
import { IndexedDbStore } from './store/indexed-db.js';
import { claim, insist } from './tabs/election.js';

/** Opens the database of an address, where the options say. */
export async function openEngine(
  address: string,
  options: EngineOptions,
  { worker, tabs }: Required<PlaceOptions>,
): Promise<RawEngine> {
  const name = nameOf(address);
  if (worker) {
    const { WorkerEngine } = await import('./in-worker.js');
    return WorkerEngine.start(address, options, tabs);
  }
  if (name === undefined) {
    await initialize();
    return new LocalEngine(await openModule(undefined, options));
  }
  if (tabs === 'exclusive') return OwnedEngine.own(name, options, false, await insist(name));
  const release = await claim(name);
  if (release) return OwnedEngine.own(name, options, true, release);
  const { SharedEngine } = await import('./tabs/shared.js');
  return SharedEngine.join(name, options);
}

/** Removes the store of an address. */
export async function deleteStore(address: string): Promise<void> {
  const name = nameOf(address);
  if (name === undefined) throw noStore(address);
  const release = await insist(name);
  try {
    await IndexedDbStore.delete(name);
  } finally {
    await release();
  }
}

/** The name of a stored database; of one in memory nothing. */
function nameOf(address: string): string | undefined {
  if (address === 'memory:' || address === ':memory:') return undefined;
  const name = /^idb:\/\/(.+)$/.exec(address)?.[1];
  if (name === undefined) throw noStore(address);
  return name;
}

function noStore(address: string): AmphiError {
  return new AmphiError(`there is no store for ${address}; use idb://name or memory:`, { code: 'F0000' });
}
