/**
 * Ed25519 (RFC 8032) by the one rule every verifier of kz1 follows; docs/protocol.md states it for other implementations:
 *
 * 1. At pinning, once a key: 32 bytes, y < 2^255 − 19, a point of the curve (x = 0 with the sign bit set is none), in the subgroup of
 *    prime order, not the identity. That refuses every small-order and every mixed-order key.
 * 2. Per signature: 64 bytes R ‖ S, S < L, accepted if and only if encode([S]B − [k]A) = R byte for byte (cofactorless).
 *
 * Two verifiers: node:crypto for every signature, and @noble's arithmetic as the second, independent opinion.
 */
import {
  createPrivateKey,
  createPublicKey,
  sign as cryptoSign,
  verify as cryptoVerify,
  type KeyObject,
} from 'node:crypto';
import * as noble from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { ProtocolError } from './errors.js';

noble.hashes.sha512 = sha512;

/** Order of the base point, RFC 8032 section 5.1. */
const L = noble.Point.CURVE().n;
const fieldPrime = noble.Point.CURVE().p;

/** Fixed DER heads of RFC 8410: PKCS #8 with a 32-byte seed, and SubjectPublicKeyInfo. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

/** A public key that has passed step 1. */
export interface PinnedKey {
  readonly bytes: Uint8Array;
  /** First eight bytes: a look-up hint. */
  readonly kid: Uint8Array;
  readonly keyObject: KeyObject;
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let k = bytes.length - 1; k >= 0; k--) value = (value << 8n) | BigInt(bytes[k]);
  return value;
}

/**
 * Step 1. Costs about a millisecond; keep the result.
 * @throws ProtocolError `key` with the reason
 */
export function pinKey(publicKey: Uint8Array): PinnedKey {
  const refuse = (why: string): never => {
    throw new ProtocolError('key', `public key refused: ${why}`);
  };
  if (publicKey.length !== 32) refuse(`${publicKey.length} bytes instead of 32`);
  const bytes = publicKey.slice();
  const y = littleEndian(bytes) & ((1n << 255n) - 1n);
  if (y >= fieldPrime) refuse('y is not below 2^255 − 19');
  const point = (() => {
    try {
      return noble.Point.fromBytes(bytes, false);
    } catch {
      return refuse('not a point of the curve');
    }
  })();
  if (point.x === 0n && bytes[31] & 0x80) refuse('x = 0 with the sign bit set');
  if (point.is0()) refuse('the identity');
  if (!point.isTorsionFree()) refuse('outside the subgroup of prime order');
  const keyObject = createPublicKey({ key: Buffer.concat([spkiHead, bytes]), format: 'der', type: 'spki' });
  return { bytes, kid: bytes.slice(0, 8), keyObject };
}

/** Order L in little-endian bytes, for a comparison without big integers on the hot path. */
const orderBytes = Uint8Array.from({ length: 32 }, (_, k) => Number((L >> BigInt(8 * k)) & 0xffn));

/** 64 bytes and S < L. */
function isWellFormed(signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  for (let k = 31; k >= 0; k--) {
    const s = signature[32 + k];
    if (s !== orderBytes[k]) return s < orderBytes[k];
  }
  return false;
}

/** Step 2 by node:crypto. OpenSSL compares [S]B − [k]A with R byte for byte, which is our rule once the key is pinned. */
export function verifySignature(key: PinnedKey, message: Uint8Array, signature: Uint8Array): boolean {
  return isWellFormed(signature) && cryptoVerify(null, message, key.keyObject, signature);
}

/**
 * Steps 1 and 2 by other code than `verifySignature`: @noble/ed25519 in its strict mode, and the equation itself with its points. The
 * strict mode alone is not the rule: it multiplies both sides by the cofactor, so it takes an R to which a small-order point was added.
 */
export function verifyIndependently(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    if (signature.length !== 64 || publicKey.length !== 32) return false;
    if (!noble.verify(signature, message, publicKey, { zip215: false })) return false;
    const a = noble.Point.fromBytes(publicKey, false);
    const s = littleEndian(signature.subarray(32));
    if (s >= L || a.is0() || !a.isTorsionFree()) return false;
    const hash = sha512.create().update(signature.subarray(0, 32)).update(publicKey).update(message).digest();
    const k = littleEndian(hash) % L;
    const r = noble.Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes();
    return r.every((byte, i) => byte === signature[i]);
  } catch {
    return false;
  }
}

const pinned = new Map<string, PinnedKey | undefined>();
/** A fleet's keys fit; beyond that the oldest goes. */
const pinnedLimit = 1024;

/**
 * Both steps for a raw key, with a cache of keys already judged. False, never an exception, for a key or signature that is refused.
 * Vectors: RFC 8032 section 7.1 in protocol/vectors/ed25519.json.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const name = Buffer.from(publicKey).toString('latin1');
  let key = pinned.get(name);
  if (!key && !pinned.has(name)) {
    try {
      key = pinKey(publicKey);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    if (pinned.size >= pinnedLimit) pinned.delete(pinned.keys().next().value as string);
    pinned.set(name, key);
  }
  return key !== undefined && verifySignature(key, message, signature);
}

const signers = new Map<string, { key: KeyObject; publicKey: Uint8Array }>();

function signerOf(seed: Uint8Array): { key: KeyObject; publicKey: Uint8Array } {
  if (seed.length !== 32) throw new ProtocolError('value', 'a seed has 32 bytes');
  const name = Buffer.from(seed).toString('latin1');
  let signer = signers.get(name);
  if (!signer) {
    const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    signer = { key, publicKey: new Uint8Array(spki.subarray(spkiHead.length)) };
    if (signers.size >= 64) signers.clear();
    signers.set(name, signer);
  }
  return signer;
}

/** Public key of a seed, RFC 8032 section 5.1.5. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return signerOf(seed).publicKey.slice();
}

/** Signature by a seed of 32 bytes, RFC 8032 section 5.1.6; deterministic. */
export function signEd25519(seed: Uint8Array, message: Uint8Array): { signature: Uint8Array; publicKey: Uint8Array } {
  const { key, publicKey } = signerOf(seed);
  return { signature: new Uint8Array(cryptoSign(null, message, key)), publicKey };
}
