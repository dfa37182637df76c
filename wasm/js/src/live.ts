//! Live queries: run again whenever a commit has touched what they read.
//!
//! One run at a time. Commits that come meanwhile make one more run, which sees them all: the last answer delivered is that of
//! the last commit. An answer that is the same as the one before is not delivered.

import type { Keyed } from './changes.js';
import type { RawEngine, RawWatch } from './engine.js';
import { AmphiError } from './error.js';
import { encodeParams } from './params.js';
import { shaped, type QueryOptions } from './queryable.js';
import { Result } from './result.js';
import type { FormatOptions, Params } from './values.js';

/** How a live query is run, and what its answers look like. */
export interface LiveOptions extends FormatOptions {
  /** Rows as objects (the default), as arrays, or column by column. */
  rows?: QueryOptions['rows'];
  /**
   * The columns whose values tell the rows from one another. With them the answers are {@link Changes}: which rows were added,
   * removed and changed since the answer before.
   */
  key?: string | readonly string[];
  /**
   * Takes errors of running the query, which goes on: the next commit that concerns it may make it possible again. Without it,
   * they are promises that were broken and that nobody handled.
   */
  onError?: (error: unknown) => void;
  /** Closes the live query. */
  signal?: AbortSignal;
}

/** @internal What a live query is made of. */
export interface LiveSource<T> {
  engine: () => RawEngine;
  sql: string;
  params: Params | undefined;
  onAnswer: ((answer: T) => void) | undefined;
  options: LiveOptions;
  format: FormatOptions;
}

/** Answers on their way to a `for await`. */
class Reader<T> implements AsyncIterator<T, undefined> {
  private readonly answers: T[] = [];
  private waiting: { resolve(next: IteratorResult<T, undefined>): void; reject(reason: unknown): void } | undefined;
  private broken: { error: unknown } | undefined;
  private ended = false;

  constructor(private readonly onReturn: () => void) {}

  /** Takes an answer; `supersedes`: those that were not read yet no longer count. */
  push(answer: T, supersedes: boolean): void {
    if (supersedes) this.answers.length = 0;
    this.answers.push(answer);
    this.settle();
  }

  fail(error: unknown): void {
    this.broken = { error };
    this.settle();
  }

  end(): void {
    this.ended = true;
    this.settle();
  }

  private settle(): void {
    if (!this.waiting || !(this.answers.length > 0 || this.broken || this.ended)) return;
    const { resolve, reject } = this.waiting;
    this.waiting = undefined;
    const { broken } = this;
    this.broken = undefined;
    if (this.answers.length > 0) resolve({ value: this.answers.shift()!, done: false });
    else if (broken) reject(broken.error);
    else resolve({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.settle();
    });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    this.onReturn();
    return { value: undefined, done: true };
  }
}

function isEqual(a: Uint8Array, b: Uint8Array | undefined): boolean {
  if (a.length !== b?.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * A query that is run again whenever a commit has touched what it read, until it is closed. Its answers go to its callback, and to
 * whoever reads it with `for await`; leaving that loop closes a live query that has no callback.
 */
export class LiveQuery<T> implements AsyncIterable<T> {
  /** The answer delivered last; `undefined` before the first one. */
  current: T | undefined;
  /** Kept with the first answer; broken if there is none, because the query failed or was closed before. */
  readonly ready: Promise<T>;
  private resolve!: (answer: T) => void;
  private reject!: (reason: unknown) => void;
  private readonly stop = new AbortController();
  private readonly readers = new Set<Reader<T>>();
  private watch: RawWatch | undefined;
  /** The bytes of the current answer. */
  private bytes: Uint8Array | undefined;
  private keyed: Keyed | undefined;
  private isSettled = false;

  /** @internal */
  constructor(private readonly source: LiveSource<T>) {
    this.ready = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    const { signal, onError } = source.options;
    // Whoever takes errors has those too.
    if (onError) this.ready.catch(() => undefined);
    signal?.addEventListener('abort', () => this.close(), { once: true, signal: this.stop.signal });
    if (signal?.aborted) this.close();
    else void this.start();
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.stop.signal.aborted;
  }

  /** Ends it: nothing is delivered any more. */
  close(): void {
    if (this.closed) return;
    this.stop.abort();
    try {
      this.watch?.close();
    } catch {
      // After a defect of the module there is nothing left to close.
    }
    if (!this.isSettled) {
      // No defect of anybody's that has to be handled.
      this.ready.catch(() => undefined);
      this.reject(new AmphiError('the live query was closed before its first answer', { code: '57014' }));
    }
    for (const reader of this.readers) reader.end();
    this.readers.clear();
  }

  private async start(): Promise<void> {
    const { engine, sql, params, options } = this.source;
    try {
      const bytes = encodeParams(params).slice();
      if (options.key !== undefined) this.keyed = new (await import('./changes.js')).Keyed(options.key);
      const watch = await engine().watch(sql, bytes);
      if (this.closed) return watch.close();
      this.watch = watch;
    } catch (e) {
      this.failed(e);
      return this.close();
    }
    this.run(this.watch);
  }

  // No promise where the engine makes none: an answer from memory is there before whoever committed goes on.
  private run(watch: RawWatch): void {
    if (this.closed) return;
    try {
      const bytes = watch.run(this.stop.signal);
      if (bytes instanceof Promise) {
        const answered = bytes.then((bytes) => this.answered(bytes));
        return void answered.catch((e: unknown) => this.failed(e)).then(() => this.wait(watch));
      }
      this.answered(bytes);
    } catch (e) {
      this.failed(e);
    }
    this.wait(watch);
  }

  private wait(watch: RawWatch): void {
    if (this.closed) return;
    const go = (again: boolean): void => (again ? this.run(watch) : this.close());
    const fail = (e: unknown): void => {
      this.failed(e);
      this.close();
    };
    try {
      const changed = watch.changed();
      void Promise.resolve(changed).then(go).catch(fail);
    } catch (e) {
      fail(e);
    }
  }

  private answered(bytes: Uint8Array): void {
    if (this.closed || isEqual(bytes, this.bytes)) return;
    const { options, format, onAnswer } = this.source;
    const result = new Result(bytes, { ...format, ...options });
    const answer = (this.keyed ? this.keyed.compare(result.objects()) : shaped(result, options as QueryOptions)) as T;
    this.bytes = bytes;
    this.current = answer;
    this.resolve(answer);
    this.isSettled = true;
    for (const reader of this.readers) reader.push(answer, !this.keyed);
    try {
      onAnswer?.(answer);
    } catch (e) {
      // As of a listener of an event.
      queueMicrotask(() => {
        throw e;
      });
    }
  }

  private failed(error: unknown): void {
    // After an error the next answer is news, whatever it is.
    this.bytes = undefined;
    // Closing the database ends it.
    if (this.isSettled && error instanceof AmphiError && error.code === '08003') this.close();
    if (this.closed) return;
    const { onError } = this.source.options;
    for (const reader of this.readers) reader.fail(error);
    if (onError) onError(error);
    else if (this.readers.size > 0) this.ready.catch(() => undefined);
    else if (this.isSettled) void Promise.reject(error as Error);
    this.reject(error);
    this.isSettled = true;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const reader = new Reader<T>(() => {
      this.readers.delete(reader);
      if (this.readers.size === 0 && !this.source.onAnswer) this.close();
    });
    const known = this.keyed?.all() ?? this.current;
    if (this.current !== undefined) reader.push(known as T, true);
    if (this.closed) reader.end();
    else this.readers.add(reader);
    return reader;
  }
}
