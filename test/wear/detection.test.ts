/** What sensors find on made machines and what they must not (the short form of bench:severity and bench:synthetic), what was seen running at all. */
import t from 'tap';
import { curvesSvg } from '../../bench/severity/curves.js';
import { housingOf } from '../../bench/severity/housing.js';
import { fitted, senseWith } from '../../bench/severity/sensors.js';
import { assessCurrent, assessVibration, findingWords, unseenWords } from '../../host/wear/index.js';
import { currents, motor, struck, vibration } from './records.js';

t.setTimeout(120_000);

const sensors = ['mpu6050', 'adxl345', 'iis3dwb'].map((id) => fitted.find((one) => one.id === id) ?? fitted[0]);

function heardBy(fit: (typeof fitted)[number], housing: Float64Array, seed: number) {
  const capture = { ...senseWith(fit, housing, seed, 0.5 * fit.sensor.clockTolerance), source: 'recording' as const };
  const speed = { nominalRpm: 1750, tolerance: 0.09, source: 'nameplate' as const };
  return assessVibration(capture, motor({ speed, ratedKw: undefined, sensors: { [fit.id]: fit.sensor } }));
}

t.test('a struck bearing by sensor: blind, found, found earlier', async (t) => {
  for (const [seed, fault] of [
    [1, 'outer'],
    [2, 'inner'],
  ] as const) {
    const { background, strikes } = housingOf(seed, fault);
    const at = (size: number) => background.map((value, j) => value + size * strikes[j]);
    const [blind, coarse, fine] = sensors.map((fit) => heardBy(fit, at(16), seed));
    t.match(blind.health, { status: 'grey', grey: 'blind' }, 'an MPU6050 is grey, never green');
    t.notOk(blind.findings.some(({ cause }) => cause.startsWith('bearing')));
    for (const assessment of [coarse, fine]) {
      t.ok(
        assessment.findings.some(({ cause }) => cause === `bearing-${fault}`),
        `${fault} found at 16 m/s²`,
      );
    }
    const weak = sensors.map((fit) => heardBy(fit, at(0.3), seed));
    t.same(
      weak.map(({ findings }) => findings.length),
      [0, 0, 0],
      'a sixth of the background is not found by any',
    );
  }
});

t.test('healthy machines: no finding, the right speed by a wrong clock', async (t) => {
  for (let seed = 20001; seed <= 20006; seed++) {
    const { background, frHz } = housingOf(seed, 'none');
    for (const fit of sensors) {
      const { findings, speed } = heardBy(fit, background, seed);
      t.same(findings, [], `${fit.label}, machine ${seed}`);
      const clock = 1 + 0.5 * fit.sensor.clockTolerance;
      t.ok(Math.abs(((speed?.frHz ?? 0) * clock) / frHz - 1) <= 0.005, `speed ${speed?.frHz}`);
    }
  }
});

t.test('a machine that was not seen running is never normal', async (t) => {
  const quiet = { fsHz: 3200, durationS: 8, noise: 0.05, pink: 1, harmonics: [] };
  for (let seed = 1; seed <= 20; seed++) {
    const { running, health } = assessVibration(vibration({ ...quiet, seed }), motor());
    t.equal(running, false, `noise ${seed}`);
    t.match(health, { status: 'grey', grey: 'stopped', reason: /^Not seen running: no line of a shaft stands out/ });
  }
  const turning = assessVibration(vibration({ ...quiet, harmonics: [1, 0.5] }), motor());
  t.match(turning, { running: true, health: { status: 'good' } }, 'a shaft line in the same noise is one');
  const hum = vibration({ ...quiet, hum: { hz: 50, amplitude: 2 } });
  t.equal(assessVibration(hum, motor({ supplyHz: 50 })).running, false, 'hum of the supply is none');
  t.equal(assessVibration(hum, motor()).running, true, 'which only who knows the supply can say');
  const loud = assessVibration(vibration({ ...quiet, noise: 3 }), motor());
  t.equal(loud.running, true, 'no accelerometer is that noisy');

  const open = currents();
  for (const channel of open.channels)
    channel.samples = vibration({ fsHz: 1000, durationS: 5, harmonics: [] }).channels[0].samples;
  t.match(assessCurrent(open, motor({ supplyHz: 50 })).health, { grey: 'stopped', reason: /no line of the supply/ });
  const pickup = currents();
  const rms = Math.sqrt(pickup.channels[0].samples.reduce((sum, one) => sum + one * one, 0) / 5000);
  const small = motor({ supplyHz: 50, ratedA: 50 * rms });
  t.match(assessCurrent(pickup, small).health, { grey: 'stopped', reason: /^Stopped: current is 2.* % of the rated/ });
  t.equal(assessCurrent(pickup, motor({ supplyHz: 50, ratedA: 2 * rms })).running, true);
});

t.test('every face builds the same sentence: English is the finding itself, Japanese is whole', async (t) => {
  const worn = [
    assessVibration(vibration({ snrDb: 0, bearing: struck('outer') }), motor()),
    assessVibration(
      vibration({ snrDb: 0, bearing: struck('inner') }),
      motor({ bearings: [{ position: 'DE', variants: [] }] }),
    ),
    assessVibration(vibration({ snrDb: 10, bearing: struck('outer') }), motor({ bearings: [] })),
    assessVibration(vibration({ harmonics: [30] }), motor()),
    assessVibration(vibration({ harmonics: [5, 30] }), motor()),
    assessVibration(vibration({ shaft: { electrical: 30 } }), motor({ supplyHz: 50 })),
    assessCurrent(
      currents({ electrical: { shortedTurns: { phase: 'B', share: 0.2, fromS: 2, toS: 4 } } }),
      motor({ supplyHz: 50 }),
    ),
  ].flatMap(({ findings }) => findings);
  const kinds = new Set(worn.map(({ says }) => says.of));
  for (const kind of [
    'bearing',
    'unknown-bearing',
    'impulsive',
    'severity',
    'unbalance',
    'misalignment',
    'electrical',
    'inter-turn',
  ])
    t.ok(kinds.has(kind as never), `${kind} is among them`);
  for (const finding of worn) {
    t.equal(findingWords(finding, 'en'), finding.words);
    const said = findingWords(JSON.parse(JSON.stringify(finding)), 'ja');
    t.match(said, /[ぁ-ん一-龥]/);
    t.notMatch(said, /undefined|NaN|consistent|[a-z]{9}/, said);
  }
});

t.test('what was not judged is said fault by fault, with the reason', async (t) => {
  const of = (assessment: ReturnType<typeof assessVibration>, fault: string) =>
    assessment.unseen.filter((one) => one.fault === fault);
  const slow = assessVibration(vibration({ fsHz: 400, frHz: 29.1, bearing: {} }), motor({ supplyHz: 50 }));
  t.match(of(slow, 'looseness'), [
    { code: 'SENSOR_RATE', partly: true, upTo: { hz: 160, order: 5 }, text: /orders over 5x/ },
  ]);
  t.match(of(slow, 'unbalance'), [{ code: 'NO_BASELINE', partly: true }], 'three orders are enough, a zone is missing');
  t.match(of(slow, 'bearing-unknown'), [{ position: 'DE', partly: false, code: 'SENSOR_RATE' }]);
  t.match(of(slow, 'impulsive'), [{ partly: false }]);
  const unknown = assessVibration(vibration(), motor({ speed: undefined }));
  for (const fault of ['unbalance', 'misalignment', 'looseness', 'electrical'])
    t.match(of(unknown, fault)[0], { code: 'SPEED_UNKNOWN', partly: false });
  t.match(of(unknown, 'severity'), [{ code: 'SPEED_UNKNOWN' }]);
  const short = assessVibration(
    vibration({ frHz: 5, durationS: 1.5 }),
    motor({ speed: { nominalRpm: 300, tolerance: 0.05, source: 'nameplate' } }),
  );
  t.match(
    of(short, 'looseness').find((one) => one.code === 'RECORD_TOO_SHORT'),
    { text: /half orders|orders are not apart/ },
  );
  for (const one of [...slow.unseen, ...unknown.unseen, ...short.unseen]) {
    t.ok(unseenWords(one, 'en').endsWith(one.text));
    t.notMatch(unseenWords(one, 'ja'), /undefined|NaN/);
  }
  const stopped = assessVibration(vibration({ noise: 0.05, harmonics: [] }), motor());
  t.same(stopped.unseen, [], 'of a machine that stands nothing is judged, and its health says so');
});

t.test('curves as SVG: on the axes, named, the same bytes', async (t) => {
  const curves = [
    { name: 'A & B', values: [0, 50, 100] },
    { name: 'C', values: [0, 0, 25] },
  ];
  const svg = curvesSvg('found', 'strike', [1, 2, 4], curves);
  t.equal(curvesSvg('found', 'strike', [1, 2, 4], curves), svg);
  const lines = [...svg.matchAll(/<polyline points="([^"]+)"/g)].map((match) => match[1]);
  // 56 to 540 across, 364 up to 44; the abscissa is logarithmic.
  t.same(lines, ['56,364 298,204 540,44', '56,364 298,364 540,284']);
  t.match(svg, /A &amp; B/);
  t.notMatch(svg, /A & B|NaN/);
});
