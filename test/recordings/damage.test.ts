/** Damaged and hostile files: whatever the bytes, a reader ends with captures or with a typed error, never with anything else. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import t from 'tap';
import { KizashiError } from '../../host/errors.js';
import { parseIndex, readBytes, readRecordings } from '../../host/recordings/index.js';
import { readMat5 } from '../../host/recordings/mat5.js';
import { Xoshiro128 } from '../../host/signal/index.js';

const folder = fileURLToPath(new URL('../fixtures/recordings/', import.meta.url));
const fixtures = readdirSync(folder).filter((name) => !name.endsWith('.py'));
const csv = Buffer.from(
  `time_s;ax [g];I (A)\n${Array.from({ length: 300 }, (_, i) => `${i / 100};${(i % 9) / 8};${i % 7}\n`).join('')}`,
);
const files: [name: string, bytes: Buffer][] = [
  ...fixtures.map((name): [string, Buffer] => [name, readFileSync(folder + name)]),
  ['table.csv', csv],
];

/** Code of the refusal, or `read`. Anything but a KizashiError is thrown on. */
function outcome(bytes: Uint8Array, name: string): string {
  try {
    const found = readBytes(bytes, name, { rateHz: 12000 });
    for (const { capture } of found) {
      const n = capture.channels[0].samples.length;
      if (capture.channels.some(({ samples }) => samples.length !== n)) throw new Error('channels of unequal length');
      if (capture.spans.reduce((sum, [from, to]) => sum + to - from, 0) !== n) throw new Error('spans do not cover');
      if (capture.channels.some(({ samples }) => samples.some((x) => !Number.isFinite(x))))
        throw new Error('not finite');
    }
    return 'read';
  } catch (error) {
    if (error instanceof KizashiError) return error.code;
    throw error;
  }
}

t.test('truncated at every 97th byte', async (t) => {
  for (const [name, bytes] of files) {
    const codes = new Map<string, number>();
    for (let end = 0; end < bytes.length; end += 97) {
      const code = outcome(bytes.subarray(0, end), name);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    t.ok(
      [...codes.keys()].some((code) => code !== 'read'),
      `${name}: ${[...codes].map((c) => c.join(' x ')).join(', ')}`,
    );
  }
});

t.test('a truncated MAT file keeps the variables before the cut and says so', async (t) => {
  const whole = readFileSync(`${folder}cwru_v6.mat`);
  const [first, ...rest] = readBytes(whole.subarray(0, 12000), 'cut.mat', { rateHz: 12000 });
  t.same([first.name, rest.length], ['X105_DE_time', 0]);
  t.match(first.capture.notes, [/left out: MAT file: element of 9\d\d\d bytes, \d+ are left at byte 9\d\d\d/]);
  t.same(first.facts.skipped, { damaged: 1 });
  const flipped = Buffer.from(readFileSync(`${folder}cwru_v7.mat`));
  flipped[400] ^= 0x10;
  const kept = readBytes(flipped, 'flipped.mat', { rateHz: 12000 });
  t.same(
    kept.map(({ name }) => name),
    ['X105_FE_time', 'X105_BA_time'],
    'a damaged variable costs itself',
  );
});

t.test('bit flips', async (t) => {
  for (const [name, bytes] of files) {
    const codes = new Set<string>();
    let tried = 0;
    // every third byte of the first 256, then a spread over the rest
    for (let at = 0; at < bytes.length; at += at < 256 ? 3 : Math.max(1, Math.floor(bytes.length / 200))) {
      const flipped = Buffer.from(bytes);
      flipped[at] ^= 1 << (at % 8);
      codes.add(outcome(flipped, name));
      tried++;
    }
    t.ok(codes.size > 0, `${name}: ${tried} flips, ${[...codes].join(', ')}`);
  }
});

t.test('mutations: bytes set, cut, doubled, numbers replaced by their extremes', async (t) => {
  const random = new Xoshiro128(Uint8Array.from({ length: 16 }, (_, i) => i));
  const below = (n: number): number => random.u32() % Math.max(1, n);
  const extremes = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff];
  const tokens = [';', '"', '\n', ',', 'NaN', '1e999', '-', '\0', '\r'];
  const codes = new Map<string, number>();
  for (let n = 0; n < 1500; n++) {
    const [name, whole] = files[below(files.length)];
    let bytes = Buffer.from(whole);
    for (let k = below(5); k >= 0; k--) {
      const at = below(below(2) === 0 ? 300 : bytes.length);
      const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
      const act = below(5);
      if (act === 0 && at < bytes.length) bytes[at] = below(256);
      else if (act === 1) bytes = Buffer.concat([head, tail.subarray(below(50))]);
      else if (act === 2) bytes = Buffer.concat([head, tail.subarray(0, below(200)), tail]);
      else if (act === 3 && at + 4 < bytes.length) bytes.writeUInt32LE(extremes[below(extremes.length)], at);
      else bytes = Buffer.concat([head, Buffer.from(tokens[below(tokens.length)]), tail]);
    }
    const code = outcome(bytes, name);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  t.ok(codes.size >= 6, [...codes].map((c) => c.join(' x ')).join(', '));
});

/** A MAT file around one element. */
function matFile(element: Buffer): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file', 'latin1');
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126, 'latin1');
  return Buffer.concat([header, element]);
}

function tagged(type: number, body: Buffer): Buffer {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(body.length, 4);
  return Buffer.concat([tag, body, Buffer.alloc((8 - (body.length % 8)) % 8)]);
}

function matrix(classId: number, dims: number[], body: Buffer): Buffer {
  const flags = Buffer.alloc(8);
  flags.writeUInt32LE(classId, 0);
  return tagged(
    14,
    Buffer.concat([
      tagged(6, flags),
      tagged(5, Buffer.from(Int32Array.from(dims).buffer)),
      tagged(1, Buffer.from('x')),
      body,
    ]),
  );
}

t.test('MAT: elements that promise what is not there', async (t) => {
  const numbers = tagged(9, Buffer.alloc(80));
  let deep = matrix(6, [1, 10], numbers);
  for (let i = 0; i < 12; i++) deep = matrix(1, [1, 1], deep);
  const cases: [string, Buffer, RegExp][] = [
    ['dimensions beyond the data', matrix(6, [1, 11], numbers), /80 bytes of type 9 for 11 numbers/],
    ['negative dimensions', matrix(6, [-1, 10], numbers), /dimensions -1 x 10/],
    ['dimensions beyond memory', matrix(6, [65536, 65536], numbers), /dimensions 65536 x 65536/],
    ['nested twelve deep', deep, /nested deeper than 8/],
    ['unknown class', matrix(42, [1, 10], numbers), /array class 42/],
    ['unknown numbers', matrix(6, [1, 10], tagged(77, Buffer.alloc(80))), /of type 77/],
    ['compressed nonsense', tagged(15, Buffer.from('no deflate here!')), /does not unpack/],
    ['no matrix inside', tagged(15, deflateSync(tagged(9, Buffer.alloc(8)))), /type 9 where a matrix belongs/],
  ];
  for (const [name, element, message] of cases)
    t.throws(() => readBytes(matFile(element), 'x.mat', { rateHz: 1 }), { code: 'KZ0809', message }, name);
  t.throws(() => readBytes(Buffer.from('MATLAB 5.0 MAT-file'), 'x.mat'), { code: 'KZ0809', message: /no endian mark/ });
});

t.test('each remaining refusal, with its code', async (t) => {
  const rows = (n: number, row: (i: number) => string): Buffer =>
    Buffer.from(`time_s,ax\n${Array.from({ length: n }, (_, i) => `${row(i)}\n`).join('')}`);
  const cases: [code: string, name: string, bytes: Buffer, message: RegExp][] = [
    ['KZ0802', 'photo.jpg', Buffer.from('ffd8ffe000104a46', 'hex'), /no recording that kizashi knows/],
    ['KZ0805', 'short.csv', rows(20, (i) => `${i / 100},${i % 9}`), /20 samples, at least 64/],
    ['KZ0808', 'words.csv', Buffer.from('hello,world\nthis,is\nno,table\n'), /line 1 reads "hello,world"/],
    [
      'KZ0814',
      'clipped.csv',
      rows(4000, (i) => `${i / 1000},${Math.max(-1, Math.min(1, (((i * 37) % 401) - 200) / 120))}`),
      /% of channel ax stands at an end/,
    ],
    ['KZ0815', 'nothing.csv', Buffer.alloc(0), /no bytes/],
    ['KZ0815', 'flat.csv', rows(400, (i) => `${i / 1000},2.5`), /every channel is constant \(2.5\)/],
    [
      'KZ0816',
      'x.npy',
      Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x10\x00', 'latin1'), Buffer.alloc(16, ' ')]),
      /without descr and shape/,
    ],
  ];
  for (const [code, name, bytes, message] of cases)
    t.throws(() => readBytes(bytes, name), { code, message, exit: 9 }, name);
  t.throws(() => readRecordings('/nowhere/x.csv'), { code: 'KZ0801', exit: 2, message: /ENOENT/ });
  t.throws(() => readRecordings('/'), { code: 'KZ0801' });
});

t.test('KZ0817: what unpacks beyond the limit is stopped there, over all elements together', async (t) => {
  const packed = deflateSync(matrix(6, [1, 125_000], tagged(9, Buffer.alloc(1_000_000))));
  t.ok(packed.length < 2000, 'a bomb of 2 kB');
  const element = Buffer.concat([tagged(15, packed).subarray(0, 8), packed]);
  t.equal(readMat5(matFile(element), 1 << 20).variables.size, 1);
  t.throws(() => readMat5(matFile(element), 1_000_000), { code: 'KZ0817' });
  t.throws(() => readMat5(matFile(Buffer.concat([element, element])), 1 << 20), { code: 'KZ0817' });
});

t.test('an index that is none', async (t) => {
  const record = {
    id: 'a',
    dataset: 'x',
    file: 'a',
    dtype: 'int16le',
    fs_hz: 1,
    n: 10,
    channels: [{ name: 'c', scale: 1, offset: 0 }],
  };
  const index = (change: object): string =>
    JSON.stringify({ schema: 'kizashi-dev/1', records: [{ ...record, ...change }] });
  t.equal(parseIndex(index({ anything: 'else' }), 'i').records.length, 1);
  const cases: [string, RegExp][] = [
    ['{', /no JSON/],
    ['null', /schema undefined/],
    [JSON.stringify({ schema: 'kizashi-x/2', records: [] }), /schema "kizashi-x\/2" is not/],
    [JSON.stringify({ schema: 'kizashi-x/1' }), /no list of records/],
    [index({ id: 7 }), /record number 1: id is missing/],
    [index({ fs_hz: 0 }), /record a: fs_hz/],
    [index({ n: 1.5 }), /record a: n is no whole number/],
    [index({ channels: [] }), /record a: channels/],
    [index({ channels: [{ name: 'c' }] }), /lacks name, scale or offset/],
    [index({ snapshots: 3, samples_per_snapshot: 4 }), /3 snapshots of 4 samples are not 10/],
  ];
  for (const [text, message] of cases)
    t.throws(() => parseIndex(text, 'i'), { code: 'KZ0812', message }, text.slice(0, 60));
});
