/**
 * Framing: `COBS(body ‖ CRC) ‖ 0x00`. COBS is Cheshire and Baker, "Consistent Overhead Byte Stuffing" (1999); the CRC goes big-endian
 * behind the body. After any error the reader drops to the next 0x00 and counts by cause, so one broken frame never costs the next.
 *
 *     bytes ─▶ FrameReader ─▶ body (one CBOR item)          body ─▶ encodeFrame ─▶ bytes
 */
import { stuff, stuffedLength, unstuff } from './cobs.js';
import { crc16 } from './crc16.js';
import { ProtocolError } from './errors.js';

/** Longest body the host accepts, in bytes. A board states its own limit in `caps.body`. */
export const maxBody = 1400;

/**
 * One frame ready for the wire. `lead` puts an extra 0x00 in front: the sender does so before its first frame and after 50 ms of silence,
 * so that bootloader chatter cannot swallow the frame.
 */
export function encodeFrame(body: Uint8Array, lead = false): Uint8Array {
  if (body.length === 0 || body.length > maxBody) {
    throw new ProtocolError('overlong', `a body has 1 to ${maxBody} bytes, not ${body.length}`);
  }
  const crc = crc16(body);
  const start = lead ? 1 : 0;
  const out = new Uint8Array(start + stuffedLength(body.length + 2) + 1);
  const end = stuff(body, Uint8Array.of(crc >> 8, crc & 0xff), out, start);
  return out.subarray(0, end + 1);
}

/** Bodies are cut one behind the other from blocks of this size: an allocation a frame would take longer than its CRC. */
const blockSize = 16_384;

/** What a reader has seen. Every byte is in exactly one of `bytesGood`, `bytesBad` (delimiters with their frame) or still waiting. */
export interface FrameCounters {
  frames: number;
  overlong: number;
  short: number;
  cobs: number;
  crc: number;
  bytesGood: number;
  bytesBad: number;
}

/** Takes chunks as they come from the port, gives whole bodies. Memory is bounded by one frame, whatever arrives. */
export class FrameReader {
  readonly counters: FrameCounters = { frames: 0, overlong: 0, short: 0, cobs: 0, crc: 0, bytesGood: 0, bytesBad: 0 };
  readonly #limit: number;
  readonly #longest: number;
  readonly #waiting: Uint8Array;
  #block: Uint8Array;
  #used = 0;
  #held = 0;
  /** Bytes of a frame that is already too long; sticky until the next 0x00. */
  #over = 0;

  constructor(limit = maxBody) {
    this.#limit = limit;
    this.#longest = stuffedLength(limit + 2);
    this.#waiting = new Uint8Array(this.#longest);
    this.#block = new Uint8Array(Math.max(blockSize, this.#longest));
  }

  /** Feeds bytes. `onBody` gets each intact body, in order, to keep; what it throws passes through and loses the rest of the chunk. */
  push(chunk: Uint8Array, onBody: (body: Uint8Array) => void): void {
    let p = 0;
    while (p < chunk.length) {
      const zero = chunk.indexOf(0, p);
      const end = zero < 0 ? chunk.length : zero;
      if (zero >= 0 && this.#held === 0 && this.#over === 0) {
        this.#take(chunk, p, end, onBody);
      } else {
        this.#hold(chunk, p, end);
        if (zero >= 0) this.#close(onBody);
      }
      p = end + 1;
    }
  }

  /** Forgets a frame begun, for instance after the port was opened again. */
  reset(): void {
    this.counters.bytesBad += this.#held + this.#over;
    this.#held = 0;
    this.#over = 0;
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    if (this.#over > 0 || to - from > this.#longest - this.#held) {
      this.#over += this.#held + (to - from);
      this.#held = 0;
      return;
    }
    this.#waiting.set(chunk.subarray(from, to), this.#held);
    this.#held += to - from;
  }

  #close(onBody: (body: Uint8Array) => void): void {
    const held = this.#held;
    const over = this.#over;
    this.#held = 0;
    this.#over = 0;
    if (over > 0) {
      this.counters.overlong++;
      this.counters.bytesBad += over + 1;
      return;
    }
    this.#take(this.#waiting, 0, held, onBody);
  }

  #take(from: Uint8Array, start: number, end: number, onBody: (body: Uint8Array) => void): void {
    const counters = this.counters;
    const bytes = end - start + 1;
    if (bytes === 1) {
      counters.bytesGood++;
      return;
    }
    if (bytes - 1 > this.#longest) {
      counters.overlong++;
      counters.bytesBad += bytes;
      return;
    }
    if (this.#block.length - this.#used < this.#longest) {
      this.#block = new Uint8Array(this.#block.length);
      this.#used = 0;
    }
    const at = this.#used;
    const n = unstuff(from, start, end, this.#block, at);
    const cause =
      n < 0 ? 'cobs' : n > this.#limit + 2 ? 'overlong' : n < 3 ? 'short' : crc16(this.#block, at, at + n) ? 'crc' : '';
    if (cause !== '') {
      counters[cause]++;
      counters.bytesBad += bytes;
      return;
    }
    counters.frames++;
    counters.bytesGood += bytes;
    this.#used = at + n - 2;
    onBody(new Uint8Array(this.#block.buffer, at, n - 2));
  }
}
