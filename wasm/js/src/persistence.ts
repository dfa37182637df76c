//! Where tables live.

/** Where a table lives: in memory, in the store, or in both. */
export type Placement = 'memory' | 'persistent' | 'dual';

/** How `Amphi.enablePersistence` makes a table persistent. */
export interface PersistenceOptions {
  /** A commit that touches the table is durable when it returns. Default: false. */
  syncOnWrite?: boolean;
  /** The table is also held whole in memory and read from there (dual). Default: false. */
  cacheInMemory?: boolean;
}

/** Where a table lives, or is to live once it exists. */
export interface PersistenceConfig extends Required<PersistenceOptions> {
  readonly persistent: boolean;
  readonly placement: Placement;
}
