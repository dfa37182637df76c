//! The database of the page: opening it, what its tables are, and telling the panels when something has changed.

import type { Amphi, Placement } from 'amphi';

/** Where the page keeps its tables. */
export const ADDRESS = 'idb://amphi-demo';

/** A table as the panels show it. */
export interface Table {
  readonly name: string;
  readonly placement: Placement;
  /** Its commits are on the disk when they return. */
  readonly sync: boolean;
  readonly rows: number;
}

/** A column of a table. */
export interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly key: boolean;
}

/** How long a commit took, and when it was made, both in milliseconds. */
export interface Commit {
  readonly at: number;
  readonly took: number;
}

/** Commits that are remembered. */
const COMMITS = 2000;

/** The page's database. Fires `change` when tables or rows may have changed. */
export class Database extends EventTarget {
  /** The last commits that the page waited for. */
  readonly commits: Commit[] = [];
  private announced = false;
  private readonly otherTabs = new BroadcastChannel('amphi-demo');

  constructor(readonly amphi: Amphi) {
    super();
    this.otherTabs.onmessage = () => this.dispatchEvent(new Event('change'));
  }

  /** Says in all tabs that tables or rows may have changed. Listeners hear of many changes at once. */
  changed(): void {
    if (this.announced) return;
    this.announced = true;
    setTimeout(() => {
      this.announced = false;
      this.dispatchEvent(new Event('change'));
      this.otherTabs.postMessage('change');
    }, 60);
  }

  /** The tables of the database, by name. */
  async tables(): Promise<Table[]> {
    const rows = await this.amphi.query<{ name: string; placement: Placement; sync: string; n: number }>(
      `SELECT TABLE_NAME AS name, ENGINE AS placement, SYNC_ON_WRITE AS sync, TABLE_ROWS AS n FROM information_schema.tables
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME`,
    );
    return rows.map(({ name, placement, sync, n }) => ({ name, placement, sync: sync === 'YES', rows: n }));
  }

  /** The columns of all tables, in their order. */
  async columns(): Promise<Column[]> {
    const rows = await this.amphi.query<{ t: string; c: string; type: string; k: string }>(
      `SELECT TABLE_NAME AS t, COLUMN_NAME AS c, COLUMN_TYPE AS type, COLUMN_KEY AS k FROM information_schema.columns
       WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    );
    return rows.map(({ t, c, type, k }) => ({ table: t, name: c, type, key: k === 'PRI' }));
  }

  /** Moves a table, and says whether its commits wait for the disk. */
  async place(table: string, placement: Placement, sync: boolean): Promise<void> {
    if (placement === 'memory') await this.amphi.loadToMemory(table);
    else await this.amphi.enablePersistence(table, { syncOnWrite: sync, cacheInMemory: placement === 'dual' });
    this.changed();
  }

  /** Runs what commits, and notes how long it took if something was changed. */
  async committing<T>(work: () => Promise<T>): Promise<T> {
    const before = await this.commitCount();
    const start = performance.now();
    const answer = await work();
    const took = performance.now() - start;
    if ((await this.commitCount()) > before) {
      this.commits.push({ at: performance.now(), took });
      if (this.commits.length > COMMITS) this.commits.splice(0, this.commits.length - COMMITS);
      this.changed();
    }
    return answer;
  }

  private async commitCount(): Promise<number> {
    return (await this.amphi.stats())['commits'] ?? 0;
  }
}
