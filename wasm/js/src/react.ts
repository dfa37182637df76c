//! Live queries in React: `amphi/react`.
//!
//! A live query runs while a component that shows it is mounted. Rendering has no effects: what a query answers is a store
//! outside React, to which components subscribe, so that StrictMode and renders that React gives up do no harm.

import { createContext, createElement, useContext, useMemo, useSyncExternalStore, type ReactElement, type ReactNode } from 'react';
import type { Amphi } from './amphi.js';
import type { LiveOptions, LiveQuery } from './live.js';
import { encodeParams } from './params.js';
import type { Row } from './result.js';
import type { ColumnValues, Params, SqlValue } from './values.js';

const Context = createContext<Amphi | undefined>(undefined);

/** Gives a database to the components within. */
export function AmphiProvider({ db, children }: { db: Amphi; children?: ReactNode }): ReactElement {
  return createElement(Context.Provider, { value: db }, children);
}

/** The database of the {@link AmphiProvider} around. */
export function useAmphi(): Amphi {
  const db = useContext(Context);
  if (!db) throw new Error('useAmphi and useLiveQuery need an AmphiProvider around them');
  return db;
}

/** What a component shows of a live query. */
export interface LiveResult<T> {
  /** The rows as they are now; `undefined` before the first answer to these parameters. */
  readonly rows: T | undefined;
  /** Why there are no newer rows; `undefined` again with the next answer. */
  readonly error: unknown;
  /** Whether neither rows nor an error are there yet. */
  readonly loading: boolean;
}

/** How {@link useLiveQuery} runs its query. */
export interface UseLiveQueryOptions extends Omit<LiveOptions, 'signal' | 'onError'> {
  /** Runs it; `false`: not now. Default: true. */
  enabled?: boolean;
}

const LOADING: LiveResult<never> = { rows: undefined, error: undefined, loading: true };

/** A live query as long as somebody listens. */
class Store {
  private result: LiveResult<unknown> = LOADING;
  private live: LiveQuery<unknown> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly db: Amphi,
    private readonly sql: string,
    private readonly params: Params | undefined,
    private readonly options: UseLiveQueryOptions,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.start();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.live?.close();
      this.live = undefined;
    };
  };

  readonly read = (): LiveResult<unknown> => this.result;

  private start(): void {
    const { enabled = true, ...options } = this.options;
    if (!enabled) return;
    const onAnswer = (answer: unknown): void => {
      const rows = options.key === undefined ? answer : (answer as { rows: unknown }).rows;
      this.show({ rows, error: undefined, loading: false });
    };
    const onError = (error: unknown): void => this.show({ rows: this.result.rows, error, loading: false });
    const live = this.db.live as (...args: unknown[]) => LiveQuery<unknown>;
    this.live = live.call(this.db, this.sql, this.params, onAnswer, { ...options, onError });
  }

  private show(result: LiveResult<unknown>): void {
    this.result = result;
    for (const listener of this.listeners) listener();
  }
}

/** What tells parameters and options from others, however they are written. */
function identity(params: Params | undefined, options: UseLiveQueryOptions): string {
  return `${JSON.stringify(options)} ${encodeParams(params).join()}`;
}

/**
 * The rows of a query, kept up to date while the component is mounted. Parameters and options may be written in place: what counts
 * are their values. With `key` rows that have not changed stay the same objects.
 *
 * ```tsx
 * function Cheap({ limit }: { limit: number }) {
 *   const { rows, error } = useLiveQuery<{ id: number; name: string }>('SELECT id, name FROM item WHERE price < ?', [limit]);
 *   if (error) return <p>{String(error)}</p>;
 *   return <ul>{rows?.map((item) => <li key={item.id}>{item.name}</li>)}</ul>;
 * }
 * ```
 */
export function useLiveQuery(
  sql: string,
  params: Params | undefined,
  options: UseLiveQueryOptions & { rows: 'array' },
): LiveResult<SqlValue[][]>;
export function useLiveQuery(
  sql: string,
  params: Params | undefined,
  options: UseLiveQueryOptions & { rows: 'columns' },
): LiveResult<Record<string, ColumnValues>>;
export function useLiveQuery<R extends object = Row>(
  sql: string,
  params?: Params,
  options?: UseLiveQueryOptions & { rows?: 'object' },
): LiveResult<R[]>;
export function useLiveQuery(sql: string, params?: Params, options: UseLiveQueryOptions = {}): LiveResult<unknown> {
  const db = useAmphi();
  const same = identity(params, options);
  const store = useMemo(
    () => new Store(db, sql, params, options),
    // `same` stands for `params` and `options`.
    [db, sql, same],
  );
  return useSyncExternalStore(store.subscribe, store.read, () => LOADING);
}
