//! What the engine needs of a store; `wasm/src/binding.rs` is the same interface there.

/**
 * An ordered store of byte keys and byte values. Keys order bytewise; a batch is applied whole or not at all; a read that
 * starts after a commit sees it; commits become durable in their order. Arrays given to it are views that last until the
 * call returns (not until its promise is kept).
 */
export interface StoreBinding {
  /** The value of each of the keys, a list of them as `wasm/src/bytes.rs` describes; `undefined` where there is none. */
  getMany(keys: Uint8Array): Promise<(Uint8Array | undefined)[]>;
  /** The first `limit` entries with `from <= key < to`, each as its key followed by its value. */
  scan(from: Uint8Array, to: Uint8Array, limit: number): Promise<Uint8Array[]>;
  /** Applies a batch, see `wasm/src/bytes.rs`; `durable`: it is on the disk when the promise is kept. */
  commit(batch: Uint8Array, durable: boolean): Promise<void>;
  /** Why it takes no more commits, if so. */
  failure(): string | undefined;
  /** Gives it up for others to open. */
  close(): void;
}

/** Why a store could not do what it was asked. */
export class StoreError extends Error {
  /** Whether there was no room. */
  readonly full: boolean;

  constructor(message: string, full = false) {
    super(message);
    this.name = 'StoreError';
    this.full = full;
  }
}

const ABSENT = 0xffff_ffff;

/** Reads keys and batches. What it answers are copies. */
export class BatchReader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  count(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  /** Bytes with their length in front; `undefined` where a value is not there. */
  value(): Uint8Array<ArrayBuffer> | undefined {
    const length = this.count();
    return length === ABSENT ? undefined : this.take(length);
  }

  /** Where the bytes are that {@link value} would answer; they are passed over. */
  place(): { at: number; length: number } | undefined {
    const length = this.count();
    if (length === ABSENT) return undefined;
    this.at += length;
    if (this.at > this.bytes.length) throw new StoreError('a batch is cut short');
    return { at: this.at - length, length };
  }

  key(): Uint8Array<ArrayBuffer> {
    return this.take(this.count());
  }

  private take(length: number): Uint8Array<ArrayBuffer> {
    this.at += length;
    return this.bytes.slice(this.at - length, this.at) as Uint8Array<ArrayBuffer>;
  }
}
