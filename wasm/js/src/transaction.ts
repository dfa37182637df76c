//! Transactions as functions, run again after a write conflict.

import type { RawEngine } from './engine.js';
import { AmphiError } from './error.js';
import { Session } from './session.js';
import type { FormatOptions } from './values.js';

/** How a transaction runs. */
export interface TransactionOptions {
  /** Default: `repeatable read`, which is snapshot isolation. */
  isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** Refuses every write. */
  readOnly?: boolean;
  /** Its commit is durable when it returns, whatever the settings of the tables. */
  sync?: boolean;
}

/** Attempts of one transaction before its conflict is reported. */
const ATTEMPTS = 64;

/**
 * An open transaction: a session whose statements it holds together. An error of one statement undoes that statement only.
 */
export class Transaction extends Session {
  /** Marks this point under a name, to come back to with {@link rollbackTo}. */
  async savepoint(name: string): Promise<void> {
    await this.exec(`SAVEPOINT ${quoted(name)}`);
  }

  /** Undoes everything since the savepoint, which stays. */
  async rollbackTo(name: string): Promise<void> {
    await this.exec(`ROLLBACK TO SAVEPOINT ${quoted(name)}`);
  }

  /** Forgets a savepoint and those after it; the changes stay. */
  async release(name: string): Promise<void> {
    await this.exec(`RELEASE SAVEPOINT ${quoted(name)}`);
  }

  /** @internal Commits, once the statements before have ended. */
  commit(): Promise<void> {
    return this.queue.run(() => this.open().commit());
  }
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** @internal Runs a function in a transaction, again after each write conflict, with pauses that grow and differ by chance. */
export async function transaction<T>(
  engine: () => RawEngine,
  format: FormatOptions,
  work: (tx: Transaction) => T | Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const { isolation = 'repeatable read', readOnly = false, sync = false } = options;
  for (let attempt = 1, pause = 1; ; attempt++, pause = Math.min(pause * 2, 50)) {
    const session = engine().session();
    const tx = new Transaction(session, format);
    try {
      await session.begin({ isolation, readOnly, sync });
      const result = await work(tx);
      await tx.commit();
      return result;
    } catch (e) {
      if (!(e instanceof AmphiError && e.retryable) || attempt === ATTEMPTS) throw e;
    } finally {
      await tx.close();
    }
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
  }
}
