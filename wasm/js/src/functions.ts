//! Functions of the program, which SQL calls: the other side of `wasm/src/functions.rs`.

import { Reader, instantOf, integerOf } from './column.js';
import { AmphiError } from './error.js';
import { whileRunning } from './module.js';
import { encodeValue } from './params.js';
import type { FormatOptions, Json, Param, SqlValue } from './values.js';

/** What SQL must know of a function, and what its arguments look like. */
export interface FunctionOptions extends FormatOptions {
  /** The SQL type of what it returns, to which its values are converted as in an assignment: `DOUBLE`, `VARCHAR(20)`, … */
  returns: string;
  /** How many arguments it takes: a number, or the fewest and the most. Default: as many as the function declares. */
  arguments?: number | readonly [least: number, most: number];
}

/** A function of the values of one row, NULLs (`null`) included. */
export type ScalarFunction = (...values: never[]) => Param;

/** A function of the rows of a group. */
export interface AggregateFunction<State> {
  /** Makes the state of a new group. Without it the state starts as `undefined`. */
  start?: () => State;
  /** Takes a row's values, NULLs (`null`) included, and returns the new state; `undefined` keeps the one there is. */
  step: (state: State, ...values: never[]) => State | void;
  /** The value of the group. Without it the state is the value. */
  finish?: (state: State) => Param;
}

/** The values that the module gives to a function, as `wasm/src/params.rs` writes them. */
function decodeArguments(bytes: Uint8Array, format: FormatOptions): SqlValue[] {
  const reader = new Reader(bytes);
  reader.byte();
  return Array.from({ length: reader.count() }, () => decodeArgument(reader, format));
}

function decodeArgument(reader: Reader, format: FormatOptions): SqlValue {
  const kind = reader.byte();
  switch (kind) {
    case 0:
      return null;
    case 1:
    case 2:
      return kind === 2;
    case 3:
      return integerOf(reader.integer(), format);
    case 4:
      return reader.float();
    case 6:
      return reader.take(reader.count()).slice();
    case 7:
      return JSON.parse(reader.text(reader.count())) as Json;
    case 10:
      return new Float32Array(reader.take(reader.count() * 4).slice().buffer);
    case 11:
    case 12:
      return instantOf(reader.text(reader.count()), format);
    default:
      return reader.text(reader.count());
  }
}

/** The bytes of what a function returned. */
function encodeAnswer(answer: unknown): Uint8Array {
  if (typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function') {
    throw new AmphiError('it returned a promise; a function must answer at once', { code: '38000' });
  }
  return encodeValue(answer, 'what it returned');
}

/** Functions with types of their own are all called with what SQL gives. */
type AnyFunction = (...values: SqlValue[]) => unknown;

function scalarBinding(name: string, code: AnyFunction, format: FormatOptions): object {
  return {
    call: (bytes: Uint8Array) =>
      whileRunning(name, () => encodeAnswer(code(...decodeArguments(bytes, format)))),
  };
}

function aggregateBinding<State>(name: string, code: AggregateFunction<State>, format: FormatOptions): object {
  const groups = new Map<number, State>();
  const step = code.step as (state: State, ...values: SqlValue[]) => State | void;
  let next = 0;
  return {
    start: () =>
      whileRunning(name, () => {
        next = (next + 1) >>> 0;
        groups.set(next, code.start?.() as State);
        return next;
      }),
    step: (group: number, bytes: Uint8Array) =>
      whileRunning(name, () => {
        const state = step.call(code, groups.get(group) as State, ...decodeArguments(bytes, format));
        if (state !== undefined) groups.set(group, state as State);
      }),
    finish: (group: number) =>
      whileRunning(name, () => {
        const state = groups.get(group) as State;
        return encodeAnswer(code.finish ? code.finish(state) : (state ?? null));
      }),
    forget: (group: number) => groups.delete(group),
  };
}

/** The fewest and the most arguments. */
function counts(options: FunctionOptions, declared: number): [number, number] {
  const { arguments: takes = declared } = options;
  const [least, most] = typeof takes === 'number' ? [takes, takes] : takes;
  const whole = (n: number): boolean => Number.isInteger(n) && n >= 0;
  if (whole(least) && (whole(most) || most === Infinity)) return [least, Math.min(most, 0xffff_ffff)];
  throw new AmphiError(`a function cannot take ${least} to ${most} arguments`, { code: '42000' });
}

/** @internal What an engine has to know of a function. */
export interface RawFunction {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly returns: string;
  readonly isAggregate: boolean;
  /** What `wasm/src/functions.rs` calls. */
  readonly binding: object;
}

/** @internal A function as an engine takes it. */
export function functionOf<State>(
  name: string,
  options: FunctionOptions,
  format: FormatOptions,
  code: ScalarFunction | AggregateFunction<State>,
): RawFunction {
  const ownFormat = { ...format, ...options };
  const isAggregate = typeof code !== 'function';
  const [least, most] = counts(options, isAggregate ? Math.max(code.step.length - 1, 0) : code.length);
  const binding = isAggregate
    ? aggregateBinding(name, code, ownFormat)
    : scalarBinding(name, code as unknown as AnyFunction, ownFormat);
  return { name, least, most, returns: options.returns, isAggregate, binding };
}
