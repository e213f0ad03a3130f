/** Forged captures, the short form of bench/fuzz-captures.ts: none is accepted, and the fuzzer sees it when one is. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fuzzCaptures } from '../../bench/fuzz-captures.js';
import { mutationNames } from '../../bench/fuzz-mutations.js';
import { honestCaptures } from '../../bench/fuzz-specimens.js';
import { type KnownKeys, readKnownKeys, verifyCapture, verifyEvidence } from '../../host/capture/index.js';
import { type Begin, type Data, decodeMessage, pinKey, publicKeyOf, type Seal } from '../../protocol/index.js';

t.test('the honest captures verify, as items and as files, with both verifiers', async (t) => {
  for (const { seed, begin, data, marks, seal, known, file, frames } of honestCaptures) {
    const key = pinKey(publicKeyOf(seed));
    const verdict = verifyCapture({ begin, data, marks, seal }, { key, ...known, crossCheck: true });
    t.ok(verdict.ok, `record ${known.rec}`);
    if (verdict.ok) t.equal(verdict.frames.length, frames.length);
    const keys: KnownKeys = new Map([[Buffer.from(key.kid).toString('hex'), { key }]]);
    t.match(verifyEvidence(file, keys, { crossCheck: true }), { valid: true, record: known.rec, holes: [] });
  }
});

t.test('evidence.json: files that are valid, with their holes, and files that are not', async (t) => {
  const vector = JSON.parse(readFileSync(new URL('../../protocol/vectors/evidence.json', import.meta.url), 'utf8'));
  const keys = readKnownKeys(JSON.stringify(vector.keys));
  for (const { name, file, valid, holes } of vector.cases) {
    const verdict = verifyEvidence(new Uint8Array(Buffer.from(file, 'hex')), keys, { crossCheck: true });
    t.equal(verdict.valid, valid, name);
    if (verdict.valid) t.same([verdict.record, verdict.holes], [vector.record, holes], `${name}: holes`);
  }
});

t.test('0 of 10,000 mutants are accepted', async (t) => {
  const { judged, accepted, honest, reasons } = fuzzCaptures(10_000, 1);
  t.same(accepted, []);
  t.equal(judged, 10_000);
  t.ok(honest > 300 && honest < 3000, `${honest} stated only what is true`);
  for (const why of [
    'digest',
    'mark-mismatch',
    'timing',
    'order',
    'shape',
    'signature',
    'foreign-frame',
    'challenge',
    'malformed',
  ]) {
    t.ok((reasons.get(why) ?? 0) > 0, `some are refused as ${why}`);
  }
  t.ok(mutationNames.length >= 20);
});

t.test('a verifier that forgets the digests is found out', async (t) => {
  const weak: typeof verifyCapture = (items) => {
    try {
      const begin = decodeMessage(items.begin as Uint8Array, 'd2h') as Begin;
      const seal = decodeMessage(items.seal as Uint8Array, 'd2h') as Seal;
      const frames = items.data.map((item) => (item ? (decodeMessage(item, 'd2h') as Data) : undefined));
      if (begin.type !== 'begin' || seal.type !== 'seal' || frames.some((frame) => frame && frame.type !== 'data'))
        throw new Error();
      return { ok: true, begin, seal, frames, holes: [] };
    } catch {
      return { ok: false, why: 'shape', text: '' };
    }
  };
  t.ok(fuzzCaptures(500, 2, weak).accepted.length > 50);
});
