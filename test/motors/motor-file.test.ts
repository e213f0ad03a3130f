/** Motor files: YAML of an owner in, what the analysis must know out, every complaint with its line and column. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadMotors, motorContext, parseMotors, variantsOf } from '../../host/motors/index.js';

const press = `id: press-04
name: Press 4, main drive
nameplate: { kW: 4, rpm: 1480, poles: 4, supplyHz: 50, amps: 8.1, shaftHeightMm: 112 }
drive: direct
mounting: stud
foundation: rigid
zone: hall-2
owner: maintenance
board: uno-0
channels:
  - { id: ax, sensor: adxl345, axis: radial }
bearings:
  - position: DE
    designation: 6205-2RS
    channels: [ax]
  - position: NDE
    geometry: { balls: 8, ballMm: 6.747, pitchMm: 28.5 }
gears:
  - { teeth: 23, order: 1 }
blades: 6
`;

t.test('a whole file', async (t) => {
  const dir = t.testdir();
  writeFileSync(join(dir, 'm.yaml'), press);
  const [motor] = loadMotors(join(dir, 'm.yaml'));
  const context = motorContext(motor);
  t.match(context, {
    id: 'press-04',
    speed: { nominalRpm: 1480, tolerance: 0.05, source: 'nameplate' },
    supplyHz: 50,
    polePairs: 2,
    ratedRpm: 1480,
    ratedKw: 4,
    ratedA: 8.1,
    shaftHeightMm: 112,
    foundation: 'rigid',
    drive: 'direct',
    mounting: 'stud',
    gears: [{ teeth: 23, order: 1 }],
    blades: 6,
  });
  const [de, nde] = context.bearings;
  t.ok(de.variants.length >= 2, 'every geometry of the designation is tested');
  t.same(de.channels, ['ax']);
  // r = 6.747/28.5: BPFO = 8(1 − r)/2, BPFI = 8(1 + r)/2
  t.ok(Math.abs(nde.variants[0].orders.BPFO - 3.0531) < 1e-4);
  t.ok(Math.abs(nde.variants[0].orders.BPFO + nde.variants[0].orders.BPFI - 8) < 1e-12);
  t.equal(context.sensors?.adxl345.quantity, 'acceleration');
});

t.test('the least: an id; everything else is unknown, not guessed', async (t) => {
  const context = motorContext(parseMotors('id: m1\n', 'm.yaml')[0]);
  t.same(context, {
    id: 'm1',
    drive: 'unknown',
    mounting: 'unknown',
    bearings: [{ position: 'unknown', variants: [] }],
  });
});

t.test('a list of motors', async (t) => {
  const motors = parseMotors(
    'motors:\n  - id: a\n  - id: b\n    bearings: [{ position: DE, designation: 6205 }]\n',
    'm.yaml',
  );
  t.same(
    motors.map(({ id }) => id),
    ['a', 'b'],
  );
  t.equal(motors[1].bearings[0].designation, '6205', 'a bare number is a designation');
});

t.test('KZ0701: complaints with line, column and key', async (t) => {
  const cases: [text: string, place: string, message: RegExp][] = [
    ['', '1:1', /expected object/],
    ['id: [a\n', '2:1', /./],
    ['id: a\nid: b\n', '2:1', /unique/],
    ['id: a\nnameplate:\n  kw: 4\n', '3:3', /kw is not known, kW is/],
    ['id: a\nbearing: []\n', '2:1', /bearing is not known, bearings is/],
    ['id: a\nnameplate: { rpm: fast }\n', '2:19', /nameplate.rpm: .*number/],
    ['id: a\nnameplate:\n  poles: 3\n', '3:10', /poles come in pairs/],
    ['id: a\nmounting: nail\n', '2:11', /mounting: .*stud/],
    ['id: "two words"\n', '1:5', /letters, digits/],
    [
      'id: a\nbearings:\n  - position: DE\n    designation: 6205\n    geometry: { balls: 8, ballMm: 1, pitchMm: 9 }\n',
      '3:5',
      /not both/,
    ],
    ['motors:\n  - id: a\n  - id: a\n', '3:9', /a occurs twice/],
    ['motors: 7\n', '1:9', /a list of motors/],
    ['motors: [{ id: a }]\nzones: []\n', '2:1', /only motors/],
    ['motors:\n  - id: a\n    channels:\n      - { id: ax, phse: A }\n', '4:19', /phse is not known, phase is/],
  ];
  for (const [text, place, message] of cases)
    t.throws(
      () => parseMotors(text, 'm.yaml'),
      { code: 'KZ0701', exit: 3, message: new RegExp(`^m\\.yaml:${place}: .*${message.source}`) },
      JSON.stringify(text),
    );
});

t.test('what a motor names must exist', async (t) => {
  t.throws(() => loadMotors('/nowhere/m.yaml'), { code: 'KZ0702', exit: 3, message: /ENOENT/ });
  const [unknownBearing] = parseMotors('id: a\nbearings: [{ position: DE, designation: 9999 }]\n', 'm.yaml');
  t.throws(() => motorContext(unknownBearing), { code: 'KZ0703', exit: 4 });
  const [impossible] = parseMotors(
    'id: a\nbearings: [{ position: DE, geometry: { balls: 9, ballMm: 9, pitchMm: 8 } }]\n',
    'm.yaml',
  );
  t.throws(() => motorContext(impossible), { code: 'KZ0751' });
  const [sensor] = parseMotors('id: a\nchannels: [{ id: ax, sensor: adxl999 }]\n', 'm.yaml');
  t.throws(() => motorContext(sensor), { code: 'KZ0752' });
});

t.test('a bearing as people name it', async (t) => {
  t.same(
    variantsOf('SKF 6205-2RS1/C3').map(({ designation }) => designation),
    variantsOf('6205').map(({ designation }) => designation),
  );
  const [stated] = variantsOf('n=9,d=0.3126,D=1.537');
  t.ok(
    Math.abs(stated.orders.BPFO - 3.585) < 0.001 && Math.abs(stated.orders.BPFI - 5.415) < 0.001,
    'inches do as well',
  );
  for (const text of ['n=9,d=8', 'n=9,d=8,D=x', 'n=9,d=8,D=39,k=2', 'n=2,d=8,D=39', 'n=9.5,d=8,D=39'])
    t.throws(() => variantsOf(text), { code: 'KZ0751', exit: 3 }, text);
});
