//! The engine in this thread: the wasm module.

import {
  interrupted,
  type RawEngine,
  type RawOwnSession,
  type RawSession,
  type RawStatement,
  type RawWatch,
  type Stats,
} from './engine.js';
import { AmphiError } from './error.js';
import type { RawFunction } from './functions.js';
import { call, callAsync, callEither } from './module.js';
import type { EngineOptions } from './options.js';
import type { PersistenceConfig, PersistenceOptions } from './persistence.js';
import type { StoreBinding } from './store/binding.js';
import type { TransactionOptions } from './transaction.js';
import { Engine, Stop, type OwnSession, type Statement, type Watch } from './wasm/amphi.js';

/** Runs a statement that its signal may stop. */
function run(signal: AbortSignal | undefined, start: (stop: Stop | null) => unknown): Promise<Uint8Array> {
  return signal ? stoppable(signal, start) : callAsync(() => start(null) as Uint8Array | Promise<Uint8Array>);
}

async function stoppable(signal: AbortSignal, start: (stop: Stop | null) => unknown): Promise<Uint8Array> {
  if (signal.aborted) throw interrupted(signal);
  const stop = call(() => new Stop());
  const onAbort = (): void => stop.request();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await callAsync(() => start(stop.another()) as Uint8Array | Promise<Uint8Array>);
  } catch (e) {
    throw signal.aborted && e instanceof AmphiError && e.code === '57014' ? interrupted(signal) : e;
  } finally {
    signal.removeEventListener('abort', onAbort);
    stop.free();
  }
}

class LocalStatement implements RawStatement {
  readonly columns: readonly string[];
  readonly parameterCount: number;

  constructor(
    private readonly owner: Engine | OwnSession,
    private readonly statement: Statement,
  ) {
    this.columns = statement.columns();
    this.parameterCount = statement.parameterCount();
  }

  execute(params: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return run(signal, (stop) => this.owner.executePrepared(this.statement, params, stop) as unknown);
  }

  querySync(params: Uint8Array): Uint8Array {
    return call(() => this.owner.querySyncPrepared(this.statement, params));
  }

  close(): void {
    call(() => this.statement.free());
  }
}

/** What an engine and a session have in common. */
abstract class Runner<W extends Engine | OwnSession> implements RawSession {
  constructor(protected readonly wasm: W) {}

  execute(sql: string, params: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return run(signal, (stop) => this.wasm.execute(sql, params, stop) as unknown);
  }

  querySync(sql: string, params: Uint8Array): Uint8Array {
    return call(() => this.wasm.querySync(sql, params));
  }

  async prepare(sql: string): Promise<RawStatement> {
    return call(() => new LocalStatement(this.wasm, this.wasm.prepare(sql)));
  }
}

class LocalSession extends Runner<OwnSession> implements RawOwnSession {
  async begin({ isolation, readOnly, sync }: Required<TransactionOptions>): Promise<void> {
    call(() => this.wasm.begin(isolation, readOnly, sync));
  }

  async commit(): Promise<void> {
    await callAsync(() => this.wasm.commit() as unknown);
  }

  async close(): Promise<void> {
    call(() => this.wasm.free());
  }
}

class LocalWatch implements RawWatch {
  constructor(private readonly watch: Watch) {}

  run(signal: AbortSignal): Uint8Array | Promise<Uint8Array> {
    const stop = call(() => new Stop());
    const bytes = callEither(() => this.watch.run(stop.another()) as Uint8Array | Promise<Uint8Array>);
    if (!(bytes instanceof Promise)) {
      stop.free();
      return bytes;
    }
    const onAbort = (): void => stop.request();
    signal.addEventListener('abort', onAbort, { once: true });
    return bytes.finally(() => {
      signal.removeEventListener('abort', onAbort);
      stop.free();
    });
  }

  changed(): boolean | Promise<boolean> {
    return callEither(() => this.watch.changed() as boolean | Promise<boolean>);
  }

  close(): void {
    call(() => this.watch.free());
  }
}

/** The module's engine over a store, or in memory without one. The module has been loaded. */
export function openModule(store: StoreBinding | undefined, options: EngineOptions): Promise<Engine> {
  return callAsync(() => Engine.open(store, options) as Engine | Promise<Engine>);
}

/** An engine of this thread. */
export class LocalEngine extends Runner<Engine> implements RawEngine {
  session(): RawOwnSession {
    return new LocalSession(call(() => this.wasm.session()));
  }

  async watch(sql: string, params: Uint8Array): Promise<RawWatch> {
    return call(() => new LocalWatch(this.wasm.watch(sql, params)));
  }

  async createFunction({ name, least, most, returns, isAggregate, binding }: RawFunction): Promise<void> {
    call(() => this.wasm.createFunction(name, least, most, returns, isAggregate, binding));
  }

  async enablePersistence(table: string, options: Required<PersistenceOptions>): Promise<void> {
    const { syncOnWrite, cacheInMemory } = options;
    await callAsync(() => this.wasm.enablePersistence(table, syncOnWrite, cacheInMemory) as unknown);
  }

  async disablePersistence(table: string): Promise<void> {
    await callAsync(() => this.wasm.disablePersistence(table) as unknown);
  }

  async migrateToPersistent(table: string): Promise<void> {
    await callAsync(() => this.wasm.migrateToPersistent(table) as unknown);
  }

  async loadToMemory(table: string): Promise<void> {
    await callAsync(() => this.wasm.loadToMemory(table) as unknown);
  }

  async getPersistenceConfig(table: string): Promise<PersistenceConfig | undefined> {
    return call(() => this.wasm.getPersistenceConfig(table) as PersistenceConfig | undefined);
  }

  async listPersistentTables(): Promise<string[]> {
    return call(() => this.wasm.listPersistentTables());
  }

  async stats(): Promise<Stats> {
    return call(() => this.wasm.stats() as Stats);
  }

  check(): Promise<string> {
    return callAsync(() => this.wasm.check() as string | Promise<string>);
  }

  async export(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    let length = 0;
    const write = (part: Uint8Array): void => {
      parts.push(part.slice());
      length += part.length;
    };
    await callAsync(() => this.wasm.exportTo({ write }) as unknown);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  async import(bytes: Uint8Array): Promise<void> {
    await callAsync(() => this.wasm.importFrom(bytes) as unknown);
  }

  async flush(): Promise<void> {
    await callAsync(() => this.wasm.flush() as unknown);
  }

  async close(): Promise<void> {
    await callAsync(() => this.wasm.close() as unknown);
  }
}
