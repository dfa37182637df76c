//! Who owns a stored database: whoever holds its Web Lock, which ends with the page or Worker at the latest.
//!
//! Where the browser has no locks (pages that are not from a secure origin) everybody owns it, and the pages have to see to
//! it themselves.

import { AmphiError } from '../error.js';
import { browserName } from '../store/indexed-db.js';

/** How long to wait for a page that is just going away, in milliseconds. */
const PATIENCE = 1000;

/** Gives a lock up; done when somebody else may have it. */
export type Release = () => Promise<void>;

/** The browser's locks. The types say that there are always some. */
export function webLocks(): LockManager | undefined {
  return (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
}

/** Takes a lock; nothing if that was `ifAvailable` and it is not. */
export async function hold(lock: string, options: LockOptions): Promise<Release | undefined> {
  const locks = webLocks();
  if (!locks) return () => Promise.resolve();
  return new Promise((resolve, reject) => {
    const ended: Promise<unknown> = locks.request(lock, options, (granted) => {
      if (!granted) return resolve(undefined);
      return new Promise<void>((release) => {
        resolve(async () => {
          release();
          await ended;
        });
      });
    });
    ended.catch(reject);
  });
}

/** Becomes the owner of a database, if it has none. */
export function claim(name: string): Promise<Release | undefined> {
  return hold(browserName(name), { ifAvailable: true });
}

/** Becomes the owner when all who were there before are gone, unless the signal says that it is not wanted any more. */
export async function succeed(name: string, signal: AbortSignal): Promise<Release> {
  // Undefined only if it is not to wait.
  return (await hold(browserName(name), { signal }))!;
}

/** Becomes the owner, or fails with `AM003`. */
export async function insist(name: string): Promise<Release> {
  try {
    return await succeed(name, AbortSignal.timeout(PATIENCE));
  } catch (cause) {
    throw new AmphiError(`idb://${name} is open in another page; close it there first`, { code: 'AM003', cause });
  }
}
