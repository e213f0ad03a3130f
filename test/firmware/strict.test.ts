/** The image under the emulator's strict rules, which refuse what silicon does not forgive: one life from blank to a sealed capture. */
import t from 'tap';
import { stopLock } from '../../protocol/index.js';
import { blankBench, bytes, provisionBench } from './bench.js';

t.test('by the strict rules of the chip: provisioning, a full-rate capture, its seal', async (t) => {
  // the stack ends above the talk part of the overlay: 0x300 + scratch 384 + TX 232 + canary 4, and 150 bytes stay free
  const strict = { stackFloor: 0x300 + 384 + 232 + 4 + 150 };
  const { bench, ticket } = blankBench({ strict });
  bench.boot();
  t.ok(bench.signed(provisionBench(bench, ticket.claim).identity));
  bench.session();
  for (const channel of [0, 1, 2]) bench.board.analog(`A${channel}`, () => 1 + channel);
  const count = 12_000;
  const args = { count, period: 83, div: 3, chans: [0, 1, 2], enc: 2, win: 32, sign: 0 };
  bench.command(1, { ...args, chal: bytes(16), lock: stopLock(bytes(16)) });
  t.equal(bench.ack().code, 0);
  bench.send({ type: 'ping', n: 1 });
  const { message: seal } = bench.expect('seal', 4000);
  t.ok(bench.signed(seal));
  t.match(seal.body, { ns: count, lost: 0, end: 0 });
  bench.command(4, {});
  const free = bench.ack().result[1];
  t.ok(free >= 150, `lowest free stack ${free} B, as the board measures it`);
  t.same(bench.refused, []);
});
