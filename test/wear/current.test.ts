/** kz-current/2: line, negative sequence, rotor bars with their guards; and findings recomputed bit for bit in a fresh process. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Capture } from '../../host/capture/capture.js';
import {
  assessCurrent,
  assessVibration,
  learn,
  type MotorContext,
  newHistory,
  recompute,
} from '../../host/wear/index.js';
import { lineFrequency, parkVector } from '../../host/wear/line-current.js';
import { phaseOf, sequenceTrack } from '../../host/wear/sequence.js';
import { currents, motor, struck, vibration } from './records.js';

const plate: MotorContext = motor({ supplyHz: 50, polePairs: 2, ratedRpm: 1430, bearings: [] });
const value = (assessment: ReturnType<typeof assessCurrent>, id: string) =>
  assessment.indicators.find((one) => one.id === id)?.value ?? Number.NaN;

/** Three phasors as records: amplitude and angle in degrees of each phase. */
function phases(
  parts: readonly (readonly [number, number])[],
  f1Hz: number,
  fsHz = 1000,
  n = 2000,
  skewS = 0,
): [Float64Array, Float64Array, Float64Array] {
  return parts.map(([amplitude, degrees], k) =>
    Float64Array.from(
      { length: n },
      (_, j) => amplitude * Math.cos(2 * Math.PI * f1Hz * (j / fsHz + k * skewS) + (degrees * Math.PI) / 180),
    ),
  ) as [Float64Array, Float64Array, Float64Array];
}

t.setTimeout(180_000);

t.test('line frequency to a thousandth of a hertz, distortion, RMS', async (t) => {
  const fsHz = 1000;
  for (const hz of [49.873, 50, 50.31]) {
    const x = Float64Array.from(
      { length: 5000 },
      (_, j) => 3 * Math.cos(2 * Math.PI * hz * (j / fsHz)) + 0.3 * Math.cos(2 * Math.PI * 5 * hz * (j / fsHz) + 1),
    );
    const line = lineFrequency(x, fsHz, 50);
    t.ok(Math.abs((line?.hz ?? 0) - hz) < 0.001, `${line?.hz}`);
  }
  t.equal(lineFrequency(new Float64Array(5000), fsHz), undefined, 'no current, no line');
  const assessment = assessCurrent(currents(), plate);
  t.ok(Math.abs(value(assessment, 'lineFrequency') - 50) < 0.01);
  t.same(assessment.findings, []);
  t.equal(assessment.health.status, 'good');
  t.ok(
    assessment.health.blind.some((one) => one.startsWith('rotor bars: rotor bars need')),
    'says what it cannot see',
  );
});

t.test('negative sequence of known phasors, skew and phase order', async (t) => {
  const balanced = phases(
    [
      [1, 0],
      [1, -120],
      [1, 120],
    ],
    50,
  );
  const quiet = sequenceTrack(balanced, 1000, 50);
  t.ok(Math.max(...quiet.re.map((one, i) => Math.abs(one) + Math.abs(quiet.im[i]))) < 1e-6, 'balanced: q is 0');
  t.equal(quiet.reversed, false);
  // I1 = (1 + a·b + a²·c)/3 with 10 % more in phase A: q = 0.1/3.1 at 0°.
  const more = sequenceTrack(
    phases(
      [
        [1.1, 0],
        [1, -120],
        [1, 120],
      ],
      50,
    ),
    1000,
    50,
  );
  t.ok(Math.abs(more.re[3] - 0.1 / 3.1) < 1e-6 && Math.abs(more.im[3]) < 1e-6, `${more.re[3]}, ${more.im[3]}`);
  t.equal(
    sequenceTrack(
      phases(
        [
          [1, 0],
          [1, 120],
          [1, -120],
        ],
        50,
      ),
      1000,
      50,
    ).reversed,
    true,
  );
  const skewed = phases(
    [
      [1, 0],
      [1, -120],
      [1, 120],
    ],
    50,
    1000,
    2000,
    83e-6,
  );
  const without = sequenceTrack(skewed, 1000, 50);
  const corrected = sequenceTrack(skewed, 1000, 50, [0, 83e-6, 166e-6]);
  t.ok(Math.abs(Math.hypot(without.re[0], without.im[0]) - 0.015) < 0.005, 'a multiplexed converter fakes q');
  t.ok(Math.hypot(corrected.re[0], corrected.im[0]) < 1e-6, 'the delay is taken out');
  const off = sequenceTrack(
    phases(
      [
        [1.1, 0],
        [1, -120],
        [1, 120],
      ],
      50.2,
    ),
    1000,
    50,
  );
  t.ok(Math.abs(off.re[50] - 0.1 / 3.1) < 1e-4, 'a wrong line frequency turns both sequences alike');
  t.same([phaseOf(1, 1), phaseOf(-1, 0.1), phaseOf(0.1, -1)], ['A', 'B', 'C']);
  const { epva } = parkVector(
    ...phases(
      [
        [1, 0],
        [1, -120],
        [1, 120],
      ],
      50,
    ),
    1000,
    50,
  );
  t.ok(epva < 1e-6, 'the Park vector of a balanced machine is a circle');
});

t.test('an inter-turn short that comes and goes: time, phase, words; clamp errors do not alarm', async (t) => {
  const gainErrors = [0.04, -0.05, 0.02] as const;
  const healthy = assessCurrent(currents({ gainErrors, leadsDeg: [1, -1, 0.5] }), plate);
  t.same(healthy.events, undefined);
  t.ok(value(healthy, 'negativeSequence') > 0.01, 'gain errors sit in q');
  const cases = (['A', 'B', 'C'] as const).flatMap((phase) => [0.1, 0.5, 1].map((load) => ({ phase, load })));
  for (const { phase, load } of cases) {
    const capture = currents({
      load,
      gainErrors,
      // The threshold is a share of the positive sequence, which grows with the load.
      electrical: { shortedTurns: { phase, share: load < 1 ? 0.1 : 0.15, fromS: 1.5, toS: 3.5 } },
    });
    const { events, findings, health } = assessCurrent(capture, plate);
    t.equal(events?.length, 1, `one event in phase ${phase} at load ${load}`);
    const [event] = events ?? [];
    t.ok(event.onS > 1.5 && event.onS - 1.5 <= 0.2, `alarm ${(event.onS - 1.5).toFixed(3)} s after onset`);
    t.ok(event.offS !== undefined && event.offS - 3.5 <= 0.5, 'released within half a second');
    t.equal(event.phase, phase);
    t.match(findings[0].words, /or a supply change: measure the supply voltages/);
    t.not(health.status, 'good');
  }
});

t.test('a short that is there from the first sample is a state against the stored reference', async (t) => {
  let history = newHistory({ minCaptures: 4, minHours: 0 });
  for (let seed = 1; seed <= 4; seed++)
    history = learn(history, assessCurrent({ ...currents({ seed, load: 0.1 }), at: seed * 3.6e6 }, plate));
  const capture = {
    ...currents({ seed: 9, load: 0.1, electrical: { shortedTurns: { phase: 'B', share: 0.1, fromS: -1, toS: 99 } } }),
    at: 5 * 3.6e6,
  };
  t.same(assessCurrent(capture, plate).events, undefined, 'alone the capture looks constant');
  t.match(assessCurrent(capture, plate, history).events, [{ kind: 'inter-turn', phase: 'B' }]);
  t.same(assessCurrent({ ...currents({ seed: 10, load: 0.1 }), at: 6 * 3.6e6 }, plate, history).events, undefined);
});

t.test('rotor bars (simulation only): level, and every guard a refusal', async (t) => {
  const long = (options: Parameters<typeof currents>[0] = {}) =>
    currents({ durationS: 16, load: 1, ...options } as Parameters<typeof currents>[0]);
  const broken = assessCurrent(long({ electrical: { brokenBars: -38 }, wander: { sigma: 0, tauS: 20 } }), plate);
  const bars = broken.indicators.find((one) => one.id === 'rotorBars');
  t.equal(bars?.valid, true, JSON.stringify(bars?.valid));
  t.ok((bars?.value ?? -99) > -45, `side bands at ${bars?.value?.toFixed(1)} dB`);
  t.ok(broken.findings.some((one) => one.cause === 'rotor-bars'));
  const whole = assessCurrent(long({ wander: { sigma: 0, tauS: 20 } }), plate);
  t.same(whole.findings, [], 'a whole cage');
  const refusedBy = (capture: Capture, context: MotorContext) => {
    const { valid } = assessCurrent(capture, context).indicators.find((one) => one.id === 'rotorBars') ?? {
      valid: true,
    };
    return valid === true ? 'accepted' : valid.refused;
  };
  const tacho = (rpm: number): MotorContext => ({
    ...plate,
    speed: { nominalRpm: rpm, tolerance: 0.001, source: 'tacho' },
  });
  t.equal(refusedBy(long(), { ...plate, drive: 'vfd' }), 'VFD');
  t.equal(refusedBy(long(), { ...plate, ratedRpm: undefined }), 'SPEED_UNKNOWN');
  t.equal(refusedBy(long({ load: 0.3 }), tacho(1479)), 'LOAD_TOO_LOW');
  t.equal(refusedBy(currents({ durationS: 0.6 }), tacho(1430)), 'RECORD_TOO_SHORT');
  t.equal(refusedBy(long({ noiseA: 2 }), tacho(1430)), 'SENSOR_NOISE_FLOOR');
});

t.test('eccentricity (simulation only): level of f1 ± fr, growth against the baseline, guards', async (t) => {
  const made = (share: number, seed: number, more: Parameters<typeof currents>[0] = {}) =>
    currents({ seed, durationS: 10, electrical: { eccentricity: share }, wander: { sigma: 0, tauS: 20 }, ...more });
  const of = (capture: Capture, context: MotorContext) =>
    assessCurrent(capture, context).indicators.find((one) => one.id === 'eccentricity');
  const level = of(made(0.003, 1), plate)?.value ?? 0;
  t.ok(Math.abs(level - 20 * Math.log10(0.003)) < 1, `lines of 3 per mille each: ${level.toFixed(1)} dB`);
  let history = newHistory({ minCaptures: 6, minHours: 0 });
  for (let hour = 0; hour < 6; hour++)
    history = learn(history, assessCurrent({ ...made(0.003, 10 + hour), at: hour * 3.6e6 }, plate, history));
  const later = (share: number) => assessCurrent({ ...made(share, 30), at: 7 * 3.6e6 }, plate, history);
  t.match(later(0.009).findings, [{ cause: 'eccentricity', says: { of: 'eccentricity' }, level: 'watch' }]);
  t.ok(later(0.009).scores.electrical >= 1);
  t.same(later(0.004).findings, [], 'a third more is none');
  t.match(
    later(0.003).unseen.filter(({ fault }) => fault === 'eccentricity'),
    [{ partly: true, text: /static/ }],
  );
  const refusedBy = (capture: Capture, context: MotorContext) =>
    (of(capture, context)?.valid as { refused?: string } | undefined)?.refused;
  t.equal(refusedBy(made(0.003, 1), { ...plate, drive: 'vfd' }), 'VFD');
  t.equal(refusedBy(made(0.003, 1), { ...plate, ratedRpm: undefined }), 'SPEED_UNKNOWN');
  const twoPole = { nameplate: { kw: 1.5, rpm: 2900, poles: 2, hz: 50 } };
  const fast: MotorContext = { ...plate, polePairs: 1, ratedRpm: 2900 };
  t.equal(refusedBy(made(0.003, 1, { ...twoPole, durationS: 1 }), fast), 'RECORD_TOO_SHORT', 'the slip away from 2f');
  t.equal(refusedBy(made(0.003, 1, twoPole), fast), undefined, 'ten seconds part them');
});

t.test('findings recompute bit for bit, also in a fresh process', async (t) => {
  const capture = vibration({ seed: 8, bearing: struck('inner'), snrDb: -2, noise: 0.2, harmonics: [1, 0.5, 0.3] });
  const context = motor();
  const [finding] = assessVibration(capture, context).findings;
  t.match(recompute(finding, capture, context), { identical: true });
  const stored = JSON.parse(JSON.stringify(finding));
  t.match(recompute(stored, capture, context), { identical: true }, 'after JSON');
  t.match(recompute({ ...stored, p: 0.5 }, capture, context), {
    identical: false,
    field: 'p',
    stated: 0.5,
    computed: finding.p,
  });
  const other = { ...capture, hash: capture.hash.map((byte) => byte ^ 1) };
  t.match(recompute(stored, other, context), { identical: false }, 'another hash draws other decoys');
  t.throws(() => recompute({ ...stored, kernel: 'f32/9' }, capture, context), { code: 'KZ0656' });

  const short = currents({ electrical: { shortedTurns: { phase: 'A', share: 0.2, fromS: 1, toS: 3 } } });
  const [electrical] = assessCurrent(short, plate).findings;
  t.match(recompute(electrical, short, plate), { identical: true });

  const here = fileURLToPath(new URL('./print-findings.ts', import.meta.url));
  const printed = execFileSync(process.execPath, ['--import', 'tsx', here], {
    encoding: 'utf8',
    env: { ...process.env, TAP: '' },
  });
  const all = [...assessVibration(capture, context).findings, ...assessCurrent(short, plate).findings];
  t.equal(printed, JSON.stringify(all), 'the same JSON from another process');
});
