/** Screening files where captures are read: the attestation is checked first, what follows is told as what it is. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Capture } from '../../host/capture/capture.js';
import { readKnownKeys, unsignedCapture } from '../../host/capture/index.js';
import { complete } from '../../host/cli/completion-answers.js';
import { demoMotors } from '../../host/cli/demo/motors.js';
import { bootloaderImage } from '../../host/cli/sim/bootloader-images.js';
import { createUno } from '../../host/emulate/index.js';
import { createRig } from '../../host/emulate/rig/rig.js';
import { attest, GatewayLog, gatewayKey, verifyScreening } from '../../host/evidence/index.js';
import { flashOfHex } from '../../host/flash/index.js';
import { loadBoard } from '../../host/link/index.js';
import { readBytes } from '../../host/recordings/index.js';
import { Xoshiro128 } from '../../host/signal/index.js';
import type { Assessment } from '../../host/wear/index.js';
import { onlyJson, run } from '../cli/run-cli.js';
import { standardFirmata } from '../flash/firmata-image.js';

for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'KIZASHI_STATE']) delete process.env[name];

const [example] = readBytes(
  readFileSync(new URL('../../examples/recordings/press-04.wav', import.meta.url)),
  'press-04.wav',
);
const { fsHz } = example.capture;

/** A board that signs nothing, on a motor with a defect on the outer race of its 6205. */
const damaged = screening(example.capture.channels[0].samples);

/** The same channel with noise in it. */
function noise(seed: number): Capture {
  const random = new Xoshiro128(new Uint8Array(16).fill(5).with(0, seed));
  return screening(Float64Array.from({ length: 30_000 }, () => random.gaussian()));
}

function screening(samples: Float64Array): Capture {
  const channels = [{ id: 'ax', quantity: 'acceleration', unit: 'm/s2', samples } as const];
  return unsignedCapture('firmata', channels, { hz: fsHz, uncertainty: 2e-5 }, 1_790_000_000_000, ['screening only']);
}

t.test('analyze, compare, export, recompute, watch', async (t) => {
  const dir = t.testdir();
  const path = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(dir, name), content);
    return join(dir, name);
  };
  const key = gatewayKey(join(dir, 'keys'));
  const log = new GatewayLog(join(dir, 'log'), key);
  const at = 1_790_000_001_234;
  const file = (capture: Capture): Uint8Array => attest(capture, 'ttyACM0 Sketch', at, log).file;
  const bytes = file(damaged);
  const bad = path('bad.kzsc', bytes);
  const good = path('good.kzsc', file(noise(1)));
  const pk = Buffer.from(key.key.bytes).toString('hex');
  const keys = path('keys.json', JSON.stringify({ [key.kid]: { pk, role: 'gateway' } }));
  const flags = ['--keys', keys, '--rpm', '1746', '--bearing', '6205'];
  const words = `screening, unsigned at the source, attested by gateway ${key.kid}`;
  const attested = { gateway: key.kid, at, index: 0, file: 'bad.kzsc' };

  t.test('analyze: the fault is found in what was attested, and nothing of it looks signed', async (t) => {
    const text = await run(['analyze', bad, ...flags]);
    t.equal(text.code, 0, text.stderr);
    t.match(text.stdout.split('\n')[0], new RegExp(`^bad\\.kzsc {3}60000 samples {3}12000 Hz .*${words}$`));
    t.match(text.stdout, /consistent with outer-race damage of 6205/);
    t.match(text.stdout, /note {5}firmata on ttyACM0 Sketch, received at 2026-/);
    t.notMatch(text.stdout, /verified/);
    const json = await run(['analyze', bad, ...flags, '--json']);
    t.match(onlyJson(json), {
      files: [
        {
          recordings: [
            {
              facts: { format: 'screening' },
              capture: { id: damaged.id, source: 'firmata', verdict: { kind: 'unsigned' }, grade: 'none', attested },
              assessments: [{ verdict: { kind: 'unsigned' }, grade: 'none' }],
            },
          ],
        },
      ],
    });
    const result = path('result.json', json.stdout);
    t.match(await run(['recompute', result]), { code: 0, stdout: /^identical[\s\S]*(\d+) of \1 findings identical/ });
    const both = await run(['analyze', bad, good, ...flags]);
    t.match(both.stdout, new RegExp(`bad\\.kzsc[^\\n]*\\(screening, attested by ${key.kid}\\)\\n`));
    const one = await run(['analyze', bad, ...flags, '--channel', 'ax', '--json']);
    t.match(onlyJson(one), { files: [{ recordings: [{ capture: { channels: [{ id: 'ax' }] } }] }] });
    t.match(await run(['analyze', bad, ...flags, '--channel', 'az']), { code: 9, stderr: /KZ0806/ });
  });

  t.test('a changed byte, a key that is not known, no keys: refused as verify refuses', async (t) => {
    const whys = new Set<string>();
    for (let k = 21; k < bytes.length; k += Math.ceil(bytes.length / 12)) {
      const changed = Uint8Array.from(bytes);
      changed[k] ^= 1;
      const broken = path('changed.kzsc', changed);
      const judged = await run(['verify', broken, '--keys', keys, '--json']);
      const [{ why, text }] = onlyJson(judged).files as [{ why: string; text: string }];
      whys.add(why);
      for (const verb of ['analyze', 'export']) {
        const { code, stderr } = await run(
          [verb, broken, '--keys', keys, '--out', dir].slice(0, verb === 'export' ? 6 : 4),
        );
        t.equal(code, judged.code, `byte ${k}`);
        t.ok(stderr.includes(`error KZ0502: changed.kzsc: ${why}`) && stderr.includes(text), stderr);
      }
      t.match(await run(['compare', broken, good, '--keys', keys]), { code: 8, stderr: /KZ0502/ });
    }
    t.ok(whys.has('digest'), [...whys].join(', '));
    const none = path('none.json', '{}');
    t.match(await run(['analyze', bad, '--keys', none]), { code: 8, stderr: /KZ0502: bad\.kzsc: unknown-key/ });
    t.match(await run(['analyze', bad]), { code: 9, stderr: /KZ0802.*a screening file[\s\S]*--keys KEYS/ });
    t.match(await run(['import', bad, '--motor', 'm1', '--state', dir]), { code: 4 }, 'no motor: nothing is read');
  });

  t.test('compare: with the keys of this site by default', async (t) => {
    const compared = await run(['compare', good, bad, '--keys', keys, '--json']);
    t.match(onlyJson(compared), {
      a: { verdict: 'unsigned', grade: 'none', attested: { index: 1 } },
      b: { capture: damaged.id, attested },
    });
    const { changed } = onlyJson(compared).spectrum as { changed: unknown[] };
    t.ok(changed.length > 0, 'a machine and noise differ');
    path('pinned.json', readFileSync(keys));
    const text = await run(['compare', good, bad, '--state', dir]);
    t.match(text, {
      code: 0,
      stdout: new RegExp(`A {2}good\\.kzsc.*${words}\\n[\\s\\S]*B {2}bad\\.kzsc.*${words}\\n`),
    });
  });

  t.test('export: the samples to the bit; the facts say what they do not prove', async (t) => {
    for (const format of ['csv', 'wav', 'npy', 'parquet']) {
      const out = join(dir, format);
      t.match(await run(['export', bad, '--keys', keys, '--format', format, '--out', out]), { code: 0 });
      t.same(readdirSync(out).sort(), [`bad.kzsc.${format}`, 'bad.kzsc.json'].sort());
      t.match(JSON.parse(readFileSync(join(out, 'bad.kzsc.json'), 'utf8')), {
        verdict: { kind: 'unsigned' },
        grade: 'none',
        evidence: 'none',
        attested: new RegExp(
          `^none here; unsigned at the source, entry 0 of the log of gateway ${key.kid}, received 2026-`,
        ),
      });
      if (format === 'wav' || format === 'parquet')
        t.ok(
          readFileSync(join(out, `bad.kzsc.${format}`)).includes(`entry 0 of the log of gateway ${key.kid}`),
          format,
        );
    }
    const rows = readFileSync(join(dir, 'csv/bad.kzsc.csv'), 'utf8').trim().split('\n');
    t.equal(rows[0], 'time_s,ax_m_s2');
    t.same(
      rows.slice(1).map((row) => Number(row.split(',')[1])),
      [...damaged.channels[0].samples],
    );
  });

  t.test('watch draws it as what it is', async (t) => {
    t.match(await run(['watch', bad, '--keys', keys, '--count', '1']), {
      code: 0,
      stdout: new RegExp(`unsigned {3}screening {3}attested by gateway ${key.kid}\\n$`),
    });
  });

  t.test('help and completion', async (t) => {
    for (const verb of ['verify', 'analyze']) t.match((await run([verb, '--help'])).stdout, /\.kzsc/, verb);
    t.match(await complete(['verify', '--acc']), /^--accept-attested\t.*\.kzsc/m);
    t.match(await complete(['verify', '']), /:0\n$/, 'the shell offers its files');
  });
});

t.test('grade E: an emulated board stays one in the log, in the file, and for everybody who reads it', async (t) => {
  const dir = t.testdir();
  const key = gatewayKey(join(dir, 'keys'));
  const log = new GatewayLog(join(dir, 'log'), key);
  const pk = Buffer.from(key.key.bytes).toString('hex');
  const keys = readKnownKeys(JSON.stringify({ [key.kid]: { pk, role: 'gateway' } }));
  const point = 'emu:uno0 with a sketch whose name is longer than an entry takes, by far';
  const { file } = attest({ ...noise(1), grade: 'E' }, point, 1_790_000_001_234, log);
  const found = verifyScreening(file, keys);
  t.match(found, { valid: true, capture: { grade: 'E', verdict: { kind: 'unsigned' } } });
  t.ok(found.valid && point.startsWith(found.point) && found.point.length > 40);
  t.ok(
    readFileSync(join(dir, 'log/tile/entries/000.p/1')).includes('emulated (grade E): emu:uno0'),
    'without the file',
  );
  const real = verifyScreening(attest(noise(1), 'ttyACM0', 1_790_000_001_234, log).file, keys);
  t.match(real, { point: 'ttyACM0', capture: { grade: 'none' } });
});

const sketch = bootloaderImage('optiboot') === undefined ? undefined : standardFirmata();
const missing = sketch === undefined && 'StandardFirmata or a bootloader is not here';
t.test('an ADXL345 behind StandardFirmata, from the wire to the shaft', { skip: missing }, async (t) => {
  const state = t.testdir({ sim: {} });
  const board = createUno({ hex: bootloaderImage('optiboot')!, seed: 1, name: 'uno0' });
  board.flash.set(flashOfHex(sketch!, loadBoard('arduino:avr:uno').hashEnd));
  for (const memory of ['flash', 'eeprom'] as const) writeFileSync(join(state, 'sim', `uno0.${memory}`), board[memory]);
  const watched = await run(
    'watch --firmata emu:uno0 --sensor adxl345 --seconds 6 --count 1 --save --json --state'.split(' ').concat(state),
  );
  t.equal(watched.code, 0, watched.stderr);
  const [name] = readdirSync(join(state, 'screening'));
  const path = join(state, 'screening', name);
  const keys = join(state, 'pinned.json');
  const judged = onlyJson(await run(['verify', path, '--keys', keys, '--accept-attested', '--json']));
  t.match(judged, {
    valid: true,
    files: [{ source: 'firmata', grade: 'E', point: 'emu:uno0 StandardFirmata 2.4', samples: 1200, channels: 3 }],
  });
  const analyzed = onlyJson(await run(['analyze', path, '--keys', keys, '--rpm', '1480', '--json'])) as {
    files: { recordings: { capture: Capture; assessments: Assessment[] }[] }[];
  };
  const [{ capture, assessments }] = analyzed.files[0].recordings;
  t.match(capture, { source: 'firmata', verdict: { kind: 'unsigned' }, grade: 'E', attested: { index: 0 } });
  const off = capture.fsHz / (200 * (1 + 0.013)) - 1;
  t.ok(Math.abs(off) < 4 * capture.fsUncertainty, `${(1e6 * off).toFixed(0)} ppm beside the sensor's own clock`);
  const shaftHz = createRig(demoMotors[0].rig).truthAt(5).frHz;
  const [{ speed, grade, verdict }] = assessments;
  t.match({ grade, verdict }, { grade: 'E', verdict: { kind: 'unsigned' } });
  t.match(assessments[0].health, { status: /\S/ });
  t.ok(speed && Math.abs(speed.frHz / shaftHz - 1) < 0.004, `${speed?.frHz} Hz of a shaft at ${shaftHz} Hz`);
});
