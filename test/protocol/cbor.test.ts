/** RFC 8949 section 4.2.1, cut down: every rule of the profile broken at every place of every message, and the values' properties. */
import fc from 'fast-check';
import t from 'tap';
import {
  type CborValue,
  decodeCbor,
  decodeMessage,
  encodeCbor,
  encodeMessage,
  evidenceLimits,
  isCbor,
  type Message,
  ProtocolError,
  wireLimits,
} from '../../protocol/index.js';
import { bytes, hex, rising, specimens } from './specimens.js';

const config = { seed: 20261124 };

interface Place {
  at: number;
  headLength: number;
  end: number;
  major: number;
  argument: number;
}

/** Every item inside a well-formed item of the profile, by position. */
function places(item: Uint8Array, at = 0, found: Place[] = []): { found: Place[]; end: number } {
  const major = item[at] >> 5;
  const info = item[at] & 31;
  const width = info < 24 ? 0 : 1 << (info - 24);
  let argument = width === 0 ? info : 0;
  for (let k = 0; k < width; k++) argument = argument * 256 + item[at + 1 + k];
  const place = { at, headLength: 1 + width, end: 0, major, argument };
  found.push(place);
  let end = at + 1 + width;
  if (major === 2 || major === 3) end += argument;
  const children = major === 4 ? argument : major === 5 ? 2 * argument : major === 6 ? 1 : 0;
  for (let k = 0; k < children; k++) end = places(item, end, found).end;
  place.end = end;
  return { found, end };
}

function splice(item: Uint8Array, from: number, to: number, insert: Uint8Array): Uint8Array {
  return Uint8Array.of(...item.slice(0, from), ...insert, ...item.slice(to));
}

/** The rules of the profile, each broken once at one place; undefined where the rule has no meaning there. */
const breaks: Record<string, (item: Uint8Array, place: Place) => Uint8Array | undefined> = {
  'a head longer than needed': (item, { at, headLength, major, argument }) => {
    if (major === 7 || headLength > 5) return undefined;
    const width = headLength === 1 ? 1 : (headLength - 1) * 2;
    const head = new Uint8Array(1 + width);
    head[0] = (major << 5) | (24 + Math.log2(width));
    for (let k = 0, rest = argument; k < width; k++, rest = Math.floor(rest / 256)) head[width - k] = rest % 256;
    return splice(item, at, at + headLength, head);
  },
  'an indefinite length': (item, { at, headLength, end, major, argument }) => {
    if (major < 2 || major > 5) return undefined;
    const inner = item.slice(at + headLength, end);
    const chunk = major < 4 && argument > 0 ? item.slice(at, end) : inner;
    return splice(item, at, end, Uint8Array.of((major << 5) | 31, ...chunk, 0xff));
  },
  'a negative integer': (item, { at, end, major }) =>
    major === 0 ? splice(item, at, end, Uint8Array.of(0x20)) : undefined,
  'an integer of 49 bits': (item, { at, end }) => splice(item, at, end, bytes('1b0001000000000000')),
  'a half float': (item, { at, end }) => splice(item, at, end, bytes('f93c00')),
  'a double': (item, { at, end }) => splice(item, at, end, bytes('fb3ff0000000000000')),
  null: (item, { at, end }) => splice(item, at, end, Uint8Array.of(0xf6)),
  undefined: (item, { at, end }) => splice(item, at, end, Uint8Array.of(0xf7)),
  'a simple value': (item, { at, end }) => splice(item, at, end, Uint8Array.of(0xe0)),
  'false in two bytes': (item, { at, end }) => splice(item, at, end, bytes('f814')),
  'a foreign tag': (item, { at }) => splice(item, at, at, Uint8Array.of(0xc1)),
  'the tag of typed big-endian arrays': (item, { at }) => splice(item, at, at, bytes('d849')),
  'nesting too deep': (item, { at, end }) => splice(item, at, end, bytes('818181818100')),
  '17 items': (item, { at, end }) => splice(item, at, end, Uint8Array.of(0x91, ...new Uint8Array(17))),
  '9 pairs': (item, { at, end }) =>
    splice(item, at, end, Uint8Array.of(0xa9, ...Array.from({ length: 9 }, (_, k) => [k, 0]).flat())),
  'keys out of order': (item, { at, end }) => splice(item, at, end, bytes('a202000100')),
  'a key twice': (item, { at, end }) => splice(item, at, end, bytes('a201000100')),
  'a text of 33 bytes': (item, { at, end }) =>
    splice(item, at, end, Uint8Array.of(0x78, 33, ...new Uint8Array(33).fill(0x61))),
  'a text that is no UTF-8': (item, { at, end }) => splice(item, at, end, bytes('62c328')),
  'an overlong UTF-8 form': (item, { at, end }) => splice(item, at, end, bytes('62c0af')),
  'a surrogate in UTF-8': (item, { at, end }) => splice(item, at, end, bytes('63eda080')),
  'a reserved head': (item, { at, end }) => splice(item, at, end, Uint8Array.of(0x1c)),
  'a stray break': (item, { at, end }) => splice(item, at, end, Uint8Array.of(0xff)),
  'a length past the end': (item, { at, end, major }) =>
    major === 2 || major === 3
      ? splice(item, at, end, Uint8Array.of((major << 5) | 26, 0xff, 0xff, 0xff, 0xff))
      : undefined,
};

function causeOf(body: Uint8Array, direction: 'h2d' | 'd2h'): string | undefined {
  try {
    decodeMessage(body, direction);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.cause;
  }
}

t.test('each rule broken at each place of each message is refused as `cbor`', async (t) => {
  let judged = 0;
  const wrong: string[] = [];
  for (const { name, direction, item } of specimens) {
    const [outer, payloads] = [
      places(item).found,
      [] as { found: Place[]; wrap: (payload: Uint8Array) => Uint8Array; payload: Uint8Array }[],
    ];
    if (item[0] === 0xd1 || item[0] === 0xd2) {
      const envelope = (decodeCbor(item) as { tag: number; value: CborValue[] }).value;
      const payload = envelope[2] as Uint8Array;
      payloads.push({
        payload,
        found: places(payload).found,
        wrap: (changed) => encodeCbor({ tag: item[0] & 31, value: envelope.with(2, changed) }),
      });
    }
    const jobs = [{ payload: item, found: outer, wrap: (changed: Uint8Array) => changed }, ...payloads];
    for (const { payload, found, wrap } of jobs) {
      for (const place of found) {
        for (const [rule, apply] of Object.entries(breaks)) {
          const changed = apply(payload, place);
          if (!changed) continue;
          judged++;
          const cause = causeOf(wrap(changed), direction);
          if (cause !== 'cbor') wrong.push(`${name} at ${place.at}, ${rule}: ${cause} ${hex(changed)}`);
          if (isCbor(changed)) wrong.push(`${name} at ${place.at}, ${rule}: decodes`);
        }
      }
    }
  }
  t.same(wrong.slice(0, 8), []);
  t.ok(judged > 10_000, `${judged} mutants`);
});

t.test('every truncation and every byte behind is refused', async (t) => {
  for (const { name, direction, item } of specimens) {
    let accepted = 0;
    for (let n = 0; n < item.length; n++) if (causeOf(item.slice(0, n), direction) !== 'cbor') accepted++;
    if (causeOf(Uint8Array.of(...item, 0), direction) !== 'cbor') accepted++;
    t.equal(accepted, 0, name);
  }
});

const leaf = fc.oneof(
  fc.maxSafeNat().map((n) => n % 2 ** 48),
  fc.constantFrom(0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1),
  fc.boolean(),
  fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => Buffer.byteLength(text) <= 32),
  fc.uint8Array({ maxLength: 40 }),
);
const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 16 }),
    fc
      .dictionary(fc.nat(400).map(String), tie('value'), { maxKeys: 8 })
      .map((map) => new Map(Object.entries(map).map(([k, v]) => [Number(k), v]))),
    fc.record({ tag: fc.constantFrom(17, 18, 77), value: tie('value') }),
  ),
})).value;

t.test('decode ∘ encode and encode ∘ decode are identities', async (t) => {
  fc.assert(
    fc.property(value, (one) => {
      const item = encodeCbor(one);
      const again = decodeCbor(item);
      if (hex(encodeCbor(again)) !== hex(item)) throw new Error('bytes');
      if (!fc.stringify(again)) throw new Error('unprintable');
      for (let n = 0; n < item.length; n++) if (isCbor(item.slice(0, n))) throw new Error(`prefix of ${n}`);
    }),
    { ...config, numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (noise) => {
      if (isCbor(noise) && hex(encodeCbor(decodeCbor(noise))) !== hex(noise))
        throw new Error('another encoding of the same value');
    }),
    { ...config, numRuns: 20_000 },
  );
  t.same(
    decodeCbor(bytes('a20118184101f5')),
    new Map<CborValue, CborValue>([
      [1, 24],
      [Uint8Array.of(1), true],
    ]),
  );
});

t.test('a leading byte order mark stays', async (t) => {
  t.equal(decodeCbor(bytes('64efbbbf61')), '\ufeffa');
  t.equal(hex(encodeCbor('\ufeffa')), '64efbbbf61');
});

t.test('limits are exact, those of evidence files wider', async (t) => {
  t.ok(isCbor(bytes('8181818100')), 'depth 4');
  t.notOk(isCbor(bytes('818181818100')), 'depth 5');
  t.ok(isCbor(Uint8Array.of(0x90, ...new Uint8Array(16))));
  t.notOk(isCbor(Uint8Array.of(0x91, ...new Uint8Array(17))));
  const long = encodeCbor(Array(4096).fill(1), evidenceLimits);
  t.notOk(isCbor(long, wireLimits));
  t.ok(isCbor(long, evidenceLimits));
  t.notOk(isCbor(Uint8Array.of(0x99, 0x10, 0x01, ...new Uint8Array(4097)), evidenceLimits));
  // a huge length is refused before anything is allocated
  const before = process.memoryUsage().heapTotal;
  for (const head of ['9a7fffffff', '9b0000ffffffffffff', 'ba7fffffff', '5b0000ffffffffffff', '7a7fffffff'])
    t.notOk(isCbor(bytes(head), evidenceLimits));
  t.ok(process.memoryUsage().heapTotal - before < 50e6);
});

t.test('values without a place are not written', async (t) => {
  const cases: unknown[] = [
    -1,
    1.5,
    Number.NaN,
    2 ** 48,
    Infinity,
    null,
    undefined,
    {},
    '\ud800',
    'x'.repeat(33),
    1n,
    Array(17).fill(0),
  ];
  for (const one of [
    ...cases,
    { tag: 1, value: 0 },
    [[[[[0]]]]],
    new Map(Array.from({ length: 9 }, (_, k) => [k, k])),
  ]) {
    t.throws(() => encodeCbor(one as CborValue), { cause: 'value' });
  }
  const twice = new Map<CborValue, CborValue>([
    [rising(1, 2), 1],
    [rising(1, 2), 2],
  ]);
  t.throws(() => encodeCbor(twice), { cause: 'value' }, 'two equal keys');
  const messages: Message[] = [
    { type: 'ping', n: 2 ** 32 },
    { type: 'ping', n: -1 },
    { type: 'open', vmin: 256, vmax: 1, hn: rising(0, 16) },
    { type: 'open', vmin: 1, vmax: 1, hn: rising(0, 15) },
    { type: 'bare', v: 1, why: 0, chip: '', fw: 'x' },
    { type: 'bare', v: 1, why: 3, chip: 'x', fw: 'x' },
    { type: 'data', rec: 1, i: 0, dt: 0, gap: 0, enc: 5, samples: rising(0, 10) },
    { type: 'data', rec: 1, i: 0, dt: 0, gap: 0, enc: 2, samples: rising(0, 9) },
    { type: 'data', rec: 1, i: 0, dt: 0, gap: 0, enc: 4, samples: rising(0, 10) },
  ];
  for (const message of messages) t.throws(() => encodeMessage(message), { cause: 'value' }, JSON.stringify(message));
});
