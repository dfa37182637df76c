//! Opening databases by their addresses in this thread, and removing them.

import type { RawEngine } from './engine.js';
import { AmphiError } from './error.js';
import { deleteFile, openFile, pathOf } from './files.js';
import { LocalEngine, openModule } from './local.js';
import { initialize } from './module.js';
import type { EngineOptions, PlaceOptions } from './options.js';
import { OwnedEngine } from './owned.js';
import { IndexedDbStore } from './store/indexed-db.js';
import { claim, insist } from './tabs/election.js';
import type { SharedEngine } from './tabs/shared.js';

/** How to join the tabs that have a database open. */
export type Join = typeof SharedEngine.join;

/** Loads what that takes when it is needed. */
const joinLater: Join = async (name, options) => {
  const { SharedEngine } = await import('./tabs/shared.js');
  return SharedEngine.join(name, options);
};

/** Opens the database of an address. */
export async function openHere(
  address: string,
  options: EngineOptions,
  tabs: Required<PlaceOptions>['tabs'],
  join: Join = joinLater,
): Promise<RawEngine> {
  const path = pathOf(address);
  const name = path === undefined ? nameOf(address) : undefined;
  if (path !== undefined) return openFile(path, options);
  if (name === undefined) {
    await initialize();
    return new LocalEngine(await openModule(undefined, options));
  }
  if (tabs === 'exclusive') return OwnedEngine.own(name, options, false, await insist(name));
  const release = await claim(name);
  if (release) return OwnedEngine.own(name, options, true, release);
  return join(name, options);
}

/** Removes the store of an address. */
export async function deleteStore(address: string): Promise<void> {
  const path = pathOf(address);
  if (path !== undefined) return deleteFile(path);
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
  return new AmphiError(`there is no store for ${address}; use idb://name, file:path or memory:`, { code: 'F0000' });
}
