//! What is wrong when an owner goes away.

/** The owner went away before it answered. */
export class Disconnected extends Error {
  constructor(
    /** Whether it may have done what it was asked. */
    readonly mayHaveRun: boolean,
  ) {
    super('the owner of the database went away');
  }
}
