/** The virtual rig against physics: what it gives is what its truth says, at any instants, and quickly enough for many boards. */
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import {
  accelerometerVolts,
  byCycle,
  clampVolts,
  createRig,
  ORDERS_6205,
  type Rig,
  syntheticCurrent,
  syntheticVibration,
  withFaults,
} from '../../host/emulate/rig/index.js';
import { addPink, addWhite, PINK_BAND_RMS } from '../../host/emulate/rig/noise.js';
import {
  bandRms,
  envelopeSpectrum,
  lineNear,
  lineSpectrum,
  phasor,
  rms,
  runningMedian,
  statistics,
  velocityRms,
  welch,
} from '../../host/signal/index.js';

const nameplate = { kw: 4, rpm: 1440, poles: 4, hz: 50 };
const sensor = (id: string) =>
  JSON.parse(readFileSync(new URL(`../../boards/sensors/${id}.json`, import.meta.url), 'utf8'));

function sampled(value: (t: number) => number, fsHz: number, fromS: number, toS: number): Float64Array {
  const from = Math.round(fromS * fsHz);
  return new Float64Array(Math.round(toS * fsHz) - from).map((_, j) => value((from + j) / fsHz));
}

function within(t: Test, got: number, expected: number, share: number, name: string): void {
  t.ok(Math.abs(got - expected) <= share * Math.abs(expected), `${name}: ${got} against ${expected}`);
}

/** Strongest envelope line in orders of fr, and how far it stands over the local floor. */
function strongest(x: Float64Array, fsHz: number, frHz: number): { order: number; ratio: number } {
  const even = x.subarray(0, x.length - (x.length % 2));
  const { power, df } = envelopeSpectrum(even, fsHz);
  const floor = runningMedian(power, 60);
  let at = 0;
  for (let k = Math.ceil((2 * frHz) / df); k < (8 * frHz) / df; k++) {
    if (power[k] / floor[k] > power[at] / (floor[at] || 1) || at === 0) at = k;
  }
  return { order: (at * df) / frHz, ratio: power[at] / floor[at] };
}

t.test('shaft: velocity of 1x and 2x as ordered, y a quarter turn behind x', async (t) => {
  const rig = createRig({
    seed: 1,
    nameplate,
    shaft: { unbalance: 2, misalignment: 0.5 },
    background: { radial: 0, axial: 0 },
  });
  const x = sampled((s) => rig.acceleration('x', s), 4096, 0, 8);
  const psd = welch(x, 4096, { segment: 8192, window: 'flattop' });
  const { frHz } = rig.truthAt(4);
  const speed = frHz / rig.motor.ratedHz;
  within(t, velocityRms(psd, frHz - 5, frHz + 5), 2 * speed, 0.01, '1x');
  within(t, velocityRms(psd, 2 * frHz - 5, 2 * frHz + 5), 2 * 0.5 * speed, 0.01, '2x');
  const other = createRig({ ...rig.options });
  const y = sampled((s) => other.acceleration('y', s), 4096, 0, 8);
  const px = phasor(x, 4096, frHz, { length: 4096 });
  const py = phasor(y, 4096, frHz, { length: 4096 });
  const turn = Math.atan2(px.re * py.im - px.im * py.re, px.re * py.re + px.im * py.im) / (2 * Math.PI);
  t.ok(Math.abs(turn + 0.25) < 0.01, `y against x: ${turn} turns`);
});

t.test('motor: slip follows the load, the angle is the integral of the speed', async (t) => {
  const rig = createRig({
    seed: 3,
    nameplate,
    load: [
      [0, 0.2],
      [4, 0.2],
      [6, 1],
    ],
  });
  within(t, rig.motor.speedHz(2), 25 * (1 - 0.04 * 0.2), 0.003, 'light load');
  within(t, rig.motor.speedHz(9), 25 * (1 - 0.04), 0.003, 'rated load');
  let turns = 0;
  const dt = 1e-3;
  for (let s = 0; s < 8; s += dt) turns += dt * rig.motor.speedHz(s + dt / 2);
  t.ok(Math.abs(turns - rig.motor.turns(8)) < 1e-3, `${turns} turns against ${rig.motor.turns(8)}`);
  for (const at of [0.37, 12.2, 150.9])
    t.ok(Math.abs(rig.motor.turns(rig.motor.timeAt(at, 60)) - at) < 1e-9, `angle ${at} found again`);
  t.throws(() => createRig({ seed: 1, nameplate: { ...nameplate, rpm: 1600 } }), { code: 'KZ1151' });
});

t.test('motor: switched off it coasts and draws nothing, switched on it draws the inrush current', async (t) => {
  const rig = createRig({
    seed: 3,
    nameplate,
    on: [
      [0, 1],
      [2, 1],
      [2.001, 0],
      [12, 0],
      [12.001, 1],
    ],
  });
  t.equal(rig.truthAt(8).running, false);
  t.equal(rig.truthAt(8).currentA, 0);
  t.ok(rig.motor.speedHz(8) < 2, 'nearly at rest');
  t.ok(rig.truthAt(12.1).currentA > 5 * rig.motor.ratedAmps, 'inrush');
  within(t, rig.truthAt(20).currentA, rig.truthAt(1).currentA, 0.02, 'as before');
});

t.test('bearing: strikes at the defect order with the ordered jitter, louder as the severity grows', async (t) => {
  for (const [fault, order] of [
    ['outer', ORDERS_6205.BPFO],
    ['inner', ORDERS_6205.BPFI],
    ['ball', 2 * ORDERS_6205.BSF],
  ] as const) {
    const rig = createRig({ seed: 5, nameplate, bearing: { fault, severity: 20 }, background: { radial: 0.1 } });
    const x = sampled((s) => rig.acceleration('x', s), 12800, 1, 6);
    const { frHz, currentA } = rig.truthAt(3);
    t.ok(currentA > 0);
    const found = strongest(x, 12800, frHz);
    t.ok(found.ratio > 50, `${fault}: ${found.ratio} over the floor`);
    const multiple = found.order / order;
    const side = Math.abs(found.order - order) - 1;
    t.ok(
      Math.abs(multiple - 1) < 0.01 || Math.abs(side) < 0.02 || fault === 'ball',
      `${fault}: order ${found.order} against ${order}`,
    );
  }
  const rig = createRig({
    seed: 6,
    nameplate,
    bearing: {
      fault: 'outer',
      severity: [
        [0, 0],
        [10, 0],
        [20, 30],
      ],
      jitter: 0.01,
    },
  });
  const early = sampled((s) => rig.acceleration('x', s), 12800, 5, 8);
  const late = sampled((s) => rig.acceleration('x', s), 12800, 18, 21);
  t.ok(statistics(early).kurtosis < 3.3 && statistics(late).kurtosis > 5, 'kurtosis grows');
  const { strikes } = rig.truth(12, 20);
  const intervals = strikes.slice(1).map((s, i) => (s - strikes[i]) * rig.motor.speedHz(s) * ORDERS_6205.BPFO);
  const mean = intervals.reduce((a, b) => a + b, 0) / intervals.length;
  const spread = Math.sqrt(intervals.reduce((a, b) => a + (b - mean) ** 2, 0) / intervals.length);
  within(t, mean, 1, 0.002, 'mean interval');
  within(t, spread, 0.01, 0.1, 'jitter');
});

t.test('bearing: a strike rings from its exact instant', async (t) => {
  const bearing = { fault: 'outer', severity: 10, scatter: 0, resonances: [{ hz: 3000, zeta: 0.05 }] } as const;
  const rig = createRig({
    seed: 8,
    nameplate,
    bearing,
    shaft: { unbalance: 0, electrical: 0 },
    background: { radial: 0 },
  });
  const [first] = rig.truth(0.2, 0.3).strikes;
  let worst = 0;
  for (let tau = 4e-5; tau < 3e-3; tau += 7.3e-6) {
    const expected =
      10 * Math.exp(-2 * Math.PI * 0.05 * 3000 * tau) * Math.sin(2 * Math.PI * 3000 * Math.sqrt(1 - 0.0025) * tau);
    worst = Math.max(worst, Math.abs(rig.acceleration('x', first + tau) - expected));
  }
  // Three grid points after the kink: what is left of the strike before, and the cubic between points.
  t.ok(worst < 0.02, `worst difference ${worst} m/s² of 10`);
});

t.test('background: level in 10 … 1000 Hz, pink falls by 1/f, blocks do not depend on the way to them', async (t) => {
  const rig = createRig({
    seed: 2,
    nameplate,
    shaft: { unbalance: 0, electrical: 0 },
    background: { radial: 0.5, pinkShare: 0.5 },
  });
  const block = new Float64Array(102400 * 6);
  for (let b = 0; b < 600; b++) block.set(rig.block('x', b), b * 1024);
  within(t, bandRms(welch(block, 102400, { segment: 32768 }), 10, 1000), 0.5, 0.06, 'level');
  const pink = new Float64Array(1024 * 4096);
  for (let b = 0; b < 4096; b++) addPink(pink.subarray(b * 1024, (b + 1) * 1024), 1, 4711, b);
  const psd = welch(pink, 102400, { segment: 65536 });
  within(t, bandRms(psd, 10, 1000), PINK_BAND_RMS, 0.05, 'pink');
  const decades = [20, 40, 80, 160, 320, 640].map((f) => bandRms(psd, f, 2 * f));
  t.ok(Math.max(...decades) < 1.12 * Math.min(...decades), `octaves are alike: ${decades.map((d) => d.toFixed(3))}`);
  const white = new Float64Array(100000);
  addWhite(white, 2, 99, 1);
  within(t, rms(white), 2, 0.01, 'white');
  within(t, statistics(white).kurtosis, 2.9, 0.02, 'sum of twelve');
  const jumped = createRig({ ...rig.options });
  jumped.acceleration('x', 300);
  const walked = createRig({ ...rig.options });
  walked.acceleration('x', 299.9);
  t.equal(jumped.acceleration('x', 300.01), walked.acceleration('x', 300.01), 'jumping and walking agree');
  t.throws(() => jumped.acceleration('x', 10), { code: 'KZ1150' });
});

t.test('the same seed gives the same motor, another seed another', async (t) => {
  const make = (seed: number): Rig => createRig({ seed, nameplate, bearing: { fault: 'inner', severity: 2 } });
  const a = sampled((s) => make(1).acceleration('z', s + 3), 100, 0, 0.1);
  const b = sampled((s) => make(1).acceleration('z', s + 3), 100, 0, 0.1);
  t.same(a, b);
  t.notSame(
    sampled((s) => make(2).acceleration('z', s + 3), 100, 0, 0.1),
    a,
  );
});

t.test('analog accelerometer: sensitivity, bandwidth, noise, rails', async (t) => {
  const facts = sensor('adxl1002');
  const quiet = { radial: 0, axial: 0 };
  const tone = createRig({ seed: 4, nameplate, shaft: { unbalance: 5, electrical: 0 }, background: quiet });
  const volts = accelerometerVolts({ rig: tone, sensor: { ...facts, noiseUgRtHz: [0] } });
  const v = sampled(volts, 8000, 1, 5);
  within(t, v.reduce((a, b) => a + b, 0) / v.length, 2.5, 1e-3, 'bias');
  const { frHz } = tone.truthAt(3);
  const truth = (Math.SQRT2 * 5 * (frHz / tone.motor.ratedHz) * 2 * Math.PI * frHz) / 1000;
  within(
    t,
    lineNear(lineSpectrum(v, 8000, { window: 'flattop' }), frHz, 2).amplitude,
    truth * 0.004078865,
    0.01,
    'mV a unit',
  );

  const silent = createRig({ seed: 4, nameplate, shaft: { unbalance: 0, electrical: 0 }, background: quiet });
  const noise = sampled(accelerometerVolts({ rig: silent, sensor: facts, filterHz: 3200 }), 8000, 1, 9);
  const density = bandRms(welch(noise, 8000), 100, 1100) / Math.sqrt(1000) / 0.004078865;
  within(t, density, 25e-6 * 9.80665, 0.05, 'noise density m/s²/√Hz');

  const loud = createRig({ seed: 4, nameplate, background: { radial: 3 } });
  const plain = welch(sampled(accelerometerVolts({ rig: loud, sensor: facts }), 51200, 1, 4), 51200);
  const again = createRig({ ...loud.options });
  const filtered = welch(
    sampled(accelerometerVolts({ rig: again, sensor: facts, filterHz: 2000 }), 51200, 1, 4),
    51200,
  );
  const gainDb = (f: number) =>
    20 * Math.log10(bandRms(filtered, f * 0.95, f * 1.05) / bandRms(plain, f * 0.95, f * 1.05));
  t.ok(Math.abs(gainDb(2000) + 3) < 0.5, `−3 dB at the corner: ${gainDb(2000)}`);
  t.ok(Math.abs(gainDb(8000) + 24) < 1.2, `−24 dB two octaves up: ${gainDb(8000)}`);

  const hammered = createRig({ seed: 4, nameplate, bearing: { fault: 'outer', severity: 900 } });
  const clipped = sampled(accelerometerVolts({ rig: hammered, sensor: sensor('adxl335'), amplifier: 10 }), 8000, 1, 2);
  t.equal(Math.max(...clipped), 5);
  t.equal(Math.min(...clipped), 0);
  t.throws(() => accelerometerVolts({ rig: loud, sensor: sensor('adxl345') }), { code: 'KZ1152' });
});

t.test('a tape mount hides what a stud shows', async (t) => {
  const rig = createRig({ seed: 9, nameplate, bearing: { fault: 'outer', severity: 20 } });
  const share = (mount: 'stud' | 'tape') => {
    const copy = createRig({ ...rig.options });
    const volts = accelerometerVolts({ rig: copy, sensor: sensor('adxl1002'), filterHz: 6000, mount });
    return bandRms(welch(sampled(volts, 25600, 1, 3), 25600), 2800, 3600);
  };
  t.ok(share('tape') < 0.25 * share('stud'));
});

t.test('current: magnitude, phase order, harmonics, side bands, shorted turns', async (t) => {
  const rig = createRig({
    seed: 10,
    nameplate,
    load: 1,
    electrical: { thd: 0.05, brokenBars: -40 },
    wander: { sigma: 0, tauS: 1 },
  });
  const fs = 2000;
  const a = sampled((s) => rig.current('A', s), fs, 0, 20);
  within(t, phasorSize(a, fs, 50) / Math.SQRT2, rig.motor.ratedAmps, 0.01, 'rated current at rated load');
  const spectrum = lineSpectrum(a, fs, { window: 'blackmanharris' });
  const carrier = lineNear(spectrum, 50, 0.5).amplitude;
  for (const f of [50 * (1 - 2 * 0.04), 50 * (1 + 2 * 0.04)]) {
    const db = 20 * Math.log10(lineNear(spectrum, f, 0.3).amplitude / carrier);
    t.ok(Math.abs(db + 40) < 0.3, `side band at ${f} Hz: ${db} dB`);
  }
  const harmonics = [5, 7, 11, 13].map((h) => lineNear(spectrum, h * 50, 0.5).amplitude / carrier);
  within(t, Math.sqrt(harmonics.reduce((s, v) => s + v * v, 0)), 0.05, 0.03, 'distortion');

  const short = { phase: 'B', share: 0.1, fromS: 2, toS: 4 } as const;
  const { capture } = syntheticCurrent({
    seed: 1,
    fsHz: 1000,
    durationS: 5,
    nameplate,
    electrical: { shortedTurns: short },
  });
  const negative = (from: number) => {
    const [pa, pb, pc] = capture.channels.map(({ samples }) => phasor(samples, 1000, 50, { from, length: 120 }));
    const turn = (p: { re: number; im: number }, degrees: number) => {
      const c = Math.cos((degrees * Math.PI) / 180);
      const s = Math.sin((degrees * Math.PI) / 180);
      return { re: p.re * c - p.im * s, im: p.re * s + p.im * c };
    };
    const sum = (b: number, c: number) => {
      const [tb, tc] = [turn(pb, b), turn(pc, c)];
      return Math.hypot(pa.re + tb.re + tc.re, pa.im + tb.im + tc.im) / 3;
    };
    return sum(-120, 120) / sum(120, -120);
  };
  t.ok(negative(500) < 0.01, `before: ${negative(500)}`);
  t.ok(negative(2500) > 0.03, `while: ${negative(2500)}`);
  t.ok(negative(4500) < 0.01, `after: ${negative(4500)}`);
});

function phasorSize(x: Float64Array, fs: number, f: number): number {
  const { re, im } = phasor(x, fs, f);
  return Math.sqrt(re * re + im * im);
}

t.test('clamp: ratio, lead, bias, saturation', async (t) => {
  const rig = createRig({ seed: 11, nameplate, load: 1, electrical: { thd: 0 } });
  const facts = sensor('sct-013-030');
  const v = sampled(
    clampVolts({ rig, phase: 'A', sensor: facts, gainError: 0, phaseErrorDeg: 2, noiseV: 0 }),
    2000,
    1,
    3,
  );
  const amps = sampled((s) => rig.current('A', s), 2000, 2.9, 3.9);
  within(t, v.reduce((s, x) => s + x, 0) / v.length, 2.5, 1e-3, 'bias');
  within(t, phasorSize(v, 2000, 50), phasorSize(amps, 2000, 50) / 30, 0.01, '1 V at 30 A');
  const saturated = sampled(
    clampVolts({ rig: createRig({ ...rig.options }), phase: 'A', sensor: facts, turns: 10 }),
    2000,
    1,
    2,
  );
  t.ok(Math.max(...saturated) < 2.5 + 42.4 / 30 + 0.2, 'the core saturates');
  t.throws(() => clampVolts({ rig, phase: 'A', sensor: sensor('adxl1002') }), { code: 'KZ1152' });
});

t.test('sensors fail as they do: unplugged hums, stuck holds, loose rattles, and all recover', async (t) => {
  const make = () => {
    const rig = createRig({ seed: 14, nameplate, background: { radial: 2 } });
    return accelerometerVolts({ rig, sensor: sensor('adxl335'), filterHz: 2000 });
  };
  const failing = withFaults(
    make(),
    [
      { kind: 'unplugged', fromS: 1, toS: 2 },
      { kind: 'stuck', fromS: 2, toS: 3 },
      { kind: 'loose', fromS: 3, toS: 4 },
    ],
    { seed: 1, restV: 1.5 },
  );
  const v = sampled(failing, 8000, 0, 5);
  const second = (i: number) => v.subarray(8000 * i, 8000 * (i + 1));
  const healthy = sampled(make(), 8000, 0, 5);
  t.same(second(0), healthy.subarray(0, 8000), 'healthy before');
  within(t, phasorSize(second(1), 8000, 50), 0.35, 0.02, 'mains on the open pin');
  t.ok(rms(second(2)) < 1e-12, 'stuck');
  t.not(rms(second(3)), 0);
  const quiet = second(3).filter((_, j) => Math.abs(second(3)[j] - 1.5) < 0.2);
  t.ok(quiet.length > 4000 && Math.max(...second(3)) - Math.min(...second(3)) > 0.1, 'loose: some rattling');
  t.same(second(4), healthy.subarray(32000, 40000), 'healthy after');
});

t.test('a board with a wrong clock samples at wrong instants', async (t) => {
  const linear = (s: number) => s;
  t.equal(byCycle(linear, { hz: 16e6, clockError: 0 })(16e6), 1);
  within(t, byCycle(linear, { hz: 16e6, clockError: 0.002 }, 5)(16e6), 5 + 1 / 1.002, 1e-12, 'cycles to seconds');
});

t.test('synthetic records state their signal-to-noise ratio, clock and gap', async (t) => {
  const common = { seed: 1, fsHz: 12000, durationS: 4, frHz: 29.1, bearing: { fault: 'outer' } } as const;
  const { capture, truth } = syntheticVibration({ ...common, snrDb: 0, harmonics: [] });
  within(t, rms(capture.channels[0].samples), Math.SQRT2, 0.03, 'noise and strikes of equal power');
  const found = strongest(capture.channels[0].samples, 12000, 29.1);
  within(t, found.order, ORDERS_6205.BPFO, 0.005, 'order');
  within(t, truth.strikes!.length, 4 * 29.1 * ORDERS_6205.BPFO, 0.01, 'strikes');
  const fast = syntheticVibration({ ...common, snrDb: 0, clockError: 0.04 });
  within(
    t,
    strongest(fast.capture.channels[0].samples, 12000, 29.1).order,
    ORDERS_6205.BPFO / 1.04,
    0.005,
    'seen by a wrong clock',
  );
  t.same(syntheticVibration({ ...common, gap: [1, 2] }).capture.spans, [
    [0, 12000],
    [24000, 48000],
  ]);
  t.equal(syntheticVibration(common).capture.id, syntheticVibration(common).capture.id);
});

t.test('quick enough: three boards of two channels at ten times real time', async (t) => {
  const rig = createRig({ seed: 12, nameplate, bearing: { fault: 'inner', severity: 3 } });
  const vibration = accelerometerVolts({ rig, sensor: sensor('adxl1002'), filterHz: 3200 });
  const current = clampVolts({ rig, phase: 'A', sensor: sensor('sct-013-030') });
  const before = process.cpuUsage();
  for (let j = 0; j < 80000; j++) {
    vibration(j / 8000);
    current(j / 8000 + 3e-5);
  }
  const micros = (process.cpuUsage(before).user ?? 0) / 160000;
  t.ok(micros < 6, `${micros.toFixed(2)} µs a sample; the goal is 3, the limit leaves room for a busy machine`);
});
