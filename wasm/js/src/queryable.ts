//! Running statements: what a database, a transaction and a prepared statement have in common.

import { interrupted, type RawSession, type RawStatement } from './engine.js';
import { encodeParams } from './params.js';
import type { Queue } from './queue.js';
import { Result, type ExecResult, type Row, type RunResult } from './result.js';
import type { ColumnValues, FormatOptions, Param, Params, SqlValue } from './values.js';

/** How one statement is run, and what its values look like. */
export interface QueryOptions extends FormatOptions {
  /** Rows as objects (the default), as arrays, or column by column. */
  rows?: 'object' | 'array' | 'columns';
  /** Stops the statement while it waits for the store; it then fails with `57014`. */
  signal?: AbortSignal;
}

/** @internal Where statements are run. */
export interface Scope {
  /** The calls to make. Throws if it has ended. */
  raw(): RawSession;
  /** In which order; `undefined`: any number at once. */
  readonly queue: Queue | undefined;
  readonly format: FormatOptions;
}

/** @internal Runs a call when its turn comes, and waits for its result. */
export async function execute(
  scope: Scope,
  start: (raw: RawSession, signal: AbortSignal | undefined) => Promise<Uint8Array>,
  options: QueryOptions,
): Promise<Result> {
  const { signal } = options;
  const run = async (): Promise<Uint8Array> => {
    if (signal?.aborted) throw interrupted(signal);
    return start(scope.raw(), signal);
  };
  const bytes = await (scope.queue ? scope.queue.run(run) : run());
  return new Result(bytes, { ...scope.format, ...options });
}

/** @internal The rows of a result in the form that was asked for. */
export function shaped(result: Result, options: QueryOptions): unknown {
  switch (options.rows) {
    case 'array':
      return result.arrays();
    case 'columns':
      return result.byColumn();
    default:
      return result.objects();
  }
}

/** A statement to be run many times. It keeps its plan, which is made anew when the schema has changed. */
export class Statement {
  /** Names of the result columns when it was prepared; none if it has no result. */
  readonly columns: readonly string[];
  /** How many values it takes. */
  readonly parameterCount: number;

  /** @internal */
  constructor(
    private readonly scope: Scope,
    private readonly statement: RawStatement,
  ) {
    this.columns = statement.columns;
    this.parameterCount = statement.parameterCount;
  }

  private start(params: Params | undefined, options: QueryOptions): Promise<Result> {
    return execute(this.scope, (_, signal) => this.statement.execute(encodeParams(params), signal), options);
  }

  /** Runs it and returns its rows. */
  query<R extends object = Row>(params?: Params, options?: QueryOptions & { rows?: 'object' }): Promise<R[]>;
  query(params: Params | undefined, options: QueryOptions & { rows: 'array' }): Promise<SqlValue[][]>;
  query(params: Params | undefined, options: QueryOptions & { rows: 'columns' }): Promise<Record<string, ColumnValues>>;
  async query(params?: Params, options: QueryOptions = {}): Promise<unknown> {
    return shaped(await this.start(params, options), options);
  }

  /** Runs it and returns how many rows it changed. */
  async exec(params?: Params, options: QueryOptions = {}): Promise<ExecResult> {
    const { rowsAffected, lastInsertId } = await this.start(params, options);
    return { rowsAffected, lastInsertId };
  }

  /** As {@link Queryable.querySync}. */
  querySync<R extends object = Row>(params?: Params, options: FormatOptions = {}): R[] {
    // Throws if it has ended.
    this.scope.raw();
    const bytes = this.statement.querySync(encodeParams(params));
    return new Result(bytes, { ...this.scope.format, ...options }).objects() as R[];
  }

  /** Frees its memory; it cannot be run after that. */
  close(): void {
    this.statement.close();
  }
}

/** What runs statements. */
export abstract class Queryable {
  /** @internal */
  protected abstract readonly scope: Scope;

  private start(sql: string, params: Params | undefined, options: QueryOptions): Promise<Result> {
    return execute(this.scope, (raw, signal) => raw.execute(sql, encodeParams(params), signal), options);
  }

  /** Runs a query and returns its rows. `Row` is what you say they are: it is not checked. */
  query<R extends object = Row>(
    sql: string,
    params?: Params,
    options?: QueryOptions & { rows?: 'object' },
  ): Promise<R[]>;
  query(sql: string, params: Params | undefined, options: QueryOptions & { rows: 'array' }): Promise<SqlValue[][]>;
  query(
    sql: string,
    params: Params | undefined,
    options: QueryOptions & { rows: 'columns' },
  ): Promise<Record<string, ColumnValues>>;
  async query(sql: string, params?: Params, options: QueryOptions = {}): Promise<unknown> {
    return shaped(await this.start(sql, params, options), options);
  }

  /** Runs a statement, or without parameters a script of several, and returns how many rows the last one changed. */
  async exec(sql: string, params?: Params, options: QueryOptions = {}): Promise<ExecResult> {
    const { rowsAffected, lastInsertId } = await this.start(sql, params, options);
    return { rowsAffected, lastInsertId };
  }

  /** Runs a statement of any kind and returns all there is to know: columns with their types, rows, rows changed. */
  run<R extends object = Row>(
    sql: string,
    params?: Params,
    options?: QueryOptions & { rows?: 'object' },
  ): Promise<RunResult<R>>;
  run(
    sql: string,
    params: Params | undefined,
    options: QueryOptions & { rows: 'array' },
  ): Promise<RunResult<SqlValue[]>>;
  async run(
    sql: string,
    params?: Params,
    options: QueryOptions & { rows?: 'object' | 'array' } = {},
  ): Promise<RunResult<unknown>> {
    const result = await this.start(sql, params, options);
    const { columns, rowsAffected, lastInsertId } = result;
    return {
      columns: columns.map(({ name, type }) => ({ name, type })),
      rows: shaped(result, options) as unknown[],
      rowsAffected,
      lastInsertId,
    };
  }

  /**
   * Runs a query and returns its rows at once, without a promise: on tables in memory and dual ones. Of a persistent table whose
   * blocks are not in memory it throws `AM002`, which names the table; so it does where the engine is in a Worker or in another
   * tab. `query` answers in all these cases.
   */
  querySync<R extends object = Row>(sql: string, params?: Params, options: FormatOptions = {}): R[] {
    const bytes = this.scope.raw().querySync(sql, encodeParams(params));
    return new Result(bytes, { ...this.scope.format, ...options }).objects() as R[];
  }

  /** Runs a query as a tagged template, whose values become parameters: ``db.sql`SELECT * FROM t WHERE id = ${id}` ``. */
  sql<R extends object = Row>(strings: TemplateStringsArray, ...values: Param[]): Promise<R[]> {
    return this.query<R>(strings.join('?'), values);
  }

  /** Prepares a statement to be run many times. */
  async prepare(sql: string): Promise<Statement> {
    const prepare = async (): Promise<RawStatement> => this.scope.raw().prepare(sql);
    const { queue } = this.scope;
    return new Statement(this.scope, await (queue ? queue.run(prepare) : prepare()));
  }
}
