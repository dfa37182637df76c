//! What the owner of a database does for the other tabs.

import type { RawEngine } from '../engine.js';
import { AmphiError } from '../error.js';
import type { Link } from '../remote/link.js';
import type { Server } from '../remote/server.js';
import { hold } from './election.js';
import { noticeBoard, tabName, type Notice, type Reception } from './meeting.js';

/** Another tab. */
interface Guest {
  readonly link: Link;
  readonly server: Server;
  /** Stops waiting for its end. */
  readonly forget: AbortController;
}

/** See the module. The parts that serve are loaded when the first tab says hello. */
export class Host {
  private readonly owner = crypto.randomUUID();
  private readonly board: BroadcastChannel;
  private readonly guests = new Map<string, Guest>();
  private isOpen = true;

  /** Says that there is an owner, and serves the engine to whoever says hello; without one, refuses. */
  constructor(
    private readonly name: string,
    private readonly engine: RawEngine | undefined,
  ) {
    this.board = noticeBoard(name);
    // Who is not answered now says hello again to the next owner.
    this.board.onmessage = ({ data }) => void this.notice(data as Notice).catch(() => undefined);
    this.board.postMessage({ kind: 'owner', owner: this.owner } satisfies Notice);
  }

  private async notice(notice: Notice): Promise<void> {
    if (notice.kind !== 'hello') return;
    const { tab, protocol } = notice;
    const [{ channelLink }, { Server }, { failureOf, PROTOCOL }] = await Promise.all([
      import('../remote/link.js'),
      import('../remote/server.js'),
      import('../remote/protocol.js'),
    ]);
    if (!this.isOpen || this.guests.has(tab)) return;
    const link = channelLink(tabName(tab));
    const refuse = (why: string): void => {
      const error = new AmphiError(`idb://${this.name} is open in another page, ${why}; close it there first`, { code: 'AM003' });
      link.send({ kind: 'refused', failure: failureOf(error) } satisfies Reception);
      link.close();
    };
    if (protocol !== PROTOCOL) return refuse('which has another version of Amphi');
    if (!this.engine) return refuse('which does not share it');
    const server = new Server(this.engine, link, () => Promise.resolve());
    const guest = { link, server, forget: new AbortController() };
    this.guests.set(tab, guest);
    link.send({ kind: 'welcome', owner: this.owner } satisfies Reception);
    void this.attend(tab, guest).catch(() => undefined);
  }

  /** Waits until a tab is gone, and frees what it had. */
  private async attend(tab: string, { link, server, forget }: Guest): Promise<void> {
    try {
      const release = await hold(tabName(tab), { signal: forget.signal });
      void release?.();
    } catch {
      return; // The owner has closed.
    }
    this.guests.delete(tab);
    await server.abandon();
    link.close();
  }

  /** Takes nothing more, and waits for what the other tabs have begun. */
  async finish(): Promise<void> {
    this.isOpen = false;
    this.board.close();
    await Promise.all(Array.from(this.guests.values(), ({ server }) => server.finish()));
  }

  /** After {@link Host.finish}: tells the other tabs that it is over; the next one may own the database. */
  close(): void {
    for (const { link } of this.guests.values()) link.send({ kind: 'closed', owner: this.owner } satisfies Reception);
    this.end();
  }

  /** Is silent from now on. */
  end(): void {
    this.isOpen = false;
    this.board.close();
    for (const { link, forget } of this.guests.values()) {
      forget.abort();
      link.close();
    }
    this.guests.clear();
  }
}
