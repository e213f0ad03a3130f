/**
 * Writes protocol/vectors/*.json: `npx tsx test/protocol/make-vectors.ts`. Published values come from public-vectors.ts; constructed
 * signatures and keys, and one specimen of every message, are computed here. test/protocol/vectors.test.ts recomputes them all.
 */
import { createPublicKey, verify as cryptoVerify } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as noble from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { honestCapture } from '../../bench/fuzz-specimens.js';
import {
  type Evidence,
  encodeFrame,
  pinKey,
  publicKeyOf,
  readEvidence,
  verifyEd25519,
  verifyIndependently,
  writeEvidence,
} from '../../protocol/index.js';
import { cobs, crc, rfc4231, rfc7693, rfc8032, rfc8949, rfc9052 } from './public-vectors.js';
import { bytes, hex, specimens } from './specimens.js';

noble.hashes.sha512 = sha512;
const { Point } = noble;
const L = Point.CURVE().n;
const p = Point.CURVE().p;

const littleEndian = (value: bigint) =>
  Uint8Array.from({ length: 32 }, (_, k) => Number((value >> BigInt(8 * k)) & 0xffn));
const toInteger = (value: Uint8Array) => value.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const join = (...pieces: Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));
const challenge = (r: Uint8Array, a: Uint8Array, m: Uint8Array) => toInteger(sha512(join(r, a, m))) % L;
const mod = (value: bigint) => ((value % L) + L) % L;

/** A point of order 8, RFC 8032's curve; the other small-order points are its multiples. */
const order8 = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
const smallOrder = Array.from({ length: 8 }, (_, k) => order8.multiply(BigInt(k), false));

export interface SignatureCase {
  name: string;
  pk: string;
  msg: string;
  sig: string;
}

/** Secret scalar and prefix of TEST 1, RFC 8032 section 5.1.5. */
function scalarOf(seedHex: string): bigint {
  const h = sha512(bytes(seedHex)).slice(0, 32);
  h[0] &= 248;
  h[31] = (h[31] & 127) | 64;
  return toInteger(h) % L;
}

/** Signatures and keys at the edges of the rule, each built from the equation it bends. */
export function signatureCases(): SignatureCase[] {
  const message = bytes('6b697a61736869');
  const a = scalarOf(rfc8032[0].seed);
  const A = Point.BASE.multiply(a);
  const pk = A.toBytes();
  const r = 0x1234567890abcdefn;
  const R = Point.BASE.multiply(r);
  const cases: SignatureCase[] = [];
  const put = (name: string, key: Uint8Array, rBytes: Uint8Array, s: bigint | Uint8Array, msg = message) =>
    cases.push({
      name,
      pk: hex(key),
      msg: hex(msg),
      sig: hex(join(rBytes, typeof s === 'bigint' ? littleEndian(s) : s)),
    });
  const solve = (key: Uint8Array, rBytes: Uint8Array) => mod(r + challenge(rBytes, key, message) * a);

  const s = solve(pk, R.toBytes());
  put('valid', pk, R.toBytes(), s);
  put('S + L', pk, R.toBytes(), s + L);
  put('S = L', pk, R.toBytes(), L);
  put('S = 2^256 - 1', pk, R.toBytes(), new Uint8Array(32).fill(255));
  put('S cut to 31 bytes', pk, R.toBytes(), littleEndian(s).slice(0, 31));
  put('one byte behind', pk, R.toBytes(), join(littleEndian(s), Uint8Array.of(0)));
  put('empty signature', pk, new Uint8Array(0), new Uint8Array(0));
  put('R = 0, S = 0 bytes', pk, new Uint8Array(32), new Uint8Array(32));
  put('key of 31 bytes', pk.slice(0, 31), R.toBytes(), s);

  smallOrder.forEach((T, k) => {
    // [S]B = R + [k]A holds for S = 0 and R = −[k]A whenever A has small order
    const key = T.toBytes();
    // whether some R fits depends on the challenge: another byte behind the message gives another one
    for (let tail = 0; tail < 256; tail++) {
      const msg = join(message, Uint8Array.of(tail));
      const j = smallOrder.findIndex((point) =>
        T.multiply(challenge(point.toBytes(), key, msg), false)
          .negate()
          .equals(point),
      );
      if (j < 0) continue;
      put(`A = small-order point ${k}, R = point ${j}, S = 0`, key, smallOrder[j].toBytes(), 0n, msg);
      break;
    }
  });
  // A + T: the sender knows a, the torsion part vanishes when the challenge is a multiple of 8
  for (const [k, T] of [
    [1, smallOrder[1]],
    [4, smallOrder[4]],
  ] as const) {
    const key = A.add(T).toBytes();
    let nonce = r;
    for (;;) {
      const rBytes = Point.BASE.multiply(nonce).toBytes();
      const h = challenge(rBytes, key, message);
      if (h % 8n === 0n) {
        put(`A + small-order point ${k}, challenge a multiple of 8`, key, rBytes, mod(nonce + h * a));
        break;
      }
      nonce++;
    }
    const rBytes = R.toBytes();
    put(`A + small-order point ${k}, any challenge`, key, rBytes, mod(r + challenge(rBytes, key, message) * a));
  }
  for (const k of [1, 4]) {
    const rBytes = R.add(smallOrder[k]).toBytes();
    put(`R + small-order point ${k}`, pk, rBytes, solve(pk, rBytes));
  }
  // R = the identity needs r = 0; p + 1 is its other encoding
  const identity = littleEndian(1n);
  const identityPlusP = littleEndian(p + 1n);
  put('R = identity', pk, identity, mod(challenge(identity, pk, message) * a));
  put('R = identity as y = p + 1', pk, identityPlusP, mod(challenge(identityPlusP, pk, message) * a));
  const signedIdentity = identity.slice();
  signedIdentity[31] |= 0x80;
  put('R = identity with the sign bit', pk, signedIdentity, mod(challenge(signedIdentity, pk, message) * a));
  put('A = identity as y = p + 1', identityPlusP, R.toBytes(), mod(r));
  put('A = identity with the sign bit', signedIdentity, R.toBytes(), mod(r));
  put('A not on the curve', littleEndian(2n), R.toBytes(), s);
  put('A with y = p', littleEndian(p), R.toBytes(), s);
  return cases;
}

/** What each verifier says. `node` is bare OpenSSL without our key check; it differs between releases and is kept for information. */
export function verdicts({ pk, msg, sig }: SignatureCase) {
  const [key, message, signature] = [bytes(pk), bytes(msg), bytes(sig)];
  const attempt = (ask: () => boolean) => {
    try {
      return ask();
    } catch {
      return false;
    }
  };
  return {
    pin: attempt(() => Boolean(pinKey(key))),
    kizashi: verifyEd25519(key, message, signature),
    second: verifyIndependently(key, message, signature),
    nobleStrict: attempt(() => noble.verify(signature, message, key, { zip215: false })),
    nobleDefault: attempt(() => noble.verify(signature, message, key)),
  };
}

function opensslVerdict({ pk, msg, sig }: SignatureCase): boolean {
  try {
    const x = Buffer.from(pk, 'hex').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return cryptoVerify(null, bytes(msg), key, bytes(sig));
  } catch {
    return false;
  }
}

const honest = honestCapture({
  seed: bytes(rfc8032[1].seed),
  rec: 7,
  boot: 3,
  enc: 2,
  chans: [0],
  frames: 4,
  perFrame: 8,
  win: 2,
});
const evidenceSeed = honest.seed;

/** Evidence files by name with whether they are valid; `holes` where a loss is honest. */
function evidenceCases(): { name: string; file: string; valid: boolean; holes?: number[] }[] {
  const whole = readEvidence(honest.file);
  const write = (change: Partial<Evidence>) => hex(writeEvidence({ ...whole, ...change }, honest.win));
  const flipped = (item: Uint8Array, at: number) => item.with(at, item[at] ^ 1);
  const { frames, marks } = whole;
  const bend = (i: number, at: number) =>
    frames.map((frame) => (frame.i === i ? { i, item: flipped(frame.item, at) } : frame));
  return [
    { name: 'as made', file: hex(honest.file), valid: true, holes: [] },
    { name: 'without its marks', file: write({ marks: [] }), valid: true, holes: [] },
    {
      name: 'frame 1 lost, its window a hole',
      file: write({ frames: frames.filter(({ i }) => i !== 1) }),
      valid: true,
      holes: [0],
    },
    {
      name: 'frame 1 and its mark lost',
      file: write({ frames: frames.filter(({ i }) => i !== 1), marks: marks.slice(1) }),
      valid: false,
    },
    { name: 'a sample changed', file: write({ frames: bend(2, frames[2].item.length - 1) }), valid: false },
    {
      name: 'a sample changed, no marks',
      file: write({ frames: bend(2, frames[2].item.length - 1), marks: [] }),
      valid: false,
    },
    { name: 'begin changed', file: write({ begin: flipped(whole.begin, whole.begin.length - 1) }), valid: false },
    { name: 'signature changed', file: write({ seal: flipped(whole.seal, whole.seal.length - 1) }), valid: false },
    { name: 'seal payload changed', file: write({ seal: flipped(whole.seal, 60) }), valid: false },
    { name: 'cut off', file: hex(honest.file.slice(0, -1)), valid: false },
  ];
}

/** Contents of every generated file by name. */
export function vectorFiles(): Record<string, unknown> {
  return {
    'ed25519.json': { source: 'RFC 8032 section 7.1', cases: rfc8032 },
    'ed25519-edges.json': {
      source: 'constructed; verdicts of the rule in docs/protocol.md and of each verifier',
      openssl: process.versions.openssl,
      cases: signatureCases().map((one) => ({ ...one, ...verdicts(one), openssl: opensslVerdict(one) })),
    },
    'hmac-sha512.json': { source: 'RFC 4231 section 4; case 5 truncated to 16 bytes', cases: rfc4231 },
    'blake2s.json': { source: 'RFC 7693 appendix B; BLAKE2 reference', cases: rfc7693 },
    'cbor.json': {
      source: 'RFC 8949 appendix A, every row',
      cases: rfc8949.map(([diagnostic, item, verdict]) => ({ diagnostic, item, verdict })),
    },
    'cose.json': { source: 'RFC 9052 appendix C; all refused: other algorithms', cases: rfc9052 },
    'framing.json': { source: 'Cheshire and Baker 1999; CRC-16/CCITT-FALSE', crc, cobs },
    'evidence.json': {
      source: 'one small capture as an evidence file, and the same file bent; keys stand beside the file, never in it',
      keys: { [hex(publicKeyOf(evidenceSeed).slice(0, 8))]: hex(publicKeyOf(evidenceSeed)) },
      file: hex(honest.file),
      record: honest.known.rec,
      cases: evidenceCases(),
    },
    'messages.json': {
      source: 'one specimen of every message; keys of worked-example.json',
      cases: specimens.map(({ name, direction, item }) => ({
        name,
        direction,
        item: hex(item),
        frame: hex(encodeFrame(item)),
      })),
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, content] of Object.entries(vectorFiles())) {
    writeFileSync(new URL(`../../protocol/vectors/${name}`, import.meta.url), `${JSON.stringify(content, null, 1)}\n`);
    process.stdout.write(`${name}\n`);
  }
}
