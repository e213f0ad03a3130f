/**
 * Verifying an evidence file (.kzev) without the board, the gateway or a network: the file and the public keys, given separately, are all
 * that is needed. Steps and order: docs/protocol.md, how anybody verifies a bundle.
 */
import { createHash } from 'node:crypto';
import {
  checkSignature,
  crossCheckSignature,
  decodeMessage,
  type Evidence,
  type Identity,
  identityWhy,
  type PinnedKey,
  ProtocolError,
  pinKey,
  readEvidence,
} from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { hex, unhex } from '../session/index.js';
import type { RejectCause } from './result.js';
import { type ProvenCapture, verifyCapture } from './verify.js';

export interface KnownKey {
  key: PinnedKey;
  name?: string;
  revoked?: string;
  /** A gateway's key attests what it received; it signs no captures. Absent: a board's key. */
  role?: 'gateway';
}

/** Keys that the verifier trusts, by kid in hex. */
export type KnownKeys = ReadonlyMap<string, KnownKey>;

export type EvidenceCause = RejectCause | 'malformed' | 'unknown-key' | 'identity';

export type EvidenceVerdict =
  | {
      valid: true;
      kid: string;
      name?: string;
      record: number;
      boot: number;
      firmware: string;
      /** Samples a second by the board's own clock, as a fraction; absent for sensors with their own clock. */
      rate?: { hz: number; ticks: number };
      channels: number;
      samples: number;
      /** Samples the board itself reported as lost. */
      lost: number;
      /** Windows that are not proven. */
      holes: number[];
      /** `host's word`, or that the challenge was made from the note in the file. */
      time: 'none' | 'note';
      /** Who agreed: node:crypto alone, or @noble/ed25519 as well. */
      verifiers: string[];
      /** Parts of the file that were not looked at. */
      ignored: string[];
      proof: ProvenCapture;
    }
  | { valid: false; why: EvidenceCause; text: string };

/**
 * Reads the key file: a JSON object of key id to public key, both hex; instead of the public key an object
 * `{pk, name?, revoked?, role?}`.
 * @throws KZ0504 naming the entry that is wrong
 */
export function readKnownKeys(json: string): KnownKeys {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new KizashiError('KZ0504', `the key file is not JSON: ${(cause as Error).message}`, {}, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new KizashiError('KZ0504', 'the key file is not a JSON object', {});
  }
  const keys = new Map<string, KnownKey>();
  for (const [kid, value] of Object.entries(parsed)) keys.set(kid.toLowerCase(), knownKey(kid.toLowerCase(), value));
  return keys;
}

function knownKey(kid: string, value: unknown): KnownKey {
  const wrong = (why: string): never => {
    throw new KizashiError('KZ0504', `key ${kid}: ${why}`, { kid });
  };
  const entry = (typeof value === 'string' ? { pk: value } : value) as {
    pk?: unknown;
    name?: unknown;
    revoked?: unknown;
    role?: unknown;
  };
  const bytes = typeof entry?.pk === 'string' ? unhex(entry.pk) : undefined;
  if (bytes?.length !== 32) return wrong('no public key of 64 hexadecimal digits');
  if (hex(bytes.subarray(0, 8)) !== kid) return wrong('the key id is not the first 16 digits of the public key');
  if (entry.role !== undefined && entry.role !== 'gateway') return wrong('its role is not `gateway`');
  let key: PinnedKey;
  try {
    key = pinKey(bytes);
  } catch (error) {
    return wrong((error as Error).message);
  }
  return {
    key,
    name: typeof entry.name === 'string' ? entry.name : undefined,
    revoked: entry.revoked ? String(entry.revoked) : undefined,
    ...(entry.role === 'gateway' ? { role: 'gateway' as const } : {}),
  };
}

/**
 * Verifies an evidence file against known keys. Never throws for what the file holds.
 * @param crossCheck ask the second, independent verifier for every signature too
 */
export function verifyEvidence(bytes: Uint8Array, keys: KnownKeys, { crossCheck = false } = {}): EvidenceVerdict {
  let evidence: Evidence;
  let identity: Identity;
  try {
    evidence = readEvidence(bytes);
    const message = decodeMessage(evidence.identity, 'd2h');
    if (message.type !== 'identity') return invalid('malformed', `a ${message.type} where the identity belongs`);
    identity = message;
  } catch (error) {
    if (error instanceof ProtocolError) return invalid('malformed', error.message);
    throw error;
  }
  const kid = hex(identity.kid);
  const known = keys.get(kid);
  if (!known) return invalid('unknown-key', `key ${kid} is not known to you`);
  if (known.role === 'gateway')
    return invalid('unknown-key', `key ${kid} is that of a gateway, which signs no captures`);
  const { key } = known;
  if (hex(identity.body.pk) !== hex(key.bytes)) return invalid('identity', 'the identity holds another public key');
  if (!checkSignature(identity, key)) return invalid('identity', 'the signature of the identity is false');
  if (crossCheck && !crossCheckSignature(identity, key.bytes)) {
    return invalid('verifier', 'verifiers disagree on the identity: report this');
  }
  const chal = evidence.note
    ? new Uint8Array(createHash('sha256').update(evidence.note).digest().subarray(0, 16))
    : undefined;
  const proof = verifyCapture(itemsOf(evidence), { key, revoked: known.revoked, chal, crossCheck });
  if (!proof.ok) return invalid(proof.why, proof.text);
  // an identity that was asked for may be younger than the capture; the one that made the key may not
  const made = identity.body.why !== identityWhy.asked;
  if (made && proof.begin.rec <= identity.body.rec)
    return invalid('prev', 'the capture is older than the identity of its key');
  const { begin, seal, holes } = proof;
  return {
    valid: true,
    kid,
    name: known.name,
    record: begin.rec,
    boot: begin.boot,
    firmware: identity.body.fw,
    rate: begin.clock.kind === 0 ? { hz: begin.clock.hz, ticks: begin.clock.period * begin.clock.div } : undefined,
    channels: begin.chans.length,
    samples: seal.body.ns,
    lost: seal.body.lost,
    holes,
    time: evidence.note ? 'note' : 'none',
    verifiers: crossCheck ? ['node:crypto', '@noble/ed25519'] : ['node:crypto'],
    ignored: [...(evidence.entry ? ['entry'] : []), ...(evidence.proof ? ['proof'] : [])],
    proof,
  };
}

function invalid(why: EvidenceCause, text: string): EvidenceVerdict {
  return { valid: false, why, text };
}

/** The items of a file by number. The reader has checked that numbers rise; a number far beyond the items makes the file malformed. */
function itemsOf(evidence: Evidence) {
  const data: (Uint8Array | undefined)[] = [];
  for (const { i, item } of evidence.frames) {
    if (i > 0xffff) break; // a capture has at most 65,536 frames: the counts of the seal will not fit
    while (data.length < i) data.push(undefined);
    data.push(item);
  }
  const marks: (Uint8Array | undefined)[] = [];
  for (const { w, d } of evidence.marks) {
    if (w > 0xffff) break;
    while (marks.length < w) marks.push(undefined);
    marks.push(d);
  }
  return { begin: evidence.begin, data, marks, seal: evidence.seal };
}
