//! The store in a file, for Node: a log of batches, and in memory where in it the value of each key is.
//!
//! The file is a head of 16 bytes and records one after the other (see {@link writeHead}). A commit appends one record: its batch as it
//! came. What a crash has torn off at the end is cut off when the file is opened. A record that is damaged before something that
//! was known to be on the disk is damage: {@link FileStore.open} then fails with `XX001`. Closing appends the index, so that the file need not be read whole
//! by who opens it next; without one (after a crash) it is. When more than half of the file is dead, the live entries go into a new
//! one, which takes its place.

import {
  closeSync, constants, fdatasync, fstatSync, fsyncSync, ftruncateSync, openSync, read, readSync, renameSync, rmSync, writevSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { AmphiError } from '../error.js';
import { BatchReader, StoreError, type StoreBinding } from './binding.js';
import { crc32 } from './crc32.js';
import { Entries } from './file-entries.js';
import { lockFile, type Release } from './file-lock.js';

/** `"AMPHIFIL"`, the version of the format, and zeros. */
const HEAD = Uint8Array.of(0x41, 0x4d, 0x50, 0x48, 0x49, 0x46, 0x49, 0x4c, 1, 0, 0, 0, 0, 0, 0, 0);
/** Bytes of a record before its body. */
const RECORD = 36;
/** `"AMPR"`: where a record begins. */
const MARK = Buffer.from('AMPR', 'latin1');
/** Bytes read or copied at once, if there is no reason for more. */
const PIECE = 1 << 20;
/** Bytes between two values that are rather read along than asked for apart. */
const GAP = 16 << 10;
/** Dead bytes that are not worth a new file. */
const SMALL = 16 << 20;

const enum Kind {
  Batch = 1,
  /** Where all values are. */
  Index = 2,
  /** At the end of the file: where the index is. */
  End = 3,
}

interface RecordHead {
  kind: number;
  /** Up to where the file was known to be on the disk when it was written. */
  synced: number;
  length: number;
  crc: number;
}

const readAsync = promisify(read);
const syncAsync = promisify(fdatasync);

function failed(path: string, error: unknown): AmphiError {
  if (error instanceof AmphiError) return error;
  const because = error instanceof Error ? error.message : String(error);
  const code = isFull(error) ? '53100' : '58030';
  return new AmphiError(`the file ${path} cannot be used: ${because}`, { code, cause: error });
}

function isFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}

/** The head of a record at a position: mark, kind (1) and zeros (3), synced (8), position (8), length and crc32 of the body, crc32 of the head. */
function writeHead(kind: Kind, synced: number, at: number, body: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(RECORD);
  MARK.copy(head);
  head.writeUInt8(kind, 4);
  head.writeBigUInt64LE(BigInt(synced), 8);
  head.writeBigUInt64LE(BigInt(at), 16);
  head.writeUInt32LE(lengthOf(body), 24);
  head.writeUInt32LE(body.reduce((crc, part) => crc32(part, crc), 0), 28);
  head.writeUInt32LE(crc32(head.subarray(0, 32), 0), 32);
  return head;
}

/** The head that these bytes at that position are. */
function readHead(bytes: Buffer, at: number): RecordHead | undefined {
  const isOne =
    bytes.length === RECORD && bytes.subarray(0, 4).equals(MARK) && crc32(bytes.subarray(0, 32), 0) === bytes.readUInt32LE(32);
  if (!isOne || bytes.readBigUInt64LE(16) !== BigInt(at)) return undefined;
  const synced = Number(bytes.readBigUInt64LE(8));
  return { kind: bytes.readUInt8(4), synced, length: bytes.readUInt32LE(24), crc: bytes.readUInt32LE(28) };
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((length, part) => length + part.length, 0);
}

/** Writes all of it. */
function write(fd: number, parts: Uint8Array[], at: number): void {
  const length = lengthOf(parts);
  const written = writevSync(fd, parts, at);
  // A file system may take less at once, and says why with the rest.
  if (written < length) {
    const rest = Buffer.concat(parts).subarray(written);
    write(fd, [rest], at + written);
  }
}

/** Reads so many bytes, or those there are. */
function bytesAt(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let n = 0;
  while (n < length) {
    const got = readSync(fd, bytes, n, length - n, at + n);
    if (got === 0) break;
    n += got;
  }
  return bytes.subarray(0, n);
}

/** Makes it last that a file is in its folder. */
function syncFolder(path: string): void {
  // Windows keeps its folders by itself, and opens none.
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** An open file and what is in it. */
interface LogFile {
  fd: number;
  /** Where the next record goes. */
  end: number;
  entries: Entries;
  /** Up to where it is known to be on the disk. */
  synced: number;
  /** Whether it ends with its index. */
  isIndexed: boolean;
  /** Reads under way: it is closed after them. */
  readers: number;
  isOver: boolean;
}

function logFile(fd: number): LogFile {
  return { fd, end: HEAD.length, entries: new Entries(), synced: 0, isIndexed: false, readers: 0, isOver: false };
}

/** What a batch does, entry by entry; `at` is where the batch is in the file. */
function apply(entries: Entries, batch: Uint8Array, at: number): void {
  const reader = new BatchReader(batch);
  for (let ranges = reader.count(); ranges > 0; ranges--) {
    const [from, to] = [textOf(reader.key()), textOf(reader.key())];
    for (const key of entries.range(from, to, Infinity)) entries.delete(key);
  }
  for (let changes = reader.count(); changes > 0; changes--) {
    const key = textOf(reader.key());
    const place = reader.place();
    if (place) entries.set(key, { at: at + place.at, length: place.length });
    else entries.delete(key);
  }
}

/** A key as a text of its bytes, which compares as they do. */
function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

/** A store in a file. */
export class FileStore implements StoreBinding {
  private broken: string | undefined;
  private isClosed = false;
  private compacting: Promise<void> | undefined;
  /** Dead bytes from which on a new file is made. */
  private patience = SMALL;

  private constructor(
    private readonly path: string,
    private readonly release: Release,
    private file: LogFile,
  ) {}

  /**
   * Opens a store, which is made if there is none.
   *
   * Fails with `AM003` if it is open already, here or in another process, `AM004` if the file is something else or of another
   * version, `XX001` if it is damaged, `58030` if it cannot be read or written.
   */
  static open(path: string): FileStore {
    const release = lockFile(path);
    let fd: number | undefined;
    try {
      rmSync(beside(path), { force: true });
      fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
      const file = restore(path, fd);
      return new FileStore(path, release, file);
    } catch (e) {
      if (fd !== undefined) closeSync(fd);
      release();
      throw failed(path, e);
    }
  }

  /** Removes a store with all that is in it; none is fine. Fails with `AM003` if it is open. */
  static delete(path: string): void {
    const release = lockFile(path);
    try {
      rmSync(path, { force: true });
      rmSync(beside(path), { force: true });
    } catch (e) {
      throw failed(path, e);
    } finally {
      release();
    }
  }

  async getMany(keys: Uint8Array): Promise<(Uint8Array | undefined)[]> {
    const reader = new BatchReader(keys);
    const asked = Array.from({ length: reader.count() }, () => textOf(reader.key()));
    return this.values(asked);
  }

  async scan(from: Uint8Array, to: Uint8Array, limit: number): Promise<Uint8Array[]> {
    const keys = this.file.entries.range(textOf(from), textOf(to), limit);
    const values = await this.values(keys);
    return keys.flatMap((key, i) => [Buffer.from(key, 'latin1'), values[i]!]);
  }

  /** The values of keys, read in few pieces. */
  private async values(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const { file } = this;
    // Its number may be that of another file by now.
    if (this.isClosed) throw new StoreError('it was closed');
    const values = new Array<Uint8Array | undefined>(keys.length).fill(undefined);
    const wanted = keys.flatMap((key, i) => {
      const place = file.entries.get(key);
      return place ? [{ ...place, i }] : [];
    });
    wanted.sort((a, b) => a.at - b.at);
    file.readers++;
    try {
      for (let i = 0; i < wanted.length; ) {
        const first = wanted[i]!;
        let [n, end] = [i, first.at];
        for (; n < wanted.length; n++) {
          const next = wanted[n]!;
          if (n > i && (next.at - end > GAP || next.at + next.length - first.at > PIECE)) break;
          end = Math.max(end, next.at + next.length);
        }
        const bytes = Buffer.allocUnsafe(end - first.at);
        await readWhole(file.fd, bytes, first.at);
        // Copies: one value must not keep all that was read with it.
        for (; i < n; i++) {
          const { at, length, i: index } = wanted[i]!;
          values[index] = new Uint8Array(bytes.subarray(at - first.at, at - first.at + length));
        }
      }
    } catch (e) {
      throw new StoreError(e instanceof Error ? e.message : String(e));
    } finally {
      file.readers--;
      closeUnread(file);
    }
    return values;
  }

  async commit(batch: Uint8Array, durable: boolean): Promise<void> {
    if (this.compacting) {
      const kept = batch.slice();
      // Those that wait go on in their order.
      await this.compacting;
      return this.commit(kept, durable);
    }
    if (this.broken !== undefined) throw new StoreError(this.broken);
    const { file } = this;
    const at = file.end;
    try {
      write(file.fd, [writeHead(Kind.Batch, file.synced, at, [batch]), batch], at);
    } catch (e) {
      throw this.undo(e);
    }
    file.end = at + RECORD + batch.length;
    file.isIndexed = false;
    apply(file.entries, batch, at + RECORD);
    if (durable) await this.sync(file);
    if (file === this.file && file.end - file.entries.bytes - HEAD.length > Math.max(file.entries.bytes, this.patience)) {
      this.compacting ??= this.compact().finally(() => (this.compacting = undefined));
    }
  }

  /** Takes back what was written of a record. */
  private undo(cause: unknown): StoreError {
    const message = cause instanceof Error ? cause.message : String(cause);
    try {
      ftruncateSync(this.file.fd, this.file.end);
    } catch {
      this.broken = message;
    }
    return new StoreError(message, isFull(cause));
  }

  private async sync(file: LogFile): Promise<void> {
    const { end } = file;
    try {
      await syncAsync(file.fd);
    } catch (e) {
      // It is not known what reached the disk.
      this.broken = e instanceof Error ? e.message : String(e);
      throw new StoreError(this.broken, isFull(e));
    }
    file.synced = Math.max(file.synced, end);
  }

  /** Puts the live entries into a new file in the place of this one. Whatever fails, this one stays. */
  private async compact(): Promise<void> {
    const old = this.file;
    const path = beside(this.path);
    let fd: number | undefined;
    try {
      fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, fstatSync(old.fd).mode & 0o777);
      write(fd, [HEAD], 0);
      const file = logFile(fd);
      const keys = old.entries.range('', undefined, Infinity);
      for (let i = 0; i < keys.length; ) {
        let bytes = 0;
        const from = i;
        for (; i < keys.length && bytes < PIECE; i++) bytes += old.entries.get(keys[i]!)?.length ?? 0;
        const piece = keys.slice(from, i);
        const batch = puts(piece, await this.values(piece));
        write(fd, [writeHead(Kind.Batch, 0, file.end, [batch]), batch], file.end);
        apply(file.entries, batch, file.end + RECORD);
        file.end += RECORD + batch.length;
      }
      await syncAsync(fd);
      // Once it is closed, somebody else may have it.
      if (this.broken !== undefined) throw new StoreError(this.broken);
      renameSync(path, this.path);
      syncFolder(this.path);
      file.synced = file.end;
      this.file = file;
      this.patience = SMALL;
      old.isOver = true;
      closeUnread(old);
    } catch {
      if (fd !== undefined && fd !== this.file.fd) closeSync(fd);
      rmSync(path, { force: true });
      // Not again with every commit.
      this.patience = Math.max(this.patience, old.end) * 2;
    }
  }

  failure(): string | undefined {
    return this.broken;
  }

  close(): void {
    if (this.isClosed) return;
    const { file } = this;
    if (this.broken === undefined && !file.isIndexed && !this.compacting) {
      try {
        appendIndex(file);
      } catch {
        // The next one reads the file.
      }
    }
    this.isClosed = true;
    this.broken ??= 'it was closed';
    file.isOver = true;
    closeUnread(file);
    this.release();
  }
}

function appendIndex(file: LogFile): void {
  const index = file.entries.encode();
  const at = file.end;
  const endAt = at + RECORD + index.length;
  const end = Buffer.alloc(8);
  end.writeBigUInt64LE(BigInt(at));
  const heads = [writeHead(Kind.Index, file.synced, at, [index]), writeHead(Kind.End, file.synced, endAt, [end])] as const;
  write(file.fd, [heads[0], index, heads[1], end], at);
}

/** The file that is to take the place of another one. */
function beside(path: string): string {
  return `${path}.new`;
}

function closeUnread(file: LogFile): void {
  if (!file.isOver || file.readers > 0) return;
  file.isOver = false;
  closeSync(file.fd);
}

async function readWhole(fd: number, bytes: Buffer, at: number): Promise<void> {
  for (let n = 0; n < bytes.length; ) {
    const { bytesRead } = await readAsync(fd, bytes, n, bytes.length - n, at + n);
    if (bytesRead === 0) throw new Error('the file has become shorter');
    n += bytesRead;
  }
}

/** A batch that puts values under keys. */
function puts(keys: readonly string[], values: readonly (Uint8Array | undefined)[]): Buffer {
  const parts: Uint8Array[] = [];
  const number = (n: number): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(n);
    parts.push(bytes);
  };
  number(0);
  number(keys.length);
  keys.forEach((key, i) => {
    const value = values[i]!;
    number(key.length);
    parts.push(Buffer.from(key, 'latin1'));
    number(value.length);
    parts.push(value);
  });
  return Buffer.concat(parts);
}

/** What is in a file. */
function restore(path: string, fd: number): LogFile {
  const size = fstatSync(fd).size;
  const head = bytesAt(fd, 0, HEAD.length);
  const file = logFile(fd);
  if (size < HEAD.length && Buffer.from(HEAD).subarray(0, size).equals(head)) {
    write(fd, [HEAD], 0);
    fsyncSync(fd);
    syncFolder(path);
    return file;
  }
  if (!head.subarray(0, 8).equals(HEAD.subarray(0, 8))) {
    throw new AmphiError(`the file ${path} is not an Amphi store`, { code: 'AM004' });
  }
  if (!head.equals(HEAD)) {
    const message = `the file ${path} has format ${head[8]}, this version of Amphi knows ${HEAD[8]}`;
    throw new AmphiError(message, { code: 'AM004' });
  }
  const indexed = indexOf(fd, size);
  if (indexed) return { ...file, end: size, entries: indexed, isIndexed: true };
  while (file.end < size) {
    const record = recordAt(fd, file.end, size);
    if (!record) {
      if (isKnown(fd, file.end, size)) throw damaged(path, file.end);
      ftruncateSync(fd, file.end);
      break;
    }
    if (record.kind === Kind.Batch) applyChecked(path, file, record.body);
    file.end += RECORD + record.body.length;
  }
  // Whatever is seen now is to last.
  fsyncSync(fd);
  file.synced = file.end;
  return file;
}

function damaged(path: string, at: number): AmphiError {
  return new AmphiError(`the file ${path} is damaged at byte ${at}`, { code: 'XX001' });
}

function applyChecked(path: string, file: LogFile, body: Buffer): void {
  try {
    apply(file.entries, body, file.end + RECORD);
  } catch {
    throw damaged(path, file.end);
  }
}

/** The whole record at a position. */
function recordAt(fd: number, at: number, size: number): { kind: number; body: Buffer } | undefined {
  const head = readHead(bytesAt(fd, at, RECORD), at);
  if (!head || at + RECORD + head.length > size) return undefined;
  const body = bytesAt(fd, at + RECORD, head.length);
  return crc32(body, 0) === head.crc ? { kind: head.kind, body } : undefined;
}

/** The index that the end of the file names. */
function indexOf(fd: number, size: number): Entries | undefined {
  const at = size - RECORD - 8;
  const end = at >= HEAD.length ? recordAt(fd, at, size) : undefined;
  if (end?.kind !== Kind.End || end.body.length !== 8) return undefined;
  const index = recordAt(fd, Number(end.body.readBigUInt64LE()), at);
  return index?.kind === Kind.Index ? Entries.decode(index.body, size) : undefined;
}

/** Whether a record further on says that what is at a position had been on the disk before it. */
function isKnown(fd: number, from: number, size: number): boolean {
  for (let at = from; at < size; at += PIECE) {
    const piece = bytesAt(fd, at, Math.min(PIECE + RECORD, size - at));
    for (let i = piece.indexOf(MARK); i >= 0 && i < PIECE; i = piece.indexOf(MARK, i + 1)) {
      const head = readHead(piece.subarray(i, i + RECORD), at + i);
      if (head && head.synced > from) return true;
    }
  }
  return false;
}
