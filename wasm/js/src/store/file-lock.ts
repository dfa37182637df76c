//! One process per file: a lock file beside it names the process that has it open. That of a process which is gone does not count.

import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { AmphiError } from '../error.js';

/** Gives a lock up. */
export type Release = () => void;

/** How long it takes at most to take over the lock of a process that is gone, in milliseconds. */
const TAKEOVER = 10_000;

/** What tells a process from all others: its number and when it started, where the system says that. */
function nameOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (e) {
    // One of another user cannot be sent anything, but is there.
    if ((e as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  let started = '';
  try {
    // The 22nd field; the 2nd is a name in parentheses, which may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // Only Linux says so.
  }
  return `${pid} ${started}\n`;
}

function isHeld(lock: string): boolean {
  const name = readFileSync(lock, 'latin1');
  // It is being written.
  if (!name.endsWith('\n')) return Date.now() - statSync(lock).mtimeMs < TAKEOVER;
  return nameOf(Number.parseInt(name, 10)) === name;
}

function create(lock: string): boolean {
  let fd: number;
  try {
    fd = openSync(lock, 'wx');
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw e;
  }
  try {
    writeSync(fd, nameOf(process.pid) ?? '');
  } finally {
    closeSync(fd);
  }
  return true;
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Removes the lock of a process that is gone; only one process at a time does that. */
function takeOver(lock: string): void {
  const turn = `${lock}.turn`;
  try {
    if (Date.now() - statSync(turn).mtimeMs > TAKEOVER) rmSync(turn, { force: true });
  } catch (e) {
    if (!isGone(e)) throw e;
  }
  if (!create(turn)) return;
  try {
    if (!isHeld(lock)) rmSync(lock, { force: true });
  } catch (e) {
    if (!isGone(e)) throw e;
  } finally {
    rmSync(turn, { force: true });
  }
}

/**
 * Takes the lock of a file.
 *
 * Fails with `AM003` if another process has it, or this one.
 */
export function lockFile(path: string): Release {
  const lock = `${path}.lock`;
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (create(lock)) return () => rmSync(lock, { force: true });
      try {
        if (isHeld(lock)) break;
      } catch (e) {
        if (isGone(e)) continue;
        throw e;
      }
      takeOver(lock);
    }
  } catch (e) {
    const because = e instanceof Error ? e.message : String(e);
    throw new AmphiError(`the file ${path} cannot be locked: ${because}`, { code: '58030', cause: e });
  }
  throw new AmphiError(`the file ${path} is open already, here or in another process; close it there first`, { code: 'AM003' });
}
