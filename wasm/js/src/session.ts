//! Sessions: work on a database with a state of its own.

import type { RawOwnSession } from './engine.js';
import { AmphiError } from './error.js';
import { Queryable, type Scope } from './queryable.js';
import { Queue } from './queue.js';
import type { FormatOptions } from './values.js';

/**
 * One line of work on a database, with its own transaction state (`BEGIN` … `COMMIT`), current schema (`USE`), variables and
 * temporary tables. Its statements run one after another, in the order of their calls.
 */
export class Session extends Queryable {
  private session: RawOwnSession | undefined;
  /** @internal */
  protected readonly queue = new Queue();
  /** @internal */
  protected override readonly scope: Scope;

  /** @internal */
  constructor(session: RawOwnSession, format: FormatOptions) {
    super();
    this.session = session;
    this.scope = { raw: () => this.open(), queue: this.queue, format };
  }

  /** @internal */
  protected open(): RawOwnSession {
    if (!this.session) throw new AmphiError('the session has ended; start another one', { code: '25000' });
    return this.session;
  }

  /** Waits for the statements that still run, and ends the session; an open transaction is rolled back. */
  close(): Promise<void> {
    return this.queue.run(async () => {
      const session = this.session;
      this.session = undefined;
      await session?.close();
    });
  }
}
