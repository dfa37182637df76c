//! One owner per stored database: what another page has open is not opened a second time.

import { AmphiError } from '../error.js';
import { browserName } from './indexed-db.js';

/** How long to wait for a page that is just going away, in milliseconds. */
const PATIENCE = 1000;

/** Gives a lock up. */
export type Release = () => void;

/**
 * Takes the lock of a database, which ends with the page at the latest. Where the browser has no locks (pages that are not
 * from a secure origin) there is none, and the pages have to see to it themselves.
 *
 * Fails with `AM003` if another page has it.
 */
export async function lock(name: string): Promise<Release> {
  // The types say that there is always one.
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
  if (!locks) return () => undefined;
  return new Promise<Release>((resolve, reject) => {
    const held = locks.request(
      browserName(name),
      { signal: AbortSignal.timeout(PATIENCE) },
      () => new Promise<void>((release) => resolve(release)),
    );
    held.catch((cause: unknown) =>
      reject(new AmphiError(`idb://${name} is open in another page; close it there first`, { code: 'AM003', cause })),
    );
  });
}
