//! The statements that were run, kept for the next visit.

const KEY = 'amphi-demo-history';
const MOST = 100;

/** A run of the editor's text. */
export interface Run {
  readonly sql: string;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** What came of it, in a few words. */
  readonly outcome: string;
  readonly failed: boolean;
}

/** The runs, the latest one first. */
export function runs(): Run[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? (stored as Run[]) : [];
  } catch {
    return [];
  }
}

/** Adds a run; the same text is kept once. */
export function remember(run: Run): void {
  const others = runs().filter(({ sql }) => sql !== run.sql);
  try {
    localStorage.setItem(KEY, JSON.stringify([run, ...others].slice(0, MOST)));
  } catch {
    // Without room there is no history.
  }
}

/** Forgets all runs. */
export function forget(): void {
  localStorage.removeItem(KEY);
}
