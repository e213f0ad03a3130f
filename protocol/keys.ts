/**
 * Keys and their derivations. All keys have 32 bytes; HMAC is HMAC-SHA-512; labels are ASCII without terminator. Nothing secret crosses
 * the wire: `hr`, `dr`, `hn` and `dn` are nonces. No label begins with 0x84, the first byte of a MAC_structure.
 */
import { createHash } from 'node:crypto';
import { blake2s } from './blake2s.js';
import { asciiBytes, hmacSha512 } from './cose.js';
import { ProtocolError } from './errors.js';

function sized(bytes: Uint8Array, length: number, name: string): Uint8Array {
  if (bytes.length !== length) throw new ProtocolError('value', `${name} has ${length} bytes, not ${bytes.length}`);
  return bytes;
}

function derive(key: Uint8Array, label: string, ...nonces: Uint8Array[]): Uint8Array {
  return hmacSha512(sized(key, 32, 'a key'), asciiBytes(label), ...nonces);
}

/** K_pair = HMAC(K_claim, "kz1 pair" ‖ hr ‖ dr)[0..32): the key of sessions. */
export function pairKey(claim: Uint8Array, hr: Uint8Array, dr: Uint8Array): Uint8Array {
  return derive(claim, 'kz1 pair', sized(hr, 32, 'hr'), sized(dr, 16, 'dr')).slice(0, 32);
}

/** K_admin = HMAC(K_claim, "kz1 admin" ‖ hr ‖ dr)[0..32): the owner's key, never kept on the gateway. */
export function adminKey(claim: Uint8Array, hr: Uint8Array, dr: Uint8Array): Uint8Array {
  return derive(claim, 'kz1 admin', sized(hr, 32, 'hr'), sized(dr, 16, 'dr')).slice(0, 32);
}

/** K_pair after a rotation = HMAC(K_admin, "kz1 pair" ‖ hr ‖ sid)[0..32). */
export function rotatedPairKey(admin: Uint8Array, hr: Uint8Array, sid: Uint8Array): Uint8Array {
  return derive(admin, 'kz1 pair', sized(hr, 32, 'hr'), sized(sid, 8, 'sid')).slice(0, 32);
}

/** Device seed = SHA-512("kz1 seed" ‖ K_claim ‖ hr ‖ noise)[0..32); made on the board. */
export function deviceSeed(claim: Uint8Array, hr: Uint8Array, noise: Uint8Array): Uint8Array {
  const hash = createHash('sha512').update(asciiBytes('kz1 seed'));
  hash
    .update(sized(claim, 32, 'K_claim'))
    .update(sized(hr, 32, 'hr'))
    .update(noise);
  return new Uint8Array(hash.digest().subarray(0, 32));
}

export interface SessionKeys {
  /** K_s. */
  key: Uint8Array;
  /** Eight bytes that name the session; part of `external_aad` and of `begin`. */
  sid: Uint8Array;
}

/** T = HMAC(K_pair, "kz1 session" ‖ hn ‖ dn); K_s = T[0..32), sid = T[32..40). */
export function sessionKeys(pair: Uint8Array, hn: Uint8Array, dn: Uint8Array): SessionKeys {
  const t = derive(pair, 'kz1 session', sized(hn, 16, 'hn'), sized(dn, 8, 'dn'));
  return { key: t.slice(0, 32), sid: t.slice(32, 40) };
}

/** dn = be32(boot) ‖ be32(opens since boot): unique, not secret. */
export function deviceNonce(boot: number, opens: number): Uint8Array {
  const dn = new Uint8Array(8);
  const view = new DataView(dn.buffer);
  view.setUint32(0, boot);
  view.setUint32(4, opens);
  return dn;
}

/** The `lock` of a capture command: BLAKE2s-256(key)[0..16) of the key that `stop` reveals. */
export function stopLock(key: Uint8Array): Uint8Array {
  return blake2s(sized(key, 16, 'a stop key')).slice(0, 16);
}

/** kid = first eight bytes of the public key. */
export function kidOf(publicKey: Uint8Array): Uint8Array {
  return sized(publicKey, 32, 'a public key').slice(0, 8);
}

/** The COSE_Key {1: OKP, −1: Ed25519, −2: x} of RFC 9053 section 7.2, in deterministic order, before its x. */
const coseKeyHead = Uint8Array.of(0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20);

/** COSE Key Thumbprint with SHA-256, RFC 9679: 32 bytes that name a key to people. */
export function thumbprint(publicKey: Uint8Array): Uint8Array {
  return new Uint8Array(
    createHash('sha256')
      .update(coseKeyHead)
      .update(sized(publicKey, 32, 'a public key'))
      .digest(),
  );
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** `kz:xxxx-xxxx-xxxx-xxxx`: the first 80 bits of the thumbprint in base32 (RFC 4648 section 6, lower case). */
export function keyName(publicKey: Uint8Array): string {
  let bits = 0n;
  for (const byte of thumbprint(publicKey).subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  const letters = Array.from({ length: 16 }, (_, k) => base32[Number((bits >> BigInt(75 - 5 * k)) & 31n)]).join('');
  return `kz:${letters.match(/.{4}/g)?.join('-')}`;
}
