/** kizashi analyze on records with ground truth: written as files of others, read, assessed, reported. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import wavefile from 'wavefile';
import { pressRecording } from '../../examples/recordings/make.js';
import { exitOfHealth, statusWord } from '../../host/cli/status.js';
import { type SyntheticVibrationOptions, syntheticVibration } from '../../host/emulate/rig/synthetic.js';
import { readRecordings } from '../../host/recordings/index.js';
import { onlyJson, run, spawnCli } from './run-cli.js';

for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR']) delete process.env[name];

const frHz = 29.1;
const fsHz = 12000;

/** Samples of one axis in m/s². */
function record(options: Partial<SyntheticVibrationOptions>): Float64Array {
  return syntheticVibration({ seed: 11, fsHz, durationS: 9, frHz, snrDb: 0, ...options }).capture.channels[0].samples;
}

const damaged = record({ bearing: { fault: 'outer', resonances: [{ hz: 3200, zeta: 0.05 }] } });
const healthy = record({ snrDb: undefined, bearing: { fault: 'none' } });

/** PCM of 16 bits with the comment that carries unit and scale. */
function wav(samples: Float64Array, comment = true): Uint8Array {
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const step = peak / 32000;
  const file = new wavefile.WaveFile();
  file.fromScratch(
    1,
    fsHz,
    '16',
    Int16Array.from(samples, (x) => Math.round(x / step)),
  );
  if (comment)
    file.setTag('ICMT', JSON.stringify({ kizashi: 1, fs: [fsHz, 1], unit: 'm/s2', scale: [step], channels: ['ax'] }));
  return file.toBuffer();
}

function folder(t: { testdir(): string }): string {
  const dir = t.testdir();
  writeFileSync(join(dir, 'outer.wav'), wav(damaged));
  writeFileSync(join(dir, 'plain.wav'), wav(damaged, false));
  writeFileSync(join(dir, 'healthy.wav'), wav(healthy));
  return dir;
}

interface Facts {
  findings: { cause: string; p: number | null; severityDb: number | null; captureVerdict: unknown }[];
  indicators: { id: string; value: number | null; valid: unknown }[];
  speed?: { frHz: number };
  verdict: unknown;
  grade: string;
}

const assessmentOf = (json: Record<string, unknown>, file = 0): Facts =>
  (json as { files: { recordings: { assessments: Facts[] }[] }[] }).files[file].recordings[0].assessments[0];

t.test('an outer-race defect in a WAV file is found, a healthy machine is left alone', async (t) => {
  const dir = folder(t);
  const motor = ['--bearing', '6205', '--rpm', '1750'];
  const ran = await run(['analyze', join(dir, 'outer.wav'), ...motor, '--json']);
  t.equal(ran.code, 0);
  const found = assessmentOf(onlyJson(ran));
  t.match(found, { verdict: { kind: 'unsigned' }, grade: 'none' });
  t.ok(Math.abs((found.speed?.frHz ?? 0) / frHz - 1) < 0.005, `speed ${found.speed?.frHz}`);
  const bearing = found.findings.find(({ cause }) => cause.startsWith('bearing-'));
  t.equal(bearing?.cause, 'bearing-outer');
  t.ok((bearing?.p ?? 1) <= 0.01 && (bearing?.severityDb ?? 0) >= 5, `p ${bearing?.p}, ${bearing?.severityDb} dB`);
  const well = assessmentOf(onlyJson(await run(['analyze', join(dir, 'healthy.wav'), ...motor, '--json'])));
  t.same(well.findings, []);
});

t.test('the report names rate, unit, speed and their sources; the unsigned never looks signed', async (t) => {
  const dir = folder(t);
  const { code, stdout, stderr } = await run([
    'analyze',
    join(dir, 'outer.wav'),
    '--bearing',
    '6205',
    '--rpm',
    '1750',
    '--kw',
    '4',
  ]);
  t.equal(code, 0);
  t.equal(stderr, '');
  t.match(
    stdout,
    /^outer\.wav {3}108000 samples {3}12000 Hz \(ICMT\) {3}9\.00 s {3}unit m\/s² \(ICMT\) {3}unsigned recording\n/,
  );
  t.match(stdout, /speed 17\d\d r\/min = 29\.\d+ Hz ±/);
  t.match(stdout, /rmsVelocity [\d.]+ mm\/s/);
  t.match(stdout, /consistent with outer-race damage of 6205/);
  t.match(stdout, /p ≤ 0\.0\d+/);
  t.notMatch(stdout, /\bverified\b/);
});

t.test('an unknown unit: ratios and bearings only, no velocity, and it says why', async (t) => {
  const dir = folder(t);
  const plain = await run(['analyze', join(dir, 'plain.wav'), '--bearing', '6205', '--rpm', '1750']);
  t.match(plain.stdout, /unit relative \(not stated\)/);
  t.match(plain.stdout, /UNIT_UNKNOWN {3}rmsVelocity/);
  t.match(plain.stdout, /outer-race damage/);
  t.notMatch(plain.stdout, /mm\/s/);
  const named = await run(['analyze', join(dir, 'plain.wav'), '--units', 'g', '--rpm', '1750']);
  t.match(named.stdout, /unit m\/s² \(--units\)[\s\S]*rmsVelocity [\d.]+ mm\/s/);
});

t.test('exit codes: the worst health with --exit-code; files that fail do not spoil the others', async (t) => {
  const dir = folder(t);
  const motor = ['--bearing', '6205', '--rpm', '1750', '--exit-code'];
  t.equal((await run(['analyze', join(dir, 'outer.wav'), ...motor])).code, 10);
  t.equal((await run(['analyze', join(dir, 'healthy.wav'), ...motor])).code, 0);
  writeFileSync(join(dir, 'broken.wav'), wav(damaged).subarray(0, 5000));
  const both = await run(['analyze', join(dir, 'broken.wav'), join(dir, 'healthy.wav'), '--json']);
  t.equal(both.code, 9);
  const { files } = onlyJson(both) as { files: { error?: { code: string }; recordings?: unknown[] }[] };
  t.same(
    files.map(({ error, recordings }) => error?.code ?? recordings?.length),
    ['KZ0807', 1],
  );
  const alone = await run(['analyze', join(dir, 'broken.wav')]);
  t.match(alone, { code: 9, stdout: '', stderr: /error KZ0807: broken\.wav: chunk "data" promises/ });
  t.equal(exitOfHealth([{ status: 'good' }, { status: 'failure' }]), 11);
  t.equal(exitOfHealth([{ status: 'good' }, { status: 'grey' }]), 14, 'silence never reads as health');
  t.equal(statusWord({ status: 'grey', grey: 'stale' }), 'silent');
});

t.test('several files: one row each', async (t) => {
  const dir = folder(t);
  const ran = await run([
    'analyze',
    join(dir, 'outer.wav'),
    join(dir, 'healthy.wav'),
    '--bearing',
    '6205',
    '--rpm',
    '1750',
  ]);
  t.equal(ran.code, 0);
  const [head, outer, well, end] = ran.stdout.split('\n');
  t.match(head, /^RECORD .*VERDICT$/);
  t.match(outer, /^outer\.wav +12000 .*bearing-outer .*off-spec \(unsigned\)$/);
  t.match(well, /^healthy\.wav +12000 .* none .*normal \(unsigned\)$/);
  t.equal(end, '');
});

t.test('a motor file, and flags over it', async (t) => {
  const dir = folder(t);
  writeFileSync(
    join(dir, 'm.yaml'),
    'id: press-04\nnameplate: { rpm: 1750, kW: 4 }\nbearings: [{ position: DE, designation: 6205 }]\n',
  );
  const ran = await run(['analyze', join(dir, 'outer.wav'), '--motor', join(dir, 'm.yaml')]);
  t.match(ran.stdout, /outer-race damage of 6205 \(DE\)/);
  writeFileSync(join(dir, 'bad.yaml'), 'id: press-04\nnameplate:\n  kw: 4\n');
  t.match(await run(['analyze', join(dir, 'outer.wav'), '--motor', join(dir, 'bad.yaml')]), {
    code: 3,
    stderr: /KZ0701: .*bad\.yaml:3:3/,
  });
  t.match(await run(['analyze', join(dir, 'outer.wav'), '--rate', '-1']), { code: 2, stderr: /--rate/ });
  t.match(await run(['analyze', join(dir, 'outer.wav'), '--bearing', '4711']), { code: 4, stderr: /KZ0703/ });
});

function indexOf(dir: string, count: number): string {
  mkdirSync(join(dir, 'set'), { recursive: true });
  const entry = (name: string, samples: Float64Array, condition: string): object[] => {
    const bytes = Buffer.from(Float32Array.from(samples).buffer);
    writeFileSync(join(dir, 'set', name), bytes);
    return Array.from({ length: count }, (_, i) => ({
      id: `${name}-${i}`,
      dataset: 'rig',
      file: `set/${name}`,
      dtype: 'float32le',
      fs_hz: fsHz,
      n: samples.length,
      channels: [{ name: 'DE', unit: 'm/s2', scale: 1, offset: 0 }],
      sha256: createHash('sha256').update(bytes).digest('hex'),
      rpm: frHz * 60,
      label: { condition },
      geometry: { DE: { bearing: '6205', balls: 9, orders: { BPFO: 3.572, BPFI: 5.428, BSF: 2.322, FTF: 0.3969 } } },
    }));
  };
  const records = [...entry('outer', damaged, 'bearing_fault'), ...entry('well', healthy, 'healthy')];
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ schema: 'kizashi-test/1', records }));
  return join(dir, 'index.json');
}

t.test('an index: one row a record; labels change nothing', async (t) => {
  const path = indexOf(t.testdir(), 1);
  const { code, stdout } = await run(['analyze', path]);
  t.equal(code, 0);
  const [head, outer, well] = stdout.split('\n');
  t.match(head, /^RECORD +HZ +R\/MIN +VELOCITY +KURTOSIS +FINDING +P +DB +VERDICT$/);
  t.match(
    outer,
    /^outer-0 +12000 +17\d\d +[\d.]+ mm\/s rms +[\d.]+ +bearing-outer DE 6205 .*≤ 0\.0\d+ +[\d.]+ +off-spec \(unsigned\)$/,
  );
  t.match(well, /^well-0 .* none .*\(unsigned\)$/);
  const labelled = (await run(['analyze', path, '--labels'])).stdout.split('\n');
  t.match(labelled[1], /condition bearing_fault$/);
  const json = onlyJson(await run(['analyze', path, '--json'])) as {
    records: { id: string; assessments: unknown[] }[];
  };
  t.same(
    json.records.map(({ id, assessments }) => [id, assessments.length]),
    [
      ['outer-0', 1],
      ['well-0', 1],
    ],
  );
  t.notMatch(JSON.stringify(json), /bearing_fault/, 'the label is not in the result');
  t.match(await run(['analyze', path, '--only', 'none']), { code: 2, stderr: /its sets are rig/ });
});

t.test('recompute: the findings of a result again from the recording, bit for bit', async (t) => {
  const dir = folder(t);
  const ran = await run(['analyze', join(dir, 'outer.wav'), '--bearing', '6205', '--rpm', '1750', '--json']);
  const result = join(dir, 'result.json');
  writeFileSync(result, ran.stdout);
  t.match(await run(['recompute', result]), {
    code: 0,
    stdout: /^identical .*bearing-outer\n(identical .*\n)*(\d) of \2 findings identical\n$/,
  });
  // the p-value of another finding, a bit of the severity, another recording
  const stated = (assessmentOf(onlyJson(ran)).findings[0] as { severityDb: number }).severityDb;
  writeFileSync(result, ran.stdout.replaceAll(`"severityDb":${stated}`, `"severityDb":${stated * (1 + 2 ** -52)}`));
  t.match(await run(['recompute', result, '--json']), {
    code: 1,
    stdout: /"identical":false[^}]*"field":"severityDb"/,
  });
  writeFileSync(result, ran.stdout);
  t.match(await run(['recompute', result, join(dir, 'healthy.wav')]), { code: 1, stdout: /DIFFERS .*no capture/ });
  t.match(await run(['recompute', join(dir, 'outer.wav')]), { code: 2, stderr: /KZ1405/ });
  writeFileSync(result, '{"schema":"kizashi/analyze/1","read":{},"files":[{"file":1}]}');
  t.match(await run(['recompute', result]), { code: 2, stderr: /KZ1405.*\n {2}why {3}files\.0\.file/ });
});

t.test('a table of slow rows is learned and judged as features; label columns are not read', async (t) => {
  const dir = t.testdir();
  const row = (i: number): string => {
    const noise = ((i * 7919) % 101) / 101 - 0.5;
    const other = ((i * 104729) % 97) / 97 - 0.5;
    return `2026-01-01T${String(Math.floor(i / 3600)).padStart(2, '0')}:${String(Math.floor(i / 60) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}Z;${(0.2 + 0.02 * noise + (i >= 700 ? 0.08 : 0)).toFixed(5)};${(2 + 0.1 * other).toFixed(4)};${i >= 700 ? 1 : 0}\n`;
  };
  const table = (n: number): string =>
    `datetime;VibrationRMS;Current;anomaly\n${Array.from({ length: n }, (_, i) => row(i)).join('')}`;
  writeFileSync(join(dir, 'rows.csv'), table(900));
  const ran = await run(['analyze', join(dir, 'rows.csv')]);
  t.equal(ran.code, 0);
  t.match(
    ran.stdout,
    /^rows\.csv {3}900 rows x 2 columns {3}1\.000 Hz {3}unsigned recording\n {2}400 rows learned; (\d+) of 500 later rows differ from them, the first is row 70\d\n/,
  );
  t.match(ran.stdout, /not read: anomaly/);
  const { files } = onlyJson(await run(['analyze', join(dir, 'rows.csv'), '--json'])) as {
    files: { rows: { over: number; columns: string[] } }[];
  };
  t.same(files[0].rows.columns, ['VibrationRMS', 'Current']);
  t.ok(files[0].rows.over >= 190 && files[0].rows.over <= 200, `${files[0].rows.over} of the 200 changed rows`);
  writeFileSync(join(dir, 'short.csv'), table(70));
  t.match(await run(['analyze', join(dir, 'short.csv')]), {
    code: 9,
    stderr: /KZ0805: short\.csv has 70 rows, at least 80/,
  });
});

t.test('motors show: what a file tells, and what is lost by its gaps', async (t) => {
  const dir = t.testdir();
  writeFileSync(
    join(dir, 'm.yaml'),
    'id: press-04\nnameplate: { kW: 4, rpm: 1480, poles: 4 }\nfoundation: rigid\nbearings: [{ position: DE, designation: 6205 }]\n',
  );
  const { code, stdout } = await run(['motors', 'show', join(dir, 'm.yaml')]);
  t.equal(code, 0);
  t.match(stdout, /4\.00 kW {3}1480 r\/min {3}rigid/);
  t.match(stdout, /limits {3}ISO 10816-1:1995 class I: 0\.71 \/ 1\.8 \/ 4\.5 mm\/s/);
  t.match(stdout, /DE +6205 \(\d variants\) {3}BPFO 3\.5\d–3\.5\dx/);
  t.match(stdout, /lost {5}mounting: /);
  t.notMatch(stdout, /lost {5}kW/);
  writeFileSync(join(dir, 'bare.yaml'), 'id: m\n');
  t.match(
    (await run(['motors', 'show', join(dir, 'bare.yaml')])).stdout,
    /lost {5}rpm[\s\S]*lost {5}bearings[\s\S]*lost {5}kW/,
  );
});

t.test('docs/recordings.md shows what its commands print, on an example that its script makes', async (t) => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const example = readFileSync(`${root}examples/recordings/press-04.wav`);
  t.ok(example.equals(pressRecording()), 'press-04.wav is what make.ts writes');
  const page = readFileSync(`${root}docs/recordings.md`, 'utf8');
  const blocks = [...page.matchAll(/```\n\$ kizashi (.*)\n([\s\S]*?)```/g)];
  t.ok(blocks.length >= 3);
  const before = process.cwd();
  process.chdir(root);
  for (const [, command, shown] of blocks) {
    const ran = await run(command.split(' '));
    t.equal(ran.stdout.trimEnd(), shown.trimEnd(), command);
    t.equal(ran.code, 0);
  }
  process.chdir(before);
});

t.test('without a bearing the search is blind: orders, not parts', async (t) => {
  const dir = folder(t);
  const { stdout } = await run(['analyze', join(dir, 'outer.wav'), '--rpm', '1750']);
  t.match(stdout, /non-synchronous impulsive family at 3\.5\dx/);
  t.notMatch(stdout, /outer-race/);
});

t.test('export: CSV that reads back to the same bits, facts beside it, nothing overwritten', async (t) => {
  const dir = folder(t);
  const to = join(dir, 'out');
  t.match(await run(['export', join(dir, 'outer.wav'), '--out', to]), {
    code: 0,
    stdout: /outer\.wav\.csv {3}108000 rows/,
  });
  const [original] = readRecordings(join(dir, 'outer.wav'));
  const [again] = readRecordings(join(to, 'outer.wav.csv'));
  t.equal(again.capture.id, original.capture.id, 'the same samples, so the same address');
  t.match(again.capture.channels[0], { id: 'ax', unit: 'm/s2' });
  t.ok(Math.abs(again.capture.fsHz / fsHz - 1) < 1e-9);
  const facts = JSON.parse(readFileSync(join(to, 'outer.wav.json'), 'utf8')) as object;
  t.match(facts, { schema: 'kizashi-csv/1', verdict: { kind: 'unsigned' }, evidence: 'none', fsHz });
  t.match(await run(['export', join(dir, 'outer.wav'), '--out', to]), { code: 2, stderr: /KZ1406: .*EEXIST/ });
  // a hole in the record stays one
  writeFileSync(
    join(dir, 'gap.csv'),
    `time_s,ax_g\n${Array.from({ length: 300 }, (_, i) => `${(i < 100 ? i : i + 50) / 100},${i % 9}\n`).join('')}`,
  );
  await run(['export', join(dir, 'gap.csv'), '--out', to]);
  t.same(readRecordings(join(to, 'gap.csv.csv'))[0].capture.spans, [
    [0, 100],
    [100, 300],
  ]);
});

t.test('Ctrl-C in a long run: exit 130 within two seconds', async (t) => {
  const path = indexOf(t.testdir(), 200);
  let sent = 0;
  const { code } = await spawnCli(['analyze', path], {
    act: (child) => {
      if (sent === 0) {
        sent = performance.now();
        child.kill('SIGINT');
      }
    },
  });
  t.equal(code, 130);
  t.ok(performance.now() - sent < 2500, `${Math.round(performance.now() - sent)} ms`);
});
