//! The script of a Worker that runs an engine for whoever started it: opens one database, and serves it.
//!
//! It imports all that it may need, also what is elsewhere loaded when it is used: bundlers that make one file of a Worker's
//! script refuse one that would need more (Vite before 8).

import type { Start, Started } from './in-worker.js';
import { initialize } from './module.js';
import { openHere } from './open.js';
import { portLink, type Port } from './remote/link.js';
import { failureOf } from './remote/protocol.js';
import { Server } from './remote/server.js';
import { SharedEngine } from './tabs/shared.js';

const scope = globalThis as unknown as Port;

async function start({ address, options, tabs, source }: Start): Promise<void> {
  const say = (started: Started): void => scope.postMessage(started, []);
  try {
    await initialize(source);
    const engine = await openHere(address, options, tabs, (...where) => SharedEngine.join(...where));
    new Server(engine, portLink(scope), () => engine.close());
    say({ kind: 'started' });
  } catch (e) {
    say({ kind: 'failed', failure: failureOf(e) });
  }
}

scope.onmessage = ({ data }) => void start(data as Start);
