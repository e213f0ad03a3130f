/** kizashi export: each format read back by a reader that is not its writer, to the bit where the form can hold it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import t from 'tap';
import { recordingsOf } from '../../host/cli/recording-file.js';
import { readBytes, wavBytes } from '../../host/recordings/index.js';
import { run } from './run-cli.js';

for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR']) delete process.env[name];

/** Two channels in whole steps of 1/128 g and of 0.25 A, at a rate that is no whole number. */
function sourceCsv(rows: number): string {
  const lines = ['time_s,ax_m_s2,i1_a'];
  for (let i = 0; i < rows; i++)
    lines.push(
      `${i / 3201.66},${Math.round(40 * Math.sin(i / 7)) / 128 + 0.5},${Math.round(20 * Math.cos(i / 11)) * 0.25}`,
    );
  return `${lines.join('\n')}\n`;
}

t.test('export', async (t) => {
  const dir = t.testdir({ 'src.csv': sourceCsv(4000) });
  const source = join(dir, 'src.csv');
  const [original] = readBytes(readFileSync(source), 'src.csv');
  const [ax, i1] = original.capture.channels;
  const write = async (format: string): Promise<string> => {
    t.match(await run(['export', source, '--format', format, '--out', join(dir, format)]), {
      code: 0,
      stdout: /4000 rows/,
    });
    return join(dir, format, format === 'csv' ? 'src.csv' : `src.csv.${format}`);
  };

  t.test('npy, read by NumPy where it is here', async (t) => {
    const file = await write('npy');
    const [read] = readBytes(readFileSync(file), 'x.npy', { rateHz: 3201.66, units: 'm/s2' });
    t.same([...read.capture.channels[0].samples], [...Float32Array.from(ax.samples)]);
    t.same([...read.capture.channels[1].samples], [...Float32Array.from(i1.samples)]);
    const python = ['/usr/bin/python3', 'python3'].find((name) => spawnSync(name, ['-c', 'import numpy']).status === 0);
    if (!python) return t.pass('read by NumPy', { skip: 'no NumPy here: apt-get install python3-scipy' });
    const said = execFileSync(
      python,
      ['-c', `import numpy; a = numpy.load(${JSON.stringify(file)}); print(a.shape, a.dtype)`],
      { encoding: 'utf8' },
    );
    t.equal(said.trim(), '(4000, 2) float32');
  });

  t.test('parquet, read by hyparquet', async (t) => {
    const bytes = readFileSync(await write('parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = (await parquetReadObjects({ file })) as Record<string, number>[];
    t.equal(rows.length, 4000);
    t.same(
      rows.map((row) => row.ax_m_s2),
      [...Float32Array.from(ax.samples)],
    );
    t.same(
      rows.map((row) => row.i1_a),
      [...Float32Array.from(i1.samples)],
    );
    const facts = new Map(parquetMetadata(file).key_value_metadata?.map(({ key, value }) => [key, value]));
    t.match(facts.get('kizashi.fs'), /^32016\d{5}\/1000000$/);
    t.equal(facts.get('kizashi.evidence'), 'none');
    t.equal(facts.get('kizashi.unit.ax'), 'm/s2');

    const [read] = await recordingsOf(bytes, 'x.parquet', {});
    t.match(read, { name: 'x.parquet', facts: { rateFrom: 'metadata' } });
    t.ok(Math.abs(read.capture.fsHz - original.capture.fsHz) < 1e-6, `${read.capture.fsHz}`);
    t.match(read.capture.channels, [
      { id: 'ax', unit: 'm/s2' },
      { id: 'i1', unit: 'A' },
    ]);
    t.same([...read.capture.channels[0].samples], [...Float32Array.from(ax.samples)]);
    const [told] = await recordingsOf(bytes, 'x.parquet', { rateHz: 1000 });
    t.equal(told.capture.fsHz, 1000, '--rate goes first');
    const analyzed = await run(['analyze', join(dir, 'parquet', 'src.csv.parquet'), '--json']);
    t.match(JSON.parse(analyzed.stdout), {
      files: [{ recordings: [{ assessments: [{ kind: 'vibration' }, { kind: 'current' }] }] }],
    });
    for (const cut of [4, 100, bytes.length - 9])
      await t.rejects(recordingsOf(bytes.subarray(0, cut), 'cut.parquet', {}), { code: 'KZ0802' }, `${cut} bytes`);
  });

  t.test('wav: the measured rate comes back, and float samples to one float32', async (t) => {
    const [read] = readBytes(readFileSync(await write('wav')), 'x.wav');
    t.ok(Math.abs(read.capture.fsHz / original.capture.fsHz - 1) < 1e-6, 'not the whole number of the header');
    t.same(read.capture.channels.map(({ id, unit }) => ({ id, unit })).slice(0, 1), [{ id: 'ax', unit: 'm/s2' }]);
    t.same([...read.capture.channels[0].samples], [...Float32Array.from(ax.samples)]);
  });

  t.test('wav of steps: PCM16 that comes back to the bit', async (t) => {
    const channels = original.capture.channels.slice(0, 1).map((channel) => ({ ...channel, lsb: 1 / 128 }));
    const [read] = readBytes(wavBytes({ ...original.capture, channels }), 'steps.wav');
    t.equal(read.capture.channels[0].lsb, 1 / 128);
    t.same([...read.capture.channels[0].samples], [...ax.samples]);
  });

  t.match(await run(['export', source, '--format', 'xls']), { code: 2, stderr: /KZ1401/ });
  writeFileSync(join(dir, 'src.csv.npy'), 'mine');
  t.match(await run(['export', source, '--format', 'npy', '--out', dir]), { code: 2, stderr: /KZ1406.*EEXIST/ });
  t.equal(readFileSync(join(dir, 'src.csv.npy'), 'utf8'), 'mine', 'what stood there stays');
});
