/**
 * COSE (RFC 9052), the two envelopes of kz1 and nothing else: COSE_Sign1 with alg −19 (Ed25519, RFC 9864) and COSE_Mac0 with alg 7
 * (HMAC-SHA-512/512, RFC 9053), both tagged, with the payload attached. Protected headers are compared as bytes: `a10132` and `a10107`.
 * Unprotected headers are fixed too, because no signature covers them: `{4: kid}` with eight bytes, and `{}`. Everything else is refused,
 * also what RFC 9052 allows: alg −8, detached payloads, further headers, untagged messages, COSE_Sign and COSE_Mac.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Cursor, major, Writer } from './cursor.js';
import { ProtocolError } from './errors.js';
import { type PinnedKey, signEd25519, verifySignature } from './verify.js';

const sign1Protected = Uint8Array.of(0xa1, 0x01, 0x32);
const mac0Protected = Uint8Array.of(0xa1, 0x01, 0x07);
const tags = { mac0: 17, sign1: 18 } as const;
/** Header label of a key id, RFC 9052 table 3. */
const kidLabel = 4;
const ascii = new TextEncoder();

export interface Sign1 {
  kid: Uint8Array;
  payload: Uint8Array;
  signature: Uint8Array;
}

export interface Mac0 {
  payload: Uint8Array;
  tag: Uint8Array;
}

function structure(
  context: string,
  protectedHeader: Uint8Array,
  externalAad: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const writer = new Writer(externalAad.length + payload.length + 32);
  writer.head(major.array, 4);
  writer.text(context);
  writer.byteString(protectedHeader);
  writer.byteString(externalAad);
  writer.byteString(payload);
  return writer.finish();
}

/** Sig_structure of RFC 9052 section 4.4 with our protected header: the bytes that are signed. */
export function sigStructure(externalAad: Uint8Array, payload: Uint8Array): Uint8Array {
  return structure('Signature1', sign1Protected, externalAad, payload);
}

/** MAC_structure of RFC 9052 section 6.3 with our protected header: the bytes under the MAC. */
export function macStructure(externalAad: Uint8Array, payload: Uint8Array): Uint8Array {
  return structure('MAC0', mac0Protected, externalAad, payload);
}

/** HMAC-SHA-512 (RFC 2104, RFC 4231), the full 64 bytes. */
export function hmacSha512(key: Uint8Array, ...pieces: Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha512', key);
  for (const piece of pieces) hmac.update(piece);
  return new Uint8Array(hmac.digest());
}

/** Constant-time comparison; false where the lengths differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** ASCII of a text, for `external_aad`. */
export function asciiBytes(text: string): Uint8Array {
  return ascii.encode(text);
}

function expectHeader(cursor: Cursor, expected: Uint8Array): void {
  const found = cursor.bytesView();
  if (found.length !== expected.length || expected.some((byte, k) => byte !== found[k])) {
    throw new ProtocolError('shape', 'a protected header that is not ours');
  }
}

function exactly(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (bytes.length !== length) throw new ProtocolError('shape', `a ${what} of ${bytes.length} bytes`);
  return bytes;
}

/** Reads the envelope, whose tag is `tag`, up to and with its payload. */
function openEnvelope(cursor: Cursor, tag: number): void {
  if (cursor.head(major.tag) !== tag) throw new ProtocolError('shape', `not tag ${tag}`);
  if (cursor.head(major.array) !== 4) throw new ProtocolError('shape', 'not an array of 4');
}

/** @internal Reads a COSE_Sign1 at the cursor; views of the input. */
export function readSign1(cursor: Cursor): Sign1 {
  openEnvelope(cursor, tags.sign1);
  expectHeader(cursor, sign1Protected);
  if (cursor.head(major.map) !== 1 || cursor.uint() !== kidLabel)
    throw new ProtocolError('shape', 'an unprotected header that is not {4: kid}');
  const kid = exactly(cursor.bytesView(), 8, 'kid');
  const payload = cursor.bytesView();
  return { kid, payload, signature: exactly(cursor.bytesView(), 64, 'signature') };
}

/** @internal Reads a COSE_Mac0 at the cursor; views of the input. */
export function readMac0(cursor: Cursor): Mac0 {
  openEnvelope(cursor, tags.mac0);
  expectHeader(cursor, mac0Protected);
  if (cursor.head(major.map) !== 0) throw new ProtocolError('shape', 'an unprotected header');
  const payload = cursor.bytesView();
  return { payload, tag: exactly(cursor.bytesView(), 64, 'tag') };
}

/**
 * Decodes a COSE_Sign1 of our profile that fills `bytes`. Nothing is verified yet.
 * @throws ProtocolError `cbor` or `shape`
 */
export function decodeSign1(bytes: Uint8Array): Sign1 {
  const cursor = new Cursor(bytes);
  const message = readSign1(cursor);
  cursor.finish();
  return message;
}

/**
 * Decodes a COSE_Mac0 of our profile that fills `bytes`. Nothing is verified yet.
 * @throws ProtocolError `cbor` or `shape`
 */
export function decodeMac0(bytes: Uint8Array): Mac0 {
  const cursor = new Cursor(bytes);
  const message = readMac0(cursor);
  cursor.finish();
  return message;
}

/** Encodes a COSE_Sign1 whose signature is known. */
export function encodeSign1({ kid, payload, signature }: Sign1): Uint8Array {
  if (kid.length !== 8 || signature.length !== 64) throw new ProtocolError('value', 'kid has 8 bytes, a signature 64');
  const writer = new Writer(payload.length + 96);
  writer.head(major.tag, tags.sign1);
  writer.head(major.array, 4);
  writer.byteString(sign1Protected);
  writer.head(major.map, 1);
  writer.uint(kidLabel);
  writer.byteString(kid);
  writer.byteString(payload);
  writer.byteString(signature);
  return writer.finish();
}

/** Encodes a COSE_Mac0 whose tag is known. */
export function encodeMac0({ payload, tag }: Mac0): Uint8Array {
  if (tag.length !== 64) throw new ProtocolError('value', 'a tag has 64 bytes');
  const writer = new Writer(payload.length + 84);
  writer.head(major.tag, tags.mac0);
  writer.head(major.array, 4);
  writer.byteString(mac0Protected);
  writer.head(major.map, 0);
  writer.byteString(payload);
  writer.byteString(tag);
  return writer.finish();
}

/** Signs a payload with an Ed25519 seed of 32 bytes; `kid` becomes the first eight bytes of its public key. */
export function signSign1(payload: Uint8Array, externalAad: Uint8Array, seed: Uint8Array): Uint8Array {
  const { signature, publicKey } = signEd25519(seed, sigStructure(externalAad, payload));
  return encodeSign1({ kid: publicKey.slice(0, 8), payload, signature });
}

/** Whether a decoded COSE_Sign1 carries a valid signature of this pinned key, kid included. */
export function verifySign1(message: Sign1, externalAad: Uint8Array, key: PinnedKey): boolean {
  return (
    equalBytes(message.kid, key.kid) &&
    verifySignature(key, sigStructure(externalAad, message.payload), message.signature)
  );
}

/** Puts a payload under HMAC-SHA-512. */
export function tagMac0(payload: Uint8Array, externalAad: Uint8Array, key: Uint8Array): Uint8Array {
  return encodeMac0({ payload, tag: hmacSha512(key, macStructure(externalAad, payload)) });
}

/** Whether a decoded COSE_Mac0 carries the right tag; compared in constant time. */
export function verifyMac0(message: Mac0, externalAad: Uint8Array, key: Uint8Array): boolean {
  return equalBytes(message.tag, hmacSha512(key, macStructure(externalAad, message.payload)));
}
