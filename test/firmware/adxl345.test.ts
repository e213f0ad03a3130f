/** The image kz-uno-spi with an ADXL345 on its bus: every sample the part produced arrives, or is reported lost; the clock is the part's. */
import t from 'tap';
import { measuredRate, scaleCapture } from '../../host/capture/scaling.js';
import { type Begin, encodeFrame, stopLock } from '../../protocol/index.js';
import { adxl345Bench, turn } from './adxl345-bench.js';
import { blankBench, bytes, facts, hz, provisionBench, spiImage } from './bench.js';

t.test('blank to provisioned', async (t) => {
  const { bench, ticket } = blankBench({ hex: spiImage });
  bench.boot();
  t.ok(bench.signed(provisionBench(bench, ticket.claim).identity));
  const { caps } = bench.session().body;
  t.match(caps, { encs: 15, flags: 0, samples: 120 });
  bench.command(4, {});
  const free = bench.ack().result[1]!;
  t.ok(free >= 150, `lowest free stack ${free} B`);
});

t.test('3,200 Hz: one for one, the tone, the rate, the wire', async (t) => {
  for (const rateError of [-0.04, 0.04]) {
    const { bench, part, ask, finish, compare, prove } = adxl345Bench({ line: 250_000, rateError });
    t.match(ask(3200, 2.5, 4), { code: 0 });
    const slept = bench.board.stats.sleptCycles;
    const from = bench.board.cycle;
    bench.run(2000);
    const cpu = 1 - (bench.board.stats.sleptCycles - slept) / (bench.board.cycle - from);
    t.ok(cpu < 0.5, `CPU ${(100 * cpu).toFixed(1)} %`);
    const run = finish(3);
    t.match(run.seal.body, { ns: 24_000, lost: 0, end: 0 });
    t.ok(bench.signed(run.seal));
    const { accounted, wrong } = compare(run, 0);
    t.equal(accounted, 8000);
    t.equal(wrong, 0, 'every sample is the one the part produced');
    t.equal(part.stats.overwritten, 0);
    const wire = [...run.data, ...run.marks].reduce((sum, { body }) => sum + encodeFrame(body).length, 0);
    t.ok(wire / 8000 <= 4.7, `${(wire / 8000).toFixed(2)} bytes on the wire a triple`);

    const proof = prove(run);
    const rate = measuredRate(proof, { hz: 2_000_000, ratio: 1, uncertainty: 1e-6, pings: 50 });
    const ppm = 1e6 * (rate.fsHz / part.rateHz - 1);
    t.ok(Math.abs(ppm) < 10, `rate error ${ppm.toFixed(2)} ppm after 2.5 s`);
    const wiring = ['x', 'y', 'z'].map((pin) => ({ id: `a${pin}`, pin, sensor: 'adxl345' }));
    const { channels } = scaleCapture(proof, wiring, facts, rate.fsHz);
    const project = (samples: Float64Array, toneHz: number) => {
      let [c, s] = [0, 0];
      samples.forEach((value, k) => {
        c += value * Math.cos((turn * toneHz * k) / rate.fsHz);
        s += value * Math.sin((turn * toneHz * k) / rate.fsHz);
      });
      return (2 * Math.hypot(c, s)) / samples.length;
    };
    t.ok(Math.abs(project(channels[0]!.samples, 157) / 9.80665 - 1) < 0.005, '157 Hz of 1 g on x');
    t.ok(Math.abs(project(channels[1]!.samples, 31) / 9.80665 - 0.5) < 0.005, '31 Hz of 0.5 g on y');
  }
});

t.test('slow and of full resolution; stop; a clamp beside it', async (t) => {
  const { bench, part, ask, finish, compare } = adxl345Bench({ rateError: 0.017 });
  t.match(ask(800, 1, 3), { code: 0 });
  const slow = finish(1.5);
  t.match(slow.seal.body, { ns: 2400, lost: 0, end: 0 });
  t.match((slow.begin.message as Begin).clock, { kind: 1, odrMhz: 800_000 });
  t.match(compare(slow, 0), { accounted: 800, wrong: 0 });
  const last = slow.data.at(-1)!.message;
  t.equal(last.level, 0, '40 watermarks of 20');

  let first = part.stats.produced;
  t.match(ask(100, 0.52, 4), { code: 0 });
  const odd = finish(1.5);
  t.match(compare(odd, first), { accounted: 52, wrong: 0 }, 'a last frame of 12 entries');
  t.equal(odd.data.at(-1)!.message.level, 8, 'eight of its watermark stay behind');

  first = part.stats.produced;
  t.match(ask(3200, 30, 4), { code: 0 });
  bench.run(700);
  bench.send({ type: 'stop', rec: bench.all('begin').at(-1)!.message.rec, key: bytes(16) });
  const stopped = finish(1);
  t.equal(stopped.seal.body.end, 1);
  t.ok(stopped.seal.body.ns > 5000 && compare(stopped, first).wrong === 0);

  bench.board.analog('A0', (cycle) => 2.5 + Math.sin((turn * 50 * cycle) / hz));
  const args = { count: 4000, period: 496, div: 1, chans: [0], enc: 2, win: 32, sign: 0 };
  bench.command(1, { ...args, chal: bytes(16), lock: stopLock(bytes(16)) });
  t.equal(bench.ack().code, 0);
  t.match(finish(3).seal.body, { ns: 4000, lost: 0, end: 0 }, 'a clamp by the converter of the same image');
});

t.test('overload by half on a slow line: received and reported make what was produced', async (t) => {
  const { bench, ask, finish, compare } = adxl345Bench({ line: 115_200, rateError: 0.5 });
  t.match(ask(3200, 30, 4), { code: 0 });
  const run = finish(8);
  t.equal(run.seal.body.end, 2, 'ended: more than 1 % lost');
  t.ok(bench.signed(run.seal));
  const { accounted, wrong } = compare(run, 0);
  t.equal(3 * accounted, run.seal.body.ns + run.data.reduce((sum, { message }) => sum + message.gap, 0));
  t.ok(run.data.some(({ message }) => message.gap > 0));
  t.equal(wrong, 0, 'samples behind each gap stand where the gap says');
});

t.test('what is not there, what spoils it, what stops', async (t) => {
  const { bench, part, ask, finish, compare } = adxl345Bench({ strict: false });
  t.equal(ask(3000, 1, 4).code, 4, 'a rate the part has not');
  t.equal(ask(3200, 1, 4, { chans: [8, 10, 9] }).code, 1);
  t.equal(ask(3200, 1, 4, { div: 3 }).code, 3);
  part.faults.unplugged = true;
  t.equal(ask(3200, 1, 4).code, 5, 'absent');
  part.faults.unplugged = false;
  part.faults.id = 0xe4;
  t.equal(ask(3200, 1, 4).code, 5, 'another part');
  part.faults.id = 0xe5;

  t.equal(ask(3200, 2, 4).code, 0);
  bench.run(500);
  part.faults.spikes = 1;
  const hit = finish(3);
  t.match(hit.seal.body, { lost: 120, end: 0 }, 'a spike on the bus costs the frame it fell into, and is sealed');
  t.equal(compare(hit, 0).wrong, 0);
  bench.command(11, {});
  t.strictSame(
    bench.ack().result,
    [0, 1, 0, 120],
    'diagnostics: nothing clipped, one glitch, no missed trigger, what was lost',
  );

  const start = part.stats.produced;
  t.equal(ask(3200, 20, 4).code, 0);
  bench.run(500);
  part.faults.unplugged = true;
  const gone = finish(3);
  t.equal(gone.seal.body.end, 3, 'unplugged: sensor fault');
  t.ok(bench.signed(gone.seal) && gone.seal.body.ns > 3000);
  t.equal(compare(gone, start).wrong, 0, 'what is sealed came from the part');
  part.faults.unplugged = false;

  t.equal(ask(3200, 0.1, 4).code, 0, 'plugged in again');
  finish(1);
  const before = part.stats.produced;
  t.equal(ask(3200, 20, 4).code, 0);
  bench.run(300);
  part.faults.stuck = true;
  const stuck = finish(4);
  t.equal(stuck.seal.body.end, 3, 'silent: sensor fault');
  t.equal(compare(stuck, before).wrong, 0);
});
