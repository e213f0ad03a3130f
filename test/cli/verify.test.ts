/** kizashi verify: VALID or INVALID with the reason, and exit 8 unless everything is valid. Evidence comes from a board on a bench. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import t from 'tap';
import { evidenceOf, startCapture } from '../../host/capture/index.js';
import { hex, openSession } from '../../host/session/index.js';
import { bench } from '../session/bench.js';
import { onlyJson, run } from './run-cli.js';
import { makeSite } from './site.js';

for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR']) delete process.env[name];

/** One verified capture as an evidence file, and the key that signed it. */
async function evidence(): Promise<{ file: Uint8Array; kid: string; pk: string }> {
  const b = await bench();
  const session = await b.world.until(openSession(b.options));
  const plan = { channels: [{ id: 'x', pin: 'A0' }], rateHz: 8000, seconds: 1, win: 4 };
  const taken = await b.world.until(startCapture(session, plan).result);
  if (!taken.ok) throw new Error(taken.text);
  const file = evidenceOf(taken.items, b.pinned, plan.win);
  const pk = hex(b.twin.pk);
  session.end('closed', '');
  await session.link.close();
  b.world.close();
  return { file, kid: pk.slice(0, 16), pk };
}

t.test('verify', async (t) => {
  const { file, kid, pk } = await evidence();
  const dir = t.testdir();
  const path = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(dir, name), content);
    return join(dir, name);
  };
  const good = path('good.kzev', file);
  const keys = path('keys.json', JSON.stringify({ [kid]: { pk, name: 'press-04' } }));

  t.test('a file under a known key', async (t) => {
    const ran = await run(['verify', good, '--keys', keys]);
    t.match(ran, {
      code: 0,
      stderr: '',
      stdout: new RegExp(
        `^VALID {4}.*good\\.kzev {3}key ${kid} \\(press-04\\) {3}record 1 .*8000 samples x 1 channel at 8000.*0 lost {3}0 holes.*checked by node:crypto\\n$`,
      ),
    });
    const cross = await run(['verify', good, '--keys', keys, '--cross-check', '--json']);
    t.equal(cross.code, 0);
    t.match(onlyJson(cross), {
      schema: 'kizashi/verify/1',
      valid: true,
      crossCheck: true,
      files: [{ valid: true, kid, record: 1, verifiers: ['node:crypto', '@noble/ed25519'] }],
    });
  });

  t.test('every byte counts: one flipped anywhere is INVALID, exit 8', async (t) => {
    for (let at = 5; at < file.length; at += Math.ceil(file.length / 40)) {
      const changed = Uint8Array.from(file);
      changed[at] ^= 0x01;
      const ran = await run(['verify', path('changed.kzev', changed), '--keys', keys]);
      t.match(ran, { code: 8, stdout: /^INVALID {2}.*changed\.kzev {3}\S+: .+\n$/ }, `byte ${at}`);
    }
    t.match(await run(['verify', path('cut.kzev', file.subarray(0, file.length - 10)), '--keys', keys]), {
      code: 8,
      stdout: /^INVALID/,
    });
    t.match(await run(['verify', path('empty.kzev', new Uint8Array()), '--keys', keys]), {
      code: 8,
      stdout: /^INVALID/,
    });
  });

  t.test('a key that is not known, or revoked', async (t) => {
    const none = path('none.json', '{}');
    t.match(await run(['verify', good, '--keys', none]), {
      code: 8,
      stdout: /INVALID.*unknown-key: key .* is not known to you/,
    });
    const revoked = path('revoked.json', JSON.stringify({ [kid]: { pk, revoked: 'cable cut on 3 May' } }));
    t.match(await run(['verify', good, '--keys', revoked]), { code: 8, stdout: /INVALID.*revoked.*cable cut/ });
  });

  t.test('several files: one row each, one verdict', async (t) => {
    const bad = path('bad.kzev', file.subarray(0, 100));
    const ran = await run(['verify', good, bad, '--keys', keys]);
    t.match(ran, { code: 8, stdout: /^VALID[^\n]*\nINVALID[^\n]*\n1 of 2 valid\n$/ });
    t.match(onlyJson(await run(['verify', good, bad, '--keys', keys, '--json'])), {
      valid: false,
      files: [{ valid: true }, { valid: false, why: 'malformed' }],
    });
  });

  t.test('analyze reads evidence through its proof, scaled by the motor file', async (t) => {
    const motor = path(
      'm.yaml',
      'id: press-04\nchannels:\n  - { id: ax, pin: A0, sensor: adxl1002, gain: 5, axis: radial }\n  - { id: i1, pin: A1, sensor: sct-013-030 }\n',
    );
    const flags = ['--keys', keys, '--motor', motor, '--board', 'arduino-avr-uno'];
    const ran = await run(['analyze', good, ...flags, '--json']);
    const { files } = onlyJson(ran) as { files: { recordings: { capture: object; assessments: object[] }[] }[] };
    t.match(files[0].recordings[0].capture, {
      source: 'board',
      verdict: { kind: 'verified' },
      grade: 'none',
      fsHz: 8000,
      channels: [{ id: 'ax', quantity: 'acceleration', unit: 'm/s2', sensor: 'adxl1002', samples: 8000 }],
    });
    t.match(files[0].recordings[0].assessments[0], { verdict: { kind: 'verified' } });
    t.match(await run(['analyze', good, ...flags]), {
      stdout: new RegExp(`verified {3}key ${kid} {3}record 1 {3}grade none`),
    });
    const graded = path('graded.json', JSON.stringify({ [kid]: { pk, grade: 'E' } }));
    t.match(await run(['analyze', good, '--keys', graded, '--motor', motor, '--board', 'arduino-avr-uno']), {
      stdout: /grade E: EMULATED, never evidence/,
    });
    const result = path('result.json', ran.stdout);
    t.match(await run(['recompute', result]), { code: 0, stdout: /(\d+) of \1 findings identical/ });

    const changed = Uint8Array.from(file);
    changed[file.length >> 1] ^= 0x01;
    t.match(await run(['analyze', path('changed.kzev', changed), ...flags]), {
      code: 8,
      stdout: '',
      stderr: /KZ0502: changed\.kzev: /,
    });
    t.match(await run(['analyze', good]), { code: 9, stderr: /KZ0802.*verified before it is read/ });
    t.match(await run(['analyze', good, '--keys', keys]), {
      code: 2,
      stderr: /KZ1401: no board runs an image called twin/,
    });
    const elsewhere = path('e.yaml', 'id: m\nchannels: [{ id: ax, pin: A3, sensor: adxl1002 }]\n');
    t.match(await run(['analyze', good, '--keys', keys, '--motor', elsewhere, '--board', 'arduino-avr-uno']), {
      code: 2,
      stderr: /pin A0 was sampled, the motor file has no channel there/,
    });
    // without a motor file the pins are voltages, and a voltage says nothing about a machine
    t.match(await run(['analyze', good, '--keys', keys, '--board', 'arduino-avr-uno']), {
      code: 9,
      stderr: /KZ0806[\s\S]*A0 \(voltage\)/,
    });
  });

  t.test('wrong use', async (t) => {
    t.match(await run(['verify', good]), {
      code: 2,
      stdout: '',
      stderr: /KZ1401: verify needs the keys you trust[\s\S]*prove nothing/,
    });
    t.match(await run(['verify', good, '--keys', '/nowhere.json']), {
      code: 2,
      stderr: /KZ1403: cannot read \/nowhere\.json: ENOENT/,
    });
    t.match(await run(['verify', good, '--keys', path('k.json', '{"12":"34"}')]), { code: 3, stderr: /KZ0504/ });
  });
});

t.test('verify --recompute: every finding of the history again from the evidence, its past included', async (t) => {
  const state = t.testdir();
  const motor = await makeSite(state, 3);
  const keys = join(state, 'pinned.json');
  const evidence = join(state, 'evidence');
  const names = readdirSync(evidence).sort();
  t.equal(names.length, 3);
  const command = (name: string, from = state) => [
    'verify',
    join(evidence, name),
    '--keys',
    keys,
    '--recompute',
    '--state',
    from,
    '--json',
  ];
  const last = await run(command(names[2]));
  t.equal(last.code, 0, last.stderr || last.stdout);
  const result = onlyJson(last) as { files: { recomputed: { findings: { id: string; identical: boolean }[] } }[] };
  t.match(result, { valid: true, files: [{ valid: true, recomputed: { motor, replayed: 2 } }] });
  const [{ recomputed }] = result.files;
  t.ok(recomputed.findings.length > 0 && recomputed.findings.every(({ identical }) => identical));

  const db = new Database(join(state, 'kizashi.db'));
  const rows = db.prepare('SELECT at, json FROM assessments ORDER BY at DESC').all() as { at: number; json: string }[];
  const [newest] = rows.filter(({ json }) => json.includes('"persistence":{"k":3'));
  t.ok(newest, 'the third capture says seen in 3 of 3');
  const edit = (from: string, to: string) =>
    db
      .prepare('UPDATE assessments SET json = ? WHERE at = ? AND json = ?')
      .run(newest.json.replace(from, to), newest.at, newest.json).changes;
  t.equal(edit('"persistence":{"k":3', '"persistence":{"k":2'), 1);
  db.close();
  const forged = await run(command(names[2]));
  t.equal(forged.code, 8, 'what the past decides is compared too');
  t.match(onlyJson(forged), {
    valid: false,
    files: [{ valid: false, why: 'finding', recomputed: { findings: [{ identical: false, field: 'persistence' }] } }],
  });
  rmSync(join(evidence, names[0]));
  const without = await run(command(names[2]));
  t.equal(without.code, 0, 'without the first file the past cannot be learned again, and is not compared');
  t.match(onlyJson(without), { files: [{ recomputed: { replayed: null } }] });
  t.equal((await run(command(names[2], join(state, 'elsewhere')))).code, 4, 'a history that never saw it');
});
