/**
 * The strict CBOR profile as values. Accepted is exactly: RFC 8949 section 4.2.1 deterministic encoding; integers 0 to 2^48 − 1; byte
 * strings; text of valid UTF-8; arrays; maps with keys in strictly ascending bytewise order; `false`, `true`; the tags in the limits.
 * Everything else is refused with a ProtocolError `cbor`: longer heads, indefinite lengths, negative integers, floats, null, undefined,
 * other simple values and tags, duplicate or unsorted keys, bytes behind the item, anything beyond the limits.
 */
import { Cursor, major, Writer } from './cursor.js';
import { ProtocolError } from './errors.js';

export interface CborTagged {
  tag: number;
  value: CborValue;
}

/** A decoded item. Byte strings are copies. Maps are `Map`s: no object ever has keys that came from outside. */
export type CborValue = number | string | boolean | Uint8Array | CborValue[] | Map<CborValue, CborValue> | CborTagged;

export interface CborLimits {
  /** Nested arrays, maps and tags, the outermost counted as 1. */
  depth: number;
  /** Items of an array. */
  items: number;
  /** Pairs of a map. */
  pairs: number;
  /** Bytes of a text. */
  text: number;
  tags: readonly number[];
}

/** Limits of one item on the wire. Tags: 17 COSE_Mac0, 18 COSE_Sign1, 77 sint16 little-endian (RFC 8746). */
export const wireLimits: CborLimits = { depth: 4, items: 16, pairs: 8, text: 32, tags: [17, 18, 77] };

/** Limits of the parts of an evidence file and of log entries. */
export const evidenceLimits: CborLimits = { depth: 4, items: 4096, pairs: 8, text: 4096, tags: [17, 18, 77] };

function refuse(why: string): never {
  throw new ProtocolError('cbor', why);
}

/** Compares encoded keys bytewise (RFC 8949 section 4.2.1: a shorter key that is a prefix sorts first, which cannot occur). */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function readValue(cursor: Cursor, limits: CborLimits, depth: number): CborValue {
  const type = cursor.peek();
  if (type >= major.array && type <= major.tag && depth >= limits.depth) refuse(`nested deeper than ${limits.depth}`);
  switch (type) {
    case major.uint:
      return cursor.uint();
    case major.bytes:
      return cursor.bytesView().slice();
    case major.text:
      return cursor.text(limits.text);
    case major.array: {
      const length = cursor.head(major.array);
      if (length > limits.items) refuse(`an array of ${length} items where ${limits.items} are the limit`);
      const items: CborValue[] = [];
      for (let k = 0; k < length; k++) items.push(readValue(cursor, limits, depth + 1));
      return items;
    }
    case major.map:
      return readMap(cursor, limits, depth);
    case major.tag: {
      const tag = cursor.head(major.tag);
      if (!limits.tags.includes(tag)) refuse(`tag ${tag}`);
      return { tag, value: readValue(cursor, limits, depth + 1) };
    }
    case major.simple:
      return cursor.bool();
    case major.negative:
      return refuse('a negative integer');
    default:
      return refuse('the item is cut off');
  }
}

function readMap(cursor: Cursor, limits: CborLimits, depth: number): Map<CborValue, CborValue> {
  const length = cursor.head(major.map);
  if (length > limits.pairs) refuse(`a map of ${length} pairs where ${limits.pairs} are the limit`);
  const map = new Map<CborValue, CborValue>();
  let last: Uint8Array | undefined;
  for (let k = 0; k < length; k++) {
    const from = cursor.at;
    const key = readValue(cursor, limits, depth + 1);
    const encoded = cursor.bytes.subarray(from, cursor.at);
    if (last && compareBytes(last, encoded) >= 0) refuse('map keys out of order');
    last = encoded;
    map.set(key, readValue(cursor, limits, depth + 1));
  }
  return map;
}

/**
 * Decodes exactly one item that fills `bytes`.
 * @throws ProtocolError `cbor` for anything outside the profile
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits = wireLimits): CborValue {
  const cursor = new Cursor(bytes);
  const value = readValue(cursor, limits, 0);
  cursor.finish();
  return value;
}

/** Whether `bytes` are exactly one item of the profile. */
export function isCbor(bytes: Uint8Array, limits: CborLimits = wireLimits): boolean {
  try {
    decodeCbor(bytes, limits);
    return true;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

function isTagged(value: object): value is CborTagged {
  return 'tag' in value && 'value' in value;
}

function writeValue(writer: Writer, value: CborValue, limits: CborLimits, depth: number): void {
  if (typeof value === 'number') writer.uint(value);
  else if (typeof value === 'boolean') writer.bool(value);
  else if (typeof value === 'string') writeText(writer, value, limits);
  else if (value instanceof Uint8Array) writer.byteString(value);
  else if (typeof value !== 'object' || value === null)
    throw new ProtocolError('value', `${String(value)} has no place in the profile`);
  else if (depth >= limits.depth) throw new ProtocolError('value', `nested deeper than ${limits.depth}`);
  else if (Array.isArray(value)) writeArray(writer, value, limits, depth);
  else if (value instanceof Map) writeMap(writer, value, limits, depth);
  else if (isTagged(value)) {
    if (!limits.tags.includes(value.tag)) throw new ProtocolError('value', `tag ${value.tag}`);
    writer.head(major.tag, value.tag);
    writeValue(writer, value.value, limits, depth + 1);
  } else throw new ProtocolError('value', 'an object has no place in the profile');
}

function writeArray(writer: Writer, values: CborValue[], limits: CborLimits, depth: number): void {
  if (values.length > limits.items) throw new ProtocolError('value', `an array of ${values.length} items`);
  writer.head(major.array, values.length);
  for (const value of values) writeValue(writer, value, limits, depth + 1);
}

function writeMap(writer: Writer, map: Map<CborValue, CborValue>, limits: CborLimits, depth: number): void {
  if (map.size > limits.pairs) throw new ProtocolError('value', `a map of ${map.size} pairs`);
  const pairs = [...map].map(([key, value]) => ({ key: encode(key, limits, depth + 1), value }));
  pairs.sort((a, b) => compareBytes(a.key, b.key));
  writer.head(major.map, pairs.length);
  pairs.forEach(({ key, value }, k) => {
    if (k > 0 && compareBytes(pairs[k - 1].key, key) === 0) throw new ProtocolError('value', 'a key twice in a map');
    writer.raw(key);
    writeValue(writer, value, limits, depth + 1);
  });
}

function writeText(writer: Writer, text: string, limits: CborLimits): void {
  // a lone surrogate would silently become U+FFFD, and the item would not decode to the value given
  if (/\p{Surrogate}/u.test(text)) throw new ProtocolError('value', 'a text with a lone surrogate');
  if (Buffer.byteLength(text) > limits.text) throw new ProtocolError('value', `a text above ${limits.text} bytes`);
  writer.text(text);
}

function encode(value: CborValue, limits: CborLimits, depth: number): Uint8Array {
  const writer = new Writer();
  writeValue(writer, value, limits, depth);
  return writer.finish();
}

/**
 * Encodes a value deterministically; `decodeCbor` takes what this gives, and gives the same bytes back through here.
 * @throws ProtocolError `value` for a value the profile has no place for
 */
export function encodeCbor(value: CborValue, limits: CborLimits = wireLimits): Uint8Array {
  return encode(value, limits, 0);
}
