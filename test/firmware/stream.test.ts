/**
 * Captures of the firmware image in an emulated Uno: every sample against the voltage at its sampling instant, every digest and signature,
 * the timing equation, losses that add up, ends of all kinds.
 */
import t, { type Test } from 'tap';
import { patchImage } from '../../host/flash/index.js';
import {
  beginDigest,
  chainDigest,
  nextPrev,
  sampleCount,
  stopLock,
  unpackSamples,
  windowDigest,
} from '../../protocol/index.js';
import { type Bench, bytes, facts, hz, image, knownBench } from './bench.js';

const lockKey = bytes(16, 0xe0);
const chal = bytes(16, 0x20);

interface Asked {
  count: number;
  period: number;
  chans: number[];
  enc?: number;
  win?: number;
}

function ask(bench: Bench, { count, period, chans, enc = 2, win = 32 }: Asked): number {
  bench.command(1, { count, period, div: chans.length, chans, enc, win, sign: 0, chal, lock: stopLock(lockKey) });
  const ack = bench.ack();
  if (ack.code !== 0) throw new Error(`capture refused: ${ack.code}`);
  return ack.result[0];
}

/** Everything a host must check of a capture on a perfect line, and the samples. */
function take(t: Test, bench: Bench, rec: number, ms: number) {
  const begin = bench.expect('begin', 500);
  const seal = bench.expect('seal', ms + 3000);
  const of = <T extends { message: { rec: number } }>(all: T[]) => all.filter(({ message }) => message.rec === rec);
  const data = of(bench.all('data'));
  const marks = of(bench.all('mark'));
  const { body } = seal.message;
  const { win, clock, chans, enc } = begin.message;
  t.ok(bench.signed(seal.message), 'seal signed');
  t.same(body.chal, chal);
  t.equal(body.nf, data.length);
  t.same(body.bd, beginDigest(begin.body), 'bd');
  const windows: Uint8Array[] = [];
  for (let from = 0; from < data.length; from += win)
    windows.push(windowDigest(data.slice(from, from + win).map((d) => d.body)));
  t.same(
    marks.map(({ message }) => message.d),
    windows,
    `${windows.length} marks`,
  );
  t.same(body.cd, chainDigest(body.bd, windows), 'cd');
  if (clock.kind !== 0) throw new Error('not a timer clock');
  let ns = 0;
  let lost = 0;
  let expected = 0;
  const samples: number[] = [];
  const places: number[] = [];
  for (const [i, { message }] of data.entries()) {
    if (message.i !== i) t.fail(`frame ${message.i} in place ${i}`);
    expected += message.gap * clock.period;
    if (message.dt !== expected) t.fail(`frame ${i}: dt ${message.dt}, the equation says ${expected}`);
    const n = sampleCount(enc, message.samples);
    const place = message.dt / clock.period;
    for (const [k, sample] of unpackSamples(enc, message.samples).entries()) {
      samples.push(sample);
      places.push(place + k);
    }
    expected += n * clock.period;
    ns += n;
    lost += message.gap;
  }
  t.equal(body.ns, ns, 'ns');
  t.equal(body.lost, lost, 'lost is the sum of the gaps');
  t.ok(body.t1 >= begin.message.t0 + expected, 't1 is not before the end');
  return { begin, seal, data, marks, samples, places, chans, clock };
}

/** Puts a function of the cycle on each pin and notes when it was asked. */
function inputs(bench: Bench, chans: number[], volts: (channel: number, cycle: number) => number): [number, number][] {
  const asked: [number, number][] = [];
  for (const channel of chans) {
    bench.board.analog(`A${channel}`, (cycle) => {
      asked.push([channel, cycle]);
      return volts(channel, cycle);
    });
  }
  return asked;
}

/** The image with a burnt claim page that asks for 115,200 baud. */
const burnt = new Uint8Array(facts.memory.page);
burnt.set([0x4b, 0x5a, 0x43, 0x4c, 1, 0, 1, 0]);
const slow = patchImage(image, facts, burnt);

// ideal converter: the first step lies at half a count (datasheet, ADC accuracy definitions)
const counts = (volts: number) => Math.max(0, Math.min(1023, Math.floor((volts * 1024) / 5 + 0.5)));

t.test('every sample is the voltage at its instant, on its channel, at exactly the stated rate', async (t) => {
  const bench = knownBench();
  // one level a channel: a sample on the wrong channel is off by 100 counts or more
  const level = (channel: number, cycle: number) => 0.4 + 0.75 * channel + 0.2 * Math.sin(cycle / 9000);
  const asked = inputs(bench, [0, 1, 2, 3, 4, 5], level);
  const offsets = new Set<number>();
  for (const [period, chans, enc, count] of [
    [250, [0], 2, 2400],
    [125, [0, 1], 2, 4800],
    [166, [0, 1, 2], 2, 4800],
    [83, [0, 1, 2], 2, 9600],
    [83, [5], 2, 9600],
    [117, [3, 1, 5, 2], 2, 4800],
    [496, [2], 1, 960],
    [250, [4, 0], 1, 1920],
    [1000, [0, 1, 2, 3, 4, 5], 2, 480],
    [2048, [1], 2, 248],
  ] as [number, number[], number, number][]) {
    asked.length = 0;
    const rec = ask(bench, { count, period, chans, enc, win: 8 });
    const name = `${chans.length} channel(s), period ${period}, encoding ${enc}`;
    await t.test(name, async (t) => {
      const got = take(t, bench, rec, (count * period) / 2000);
      t.equal(got.samples.length, count, 'as many as asked');
      t.equal(got.seal.message.body.lost, 0, 'none lost');
      // the instants of the conversions of this capture: all on a grid of `period` ticks of 8 cycles from the first
      const own = asked.slice(
        -(asked.length - asked.findIndex((_, i) => asked[i + 1]?.[1] - asked[i][1] === period * 8)),
      );
      const first = own[0][1];
      let off = 0;
      for (let k = 0; k < count; k++) {
        const [channel, cycle] = own[k];
        if (cycle !== first + k * period * 8) t.fail(`conversion ${k} at ${cycle - first}`);
        if (channel !== chans[k % chans.length]) t.fail(`conversion ${k} of channel ${channel}`);
        off = Math.max(off, Math.abs(got.samples[k] - counts(level(channel, cycle))));
      }
      t.equal(off, 0, 'all samples exact');
      // t0 names the trigger: the sample is taken two converter clocks later (datasheet, table 24-1), prescaler / 4 ticks
      const cfg = got.begin.message.cfg;
      offsets.add(first / 8 - got.begin.message.t0 - cfg[2] / 4);
    });
  }
  t.equal(
    offsets.size,
    1,
    't0 lies at a constant distance from the first sample, to a quarter of a tick, at every period',
  );
  t.same(bench.refused, []);
  t.equal(bench.board.stats.missedTriggers, 0);
});

t.test('24,000 samples a second, sealed, for ten seconds, with pings: nothing is lost', async (t) => {
  for (const chans of [[0], [0, 1, 2]]) {
    const bench = knownBench();
    inputs(bench, chans, (channel, cycle) => 1 + channel + 0.5 * Math.sin(cycle / 5000));
    const slept = bench.board.stats.sleptCycles;
    const from = bench.board.cycle;
    const count = 240_960;
    const rec = ask(bench, { count, period: 83, chans });
    // often, and each at another place in a frame: the receiver's interrupt must never keep a conversion waiting
    for (let k = 0; k < 89; k++) {
      bench.send({ type: 'ping', n: k });
      bench.run(110.57);
    }
    const busy = 1 - (bench.board.stats.sleptCycles - slept) / (bench.board.cycle - from);
    const got = take(t, bench, rec, 10_000);
    t.equal(
      got.seal.message.body.lost,
      0,
      `${chans.length} channel(s): none lost, CPU ${(100 * busy).toFixed(1)} % busy`,
    );
    t.equal(got.samples.length, count);
    t.equal(bench.all('pong').length, 89, 'and every ping answered');
    t.equal(bench.board.stats.missedTriggers, 0);
  }
});

t.test('115,200 baud carries 7,400 samples a second', async (t) => {
  const bench = knownBench({ hex: slow, baud: 115_200 });
  const rec = ask(bench, { count: 14_880, period: 272, chans: [0] });
  const got = take(t, bench, rec, 2100);
  t.equal(got.seal.message.body.lost, 0);
  t.equal(got.samples.length, 14_880);
});

t.test('stop: the key ends the capture, nothing else does', async (t) => {
  const bench = knownBench();
  const rec = ask(bench, { count: 80_040, period: 250, chans: [0] });
  bench.run(200);
  bench.send({ type: 'stop', rec, key: bytes(16) });
  bench.run(100);
  bench.send({ type: 'stop', rec: rec + 1, key: lockKey });
  bench.run(100);
  bench.sendMac({ n: bench.n + 1, op: 4, args: {} });
  bench.run(100);
  bench.open();
  t.ok(bench.wait('busy', 200), 'an open is answered busy and changes nothing');
  t.equal(bench.wait('seal', 100), undefined);
  bench.send({ type: 'stop', rec, key: lockKey });
  const stopped = bench.board.cycle;
  const got = (() => {
    const seal = bench.expect('seal', 2000);
    return { seal, data: bench.all('data').filter(({ message }) => message.rec === rec) };
  })();
  t.equal(got.seal.message.body.end, 1);
  t.ok(bench.signed(got.seal.message));
  t.equal(got.seal.message.body.nf, got.data.length);
  const lastFrame = (1000 * (got.data.at(-1)!.cycle - stopped)) / hz;
  t.ok(lastFrame < 50, `last frame ${lastFrame.toFixed(1)} ms after stop`);
  const sealed = (1000 * (got.seal.cycle - got.data.at(-1)!.cycle)) / hz;
  t.ok(sealed < 800, `seal ${sealed.toFixed(0)} ms after the last frame`);
  const windows: Uint8Array[] = [];
  for (let k = 0; k < got.data.length; k += 32)
    windows.push(windowDigest(got.data.slice(k, k + 32).map((d) => d.body)));
  t.same(
    got.seal.message.body.cd,
    chainDigest(got.seal.message.body.bd, windows),
    'the window that was cut short is in the chain',
  );
  const next = ask(bench, { count: 480, period: 250, chans: [0] });
  const seal = take(t, bench, next, 60).seal;
  t.same(seal.message.body.prev, nextPrev(got.seal.message.payload));
});

t.test('overload: received and reported make produced, exactly', async (t) => {
  // 24 kS/s need 34 kB/s; a line of 115,200 baud carries 11.7: most frames find no buffer
  const bench = knownBench({ hex: slow, baud: 115_200 });
  const asked = inputs(bench, [0], (_, cycle) => ((cycle / 664) % 1000) / 250);
  const rec = ask(bench, { count: 240_000, period: 83, chans: [0] });
  const got = take(t, bench, rec, 5000);
  const { body } = got.seal.message;
  t.equal(body.end, 2, 'the board ends it: more than 1 % lost');
  t.ok(body.lost > 0, `${body.lost} of ${body.ns + body.lost} lost`);
  const first = asked.findIndex((_, i) => asked[i + 1]?.[1] - asked[i][1] === 664);
  for (const [k, place] of got.places.entries()) {
    const [, cycle] = asked[first + place];
    if (got.samples[k] !== counts(((cycle / 664) % 1000) / 250)) {
      t.fail(`sample ${k}, said to be conversion ${place}, is another`);
      break;
    }
  }
  bench.command(11, {});
  t.same(bench.ack().result.slice(2), [0, body.lost], 'diagnostics say the same; no trigger was missed');
});

t.test('clipped samples are counted', async (t) => {
  for (const enc of [1, 2]) {
    const bench = knownBench();
    inputs(bench, [0], (_, cycle) => 2.5 + 4 * Math.sin(cycle / 4000));
    const rec = ask(bench, { count: 2400, period: 250, chans: [0], enc });
    const got = take(t, bench, rec, 300);
    const clipped = got.samples.filter((s) => s === 0 || s === 1023).length;
    t.ok(clipped > 500);
    bench.command(11, {});
    t.equal(bench.ack().result[0], clipped, `${clipped} of 2400 in encoding ${enc}`);
  }
});

t.test('a command takes effect in time', async (t) => {
  const bench = knownBench();
  const asked = inputs(bench, [0], () => 1);
  const from = bench.board.cycle;
  const rec = ask(bench, { count: 480, period: 250, chans: [0] });
  const acked = (1000 * (bench.received.at(-1)!.cycle - from)) / hz;
  t.ok(acked < 200, `capture acknowledged after ${acked.toFixed(0)} ms`);
  take(t, bench, rec, 60);
  const sampling = (1000 * (asked[1][1] - from)) / hz;
  t.ok(sampling < 300, `sampling after ${sampling.toFixed(0)} ms`);
  bench.command(4, {});
  const sent = bench.board.cycle;
  bench.ack();
  t.ok((1000 * (bench.received.at(-1)!.cycle - sent)) / hz < 60, 'status answered within 60 ms');
});
