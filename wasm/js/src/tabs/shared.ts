//! A database that other tabs have open too: the engine of its owner, whoever that is at the time.
//!
//! While another tab owns it, calls go there; this tab waits for the lock, and owns the database when it gets it. What was
//! under way when an owner went away:
//!
//! - what the owner never began, and what only reads, is run at the next owner;
//! - of all else outside a transaction the outcome is unknown: `08007`;
//! - a session with its open transaction is gone: `08006`, which may be tried again, but `08007` if it was committing.

import { interrupted, type RawEngine, type RawOwnSession, type RawStatement, type RawWatch, type Stats } from '../engine.js';
import { AmphiError } from '../error.js';
import type { RawFunction } from '../functions.js';
import { initialize } from '../module.js';
import type { EngineOptions } from '../options.js';
import { OwnedEngine } from '../owned.js';
import type { PersistenceConfig, PersistenceOptions } from '../persistence.js';
import { notHere, RemoteEngine } from '../remote/client.js';
import { channelLink, type Link } from '../remote/link.js';
import { errorOf, PROTOCOL, type Response } from '../remote/protocol.js';
import type { TransactionOptions } from '../transaction.js';
import { Disconnected } from './disconnected.js';
import { hold, succeed, type Release } from './election.js';
import { noticeBoard, tabName, type Notice, type Reception } from './meeting.js';
import { SharedWatch } from './shared-watch.js';
import { onlyReads, staysInTransaction } from './statement-kind.js';

const OWNER = 'the tab or Worker that owned the database went away';

function outcomeUnknown(): AmphiError {
  return new AmphiError(`${OWNER} before it answered: whether this was done is unknown; look before you repeat it`, {
    code: '08007',
  });
}

function sessionLost(): AmphiError {
  return new AmphiError(`${OWNER}, and this session with it; what was open in it is rolled back: run it again`, {
    code: '08006',
    retryable: true,
  });
}

/** Who answers at the moment, or will. */
class Turn {
  readonly engine: Promise<RawEngine>;
  /** The engine, once it is there. */
  present: RawEngine | undefined;
  begin!: (engine: RawEngine) => void;
  refuse!: (reason: unknown) => void;

  constructor() {
    this.engine = new Promise((resolve, reject) => {
      this.begin = (engine) => resolve((this.present = engine));
      this.refuse = reject;
    });
    this.engine.catch(() => undefined);
  }
}

/** See the module. */
export class SharedEngine implements RawEngine {
  private readonly board: BroadcastChannel;
  private readonly link: Link;
  /** The owner that this tab knows of. */
  private owner: string | undefined;
  private remote: RemoteEngine | undefined;
  private turn = new Turn();
  private readonly leaving = new AbortController();
  /** What this tab makes known when it owns the database. */
  private readonly functions: RawFunction[] = [];

  private constructor(
    private readonly name: string,
    private readonly options: EngineOptions,
    private readonly tab: string,
    private readonly release: Release | undefined,
  ) {
    this.board = noticeBoard(name);
    this.link = channelLink(tabName(tab));
    this.link.receive((message) => this.take(message as Reception | Response));
    this.board.onmessage = ({ data }) => {
      const notice = data as Notice;
      // The answer to a hello may overtake what its owner has said before.
      if (notice.kind !== 'owner' || notice.owner === this.owner) return;
      this.lose(true);
      this.owner = notice.owner;
      this.greet();
    };
    this.greet();
    void this.inherit();
  }

  /** Joins the tabs that have a database open; done when its owner has answered, or this tab owns it. */
  static async join(name: string, options: EngineOptions): Promise<SharedEngine> {
    const tab = crypto.randomUUID();
    // The owner sees by this lock that the tab lives.
    const release = await hold(tabName(tab), {});
    const engine = new SharedEngine(name, options, tab, release);
    try {
      await engine.run(true, () => Promise.resolve());
    } catch (e) {
      await engine.leave();
      throw e;
    }
    // To be quick when this tab is the next owner; it fails then if it fails.
    void initialize().catch(() => undefined);
    return engine;
  }

  private greet(): void {
    this.board.postMessage({ kind: 'hello', tab: this.tab, protocol: PROTOCOL } satisfies Notice);
  }

  private take(message: Reception | Response): void {
    switch (message.kind) {
      case 'welcome':
        // From another owner than the last one to say that it is: it has gone.
        if (this.remote || (this.owner !== undefined && this.owner !== message.owner)) return;
        this.owner = message.owner;
        this.remote = new RemoteEngine(this.link);
        return this.turn.begin(this.remote);
      case 'refused':
        this.lose(false);
        return this.turn.refuse(errorOf(message.failure));
      case 'closed':
        if (this.owner === message.owner) this.lose(false);
        return;
      default:
        this.remote?.take(message);
    }
  }

  /** There is no owner until the next one comes. */
  private lose(mayHaveRun: boolean): void {
    this.turn.refuse(new Disconnected(false));
    this.turn = new Turn();
    this.remote?.end(new Disconnected(mayHaveRun), new Disconnected(false));
    this.remote = undefined;
  }

  /** Waits until this tab owns the database. */
  private async inherit(): Promise<void> {
    let release: Release;
    try {
      release = await succeed(this.name, this.leaving.signal);
    } catch {
      return; // It was closed before.
    }
    this.board.close();
    this.lose(true);
    const { turn } = this;
    try {
      const engine = await OwnedEngine.own(this.name, this.options, true, release);
      if (this.leaving.signal.aborted) return await engine.close();
      // One that is refused is unknown to the statements that use it.
      for (const code of this.functions) await engine.createFunction(code).catch(() => undefined);
      turn.begin(engine);
    } catch (e) {
      turn.refuse(e);
    }
  }

  /** The engine of this thread, if it is here. */
  local(): OwnedEngine | undefined {
    const { present } = this.turn;
    return present instanceof OwnedEngine ? present : undefined;
  }

  /** Runs something at the owner, and at the next one if that does no harm. */
  async run<T>(mayRepeat: boolean, work: (engine: RawEngine) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await work(await this.present(signal));
      } catch (e) {
        if (!(e instanceof Disconnected)) throw e;
        if (e.mayHaveRun && !mayRepeat) throw outcomeUnknown();
      }
    }
  }

  /** The engine, when there is one. */
  async present(signal: AbortSignal | undefined): Promise<RawEngine> {
    const { engine } = this.turn;
    if (!signal) return engine;
    let onAbort!: () => void;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(interrupted(signal));
    });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([engine, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async execute(sql: string, params: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const local = this.local();
    if (local) return local.execute(sql, params, signal);
    const kept = params.slice();
    return this.run(onlyReads(sql), (engine) => engine.execute(sql, kept, signal), signal);
  }

  querySync(sql: string, params: Uint8Array): Uint8Array {
    const local = this.local();
    if (!local) throw notHere();
    return local.querySync(sql, params);
  }

  async prepare(sql: string): Promise<RawStatement> {
    const statement = new SharedStatement(this, sql);
    await this.run(true, (engine) => statement.at(engine));
    return statement;
  }

  session(): RawOwnSession {
    return new SharedSession(this);
  }

  async watch(sql: string, params: Uint8Array): Promise<RawWatch> {
    const watch = new SharedWatch(this, sql, params.slice());
    await this.run(true, (engine) => watch.at(engine));
    return watch;
  }

  /** Functions are those of the owner; this tab makes its own known when it owns the database. */
  async createFunction(code: RawFunction): Promise<void> {
    await this.local()?.createFunction(code);
    this.functions.push(code);
  }

  enablePersistence(table: string, options: Required<PersistenceOptions>): Promise<void> {
    return this.run(false, (engine) => engine.enablePersistence(table, options));
  }

  disablePersistence(table: string): Promise<void> {
    return this.run(false, (engine) => engine.disablePersistence(table));
  }

  migrateToPersistent(table: string): Promise<void> {
    return this.run(false, (engine) => engine.migrateToPersistent(table));
  }

  loadToMemory(table: string): Promise<void> {
    return this.run(false, (engine) => engine.loadToMemory(table));
  }

  getPersistenceConfig(table: string): Promise<PersistenceConfig | undefined> {
    return this.run(true, (engine) => engine.getPersistenceConfig(table));
  }

  listPersistentTables(): Promise<string[]> {
    return this.run(true, (engine) => engine.listPersistentTables());
  }

  stats(): Promise<Stats> {
    return this.run(true, (engine) => engine.stats());
  }

  check(): Promise<string> {
    return this.run(true, (engine) => engine.check());
  }

  export(): Promise<Uint8Array<ArrayBuffer>> {
    return this.run(true, (engine) => engine.export());
  }

  import(bytes: Uint8Array): Promise<void> {
    return this.run(false, (engine) => engine.import(bytes));
  }

  flush(): Promise<void> {
    return this.run(false, (engine) => engine.flush());
  }

  /** Makes every commit durable and leaves; if this tab owns the database, the next one does then. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.leave();
    }
  }

  private async leave(): Promise<void> {
    this.leaving.abort();
    this.board.close();
    const local = this.local();
    this.lose(false);
    this.turn.refuse(new AmphiError('the database is closed', { code: '08003' }));
    this.link.close();
    try {
      await local?.close();
    } finally {
      // By which the owner sees that what this tab has there has ended.
      await this.release?.();
    }
  }
}

/** Prepared at each owner when it is first run there. */
class SharedStatement implements RawStatement {
  columns: readonly string[] = [];
  parameterCount = 0;
  private prepared: { readonly engine: RawEngine; readonly statement: Promise<RawStatement> } | undefined;
  /** The statement, if it is of the engine of this thread. */
  private here: RawStatement | undefined;

  constructor(
    private readonly shared: SharedEngine,
    private readonly sql: string,
  ) {}

  /** The statement of an engine. */
  async at(engine: RawEngine): Promise<RawStatement> {
    if (this.prepared?.engine !== engine) this.prepared = { engine, statement: engine.prepare(this.sql) };
    const { prepared } = this;
    try {
      const statement = await prepared.statement;
      this.columns = statement.columns;
      this.parameterCount = statement.parameterCount;
      if (engine === this.shared.local()) this.here = statement;
      return statement;
    } catch (e) {
      if (this.prepared === prepared) this.prepared = undefined;
      throw e;
    }
  }

  execute(params: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const kept = params.slice();
    const work = async (engine: RawEngine): Promise<Uint8Array> => (await this.at(engine)).execute(kept, signal);
    return this.shared.run(onlyReads(this.sql), work, signal);
  }

  querySync(params: Uint8Array): Uint8Array {
    // Not prepared here yet, but the text says the same.
    return this.here ? this.here.querySync(params) : this.shared.querySync(this.sql, params);
  }

  close(): void {
    this.prepared?.statement.then((statement) => statement.close()).catch(() => undefined);
    this.prepared = undefined;
    this.here = undefined;
  }
}

/** A session of whoever owns the database at the time of its first statement; it ends with that owner. */
class SharedSession implements RawOwnSession {
  private session: RawOwnSession | undefined;
  /** Whether it has a state that would be lost. */
  private isUsed = false;
  /** Whether a transaction is open, for certain. */
  private inTransaction = false;

  constructor(private readonly shared: SharedEngine) {}

  /** Runs something in the session; `isHarmless`: nothing of it outlives a session that ends. */
  async run<T>(isHarmless: boolean, work: (session: RawOwnSession) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      try {
        this.session ??= (await this.shared.present(signal)).session();
        const result = await work(this.session);
        this.isUsed = true;
        return result;
      } catch (e) {
        const isLost = e instanceof Disconnected;
        if (isLost && !e.mayHaveRun && !this.isUsed) {
          this.session = undefined;
          continue;
        }
        this.isUsed = true;
        if (!isLost) throw e;
        throw e.mayHaveRun && !isHarmless ? outcomeUnknown() : sessionLost();
      }
    }
  }

  /** Runs a statement of a text. */
  async runText(
    sql: string,
    work: (session: RawOwnSession) => Promise<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const stays = staysInTransaction(sql);
    const isHarmless = onlyReads(sql) || (this.inTransaction && stays);
    this.inTransaction &&= stays;
    return this.run(isHarmless, work, signal);
  }

  execute(sql: string, params: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const kept = params.slice();
    return this.runText(sql, (session) => session.execute(sql, kept, signal), signal);
  }

  querySync(sql: string, params: Uint8Array): Uint8Array {
    this.session ??= this.shared.local()?.session();
    if (!this.session) throw notHere();
    return this.session.querySync(sql, params);
  }

  async prepare(sql: string): Promise<RawStatement> {
    const statement = await this.run(true, (session) => session.prepare(sql));
    return {
      columns: statement.columns,
      parameterCount: statement.parameterCount,
      execute: (params, signal) => {
        const kept = params.slice();
        return this.runText(sql, () => statement.execute(kept, signal), signal);
      },
      querySync: (params) => statement.querySync(params),
      close: () => statement.close(),
    };
  }

  async begin(options: Required<TransactionOptions>): Promise<void> {
    await this.run(true, (session) => session.begin(options));
    this.inTransaction = true;
  }

  async commit(): Promise<void> {
    this.inTransaction = false;
    await this.run(false, (session) => session.commit());
  }

  async close(): Promise<void> {
    try {
      await this.session?.close();
    } catch (e) {
      if (!(e instanceof Disconnected)) throw e;
    }
  }
}
