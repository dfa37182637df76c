//! Parameter values on their way into the module: the bytes that `wasm/src/params.rs` describes.

import { AmphiError } from './error.js';
import type { Params } from './values.js';

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** Bytes that grow. The module copies what it is given, so one of these serves all calls. */
class Writer {
  bytes = new Uint8Array(1024);
  view = new DataView(this.bytes.buffer);
  length = 0;

  /** Makes room for `n` more bytes and answers where they start. */
  room(n: number): number {
    const at = this.length;
    this.length += n;
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    return at;
  }

  kind(kind: number): void {
    const at = this.room(1);
    this.bytes[at] = kind;
  }

  count(n: number): void {
    const at = this.room(4);
    this.view.setUint32(at, n, true);
  }

  float(n: number): void {
    const at = this.room(8);
    this.view.setFloat64(at, n, true);
  }

  integer(n: bigint): void {
    const at = this.room(8);
    this.view.setBigInt64(at, n, true);
  }

  text(text: string): void {
    const at = this.room(4 + text.length * 3);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(at + 4));
    this.view.setUint32(at, written, true);
    this.length = at + 4 + written;
  }

  blob(blob: Uint8Array): void {
    this.count(blob.length);
    const at = this.room(blob.length);
    this.bytes.set(blob, at);
  }
}

function unfit(where: string, what: string): AmphiError {
  return new AmphiError(`${where} is ${what}`, { code: '07001' });
}

function write(out: Writer, value: unknown, where: string): void {
  switch (typeof value) {
    case 'boolean':
      return out.kind(value ? 2 : 1);
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
        out.kind(3);
        return out.integer(BigInt(value));
      }
      out.kind(4);
      return out.float(value);
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) {
        out.kind(3);
        return out.integer(value);
      }
      out.kind(8);
      return out.text(String(value));
    case 'string':
      out.kind(5);
      return out.text(value);
    case 'object':
      return value === null ? out.kind(0) : writeObject(out, value, where);
    default:
      throw unfit(where, `${typeof value}, which is no SQL value; for NULL give null`);
  }
}

function writeObject(out: Writer, value: object, where: string): void {
  if (value instanceof Date) {
    const time = value.getTime();
    if (Number.isNaN(time)) throw unfit(where, 'an invalid Date');
    out.kind(9);
    return out.integer(BigInt(time) * 1000n);
  }
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
    out.kind(6);
    return out.blob(value instanceof Uint8Array ? value : new Uint8Array(value));
  }
  if (value instanceof Float32Array) {
    out.kind(10);
    out.count(value.length);
    for (const element of value) {
      const at = out.room(4);
      out.view.setFloat32(at, element, true);
    }
    return;
  }
  if (ArrayBuffer.isView(value)) {
    throw unfit(where, `a ${value.constructor.name}; give bytes as Uint8Array and vectors as Float32Array`);
  }
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (e) {
    throw unfit(where, `no JSON: ${e instanceof Error ? e.message : String(e)}`);
  }
  if (json === undefined) throw unfit(where, 'no JSON');
  out.kind(7);
  out.text(json);
}

const writer = new Writer();

/** @internal The bytes of one value; they last until the next call. */
export function encodeValue(value: unknown, where: string): Uint8Array {
  writer.length = 0;
  writer.kind(0);
  writer.count(1);
  write(writer, value, where);
  return writer.bytes.subarray(0, writer.length);
}

/** @internal The bytes of parameter values; they last until the next call. */
export function encodeParams(params: Params | undefined): Uint8Array {
  if (params === undefined) return NOTHING;
  writer.length = 0;
  if (Array.isArray(params)) {
    if (params.length === 0) return NOTHING;
    writer.kind(0);
    writer.count(params.length);
    for (let i = 0; i < params.length; i++) write(writer, params[i], `parameters: value ${i + 1}`);
  } else {
    const entries = Object.entries(params);
    writer.kind(1);
    writer.count(entries.length);
    for (const [name, value] of entries) {
      writer.text(name);
      write(writer, value, `parameters: ${name}`);
    }
  }
  return writer.bytes.subarray(0, writer.length);
}
