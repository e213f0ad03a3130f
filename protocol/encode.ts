/**
 * From one message to one frame body, and the protection of bodies: which key and which `external_aad` belong to which message
 * (`@key` in kz1.cddl) stands here once.
 */
import {
  asciiBytes,
  encodeMac0,
  encodeSign1,
  equalBytes,
  hmacSha512,
  macStructure,
  signSign1,
  sigStructure,
  tagMac0,
} from './cose.js';
import { Writer } from './cursor.js';
import { ProtocolError } from './errors.js';
import * as grammar from './grammar.js';
import type { AuthenticatedMessage, Message, SignedMessage } from './message.js';
import type { Shape } from './shape.js';
import { type PinnedKey, verifyIndependently, verifySignature } from './verify.js';

const plain = {
  open: grammar.open,
  ready: grammar.ready,
  bare: grammar.bare,
  begin: grammar.begin,
  data: grammar.data,
  mark: grammar.mark,
  busy: grammar.busy,
  stop: grammar.stop,
  ping: grammar.ping,
  pong: grammar.pong,
} as const;

const bodies = {
  hello: grammar.helloBody,
  blank: grammar.blankBody,
  provision: grammar.provisionBody,
  command: grammar.commandBody,
  ack: grammar.ackBody,
  report: grammar.reportBody,
  admin: grammar.adminBody,
  identity: grammar.identityBody,
  'signed-data': grammar.data,
  seal: grammar.sealBody,
  event: grammar.eventBody,
} as const;

/** `external_aad` of each protected message; those of `withSid` are followed by the eight bytes of the session id. */
const aadText = {
  hello: 'kz1/hello',
  blank: 'kz1/claim',
  provision: 'kz1/claim',
  command: 'kz1/cmd',
  ack: 'kz1/ack',
  report: 'kz1/report',
  admin: 'kz1/admin',
  identity: 'kz1/identity',
  'signed-data': 'kz1/data',
  seal: 'kz1/seal',
  event: 'kz1/event',
} as const;
const withSid = new Set<string>(['command', 'ack', 'report', 'admin']);

type Protected = AuthenticatedMessage | SignedMessage;
export type BodyOf<Type extends Protected['type']> = Extract<Protected, { type: Type }>['body'];

/**
 * The `external_aad` of a message.
 * @throws ProtocolError `value` where a session id is missing or has no place
 */
export function externalAad(type: Protected['type'], sid?: Uint8Array): Uint8Array {
  const text = asciiBytes(aadText[type]);
  if (!withSid.has(type)) return text;
  if (sid?.length !== 8) throw new ProtocolError('value', `${type} is bound to a session id of 8 bytes`);
  const aad = new Uint8Array(text.length + 8);
  aad.set(text);
  aad.set(sid, text.length);
  return aad;
}

function write<T>(shape: Shape<T>, value: T): Uint8Array {
  const writer = new Writer();
  shape.write(writer, value);
  return writer.finish();
}

/** The payload bytes of a protected message: its body alone. */
export function encodeBody<Type extends Protected['type']>(type: Type, body: BodyOf<Type>): Uint8Array {
  return write(bodies[type] as Shape<unknown> as Shape<BodyOf<Type>>, body);
}

/**
 * Encodes a message as a frame body. Protected messages are written from their `payload` and `tag` or `signature`; their `body` is not
 * looked at (`macMessage` and `signMessage` make them from a body).
 * @throws ProtocolError `value` for a value that has no place in the grammar
 */
export function encodeMessage(message: Message): Uint8Array {
  if ('tag' in message) return encodeMac0(message);
  if ('signature' in message) return encodeSign1(message);
  return write(plain[message.type] as Shape<unknown> as Shape<Message>, message);
}

/** The frame body of a message under a MAC. */
export function macMessage<Type extends AuthenticatedMessage['type']>(
  type: Type,
  body: BodyOf<Type>,
  key: Uint8Array,
  sid?: Uint8Array,
): Uint8Array {
  return tagMac0(encodeBody(type, body), externalAad(type, sid), key);
}

/** The frame body of a message signed by a seed of 32 bytes. */
export function signMessage<Type extends SignedMessage['type']>(
  type: Type,
  body: BodyOf<Type>,
  seed: Uint8Array,
): Uint8Array {
  return signSign1(encodeBody(type, body), externalAad(type), seed);
}

/** Whether the message's MAC is right under this key (and session); constant time. */
export function checkMac(message: AuthenticatedMessage, key: Uint8Array, sid?: Uint8Array): boolean {
  return equalBytes(message.tag, hmacSha512(key, macStructure(externalAad(message.type, sid), message.payload)));
}

/** Whether the message is signed by this pinned key; the hot path. */
export function checkSignature(message: SignedMessage, key: PinnedKey): boolean {
  return (
    equalBytes(message.kid, key.kid) &&
    verifySignature(key, sigStructure(externalAad(message.type), message.payload), message.signature)
  );
}

/** The second verifier's answer to the same question. */
export function crossCheckSignature(message: SignedMessage, publicKey: Uint8Array): boolean {
  return (
    equalBytes(message.kid, publicKey.subarray(0, 8)) &&
    verifyIndependently(publicKey, sigStructure(externalAad(message.type), message.payload), message.signature)
  );
}
