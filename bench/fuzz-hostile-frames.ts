/**
 * What somebody on the cable may send to a board: bodies that nearly are messages, under a right CRC, and bytes that are no frames at all.
 * Equal seeds give equal bytes.
 */
import { readFileSync } from 'node:fs';
import { Xoshiro128 } from '../host/signal/random.js';
import { blake2s, crc16, encodeCobs, encodeFrame, externalAad, tagMac0 } from '../protocol/index.js';

/** An integer from 0 to n − 1. */
export type Draw = (n: number) => number;

/** A source of chance from a number and a label. */
export function drawFrom(seed: number, label: string): Draw {
  const random = new Xoshiro128(blake2s(new TextEncoder().encode(`${label} ${seed}`)).subarray(0, 16));
  return (n) => random.u32() % n;
}

export const pick = <T>(list: readonly T[], draw: Draw): T => list[draw(list.length)];

export const randomBytes = (n: number, draw: Draw): Uint8Array => Uint8Array.from({ length: n }, () => draw(256));

interface Specimen {
  name: string;
  direction: 'h2d' | 'd2h';
  item: string;
}
const { cases } = JSON.parse(readFileSync(new URL('../protocol/vectors/messages.json', import.meta.url), 'utf8')) as {
  cases: Specimen[];
};
/** Bodies of one specimen of every message, both directions: a board must refuse its own kind, too. */
export const specimenBodies: readonly Uint8Array[] = cases.map(({ item }) => new Uint8Array(Buffer.from(item, 'hex')));

/** Heads at the edges of CBOR: numbers of every width, too long, too large, cut off; negative, indefinite, floats, tags, texts. */
const oddHeads = [
  '00 17 1817 1818 18ff 190000 1900ff 190100 19ffff 1a00000000 1a0000ffff 1a00010000 1affffffff 1b0000000000000000 1b0000000100000000',
  '1b0000ffffffffffff 1b0001000000000000 1bffffffffffffffff 1c 1f 20 3863 40 4100 57 5818 58ff 5900ff 590100 5a00010000 5b0000000100000000',
  '5f 60 6161 62c328 7821 7f 80 84 87 90 9f a0 a10000 a200000000 a9 bf c0 d1 d2 d84d d9d9f7 f4 f5 f6 f7 f820 f90000 fb7ff0000000000000 ff',
]
  .join(' ')
  .split(' ')
  .map((head) => new Uint8Array(Buffer.from(head, 'hex')));

function spliced(a: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array {
  const out = new Uint8Array(from + middle.length + a.length - to);
  out.set(a.subarray(0, from));
  out.set(middle, from);
  out.set(a.subarray(to), from + middle.length);
  return out;
}

/** Changes a body once: a bit, a byte, a head, its length, a piece of another. */
export function bend(body: Uint8Array, others: readonly Uint8Array[], draw: Draw): Uint8Array {
  const at = draw(body.length || 1);
  switch (draw(8)) {
    case 0:
    case 1: {
      const out = body.slice();
      if (out.length) out[at] ^= 1 << draw(8);
      return out;
    }
    case 2: {
      const out = body.slice();
      if (out.length) out[at] = draw(256);
      return out;
    }
    case 3:
      return spliced(body, at, Math.min(body.length, at + 1), pick(oddHeads, draw));
    case 4:
      return spliced(body, at, at, randomBytes(1 + draw(3), draw));
    case 5:
      return spliced(body, at, Math.min(body.length, at + 1 + draw(4)), new Uint8Array(0));
    case 6: {
      const other = pick(others, draw);
      const from = draw(other.length || 1);
      return spliced(body, at, body.length, other.subarray(from, from + draw(80)));
    }
    default:
      return draw(2) ? body.slice(0, at) : spliced(body, body.length, body.length, randomBytes(1 + draw(8), draw));
  }
}

/** A body made from the grammar of CBOR alone, nested up to a depth. */
export function anyItem(draw: Draw, depth = 0): Uint8Array {
  const kind = draw(depth > 4 ? 4 : 7);
  if (kind === 0) return Uint8Array.of(draw(24));
  if (kind === 1) return pick(oddHeads, draw);
  if (kind === 2) {
    const n = draw(24);
    return spliced(Uint8Array.of(0x40 | n), 1, 1, randomBytes(n, draw));
  }
  if (kind === 3) {
    const text = new TextEncoder().encode(pick(['', 'kz', 'ü', '\u{1f310}', '\ufeffx', 'ATmega328P'], draw));
    return spliced(Uint8Array.of(0x60 | text.length), 1, 1, text);
  }
  const n = draw(5);
  const head = kind === 4 ? 0x80 | n : kind === 5 ? 0xa0 | n : 0xd1 + draw(2);
  const items = Array.from({ length: kind === 4 ? n : kind === 5 ? 2 * n : 1 }, () => anyItem(draw, depth + 1));
  return new Uint8Array(Buffer.concat([Uint8Array.of(head), ...items]));
}

/** A payload in an envelope with a tag that nobody computed, one of another key, or one of another kind of message. */
export function falselyTagged(payload: Uint8Array, sid: Uint8Array | undefined, draw: Draw): Uint8Array {
  const kinds = ['command', 'ack', 'admin', 'provision', 'hello'] as const;
  const kind = sid ? pick(kinds, draw) : kinds[3 + draw(2)];
  return tagMac0(payload, externalAad(kind, sid), randomBytes(32, draw));
}

/** Bytes of the line for a body: mostly a right frame, sometimes cut, doubled, or with a false CRC. */
export function lineBytes(body: Uint8Array, draw: Draw): Uint8Array {
  if (body.length === 0 || draw(10) === 0) return randomBytes(1 + draw(300), draw);
  const frame = encodeFrame(body.subarray(0, 1400));
  switch (draw(16)) {
    case 0:
      return frame.slice(0, draw(frame.length));
    case 1: {
      frame[draw(frame.length)] ^= 1 << draw(8);
      return frame;
    }
    case 2: // a COBS code that reaches past the end
      return new Uint8Array(Buffer.concat([frame.subarray(0, frame.length - 1), Uint8Array.of(200 + draw(56), 1, 0)]));
    case 3: {
      // a right CRC over a body of no or one byte
      const tiny = body.subarray(0, draw(2));
      const crc = crc16(tiny);
      return new Uint8Array(Buffer.concat([encodeCobs(Uint8Array.of(...tiny, crc >> 8, crc & 255)), Uint8Array.of(0)]));
    }
    default:
      return frame;
  }
}
