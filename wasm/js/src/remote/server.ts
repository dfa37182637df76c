//! Serves an engine over a connection.
//!
//! Every question is answered, with a result or with an error. When the client has gone away its sessions are ended, which
//! rolls back what is open in them.

import type { RawEngine, RawOwnSession, RawSession, RawStatement, RawWatch } from '../engine.js';
import { AmphiError } from '../error.js';
import type { Link } from './link.js';
import { ENGINE_CALLS, failureOf, type PreparedAnswer, type Question, type Request, type Response } from './protocol.js';

/** What runs for a client. */
interface Running {
  readonly stop: AbortController;
  /** Whether it leaves nothing behind if it is stopped. */
  readonly isWhole: boolean;
  readonly done: Promise<void>;
}

/** Whether nothing is done if what is asked is stopped: not so of several statements, each a transaction. */
function isWhole(question: Question): boolean {
  return question.kind === 'runWatch' || question.kind === 'executePrepared' || (question.kind === 'execute' && !/;\s*\S/.test(question.sql));
}

/** See the module. */
export class Server {
  private readonly sessions = new Map<number, RawOwnSession>();
  private readonly statements = new Map<number, RawStatement>();
  private readonly watches = new Map<number, RawWatch>();
  private readonly running = new Map<number, Running>();
  private isFinishing = false;

  /** Serves from now on; `onClose` is what the client's closing means. */
  constructor(
    private readonly engine: RawEngine,
    private readonly link: Link,
    private readonly onClose: () => Promise<void>,
  ) {
    link.receive((message) => this.take(message as Request));
  }

  /**
   * Takes nothing more; done when all that has an effect has been answered, and the sessions have ended. What can be stopped is, and
   * has no answer, as if it had never been begun.
   */
  async finish(): Promise<void> {
    this.isFinishing = true;
    this.link.receive(() => undefined);
    const running = [...this.running.values()];
    for (const { isWhole, stop } of running) if (isWhole) stop.abort();
    await Promise.all(running.map(({ done }) => done));
    for (const watch of this.watches.values()) watch.close();
    this.watches.clear();
    for (const statement of this.statements.values()) statement.close();
    this.statements.clear();
    const sessions = [...this.sessions.values()];
    this.sessions.clear();
    await Promise.all(sessions.map((session) => session.close().catch(() => undefined)));
  }

  /** As {@link Server.finish}, for a client that waits for nothing any more. */
  async abandon(): Promise<void> {
    for (const { stop } of this.running.values()) stop.abort();
    await this.finish();
  }

  private take(request: Request): void {
    switch (request.kind) {
      case 'ask': {
        const { id, question } = request;
        if (question.kind === 'changed') return void this.sayChanged(id, question.watch);
        const stop = new AbortController();
        this.running.set(id, { stop, isWhole: isWhole(question), done: this.answer(id, question, stop.signal) });
        return;
      }
      case 'stop':
        return this.running.get(request.id)?.stop.abort();
      case 'session':
        return void this.sessions.set(request.session, this.engine.session());
      case 'unwatch':
        this.watches.get(request.watch)?.close();
        return void this.watches.delete(request.watch);
      case 'free':
        this.statements.get(request.statement)?.close();
        this.statements.delete(request.statement);
    }
  }

  private async answer(id: number, question: Exclude<Question, { kind: 'changed' }>, stop: AbortSignal): Promise<void> {
    let response: Response | undefined;
    const transfer: Transferable[] = [];
    try {
      const value = await this.run(question, stop);
      // The bytes of a result are its own.
      if (value instanceof Uint8Array) transfer.push(value.buffer as ArrayBuffer);
      response = { kind: 'answer', id, value };
    } catch (e) {
      const failure = failureOf(e);
      const wasStoppedHere = this.isFinishing && stop.aborted && failure.code === '57014';
      if (!wasStoppedHere) response = { kind: 'failure', id, failure };
    }
    this.running.delete(id);
    if (response) this.link.send(response, transfer);
  }

  /** Says when a query is to be run again. Nobody waits for this answer to finish: that there is no server any more says the same. */
  private async sayChanged(id: number, watch: number): Promise<void> {
    let response: Response;
    try {
      response = { kind: 'answer', id, value: (await this.watches.get(watch)?.changed()) ?? false };
    } catch (e) {
      response = { kind: 'failure', id, failure: failureOf(e) };
    }
    if (!this.isFinishing) this.link.send(response);
  }

  private async run(question: Exclude<Question, { kind: 'changed' }>, stop: AbortSignal): Promise<unknown> {
    switch (question.kind) {
      case 'watch': {
        const watch = await this.engine.watch(question.sql, question.params);
        if (this.isFinishing) return watch.close();
        return void this.watches.set(question.watch, watch);
      }
      case 'runWatch': {
        const watch = this.watches.get(question.watch);
        if (!watch) throw new AmphiError('the live query was closed', { code: '57014' });
        return watch.run(stop);
      }
      case 'execute':
        return this.session(question.session).execute(question.sql, question.params, stop);
      case 'prepare': {
        const prepared = await this.session(question.session).prepare(question.sql);
        this.statements.set(question.statement, prepared);
        const { columns, parameterCount } = prepared;
        return { columns, parameterCount } satisfies PreparedAnswer;
      }
      case 'executePrepared': {
        const statement = this.statements.get(question.statement);
        if (!statement) throw new AmphiError('the prepared statement was closed', { code: '26000' });
        return statement.execute(question.params, stop);
      }
      case 'begin':
        return this.own(question.session).begin(question.options);
      case 'commit':
        return this.own(question.session).commit();
      case 'endSession': {
        const session = this.own(question.session);
        this.sessions.delete(question.session);
        return session.close();
      }
      case 'call': {
        if (!Object.hasOwn(ENGINE_CALLS, question.name)) throw new AmphiError('there is no such call', { code: '0A000' });
        const call = this.engine[question.name] as (...args: readonly unknown[]) => Promise<unknown>;
        return call.apply(this.engine, question.args as unknown[]);
      }
      case 'close':
        return this.onClose();
    }
  }

  private session(number: number | undefined): RawSession {
    return number === undefined ? this.engine : this.own(number);
  }

  private own(number: number): RawOwnSession {
    const session = this.sessions.get(number);
    if (!session) throw new AmphiError('the session has ended; start another one', { code: '25000' });
    return session;
  }
}
