/** What goes wrong at the desk: the wrong board, a locked or lying bootloader, a pulled cable, a busy port, a full disk, a Ctrl-C. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t from 'tap';
import {
  burnClaim,
  compareVersions,
  contentOf,
  findBackup,
  flashBoard,
  flashOfHex,
  loadRelease,
  mustBeVouchedFor,
  readBoard,
  SerialDialog,
  saveBackup,
} from '../../host/flash/index.js';
import { releaseKeys } from '../../host/flash/release-keys.js';
import { judgeManifest, releaseKeyId } from '../../host/flash/release-signature.js';
import { delay } from '../../host/link/index.js';
import { type FlashBench, flashBench, noLoaders, program, refusal, release, smallUno, uno } from './bench.js';

t.setTimeout(120_000); // a machine with ten other jobs

const image = program(smallUno.hashEnd, 21);
const old = program(smallUno.hashEnd, 22);
const small = (): FlashBench => flashBench('optiboot', { facts: smallUno, program: old });
const flashOf = ({ board }: FlashBench) => Buffer.from(board.flash.subarray(0, smallUno.hashEnd));
/** First byte of a message as it stands in one write of the flasher. */
const progPage = 0x64;
const readSign = 0x75;

t.test('the wrong board, and a bootloader that does not read the chip', { skip: noLoaders }, async (t) => {
  const bench = small();
  const { world, port } = bench;
  const other = { ...port, board: { ...smallUno, name: 'Arduino with an ATmega168', signature: '1e9406' } };
  const wrong = await refusal(world.until(flashBoard(other, { image }), 60));
  t.match(wrong, { code: 'KZ0304', exit: 7, message: /1e950f.*1e9406.*nothing was written/ });
  t.same(flashOf(bench), Buffer.from(old));
  for (const [found, why] of [
    [[0, 0, 0], /locked or damaged/],
    [[0x55, 0xaa, 0x55], /another board/],
  ] as const) {
    let asked = false;
    world.tapLine('b', (bytes, direction) => {
      if (direction === 'toBoard') asked = bytes[0] === readSign;
      return [asked && direction === 'toHost' && bytes.length === 5 ? Uint8Array.of(0x14, ...found, 0x10) : bytes];
    });
    t.match(await refusal(world.until(flashBoard(port, { image }), 60)), { code: 'KZ0304', why }, `${found}`);
  }
  t.same(flashOf(bench), Buffer.from(old), 'nothing was written');
  world.close();
});

t.test('no bootloader: said with what was heard', { skip: noLoaders }, async (t) => {
  const none = flashBench('optiboot', { empty: true });
  const silent = await refusal(none.world.until(flashBoard(none.port, { image }), 60));
  t.match(silent, { code: 'KZ0303', exit: 6, why: /115200 baud; not a byte came/, fix: /reset button/ });
  none.world.close();
  // a Mega where an Uno was named: its loader speaks version 2
  const mega = flashBench('stk500v2', { facts: smallUno });
  t.match(await refusal(mega.world.until(flashBoard(mega.port, { image }), 60)), { code: 'KZ0303' });
  mega.world.close();
});

t.test(
  'a bootloader that acknowledges and does not write, and a cell that does not take',
  { skip: noLoaders },
  async (t) => {
    const bench = small();
    const { world, port, board } = bench;
    const sync = Uint8Array.of(0x30, 0x20);
    world.tapLine('b', (bytes, direction) => [direction === 'toBoard' && bytes[0] === progPage ? sync : bytes]);
    const lied = await refusal(world.until(flashBoard(port, { image }), 60));
    t.match(lied, { code: 'KZ0305', exit: 7, message: /bytes differ after writing, the first at 0x/ });
    t.same(flashOf(bench), Buffer.from(old), 'it did not write indeed');
    t.match(
      await refusal(world.until(burnClaim(port, new Uint8Array(128)), 60)),
      { code: 'KZ0305' },
      'burning is read back too',
    );
    let pages = 0;
    world.tapLine('b', (bytes, direction) => {
      if (direction !== 'toBoard' || bytes[0] !== progPage || ++pages !== 9) return [bytes];
      const flipped = bytes.slice();
      flipped[40] ^= 0x20;
      return [flipped];
    });
    const cell = await refusal(world.until(flashBoard(port, { image }), 60));
    t.match(cell, { code: 'KZ0305', context: { count: 1 } });
    world.tapLine('b', undefined);
    await world.until(flashBoard(port, { image }), 60);
    t.same(Buffer.from(board.flash.subarray(0, image.length)), Buffer.from(image), 'the next attempt mends it');
    world.close();
  },
);

t.test('bytes lost on the line: asked again, and given up at last', { skip: noLoaders }, async (t) => {
  const bench = small();
  const { world, port, events } = bench;
  let answers = 0;
  world.tapLine('b', (bytes, direction) => [
    direction === 'toHost' && ++answers % 350 === 0 ? bytes.subarray(1) : bytes,
  ]);
  await world.until(flashBoard(port, { image }), 200);
  t.same(flashOf(bench), Buffer.from(image));
  const retries = events.filter(({ kind }) => kind === 'retry').length;
  t.ok(retries > 0, `${retries} times a byte was missing`);
  world.tapLine('b', (bytes, direction) => [
    direction === 'toBoard' && bytes[0] === progPage ? bytes.subarray(0, 60) : bytes,
  ]);
  const given = await refusal(world.until(flashBoard(port, { image: old }), 200));
  t.match(given, { code: 'KZ0310', exit: 7, message: /broke off/, fix: /flash again/, context: { cause: 'KZ0306' } });
  world.close();
});

t.test(
  'the cable pulled: never half a program that runs, always a board that can be flashed again',
  { skip: noLoaders },
  async (t) => {
    const page = (flash: Uint8Array, at = 0) => Buffer.from(flash.subarray(at, at + 128));
    const seen = new Set<string>();
    // greeting, reading, the first write, the middle, the last pages, reading back
    for (const ms of [300, 900, 1140, 1215, 1235, 1500, 1780, 1850, 1870, 2200]) {
      const bench = small();
      const { world, port, board } = bench;
      world.clock.setTimer(ms, () => world.port('b').unplug());
      const cut = await refusal(world.until(flashBoard(port, { image }), 60));
      t.match(cut.code, /^KZ0(105|310)$/, `${ms} ms: ${cut.message}`);
      const head = page(board.flash);
      const whole = flashOf(bench);
      if (head.equals(page(old))) t.ok(whole.equals(Buffer.from(old)), 'all of the old program');
      else if (head.equals(page(image))) t.ok(whole.equals(Buffer.from(image)), 'all of the new program');
      else
        t.ok(
          head.subarray(2).every((byte) => byte === 0xff),
          'a program that stands still, or none',
        );
      seen.add(`${cut.code} ${head.equals(page(old)) ? 'old' : head.equals(page(image)) ? 'new' : 'none'}`);
      t.equal(world.port('b').opened, undefined, 'the port is free');
      world.port('b').plug();
      await world.until(flashBoard(port, { image }), 60);
      t.same(flashOf(bench), Buffer.from(image), 'flashed again');
      world.close();
    }
    t.same([...seen].sort(), ['KZ0105 old', 'KZ0310 new', 'KZ0310 none'], 'every kind of moment was met');
  },
);

t.test('a sequential loader that was cut off', { skip: noLoaders }, async (t) => {
  for (const ms of [1500, 2400]) {
    const bench = flashBench('stk500v2', { program: old });
    const { world, port, board, facts } = bench;
    const big = program(facts.hashEnd, 30);
    world.clock.setTimer(ms, () => world.port('b').unplug());
    await refusal(world.until(flashBoard(port, { image: big }), 60));
    world.port('b').plug();
    await world.until(flashBoard(port, { image: big }), 60);
    t.same(Buffer.from(board.flash.subarray(0, big.length)), Buffer.from(big), `cut after ${ms} ms`);
    world.close();
  }
});

t.test('one port, one owner; a Ctrl-C; a slow disk', { skip: noLoaders }, async (t) => {
  const bench = small();
  const { world, port, events } = bench;
  const holder = await world.until(SerialDialog.open({ ...port, baud: 9600 }));
  t.match(await refusal(world.until(flashBoard(port, { image }))), { code: 'KZ0102', exit: 5 });
  await world.until(holder.close());

  const stop = new AbortController();
  const onEvent = (event: (typeof events)[number]) => {
    if (event.kind === 'progress' && event.phase === 'write' && event.done > 1000) stop.abort('SIGINT');
  };
  const stopped = await refusal(world.until(flashBoard({ ...port, onEvent, signal: stop.signal }, { image }), 60));
  t.match(stopped, { code: 'KZ0310', message: /half written: it stands still, its bootloader is untouched/ });
  // optiboot waits a second at most, then starts what is there
  await world.until(flashBoard(port, { image, before: () => delay(world.clock, 5000) }), 60);
  t.same(flashOf(bench), Buffer.from(image), 'the loader was started again');
  t.match(await refusal(world.until(readBoard({ ...port, signal: stop.signal }, 1024), 60)), {
    code: 'KZ0310',
    message: /nothing was written/,
  });
  world.close();
});

t.test('release: image and manifest belong together, or nothing is flashed', async (t) => {
  t.match(release, { name: 'kz-uno', minimum: /^\d+\.\d+\.\d+$/ });
  const folder = t.testdir();
  const at = { folder: new URL(`${pathToFileURL(folder).href}/`) };
  const images = new URL('../../firmware/images/', import.meta.url);
  const hex = readFileSync(new URL('kz-uno.hex', images), 'utf8');
  const manifest = JSON.parse(readFileSync(new URL('manifest.json', images), 'utf8'));
  const put = (text: string, listed: unknown = manifest) => {
    writeFileSync(join(folder, 'kz-uno.hex'), text);
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(listed));
  };
  t.throws(() => loadRelease(uno, at), { code: 'KZ0307', message: /manifest.json cannot be read/ });
  put(hex);
  t.equal(loadRelease(uno, at).sha256, release.sha256);
  put(`${hex}\n`);
  t.throws(() => loadRelease(uno, at), { code: 'KZ0307', exit: 3, message: /digest/ });
  put(hex, { images: [{ ...manifest.images[0], fwd: '0'.repeat(32) }] });
  t.throws(() => loadRelease(uno, at), { code: 'KZ0307', message: /otherwise than its manifest says/ });
  put(hex, { images: [{ ...manifest.images[0], version: 'new' }] });
  t.throws(() => loadRelease(uno, at), { code: 'KZ0307', message: /images.0.version/ });
  put(hex, { images: [{ ...manifest.images[0], minimum: '99.0.0' }] });
  t.throws(() => loadRelease(uno, at), { code: 'KZ0307', message: /older than 99.0.0/ });
  t.throws(() => loadRelease({ ...uno, id: 'x:y:z' }), { code: 'KZ0307', message: /no firmware is released/ });
  t.throws(() => loadRelease(uno, { image: 'kz-none' }), { code: 'KZ0307', why: /released are kz-uno/ });
  writeFileSync(join(folder, 'manifest.json'), '{');
  t.throws(() => loadRelease(uno, at), { code: 'KZ0307', message: /not JSON/ });
  t.ok(
    compareVersions('0.9.0', '0.10.0') < 0 &&
      compareVersions('1.0.0', '0.99.9') > 0 &&
      compareVersions('1.2.3', '1.2.3') === 0,
  );
});

t.test('release: signed, built here, unsigned, falsely signed', async (t) => {
  const folder = t.testdir();
  const at = new URL(`${pathToFileURL(folder).href}/`);
  const images = new URL('../../firmware/images/', import.meta.url);
  for (const name of ['manifest.json', 'kz-uno.hex']) copyFileSync(new URL(name, images), new URL(name, at));
  const key = join(folder, 'release.pem');
  const script = fileURLToPath(new URL('../../scripts/firmware-sign.mjs', import.meta.url));
  const sign = (...args: string[]) =>
    execFileSync(process.execPath, [script, '--images', folder, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  const publicKey = sign('--keygen', key);
  t.equal(statSync(key).mode & 0o777, 0o600);
  t.throws(() => sign('--keygen', key), 'never over another key');
  const judged = (keys = [publicKey]) => loadRelease(uno, { folder: at, keys });

  t.match(judged().signature, { kind: 'unsigned', why: /no manifest.sig/ });
  t.throws(() => mustBeVouchedFor(judged()), { code: 'KZ0313', exit: 8, message: /not signed: nothing is written/ });
  mustBeVouchedFor(judged(), { allowUnsigned: true });

  sign('--key', key);
  t.same(judged().signature, { kind: 'signed', keyId: releaseKeyId(publicKey) });
  mustBeVouchedFor(judged());
  const refused = (why: RegExp, keys?: string[]) => {
    const release = judged(keys);
    t.match(release.signature, { kind: 'false', why });
    t.throws(() => mustBeVouchedFor(release, { allowUnsigned: true }), { code: 'KZ0313', message: /falsely signed/ });
  };
  refused(/no release key of this kizashi/, []);
  refused(/no release key of this kizashi/, ['00'.repeat(32)]);
  const manifest = readFileSync(new URL('manifest.json', at), 'utf8');
  writeFileSync(new URL('manifest.json', at), manifest.replace('{', '{ '));
  refused(/not over this manifest/);
  writeFileSync(new URL('manifest.json', at), manifest);
  const text = readFileSync(new URL('manifest.sig', at), 'utf8');
  writeFileSync(
    new URL('manifest.sig', at),
    text.replace(/"signature": "(.)/, (_, c) => `"signature": "${c === '0' ? '1' : '0'}`),
  );
  refused(/not over this manifest/);
  writeFileSync(new URL('manifest.sig', at), '{"keyId":1}');
  refused(/damaged/);
  chmodSync(key, 0o644);
  t.throws(() => sign('--key', key), /readable by others/);

  // the images of this checkout: a release, or what its own sources gave
  t.match(loadRelease(uno).signature.kind, /signed|local/);
  const beside = {
    sources: new URL('../../firmware/', import.meta.url),
    sourceDigest: { stated: '', board: new URL('../../boards/arduino-avr-uno.json', import.meta.url) },
  };
  t.same(judgeManifest(new Uint8Array(1), undefined, beside), { kind: 'local', current: false });
  t.match(
    judgeManifest(new Uint8Array(1), text, beside),
    { kind: 'false' },
    'sources beside it excuse no false signature',
  );
  for (const one of releaseKeys) t.match(one, /^[0-9a-f]{64}$/);
});

t.test('backups: private, found by serial number, damaged ones passed over', async (t) => {
  const folder = join(t.testdir(), 'backups');
  t.throws(() => findBackup(folder, uno, { path: '/dev/a' }), { code: 'KZ0308', exit: 4 });
  const flash = new Uint8Array(uno.hashEnd).fill(0xff);
  flash.set(program(700, 5), 256);
  const from = { board: uno, path: '/dev/a', wall: Date.UTC(2026, 0, 2, 3, 4, 5) };
  const file = await saveBackup(folder, flash, { ...from, serialNumber: '123' });
  t.match(file, /uno-20260102T030405Z-[0-9a-f]{8}\.hex$/);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.same(flashOfHex(readFileSync(file, 'utf8'), uno.hashEnd), flash);
  t.same(
    Buffer.from(findBackup(folder, uno, { path: '/dev/b', serialNumber: '123' }).flash),
    Buffer.from(flash),
    'on any port',
  );
  t.throws(
    () => findBackup(folder, uno, { path: '/dev/a', serialNumber: '9' }),
    { code: 'KZ0308' },
    'not the board of somebody else',
  );
  t.throws(() => findBackup(folder, uno, { path: '/dev/a' }), { code: 'KZ0308' }, 'nor of a clone on that port');
  const later = await saveBackup(folder, program(uno.hashEnd, 6), {
    ...from,
    serialNumber: '123',
    wall: from.wall + 1000,
  });
  t.equal(findBackup(folder, uno, { path: '', serialNumber: '123' }).file, later, 'the newest');
  writeFileSync(later, readFileSync(later, 'utf8').slice(0, 500));
  t.equal(findBackup(folder, uno, { path: '', serialNumber: '123' }).file, file, 'unless it is damaged');
  t.equal(readdirSync(folder).length, 4);
  const shut = join(t.testdir({ file: '' }), 'file', 'below');
  await t.rejects(saveBackup(shut, flash, from), { code: 'KZ0309', exit: 5, fix: /nothing was written/ });
});

t.test('what stands in the flash: empty, ours with its claim, or somebody else’s', (t) => {
  const flash = new Uint8Array(uno.hashEnd).fill(0xff);
  t.same(contentOf(flash, uno), { kind: 'empty' });
  flash.set(program(900, 3));
  t.same(contentOf(flash, uno), { kind: 'other' });
  flash.set(new TextEncoder().encode('\0kz-uno/0.7.12\0'), 0x100);
  t.same(contentOf(flash, uno), { kind: 'kizashi', name: 'kz-uno', version: '0.7.12', claim: 'none' });
  t.throws(() => flashOfHex(':00', 128), { code: 'KZ0301' });
  t.throws(() => flashOfHex(':10010000214601360121470136007EFE09D2190140\n:00000001FF\n', 128), { code: 'KZ0301' });
  t.end();
});
