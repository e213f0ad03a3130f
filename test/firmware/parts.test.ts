/**
 * An MPU-6050 on the two-wire bus and a LIS3DH on SPI, read by the firmware of the emulated Uno and Mega: every sample the part produced
 * arrives, or is reported lost; the clock is the part's; what goes wrong ends in a signed record.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { measuredRate } from '../../host/capture/scaling.js';
import { pulsesOf } from '../../host/capture/tacho.js';
import { verifyCapture } from '../../host/capture/verify.js';
import { Lis3dh, type Lis3dhOptions, Mpu6050, type Mpu6050Options, Tacho } from '../../host/emulate/index.js';
import { type Begin, type Seal, stopLock, unpackSamples } from '../../protocol/index.js';
import { type Bench, blankBench, burnt, bytes, facts, knownBench, mega, megaImage, provisionBench } from './bench.js';

const imageOf = (name: string) => readFileSync(new URL(`../../firmware/images/${name}.hex`, import.meta.url), 'utf8');
const turn = 2 * Math.PI;
const exactClock = { hz: 2_000_000, ratio: 1, uncertainty: 1e-6, pings: 50 };

/** Captures of one part, compared with what it produced. */
function reader(bench: Bench, part: Mpu6050 | Lis3dh, first: number, enc: number) {
  const ask = (rateHz: number, seconds: number, more: object = {}) => {
    const count = Math.floor((rateHz * 3 * seconds) / 12) * 12;
    const chans = [first, first + 1, first + 2];
    const args = { count, period: rateHz * 1000, div: 0, chans, enc, win: 32, sign: 0 };
    bench.command(1, { ...args, chal: bytes(16), lock: stopLock(bytes(16)), ...more });
    return bench.ack(4000).code;
  };
  const finish = (seconds: number) => {
    const { message: seal, body } = bench.expect('seal', 1000 * seconds + 5000);
    const begin = bench.all('begin').at(-1)!;
    const data = bench.all('data').filter(({ message }) => message.rec === seal.body.rec);
    const marks = bench.all('mark').filter(({ message }) => message.rec === seal.body.rec);
    return { seal: seal as Seal, sealBody: body, begin, data, marks };
  };
  const compare = ({ data }: ReturnType<typeof finish>, from: number) => {
    let at = from;
    let wrong = 0;
    for (const { message } of data) {
      at += message.gap / 3;
      const samples = unpackSamples(message.enc, message.samples);
      for (let i = 0; i < samples.length; i += 3, at++)
        for (let k = 0; k < 3; k++) if (samples[i + k] !== part.produced[at]?.[k]) wrong++;
    }
    return { accounted: at - from, wrong };
  };
  const rate = (run: ReturnType<typeof finish>) => {
    const items = {
      begin: run.begin.body,
      data: run.data.map(({ body }) => body),
      marks: run.marks.map(({ message }) => message.d),
      seal: run.sealBody,
    };
    const proof = verifyCapture(items, { key: bench.pinned! });
    if (!proof.ok) throw new Error(proof.text);
    return measuredRate(proof, exactClock);
  };
  return { ask, finish, compare, rate };
}

const felt = (t: number) => [Math.sin(turn * 37 * t), 0.5 * Math.cos(turn * 91 * t), 1] as const;

function withMpu(bench: Bench, pin: string, options: Partial<Mpu6050Options> = {}) {
  const part = new Mpu6050(bench.board, { acceleration: felt, int: pin, noise: 400, record: true, ...options });
  bench.board.attach('twi', part, { address: 0x68 });
  return { part, ...reader(bench, part, 11, 3) };
}

function withLis(bench: Bench, pin: string, cs: string, options: Partial<Lis3dhOptions> = {}) {
  const part = new Lis3dh(bench.board, { acceleration: felt, int1: pin, noise: 220, record: true, ...options });
  bench.board.attach('spi', part, { cs });
  return { part, ...reader(bench, part, 16, 4) };
}

t.test('MPU-6050 on the Uno: one for one at the part’s own rate; gone, silent, the bus held down', async (t) => {
  const bench = knownBench({ hex: burnt(imageOf('kz-uno-i2c'), 2) });
  const { part, ask, finish, compare, rate } = withMpu(bench, '8', { rateError: 0.027 });
  t.equal(ask(500, 1), 4, 'a rate the part has not');
  t.equal(ask(1000, 1, { enc: 4 }), 3, 'ten bits');
  t.equal(ask(1000, 1, { chans: [11, 13, 12] }), 1);
  t.equal(ask(1000, 2.4), 0);
  const slept = bench.board.stats.sleptCycles;
  const from = bench.board.cycle;
  bench.run(2000);
  const cpu = 1 - (bench.board.stats.sleptCycles - slept) / (bench.board.cycle - from);
  t.ok(cpu < 0.4, `CPU ${(100 * cpu).toFixed(1)} %`);
  const run = finish(3);
  t.match(run.seal.body, { ns: 7200, lost: 0, end: 0 });
  t.ok(bench.signed(run.seal));
  t.same([...(run.begin.message as Begin).cfg], [3, 0x68, 7, 0, 0x18]);
  t.match(compare(run, 0), { accounted: 2400, wrong: 0 });
  const ppm = 1e6 * (rate(run).fsHz / 1027 - 1);
  t.ok(Math.abs(ppm) < 20, `rate error ${ppm.toFixed(2)} ppm after 2.4 s`);
  t.equal(part.stats.overwritten, 0);

  part.faults.unplugged = true;
  t.equal(ask(1000, 1), 5, 'absent');
  part.faults.unplugged = false;
  t.equal(ask(1000, 0.052), 0);
  const short = finish(1);
  t.match(compare(short, part.emptiedAt), { accounted: 52, wrong: 0 }, 'a last frame of 12 entries');
  t.equal(short.data.at(-1)!.message.level, 8);

  const before = bench.all('data').length;
  t.equal(ask(1000, 0.052), 0);
  while (bench.all('data').length < before + 2) bench.run(1);
  part.faults.unplugged = true;
  const cut = finish(1);
  t.match(cut.seal.body, { end: 3, ns: 120 }, 'unplugged before the last frame, which is shorter: none is made up');
  part.faults.unplugged = false;

  t.equal(ask(1000, 20), 0);
  bench.run(500);
  part.faults.unplugged = true;
  const gone = finish(2);
  t.match(gone.seal.body, { end: 3 }, 'unplugged: sensor fault');
  t.ok(bench.signed(gone.seal) && gone.seal.body.ns > 900);
  t.equal(compare(gone, part.emptiedAt).wrong, 0, 'what is sealed came from the part');
  part.faults.unplugged = false;

  t.equal(ask(1000, 20), 0);
  bench.run(300);
  part.faults.stuck = true;
  t.match(finish(3).seal.body, { end: 3 }, 'silent');
  part.faults.stuck = false;

  t.equal(ask(1000, 20), 0);
  bench.run(300);
  const [sda, scl, twi] = [bench.board.pin('A4'), bench.board.pin('A5'), bench.board.chip.twi];
  twi.stuck = true;
  t.match(finish(3).seal.body, { end: 3 }, 'the bus stands');
  t.equal(ask(1000, 1), 5, 'and stands');
  sda.drive(0);
  let clocks = 0;
  const stop = scl.watch((level) => {
    if (level !== 0 || ++clocks < 7) return;
    sda.drive('z');
    twi.stuck = false;
  });
  t.equal(ask(1000, 1), 0, 'clocked free');
  stop();
  t.equal(clocks, 7, 'no clock more than it takes');
  t.equal(finish(2).seal.body.end, 0);

  // a pong is short enough to be sent whole while a FIFO is drained: wherever it falls, the capture must come to its seal
  const pongs = bench.all('pong').length;
  for (let k = 0; k < 10; k++) {
    t.equal(ask(1000, 0.4), 0);
    for (let p = 0; p < 6; p++) {
      bench.run(51 + 0.83 * k);
      bench.send({ type: 'ping', n: 10 * k + p });
    }
    t.match(finish(1).seal.body, { end: 0, ns: 1200, lost: 0 }, `pings from ${k}`);
  }
  t.ok(bench.all('pong').length - pongs >= 50, 'the pings were answered');

  bench.command(4, {});
  const free = bench.ack().result[1]!;
  t.ok(free >= 150, `lowest free stack ${free} B`);
});

t.test('LIS3DH on the Uno: one for one, whichever way the watermark counts; gone, silent', async (t) => {
  const bench = knownBench({ hex: burnt(imageOf('kz-uno-lis'), 2) });
  const { part, ask, finish, compare, rate } = withLis(bench, '8', '10', { rateError: -0.043 });
  for (const watermark of ['exceeds', 'reaches'] as const) {
    part.watermark = watermark;
    const first = part.produced.length;
    t.equal(ask(1344, 2.5), 0);
    const run = finish(3);
    t.match(run.seal.body, { ns: 10_080, lost: 0, end: 0 });
    t.ok(bench.signed(run.seal));
    t.match(compare(run, first), { accounted: 3360, wrong: 0 });
    t.equal(run.data.at(-1)!.message.level, watermark === 'exceeds' ? 1 : 0);
    const ppm = 1e6 * (rate(run).fsHz / (1344 * (1 - 0.043)) - 1);
    t.ok(Math.abs(ppm) < 20, `rate error ${ppm.toFixed(2)} ppm after 2.5 s`);
  }
  t.match({ ...part.stats }, { overwritten: 0, misuse: 0 });
  t.equal(ask(3200, 1), 4);
  t.equal(ask(1344, 1, { enc: 3 }), 3);
  part.faults.unplugged = true;
  t.equal(ask(1344, 1), 5);
  part.faults.unplugged = false;
  part.faults.id = 0x32;
  t.equal(ask(1344, 1), 5, 'another part');
  part.faults.id = 0x33;
  let first = part.produced.length;
  t.equal(ask(400, 0.3), 0);
  t.match(compare(finish(1), first), { accounted: 120, wrong: 0 });
  first = part.produced.length;
  t.equal(ask(1344, 20), 0);
  bench.run(400);
  part.faults.unplugged = true;
  const gone = finish(2);
  t.equal(gone.seal.body.end, 3);
  t.equal(compare(gone, first).wrong, 0);
  part.faults.unplugged = false;
  first = part.produced.length;
  t.equal(ask(1344, 20), 0);
  bench.run(400);
  part.faults.stuck = true;
  t.equal(finish(3).seal.body.end, 3);
});

t.test('the Mega reads each of them', async (t) => {
  const { bench, ticket } = blankBench({ hex: megaImage, mega: true });
  bench.boot();
  t.ok(bench.signed(provisionBench(bench, ticket.claim).identity));
  t.equal(bench.session().body.caps.encs, 15);
  t.equal(mega.parts.length + 1, 3);
  t.equal(facts.parts.length, 2);
  const lis = withLis(bench, '48', '53', { watermark: 'exceeds' });
  t.equal(lis.ask(1344, 0.5), 0);
  t.match(lis.compare(lis.finish(1), 0), { accounted: 672, wrong: 0 });
  const mpu = withMpu(bench, '48', { rateError: -0.03 });
  t.equal(mpu.ask(1000, 0.5), 0);
  t.match(mpu.compare(mpu.finish(1), 0), { accounted: 500, wrong: 0 });
});

t.test('a tacho in 16 bits, and where no image has one', async (t) => {
  const bench = knownBench({ hex: burnt(imageOf('kz-uno-spi'), 2) });
  const tacho = new Tacho(bench.board, { pin: '8', turns: (s) => 43.21 * s });
  const ask = (enc: number, chans: number[]) => {
    const args = { count: 2000 * chans.length, period: 496, div: chans.length, chans, enc, win: 32, sign: 0 };
    bench.command(1, { ...args, chal: bytes(16), lock: stopLock(bytes(16)) });
    return bench.ack(4000).code;
  };
  for (const enc of [1, 2]) {
    t.equal(ask(enc, [0, 15, 1]), 0);
    const { message: seal, body } = bench.expect('seal', 8000);
    const mine = <T extends { message: { rec: number } }>(all: T[]) =>
      all.filter(({ message }) => message.rec === seal.body.rec);
    const items = {
      begin: bench.all('begin').at(-1)!.body,
      data: mine(bench.all('data')).map(({ body }) => body),
      marks: mine(bench.all('mark')).map(({ message }) => message.d),
      seal: body,
    };
    const proof = verifyCapture(items, { key: bench.pinned! });
    if (!proof.ok) return t.fail(proof.text);
    const { atS, unresolved, resolutionS } = pulsesOf(proof, 1, 1, 0.5e-6)!;
    t.equal(resolutionS, enc === 1 ? 2e-6 : 16e-6);
    const last = atS.length - 1;
    t.equal(unresolved, 0);
    t.ok(last >= 63, `${last} turns in 1.5 s`);
    const ppm = 1e6 * (last / (atS[last]! - atS[0]!) / 43.21 - 1);
    t.ok(Math.abs(ppm) < 15, `${ppm.toFixed(2)} ppm`);
  }
  t.ok(tacho.edges.length > 126);
  t.equal(ask(2, [0, 14]), 1, 'no channel');
});
