/**
 * From which strike on a bearing fault is found, by sensor: made machines are worn step by step and heard through models of the sensors people
 * have, with slip, drifting speed, resonances, background and a wrong clock. Healthy machines go the same way and must stay without a finding.
 * The same numbers of machines give the same figures to the byte.
 *
 *     npm run bench:severity [-- --machines 8] [--figures docs/figures] [--markdown FILE] [--json]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomStream } from '../host/emulate/random.js';
import { ORDERS_6205 } from '../host/emulate/rig/index.js';
import { assessVibration, type MotorContext } from '../host/wear/index.js';
import { curvesSvg } from './severity/curves.js';
import { housingOf } from './severity/housing.js';
import { type Fitted, fitted, senseWith } from './severity/sensors.js';
import { type BenchRow, report } from './table.js';

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at > 0 ? process.argv[at + 1] : undefined;
};
const MACHINES = Number(option('--machines') ?? 8);
const HEALTHY = 4 * MACHINES;
/** Strike at the housing in m/s². */
const STRIKES = [0.5, 1, 1.5, 2, 3, 4, 6, 8, 16, 32];
const FAULTS = ['outer', 'inner'] as const;

const motorWith = (fit: Fitted): MotorContext => ({
  speed: { nominalRpm: 1750, tolerance: 0.05 + fit.sensor.clockTolerance, source: 'nameplate' },
  drive: 'direct',
  mounting: 'stud',
  sensors: { [fit.id]: fit.sensor },
  bearings: [{ position: 'DE', variants: [{ id: 'generic', designation: '6205', balls: 9, orders: ORDERS_6205 }] }],
});

/** The sensor's clock on this machine, anywhere inside its tolerance. */
function clockOf(fit: Fitted, seed: number): number {
  return fit.sensor.clockTolerance * (2 * randomStream(seed, `clock of ${fit.id}`).f64() - 1);
}

const isBearing = ({ cause }: { cause: string }) => cause.startsWith('bearing') || cause === 'impulsive';

interface Counts {
  found: number[];
  named: number[];
}
const counts = new Map<string, Counts>();
const of = (fit: Fitted, fault: string): Counts => {
  const key = `${fit.id} ${fault}`;
  const known = counts.get(key) ?? { found: STRIKES.map(() => 0), named: STRIKES.map(() => 0) };
  counts.set(key, known);
  return known;
};

for (const fault of FAULTS) {
  for (let seed = 1; seed <= MACHINES; seed++) {
    const { background, strikes } = housingOf(seed, fault);
    STRIKES.forEach((size, i) => {
      const housing = background.map((value, j) => value + size * strikes[j]);
      for (const fit of fitted) {
        const assessment = assessVibration(senseWith(fit, housing, seed, clockOf(fit, seed)), motorWith(fit));
        const count = of(fit, fault);
        if (assessment.findings.some(({ cause }) => cause === `bearing-${fault}`)) count.found[i]++;
        if (assessment.scores.bearing.DE.ranked[0]?.cause === fault) count.named[i]++;
      }
    });
  }
}

const falseFindings = new Map<string, number>();
const speedRight = new Map<string, number>();
for (let seed = 1; seed <= HEALTHY; seed++) {
  const { background, frHz } = housingOf(10000 + seed, 'none');
  for (const fit of fitted) {
    const clock = clockOf(fit, seed);
    const assessment = assessVibration(senseWith(fit, background, seed, clock), motorWith(fit));
    if (assessment.findings.some(isBearing)) falseFindings.set(fit.id, (falseFindings.get(fit.id) ?? 0) + 1);
    // The capture's rate is wrong by the clock, its speed by the same share.
    if (Math.abs(((assessment.speed?.frHz ?? 0) * (1 + clock)) / frHz - 1) <= 0.005)
      speedRight.set(fit.id, (speedRight.get(fit.id) ?? 0) + 1);
  }
}

/** Smallest strike from which on at least `share` of the machines are found at every step. */
function reach(found: number[], share: number): number | undefined {
  let from: number | undefined;
  for (let i = STRIKES.length - 1; i >= 0 && found[i] >= share * MACHINES; i--) from = STRIKES[i];
  return from;
}

const told = (strike: number | undefined): string => (strike === undefined ? 'never' : String(strike));
const rows: BenchRow[] = [];
const table = [
  '| sensor | outer race: half / nine tenths found from | inner race: half / nine tenths found from | findings on healthy machines | speed within 0.5 % |',
  '|---|---|---|---|---|',
];
for (const fit of fitted) {
  const cells: string[] = [];
  for (const fault of FAULTS) {
    const { found, named } = of(fit, fault);
    const half = reach(found, 0.5);
    const most = reach(found, 0.9);
    cells.push(`${told(half)} / ${told(most)}`);
    const strongest = STRIKES.length - 1;
    rows.push({
      row: `${fit.label}: ${fault} race, nine tenths found from`,
      value: most ?? 0,
      unit: most === undefined ? 'm/s²: never' : 'm/s²',
      reference: `half from ${told(half)}; at ${STRIKES[strongest]} named first in ${named[strongest]} of ${MACHINES}`,
      goal: fit.id === 'mpu6050' ? 'blind: never' : '',
      holds: fit.id === 'mpu6050' ? half === undefined : null,
    });
  }
  const wrong = falseFindings.get(fit.id) ?? 0;
  const right = speedRight.get(fit.id) ?? 0;
  rows.push({
    row: `${fit.label}: findings on healthy machines`,
    value: wrong,
    unit: `of ${HEALTHY}`,
    reference: `speed within 0.5 % on ${right}`,
    goal: 'none',
    holds: wrong === 0,
  });
  table.push(`| ${fit.label} | ${cells.join(' | ')} | ${wrong} of ${HEALTHY} | ${right} of ${HEALTHY} |`);
}

const figures = option('--figures');
if (figures !== undefined) {
  mkdirSync(figures, { recursive: true });
  for (const fault of FAULTS) {
    const curves = fitted.map((fit) => ({
      name: fit.label,
      values: of(fit, fault).found.map((n) => (100 * n) / MACHINES),
    }));
    const title = `${fault === 'outer' ? 'Outer' : 'Inner'}-race fault found, by strength of its strikes`;
    writeFileSync(
      join(figures, `detection-${fault}.svg`),
      curvesSvg(title, 'strike at the housing, m/s²', STRIKES, curves),
    );
  }
}
const markdown = option('--markdown');
if (markdown !== undefined) writeFileSync(markdown, `${table.join('\n')}\n`);
report('severity', rows);
