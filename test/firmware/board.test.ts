/**
 * The firmware image in an emulated Uno, from power-on to the last word: greeting, provisioning, sessions, commands, relay, events, rotation,
 * wipe, restarts. Each message is checked with protocol/, an implementation of its own.
 */
import t from 'tap';
import {
  type Admin,
  checkMac,
  encodeFrame,
  macMessage,
  nextPrev,
  pinKey,
  rotatedPairKey,
  stopLock,
} from '../../protocol/index.js';
import { Bench, blankBench, bytes, facts, fwd, hz, knownBench, provisionBench } from './bench.js';

const args = (count: number, more: object = {}) => ({
  count,
  period: 125,
  div: 2,
  chans: [0, 1],
  enc: 2,
  win: 32,
  sign: 0,
  chal: bytes(16, 0x20),
  lock: stopLock(bytes(16, 0xe0)),
  ...more,
});

t.test('start: cause, time, known answers', async (t) => {
  const bench = new Bench();
  t.equal(bench.boot(), 0, 'power-on');
  t.ok(bench.ms < 2000, `ready after ${bench.ms.toFixed(0)} ms`);
  bench.open();
  const bare = bench.expect('bare').message;
  t.match(bare, { v: 1, why: 0, chip: 'ATmega328P' }, 'no claim: bare, self-test passed');
  bench.board.reset('external');
  t.equal(bench.boot(), 1, 'the reset pin is told from power');
  bench.send({ type: 'ping', n: 7 });
  const before = bench.board.cycle;
  const pong = bench.expect('pong').message;
  t.equal(pong.n, 7);
  t.ok(pong.tx >= pong.rx && pong.tx - pong.rx < 2000, 'the answer takes less than a millisecond');
  t.ok(bench.board.cycle - before < hz / 100);
  t.same(bench.refused, []);
});

t.test('provisioning: claim both ways, keys, first signature', async (t) => {
  const { bench, ticket } = blankBench();
  bench.boot();
  bench.open();
  const first = bench.expect('blank').message;
  t.same(first.body.fwd, fwd, 'digest of the firmware as the manifest computes it');
  t.same(first.body.cid, ticket.cid);
  t.notOk(checkMac(first, bytes(32)), 'another claim does not fit');
  const forged = macMessage('provision', { dr: first.body.dr, hr: bytes(32) }, bytes(32));
  bench.send(forged);
  t.equal(bench.wait('busy', 300), undefined, 'a stranger gives no keys');
  bench.send(macMessage('provision', { dr: bytes(16), hr: bytes(32) }, ticket.claim));
  t.equal(bench.wait('busy', 300), undefined, 'an old nonce does not either');

  const from = bench.ms;
  const { identity, admin } = provisionBench(bench, ticket.claim);
  t.ok(bench.ms - from < 25_000, `provisioned in ${((bench.ms - from) / 1000).toFixed(1)} s`);
  t.match(identity.body, { rec: 1, boot: 1, why: 0, ent: 512 });
  t.same(identity.body.prev, new Uint8Array(16), 'the chain begins with zero');
  t.ok(bench.signed(identity), 'the first signature is right');
  t.ok(
    bench.all('busy').some(({ message }) => message.doing === 2) &&
      bench.all('busy').some(({ message }) => message.doing === 1),
  );
  t.same([...identity.body.lock], [0xff, 0xde, 0xfd, 0xcf], 'fuses and lock byte as the chip has them');

  const hello = bench.session();
  t.match(hello.body, { v: 1, rec: 1, hz: 2_000_000 });
  t.same(hello.body.kid, identity.body.pk.slice(0, 8));
  for (const secret of [ticket.claim, bench.pair!, admin]) {
    const ram = Buffer.from(bench.board.chip.core.cpu.data.slice(0x100));
    t.equal(ram.indexOf(Buffer.from(secret)), -1, 'no long-lived key stays in RAM');
  }
});

t.test('a new claim erases the identity, a burnt one does not', async (t) => {
  const known = knownBench();
  const eeprom = known.board.eeprom.slice();
  const { bench } = blankBench({ eeprom });
  bench.boot();
  bench.open();
  t.ok(bench.wait('blank'), 'flashed by somebody: blank');
  t.equal(Buffer.from(bench.board.eeprom).indexOf(Buffer.from(known.pair!)), -1, 'and the old keys are gone');
});

t.test('commands: numbers, MAC, retransmission', async (t) => {
  const bench = knownBench();
  bench.command(4, {});
  const status = bench.ack();
  t.equal(status.code, 0);
  t.ok(Math.abs(status.result[0] - 5000) < 200, `supply ${status.result[0]} mV`);
  t.ok(status.result[1] >= 150, `lowest free stack ${status.result[1]} B`);
  t.equal(status.result[6], 5, 'idle');

  bench.sendMac({ n: 9, op: 4, args: {} });
  t.equal(bench.wait('ack', 200), undefined, 'a number ahead is dropped');
  bench.sendMac({ n: bench.n + 1, op: 4, args: {} }, bytes(32));
  t.equal(bench.wait('ack', 200), undefined, 'a false MAC is dropped');

  bench.command(2, { relay: 0, on: true, holdMs: 60_000 });
  const first = bench.expect('ack');
  bench.sendMac({ n: bench.n, op: 2, args: { relay: 0, on: true, holdMs: 60_000 } });
  const again = bench.expect('ack');
  t.same(again.body, first.body, 'the same number again: the same answer, byte for byte');

  bench.command(8, { pin: 3, mode: 2, value: 1, holdMs: 100 });
  t.equal(bench.ack().code, 3, 'pins are not offered');
  for (const [wrong, code] of [
    [args(4002), 1],
    [args(4000, { chans: [0, 0] }), 1],
    [args(4000, { chans: [0, 6] }), 1],
    [args(4000, { div: 4 }), 3],
    [args(4000, { div: 3 }), 1],
    [args(4000, { enc: 3 }), 3],
    [args(4000, { sign: 1 }), 3],
    [args(4000, { period: 82 }), 4],
    [args(4000, { period: 257 }), 4],
    [args(4000, { period: 2056 }), 4],
    [args(0), 1],
  ] as const) {
    bench.command(1, wrong);
    t.equal(bench.ack().code, code, `capture ${JSON.stringify(wrong).slice(0, 60)}: code ${code}`);
  }
  bench.command(5, {});
  t.same(bench.ack(3000).result, [31], 'all self-tests pass');
  bench.sendMac({ n: bench.n + 1, op: 4, args: {} }, bytes(32));
  bench.run(100);
  for (let k = 0; k < 5; k++) {
    bench.sendMac({ n: bench.n + 1, op: 4, args: {} }, bytes(32));
    bench.run(60);
  }
  bench.command(4, {});
  t.equal(bench.wait('ack', 300), undefined, 'deaf for a second after five in a row');
});

t.test('relay: MAC, dead-man, safe at reset and while signing', async (t) => {
  const bench = knownBench();
  const relay = bench.board.pin('7');
  const edges: [number | string, number][] = [];
  relay.watch((level, cycle) => edges.push([level, cycle]));
  bench.command(2, { relay: 0, on: true, holdMs: 1000 });
  t.match(bench.ack(), { code: 0, result: [1] });
  t.equal(relay.read(), 1);
  const on = edges.at(-1)![1];
  bench.command(3, { nonce: bytes(16) });
  bench.ack();
  bench.run(1500);
  t.equal(relay.read(), 0, 'the hold runs out');
  const held = (1000 * (edges.at(-1)![1] - on)) / hz;
  t.ok(Math.abs(held - 1000) <= 33, `held ${held.toFixed(1)} ms of 1000, through a signature`);
  const event = bench.expect('event', 3000).message;
  t.match(event.body, { code: 3 });
  t.same([...event.body.info], [[1, 0]]);
  t.ok(bench.signed(event), 'the event is signed');

  bench.command(2, { relay: 0, on: true, holdMs: 0 });
  t.equal(bench.ack().code, 1, 'on without a hold is refused');
  bench.command(2, { relay: 1, on: true, holdMs: 10 });
  t.equal(bench.ack().code, 1, 'a relay it does not have');
  bench.command(2, { relay: 0, on: true, holdMs: 60_000 });
  bench.ack();
  t.equal(relay.read(), 1);
  bench.board.reset('external');
  bench.run(100);
  t.equal(relay.read(), 0, 'safe after a reset');
});

t.test('records: one chain over identity, event and seal', async (t) => {
  const bench = knownBench();
  bench.command(3, { nonce: bytes(16, 0x77) });
  t.same(bench.ack().result, [2]);
  const identity = bench.expect('identity', 5000);
  t.same(identity.message.body.nonce, bytes(16, 0x77));
  t.match(identity.message.body, { rec: 2, why: 2 });
  bench.command(7, { rec: 2 });
  const again = bench.expect('identity', 1000);
  t.same(again.body, identity.body, 'resend gives the same bytes');
  bench.command(1, args(4000));
  t.same(bench.ack().result, [3]);
  const seal = bench.expect('seal', 5000);
  t.ok(bench.signed(seal.message));
  t.same(seal.message.body.prev, nextPrev(identity.message.payload), 'prev is the hash of the record before');
  bench.command(4, {});
  bench.ack();
  bench.command(7, { rec: 3 });
  t.equal(bench.ack().code, 9, 'another message took its place: gone');
  bench.board.reset('external');
  t.equal(bench.boot(), 1);
  const hello = bench.session();
  t.equal(hello.body.rec, 3, 'the number survives a reset');
});

t.test('rotation and wipe by the owner', async (t) => {
  const bench = knownBench();
  const { admin } = bench;
  const { sid } = bench.keys!;
  const hr = bytes(32, 0x40);
  const owner = (body: Admin['body'], key = admin) => bench.send(macMessage('admin', body, key, bench.keys!.sid));
  owner({ rule: 'rotate', n: 1, hr }, bytes(32));
  t.equal(bench.wait('ack', 300), undefined, 'not the owner: nothing');
  bench.n = 1;
  owner({ rule: 'rotate', n: 1, hr });
  t.equal(bench.ack().code, 0);
  const event = bench.expect('event', 15_000).message;
  t.equal(event.body.code, 4);
  t.ok(bench.signed(event), 'announced by the old key');
  const identity = bench.expect('identity', 5000).message;
  bench.pinned = pinKey(identity.body.pk);
  t.same(event.body.info.get(1), identity.body.pk);
  t.ok(bench.signed(identity), 'and taken up by the new one');
  t.same(identity.body.prev, nextPrev(event.payload));
  bench.pair = rotatedPairKey(admin, hr, sid);
  bench.session();
  bench.n = 1;
  owner({ rule: 'wipe', n: 1 });
  t.equal(bench.ack().code, 0);
  const last = bench.expect('event', 3000).message;
  t.equal(last.body.code, 5);
  t.ok(bench.signed(last), 'the last word is signed');
  bench.run(6000);
  t.equal(Buffer.from(bench.board.eeprom).indexOf(Buffer.from(admin)), -1, 'no key is left');
  t.ok(bench.board.eeprom.subarray(0x2c4, 0x3d0).every((b) => b === 0));
  bench.open();
  t.match(bench.expect('bare').message, { why: 0 });
});

t.test('garbage, floods and half frames leave the board on its feet', async (t) => {
  const bench = knownBench();
  const noise = Uint8Array.from({ length: 3000 }, (_, i) => (i * 167 + (i >> 3) * 31) & 255);
  bench.board.uart.receive(noise);
  bench.run(200);
  bench.sendBody(bytes(200)); // longer than the board takes
  bench.run(50);
  const broken = encodeFrame(bytes(20));
  broken[5] ^= 1;
  bench.board.uart.receive(broken);
  bench.run(50);
  bench.board.uart.receive(Uint8Array.of(0));
  bench.command(4, {});
  const { result } = bench.ack();
  t.ok(result[2] > 5, `${result[2]} spoilt frames counted`);
  t.same(bench.refused, []);
  t.equal(bench.board.stats.resets, 0);
  for (let k = 0; k < 60; k++) {
    bench.send({ type: 'ping', n: k });
    bench.run(10);
  }
  const pongs = bench.all('pong').length;
  t.ok(pongs >= 12 && pongs <= 21, `${pongs} pongs to 60 pings in 0.6 s`);
});

t.test('low supply: no writes, no captures', async (t) => {
  let volts = 5;
  const bench = knownBench({ avcc: () => volts });
  const writes = () => bench.board.stats.eepromWrites;
  volts = 3.6;
  const before = writes();
  bench.command(1, args(4000));
  t.equal(bench.ack().code, 6);
  bench.command(3, { nonce: bytes(16) });
  t.equal(bench.ack().code, 6);
  t.equal(writes(), before, 'nothing was written');
  bench.command(2, { relay: 0, on: true, holdMs: 60_000 });
  t.equal(bench.ack().code, 8, 'no relay is switched on');
  volts = 5;
  const event = bench.expect('event', 3000).message;
  t.equal(event.body.code, 6, 'the refused write is told as soon as it can be');
  t.ok(bench.signed(event));
  bench.command(2, { relay: 0, on: true, holdMs: 60_000 });
  t.equal(bench.ack().code, 0, 'and it recovers');
  t.equal(bench.board.pin('7').read(), 1);
  volts = 3.6;
  bench.run(1300);
  t.equal(bench.board.pin('7').read(), 0, 'a relay that is on when the supply sags goes safe');
});

/** Sends the program into an endless loop of one instruction, as a bug would. */
function hang(bench: Bench): void {
  const { flash, chip } = bench.board;
  for (let at = 0; at < facts.appEnd; at += 2) {
    if (flash[at] === 0xff && flash[at + 1] === 0xcf) {
      chip.core.cpu.pc = at >> 1;
      return;
    }
  }
  throw new Error('the image has no endless loop');
}

t.test('a hanging program is restarted: relays safe, cause told and signed', async (t) => {
  const bench = knownBench();
  bench.command(2, { relay: 0, on: true, holdMs: 600_000 });
  bench.ack();
  t.equal(bench.board.pin('7').read(), 1);
  hang(bench);
  bench.run(1200);
  t.not(bench.board.pin('7').read(), 1, 'relay safe before the reset even comes');
  t.equal(bench.expect('ready', 4000).message.cause, 3, 'watchdog');
  t.not(bench.board.pin('7').read(), 1);
  bench.session();
  const event = bench.expect('event', 3000).message;
  t.match(event.body, { code: 2 });
  t.same([...event.body.info], [[1, 3]]);
  t.ok(bench.signed(event));
  bench.board.reset('brownout');
  t.equal(bench.boot(), 2, 'brown-out');
  bench.session();
  t.same([...bench.expect('event', 3000).message.body.info], [[1, 2]]);
});

t.test('a stack that grew too deep: restart, nothing sent, told afterwards', async (t) => {
  const bench = knownBench();
  const { data } = bench.board.chip.core.cpu;
  const canary = Buffer.from(data.slice(0x300)).lastIndexOf(Buffer.from([0xc9, 0xca, 0xcb, 0xcc]));
  t.ok(canary >= 0, 'the canary stands behind the overlay');
  data[0x300 + canary + 1] ^= 0xff;
  bench.run(100);
  t.equal(bench.expect('ready', 4000).message.cause, 4, 'restarted by itself');
  bench.session();
  const event = bench.expect('event', 3000).message;
  t.match(event.body, { code: 8 });
  t.ok(bench.signed(event));
});

t.test('facts and image agree', async (t) => {
  const bench = knownBench();
  const { caps } = bench.session().body;
  t.equal(caps.chans, facts.adc.pins.length);
  t.equal(caps.body, 160);
  t.equal(caps.flags, 0);
});
