/**
 * RFC 8032 section 7.1, RFC 4231, RFC 7693, RFC 8949 appendix A, RFC 9052, COBS and CRC: the published values in protocol/vectors/, and
 * our own edges of the Ed25519 rule. The files are what make-vectors.ts writes.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decode } from 'cbor-x';
import t from 'tap';
import {
  blake2s,
  crc16,
  decodeCbor,
  decodeCobs,
  decodeMac0,
  decodeSign1,
  encodeCbor,
  encodeCobs,
  hmacSha512,
  isCbor,
  keyName,
  kidOf,
  macStructure,
  pinKey,
  publicKeyOf,
  signEd25519,
  signSign1,
  sigStructure,
  tagMac0,
  thumbprint,
  verifyEd25519,
  verifyIndependently,
  verifyMac0,
  verifySign1,
} from '../../protocol/index.js';
import { vectorFiles, verdicts } from './make-vectors.js';
import { bytes, hex, pk, rising, seed } from './specimens.js';

const load = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../protocol/vectors/${name}`, import.meta.url), 'utf8'));

t.test('the files are what make-vectors.ts writes', async (t) => {
  for (const [name, content] of Object.entries(vectorFiles())) {
    // OpenSSL's own verdicts on bad keys differ between its releases
    const drop = (key: string, value: unknown) => (key === 'openssl' ? undefined : value);
    t.equal(JSON.stringify(load(name), drop), JSON.stringify(content, drop), name);
  }
});

t.test('RFC 8032 section 7.1', async (t) => {
  for (const one of load('ed25519.json').cases) {
    const [key, message, signature] = [one.pk, one.msg, one.sig].map(bytes);
    t.equal(hex(publicKeyOf(bytes(one.seed))), one.pk, `${one.name} public key`);
    t.equal(hex(signEd25519(bytes(one.seed), message).signature), one.sig, `${one.name} signature`);
    t.ok(verifyEd25519(key, message, signature), `${one.name} verifies`);
    t.ok(verifyIndependently(key, message, signature), `${one.name} verifies with the second verifier`);
    const flipped = signature.slice();
    flipped[one.name.length % 64] ^= 1;
    t.notOk(verifyEd25519(key, message, flipped), `${one.name} changed`);
    t.notOk(verifyIndependently(key, message, flipped), `${one.name} changed, second verifier`);
  }
});

t.test('edges of the rule: both verifiers say what the table says, the traps are real', async (t) => {
  const { cases } = load('ed25519-edges.json');
  for (const one of cases) {
    const now = verdicts(one);
    for (const name of ['pin', 'kizashi', 'second', 'nobleStrict', 'nobleDefault'] as const) {
      t.equal(now[name], one[name], `${one.name}: ${name}`);
    }
    t.equal(one.kizashi, one.second, `${one.name}: the verifiers agree`);
    t.equal(one.kizashi, one.name === 'valid' || one.name === 'R = identity', `${one.name}: the rule`);
  }
  const wrongAlone = (name: string) => cases.some((one: Record<string, boolean>) => one[name] && !one.kizashi);
  t.ok(wrongAlone('nobleStrict'), 'the strict mode of a library alone would accept more');
  t.ok(wrongAlone('nobleDefault'));
});

t.test('every single-bit flip of a signature, a key and a message is refused by both verifiers', async (t) => {
  const message = bytes('6b697a61736869');
  const { signature } = signEd25519(seed, message);
  const pinned = pinKey(pk);
  let refused = 0;
  for (const [which, source] of [signature, pk, message].entries()) {
    for (let bit = 0; bit < source.length * 8; bit++) {
      const changed = source.slice();
      changed[bit >> 3] ^= 1 << (bit & 7);
      const [s, k, m] = [signature, pk, message].with(which, changed);
      if (verifyEd25519(k, m, s)) t.fail(`accepted: part ${which}, bit ${bit}`);
      // the second verifier takes milliseconds: every eighth bit
      if (bit % 8 === 3 && verifyIndependently(k, m, s)) t.fail(`accepted by the second: part ${which}, bit ${bit}`);
      refused++;
    }
  }
  t.equal(refused, (64 + 32 + 7) * 8);
  t.equal(hex(pinned.kid), hex(kidOf(pk)));
});

t.test('RFC 4231, RFC 7693', async (t) => {
  for (const { name, key, data, tag } of load('hmac-sha512.json').cases) {
    t.equal(hex(hmacSha512(bytes(key), bytes(data))).slice(0, tag.length), tag, `HMAC case ${name}`);
  }
  for (const { name, data, hash } of load('blake2s.json').cases)
    t.equal(hex(blake2s(bytes(data))), hash, `BLAKE2s ${name}`);
});

t.test('RFC 8949 appendix A', async (t) => {
  const { cases } = load('cbor.json');
  t.equal(cases.length, 81);
  for (const { diagnostic, item, verdict } of cases) {
    t.equal(isCbor(bytes(item)), verdict === 'accepted', `${diagnostic} ${verdict}`);
    if (verdict === 'accepted') t.equal(hex(encodeCbor(decodeCbor(bytes(item)))), item, `${diagnostic} there and back`);
    else t.throws(() => decodeCbor(bytes(item)), { cause: 'cbor' });
  }
});

t.test('RFC 9052: structures, our two envelopes, and everything else refused', async (t) => {
  const aad = new TextEncoder().encode('stranger');
  const payload = bytes('a10102');
  // the structures by another encoder's reading of them
  t.same(
    decode(sigStructure(aad, payload)).map((part: string | Uint8Array) =>
      typeof part === 'string' ? part : hex(part),
    ),
    ['Signature1', 'a10132', hex(aad), hex(payload)],
  );
  t.same(
    decode(macStructure(aad, payload)).map((part: string | Uint8Array) =>
      typeof part === 'string' ? part : hex(part),
    ),
    ['MAC0', 'a10107', hex(aad), hex(payload)],
  );
  const signed = signSign1(payload, aad, seed);
  t.equal(
    hex(signed),
    `d28443a10132a10448${hex(pk.slice(0, 8))}43${hex(payload)}5840${hex(signEd25519(seed, sigStructure(aad, payload)).signature)}`,
  );
  t.ok(verifySign1(decodeSign1(signed), aad, pinKey(pk)));
  t.notOk(verifySign1(decodeSign1(signed), payload, pinKey(pk)), 'other external_aad');
  const other = pinKey(publicKeyOf(rising(7, 32)));
  t.notOk(verifySign1(decodeSign1(signed), aad, other), 'other key');
  const tagged = tagMac0(payload, aad, seed);
  t.equal(hex(tagged), `d18443a10107a043${hex(payload)}5840${hex(hmacSha512(seed, macStructure(aad, payload)))}`);
  t.ok(verifyMac0(decodeMac0(tagged), aad, seed));
  t.notOk(verifyMac0(decodeMac0(tagged), aad, rising(0, 32)), 'other key');
  t.notOk(verifyMac0({ ...decodeMac0(tagged), tag: new Uint8Array(0) }, aad, seed), 'an empty tag');
  for (let n = 0; n < 64; n++) {
    const message = decodeMac0(tagged);
    if (verifyMac0({ ...message, tag: message.tag.slice(0, n) }, aad, seed)) t.fail(`a prefix of ${n} bytes passes`);
  }
  for (const { name, item } of load('cose.json').cases) {
    t.throws(() => decodeSign1(bytes(item)), name);
    t.throws(() => decodeMac0(bytes(item)), name);
  }
  const s = hex(signed);
  const variants = {
    'alg -8': s.replace('43a10132', '43a10127'),
    'empty protected header': s.replace('43a10132', '40'),
    'protected header with a second label': s.replace('43a10132', '45a201320400'),
    'no kid': s.replace(`a10448${hex(pk.slice(0, 8))}`, 'a0'),
    'alg beside the kid': s.replace('a10448', 'a201320448'),
    'kid of 4 bytes': s.replace(`48${hex(pk.slice(0, 8))}`, `44${hex(pk.slice(0, 4))}`),
    untagged: s.slice(2),
    'detached payload': s.replace(`43${hex(payload)}5840`, 'f65840'),
    'signature of 63 bytes': s.replace('5840', '583f').slice(0, -2),
    'tag 17': s.replace('d2', 'd1'),
    'tag 98 (COSE_Sign)': s.replace('d2', 'd862'),
    'a byte behind': `${s}00`,
    'long head of the payload': s.replace(`43${hex(payload)}`, `5803${hex(payload)}`),
  };
  for (const [name, item] of Object.entries(variants)) {
    t.not(item, s, `${name} is another item`);
    t.throws(() => decodeSign1(bytes(item)), name);
  }
});

t.test('RFC 9679: the thumbprint is SHA-256 over the deterministic COSE_Key', async (t) => {
  // {1: 1, -1: 6, -2: x} by hand, RFC 9053 section 7.2
  const coseKey = Buffer.concat([Buffer.from('a301012006215820', 'hex'), pk]);
  t.equal(hex(thumbprint(pk)), createHash('sha256').update(coseKey).digest('hex'));
  t.match(keyName(pk), /^kz:[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
  t.not(keyName(pk), keyName(publicKeyOf(rising(0, 32))));
});

t.test('COBS and CRC', async (t) => {
  const { crc, cobs } = load('framing.json');
  const data = bytes(crc.data);
  t.equal(crc16(data), crc.crc);
  t.equal(crc16(Uint8Array.of(...data, crc.crc >> 8, crc.crc & 255)), 0, 'the CRC over body and CRC is 0');
  for (const { plain, stuffed, decodesOnly } of cobs) {
    if (!decodesOnly) t.equal(hex(encodeCobs(bytes(plain))), stuffed);
    t.equal(hex(decodeCobs(bytes(stuffed))), plain);
  }
});
