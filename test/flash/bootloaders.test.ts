/** Our flasher and avrdude, each checked by the other, through the bootloaders that boards are sold with (AVR061, AVR068). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  applicationFlash,
  burnClaim,
  burntPage,
  claimPage,
  contentOf,
  drawTicket,
  type FlashEvent,
  flashBoard,
  flashOfHex,
  hexOfFlash,
  patchImage,
  readBoard,
} from '../../host/flash/index.js';
import { openLink } from '../../host/link/index.js';
import {
  avrdude,
  behindTty,
  flashBench,
  type Loaded,
  noAvrdude,
  noLoaders,
  program,
  refusal,
  release,
  smallUno,
  uno,
} from './bench.js';

t.setTimeout(120_000); // a machine with ten other jobs

const claimed = () => {
  const ticket = drawTicket(uno, release.fwd);
  return { ticket, image: applicationFlash(patchImage(release.hex, uno, claimPage(ticket, uno)), uno) };
};

for (const kind of ['optiboot', 'atmegaboot', 'stk500v2'] satisfies Loaded[]) {
  t.test(
    `${kind}: what we write avrdude verifies, what avrdude writes we read`,
    { skip: noLoaders || noAvrdude },
    async (t) => {
      const old = program(5000, 3);
      const bench = flashBench(kind, { program: old });
      const { world, board, port, facts, events } = bench;
      const loader = board.flash.slice(facts.hashEnd);
      const image = kind === 'optiboot' ? claimed().image : program(facts.hashEnd, 4);
      let seen: Uint8Array | undefined;
      const report = await world.until(
        flashBoard(port, {
          image,
          before: async (flash) => {
            seen = flash;
          },
        }),
        200,
      );
      t.same(Buffer.from(seen!.subarray(0, 5000)), Buffer.from(old), 'the old program was read before');
      t.same(Buffer.from(board.flash.subarray(0, facts.hashEnd)), Buffer.from(image), 'the new one stands there');
      t.same(Buffer.from(board.flash.subarray(facts.hashEnd)), Buffer.from(loader), 'the loader is untouched');
      t.equal(report.written + report.unchanged, image.length);
      t.comment(
        `${report.loader}: ${image.length} bytes read, written and verified in ${(report.ms / 1000).toFixed(1)} s of board time`,
      );
      for (const phase of ['read', 'write', 'verify']) {
        const last = events.filter((event) => event.kind === 'progress' && event.phase === phase).at(-1);
        t.match(last, { kind: 'progress', phase, etaMs: 0 }, `${phase} reports its end`);
      }

      const folder = t.testdir();
      const file = join(folder, 'image.hex');
      writeFileSync(file, hexOfFlash(image, facts.memory.page));
      const verified = await avrdude(bench, kind, `flash:v:${file}:i`);
      t.equal(verified.code, 0, `avrdude verifies${verified.code === 0 ? '' : `: ${verified.text}`}`);

      const other = program(3000, 9);
      const theirs = flashOfHex(hexOfFlash(other, facts.memory.page), 3072);
      writeFileSync(file, hexOfFlash(theirs, facts.memory.page));
      const wrote = await avrdude(bench, kind, `flash:w:${file}:i`);
      t.equal(wrote.code, 0, `avrdude writes${wrote.code === 0 ? '' : `: ${wrote.text}`}`);
      const found = await world.until(readBoard(port, 3072), 60);
      t.same(Buffer.from(found), Buffer.from(theirs), 'we read what avrdude wrote');
      world.close();
    },
  );
}

t.test(
  'a claim is written, the firmware starts, the claim is burnt and nothing else',
  { skip: noLoaders },
  async (t) => {
    const { world, board, port } = flashBench('optiboot');
    const { ticket, image } = claimed();
    await world.until(flashBoard(port, { image }), 200);
    t.match(contentOf(board.flash.subarray(0, uno.hashEnd), uno), { kind: 'kizashi', name: 'kz-uno', claim: 'open' });
    const link = await openLink({ path: 'emu:b', baud: 500_000, binding: port.binding, clock: world.clock });
    const ready = new Promise((resolve) =>
      link.on('message', (message) => message.type === 'ready' && resolve(message)),
    );
    t.match(await world.until(ready, 10), { type: 'ready' }, 'starts by itself after the last byte');
    await link.close();
    const again = await world.until(flashBoard(port, { image }), 200);
    t.match(again, { written: 0, unchanged: image.length }, 'a second time nothing is left to write');
    await world.until(burnClaim(port, burntPage(ticket, uno)), 60);
    t.equal(Buffer.from(board.flash).indexOf(ticket.claim), -1, 'the secret is gone');
    const expected = image.slice();
    expected.set(burntPage(ticket, uno), uno.claimAt);
    t.same(Buffer.from(board.flash.subarray(0, uno.hashEnd)), Buffer.from(expected));
    t.match(contentOf(expected, uno), { kind: 'kizashi', claim: 'burnt' });
    world.close();
  },
);

t.test('the claim page of a sequential loader is burnt too', { skip: noLoaders }, async (t) => {
  const before = program(0x2000, 8);
  const { world, board, port, facts } = flashBench('stk500v2', { program: before });
  const page = new Uint8Array(256).fill(1);
  await world.until(burnClaim(port, page), 60);
  const expected = before.slice();
  expected.set(page, facts.claimAt);
  t.same(Buffer.from(board.flash.subarray(0, 0x2000)), Buffer.from(expected));
  world.close();
});

t.test(
  'another program is refused before a byte is written, when the caller says so',
  { skip: noLoaders },
  async (t) => {
    const old = program(3000, 7);
    const { world, board, port } = flashBench('optiboot', { program: old });
    const before = board.flash.slice();
    const stop = Promise.reject(Object.assign(new Error('no'), { name: 'No' }));
    stop.catch(() => {});
    await t.rejects(world.until(flashBoard(port, { image: claimed().image, before: () => stop }), 100), { name: 'No' });
    t.same(Buffer.from(board.flash), Buffer.from(before));
    t.equal(world.port('b').opened, undefined, 'the port is free again');
    t.match(await refusal(world.until(readBoard({ ...port, path: 'emu:none' }, 128))), { code: 'KZ0101', exit: 4 });
    world.close();
  },
);

t.test('over a real tty, by the clock on the wall', { skip: noLoaders }, async (t) => {
  const bench = flashBench('optiboot', { facts: smallUno, program: program(smallUno.hashEnd, 22) });
  const tty = await behindTty(bench, 115_200);
  if (!tty) {
    t.comment('no python3: not tested');
    return;
  }
  t.teardown(tty.close);
  const image = program(smallUno.hashEnd, 23);
  const onEvent = (event: FlashEvent) => {
    if (event.kind === 'loader') tty.stopResetting();
  };
  const report = await flashBoard({ path: tty.path, board: smallUno, onEvent }, { image });
  t.equal(report.written, image.length);
  t.ok(Buffer.from(bench.board.flash.subarray(0, image.length)).equals(Buffer.from(image)));
});
