//! The checksum CRC-32 (that of zlib and of Ethernet).

import * as zlib from 'node:zlib';

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb8_8320 : c >>> 1;
  return c;
});

function byTable(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Node's own, which is faster, came with 20.15. */
const native = (zlib as { crc32?: (bytes: Uint8Array, before: number) => number }).crc32;

/** The checksum of bytes that follow those of which it was `before`. */
export const crc32: (bytes: Uint8Array, before: number) => number = native ?? byTable;
