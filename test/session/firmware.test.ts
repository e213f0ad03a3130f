/** The host against the released firmware in an emulated Uno: provisioned, captured, attacked, reset, unplugged. */
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { capture, evidenceOf, readKnownKeys, startCapture, verifyEvidence } from '../../host/capture/index.js';
import { type AttackKind, LineAttacker } from '../../host/emulate/attack.js';
import { createUno, emulatedBinding, World } from '../../host/emulate/index.js';
import { claimPage, drawTicket, firmwareDigest, patchImage } from '../../host/flash/index.js';
import { openLink } from '../../host/link/index.js';
import { MemoryKeyStore, provision } from '../../host/provision/index.js';
import { attend, hex } from '../../host/session/index.js';
import { tapFrames, uno } from './bench.js';

const imageFile = new URL('../../firmware/images/kz-uno.hex', import.meta.url);
const plan = { channels: [{ id: 'v', pin: 'A0' }], rateHz: 8000, seconds: 0.4, win: 8 };

t.test('one Uno from its first flashing on', { skip: !existsSync(imageFile) && 'no firmware image' }, async (t) => {
  const image = readFileSync(imageFile, 'utf8');
  const ticket = drawTicket(uno, firmwareDigest(image, uno));
  const world = new World({ seed: 11 });
  const clockError = 0.0031;
  const board = createUno({ hex: patchImage(image, uno, claimPage(ticket, uno)), seed: 11, name: 'fan', clockError });
  const [amplitude, frequency] = [1.3, 157];
  board.analog(
    'A0',
    (cycle) => 2.5 + amplitude * Math.sin((2 * Math.PI * frequency * cycle) / (16e6 * (1 + clockError))),
  );
  board.analog('A1', () => 1.25);
  const cable = world.add(board, 'fan');
  const store = new MemoryKeyStore();
  const common = {
    path: 'emu:fan',
    board: uno,
    keyring: store,
    clock: world.clock,
    binding: emulatedBinding(world),
    random: () => 0.5,
  };
  let admin: Uint8Array | undefined;

  t.test('is provisioned: firmware digest as computed here, key and first signature right', async (t) => {
    const link = await openLink({ ...common, baud: 500_000 });
    const made = await world.until(
      provision({
        link,
        board: uno,
        ticket: (cid) => (hex(cid) === hex(ticket.cid) ? ticket : undefined),
        store,
        name: 'fan 3',
        grade: 'A0',
        keepAdmin: async (key) => {
          admin = key;
        },
        burn: async (page, same) => {
          board.flash.set(page, uno.claimAt);
          return same;
        },
      }),
      60,
    );
    t.match(made.board, { grade: 'E', chain: { rec: 1 } });
    t.ok(made.entropyBits >= 128, `${made.entropyBits} noise bits credited`);
    t.ok(world.clock.now() < 25_000, `${(world.clock.now() / 1000).toFixed(1)} s end to end`);
    t.equal(Buffer.from(board.flash).indexOf(ticket.claim), -1, 'the claim is burnt');
    t.ok(
      admin &&
        Buffer.from(board.eeprom).indexOf(admin) > 0 &&
        made.board.pair[0] &&
        !store.all().some((b) => hex(b.pair[0]) === hex(admin!)),
    );
    made.session.end('closed', '');
    await made.session.link.close();
  });

  const port = attend(common);
  t.teardown(async () => {
    await port.close();
    world.close();
  });
  const honest = async () => {
    const result = await world.until(capture(port, plan, { sessionMs: 90_000 }), 200);
    return result.ok ? result : undefined;
  };

  t.test('samples what is on the pins, at the rate of the host, and proves it offline', async (t) => {
    const session = await world.until(port.ready(9000));
    await world.run(25);
    const channels = [...plan.channels, { id: 'dc', pin: 'A1' }];
    const run = startCapture(session, { channels, rateHz: 8000, seconds: 1 });
    const result = await world.until(run.result);
    if (!result.ok) throw new Error(result.text);
    const { capture } = result;
    t.ok(Math.abs(capture.fsHz / (8000 * (1 + clockError)) - 1) < 50e-6, `${capture.fsHz} S/s`);
    const [v, dc] = capture.channels;
    t.ok(
      dc.samples.every((x) => Math.abs(x - 1.25) <= 0.0051),
      'no sample of one channel in the other',
    );
    // least squares of the sine that was put in, at the rate that was measured
    let [cc, ss, sin] = [0, 0, 0];
    v.samples.forEach((x, k) => {
      const phase = (2 * Math.PI * frequency * k) / capture.fsHz;
      cc += (x - 2.5) * Math.cos(phase);
      sin += (x - 2.5) * Math.sin(phase);
      ss += Math.sin(phase) ** 2;
    });
    t.ok(Math.abs(Math.hypot(cc, sin) / ss - amplitude) < 0.004, `${(Math.hypot(cc, sin) / ss).toFixed(4)} V`);
    const keys = readKnownKeys(JSON.stringify({ [session.kid]: hex(session.board.pk) }));
    const file = evidenceOf(result.items, session.board, run.planned.args.win);
    t.match(verifyEvidence(file, keys, { crossCheck: true }), { valid: true, samples: 16_000, lost: 0, holes: [] });
    const status = await world.until(session.status());
    t.ok(status.lowestFreeStack >= 64, `${status.lowestFreeStack} B of stack never used`);
    t.match(status, { badMacs: 0, overruns: 0, relays: 0 });
  });

  t.test('somebody on the cable: each act is refused, the next capture is proven', async (t) => {
    const attacker = new LineAttacker();
    world.tapLine('fan', attacker.tap('fan'));
    t.ok(await honest(), 'untouched frames pass');
    const reasons: Partial<Record<AttackKind, string>> = {};
    for (const kind of ['flip-bit', 'reorder', 'replay', 'forge-seal'] as const) {
      attacker.arm('fan', kind);
      const session = await world.until(port.ready(90_000), 100);
      const hit = await world.until(startCapture(session, plan).result);
      reasons[kind] = hit.ok ? 'accepted' : hit.why;
      t.ok(await honest(), `proven after ${kind}`);
    }
    t.same(reasons, {
      'flip-bit': 'mark-mismatch',
      reorder: 'order',
      replay: 'foreign-frame',
      'forge-seal': 'signature',
    });
    world.tapLine('fan', undefined);
  });

  t.test('loss on the line: a hole, a seal sent again, a stop', async (t) => {
    tapFrames(world, 'fan', (m) => (m.type === 'data' && m.i === 11 ? [] : undefined));
    t.same((await honest())?.capture.evidence?.holes, [1]);
    let seals = 0;
    tapFrames(world, 'fan', (m) => (m.type === 'seal' && seals++ === 0 ? [] : undefined));
    t.ok(await honest());
    t.equal(seals, 2, 'the board still had it');
    world.tapLine('fan', undefined);
    const session = await world.until(port.ready(9000));
    const run = startCapture(session, { ...plan, seconds: 30 });
    await world.run(1);
    run.stop();
    const asked = world.clock.now();
    const stopped = await world.until(run.result);
    t.ok(stopped.ok && stopped.capture.channels[0].samples.length < 8000 * 1.2);
    t.ok(world.clock.now() - asked < 1000, 'sealed within a second');
  });

  t.test('reset and unplugged in the middle of a capture', async (t) => {
    const first = await world.until(port.ready(9000));
    const reset = startCapture(first, plan);
    await world.run(0.25);
    board.reset('external');
    const lost = await world.until(reset.result);
    t.ok(!lost.ok && lost.why === 'lost');
    const after = await honest();
    t.equal(after?.record, (lost.record ?? 0) + 1, 'the number is used up');
    const second = await world.until(port.ready(9000));
    const unplugged = startCapture(second, plan);
    await world.run(0.2507);
    cable.unplug();
    const gone = await world.until(unplugged.result);
    t.ok(!gone.ok && gone.why === 'lost');
    cable.plug();
    t.ok(await honest());
    t.equal(port.trust.quarantine, undefined);
  });

  t.test('an earlier host left a capture running', async (t) => {
    const before = await world.until(port.ready(9000));
    startCapture(before, { ...plan, seconds: 5 });
    await world.run(0.5);
    await port.close();
    const next = attend(common);
    const session = await world.until(next.ready(60_000), 70);
    t.equal(session.boot, before.boot, 'the board was not reset for it');
    const result = await world.until(capture(next, plan), 60);
    t.ok(result.ok);
    await next.close();
  });
});
