//! Statements of one session, one after another.

/** @internal Runs what it is given in order, each when the one before has ended. */
export class Queue {
  private last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all before it has ended; its error is its caller's. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }
}
