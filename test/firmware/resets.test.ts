/** Why a board started, behind the bootloaders of real boards, which eat the chip's own answer; and power cuts while keys are made. */
import t from 'tap';
import { bootloaderImage } from '../../host/cli/sim/bootloader-images.js';
import { randomStream } from '../../host/emulate/random.js';
import { patchImage } from '../../host/flash/index.js';
import { macMessage, pairKey, pinKey } from '../../protocol/index.js';
import { Bench, blankBench, burnt, bytes, image, knownBench, mega, megaImage, provisionBench } from './bench.js';

const page = new Uint8Array(mega.memory.page);
page.set([0x4b, 0x5a, 0x43, 0x4c, 1, 2, 1, 0]);

/** Sends the program into an endless loop, as a bug would. */
function hang(bench: Bench): void {
  const { flash, chip } = bench.board;
  for (let at = 0; at < 0x7780; at += 2) {
    if (flash[at] !== 0xff || flash[at + 1] !== 0xcf) continue;
    chip.core.cpu.pc = at >> 1;
    return;
  }
  throw new Error('the image has no endless loop');
}

/** Breaks the canary behind the overlay. */
function overflow(bench: Bench, from: number): void {
  const { data } = bench.board.chip.core.cpu;
  const canary = Buffer.from(data.slice(from)).lastIndexOf(Buffer.from([0xc9, 0xca, 0xcb, 0xcc]));
  data[from + canary + 1]! ^= 0xff;
}

for (const kind of ['optiboot', 'atmegaboot', 'stk500v2'] as const) {
  const loader = bootloaderImage(kind);
  t.test(
    `behind ${kind}: cause and count of every start`,
    { skip: loader === undefined && 'not installed' },
    async (t) => {
      const isMega = kind === 'stk500v2';
      const known = knownBench();
      const bench = new Bench({
        loader,
        hex: isMega ? patchImage(megaImage, mega, page) : burnt(image, 2),
        mega: isMega,
        eeprom: known.board.eeprom.slice(),
        fuses: kind === 'atmegaboot' ? { high: 0xda } : {},
      });
      bench.pair = known.pair;
      bench.pinned = known.pinned;
      const boots: number[] = [];
      const started = (cause: number, why: string, code?: number) => {
        t.equal(bench.boot(8000), cause, why);
        bench.session(bytes(16, boots.length));
        if (code !== undefined) t.match(bench.expect('event', 4000).message.body, { code }, 'and it is told, signed');
        bench.command(4, {});
        boots.push(bench.ack().result[5]!);
      };
      started(0, 'power');
      bench.board.reset('external');
      started(1, 'the reset pin');
      hang(bench);
      started(3, 'the watchdog', 2);
      overflow(bench, isMega ? 0x480 : 0x300);
      started(4, 'by itself', 8);
      t.same(
        boots,
        [0, 1, 2, 3].map((k) => boots[0]! + k),
        'each start counts one',
      );
      bench.run(5000);
      bench.command(4, {});
      t.equal(bench.ack().result[5], boots[3], 'and no further');
    },
  );
}

t.test('power cuts while keys are made: one identity, or none and another try', async (t) => {
  const random = randomStream(11, 'cuts');
  let [kept, again] = [0, 0];
  for (let k = 0; k < 8; k++) {
    const { bench, ticket } = blankBench({ seed: 20 + k });
    bench.boot();
    bench.open();
    const { dr } = bench.expect('blank').message.body;
    const hr = bytes(32, k);
    bench.send(macMessage('provision', { dr, hr }, ticket.claim));
    // 8.2 s of noise, then keys and records reach the EEPROM
    bench.run(8200 + 2600 * random.f64());
    bench.board.cutPower();
    bench.board.power(true);
    t.equal(bench.boot(), 0);
    bench.open();
    if (bench.wait('blank', 1000)) {
      again++;
      bench.run(300);
      t.ok(bench.signed(provisionBench(bench, ticket.claim).identity), 'a second try succeeds');
    } else {
      kept++;
      bench.pair = pairKey(ticket.claim, hr, dr);
      bench.run(300);
      bench.session();
      bench.command(3, { nonce: bytes(16) });
      t.equal(bench.ack().code, 0);
      const { message } = bench.expect('identity', 4000);
      bench.pinned = pinKey(message.body.pk);
      t.ok(bench.signed(message), 'the key that was written signs');
    }
    const { eeprom } = bench.board;
    t.same(eeprom.slice(0x2c4, 0x34a), eeprom.slice(0x34a, 0x3d0), 'both copies hold the same identity');
  }
  t.ok(kept > 0 && again > 0, `${kept} cuts behind the writing, ${again} before or within`);
});
