/**
 * What the analysis says about machines that are known because they were made: false findings on healthy ones, calibration of p, and the
 * weakest strikes that are found. Counts are exact repeats for the same number of machines.
 *
 *     npm run bench:synthetic [-- --machines 1000] [--json]
 */
import { randomStream } from '../host/emulate/random.js';
import { ORDERS_6205, type SyntheticVibrationOptions, syntheticVibration } from '../host/emulate/rig/index.js';
import { assessVibration, type MotorContext } from '../host/wear/index.js';
import { type BenchRow, report } from './table.js';

const at = process.argv.indexOf('--machines');
const MACHINES = at > 0 ? Number(process.argv[at + 1]) : 1000;
const motor: MotorContext = {
  speed: { nominalRpm: 1750, tolerance: 0.05, source: 'nameplate' },
  drive: 'direct',
  mounting: 'stud',
  bearings: [{ position: 'DE', variants: [{ id: 'generic', designation: '6205', balls: 9, orders: ORDERS_6205 }] }],
};

/** Every second machine has a bearing that hums at its ball-pass and cage rates, as good ones do: there p has something to find. */
const hums = (seed: number): boolean => seed % 2 === 0;

/** A machine drawn at random: shaft lines, modulation by the shaft, strays, mains, pink noise. */
function machineOf(seed: number): SyntheticVibrationOptions {
  const random = randomStream(seed, 'machine');
  const pick = (low: number, high: number) => low + (high - low) * random.f64();
  return {
    seed,
    fsHz: 12000,
    durationS: 9,
    frHz: pick(28.2, 30.1),
    harmonics: [pick(0, 4), pick(0, 2), pick(0, 1), pick(0, 0.6), pick(0, 0.4)],
    modulation: [
      { order: 1, depth: pick(0, 0.3) },
      { order: 2, depth: pick(0, 0.15) },
      { order: ORDERS_6205.FTF, depth: hums(seed) ? pick(0, 0.05) : 0 },
    ],
    strays: Math.floor(pick(0, 6)),
    hum: { hz: 50, amplitude: pick(0, 0.5) },
    pink: pick(0, 1),
    bearing: { hum: hums(seed) ? pick(0, 0.1) : 0 },
  };
}

const rows: BenchRow[] = [];
let findings = 0;
let hypotheses = 0;
let below1 = 0;
let below5 = 0;
let speedRight = 0;
let worst = 0;
for (let seed = 1; seed <= MACHINES; seed++) {
  const options = machineOf(seed);
  const { capture } = syntheticVibration(options);
  const { scores, findings: found, speed } = assessVibration(capture, motor);
  if (found.some(({ cause }) => cause.startsWith('bearing') || cause === 'impulsive')) findings++;
  if (Math.abs((speed?.frHz ?? 0) / options.frHz - 1) <= 0.005) speedRight++;
  for (const { p, score } of scores.bearing.DE.ranked) {
    worst = Math.max(worst, score);
    if (hums(seed)) continue;
    hypotheses++;
    if (p <= 0.01) below1++;
    if (p <= 0.05) below5++;
  }
}
const percent = (count: number, of: number) => (100 * count) / of;
rows.push(
  {
    row: `bearing findings on ${MACHINES} healthy machines`,
    value: findings,
    unit: '',
    reference: `largest severity ${worst.toFixed(1)} dB, key 5 dB`,
    goal: 'at most 1 %',
    holds: findings <= 0.01 * MACHINES,
  },
  {
    row: 'p <= 0.01 where nothing hums',
    value: percent(below1, hypotheses),
    unit: '%',
    reference: `${below1} of ${hypotheses}`,
    goal: 'at most 3 %',
    holds: below1 <= 0.03 * hypotheses,
  },
  {
    row: 'p <= 0.05 where nothing hums',
    value: percent(below5, hypotheses),
    unit: '%',
    reference: `${below5} of ${hypotheses}`,
    goal: 'at most 7 %',
    holds: below5 <= 0.07 * hypotheses,
  },
  {
    row: 'speed within 0.5 %',
    value: percent(speedRight, MACHINES),
    unit: '%',
    reference: 'the truth of the generator',
    goal: 'at least 95 %',
    holds: speedRight >= 0.95 * MACHINES,
  },
);

for (const fault of ['outer', 'inner', 'ball'] as const) {
  for (const snrDb of [-5, -10, -15]) {
    const count = Math.max(4, Math.round(MACHINES / 50));
    let held = 0;
    let named = 0;
    for (let seed = 1; seed <= count; seed++) {
      const { capture } = syntheticVibration({ ...machineOf(seed + 50000), bearing: { fault }, snrDb });
      const result = assessVibration(capture, motor);
      if (result.findings.some(({ cause }) => cause.startsWith('bearing'))) held++;
      if (result.scores.bearing.DE.ranked[0]?.cause === fault) named++;
    }
    rows.push({
      row: `${fault} fault at ${snrDb} dB found`,
      value: percent(held, count),
      unit: '%',
      reference: `named first in ${named} of ${count}`,
      goal: '',
      holds: null,
    });
  }
}
report('synthetic', rows);
