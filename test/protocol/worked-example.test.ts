/** The worked example of docs/protocol.md, byte for byte: keys, every message of a small capture, digests and frames. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  adminKey,
  type Begin,
  beginDigest,
  chainDigest,
  checkMac,
  checkSignature,
  crossCheckSignature,
  type Data,
  decodeMessage,
  deviceNonce,
  encodeBody,
  encodeFrame,
  encodeMessage,
  FrameReader,
  kidOf,
  macMessage,
  nextPrev,
  packSamples,
  pairKey,
  pinKey,
  publicKeyOf,
  sessionKeys,
  signMessage,
  stopLock,
  unpackSamples,
  windowDigest,
} from '../../protocol/index.js';

const vector = JSON.parse(readFileSync(new URL('../../protocol/vectors/worked-example.json', import.meta.url), 'utf8'));
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex');
const from = (start: number, n: number) => Uint8Array.from({ length: n }, (_, k) => start + k);

const seed = bytes(vector.seed);
const hn = from(0x10, 16);
const chal = from(0x20, 16);
const stopKey = from(0xe0, 16);
const fwd = from(0xc0, 16);
const dn = deviceNonce(117, 1);
const pk = publicKeyOf(seed);

t.test('keys', async (t) => {
  const claim = from(0x40, 32);
  const [hr, dr] = [from(0x80, 32), from(0xa0, 16)];
  t.equal(hex(pairKey(claim, hr, dr)), vector.kPair);
  t.equal(hex(adminKey(claim, hr, dr)), vector.kAdmin);
  t.equal(hex(pk), vector.pk);
  t.equal(hex(dn), vector.dn);
  const { key, sid } = sessionKeys(bytes(vector.kPair), hn, dn);
  t.equal(hex(key), vector.kSession);
  t.equal(hex(sid), vector.sid);
  t.equal(hex(stopLock(stopKey)), vector.stopLock);
});

const { key, sid } = sessionKeys(bytes(vector.kPair), hn, dn);
const begin: Begin = {
  type: 'begin',
  rec: 42,
  sid,
  boot: 117,
  t0: 5_000_000,
  clock: { kind: 0, hz: 2_000_000, period: 250, div: 1 },
  chans: [0],
  enc: 2,
  count: 12,
  win: 2,
  cfg: new Uint8Array(0),
};
const samples = [
  [512, 517, 1023, 0],
  [3, 255, 256, 257],
  [700, 701, 702, 703],
];
const frames = samples.map(
  (four, i): Data => ({ type: 'data', rec: 42, i, dt: i * 1000, gap: 0, enc: 2, samples: packSamples(2, four) }),
);
const items = frames.map(encodeMessage);
const bd = beginDigest(encodeMessage(begin));
const windows = [windowDigest(items.slice(0, 2)), windowDigest(items.slice(2))];
const cd = chainDigest(bd, windows);
const sealBody = {
  rec: 42,
  boot: 117,
  prev: new Uint8Array(16),
  chal,
  nf: 3,
  ns: 12,
  t1: 5_003_000,
  lost: 0,
  end: 0,
  macbad: 0,
  bd,
  cd,
};

/** Every item of the example, made from values alone. */
const made: Record<string, Uint8Array> = {
  open: encodeMessage({ type: 'open', vmin: 1, vmax: 1, hn }),
  hello: macMessage(
    'hello',
    {
      v: 1,
      range: { hmin: 1, hmax: 1, dmin: 1, dmax: 1 },
      kid: kidOf(pk),
      rec: 41,
      hn,
      dn,
      fw: 'kz-uno/1.0.0',
      fwd,
      hz: 2_000_000,
      caps: { chans: 1, rate: 12_000, samples: 120, sealing: 0, encs: 3, body: 160, signMs: 6000, flags: 0, relays: 1 },
    },
    bytes(vector.kPair),
  ),
  command: macMessage(
    'command',
    {
      n: 1,
      op: 1,
      args: { count: 12, period: 250, div: 1, chans: [0], enc: 2, win: 2, sign: 0, chal, lock: stopLock(stopKey) },
    },
    key,
    sid,
  ),
  ack: macMessage('ack', { n: 1, code: 0, result: [42] }, key, sid),
  begin: encodeMessage(begin),
  data0: items[0],
  data1: items[1],
  mark0: encodeMessage({ type: 'mark', rec: 42, w: 0, d: windows[0] }),
  data2: items[2],
  mark1: encodeMessage({ type: 'mark', rec: 42, w: 1, d: windows[1] }),
  seal: signMessage('seal', sealBody, seed),
  stop: encodeMessage({ type: 'stop', rec: 42, key: stopKey }),
};

t.test('every item from its values, and back', async (t) => {
  t.same(Object.keys(made), Object.keys(vector.items));
  for (const [name, item] of Object.entries(made)) {
    t.equal(hex(item), vector.items[name], name);
    const direction = ['open', 'command', 'stop'].includes(name) ? 'h2d' : 'd2h';
    t.equal(hex(encodeMessage(decodeMessage(item, direction))), vector.items[name], `${name} round trip`);
    t.throws(() => decodeMessage(item, direction === 'd2h' ? 'h2d' : 'd2h'), { cause: 'shape' }, `${name} reflected`);
  }
});

t.test('digests', async (t) => {
  t.equal(hex(bd), vector.bd);
  t.equal(hex(cd), vector.cd);
  t.equal(hex(nextPrev(encodeBody('seal', sealBody))), vector.nextPrev);
});

t.test('protection', async (t) => {
  const hello = decodeMessage(made.hello, 'd2h');
  const ack = decodeMessage(made.ack, 'd2h');
  const seal = decodeMessage(made.seal, 'd2h');
  if (hello.type !== 'hello' || ack.type !== 'ack' || seal.type !== 'seal') throw new Error('wrong types');
  t.ok(checkMac(hello, bytes(vector.kPair)));
  t.notOk(checkMac(hello, bytes(vector.kAdmin)), 'another key');
  t.ok(checkMac(ack, key, sid));
  t.notOk(checkMac(ack, key, from(0, 8)), 'another session');
  t.ok(checkSignature(seal, pinKey(pk)));
  t.ok(crossCheckSignature(seal, pk));
  t.notOk(checkSignature({ ...seal, type: 'event' } as never, pinKey(pk)), 'another external_aad');
});

t.test('on the wire', async (t) => {
  t.equal(hex(encodeFrame(made.begin)), vector.frames.begin);
  t.equal(hex(encodeFrame(made.data0)), vector.frames.data0);
  const reader = new FrameReader();
  const seen: string[] = [];
  for (const item of Object.values(made)) reader.push(encodeFrame(item, true), (body) => seen.push(hex(body)));
  t.same(seen, Object.values(vector.items));
  const data = decodeMessage(made.data0, 'd2h');
  t.same([...unpackSamples(2, (data as Data).samples)], samples[0]);
});
