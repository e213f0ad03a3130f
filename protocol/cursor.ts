/**
 * Reading and writing CBOR heads by the strict profile: RFC 8949 section 4.2.1 with shortest heads only, definite lengths, no negative
 * integers, no floats, `false` and `true` as the only simple values. The message shapes read straight from these cursors; nothing is
 * allocated but the result.
 */
import { ProtocolError } from './errors.js';

/** Largest integer of the profile: 48 bits, the width of a tick counter. */
export const maxInteger = 2 ** 48 - 1;

export const major = { uint: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

// ignoreBOM: without it a leading byte order mark vanishes and the item no longer encodes to the same bytes
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

function refuse(why: string): never {
  throw new ProtocolError('cbor', why);
}

/** A position in bytes. Every read checks the profile and moves on; every refusal is a ProtocolError `cbor`. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Major type of the next item, or −1 at the end. */
  peek(): number {
    return this.at < this.end ? this.bytes[this.at] >> 5 : -1;
  }

  /** Reads a head of the major type wanted and returns its argument. */
  head(wanted: number): number {
    const { bytes, at, end } = this;
    if (at >= end) refuse('the item is cut off');
    const initial = bytes[at];
    if (initial >> 5 !== wanted) refuse(`major type ${initial >> 5} where ${wanted} belongs`);
    const info = initial & 0x1f;
    if (info < 24) {
      this.at = at + 1;
      return info;
    }
    if (info > 27) refuse(info === 31 ? 'an indefinite length' : 'a reserved head');
    const width = 1 << (info - 24);
    if (width > end - at - 1) refuse('the head is cut off');
    this.at = at + 1 + width;
    if (width === 1) {
      const value = bytes[at + 1];
      if (value < 24) refuse('a head longer than needed');
      return value;
    }
    if (width === 2) {
      const value = (bytes[at + 1] << 8) | bytes[at + 2];
      if (value < 0x100) refuse('a head longer than needed');
      return value;
    }
    const first = ((bytes[at + 1] << 24) | (bytes[at + 2] << 16) | (bytes[at + 3] << 8) | bytes[at + 4]) >>> 0;
    if (width === 4) {
      if (first < 0x10000) refuse('a head longer than needed');
      return first;
    }
    const second = ((bytes[at + 5] << 24) | (bytes[at + 6] << 16) | (bytes[at + 7] << 8) | bytes[at + 8]) >>> 0;
    if (first === 0) refuse('a head longer than needed');
    if (first > 0xffff) refuse('an integer above 2^48 − 1');
    return first * 0x100000000 + second;
  }

  uint(): number {
    return this.head(major.uint);
  }

  /** A byte string as a view of the input. */
  bytesView(): Uint8Array {
    const length = this.head(major.bytes);
    if (length > this.end - this.at) refuse('a byte string runs past the end');
    const from = this.at;
    this.at = from + length;
    // not `subarray`, which would hand on a Node Buffer as one
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + from, length);
  }

  /** A text string of at most `longest` bytes of valid UTF-8. */
  text(longest: number): string {
    const length = this.head(major.text);
    if (length > this.end - this.at) refuse('a text runs past the end');
    if (length > longest) refuse(`a text of ${length} bytes where ${longest} are the limit`);
    const from = this.at;
    this.at = from + length;
    try {
      return utf8.decode(this.bytes.subarray(from, this.at));
    } catch {
      return refuse('a text that is not UTF-8');
    }
  }

  bool(): boolean {
    const value = this.head(major.simple);
    if (value !== 20 && value !== 21) refuse(`simple value ${value}`);
    return value === 21;
  }

  /** Refuses what is left. */
  finish(): void {
    if (this.at !== this.end) refuse(`${this.end - this.at} bytes behind the item`);
  }
}

/** Writes shortest heads into a buffer that grows. */
export class Writer {
  #bytes: Uint8Array;
  #at = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  #room(n: number): void {
    if (n <= this.#bytes.length - this.#at) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + n));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }

  head(majorType: number, argument: number): void {
    if (!Number.isInteger(argument) || argument < 0 || argument > maxInteger) {
      throw new ProtocolError('value', `${argument} is not an integer from 0 to 2^48 − 1`);
    }
    this.#room(9);
    const initial = majorType << 5;
    const width = argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument < 0x100000000 ? 4 : 8;
    if (width === 0) {
      this.#bytes[this.#at++] = initial | argument;
      return;
    }
    this.#bytes[this.#at++] = initial | (width === 1 ? 24 : width === 2 ? 25 : width === 4 ? 26 : 27);
    for (let k = width - 1; k >= 0; k--) this.#bytes[this.#at++] = Math.floor(argument / 2 ** (8 * k)) & 0xff;
  }

  uint(value: number): void {
    this.head(major.uint, value);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  byteString(bytes: Uint8Array): void {
    this.head(major.bytes, bytes.length);
    this.raw(bytes);
  }

  text(text: string): void {
    const bytes = utf8Encoder.encode(text);
    this.head(major.text, bytes.length);
    this.raw(bytes);
  }

  bool(value: boolean): void {
    this.head(major.simple, value ? 21 : 20);
  }

  /** The bytes written so far, as a copy. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }
}
