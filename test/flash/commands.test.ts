/** From a board in a box to a pinned board, by the commands a person types: without a terminal, as JSON, with their exit codes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { firmataReport, textLine } from '../../host/cli/detect-port.js';
import { bootloaderImage } from '../../host/cli/sim/bootloader-images.js';
import { createUno } from '../../host/emulate/index.js';
import { errorTable } from '../../host/errors.js';
import { flashOfHex } from '../../host/flash/index.js';
import { onlyJson, run, spawnCli } from '../cli/run-cli.js';
import { noLoaders, program, uno } from './bench.js';
import { standardFirmata } from './firmata-image.js';

t.setTimeout(180_000); // a machine with ten other jobs

const folder = t.testdir();
const state = join(folder, 'state');
const sim = (...argv: string[]) => run([...argv, '--sim', '--state', state]);
const json = async (...argv: string[]): Promise<Record<string, unknown>> => {
  const ran = await sim(...argv, '--json');
  return { code: ran.code, ...(onlyJson(ran) as object) };
};
const failure = (code: keyof typeof errorTable) => ({
  code: errorTable[code].exit,
  error: { code, message: String, why: String, fix: String },
});

t.test('ports and boards: nothing is opened', async (t) => {
  t.match(await json('ports'), {
    code: 0,
    schema: 'kizashi/ports/1',
    ports: [
      { path: 'emu:mega0', boards: ['arduino:avr:mega'] },
      { path: 'emu:nano0', boards: ['arduino:avr:nano'], usb: '0403:6001' },
      { path: 'emu:uno0', boards: ['arduino:avr:uno'], usb: '2341:0043', accessible: true },
    ],
  });
  t.match((await sim('ports')).stdout, /emu:uno0 +Arduino Uno R3 +2341:0043 +uno0 +kizashi detect emu:uno0/);
  const boards = (await json('boards')).boards as { id: string }[];
  const uno = boards.find(({ id }) => id === 'arduino:avr:uno');
  t.match(uno, { signature: '1e950f', firmware: /^kz-uno\//, verified: 'emulation' });
  t.match(await json('boards', 'uno'), { boards: [{ usb: [{ id: '2341:0043', name: 'Arduino Uno R3' }] }] });
  t.match(await json('boards', 'unno'), failure('KZ1401'));
  t.match(await json('flash'), {
    code: 2,
    error: { message: /3 boards are plugged in: emu:mega0, emu:nano0, emu:uno0/ },
  });
  t.match(await json('flash', 'ttyACM99'), failure('KZ0101'));
  t.match(await json('flash', 'emu:none', '--board', 'uno'), failure('KZ0101'));
  t.match(await json('flash', '/dev/null-kizashi'), { code: 2, error: { message: /--board uno|--board .*uno/ } });
});

t.test('boards --watch: a line for what comes, a last one at Ctrl-C', async (t) => {
  const argv = ['boards', '--watch', '--json', '--sim', '--state', state];
  const ran = await spawnCli([], {
    script: `const { main } = await import('./host/cli/main.ts');
      const write = process.stdout.write.bind(process.stdout);
      let lines = 0;
      process.stdout.write = (text) => {
        if (++lines === 3) setTimeout(() => process.kill(process.pid, 'SIGINT'), 20);
        return write(text);
      };
      process.exitCode = await main(${JSON.stringify(argv)});`,
  });
  const lines = ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(lines, [
    { schema: 'kizashi/boards/1', event: 'plugged', path: 'emu:mega0' },
    { event: 'plugged', path: 'emu:nano0' },
    { event: 'plugged', path: 'emu:uno0' },
    { event: 'end' },
  ]);
  t.equal(ran.code, 130);
});

t.test('one board through its life', { skip: noLoaders }, async (t) => {
  const firmata = standardFirmata();
  const board = createUno({ hex: bootloaderImage('optiboot')!, seed: 1, name: 'uno0' });
  const theirs = firmata ? flashOfHex(firmata, uno.hashEnd) : program(uno.hashEnd, 77);
  board.flash.set(theirs);
  mkdirSync(join(state, 'sim'), { recursive: true });
  writeFileSync(join(state, 'sim', 'uno0.flash'), board.flash);
  writeFileSync(join(state, 'sim', 'uno0.eeprom'), board.eeprom);
  const flashNow = () => readFileSync(join(state, 'sim', 'uno0.flash')).subarray(0, uno.hashEnd);

  t.test('another program is found, and not overwritten unasked', async (t) => {
    if (firmata) {
      t.match(await json('detect', 'emu:uno0'), {
        code: 0,
        schema: 'kizashi/detect/1',
        answers: 'firmata',
        name: 'StandardFirmata',
        version: /^2\.\d+$/,
        next: /watch --firmata/,
        sensors: [
          { bus: 'i2c', address: '0x53', sensor: 'adxl345' },
          { bus: 'i2c', address: '0x68', sensor: 'mpu6050' },
        ],
        buses: [/two-wire bus: \d+ addresses/],
      });
    } else t.comment('no network: StandardFirmata is not there, its detection not tested');
    t.match(await json('flash', 'emu:uno0', '--dry-run'), {
      code: 0,
      dryRun: true,
      before: { kind: 'other' },
      backup: true,
    });
    t.match(await json('flash', 'emu:uno0'), { code: 2, error: { code: 'KZ1401', context: { missing: '--yes' } } });
    t.ok(flashNow().equals(Buffer.from(theirs)), 'as it was');
    writeFileSync(join(state, 'sim', 'uno0.lock'), `${process.pid}`);
    t.match(await json('flash', 'emu:uno0', '--yes'), failure('KZ0102'));
    writeFileSync(join(state, 'sim', 'uno0.lock'), '999999999');
    t.match(
      await json('flash', 'emu:uno0', '--restore', '--dry-run'),
      { code: 0, restored: /backups\/uno-/ },
      'a dead lock counts for nothing',
    );
  });

  t.test('init: the owner first', async (t) => {
    const pass = join(folder, 'pass');
    t.match(await json('provision', 'emu:uno0', '--name', 'fan'), failure('KZ0410'), 'no owner, no key');
    t.match(await json('init'), { code: 2, error: { context: { missing: '--recovery-key' } } });
    t.match(await json('init', '--bench'), { code: 2, error: { context: { missing: '--passphrase-file FILE' } } });
    writeFileSync(pass, 'short\n', { mode: 0o600 });
    t.match(await json('init', '--bench', '--passphrase-file', pass), { code: 2, error: { message: /5 characters/ } });
    writeFileSync(pass, 'five random words are good\n');
    const open = join(folder, 'open');
    writeFileSync(open, 'five random words are good\n', { mode: 0o644 });
    t.match(await json('init', '--bench', '--passphrase-file', open), {
      code: 2,
      error: { code: 'KZ1403', fix: /chmod 600/ },
    });
    t.match(await json('init', '--recovery-key', pass), failure('KZ0411'));
    const key = join(folder, 'owner.key');
    const made = await json('admin', 'keygen', key);
    t.match(made, { code: 0, recipient: /^age1/ });
    t.equal(statSync(key).mode & 0o777, 0o600);
    t.match(await json('admin', 'keygen', key), failure('KZ1406'), 'never over another key');
    const pub = join(folder, 'owner.pub');
    writeFileSync(pub, (await sim('admin', 'keygen', join(folder, 'second.key'))).stdout);
    writeFileSync(pub, `${made.recipient}\n`);
    t.match(await json('init', '--recovery-key', pub), { code: 0, kind: 'recovery-key', recipient: made.recipient });
    t.match(await json('init', '--bench', '--passphrase-file', pass), { code: 2, error: { message: /already/ } });
  });

  t.test('flash, provision: pinned, the claim burnt, the admin key with the owner only', async (t) => {
    const flashed = await sim('flash', 'emu:uno0', '--yes');
    t.equal(flashed.code, 0, flashed.stderr.slice(-300));
    t.match(
      flashed.stdout,
      /^Arduino Uno R3 on emu:uno0 runs kz-uno\/\d+\.\d+\.\d+\n +written \d+ B, .* read back equal/,
    );
    t.match(
      flashed.stderr,
      /reading +100 %[\s\S]*backup of the old flash saved[\s\S]*writing +100 %[\s\S]*checking +100 %/,
    );
    const [ticket] = readdirSync(join(state, 'tickets'));
    t.equal(statSync(join(state, 'tickets', ticket)).mode & 0o777, 0o600);
    const { claim } = JSON.parse(readFileSync(join(state, 'tickets', ticket), 'utf8'));
    t.ok(flashNow().indexOf(Buffer.from(claim, 'hex')) > 0);
    t.match(await json('provision', 'emu:uno0'), { code: 2, error: { context: { missing: '--name NAME' } } });
    const made = await json('provision', 'emu:uno0', '--name', 'fan', '--zone', 'line-1');
    t.match(made, {
      code: 0,
      name: 'fan',
      zone: 'line-1',
      key: /^kz:/,
      grade: 'E',
      emulated: true,
      owner: 'recovery-key',
    });
    t.equal(flashNow().indexOf(Buffer.from(claim, 'hex')), -1, 'burnt');
    t.same(readdirSync(join(state, 'tickets')), []);
    t.ok(existsSync(String(made.recovery)));
    t.match(await json('keys', 'list'), {
      code: 0,
      boards: [{ name: 'fan', kid: made.kid, zone: 'line-1', grade: 'E', revoked: null }],
      pending: [],
    });
    t.match(await json('keys', 'export-public'), { keys: { [String(made.kid)]: { pk: made.publicKey, name: 'fan' } } });
    t.match(JSON.parse(readFileSync(join(state, 'pinned.json'), 'utf8')), {
      [String(made.kid)]: { pk: made.publicKey },
    });
    t.match(await json('detect', 'emu:uno0'), {
      code: 0,
      answers: 'kizashi',
      state: 'pinned',
      kid: made.kid,
      sensors: [],
      buses: [/two-wire.*kz-uno-io/, /ADXL345.*kz-uno-spi/],
    });
    t.match(await json('provision', 'emu:uno0', '--name', 'fan'), {
      code: 2,
      error: { message: /called fan already/ },
    });
  });

  t.test('a board with a key: kept by an update, changed and erased by its owner only', async (t) => {
    t.match(await json('flash', 'emu:uno0'), {
      code: 2,
      error: { message: /has a key, which is lost; --update keeps it/ },
    });
    t.match(await json('flash', 'emu:uno0', '--update'), {
      code: 0,
      claim: null,
      answers: 'hello',
      before: { claim: 'burnt' },
    });
    t.match(await json('rotate', 'emu:uno0', '--yes'), { code: 2, error: { context: { missing: '--owner-key' } } });
    const second = join(folder, 'second.key');
    t.match(await json('rotate', 'emu:uno0', '--yes', '--owner-key', second), failure('KZ0412'), 'another owner');
    const owner = ['--yes', '--owner-key', join(folder, 'owner.key')];
    // the gateway asks, the owner signs on another computer
    const carried = async (verb: 'rotate' | 'wipe', file: string) => {
      const asked = json(verb, 'emu:uno0', '--yes', '--request', file);
      while (!existsSync(file)) await new Promise((wait) => setTimeout(wait, 50));
      t.match(await sim('admin', 'sign', file, '--yes'), { code: 2, stderr: /--owner-key FILE/ });
      t.match(await json('admin', 'sign', file, '--owner-key', second, '--yes'), failure('KZ0412'), 'another owner');
      const signed = await sim('admin', 'sign', file, ...owner);
      t.match(signed, { code: 0, stdout: new RegExp(`${verb} of fan \\(kz:`), stderr: /the gateway asks to/ });
      t.equal(statSync(`${file}.signed`).mode & 0o777, 0o600);
      t.match(await json('admin', 'sign', file, ...owner), failure('KZ1406'), 'never over another answer');
      return asked;
    };
    const request = join(folder, 'rotate.request');
    const rotated = (await carried('rotate', request)) as { kid: string; before: { kid: string } };
    t.match(await json('rotate', 'emu:uno0', '--yes', '--request', request), failure('KZ1406'));
    const stale = JSON.parse(readFileSync(request, 'utf8'));
    t.notMatch(JSON.stringify(stale), /"(pair|admin|claim)"/, 'nothing secret in a request');
    writeFileSync(join(folder, 'wipe.old.signed'), readFileSync(`${request}.signed`));
    t.match(
      await json('wipe', 'emu:uno0', '--yes', '--request', join(folder, 'wipe.old')),
      { code: 8, error: { code: 'KZ0415', message: /answer is to another request/ } },
      'an answer of another session and another command',
    );
    writeFileSync(join(folder, 'junk'), '{}');
    t.match(await json('admin', 'sign', join(folder, 'junk'), ...owner), failure('KZ0415'));
    t.match(rotated, { code: 0, name: 'fan', key: /^kz:/, grade: 'E' });
    t.not(rotated.kid, rotated.before.kid);
    // as if this computer had stopped between the command and the board's new key
    const file = (kid: string) => join(state, 'keys', `board-${kid}.json`);
    const [before, after] = [rotated.before.kid, rotated.kid].map((kid) => JSON.parse(readFileSync(file(kid), 'utf8')));
    const { revoked: _, ...begun } = { ...before, pair: [...before.pair, ...after.pair] };
    writeFileSync(file(before.kid), JSON.stringify(begun));
    rmSync(file(after.kid));
    t.match(await json('wipe', 'emu:uno0', ...owner), failure('KZ0204'), 'the new key is not known here');
    t.match(await json('rotate', 'emu:uno0'), { code: 0, kid: rotated.kid, before: rotated.before }, 'finished');
    t.match(await json('wipe', 'emu:uno0', '--dry-run'), { code: 0, dryRun: true, kid: rotated.kid });
    t.match(await json('wipe', 'emu:uno0'), { code: 2, error: { context: { missing: '--yes' } } });
    t.match(await carried('wipe', join(folder, 'wipe.request')), { code: 0, kid: rotated.kid, lastRecord: 5 });
    t.match((await json('keys', 'list')).boards, [{ revoked: /wiped by its owner/ }, { revoked: /rotated to kz:/ }]);
    t.match(await json('revoke', 'nobody', '--yes', '--reason', 'x'), failure('KZ0414'));
    t.match(await json('revoke', rotated.kid, '--yes', '--reason', 'x'), {
      code: 2,
      error: { message: /revoked already/ },
    });
  });

  t.test('the way back', async (t) => {
    t.match(await json('flash', 'emu:uno0', '--restore'), { code: 2, error: { context: { missing: '--yes' } } });
    t.match(await json('flash', 'emu:uno0', '--restore', '--yes'), {
      code: 0,
      restored: /backups\/uno-/,
      before: { kind: 'kizashi' },
    });
    t.ok(flashNow().equals(Buffer.from(theirs)), 'the very program of before');
    rmSync(join(state, 'backups'), { recursive: true });
    t.match(await json('flash', 'emu:uno0', '--restore', '--dry-run'), failure('KZ0308'));
  });
});

t.test('Ctrl-C in the middle: said what state the board is in', { skip: noLoaders }, async (t) => {
  const own = join(folder, 'stopped');
  const argv = ['flash', 'emu:uno0', '--state', own];
  let killed = false;
  let seen = '';
  const ran = await spawnCli(argv, {
    act: (child, text) => {
      seen += text;
      if (killed || !seen.includes('writing')) return;
      killed = true;
      child.kill('SIGINT');
    },
  });
  t.match(ran, {
    code: 130,
    stdout: '',
    stderr: /error KZ0310: stopped on emu:uno0: the board is half written: it stands still/,
  });
});

t.test('a board that has a bootloader and nothing else', { skip: noLoaders }, async (t) => {
  t.match(await json('detect', 'emu:nano0'), {
    code: 0,
    answers: 'bootloader',
    loader: 'STK500v1 at 57600 baud',
    signature: '1e950f',
    next: 'kizashi flash emu:nano0 --board nano',
  });
});

t.test('revocation by a person: reason, confirmation, and once', async (t) => {
  const own = join(folder, 'revoke');
  const keys = join(own, 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const from = join(state, 'keys');
  const name = existsSync(from) ? readdirSync(from).find((file) => file.startsWith('board-')) : undefined;
  if (name === undefined) return;
  const { revoked: _, ...board } = JSON.parse(readFileSync(join(from, name), 'utf8'));
  writeFileSync(join(keys, name), JSON.stringify(board), { mode: 0o600 });
  const revoke = async (...argv: string[]) => onlyJson(await run(['revoke', 'fan', ...argv, '--json', '--state', own]));
  t.match(await revoke('--dry-run'), { dryRun: true, name: 'fan' });
  t.match(await revoke(), { error: { context: { missing: '--reason TEXT' } } });
  t.match(await revoke('--reason', 'stolen'), { error: { context: { missing: '--yes' } } });
  t.match(await revoke('--reason', 'stolen', '--yes'), { name: 'fan', reason: 'stolen' });
  t.match(JSON.parse(readFileSync(join(keys, name), 'utf8')), { revoked: 'stolen' });
});

t.test('what a sketch says', (t) => {
  const report = Uint8Array.of(
    0xf9,
    2,
    5,
    0xf0,
    0x79,
    2,
    5,
    0x41,
    0,
    0x62,
    0,
    0x2e,
    0,
    0x69,
    0,
    0x6e,
    0,
    0x6f,
    0,
    0xf7,
  );
  t.same(firmataReport(report), { name: 'Ab', version: '2.5' });
  t.equal(firmataReport(report.subarray(0, -1)), undefined, 'cut short');
  t.equal(firmataReport(Uint8Array.of(0xf0, 0x79, 2, 5, 0x81, 0, 0xf7)), undefined, 'eight bits in a name');
  const text = (words: string) => textLine(new TextEncoder().encode(words));
  t.equal(text('2,0\r\n1.5,2.0\r\n1.6,2.1\r\n'), '1.5,2.0');
  t.equal(text('hello world'), 'hello world');
  t.equal(text('abc'), undefined, 'too little to tell');
  t.equal(textLine(Uint8Array.from({ length: 200 }, (_, k) => (k * 73) & 255)), undefined);
  t.end();
});
