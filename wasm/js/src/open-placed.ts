//! Opening databases in this thread or in a Worker. The Worker's own script needs the first only, and does not import this.

import type { RawEngine } from './engine.js';
import { openHere } from './open.js';
import type { EngineOptions, PlaceOptions } from './options.js';

/** Opens the database of an address, where the options say. */
export async function openEngine(
  address: string,
  options: EngineOptions,
  { worker, tabs }: Required<PlaceOptions>,
): Promise<RawEngine> {
  if (!worker) return openHere(address, options, tabs);
  const { WorkerEngine } = await import('./in-worker.js');
  return WorkerEngine.start(address, options, tabs);
}
