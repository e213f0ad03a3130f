/** Readers of recordings against files written by others: SciPy and NumPy (test/fixtures/recordings/make.py), loggers, spreadsheets. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { type Recording, readBytes, readRecordings } from '../../host/recordings/index.js';
import { readMat5 } from '../../host/recordings/mat5.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/recordings/${name}`, import.meta.url));

/** The formula of the fixtures: (i · k) mod 401 − 200. */
const ramp = (n: number, k: number): number[] => Array.from({ length: n }, (_, i) => ((i * k) % 401) - 200);

const csv = (text: string, options = {}, name = 'x.csv'): Recording => readBytes(Buffer.from(text), name, options)[0];
const rows = (n: number, row: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => `${row(i)}\n`).join('');

t.test('MAT level 5 as SciPy writes it, plain and compressed', async (t) => {
  const signs: Record<string, (x: number) => number> = {
    i8: (x) => (x << 24) >> 24,
    u8: (x) => Math.abs(x),
    i16: (x) => x,
    u16: (x) => Math.abs(x),
    i32: (x) => x * 1000,
    u32: (x) => Math.abs(x) * 1000,
    i64: (x) => x * 100000,
    u64: (x) => Math.abs(x) * 100000,
    f32: (x) => x / 64,
  };
  const steps: Record<string, number> = { i8: 3, u8: 5, i16: 7, u16: 11, i32: 13, u32: 17, i64: 19, u64: 23, f32: 29 };
  for (const file of ['types_v6.mat', 'types_v7.mat']) {
    const { variables, damaged } = readMat5(readFileSync(fixture(file)));
    t.same(damaged, [], `${file} is whole`);
    for (const [name, step] of Object.entries(steps)) {
      const value = variables.get(name);
      if (value?.kind !== 'numeric') throw new Error(`${name} is not numeric`);
      t.same(Array.from(value.real), ramp(1200, step).map(signs[name]), `${file} ${name}`);
    }
    const z = variables.get('z');
    t.ok(z?.kind === 'numeric' && z.imaginary, 'complex');
    if (z?.kind === 'numeric')
      t.same(
        Array.from(z.imaginary ?? []),
        ramp(1200, 41).map((x) => x / 64),
      );
    t.same(variables.get('text'), { kind: 'text', text: 'a motor' });
    const words = variables.get('words');
    t.same(words?.kind === 'cell' && words.items.map((w) => w.kind === 'text' && w.text), ['one', 'three']);
    const nested = variables.get('nested');
    const deep = nested?.kind === 'struct' ? nested.elements[0].get('deep') : undefined;
    const deeper = deep?.kind === 'struct' ? deep.elements[0].get('deeper') : undefined;
    t.same(deeper?.kind === 'numeric' && Array.from(deeper.real), [1, 3, 2, 4], 'column after column');
    t.equal((variables.get('empty') as { real: Float64Array }).real.length, 0);
  }
});

t.test('MAT file of the Case Western form: one capture a housing', async (t) => {
  for (const file of ['cwru_v6.mat', 'cwru_v7.mat']) {
    const found = readRecordings(fixture(file), { rateHz: 12000, units: 'g' });
    t.same(
      found.map(({ name, facts }) => [name, facts.rpm, facts.rpmFrom, facts.rateFrom, facts.unitFrom]),
      ['DE', 'FE', 'BA'].map((end) => [`X105_${end}_time`, 1797, 'X105RPM', '--rate', '--units']),
    );
    const [channel] = found[1].capture.channels;
    t.equal(channel.unit, 'm/s2');
    t.same(
      Array.from(channel.samples),
      ramp(1200, 53).map((x) => (x / 128) * 9.80665),
    );
  }
  t.throws(() => readRecordings(fixture('cwru_v6.mat')), { code: 'KZ0803' }, 'no rate inside');
  const one = readRecordings(fixture('cwru_v6.mat'), { rateHz: 12000, channels: ['FE'] });
  t.same(
    one.map(({ name }) => name),
    ['X105_FE_time'],
  );
  t.equal(one[0].capture.channels[0].unit, 'relative', 'no unit inside: never guessed');
  t.throws(() => readRecordings(fixture('cwru_v6.mat'), { rateHz: 1, channels: ['QQ'] }), {
    code: 'KZ0806',
    fix: '--channel DE',
  });
});

t.test('MAT file of the MFPT form and of no known form', async (t) => {
  const [mfpt] = readRecordings(fixture('mfpt.mat'));
  t.equal(mfpt.capture.fsHz, 48828);
  t.equal(mfpt.facts.rpm, 1500);
  t.equal(mfpt.capture.channels[0].unit, 'm/s2');
  const [any] = readRecordings(fixture('types_v7.mat'));
  t.same(
    any.capture.channels.map(({ id }) => id),
    ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64', 'f32', 'z', 'matrix.1', 'matrix.2'],
  );
  t.same([any.capture.fsHz, any.facts.rateFrom, any.facts.rpm], [2560, 'Fs', 1480]);
  t.match(any.capture.notes, [/imaginary part of z/]);
  const [sparse] = readRecordings(fixture('sparse.mat'));
  t.same(sparse.facts.skipped, { sparse: 1 });
});

t.test('MAT of version 7.3 is refused with the way out', async (t) => {
  const file = Buffer.alloc(600);
  file.write('MATLAB 7.3 MAT-file, Platform: GLNXA64', 'latin1');
  t.throws(() => readBytes(file, 'new.mat'), { code: 'KZ0810', fix: /-v7/ });
});

t.test('every capture of a file is unsigned, ungraded and addressed by its samples', async (t) => {
  const [{ capture }] = readRecordings(fixture('pcm16.wav'));
  t.same(
    [capture.source, capture.verdict, capture.grade, capture.spans],
    ['recording', { kind: 'unsigned' }, 'none', [[0, 400]]],
  );
  const hash = createHash('sha256');
  for (const { samples } of capture.channels)
    for (const x of samples) {
      const eight = Buffer.alloc(8);
      eight.writeDoubleLE(x);
      hash.update(eight);
    }
  t.equal(capture.id, hash.digest('hex'));
});

t.test('WAV: PCM 8, 16, 32 and float 32, 64 as SciPy writes them', async (t) => {
  const factor: Record<string, [number, number]> = {
    'pcm8.wav': [0.5, 128],
    'pcm16.wav': [100, 32768],
    'pcm32.wav': [1e6, 2 ** 31],
    'float32.wav': [1 / 256, 1],
    'float64.wav': [1 / 256, 1],
  };
  for (const [file, [gain, full]] of Object.entries(factor)) {
    const [{ capture, facts }] = readRecordings(fixture(file));
    t.equal(capture.fsHz, file === 'pcm8.wav' ? 8000 : 12000);
    t.same([facts.rateFrom, facts.unitFrom], ['header', 'not stated']);
    const step = file === 'pcm8.wav' ? Math.trunc : (x: number) => x;
    // the writer's conversion to unsigned cuts towards zero after the offset
    const expected = [37, 53].map((k) =>
      ramp(400, k).map((x) => (file === 'pcm8.wav' ? (step(x * gain + 128) - 128) / full : (x * gain) / full)),
    );
    capture.channels.forEach(({ samples, range, unit }, c) => {
      t.same(Array.from(samples), expected[c], `${file} channel ${c + 1}`);
      t.equal(unit, 'relative');
      t.same(range, file.startsWith('pcm') ? [-1, 1 - 1 / full] : undefined);
    });
  }
});

/** A WAV file of 16-bit PCM with its chunks in our hands. */
function wav(chunks: [id: string, body: Buffer][], size?: number): Buffer {
  const parts = chunks.flatMap(([id, body]) => {
    const head = Buffer.alloc(8);
    head.write(id, 'latin1');
    head.writeUInt32LE(id === 'data' && size !== undefined ? size : body.length, 4);
    return [head, body, Buffer.alloc(body.length & 1)];
  });
  const body = Buffer.concat(parts);
  const head = Buffer.from('RIFF\0\0\0\0WAVE', 'latin1');
  head.writeUInt32LE(body.length + 4, 4);
  return Buffer.concat([head, body]);
}

function fmt(change: { code?: number; channels?: number; rate?: number; bits?: number; block?: number } = {}): Buffer {
  const { code = 1, channels = 1, rate = 3202, bits = 16 } = change;
  const block = change.block ?? (channels * bits) / 8;
  const body = Buffer.alloc(16);
  body.writeUInt16LE(code, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rate, 4);
  body.writeUInt32LE(rate * block, 8);
  body.writeUInt16LE(block, 12);
  body.writeUInt16LE(bits, 14);
  return body;
}

const pcm = (n: number): Buffer => Buffer.from(Int16Array.from(ramp(n, 37)).buffer);
const info = (text: string): Buffer => {
  const head = Buffer.alloc(12);
  head.write('INFOICMT', 'latin1');
  head.writeUInt32LE(text.length + 1, 8);
  return Buffer.concat([head, Buffer.from(`${text}\0`, 'utf8')]);
};

t.test('WAV: the comment of an exported capture gives rate, unit and scale', async (t) => {
  const comment = {
    kizashi: 1,
    fs: [3200000000, 999482],
    unit: 'm/s2',
    scale: [0.0382459],
    channels: ['ax'],
    at: '2026-01-02T03:04:05Z',
  };
  const [{ capture, facts }] = readBytes(
    wav([
      ['fmt ', fmt()],
      ['LIST', info(JSON.stringify(comment))],
      ['data', pcm(400)],
    ]),
    'a.wav',
  );
  t.equal(capture.fsHz, 3200000000 / 999482, 'the measured rate, not the integer of the header');
  t.equal(capture.at, Date.UTC(2026, 0, 2, 3, 4, 5));
  t.same(
    [capture.channels[0].id, capture.channels[0].unit, facts.rateFrom, facts.unitFrom],
    ['ax', 'm/s2', 'ICMT', 'ICMT'],
  );
  t.same(
    Array.from(capture.channels[0].samples),
    ramp(400, 37).map((x) => x * 0.0382459),
  );
  const spoilt = readBytes(
    wav([
      ['fmt ', fmt()],
      ['LIST', info('{"kizashi":1,')],
      ['data', pcm(400)],
    ]),
    'a.wav',
  )[0];
  t.equal(spoilt.capture.channels[0].unit, 'relative');
  t.match(spoilt.capture.notes, [/no valid JSON/]);
});

t.test('WAV: an open data size is read to the end and said', async (t) => {
  const [{ capture }] = readBytes(
    wav(
      [
        ['fmt ', fmt()],
        ['data', pcm(400)],
      ],
      0xffffffff,
    ),
    'a.wav',
  );
  t.equal(capture.channels[0].samples.length, 400);
  t.match(capture.notes, [/leaves the size of the data open/]);
});

t.test('WAV: what wavefile accepts without a word is refused with its byte', async (t) => {
  const data: [string, Buffer] = ['data', pcm(400)];
  const refused: [string, Buffer, RegExp][] = [
    ['half of the data', wav([['fmt ', fmt()], data]).subarray(0, 400), /promises 800 bytes, 356 are left at byte 36/],
    ['data size beyond the file', wav([['fmt ', fmt()], data], 900), /promises 900 bytes/],
    ['no channel', wav([['fmt ', fmt({ channels: 0 })], data]), /0 channels/],
    ['17 channels', wav([['fmt ', fmt({ channels: 17 })], data]), /17 channels/],
    ['rate 0', wav([['fmt ', fmt({ rate: 0 })], data]), /sample rate 0/],
    ['ADPCM', wav([['fmt ', fmt({ code: 2 })], data]), /compressed audio \(format 2\)/],
    ['12 bits', wav([['fmt ', fmt({ bits: 12 })], data]), /12 bits/],
    ['false block', wav([['fmt ', fmt({ block: 3 })], data]), /block of 3 bytes/],
    [
      'half a frame',
      wav([
        ['fmt ', fmt()],
        ['data', pcm(400).subarray(0, 799)],
      ]),
      /no whole number of frames/,
    ],
    ['no fmt', wav([data]), /no "fmt " chunk/],
    ['no data', wav([['fmt ', fmt()]]), /no "data" chunk/],
  ];
  for (const [name, bytes, message] of refused)
    t.throws(() => readBytes(bytes, 'a.wav'), { code: 'KZ0807', message }, name);
});

t.test('NPY as NumPy writes it', async (t) => {
  t.throws(() => readRecordings(fixture('f4.npy')), { code: 'KZ0803' });
  const read = (name: string): Recording => readRecordings(fixture(name), { rateHz: 12000 })[0];
  t.same(
    read('f4.npy').capture.channels.map(({ samples }) => Array.from(samples)),
    [37, 53].map((k) => ramp(400, k).map((x) => x / 256)),
  );
  t.same(
    read('i2_fortran.npy').capture.channels.map(({ samples }) => Array.from(samples)),
    [37, 53].map((k) => ramp(400, k)),
  );
  t.same(Array.from(read('big_endian.npy').capture.channels[0].samples), ramp(400, 37));
});

t.test('Klipper raw accelerometer file: mm/s², rate from the time column', async (t) => {
  const text = `#time,accel_x,accel_y,accel_z\n${rows(3200, (i) => `${(100 + i / 3201.66).toFixed(6)},${(i % 7) * 1000},${-(i % 5) * 1000},9806.65`)}`;
  const { capture, facts } = csv(text, {}, 'raw_data_x.csv');
  t.equal(facts.format, 'klipper');
  t.ok(Math.abs(capture.fsHz / 3201.66 - 1) < 2e-6, `${capture.fsHz} Hz`);
  t.ok(capture.fsUncertainty < 1e-5);
  t.same(
    capture.channels.map(({ id, unit, sensor }) => [id, unit, sensor]),
    ['accel_x', 'accel_y', 'accel_z'].map((id) => [id, 'm/s2', 'adxl345']),
  );
  t.same(Array.from(capture.channels[0].samples.slice(0, 3)), [0, 1, 2]);
  t.match(capture.notes, [/ADXL345 assumed/]);
});

t.test('CSV: units from the header, in the forms that loggers write', async (t) => {
  const cases: [header: string, unit: string, first: number][] = [
    ['t,ax_g', 'm/s2', 9.80665],
    ['t,acc [m/s^2]', 'm/s2', 1],
    ['t,"Linear Acceleration x (m/s^2)"', 'm/s2', 1],
    ['time (s),ax_m_s2', 'm/s2', 1],
    ['time,accel (mg)', 'm/s2', 9.80665 / 1000],
    ['time,I (A)', 'A', 1],
    ['time,i1_a', 'A', 1],
    ['time,i1_ma', 'A', 0.001],
    ['time,x', 'relative', 1],
    ['time,x [V]', 'relative', 1],
  ];
  for (const [header, unit, first] of cases) {
    const { capture } = csv(`${header}\n${rows(100, (i) => `${i / 100},${((i * 37) % 61) + 1}`)}`);
    t.same([capture.channels[0].unit, capture.channels[0].samples[0]], [unit, first], header);
  }
  const phases = csv(`time_s,i_a,i_b,i_c\n${rows(100, (i) => `${i / 100},${i % 3},${i % 4},${i % 5}`)}`).capture
    .channels;
  t.same(
    phases.map(({ id, unit, phase }) => [id, unit, phase]),
    ['A', 'B', 'C'].map((p) => [`i_${p.toLowerCase()}`, 'relative', p]),
    'phases, not amperes',
  );
});

t.test('CSV: delimiters, decimal comma, byte order marks, line ends', async (t) => {
  const expected = Array.from({ length: 100 }, (_, i) => i * 0.25 - 3 + (i % 2));
  const number = (x: number, comma: boolean): string => (comma ? x.toFixed(2).replace('.', ',') : x.toFixed(2));
  for (const [delimiter, comma] of [
    [',', false],
    [';', false],
    [';', true],
    ['\t', true],
    ['|', false],
    [' ', false],
  ] as const)
    for (const end of ['\n', '\r\n']) {
      const text = `t${delimiter}ax${end}${expected.map((x, i) => `${number(i / 100, comma)}${delimiter}${number(x, comma)}${end}`).join('')}`;
      const { capture } = csv(text);
      t.same(Array.from(capture.channels[0].samples), expected, JSON.stringify([delimiter, comma, end]));
      t.ok(Math.abs(capture.fsHz - 100) < 1e-9);
    }
  const utf16 = Buffer.concat([
    Buffer.from([0xff, 0xfe]),
    Buffer.from(`t,ax\n${rows(100, (i) => `${i / 100},${i % 9}`)}`, 'utf16le'),
  ]);
  t.equal(readBytes(utf16, 'x.csv')[0].capture.channels[0].samples.length, 100);
  const marked = csv(`\ufefft,ax\n${rows(100, (i) => `${i / 100},${i % 9}`)}`);
  t.same(
    marked.capture.channels.map(({ id }) => id),
    ['ax'],
  );
});

t.test('CSV: time columns in their forms', async (t) => {
  const signal = (i: number): number => i % 9;
  const forms: [string, string][] = [
    ['millis,ax', rows(100, (i) => `${1000 + 10 * i},${signal(i)}`)],
    ['time (us),ax', rows(100, (i) => `${10000 * i},${signal(i)}`)],
    ['t_ms,ax', rows(100, (i) => `${10 * i},${signal(i)}`)],
    ['datetime,ax', rows(100, (i) => `2026-01-01T00:00:${(i / 100).toFixed(3).padStart(6, '0')}Z,${signal(i)}`)],
  ];
  for (const [header, body] of forms) {
    const { capture } = csv(`${header}\n${body}`);
    t.ok(Math.abs(capture.fsHz - 100) < 1e-6, `${header}: ${capture.fsHz}`);
    t.same(
      capture.channels.map(({ id }) => id),
      ['ax'],
    );
  }
  const dated = csv(`${forms[3][0]}\n${forms[3][1]}`);
  t.equal(dated.capture.at, Date.UTC(2026, 0, 1));
  const bare = csv(rows(100, (i) => `${(i / 100).toFixed(2)},${signal(i)}`));
  t.match(bare.capture.notes, [/taken as time/]);
  t.throws(() => csv(rows(100, (i) => `${i},${signal(i)}`)), { code: 'KZ0803' }, 'a counter is no time');
  const counted = csv(
    rows(100, (i) => `${i},${signal(i)}`),
    { rateHz: 500 },
  );
  t.same([counted.capture.fsHz, counted.capture.channels.map(({ id }) => id)], [500, ['c2']]);
});

t.test('CSV: rate and jitter', async (t) => {
  const quiet = csv(`t,ax\n${rows(1000, (i) => `${((i + (i % 50 === 0 ? 0.02 : 0)) / 1000).toFixed(7)},${i % 9}`)}`);
  t.match(quiet.capture.notes, [/no unit: seconds assumed/, /sample intervals vary: 99 % within ±2/]);
  const wild = `t,ax\n${rows(1000, (i) => `${((i + (i % 3) * 0.1) / 1000).toFixed(7)},${i % 9}`)}`;
  t.throws(() => csv(wild), { code: 'KZ0804', context: { medianS: Number, p99: Number } });
  t.equal(csv(wild, { rateHz: 1000 }).capture.fsHz, 1000, 'unless the rate is named');
  const coarse = `datetime,ax\n${rows(1000, (i) => `2026-01-01T00:00:${String(Math.floor(i / 200)).padStart(2, '0')}Z,${i % 9}`)}`;
  t.throws(() => csv(coarse), { code: 'KZ0804', why: /coarser than the sampling/ });
});

t.test('CSV: a bad line costs itself, splits the span, and is named', async (t) => {
  const body = rows(300, (i) => (i === 100 ? `${i / 100},broken` : i === 200 ? `${i / 100}` : `${i / 100},${i % 9}`));
  const { capture, facts } = csv(`# made by a logger\nt,ax\n${body}`);
  t.same(capture.spans, [
    [0, 100],
    [100, 199],
    [199, 298],
  ]);
  t.equal(capture.channels[0].samples.length, 298);
  t.same(facts.skipped, { 'wrong number of fields': 1, 'not a number': 1 });
  t.match(
    capture.notes?.find((note) => note.includes('left out')),
    /2 of 300 lines left out.*line 203: 1 fields, 2 are expected/,
  );
  const gap = csv(`t,ax\n${rows(300, (i) => `${(i < 150 ? i : i + 40) / 100},${i % 9}`)}`);
  t.same(
    gap.capture.spans,
    [
      [0, 150],
      [150, 300],
    ],
    'a jump in time splits too',
  );
  t.ok(Math.abs(gap.capture.fsHz - 100) < 1e-9, 'and does not bend the rate');
});

t.test('CSV: Serial Plotter lines', async (t) => {
  const { capture } = csv(
    rows(200, (i) => `ax:${i % 9} ay:${-(i % 7)}`),
    { rateHz: 100 },
    'log.txt',
  );
  t.same(
    capture.channels.map(({ id, samples }) => [id, samples[5]]),
    [
      ['ax', 5],
      ['ay', -5],
    ],
  );
});

t.test('CSV: columns that are no signal', async (t) => {
  const text = `time_s,ax_g,Temperature,rpm,state\n${rows(100, (i) => `${i / 100},${i % 9},${20 + i},1480,run`)}`;
  const { capture, facts } = csv(text);
  t.same(
    capture.channels.map(({ id }) => id),
    ['ax'],
  );
  t.same([facts.rpm, facts.rpmFrom], [1480, 'column rpm']);
  t.same(
    csv(text, { channels: ['Temperature'] }).capture.channels.map(({ id, quantity }) => [id, quantity]),
    [['Temperature', 'other']],
  );
  t.throws(() => csv(text, { channels: ['az'] }), { code: 'KZ0806', why: /the columns are ax, Temperature, rpm/ });
});

t.test('units: a flag wins, an unknown one is refused', async (t) => {
  const text = `t,x\n${rows(100, (i) => `${i / 100},${i % 9}`)}`;
  t.equal(csv(text, { units: 'mm/s2' }).capture.channels[0].samples[8], 0.008);
  t.equal(csv(text, { units: 'relative' }).capture.channels[0].unit, 'relative');
  t.throws(() => csv(text, { units: 'furlong' }), { code: 'KZ0811' });
});
