//! An engine that is elsewhere, over a connection.

import {
  interrupted,
  type RawEngine,
  type RawOwnSession,
  type RawSession,
  type RawStatement,
  type RawWatch,
  type Stats,
} from '../engine.js';
import { AmphiError } from '../error.js';
import type { RawFunction } from '../functions.js';
import type { PersistenceConfig, PersistenceOptions } from '../persistence.js';
import type { TransactionOptions } from '../transaction.js';
import type { Link } from './link.js';
import {
  errorOf,
  type Answer,
  type Args,
  type EngineCall,
  type PreparedAnswer,
  type Question,
  type Request,
  type Response,
} from './protocol.js';

/** Never used twice: an answer to an earlier engine of the same connection may come late. */
let lastNumber = 0;

/** A question that has no answer yet. */
interface Waiting {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** Why a query cannot be answered without a promise. */
export function notHere(): AmphiError {
  return new AmphiError(
    'querySync needs the engine in its own thread, and that of this database runs in a Worker or in another tab; use query',
    { code: 'AM002' },
  );
}

class RemoteStatement implements RawStatement {
  readonly columns: readonly string[];
  readonly parameterCount: number;

  constructor(
    private readonly engine: RemoteEngine,
    private readonly statement: number,
    { columns, parameterCount }: PreparedAnswer,
  ) {
    this.columns = columns;
    this.parameterCount = parameterCount;
  }

  execute(params: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return this.engine.run({ kind: 'executePrepared', statement: this.statement, params: params.slice() }, signal);
  }

  querySync(): Uint8Array {
    throw notHere();
  }

  close(): void {
    this.engine.tell({ kind: 'free', statement: this.statement });
  }
}

class RemoteWatch implements RawWatch {
  constructor(
    private readonly engine: RemoteEngine,
    private readonly watch: number,
  ) {}

  run(signal: AbortSignal): Promise<Uint8Array> {
    return this.engine.run({ kind: 'runWatch', watch: this.watch }, signal);
  }

  async changed(): Promise<boolean> {
    return (await this.engine.ask({ kind: 'changed', watch: this.watch })) as boolean;
  }

  close(): void {
    this.engine.tell({ kind: 'unwatch', watch: this.watch });
  }
}

/** What an engine and a session of it have in common. */
abstract class Runner implements RawSession {
  protected abstract readonly engine: RemoteEngine;
  /** The session in a question. */
  protected abstract readonly inSession: { readonly session?: number };

  execute(sql: string, params: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return this.engine.run({ kind: 'execute', ...this.inSession, sql, params: params.slice() }, signal);
  }

  querySync(): Uint8Array {
    throw notHere();
  }

  async prepare(sql: string): Promise<RawStatement> {
    const statement = this.engine.newNumber();
    const prepared = await this.engine.ask({ kind: 'prepare', ...this.inSession, statement, sql });
    return new RemoteStatement(this.engine, statement, prepared as PreparedAnswer);
  }
}

class RemoteSession extends Runner implements RawOwnSession {
  protected override readonly inSession: { readonly session: number };

  constructor(
    protected override readonly engine: RemoteEngine,
    private readonly session: number,
  ) {
    super();
    this.inSession = { session };
    engine.tell({ kind: 'session', session });
  }

  async begin(options: Required<TransactionOptions>): Promise<void> {
    await this.engine.ask({ kind: 'begin', session: this.session, options });
  }

  async commit(): Promise<void> {
    await this.engine.ask({ kind: 'commit', session: this.session });
  }

  async close(): Promise<void> {
    await this.engine.ask({ kind: 'endSession', session: this.session });
  }
}

/** See the module. Whoever has the connection gives it what comes ({@link RemoteEngine.take}) and says when it is over. */
export class RemoteEngine extends Runner implements RawEngine {
  protected override readonly engine = this;
  protected override readonly inSession = {};
  private readonly waiting = new Map<number, Waiting>();
  /** Why there is nobody to ask any more. */
  private over: Error | undefined;

  constructor(private readonly link: Link) {
    super();
  }

  /** A number for a question, a session or a statement. */
  newNumber(): number {
    return ++lastNumber;
  }

  /** Sends what is not answered. */
  tell(request: Request, transfer?: Transferable[]): void {
    if (!this.over) this.link.send(request, transfer);
  }

  /** Asks, and waits for the answer. */
  ask(question: Question, id = this.newNumber(), transfer?: Transferable[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.over) return reject(this.over);
      this.waiting.set(id, { resolve, reject });
      this.tell({ kind: 'ask', id, question }, transfer);
    });
  }

  /** Runs a statement, whose parameters are given away, until its signal stops it. */
  async run(question: Question, signal: AbortSignal | undefined): Promise<Uint8Array> {
    if (signal?.aborted) throw interrupted(signal);
    const id = this.newNumber();
    const onAbort = (): void => this.tell({ kind: 'stop', id });
    const answer = this.ask(question, id, 'params' in question ? [question.params.buffer as ArrayBuffer] : []);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return (await answer) as Uint8Array;
    } catch (e) {
      throw signal?.aborted && e instanceof AmphiError && e.code === '57014' ? interrupted(signal) : e;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Takes what the server says. */
  take(response: Response): void {
    if (response.kind === 'event') return;
    const asked = this.waiting.get(response.id);
    this.waiting.delete(response.id);
    if (response.kind === 'answer') asked?.resolve(response.value);
    else asked?.reject(errorOf(response.failure));
  }

  /** Nobody will answer any more: fails all that waits, and all that is asked from now on. */
  end(waiting: Error, later: Error): void {
    if (this.over) return;
    this.over = later;
    for (const { reject } of this.waiting.values()) reject(waiting);
    this.waiting.clear();
  }

  private call<N extends EngineCall>(name: N, ...args: Args<N>): Promise<Answer<N>> {
    return this.ask({ kind: 'call', name, args }) as Promise<Answer<N>>;
  }

  session(): RawOwnSession {
    return new RemoteSession(this, this.newNumber());
  }

  async watch(sql: string, params: Uint8Array): Promise<RawWatch> {
    const watch = this.newNumber();
    await this.ask({ kind: 'watch', watch, sql, params: params.slice() });
    return new RemoteWatch(this, watch);
  }

  enablePersistence(table: string, options: Required<PersistenceOptions>): Promise<void> {
    return this.call('enablePersistence', table, options);
  }

  disablePersistence(table: string): Promise<void> {
    return this.call('disablePersistence', table);
  }

  migrateToPersistent(table: string): Promise<void> {
    return this.call('migrateToPersistent', table);
  }

  loadToMemory(table: string): Promise<void> {
    return this.call('loadToMemory', table);
  }

  getPersistenceConfig(table: string): Promise<PersistenceConfig | undefined> {
    return this.call('getPersistenceConfig', table);
  }

  listPersistentTables(): Promise<string[]> {
    return this.call('listPersistentTables');
  }

  stats(): Promise<Stats> {
    return this.call('stats');
  }

  check(): Promise<string> {
    return this.call('check');
  }

  export(): Promise<Uint8Array<ArrayBuffer>> {
    return this.call('export');
  }

  import(bytes: Uint8Array): Promise<void> {
    return this.call('import', bytes);
  }

  flush(): Promise<void> {
    return this.call('flush');
  }

  async createFunction({ name }: RawFunction): Promise<void> {
    throw new AmphiError(
      `createFunction: ${name} runs in the thread of the engine, and that of this database is elsewhere; open it without worker: true`,
      { code: '0A000' },
    );
  }

  async close(): Promise<void> {
    await this.ask({ kind: 'close' });
  }
}
