/** Validity of sensors, severity zones (ISO 20816-3, ISO 10816-1), shaft, change, alarms, health, remaining life, feature rows. */
import t from 'tap';
import { Machine, regimeOf, step } from '../../bench/alarms/motor-noise.js';
import type { Capture } from '../../host/capture/capture.js';
import { sensorOf, sensorTable } from '../../host/motors/sensor-table.js';
import { Xoshiro128 } from '../../host/signal/index.js';
import {
  averageRunLength,
  baselineOf,
  cusumStep,
  decisionInterval,
  marginsOf,
  memoryOf,
} from '../../host/wear/cusum.js';
import {
  type Alarm,
  alarmAfter,
  assessFeatures,
  assessVibration,
  type FeatureStream,
  type Finding,
  type History,
  judgeVelocity,
  learn,
  newAlarm,
  newHistory,
  recompute,
  severityScope,
  sightOf,
} from '../../host/wear/index.js';
import { linePosterior, normalCdf } from '../../host/wear/remaining-life.js';
import {
  mayBearing,
  mayEarlyBearing,
  mayGear,
  mayImpulse,
  mayRotorBars,
  maySequence,
  mayShaft,
  mayVelocity,
} from '../../host/wear/validity.js';
import { motor, struck, vibration } from './records.js';

t.setTimeout(180_000);

t.test('validity matrix: what each sensor may say on a stud', async (t) => {
  const esp32 = { ...sensorOf('adxl1002'), sinadDb: 35 };
  const columns = [
    ['mpu6050', sightOf(sensorOf('mpu6050'), 1000, 'stud')],
    ['lis3dh', sightOf(sensorOf('lis3dh'), 1344, 'stud')],
    ['adxl345', sightOf(sensorOf('adxl345'), 3200, 'stud')],
    ['adxl355', sightOf(sensorOf('adxl355'), 4000, 'stud')],
    ['iis3dwb', sightOf(sensorOf('iis3dwb'), 26667, 'stud')],
    ['kx134', sightOf(sensorOf('kx134'), 25600, 'stud')],
    ['uno + analog', sightOf(sensorOf('adxl1002'), 9615, 'stud')],
    ['esp32 + analog', sightOf(esp32, 20000, 'stud')],
  ] as const;
  const table = Object.fromEntries(
    columns.map(([name, sight]) => [
      name,
      [
        Math.round(sight.fTopHz),
        `${mayVelocity(sight).level}${mayVelocity(sight).zone ? '' : ', no zone'}`,
        mayBearing(sight, 89).level,
        mayEarlyBearing(sight).level,
        mayImpulse(sight).level,
      ],
    ]),
  );
  t.same(table, {
    mpu6050: [208, 'no, no zone', 'no', 'no', 'no'],
    lis3dh: [538, 'caution, no zone', 'caution', 'no', 'no'],
    adxl345: [1280, 'yes', 'yes', 'no', 'caution'],
    adxl355: [800, 'caution', 'caution', 'no', 'caution'],
    iis3dwb: [5985, 'yes', 'yes', 'yes', 'yes'],
    kx134: [6400, 'yes', 'yes', 'yes', 'yes'],
    'uno + analog': [3846, 'yes', 'yes', 'no', 'caution'],
    'esp32 + analog': [8000, 'yes', 'caution', 'caution', 'caution'],
  });
  t.equal(sightOf(sensorOf('iis3dwb'), 26667, 'tape').fTopHz, 1000);
  t.equal(sightOf(sensorOf('iis3dwb'), 26667, 'tape').limit, 'MOUNTING');
  t.equal(sightOf(undefined, 12000, 'unknown').fTopHz, 4800, 'an unknown sensor is judged by its rate');
  t.equal(mayBearing(sightOf(sensorOf('adxl345'), 3200, 'stud'), 300).level, 'caution', 'two harmonics only');
  t.equal(mayShaft(sightOf(sensorOf('mpu6050'), 1000, 'stud'), 100).text, '1x only');
  t.equal(mayGear(sightOf(sensorOf('adxl345'), 3200, 'stud'), 60, 25).level, 'no');
  t.same(
    [mayRotorBars(45, 1), mayRotorBars(55, 1), mayRotorBars(62, 0.3), mayRotorBars(62, 0.7)].map((one) => one.level),
    ['no', 'caution', 'caution', 'yes'],
  );
  t.same(
    [maySequence(2, 1000, 50), maySequence(3, 400, 50), maySequence(3, 1000, 50)].map((one) => one.code),
    ['TOO_FEW_CHANNELS', 'SENSOR_RATE', undefined],
  );
});

t.test('a blind sensor is grey, not green', async (t) => {
  const capture = vibration({ fsHz: 1000, noise: 0.3 });
  const named = { ...capture, channels: capture.channels.map((one) => ({ ...one, sensor: 'mpu6050' })) };
  const { health, scores } = assessVibration(named, motor({ sensors: Object.fromEntries(sensorTable()) }));
  t.equal(health.status, 'grey');
  t.equal(health.grey, 'blind');
  t.match(health.reason, /blind to bearing faults: InvenSense MPU-6050 sees up to 208 Hz/);
  t.equal(scores.bearing.DE.refused?.[0].code, 'SENSOR_BANDWIDTH');
});

t.test('ISO 20816-3 scope and zones', async (t) => {
  const kw = (ratedKw: number | undefined, more = {}) => motor({ ratedKw, ...more });
  t.match(severityScope(kw(undefined), 1500), { refused: 'SCOPE' });
  t.match(severityScope(kw(1.5), 1500), { tables: [{ id: 'ISO 10816-1:1995 class I' }] });
  t.match(severityScope(kw(90, { foundation: 'rigid' }), 1500), { tables: [{ velocity: [1.4, 2.8, 4.5] }] });
  t.match(severityScope(kw(90, { foundation: 'rigid', shaftHeightMm: 315 }), 1500), {
    tables: [{ velocity: [2.3, 4.5, 7.1] }],
  });
  t.match(severityScope(kw(400, { foundation: 'flexible' }), 1500), { tables: [{ velocity: [3.5, 7.1, 11] }] });
  t.match(severityScope(kw(90), 60), { refused: 'SCOPE' }, 'under 120 r/min');
  t.match(severityScope(kw(90, { machine: 'rotodynamic-pump' }), 1500), { refused: 'SCOPE' });
  const both = judgeVelocity(2.5, kw(90), 1500);
  if ('refused' in both) throw new Error(both.text);
  t.equal(both.zone, 'B', 'the stricter of rigid (B) and flexible (B)');
  t.equal(both.tables.length, 2);
  t.same(
    both.tables.map(({ zone, table }) => `zone ${zone} (${table.label})`),
    ['zone B (group 2, rigid foundation)', 'zone B (group 2, flexible foundation)'],
  );
  t.equal(both.note, 'limits as commonly published for ISO 20816-3; verify against the standard');
  const small = judgeVelocity(1.2, kw(1.5), 1500);
  t.match(small, { zone: 'B', tables: [{ table: { label: 'class I, informative' } }] });
  t.match(small, { note: /ISO 10816-1:1995 annex B, superseded/ });
  t.match(
    judgeVelocity(0.5, kw(1.5), 1500, 0.21),
    { refused: 'SENSOR_NOISE_FLOOR' },
    'zone A of class I not on the z axis of an ADXL345',
  );
  t.match(judgeVelocity(0.5, kw(1.5), 1500, 0.14), { zone: 'A' });
});

t.test('one sentence names the fault and the zone; zone D that stays is a failure', async (t) => {
  let history = newHistory();
  const sick = (hour: number) => {
    const capture = vibration({ seed: 900 + hour, harmonics: [40, 1, 1, 0, 0], noise: 0.2, sensor: {} });
    const assessment = assessVibration({ ...capture, at: hour * 3.6e6 }, motor(), history);
    history = learn(history, assessment);
    return assessment.health;
  };
  const [first, , third, fourth] = [1, 2, 3, 4].map(sick);
  t.equal(first.status, 'out-of-specification', 'one capture alone is no failure');
  t.match(
    first.reason,
    /^Out of specification: consistent with unbalance \(.*\); velocity \d+\.\d mm\/s, indicative zone D \(class I, informative\)$/,
  );
  t.equal(third.status, 'failure', 'three of three');
  t.match(fourth.reason, /^Failure: consistent with unbalance .*zone D/);
});

t.test('velocity of a known line, and its refusals', async (t) => {
  // 1 m/s² peak at 29.1 Hz is 1000/(2π·29.1·√2) mm/s.
  const capture = vibration({ harmonics: [10, 0, 0, 0, 0], noise: 0.1, sensor: {} });
  const { indicators } = assessVibration(capture, motor());
  const velocity = indicators.find((one) => one.id === 'rmsVelocity');
  t.ok(
    Math.abs((velocity?.value ?? 0) / (1000 / (2 * Math.PI * 29.1 * Math.SQRT2)) - 1) < 0.03,
    `${velocity?.value} mm/s`,
  );
  const relative = { ...capture, channels: capture.channels.map((one) => ({ ...one, unit: 'relative' as const })) };
  const refused = assessVibration(relative, motor()).indicators.find((one) => one.id === 'rmsVelocity.ax');
  t.match(refused, { value: null, valid: { refused: 'UNIT_UNKNOWN' } });
  const loose = assessVibration({ ...capture, fsUncertainty: 0.02 }, motor());
  t.match(loose.indicators.find((one) => one.id === 'rmsVelocity')?.note ?? '', /no zone/);
  t.equal(loose.quality.status, 'doubtful');
  t.equal(loose.health.status, 'check-function');
});

t.test('quality: clipping, gaps, stopped, rejected', async (t) => {
  const loud = vibration({ noise: 3, sensor: { rangeG: 0.9, lsbG: 0.004 }, durationS: 6 });
  const clipped = assessVibration(loud, motor());
  t.ok(clipped.quality.reasons.some((one) => one.code === 'CLIPPED'));
  t.equal(clipped.health.grey, 'invalid', 'every block clipped');
  t.same(clipped.findings, []);
  const gap = assessVibration(vibration({ bearing: struck('outer'), snrDb: 0, noise: 0.2, gap: [4, 4.2] }), motor());
  t.ok(gap.quality.reasons.some((one) => one.code === 'GAPS'));
  t.equal(gap.scores.bearing.DE.ranked[0].cause, 'outer', 'each stretch on its own');
  const still = vibration({ noise: 1e-6, harmonics: [0], sensor: { noiseUgRtHz: 290, lsbG: 0.0039 }, fsHz: 3200 });
  const named = { ...still, channels: still.channels.map((one) => ({ ...one, sensor: 'adxl345' })) };
  const stopped = assessVibration(named, motor({ sensors: Object.fromEntries(sensorTable()) }));
  t.equal(stopped.running, false);
  t.equal(stopped.health.grey, 'stopped');
  t.equal(learn(newHistory(), stopped).regimes['any-speed'], undefined, 'a stopped machine teaches nothing');
  t.throws(() => assessVibration({ ...loud, verdict: { kind: 'rejected', why: 'signature' } }, motor()), {
    code: 'KZ0652',
  });
  t.throws(() => assessVibration({ ...loud, channels: [] }, motor()), { code: 'KZ0651' });
  t.throws(() => assessVibration(loud, motor(), { schema: 'other' } as unknown as History), { code: 'KZ0655' });
});

t.test('CUSUM: the rule, exactly, and its run length', async (t) => {
  const rule = { k: 1, h: 10, zClip: 4, cap: 4 };
  let state = { up: 0, down: 0 };
  const ups = [9, 3, -1, 0.5, 100, 100, 100].map((z, i) => {
    state = cusumStep(state, z, rule, i);
    return state.up;
  });
  t.same(ups, [3, 5, 3, 2.5, 5.5, 8.5, 11.5], 'clipped at 4: at most +3 a step, four steps to raise');
  for (let i = 0; i < 30; i++) state = cusumStep(state, 9, rule, i);
  t.equal(state.up, 40, 'capped at 4h');
  t.ok(Math.abs(averageRunLength(0.5, 4) - 338) < 3 && Math.abs(averageRunLength(0.5, 5) - 938) < 6, 'Siegmund');
  for (const [decisions, k, h] of [
    [87600, 0.5, 9.52],
    [87600, 1, 4.87],
    [730000, 1, 5.93],
  ] as const) {
    t.ok(
      Math.abs(decisionInterval(k, decisions) - h) < 0.03,
      `h ${decisionInterval(k, decisions).toFixed(2)} for one in ${decisions}`,
    );
  }
  const spread = baselineOf([1, 2, 3, 4, 100], true);
  t.match(spread, { median: 3, sigma: 1.4826 }, 'robust');
  t.equal(baselineOf([2, 2, 2], false).sigma, 0.05, 'floor');
});

t.test('CUSUM of noise that lasts: memory, margins, false alarms, delay', async (t) => {
  const random = new Xoshiro128(Uint8Array.from({ length: 16 }, (_, i) => i));
  const ar = (keep: number, n: number) => {
    let state = 0;
    return Array.from({ length: n }, () => {
      state = keep * state + Math.sqrt(1 - keep * keep) * random.gaussian();
      return state;
    });
  };
  const memory = (keep: number, n: number) => {
    const values = ar(keep, n);
    return memoryOf(values, baselineOf(values, true));
  };
  // (1 + keep)/(1 − keep) for a first-order process.
  t.ok(memory(0, 4000) < 1.3, 'independent values have none');
  t.ok(Math.abs(memory(0.5, 4000) - 3) < 0.6, '3 captures');
  t.ok(Math.abs(memory(0.8, 8000) - 9) < 2, '9 captures');
  t.equal(memory(0.8, 19), 1, 'too few to tell');
  t.equal(memoryOf(new Array(50).fill(1), baselineOf(new Array(50).fill(1), true)), 1, 'a constant has none');
  t.same(marginsOf({ n: 100, memory: 4 }, 2), { widen: 1 + (1.17 * 2) / 5, deadZone: 0.5, memory: 4 });
  t.same(marginsOf({ n: 7 }, 0), { widen: 1, deadZone: 0, memory: 1 }, 'no caution: as it looks');
  const rule = { k: 1, h: 10, zClip: 4, cap: 4 };
  const slow = { widen: 2, deadZone: 0.5, memory: 5 };
  t.equal(cusumStep({ up: 1, down: 0 }, 5, rule, 0, slow).up, 1.2, '5/2 less 1.5, a fifth of it');
  t.equal(cusumStep({ up: 1, down: 0 }, 9, rule, 0, slow).up, 3.5, 'at the clip in full');

  for (let seed = 5001; seed <= 5006; seed++) {
    const machine = new Machine(seed);
    let history = newHistory();
    let hour = 0;
    while (!regimeOf(history)?.baseline) history = step(history, machine.next(1), hour++).history;
    t.ok(hour >= 100 && hour <= 400, `learned from ${hour} captures`);
    let top = 0;
    for (let n = 0; n < 2000; n++) {
      const { changes, history: next } = step(history, machine.next(1), hour++);
      history = next;
      for (const { up, down } of changes ?? []) top = Math.max(top, up, down);
    }
    t.ok(top <= 10, `healthy for 2,000 hours: largest sum ${top.toFixed(1)} of 10`);
    let until = 0;
    for (let raised = false; !raised && until < 20; until++) {
      const { changes, history: next } = step(history, machine.next(4), hour++);
      history = next;
      raised = (changes ?? []).some(({ up }) => up > 10);
    }
    t.ok(until <= 8, `four times the level: ${until} captures`);
  }
});

/** A history that has learned `n` healthy captures, one an hour. */
function learned(n: number, settings = {}): { history: History; hour: number } {
  let history = newHistory({ minCaptures: n, minHours: 0, ...settings });
  for (let hour = 0; hour < n; hour++) {
    const capture = { ...vibration({ seed: 100 + hour, noise: 0.2, durationS: 4 }), at: hour * 3.6e6 };
    history = learn(history, assessVibration(capture, motor(), history));
  }
  return { history, hour: n };
}

t.test('from learning to a confirmed bearing alarm; the history survives JSON', async (t) => {
  const { history, hour } = learned(6);
  const [regime] = Object.values(history.regimes);
  t.ok(regime.baseline && !regime.suspicious, 'baseline complete');
  let state: History = JSON.parse(JSON.stringify(history));
  const levels: string[] = [];
  const statuses: string[] = [];
  for (let i = 0; i < 5; i++) {
    const capture = {
      ...vibration({ seed: 200 + i, noise: 0.2, durationS: 4, bearing: struck('outer'), snrDb: 0 }),
      at: (hour + i) * 3.6e6,
    };
    const assessment = assessVibration(capture, motor(), state);
    state = JSON.parse(JSON.stringify(learn(state, assessment)));
    levels.push(assessment.findings.find((one) => one.cause === 'bearing-outer')?.level ?? 'none');
    statuses.push(assessment.health.status);
    if (i === 2) t.match(assessment.findings[0].words, /seen in 3 of 4 captures/);
  }
  t.same(levels, ['watch', 'watch', 'alarm', 'alarm', 'alarm']);
  t.equal(statuses[0], 'out-of-specification');
  t.ok(['maintenance-required', 'failure'].includes(statuses[4]), statuses[4]);
  t.same(state.regimes[regime.key].baseline, regime.baseline, 'drift never moves a complete baseline');
});

t.test('learning: grey with a count, and suspicious on a sick machine', async (t) => {
  const { history } = learned(2, { minCaptures: 10 });
  const healthy = assessVibration({ ...vibration({ seed: 7, noise: 0.2, durationS: 4 }), at: 1e8 }, motor(), history);
  t.match(healthy.health, { status: 'grey', grey: 'learning', learning: { have: 2, need: 10 } });
  let sick = newHistory({ minCaptures: 5, minHours: 0 });
  for (let i = 0; i < 5; i++) {
    const capture = {
      ...vibration({ seed: i, noise: 0.2, durationS: 4, bearing: struck('inner'), snrDb: 0 }),
      at: i * 3.6e6,
    };
    sick = learn(sick, assessVibration(capture, motor(), sick));
  }
  const [regime] = Object.values(sick.regimes);
  t.ok(regime.suspicious, 'nothing was admitted');
  t.ok(regime.baseline, 'the baseline is built');
  const later = assessVibration({ ...vibration({ seed: 9, noise: 0.2, durationS: 4 }), at: 9e7 }, motor(), sick);
  t.match(later.health.reason, /learning on a suspicious machine/);
});

t.test('unbalance against the own baseline; a fall is a change too', async (t) => {
  const { history, hour } = learned(6);
  const heavy = {
    ...vibration({ seed: 31, noise: 0.2, durationS: 4, harmonics: [4, 0.5, 0.3, 0.2, 0.1] }),
    at: hour * 3.6e6,
  };
  const unbalanced = assessVibration(heavy, motor(), history);
  const finding = unbalanced.findings.find((one) => one.cause === 'unbalance');
  t.ok(finding && Math.abs((finding.params.growth as number) - 4) < 0.4, `growth ${finding?.params.growth}`);
  t.match(finding?.words ?? '', /also bent shaft, resonance: not distinguishable with one axis and no phase/);
  t.equal(unbalanced.scores.misalignment < 1, true);
  const second = {
    ...vibration({ seed: 32, noise: 0.2, durationS: 4, harmonics: [1, 3, 0.3, 0.2, 0.1] }),
    at: hour * 3.6e6,
  };
  const coupling = assessVibration(second, motor(), history);
  t.same(
    coupling.findings.map((one) => one.cause),
    ['misalignment'],
  );
  let state = history;
  let words = '';
  for (let i = 0; i < 6; i++) {
    const quiet = {
      ...vibration({ seed: 40 + i, noise: 0.12, durationS: 4, harmonics: [1, 0.5, 0.3, 0.2, 0.1] }),
      at: (hour + i) * 3.6e6,
    };
    const assessment = assessVibration(quiet, motor(), state);
    state = learn(state, assessment);
    words = assessment.findings.find((one) => one.cause === 'changed')?.words ?? words;
  }
  t.match(words, /lower than its baseline .*cause unknown/);
});

t.test('twice the supply frequency, gear mesh, blade pass: seen where they can be told apart', async (t) => {
  const plate = motor({
    speed: { nominalRpm: 1480, tolerance: 0.03, source: 'nameplate' },
    supplyHz: 50,
    gears: [{ teeth: 23, order: 1 }],
    blades: 7,
    bearings: [],
  });
  const record = (options: Parameters<typeof vibration>[0] = {}) =>
    vibration({ frHz: 24.7, noise: 0.2, harmonics: [1, 0.3, 0.2], ...options });
  const at = (capture: Capture, id: string, context = plate) =>
    assessVibration(capture, context).indicators.find((one) => one.id === id);
  const near = (found: number | null | undefined, wanted: number, what: string) =>
    t.ok(Math.abs((found ?? 0) / wanted - 1) < 0.05, `${what}: ${found}, ${wanted} made`);
  const mmPerS = (a: number, hz: number) => (1e3 * a) / (2 * Math.PI * hz);
  const gear = { teeth: 23, amplitude: 1, sideband: 0.4 };
  const made = record({ shaft: { electrical: 0.5, gear, fan: { blades: 7, amplitude: 0.6 } } });
  near(at(made, 'lineTwice.ax')?.value, mmPerS(0.5, 100), '2 x line');
  near(at(made, 'gearMesh.1.ax')?.value, mmPerS(1, 23 * 24.7), 'mesh');
  near(at(made, 'bladePass.ax')?.value, mmPerS(0.6, 7 * 24.7), 'blades');
  const quiet = at(record({ shaft: { gear: { ...gear, sideband: 0.1 } } }), 'gearSideBands.1.ax')?.value ?? 0;
  const worn = at(made, 'gearSideBands.1.ax')?.value ?? 0;
  t.ok(Math.abs(worn - quiet - 12) < 1.5, `side bands four times as high: ${(worn - quiet).toFixed(1)} dB`);

  t.match(at(record({ durationS: 2 }), 'lineTwice.ax')?.valid, { refused: 'RECORD_TOO_SHORT' });
  t.match(at(record(), 'lineTwice.ax', { ...plate, drive: 'vfd' })?.valid, { refused: 'VFD' });
  t.equal(at(record(), 'lineTwice.ax', { ...plate, supplyHz: undefined }), undefined);

  const cold = assessVibration(record({ shaft: { electrical: 3 } }), plate);
  t.match(cold.findings[0], { cause: 'electrical', algorithm: 'kz-lines/2', subject: 'stator' });
  t.match(cold.health.reason, /consistent with an electrical cause .*or soft foot.*; velocity .*zone C/);
  t.match(recompute(cold.findings[0], record({ shaft: { electrical: 3 } }), plate), { identical: true });
  let history = newHistory({ minCaptures: 6, minHours: 0 });
  for (let hour = 0; hour < 6; hour++) {
    const capture = { ...record({ seed: 50 + hour, durationS: 6, shaft: { electrical: 0.2 } }), at: hour * 3.6e6 };
    history = learn(history, assessVibration(capture, plate, history));
  }
  const grown = (electrical: number) =>
    assessVibration({ ...record({ seed: 70, durationS: 6, shaft: { electrical } }), at: 7 * 3.6e6 }, plate, history);
  t.match(grown(0.7).findings[0], { cause: 'electrical', words: /3\.\d times its baseline/ });
  t.ok(grown(0.7).scores.unbalance < 1 && grown(0.7).scores.misalignment < 1, 'and nothing of the shaft');
  t.same(grown(0.3).findings, [], 'one and a half times is none');
  const strained = record({ seed: 70, durationS: 6, shaft: { electrical: 0.7 }, harmonics: [1.8, 0.3, 0.2] });
  const { findings } = assessVibration({ ...strained, at: 7 * 3.6e6 }, plate, history);
  const foot = findings.find(({ cause }) => cause === 'electrical');
  t.match(foot, { says: { of: 'soft-foot' }, words: /soft foot or a strained frame/ });
});

t.test('captures closer than a minute count once', async (t) => {
  const { history, hour } = learned(6);
  const changed = (seed: number, at: number, state: History) =>
    assessVibration({ ...vibration({ seed, noise: 0.5, durationS: 4 }), at }, motor(), state);
  let state = history;
  for (let i = 0; i < 5; i++) state = learn(state, changed(60 + i, hour * 3.6e6 + i * 10_000, state));
  const [regime] = Object.values(state.regimes);
  const sums = Object.values(regime.cusum).map((one) => one.up);
  t.ok(Math.max(...sums) <= 3, `one decision in a minute: ${Math.max(...sums)}`);
});

t.test('alarm life: latched, acknowledged, shelved', async (t) => {
  const finding = (level: Finding['level']): Finding => ({ id: `f-${level}`, level, words: 'w' }) as Finding;
  const after = (alarm: Alarm, ...events: Parameters<typeof alarmAfter>[1][]): Alarm =>
    events.reduce(alarmAfter, alarm);
  const start = newAlarm('m1', 'bearing-outer');
  t.equal(
    after(start, { kind: 'finding', at: 1, finding: finding('watch') }).state,
    'normal',
    'a watch raises nothing',
  );
  const raised = after(start, { kind: 'finding', at: 2, finding: finding('alarm') });
  t.match(raised, { state: 'raised-unacknowledged', raisedAt: 2, since: 2 });
  t.equal(after(raised, { kind: 'quiet', at: 3 }).state, 'returned-unacknowledged', 'latched until seen');
  t.equal(after(raised, { kind: 'quiet', at: 3 }, { kind: 'acknowledge', at: 4, by: 'a' }).state, 'normal');
  const seen = after(raised, { kind: 'acknowledge', at: 3, by: 'a' });
  t.equal(
    after(seen, { kind: 'finding', at: 4, finding: finding('alarm') }).state,
    'raised-acknowledged',
    'joins the open alarm',
  );
  t.equal(after(seen, { kind: 'quiet', at: 5 }).state, 'normal');
  const shelved = after(raised, { kind: 'shelve', at: 3, by: 'b', until: 100 });
  t.match(shelved, { state: 'shelved', by: 'b', shelvedUntil: 100 });
  t.equal(after(shelved, { kind: 'quiet', at: 50 }).state, 'shelved');
  t.equal(
    after(shelved, { kind: 'quiet', at: 50 }, { kind: 'tick', at: 101 }).state,
    'returned-unacknowledged',
    'went on underneath',
  );
  const out = after(raised, { kind: 'out-of-service', at: 3, by: 'c' });
  t.equal(after(out, { kind: 'tick', at: 1e9 }).state, 'out-of-service');
  t.equal(after(out, { kind: 'in-service', at: 1e9, by: 'c' }).state, 'raised-unacknowledged');
});

t.test('remaining life: posterior in closed form, interval or refusal', async (t) => {
  // Two points, prior so wide that the line goes through them.
  const line = linePosterior([0, 1], [2, 5], 1e-6, { theta: 0, beta: 0, varTheta: 1e9, varBeta: 1e9 });
  t.ok(Math.abs(line.theta - 2) < 1e-6 && Math.abs(line.beta - 3) < 1e-6);
  t.ok(
    Math.abs(normalCdf(1.2815515655446004) - 0.9) < 1e-12 && Math.abs(normalCdf(-3.5) - 0.000232629079035525) < 1e-14,
  );
  let { history: state, hour } = learned(6);
  const lives: string[] = [];
  let stated: { p10: number; p50: number; p90: number } | undefined;
  for (let i = 0; i < 22; i++) {
    // Severity rises by about half a decibel an hour.
    const capture = {
      ...vibration({ seed: 300 + i, noise: 0.2, durationS: 4, bearing: struck('outer'), snrDb: -14 + 0.5 * i }),
      at: (hour + i) * 3.6e6,
    };
    const assessment = assessVibration(capture, motor(), state);
    state = learn(state, assessment);
    const life = assessment.remainingLife;
    lives.push(life === undefined ? 'none' : 'hours' in life ? 'stated' : life.refused);
    if (life && 'hours' in life) stated = life.hours;
  }
  t.equal(lives[0], 'NO_TREND');
  t.ok(stated, lives.join(' '));
  t.ok(stated && stated.p10 < stated.p50 && stated.p50 < stated.p90 && stated.p90 <= 10 * stated.p10);
});

t.test('feature rows: learned together, a broken relation is a change', async (t) => {
  const random = new Xoshiro128(new Uint8Array(16).fill(3));
  const rows = (n: number, from: number, broken = false): FeatureStream => {
    const load = Array.from({ length: n }, (_, i) => 10 + Math.sin((from + i) / 40) + 0.05 * random.gaussian());
    const current = load.map((one) => (broken ? 10.6 - 0.6 * (one - 10) : one * 0.6 + 4) + 0.02 * random.gaussian());
    const constant = load.map(() => 5);
    const columns = { load, current, constant };
    return {
      id: 's',
      fsHz: 1,
      columns: Object.entries(columns).map(([id, values]) => ({ id, values: Float64Array.from(values) })),
    };
  };
  let history = newHistory({ minCaptures: 400, minHours: 0 });
  for (let from = 0; from < 400; from += 100) {
    const chunk = assessFeatures(rows(100, from), motor(), history);
    t.equal(chunk.health.grey, 'learning');
    history = learn(history, chunk);
  }
  const same = assessFeatures(rows(300, 400), motor(), history);
  t.same(same.rowAlarms?.filter(Boolean), []);
  t.equal(same.health.status, 'good');
  const broken = assessFeatures(rows(200, 700, true), motor(), learn(history, same));
  t.ok((broken.rowAlarms?.filter(Boolean).length ?? 0) > 100, 'each value alone is in range, their relation is not');
  t.equal(broken.findings[0].cause, 'changed');
  t.throws(() => assessFeatures({ id: 'x', fsHz: 1, columns: [] }, motor()), { code: 'KZ0651' });
});
