/** The image kz-mega in an emulated Mega 2560: one life, the full converter rate, an ADXL345 on timer 5's capture pin, starts out of any state. */
import t from 'tap';
import { Adxl345 } from '../../host/emulate/sensors/adxl345.js';
import { type Begin, stopLock, unpackSamples } from '../../protocol/index.js';
import { Bench, blankBench, bytes, firmwareOf, mega, megaImage, provisionBench } from './bench.js';

t.test('blank to sealed captures', async (t) => {
  const { bench, ticket } = blankBench({ hex: megaImage, mega: true });
  t.equal(bench.boot(), 0);
  t.ok(bench.ms < mega.bootMs, `ready after ${bench.ms.toFixed(0)} ms`);
  bench.open();
  const blank = bench.expect('blank').message;
  t.equal(blank.body.chip, 'ATmega2560');
  t.same(blank.body.fwd, firmwareOf(megaImage, mega), 'digest over 64 KB with the claim page as erased');
  t.ok(bench.signed(provisionBench(bench, ticket.claim).identity));
  const { caps } = bench.session().body;
  t.match(caps, { chans: 8, encs: 15, relays: 1 });
  t.ok(caps.signMs < 600, `${caps.signMs} ms a signature`);

  const levels = [0.5, 2.25, 4];
  levels.forEach((volts, k) => void bench.board.analog(`A${[0, 3, 7][k]}`, () => volts));
  const ask = { count: 24_000, period: 83, div: 3, chans: [0, 3, 7], enc: 2, win: 32, sign: 0 };
  bench.command(1, { ...ask, chal: bytes(16), lock: stopLock(bytes(16)) });
  t.equal(bench.ack().code, 0);
  const seal = bench.expect('seal', 4000).message;
  t.match(seal.body, { ns: 24_000, lost: 0, end: 0 }, '3 x 8 kS/s');
  t.ok(bench.signed(seal));
  let at = 0;
  let wrong = 0;
  for (const { message } of bench.all('data'))
    for (const value of unpackSamples(2, message.samples))
      if (value !== Math.floor((levels[at++ % 3]! / 5) * 1024 + 0.5)) wrong++;
  t.equal(wrong, 0, 'every sample on its channel');

  const part = new Adxl345(bench.board, {
    acceleration: (s) => [Math.sin(1000 * s), 0, 1],
    int1: '48',
    rateError: -0.03,
    record: true,
    strict: true,
  });
  bench.board.attach('spi', part, { cs: '53' });
  const fifo = { count: 19_200, period: 3_200_000, div: 0, chans: [8, 9, 10], enc: 4, win: 32, sign: 0 };
  bench.forget();
  bench.command(1, { ...fifo, chal: bytes(16), lock: stopLock(bytes(16)) });
  t.equal(bench.ack(4000).code, 0);
  const last = bench.expect('seal', 6000).message;
  t.match(last.body, { ns: 19_200, lost: 0, end: 0 });
  t.ok(bench.signed(last));
  t.match((bench.all('begin')[0]!.message as Begin).clock, { kind: 1, odrMhz: 3_200_000 });
  at = 0;
  for (const { message } of bench.all('data')) {
    const samples = unpackSamples(4, message.samples);
    for (let i = 0; i < samples.length; i++, at++)
      if (samples[i] !== part.produced[Math.floor(at / 3)]![at % 3]) wrong++;
  }
  t.equal(wrong, 0, 'one for one');
  t.equal(at, 19_200);
  bench.command(2, { relay: 0, on: true, holdMs: 5000 });
  t.equal(bench.ack().code, 0);
  t.equal(bench.board.pin('7').read(), 1);
  bench.board.reset('external');
  t.equal(bench.boot(), 1);
  t.not(bench.board.pin('7').read(), 1, 'safe after a reset');
  bench.session();
  bench.command(4, {});
  t.ok(bench.ack().result[1]! >= 150, 'free stack');
  t.same(bench.refused, []);
});

t.test('starts from random registers with interrupts on', async (t) => {
  for (const hex of [undefined, megaImage]) {
    for (let seed = 1; seed <= 6; seed++) {
      const bench = new Bench({ hex, mega: hex !== undefined, poison: seed, seed });
      bench.boot();
      bench.open();
      t.ok(bench.wait('bare'), `seed ${seed}`);
      t.equal(bench.board.stats.resets, 0);
    }
  }
});
