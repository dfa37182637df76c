//! Where in a file the values of keys are. Keys are texts of their bytes, so that they compare as the bytes do.

/** A run of bytes in a file. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

/** Bytes of an entry besides its key and value. */
const OVERHEAD = 8;

/** An ordered map from keys to places. */
export class Entries {
  private readonly places = new Map<string, Place>();
  /** Keys in order, some of which may be gone. */
  private sorted: string[] = [];
  /** Keys that came since. */
  private added: string[] = [];
  /** Bytes of all entries. */
  bytes = 0;

  get(key: string): Place | undefined {
    return this.places.get(key);
  }

  set(key: string, place: Place): void {
    const before = this.places.get(key);
    if (before) this.bytes -= before.length;
    else {
      this.added.push(key);
      this.bytes += key.length + OVERHEAD;
    }
    this.bytes += place.length;
    this.places.set(key, place);
  }

  delete(key: string): void {
    const before = this.places.get(key);
    if (!before) return;
    this.bytes -= before.length + key.length + OVERHEAD;
    this.places.delete(key);
  }

  /** The first `limit` keys with `from <= key < to`, ascending. */
  range(from: string, to: string | undefined, limit: number): string[] {
    this.sort();
    const keys: string[] = [];
    for (let i = lowerBound(this.sorted, from); i < this.sorted.length && keys.length < limit; i++) {
      const key = this.sorted[i]!;
      if (to !== undefined && key >= to) break;
      if (this.places.has(key)) keys.push(key);
    }
    return keys;
  }

  /** Puts the new keys where they belong. */
  private sort(): void {
    if (this.added.length === 0 && this.sorted.length <= 2 * this.places.size + 64) return;
    const added = this.added.sort(compare);
    const merged: string[] = [];
    const push = (key: string): void => {
      // A key that went and came again is in both.
      if (this.places.has(key) && merged.at(-1) !== key) merged.push(key);
    };
    let i = 0;
    for (const key of this.sorted) {
      while (i < added.length && added[i]! < key) push(added[i++]!);
      push(key);
    }
    while (i < added.length) push(added[i++]!);
    this.sorted = merged;
    this.added = [];
  }

  /** All entries: their number (4), and for each the length of its key (4), where its value is (8) and its length (4), and the key. */
  encode(): Buffer {
    const keys = this.range('', undefined, Infinity);
    const bytes = Buffer.alloc(4 + keys.reduce((n, key) => n + key.length + 16, 0));
    let at = bytes.writeUInt32LE(keys.length);
    for (const key of keys) {
      const place = this.places.get(key)!;
      at = bytes.writeUInt32LE(key.length, at);
      at = bytes.writeBigUInt64LE(BigInt(place.at), at);
      at = bytes.writeUInt32LE(place.length, at);
      at += bytes.write(key, at, 'latin1');
    }
    return bytes;
  }

  /** What {@link encode} wrote of a file of that size; `undefined` if it is not that. */
  static decode(bytes: Buffer, size: number): Entries | undefined {
    const entries = new Entries();
    if (bytes.length < 4) return undefined;
    let at = 4;
    for (let n = bytes.readUInt32LE(0); n > 0; n--) {
      if (at + 16 > bytes.length) return undefined;
      const keyLength = bytes.readUInt32LE(at);
      const place = { at: Number(bytes.readBigUInt64LE(at + 4)), length: bytes.readUInt32LE(at + 12) };
      at += 16;
      if (at + keyLength > bytes.length || place.at + place.length > size) return undefined;
      entries.set(bytes.toString('latin1', at, at + keyLength), place);
      at += keyLength;
    }
    return at === bytes.length ? entries : undefined;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lowerBound(keys: readonly string[], key: string): number {
  let [from, to] = [0, keys.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (keys[middle]! < key) from = middle + 1;
    else to = middle;
  }
  return from;
}
