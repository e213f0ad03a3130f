/**
 * Consistent Overhead Byte Stuffing, Cheshire and Baker (1999): no zero in the output, at most one byte in 254 more. A full block of 254
 * bytes at the very end is not followed by an empty one when writing; both forms are read.
 */
import { ProtocolError } from './errors.js';

/** Longest code: the code byte and 254 bytes that are not zero. */
const longestBlock = 0xff;

/** Bytes that `n` bytes become at most. */
export function stuffedLength(n: number): number {
  return n + Math.floor(n / 254) + 1;
}

/**
 * @internal Stuffs `from` and behind it `tail` into `to` at `at`.
 * @returns the position behind the last byte written
 */
export function stuff(from: Uint8Array, tail: Uint8Array, to: Uint8Array, at: number): number {
  const total = from.length + tail.length;
  let code = at;
  let p = at + 1;
  for (let i = 0; i < total; i++) {
    const byte = i < from.length ? from[i] : tail[i - from.length];
    if (byte !== 0) to[p++] = byte;
    if (byte === 0 || (p - code === longestBlock && i < total - 1)) {
      to[code] = p - code;
      code = p++;
    }
  }
  to[code] = p - code;
  return p;
}

/**
 * @internal Decodes the stuffed bytes `from[start, end)`, which hold no zero, into `to` at `at`; no more than `end − start` bytes.
 * @returns the number of bytes, or −1 where a code byte points past the end
 */
export function unstuff(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  let p = start;
  let out = at;
  while (p < end) {
    const code = from[p];
    const next = p + code;
    if (next > end) return -1;
    for (p++; p < next; p++) to[out++] = from[p];
    if (code !== longestBlock && p < end) to[out++] = 0;
  }
  return out - at;
}

/** COBS alone, without CRC and delimiter; for tests against other implementations. */
export function encodeCobs(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(stuffedLength(bytes.length));
  return out.subarray(0, stuff(bytes, new Uint8Array(0), out, 0));
}

/**
 * The inverse of `encodeCobs`.
 * @throws ProtocolError `cobs` for a zero inside, an empty input or a code that points past the end
 */
export function decodeCobs(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const n = bytes.length === 0 || bytes.includes(0) ? -1 : unstuff(bytes, 0, bytes.length, out, 0);
  if (n < 0) throw new ProtocolError('cobs', 'no COBS');
  return out.subarray(0, n);
}
