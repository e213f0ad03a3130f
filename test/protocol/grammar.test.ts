/** RFC 8610: kz1.cddl and evidence.cddl parse, and the codec accepts exactly what a validator over the parsed grammar accepts. */
import fc from 'fast-check';
import t from 'tap';
import {
  type AuthenticatedMessage,
  type CborTagged,
  type CborValue,
  type Direction,
  decodeCbor,
  decodeMessage,
  encodeCbor,
  encodeMessage,
  externalAad,
  isCbor,
  ProtocolError,
  type SignedMessage,
} from '../../protocol/index.js';
import { loadGrammar, Validator } from './cddl-validator.js';
import { hex, rising, specimens } from './specimens.js';

const grammar = loadGrammar('kz1.cddl');
const validator = new Validator(grammar, decodeCbor);

/** Verdict of the parsed grammar on a whole body: the fault, or undefined. */
function grammarVerdict(body: Uint8Array, direction: Direction): 'cbor' | 'shape' | undefined {
  if (!isCbor(body)) return 'cbor';
  const value = decodeCbor(body);
  if (validator.alternatives(direction, value).length === 1) return undefined;
  // an envelope of ours around bytes outside the profile is the profile's fault
  const envelope = (value as CborTagged).tag === 17 ? 'mac0' : (value as CborTagged).tag === 18 ? 'sign1' : '';
  if (envelope && validator.matches(envelope, (value as CborTagged).value)) {
    return isCbor(((value as CborTagged).value as CborValue[])[2] as Uint8Array) ? 'shape' : 'cbor';
  }
  return 'shape';
}

function codecVerdict(body: Uint8Array, direction: Direction): string | undefined {
  try {
    decodeMessage(body, direction);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.cause;
  }
}

t.test('the grammars parse, nothing is undefined or unused', async (t) => {
  for (const [file, roots] of [
    ['kz1.cddl', ['h2d', 'd2h']],
    ['evidence.cddl', ['entry', 'part', 'screening-part', 'release']],
  ] as const) {
    const { rules, references, payloads } = loadGrammar(file);
    const used = new Set<string>([
      ...references,
      ...roots,
      ...[...payloads.values()].flat(),
      'sign1',
      'mac0',
      'kid-label',
    ]);
    for (const name of references) t.ok(rules.has(name) || name === 'bool', `${file}: ${name} is defined`);
    // map keys and tag contents stand outside the parser's references
    const inTags = new Set(['kid-header', 'no-header', 'event-key', 'u8', 'hash16']);
    for (const name of rules.keys()) t.ok(used.has(name) || inTags.has(name), `${file}: ${name} is used`);
  }
});

t.test('every specimen matches exactly one rule of its direction and none of the other', async (t) => {
  for (const { name, direction, item } of specimens) {
    const value = decodeCbor(item);
    const other = direction === 'd2h' ? 'h2d' : 'd2h';
    t.equal(validator.alternatives(direction, value).length, 1, name);
    t.equal(validator.alternatives(other, value).length, 0, `${name}, other direction`);
    t.equal(hex(encodeMessage(decodeMessage(item, direction))), hex(item), `${name} there and back`);
    t.equal(codecVerdict(item, other), 'shape', `${name} reflected`);
  }
  const covered = new Set(
    specimens.map(({ item, direction }) => validator.alternatives(direction, decodeCbor(item))[0]),
  );
  for (const direction of ['h2d', 'd2h'] as const) {
    // biome-ignore lint/suspicious/noExplicitAny: the parser's tree
    for (const { Value } of (grammar.rules.get(direction) as any).PropertyType)
      t.ok(covered.has(Value), `a specimen of ${Value}`);
  }
});

t.test('external_aad of every protected message is the grammar’s', async (t) => {
  const sid = rising(0xf0, 8);
  for (const [rule, { aad, withSid }] of grammar.keys) {
    const type = rule as (SignedMessage | AuthenticatedMessage)['type'];
    t.equal(
      Buffer.from(externalAad(type, withSid ? sid : undefined)).toString('latin1'),
      withSid ? `${aad}${'\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7'}` : aad,
      rule,
    );
    if (withSid) t.throws(() => externalAad(type), { cause: 'value' }, `${rule} without sid`);
  }
});

/** All values that differ from `value` in one place. */
function* neighbours(value: CborValue): Generator<CborValue> {
  if (typeof value === 'number') {
    const edges = [
      0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 16, 17, 18, 23, 24, 127, 128, 255, 256, 65535, 65536, 600_000, 600_001,
    ];
    for (const other of [...edges, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1, value + 1, value - 1]) {
      if (other >= 0 && other !== value && other < 2 ** 48) yield other;
    }
    yield true;
    yield 'x';
    yield rising(1, 8);
    yield [];
    yield new Map();
  } else if (typeof value === 'boolean') {
    yield !value;
    yield value ? 1 : 0;
  } else if (typeof value === 'string') {
    yield '';
    yield `${value}x`;
    yield 'x'.repeat(16);
    yield 'x'.repeat(17);
    yield '日本'.repeat(2);
    yield '日本語日本語';
    yield new TextEncoder().encode(value);
  } else if (value instanceof Uint8Array) {
    for (const n of [
      0,
      1,
      value.length - 1,
      value.length + 1,
      value.length + 4,
      value.length + 5,
      16,
      32,
      33,
      64,
      1280,
      1282,
    ]) {
      if (n >= 0) yield Uint8Array.from({ length: n }, (_, k) => value[k] ?? k & 0xff);
    }
    yield value.length;
    yield { tag: 77, value };
    yield { tag: 18, value };
  } else if (Array.isArray(value)) {
    for (let k = 0; k < value.length; k++) {
      for (const other of neighbours(value[k])) yield value.with(k, other);
      yield value.toSpliced(k, 1);
      yield value.toSpliced(k, 0, 1);
      if (k > 0) yield value.with(k, value[k - 1]).with(k - 1, value[k]);
    }
    yield [...value, 0];
    yield new Map([[0, value as CborValue]]);
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      for (const other of neighbours(item)) yield new Map([...value, [key, other]]);
      for (const other of neighbours(key)) yield new Map([...[...value].filter(([one]) => one !== key), [other, item]]);
    }
    yield new Map([...value, [99, 1]]);
    yield new Map(Array.from({ length: 8 }, (_, k): [CborValue, CborValue] => [k, k]));
    yield new Map();
    yield [];
  } else {
    for (const tag of [17, 18, 77]) if (tag !== value.tag) yield { ...value, tag };
    yield value.value;
    for (const other of neighbours(value.value)) yield { ...value, value: other };
  }
}

const bothDirections = ['d2h', 'h2d'] as const;

/** Both verdicts on `body`, in both directions; the name of what differs, or undefined. */
function disagreement(body: Uint8Array): string | undefined {
  for (const direction of bothDirections) {
    const [ours, theirs] = [codecVerdict(body, direction), grammarVerdict(body, direction)];
    if (ours !== theirs) return `${direction} ${hex(body)}: codec ${ours}, grammar ${theirs}`;
    if (ours === undefined) {
      const again = hex(encodeMessage(decodeMessage(body, direction)));
      if (again !== hex(body)) return `${direction} ${hex(body)} encodes to ${again}`;
    }
  }
  return undefined;
}

function encoded(value: CborValue): Uint8Array | undefined {
  try {
    return encodeCbor(value);
  } catch {
    return undefined;
  }
}

t.test('the codec and the grammar agree on every neighbour of every specimen', async (t) => {
  let judged = 0;
  let accepted = 0;
  const wrong: string[] = [];
  for (const { item, direction } of specimens) {
    const value = decodeCbor(item);
    const bodies = [...neighbours(value)].map(encoded);
    const isEnvelope = (value as CborTagged).tag !== undefined;
    if (isEnvelope) {
      // inside: the payload's neighbours under the same envelope; the MAC is wrong then, which decoding does not judge
      const envelope = (value as CborTagged).value as CborValue[];
      for (const payload of neighbours(decodeCbor(envelope[2] as Uint8Array))) {
        const inner = encoded(payload);
        if (inner) bodies.push(encoded({ tag: (value as CborTagged).tag, value: envelope.with(2, inner) }));
      }
    }
    for (const body of bodies) {
      if (!body) continue;
      judged++;
      if (codecVerdict(body, direction) === undefined) accepted++;
      const difference = disagreement(body);
      if (difference) wrong.push(difference);
    }
  }
  t.same(wrong.slice(0, 5), [], `${judged} judged, ${accepted} accepted by both`);
  t.ok(judged > 10_000 && accepted > 1000, `${judged} judged, ${accepted} accepted`);
});

t.test('and on random edits of bytes', async (t) => {
  const edits = fc.array(fc.record({ at: fc.nat(400), to: fc.nat(255) }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.nat(specimens.length - 1), edits, fc.nat(6), (which, changes, cut) => {
      const body = specimens[which].item.slice();
      // heads and small fields stand in front: most edits go there
      for (const { at, to } of changes) body[at % Math.min(body.length, at & 1 ? 48 : body.length)] = to;
      const difference = disagreement(cut === 0 ? body.slice(0, -1) : body);
      if (difference) throw new Error(difference);
    }),
    { numRuns: 20_000, seed: 20261124 },
  );
  t.pass('20,000 edits');
});
