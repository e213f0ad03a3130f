/**
 * From one frame body to one message, by kz1.cddl. Cheap checks only: profile, shape, direction. MACs, signatures and meaning come later.
 *
 *     body ─▶ shape read straight from the bytes ─▶ Message
 *                 └ no ─▶ strict CBOR over the whole body: `cbor` if that fails, `shape` if not
 */
import { isCbor } from './cbor.js';
import { readMac0, readSign1 } from './cose.js';
import { Cursor, major } from './cursor.js';
import { ProtocolError } from './errors.js';
import * as grammar from './grammar.js';
import type { Data, Direction, Message } from './message.js';
import type { Shape } from './shape.js';

type PlainType = 'open' | 'ready' | 'bare' | 'begin' | 'data' | 'mark' | 'busy' | 'stop' | 'ping' | 'pong';
const plain: Record<number, { type: PlainType; shape: Shape<never>; direction: Direction }> = {};
function register(mt: number, type: PlainType, shape: unknown, direction: Direction): void {
  plain[mt] = { type, shape: shape as Shape<never>, direction };
}
register(0, 'open', grammar.open, 'h2d');
register(1, 'begin', grammar.begin, 'd2h');
register(2, 'data', grammar.data, 'd2h');
register(5, 'mark', grammar.mark, 'd2h');
register(8, 'ping', grammar.ping, 'h2d');
register(9, 'pong', grammar.pong, 'd2h');
register(10, 'busy', grammar.busy, 'd2h');
register(11, 'ready', grammar.ready, 'd2h');
register(18, 'stop', grammar.stop, 'h2d');
register(30, 'bare', grammar.bare, 'd2h');

type EnvelopeType = Exclude<Message['type'], PlainType>;
/** Message types under a MAC and under a signature: the first integer of the payload. */
const authenticated: Record<number, { type: EnvelopeType; shape: Shape<unknown>; direction: Direction }> = {
  6: { type: 'hello', shape: grammar.helloBody, direction: 'd2h' },
  16: { type: 'command', shape: grammar.commandBody, direction: 'h2d' },
  17: { type: 'ack', shape: grammar.ackBody, direction: 'd2h' },
  19: { type: 'report', shape: grammar.reportBody, direction: 'd2h' },
  31: { type: 'blank', shape: grammar.blankBody, direction: 'd2h' },
  32: { type: 'provision', shape: grammar.provisionBody, direction: 'h2d' },
  33: { type: 'admin', shape: grammar.adminBody, direction: 'h2d' },
  34: { type: 'admin', shape: grammar.adminBody, direction: 'h2d' },
};
const signedData: Shape<Data> = {
  read: (cursor) => ({ type: 'data', ...grammar.data.read(cursor) }),
  write: (writer, value) => grammar.data.write(writer, value),
};
const signed: Record<number, { type: EnvelopeType; shape: Shape<unknown> }> = {
  2: { type: 'signed-data', shape: signedData as Shape<unknown> },
  3: { type: 'seal', shape: grammar.sealBody },
  4: { type: 'event', shape: grammar.eventBody },
  7: { type: 'identity', shape: grammar.identityBody },
};

function misfit(why: string): never {
  throw new ProtocolError('shape', why);
}

/** Reads an unsigned integer where one stands whole, else −1; allocates and throws nothing. The cursor's position is in `at`. */
class Position {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  uint(): number {
    const { bytes, at } = this;
    const left = bytes.length - at;
    if (left < 1) return -1;
    const first = bytes[at];
    if (first < 24) {
      this.at = at + 1;
      return first;
    }
    if (first === 0x18 && left >= 2) {
      this.at = at + 2;
      return bytes[at + 1] >= 24 ? bytes[at + 1] : -1;
    }
    if (first === 0x19 && left >= 3) {
      this.at = at + 3;
      const value = (bytes[at + 1] << 8) | bytes[at + 2];
      return value >= 0x100 ? value : -1;
    }
    if (first === 0x1a && left >= 5) {
      this.at = at + 5;
      const value = ((bytes[at + 1] << 24) | (bytes[at + 2] << 16) | (bytes[at + 3] << 8) | bytes[at + 4]) >>> 0;
      return value >= 0x10000 ? value : -1;
    }
    if (first === 0x1b && left >= 9) {
      this.at = at + 9;
      const high = (bytes[at + 3] << 8) | bytes[at + 4];
      if ((bytes[at + 1] | bytes[at + 2]) !== 0 || high === 0) return -1;
      const low = ((bytes[at + 5] << 24) | (bytes[at + 6] << 16) | (bytes[at + 7] << 8) | bytes[at + 8]) >>> 0;
      return high * 0x100000000 + low;
    }
    return -1;
  }
}

/**
 * The hot path: nearly all frames are `data`. Same bytes accepted as by `grammar.data` (a test holds the two together); undefined where
 * anything is odd, so that the slower path names the fault.
 */
function readData(body: Uint8Array): Data | undefined {
  const p = new Position(body);
  p.at = 2;
  const rec = p.uint();
  const i = p.uint();
  const dt = p.uint();
  const gap = p.uint();
  const enc = p.uint();
  if (rec < 0 || i < 0 || dt < 0 || gap < 0) return undefined;
  if (rec > 0xffffffff || i > 0xffffffff || dt > 0xffffffff || gap > 0xffffffff) return undefined;
  const isFifo = enc === 3 || enc === 4;
  if (body[0] !== (isFifo ? 0x88 : 0x87)) return undefined;
  const level = isFifo ? p.uint() : 0;
  if (level < 0 || level > 0xffff) return undefined;
  let at = p.at;
  const isS16 = enc === 1 || enc === 3;
  if (isS16) {
    if (body[at] !== 0xd8 || body[at + 1] !== 77) return undefined;
    at += 2;
  } else if (enc !== 2 && enc !== 4) return undefined;
  const head = body[at];
  let length = head - 0x40;
  let from = at + 1;
  if (head === 0x58) {
    length = body[at + 1];
    from = at + 2;
    if (length < 24) return undefined;
  } else if (head === 0x59) {
    length = (body[at + 1] << 8) | body[at + 2];
    from = at + 3;
    if (length < 0x100) return undefined;
  } else if (head < 0x40 || head > 0x57) return undefined;
  // a head that is cut off leaves `from` behind the end, or `length` undefined or NaN: neither equals the rest
  if (from + length !== body.length || length > 1280 || length === 0) return undefined;
  if (isS16 ? length & 1 : length % 5) return undefined;
  // `new` rather than `subarray`: plain bytes also when the body is a Node Buffer, and a third faster
  const samples = new Uint8Array(body.buffer, body.byteOffset + from, length);
  return isFifo
    ? { type: 'data', rec, i, dt, gap, enc, level, samples }
    : { type: 'data', rec, i, dt, gap, enc, samples };
}

/**
 * Runs `read` over bytes that should be exactly one item. Where it refuses, the strict decoder says which fault it was: the profile's
 * (`cbor`) or, if the bytes are one good item, the shape's.
 */
function readWhole<T>(bytes: Uint8Array, read: (cursor: Cursor) => T): T {
  try {
    const cursor = new Cursor(bytes);
    const value = read(cursor);
    cursor.finish();
    return value;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new ProtocolError(isCbor(bytes) ? 'shape' : 'cbor', error.message);
  }
}

/** First integer of the array at the cursor, which stays where it is: the message type. */
function peekType(cursor: Cursor): number {
  const from = cursor.at;
  cursor.head(major.array);
  const mt = cursor.uint();
  cursor.at = from;
  return mt;
}

function readPlain(body: Uint8Array, direction: Direction): Message {
  return readWhole(body, (cursor) => {
    const mt = peekType(cursor);
    const rule = plain[mt] ?? misfit(`message type ${mt} outside an envelope`);
    if (rule.direction !== direction) misfit(`${rule.type} in the wrong direction`);
    return { type: rule.type, ...(rule.shape.read(cursor) as object) } as Message;
  });
}

function readAuthenticated(body: Uint8Array, direction: Direction): Message {
  const { payload, tag } = readWhole(body, readMac0);
  return readWhole(payload, (cursor) => {
    const mt = peekType(cursor);
    const rule = authenticated[mt] ?? misfit(`message type ${mt} under a MAC`);
    if (rule.direction !== direction) misfit(`${rule.type} in the wrong direction`);
    return { type: rule.type, body: rule.shape.read(cursor), payload, tag } as Message;
  });
}

function readSigned(body: Uint8Array, direction: Direction): Message {
  const { kid, payload, signature } = readWhole(body, readSign1);
  return readWhole(payload, (cursor) => {
    const mt = peekType(cursor);
    const rule = signed[mt] ?? misfit(`message type ${mt} under a signature`);
    if (direction !== 'd2h') misfit(`${rule.type} in the wrong direction`);
    return { type: rule.type, kid, body: rule.shape.read(cursor), payload, signature } as Message;
  });
}

/** First bytes of COSE_Mac0 and COSE_Sign1: tags 17 and 18. */
const mac0Byte = 0xd1;
const sign1Byte = 0xd2;

/**
 * Decodes one frame body. Byte strings of the message are views of `body`, which must therefore not be reused.
 * @throws ProtocolError `cbor` (outside the profile) or `shape` (unknown type, wrong shape, wrong direction)
 */
export function decodeMessage(body: Uint8Array, direction: Direction): Message {
  if (direction === 'd2h' && body[1] === 2 && (body[0] === 0x87 || body[0] === 0x88)) {
    const data = readData(body);
    if (data) return data;
  }
  if (body[0] === mac0Byte) return readAuthenticated(body, direction);
  if (body[0] === sign1Byte) return readSigned(body, direction);
  return readPlain(body, direction);
}
