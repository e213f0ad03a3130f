/** The recordings index: every dtype, layout and check, on an index made here; then the development recordings, where they are present. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { recordedMotor } from '../../host/motors/index.js';
import {
  findRecordings,
  type IndexRecord,
  readIndex,
  readLabelColumn,
  readRecord,
  readRecordTable,
  readSnapshots,
} from '../../host/recordings/index.js';

const n = 300;
const wave = (k: number): number[] => Array.from({ length: n }, (_, i) => ((i * k) % 401) - 200);
const statistics = (x: number[]): { rms_ac: number; kurtosis: number } => {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const moment = (p: number): number => x.reduce((sum, v) => sum + (v - mean) ** p, 0) / x.length;
  return { rms_ac: Number(Math.sqrt(moment(2)).toFixed(6)), kurtosis: Number((moment(4) / moment(2) ** 2).toFixed(4)) };
};

function makeIndex(dir: string, change: (records: IndexRecord[]) => void = () => {}): string {
  mkdirSync(join(dir, 'set'), { recursive: true });
  const save = (name: string, bytes: Buffer, gzip: boolean): { file: string; gzip?: boolean; sha256: string } => {
    writeFileSync(join(dir, 'set', name), gzip ? gzipSync(bytes) : bytes);
    return { file: `set/${name}`, ...(gzip ? { gzip } : {}), sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  const planar = [...wave(37), ...wave(53)];
  const i16 = Buffer.from(Int16Array.from(planar).buffer);
  const f32 = Buffer.from(Float32Array.from(planar).buffer);
  const channels = [
    { name: 'DE', unit: 'g (stated)', scale: 0.01, offset: 0.5, ...statistics(wave(37).map((x) => x * 0.01 + 0.5)) },
    { name: 'X', unit: 'V (bias removed)', scale: 2, offset: 0, ...statistics(wave(53).map((x) => x * 2)) },
  ];
  const table = `datetime;A;B;label\n${Array.from({ length: n }, (_, i) => `2026-01-01 00:${String(Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')};${i % 9}.5;${i};${i % 2}\n`).join('')}`;
  const base = { dataset: 'cwru', fs_hz: 1000, n, channels };
  const records: IndexRecord[] = [
    { id: 'plain', ...base, dtype: 'int16le', ...save('plain.i16', i16, false) },
    { id: 'packed', ...base, dtype: 'int16le', ...save('packed.i16.gz', i16, true), gzip: true },
    { id: 'floats', ...base, dtype: 'float32le', ...save('floats.f32.gz', f32, true), gzip: true },
    {
      id: 'snaps',
      ...base,
      dtype: 'int16le',
      ...save('snaps.i16', i16, false),
      snapshots: 3,
      samples_per_snapshot: 100,
      snapshot_interval_s: 10,
    },
    {
      id: 'phases',
      dataset: 'itsc',
      fs_hz: 1000,
      n,
      dtype: 'int16le',
      ...save('phases.i16', i16, false),
      channels: ['iA', 'iB'].map((name) => ({ name, unit: 'not stated', scale: 1, offset: 0 })),
    },
    {
      id: 'rows',
      dataset: 'skab',
      fs_hz: 1,
      n,
      dtype: 'csv (;)',
      ...save('rows.csv', Buffer.from(table), false),
      channels: ['datetime', 'A', 'B'],
    },
  ];
  change(records);
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ schema: 'kizashi-test-data/1', records }));
  return join(dir, 'index.json');
}

t.test('every dtype and layout', async (t) => {
  const index = readIndex(makeIndex(t.testdir()));
  const by = (id: string): IndexRecord => index.records.find((record) => record.id === id) as IndexRecord;
  for (const id of ['plain', 'packed', 'floats']) {
    const { channels, fsHz } = readRecord(index, by(id));
    t.equal(fsHz, 1000);
    t.same(
      channels.map((c) => [c.id, c.quantity, c.unit]),
      [
        ['DE', 'acceleration', 'm/s2'],
        ['X', 'acceleration', 'relative'],
      ],
    );
    t.same(
      Array.from(channels[0].samples),
      wave(37).map((x) => (x * 0.01 + 0.5) * 9.80665),
      id,
    );
    t.same(
      Array.from(channels[1].samples),
      wave(53).map((x) => x * 2),
      `${id}: a voltage of unknown sensitivity stays relative`,
    );
  }
  t.same(
    readRecord(index, by('phases')).channels.map((c) => [c.quantity, c.unit, c.phase]),
    [
      ['current', 'relative', 'A'],
      ['current', 'relative', 'B'],
    ],
  );
});

t.test('snapshots: one span each, one capture each', async (t) => {
  const index = readIndex(makeIndex(t.testdir()));
  const snaps = index.records[3];
  t.same(readRecord(index, snaps).spans, [
    [0, 100],
    [100, 200],
    [200, 300],
  ]);
  const all = [...readSnapshots(index, snaps)];
  t.same(
    all.map(({ at }) => at),
    [0, 10_000, 20_000],
  );
  t.same(
    Array.from(all[2].channels[1].samples),
    wave(53)
      .slice(200)
      .map((x) => x * 2),
  );
  t.equal(new Set(all.map(({ id }) => id)).size, 3);
  t.equal([...readSnapshots(index, index.records[0])].length, 1);
});

t.test('tables: named columns only; label columns apart', async (t) => {
  const index = readIndex(makeIndex(t.testdir()));
  const rows = index.records[5];
  const table = readRecordTable(index, rows);
  t.same(
    table.columns.map(({ id, values }) => [id, values.length, values[4]]),
    [
      ['A', 300, 4.5],
      ['B', 300, 4],
    ],
  );
  t.equal(table.at, Date.UTC(2026, 0, 1));
  t.same(Array.from(readLabelColumn(index, rows, 'label')?.slice(0, 3) ?? []), [0, 1, 0]);
  t.equal(readLabelColumn(index, rows, 'none'), undefined);
});

t.test('a record that differs from its entry is refused by name', async (t) => {
  const refusal = (change: (record: IndexRecord) => void, at = 0): (() => unknown) => {
    const index = readIndex(makeIndex(t.testdir(), (records) => change(records[at])));
    return () => (at === 5 ? readRecordTable(index, index.records[at]) : readRecord(index, index.records[at]));
  };
  const cases: [string, () => unknown, { code: string; message?: RegExp }][] = [
    [
      'digest',
      refusal((r) => Object.assign(r, { sha256: '00'.repeat(32) })),
      { code: 'KZ0813', message: /record plain.*SHA-256/ },
    ],
    [
      'length',
      refusal((r) => Object.assign(r, { n: 299 })),
      { code: 'KZ0813', message: /1200 bytes, the index says 1196/ },
    ],
    [
      'rms',
      refusal((r) => Object.assign(r.channels[0], { rms_ac: 1.16 })),
      { code: 'KZ0813', message: /rms_ac of DE/ },
    ],
    [
      'kurtosis',
      refusal((r) => Object.assign(r.channels[1], { kurtosis: 3 })),
      { code: 'KZ0813', message: /kurtosis of X/ },
    ],
    ['dtype', refusal((r) => Object.assign(r, { dtype: 'int24' })), { code: 'KZ0802' }],
    ['gzip', refusal((r) => Object.assign(r, { gzip: true })), { code: 'KZ0813', message: /gzip is damaged/ }],
    ['file', refusal((r) => Object.assign(r, { file: 'set/none' })), { code: 'KZ0801' }],
    [
      'rows',
      refusal((r) => Object.assign(r, { n: 301 }), 5),
      { code: 'KZ0813', message: /300 rows, the index says 301/ },
    ],
  ];
  for (const [name, act, expected] of cases) t.throws(act, expected, name);
  t.throws(() => readIndex('/nowhere/index.json'), { code: 'KZ0801' });
});

t.test('what the analysis is told: never label, group, file or estimated speed', async (t) => {
  const geometry = {
    radial: { bearing: 'NICE', balls: 8, orders: { BPFO: 3.245, BPFI: 4.755, BSF: 2.5564, FTF: 0.5935 } },
  };
  const told = recordedMotor({
    rpm: 1796.6,
    supply_hz: 50,
    geometry,
    ...{ label: { condition: 'x' }, rpm_estimated: 1700 },
  });
  t.same(told.motor.speed, { nominalRpm: 1800, tolerance: 0.05, source: 'nameplate' });
  t.equal(
    told.motor.bearings[0].variants[0].orders.FTF,
    3.245 / 8,
    'the cage order of the file is 1 minus the true one',
  );
  t.match(told.warnings, [/FTF 0.5935 is not BPFO \/ n = 0.4056/]);
  t.notMatch(JSON.stringify(told.motor), /1700|condition/);
  t.same(recordedMotor({ rpm: 1796.6 }, true).motor.speed?.nominalRpm, 1796.6);
  t.same(recordedMotor({ rpm: null, geometry: { DE: { balls: 9 } } }).motor.bearings, []);
});

const path = findRecordings();
t.test(
  'every development recording agrees with its index',
  { skip: path === undefined ? '../shared/recordings not present (recordings are not part of the product)' : false },
  async (t) => {
    const index = readIndex(path as string);
    for (const record of index.records) {
      if (record.dtype.startsWith('csv')) t.ok(readRecordTable(index, record).columns.length > 0, record.id);
      else t.equal(readRecord(index, record).channels[0].samples.length, record.n, record.id);
    }
  },
);
