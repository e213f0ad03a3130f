/**
 * Speed of host/signal and of the finding chain against SciPy and FFTW on the same record in the same run, one core, CPU time, the sides in
 * turn. Results of both sides are compared before their times are.
 *
 *     npm run bench:signal [-- --json]
 *
 * Needs Python 3 with SciPy (Debian: python3-scipy); FFTW is called where its library is found. Without SciPy only our own times are
 * printed and no goal is judged.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ORDERS_6205, syntheticCurrent, syntheticVibration } from '../host/emulate/rig/index.js';
import {
  bandRms,
  envelopeSpectrum,
  kernel,
  lineSpectrum,
  rfftInto,
  statistics,
  useKernel,
  welch,
  Xoshiro128,
} from '../host/signal/index.js';
import { judgeBearing } from '../host/wear/bearing.js';
import { assessCurrent, assessVibration, estimateSpeed, logLines, type MotorContext } from '../host/wear/index.js';
import { type BenchRow, median, report } from './table.js';

const FS = 12000;
const SAMPLES = 48000;
const ORDERS = { BPFO: 3.5723, BPFI: 5.4277, BSF: 2.3216, FTF: 0.39692 };
const SEED = Array.from({ length: 16 }, (_, i) => i + 1);
const ROUNDS = 9;

/** Python in one process for the whole bench. */
class SciPy {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor() {
    const script = fileURLToPath(new URL('./signal/scipy_side.py', import.meta.url));
    this.#child = spawn('/usr/bin/python3', ['-B', script], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child.on('error', () => {});
    this.#child.stdin?.on('error', () => {});
    this.#reader = createInterface({ input: this.#child.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Answer to a task, or undefined when there is no SciPy to ask. */
  async ask<T>(task: Record<string, unknown>): Promise<T | undefined> {
    this.#child.stdin?.write(`${JSON.stringify(task)}\n`);
    const line = await this.#lines.next();
    return line.done === true ? undefined : (JSON.parse(line.value) as T);
  }

  close(): void {
    this.#child.stdin?.end();
  }
}

interface Timed {
  seconds: number;
  result: number[];
}

function cpuSeconds(times: number, work: () => number[]): Timed {
  const before = process.cpuUsage();
  let result: number[] = [];
  for (let i = 0; i < times; i++) result = work();
  const used = process.cpuUsage(before);
  return { seconds: (used.user + used.system) / 1e6 / times, result };
}

const { capture } = syntheticVibration({
  seed: 3,
  fsHz: FS,
  durationS: SAMPLES / FS,
  frHz: 24.6,
  snrDb: -3,
  bearing: { fault: 'outer', orders: ORDERS },
});
// The record as a board sends it: int16 in mm/s².
const raw = Int16Array.from(capture.channels[0].samples, (v) => Math.round(Math.max(-32, Math.min(32, v)) * 1000));

function samplesOf(source: Int16Array): Float64Array {
  const x = new Float64Array(source.length);
  for (let j = 0; j < x.length; j++) x[j] = source[j] * 0.001;
  return x;
}

function recordChain(): number[] {
  const x = samplesOf(raw);
  const psd = welch(x, FS, { segment: 4096 });
  const { power } = envelopeSpectrum(x, FS, { whiten: false, band: [2000, 4500] });
  const { kurtosis } = statistics(x);
  const { amplitudes } = lineSpectrum(x, FS);
  return [bandRms(psd, 0, FS / 2), largest(power), kurtosis, largest(amplitudes)];
}

function largest(values: Float64Array): number {
  let top = values[0];
  for (let k = 1; k < values.length; k++) if (values[k] > top) top = values[k];
  return top;
}

const axes = [samplesOf(raw), samplesOf(raw.slice().reverse())];
const variant = { id: 'v', designation: '6205', balls: 9, orders: ORDERS };

function findingChain(count: number): number[] {
  const given = axes.slice(0, count).map((samples, i) => ({ channel: `a${i}`, spans: [samples] }));
  const speed = estimateSpeed(given, FS, 25, 0.05);
  const lines = logLines(given, FS, speed.frHz);
  if ('code' in lines) throw new Error(lines.text);
  const { families } = judgeBearing(lines, [variant], speed.uncertainty, new Xoshiro128(Uint8Array.from(SEED)));
  const severity = (name: string) => families.find(({ family }) => family === name)?.severityDb ?? Number.NaN;
  return [speed.frHz, severity('outer'), severity('inner')];
}

const x4096 = samplesOf(raw.subarray(0, 4096));
const bins = { re: new Float64Array(2049), im: new Float64Array(2049) };

function rfft4096(): number[] {
  rfftInto(x4096, bins);
  return [];
}

/** Our time without the WebAssembly kernel. */
function reference(times: number, work: () => number[]): Timed {
  useKernel(false);
  cpuSeconds(1, work);
  const timed = cpuSeconds(times, work);
  useKernel(true);
  return timed;
}

const scipy = new SciPy();
const folder = mkdtempSync(join(tmpdir(), 'kizashi-bench-signal-'));
const file = join(folder, 'record.i16');
writeFileSync(file, new Uint8Array(raw.buffer));
const facts = await scipy.ask<{ scipy: string; fftw: boolean }>({ task: 'facts' });
if (facts !== undefined) await scipy.ask({ task: 'load', file });
const rows: BenchRow[] = [];

/** Rounds in turn; medians of both sides. Throws when the results differ. */
async function compare(
  task: Record<string, unknown> & { task: string; times: number },
  times: number,
  work: () => number[],
): Promise<{ ours: number; theirs?: number }> {
  const ours: number[] = [];
  const theirs: number[] = [];
  // Both sides warm: a monitor computes all day.
  cpuSeconds(Math.max(8, times), work);
  if (facts !== undefined) await scipy.ask(task);
  for (let round = 0; round < ROUNDS; round++) {
    const mine = cpuSeconds(times, work);
    ours.push(mine.seconds);
    const other = facts === undefined ? undefined : await scipy.ask<Timed>(task);
    if (other === undefined) continue;
    theirs.push(other.seconds);
    mine.result.forEach((value, i) => {
      const error = Math.abs(value - other.result[i]) / Math.max(Math.abs(other.result[i]), 1);
      if (!(error < 1e-8))
        throw new Error(`${task.task}: result ${i} is ${value} here and ${other.result[i]} in SciPy`);
    });
  }
  return { ours: median(ours), ...(theirs.length > 0 ? { theirs: median(theirs) } : {}) };
}

function row(
  name: string,
  ours: number,
  unit: 'µs' | 'ms',
  theirs: number | undefined,
  who: string,
  factor: number,
  goal: string,
): void {
  const scale = unit === 'µs' ? 1e6 : 1e3;
  const told =
    theirs === undefined
      ? `${who} not here`
      : `${who} ${(theirs * scale).toPrecision(4)} ${unit}, ${(theirs / ours).toFixed(2)}x`;
  rows.push({
    row: name,
    value: ours * scale,
    unit,
    reference: told,
    goal,
    holds: theirs === undefined ? null : theirs >= factor * ours,
  });
}

const version = facts === undefined ? 'SciPy' : `SciPy ${facts.scipy}`;
const small = await compare({ task: 'rfft', times: 2000 }, 2000, rfft4096);
row('rfft of 4096, float64', small.ours, 'µs', small.theirs, version, 1, 'no slower than SciPy');
if (facts?.fftw === true) {
  const fftw = await compare({ task: 'fftw', times: 2000 }, 2000, rfft4096);
  row('rfft of 4096, float64', fftw.ours, 'µs', fftw.theirs, 'FFTW 3 (double)', 0.5, 'at most twice FFTW');
}
const record = await compare({ task: 'record', times: 10 }, 10, recordChain);
row(
  '48,000 int16: density, envelope, statistics, spectrum',
  record.ours,
  'ms',
  record.theirs,
  version,
  3,
  '3x SciPy (aim 5x)',
);
for (const count of [1, 2]) {
  const task = { task: 'finding', times: 2, axes: count, nominal: 25, orders: ORDERS, seed: SEED };
  const chain = await compare(task, 5, () => findingChain(count));
  row(
    `finding chain, ${count} ax${count === 1 ? 'is' : 'es'} of 4 s`,
    chain.ours,
    'ms',
    chain.theirs,
    version,
    3,
    '3x SciPy',
  );
}

/** A motor of a fleet: three axes at 3.2 kS/s and one current at 4 kS/s, ten seconds of each a minute. */
const FLEET = { motors: 1000, channels: 4, seconds: 10 };
const fleetMotor: MotorContext = {
  ratedKw: 4,
  ratedRpm: 1480,
  supplyHz: 50,
  polePairs: 2,
  speed: { nominalRpm: 1480, tolerance: 0.05, source: 'nameplate' },
  drive: 'direct',
  mounting: 'stud',
  bearings: [{ position: 'DE', variants: [{ ...variant, orders: ORDERS_6205 }] }],
};
const durationS = FLEET.seconds;
const fleet = [1, 2, 3, 4].map((seed) => {
  const made = { seed, durationS, noise: 0.5, frHz: 24.6, axes: ['x', 'y', 'z'] as const, bearing: { hum: 0.02 } };
  const nameplate = { kw: 4, rpm: 1480, poles: 4, hz: 50 };
  const { capture } = syntheticCurrent({ seed, durationS, fsHz: 4000, nameplate, load: 0.7 });
  return {
    vibration: syntheticVibration({ ...made, fsHz: 3200 }).capture,
    current: { ...capture, channels: capture.channels.slice(0, 1) },
  };
});
let turn = 0;
function fleetAssessment(): number[] {
  const { vibration, current } = fleet[turn++ % fleet.length];
  return [assessVibration(vibration, fleetMotor).findings.length, assessCurrent(current, fleetMotor).findings.length];
}
cpuSeconds(8, fleetAssessment);
const assessed = Array.from({ length: ROUNDS }, () => cpuSeconds(4, fleetAssessment).seconds);
const perChannel = median(assessed) / FLEET.channels;
const share = (FLEET.motors * FLEET.channels * perChannel) / 60;
rows.push({
  row: `whole assessment of a motor, ${FLEET.seconds} s of 3 axes and a current, per channel`,
  value: perChannel * 1e3,
  unit: 'ms',
  reference: `${FLEET.motors} motors a minute take ${(100 * share).toFixed(0)} % of a core`,
  goal: 'half a core: 7.5 ms',
  holds: share <= 0.5,
});
if (kernel() !== undefined) {
  const plain = reference(5, recordChain).seconds;
  rows.push({
    row: 'the record chain in TypeScript alone',
    value: plain * 1e3,
    unit: 'ms',
    reference: `kernel ${(record.ours * 1e3).toPrecision(3)} ms, same bits`,
    goal: '',
    holds: null,
  });
}
scipy.close();
rmSync(folder, { recursive: true });
report('signal', rows);
