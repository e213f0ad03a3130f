/**
 * Synthetic machines through the bearing analysis: the severities that strikes of a known signal-to-noise ratio must give (12 kHz, 9 s,
 * 29.1 Hz, 6205, ringing at 3.2 kHz, eight seeds), and what clocks, strays and gaps may not do.
 */
import t from 'tap';
import { ORDERS_6205, type SyntheticVibrationOptions, syntheticVibration } from '../../host/emulate/rig/index.js';
import { median, Xoshiro128 } from '../../host/signal/index.js';
import { judgeBearing } from '../../host/wear/bearing.js';
import { estimateSpeed, logLines } from '../../host/wear/index.js';

const FS = 12000;
const FR = 29.1;
const variant = { id: 'generic', designation: '6205', balls: 9, orders: ORDERS_6205 };
type Severities = Record<string, number>;

function assess(options: Partial<SyntheticVibrationOptions> & { seed: number }, frHz = FR): Severities {
  const { capture } = syntheticVibration({ fsHz: FS, durationS: 9, frHz: FR, ...options });
  const axes = [{ channel: 'ax', spans: [capture.channels[0].samples] }];
  const lines = logLines(axes, FS, frHz);
  if ('code' in lines) throw new Error(lines.text);
  const random = new Xoshiro128(new Uint8Array(16).fill(options.seed));
  return Object.fromEntries(
    judgeBearing(lines, [variant], 0.002, random).families.map(({ family, rawSeverityDb }) => [family, rawSeverityDb]),
  );
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

t.test('severity in dB against the signal-to-noise ratio, medians of eight seeds within 2 dB', async (t) => {
  const table = [
    { fault: 'outer', family: 'outer', expected: [17.5, 13.0, 7.4, 1.2, 0.1] },
    { fault: 'inner', family: 'inner', expected: [14.3, 10.6, 4.7, 1.5, 0.1] },
    { fault: 'ball', family: 'ball', expected: [10.7, 9.3, 5.2, 0.9, 0.1] },
    { fault: 'ball', family: 'cage', expected: [6.3, 5.2, 2.6, 0.4, -0.4] },
  ] as const;
  for (const fault of ['outer', 'inner', 'ball'] as const) {
    for (const [i, snrDb] of [0, -5, -10, -15, -20].entries()) {
      const runs = SEEDS.map((seed) => assess({ seed, snrDb, bearing: { fault } }));
      for (const { family, expected } of table.filter((line) => line.fault === fault)) {
        const got = median(runs.map((run) => run[family]));
        t.ok(
          Math.abs(got - expected[i]) <= 2,
          `${fault} at ${snrDb} dB: ${family} ${got.toFixed(1)}, ${expected[i]} expected`,
        );
      }
    }
  }
});

t.test('healthy machines, with and without strays, stay under 1 dB', async (t) => {
  for (const strays of [0, 3]) {
    const most = Math.max(...SEEDS.map((seed) => Math.max(...Object.values(assess({ seed, strays })))));
    t.ok(most < 1, `${strays} strays: largest severity ${most.toFixed(2)} dB`);
  }
});

t.test('a clock wrong by 4 % moves the speed, not the severity', async (t) => {
  for (const clockError of [-0.04, 0.04]) {
    const differences = SEEDS.slice(0, 3).map((seed) => {
      const options = { seed, snrDb: -3, bearing: { fault: 'outer' as const } };
      const { capture } = syntheticVibration({ fsHz: FS, durationS: 9, frHz: FR, clockError, ...options });
      const axes = [{ channel: 'ax', spans: [capture.channels[0].samples] }];
      const speed = estimateSpeed(axes, FS, FR, 0.055);
      t.ok(
        Math.abs((speed.frHz * (1 + clockError)) / FR - 1) < 0.005,
        `${speed.frHz} Hz by a clock off by ${clockError}`,
      );
      return Math.abs(assess({ ...options, clockError }, speed.frHz).outer - assess(options).outer);
    });
    t.ok(median(differences) < 1, `severity moves by ${median(differences).toFixed(2)} dB`);
  }
});
