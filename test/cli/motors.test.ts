/** kizashi motors and config: the site's description as commented YAML, by flags, lists and edits that keep what people wrote. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { onlyJson, run } from './run-cli.js';

for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'KIZASHI_STATE']) delete process.env[name];

const plate = [
  '--kw',
  '4',
  '--rpm',
  '1480',
  '--poles',
  '4',
  '--supply-hz',
  '50',
  '--drive',
  'direct',
  '--mounting',
  'stud',
];
const wires = ['--wire', 'ax=A0:adxl1002,axis=radial,gain=5', '--wire', 'i1=A1:sct-013-030,phase=A'];

t.test('motors add, show, list, edit', async (t) => {
  const state = t.testdir();
  const at = ['--state', state];
  const added = await run([
    'motors',
    'add',
    'press-04',
    ...plate,
    ...wires,
    '--bearing',
    'DE=6205-2RS',
    '--bearing',
    'NDE=n=9,d=7.94,D=39.04',
    ...at,
  ]);
  t.match(added, { code: 0, stdout: /press-04\n {2}4\.00 kW {3}1480 r\/min/ });
  t.match(added.stdout, /DE +6205.* BPFO 3\.5\d/);
  t.match(added.stdout, /NDE +9 x 7\.94 mm on 39\.04 mm/);
  const file = join(state, 'motors', 'press-04.yaml');
  const text = readFileSync(file, 'utf8');
  t.match(text, /^# yaml-language-server: \$schema=motor\.schema\.json\n/);
  t.match(text, /kW: 4 # rated power/);
  t.equal(statSync(file).mode & 0o077, 0, 'readable by its owner only');
  t.match(JSON.parse(readFileSync(join(state, 'motors', 'motor.schema.json'), 'utf8')), {
    type: 'object',
    properties: { nameplate: {}, bearings: {} },
    required: ['id'],
  });

  t.match(await run(['motors', 'add', 'press-04', ...plate, ...at]), { code: 2, stdout: '', stderr: /KZ0705/ });
  writeFileSync(file, text.replace('drive: direct', '# asked the electrician\ndrive: direct'));
  t.match(await run(['motors', 'edit', 'press-04', '--rpm', '1475', '--owner', 'shift-b', ...at]), {
    code: 0,
    stdout: /1475 r\/min.*owner shift-b/,
  });
  const edited = readFileSync(file, 'utf8');
  t.match(edited, /# asked the electrician/, 'a comment survives an edit');
  t.match(edited, /rpm: 1475[\s\S]*owner: shift-b/);
  t.match(
    await run(['motors', 'edit', 'press-04', ...at]),
    { code: 2, stderr: /KZ1401: nothing to change/ },
    'no terminal, no question',
  );
  t.match(await run(['motors', 'edit', 'press-04', '--bearing', '9999', ...at]), { code: 4, stderr: /KZ0703/ });
  t.equal(readFileSync(file, 'utf8'), edited, 'a refused edit writes nothing');
  t.match(await run(['motors', 'edit', 'nobody', '--rpm', '1', ...at]), {
    code: 4,
    stderr: /KZ1201.*nobody[\s\S]*configured are press-04/,
  });

  t.match(await run(['motors', 'add', 'fan-90', '--bearing', 'unknown', ...at]), {
    code: 0,
    stdout: /lost {5}rpm[\s\S]*lost {5}bearings[\s\S]*lost {5}kW/,
  });
  t.match(await run(['motors', 'list', ...at]), { code: 0, stdout: /fan-90.*unknown[\s\S]*press-04 +4\.000 +1475/ });
  t.match(onlyJson(await run(['motors', 'list', '--json', ...at])), {
    schema: 'kizashi/motors-list/1',
    motors: [
      { id: 'fan-90' },
      { id: 'press-04', channels: [{ id: 'ax', pin: 'A0', sensor: 'adxl1002', gain: 5 }, { id: 'i1' }] },
    ],
  });
  t.match(onlyJson(await run(['motors', 'show', 'press-04', '--json', ...at])), {
    motors: [{ motor: { id: 'press-04' }, context: { ratedRpm: 1475, ratedKw: 4 } }],
  });
  t.match(await run(['motors', 'show', file]), { code: 0, stdout: /press-04/ });
  for (const wire of ['ax', 'ax=A0,shape=round', 'ax=A0:nosuchsensor'])
    t.match(
      await run(['motors', 'add', 'm', '--wire', wire, ...at]),
      { code: /^[23]$/, stderr: /KZ1401|KZ0752/ },
      wire,
    );
  t.notOk(existsSync(join(state, 'motors', 'm.yaml')));
});

t.test('motors import: a list, a YAML file; one wrong row keeps none of the others out', async (t) => {
  const state = t.testdir();
  const list = join(state, 'motors.csv');
  writeFileSync(list, 'id;kW;rpm;bearing;zone\na1;4;1480;DE=6205;hall\na2;7.5;2950;;hall\nbad one;1;1;;\n');
  const ran = await run(['motors', 'import', list, '--state', state]);
  t.match(ran, { code: 3, stdout: /a1\.yaml\n.*a2\.yaml\n/, stderr: /KZ0701[\s\S]*2 added, 1 refused/ });
  t.match(onlyJson(await run(['motors', 'list', '--json', '--state', state])), {
    motors: [{ id: 'a1', zone: 'hall' }, { id: 'a2' }],
  });
  writeFileSync(list, 'id,colour\na3,red\n');
  t.match(await run(['motors', 'import', list, '--state', state]), { code: 3, stderr: /unknown column colour/ });
  const yaml = join(state, 'more.yaml');
  writeFileSync(yaml, 'motors:\n  - id: b1\n    nameplate: { rpm: 1500 }\n  - id: b2\n');
  t.match(await run(['motors', 'import', yaml, '--state', state]), { code: 0, stdout: /b1\.yaml\n.*b2\.yaml/ });
});

t.test('config: order of sources, line and column of what is wrong', async (t) => {
  const state = t.testdir();
  const file = join(state, 'kizashi.yaml');
  writeFileSync(file, '# the plant\nsite: Werk 2\nrate: 4000\n');
  const show = async (argv: string[]): Promise<Record<string, { value: unknown; from: string }>> =>
    onlyJson(await run(['config', 'show', '--json', '--config', file, ...argv])).settings as never;
  t.match(await show([]), {
    site: { value: 'Werk 2', from: `${file}:2` },
    rate: { value: 4000 },
    http: { from: 'default' },
  });
  process.env.KIZASHI_RATE = '5000';
  t.match((await show([])).rate, { value: 5000, from: 'KIZASHI_RATE' });
  t.match((await show(['--rate', '6000'])).rate, { value: 6000, from: '--rate' });
  delete process.env.KIZASHI_RATE;
  t.match(await run(['config', 'show', '--config', file]), { code: 0, stdout: /site +Werk 2 +.*kizashi\.yaml:2/ });

  t.match(await run(['config', 'check', '--config', file, '--state', state]), {
    code: 0,
    stdout: /^ok {4}.*kizashi\.yaml\n$/,
  });
  mkdirSync(join(state, 'motors'));
  writeFileSync(join(state, 'motors', 'x.yaml'), 'id: x\nnameplate:\n  kv: 4\n');
  t.match(await run(['config', 'check', '--config', file, '--state', state]), {
    code: 3,
    stderr: /KZ0701.*x\.yaml:3:3/,
  });
  writeFileSync(file, 'site: Werk 2\nrat: 4000\n');
  t.match(await run(['config', 'check', '--config', file]), {
    code: 3,
    stderr: /KZ0704: .*kizashi\.yaml:2:1: rat: rat is not known/,
  });
  writeFileSync(file, 'lang: de\n');
  t.match(await run(['config', 'check', file]), { code: 3, stderr: /KZ0704: .*:1:1: lang/ });
  t.match(await run(['config', 'show', '--http', '99999']), { code: 2, stderr: /KZ1401: --http 99999/ });
  const schema = JSON.parse((await run(['config', 'schema'])).stdout);
  t.match(schema, { type: 'object', additionalProperties: false, properties: { site: { type: 'string' }, http: {} } });
});
