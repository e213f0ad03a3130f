/**
 * How good the samples are that the firmware images deliver, in emulation where the truth is known: effective bits, channels, losses, rates.
 *
 *   node --import tsx bench/sampling.ts [--json]
 *
 * The converter is ideal (10 bits, no noise), so that only the trigger, the order of channels and the way to the host count.
 */
import { readFileSync } from 'node:fs';
import { Adxl345, Lis3dh, Mpu6050 } from '../host/emulate/index.js';
import { fifoOf, loadBoard, loadSensor } from '../host/link/index.js';
import { type Begin, stopLock, unpackSamples } from '../protocol/index.js';
import { site } from '../test/capture/site.js';
import { adxl345Bench } from '../test/firmware/adxl345-bench.js';
import { type Bench, burnt, bytes, facts, hz, image, knownBench } from '../test/firmware/bench.js';
import { effectiveBits } from './effective-bits.js';
import { type BenchRow, report } from './table.js';

const turn = 2 * Math.PI;
const { min, fineMax, max, coarseStep } = facts.adc.periodTicks;
/** Board cycles a tick of the time base. */
const tick = facts.fCpu / facts.timebase.hz;

interface Sampled {
  begin: Begin;
  seal: { ns: number; lost: number; end: number };
  signed: boolean;
  /** Samples with the number of the conversion that the frame states for them. */
  samples: { value: number; conversion: number }[];
  gaps: number;
}

function sample(bench: Bench, period: number, chans: number[], count: number, meanwhile?: () => void): Sampled {
  bench.forget();
  const args = { count, period, div: chans.length, chans, enc: 2, win: 32, sign: 0 };
  bench.command(1, { ...args, chal: bytes(16), lock: stopLock(bytes(16)) });
  const { code } = bench.ack(4000);
  if (code !== 0) throw new Error(`ack ${code} for a period of ${period}`);
  meanwhile?.();
  const { message: seal } = bench.expect('seal', (count * period) / 2000 + 6000);
  const begin = bench.all('begin').at(-1)!.message as Begin;
  const samples: Sampled['samples'] = [];
  let gaps = 0;
  for (const { message } of bench.all('data')) {
    gaps += message.gap;
    const first = message.dt / period;
    for (const [j, value] of unpackSamples(2, message.samples).entries())
      samples.push({ value, conversion: first + j });
  }
  return { begin, seal: seal.body, signed: bench.signed(seal), samples, gaps };
}

const code = (volts: number) => Math.max(0, Math.min(1023, Math.floor((volts / 5) * 1024 + 0.5)));

/** Firmware and an ideal converter that samples at exact instants, of the same sine. */
function bitRows(): BenchRow[] {
  const bench = knownBench();
  return [157.3, 1234.7, 3501.7].map((toneHz) => {
    bench.board.analog('A0', (cycle) => 2.5 + 2.49 * Math.sin((turn * toneHz * cycle) / hz));
    const { samples } = sample(bench, 250, [0], 8000);
    const bits = effectiveBits(
      Float64Array.from(samples, ({ value }) => value),
      8000,
      toneHz,
    );
    const exact = Float64Array.from({ length: 8000 }, (_, k) =>
      code(2.5 + 2.49 * Math.sin((turn * toneHz * k) / 8000 + 0.3)),
    );
    const ideal = effectiveBits(exact, 8000, toneHz);
    return {
      row: `effective bits at ${toneHz} Hz, 8 kS/s`,
      value: bits,
      unit: 'bit',
      reference: `exact instants ${ideal.toFixed(3)}`,
      goal: 'within 0.1',
      holds: bits >= ideal - 0.1,
    };
  });
}

/** Every period the board allows, three channels with a level each, the line into the board full of what means nothing. */
function labelRows(): BenchRow[] {
  const bench = knownBench();
  const levels = [0.7, 2.3, 4.1];
  levels.forEach((volts, k) => void bench.board.analog(`A${k}`, () => volts));
  const periods: number[] = [];
  for (let period = min; period <= fineMax; period++) periods.push(period);
  for (let period = fineMax + coarseStep; period <= max; period += coarseStep) periods.push(period);
  let [wrong, lost, unsigned, samples] = [0, 0, 0, 0];
  const noise = Uint8Array.from({ length: 120 }, (_, i) => 1 + ((i * 37) % 255));
  for (const period of periods) {
    const got = sample(bench, period, [0, 1, 2], 720, () => {
      for (let k = 0; k < 4; k++) {
        bench.board.uart.receive(noise);
        bench.run(4);
      }
      bench.board.uart.receive(Uint8Array.of(0)); // ends what looked like a frame
    });
    lost += got.seal.lost;
    samples += got.samples.length;
    if (!got.signed) unsigned++;
    got.samples.forEach(({ value }, i) => {
      if (value !== code(levels[i % 3])) wrong++;
    });
  }
  const row = `${periods.length} periods, ${min} to ${max} ticks, 3 channels, noise on the line`;
  const zero = (what: string, value: number, unit: string, reference = ''): BenchRow => {
    return { row: `${row}: ${what}`, value, unit, reference, goal: '0', holds: value === 0 };
  };
  return [
    zero('samples under a wrong channel', wrong, 'samples', `of ${samples}`),
    zero('lost', lost, 'samples', `of ${samples}`),
    zero('seals without a true signature', unsigned, 'captures', `of ${periods.length}`),
  ];
}

/** Three channels at the highest rate; the same on a line that cannot carry it: every sample stands at the conversion its frame states. */
function lossRows(): BenchRow[] {
  const ramp = (cycle: number) => 2.5 + 2.4 * Math.sin(cycle / 90_000);
  const rows: BenchRow[] = [];
  for (const [baud, index] of [
    [500_000, 2],
    [115_200, 0],
  ] as const) {
    const bench = knownBench({ hex: burnt(image, index), baud });
    // the converter asks at the instants of its triggers; the first conversion is thrown away by the firmware
    const asked: number[] = [];
    for (const k of [0, 1, 2])
      bench.board.analog(`A${k}`, (cycle) => {
        if (asked.length < 2) asked.push(cycle);
        return ramp(cycle);
      });
    const got = sample(bench, min, [0, 1, 2], 144_000);
    let misplaced = 0;
    for (const { value, conversion } of got.samples)
      if (value !== code(ramp(asked[1] + conversion * min * tick))) misplaced++;
    const row = `3 channels, ${(2e6 / min).toFixed(0)} S/s in all, ${baud} baud`;
    if (baud === 500_000)
      rows.push({
        row: `${row}: lost in 6 s`,
        value: got.seal.lost,
        unit: 'samples',
        reference: `of ${got.seal.ns}`,
        goal: '0, sealed',
        holds: got.seal.lost === 0 && got.seal.ns === 144_000 && got.signed,
      });
    else
      rows.push({
        row: `${row}: lost in the seal against gaps`,
        value: got.seal.lost - got.gaps,
        unit: 'samples',
        reference: `${got.seal.lost} lost, end ${got.seal.end}`,
        goal: '0, and signed',
        holds: got.seal.lost > 0 && got.seal.lost === got.gaps && got.signed,
      });
    rows.push({
      row: `${row}: samples that are not the input at their stated conversion`,
      value: misplaced,
      unit: 'samples',
      reference: `of ${got.samples.length}`,
      goal: '0',
      holds: misplaced === 0,
    });
  }
  const overload = adxl345Bench({ line: 115_200, rateError: 0.5 });
  overload.ask(3200, 30, 4);
  const run = overload.finish(8);
  const { accounted, wrong } = overload.compare(run, 0);
  const gaps = run.data.reduce((sum, { message }) => sum + message.gap, 0);
  rows.push({
    row: 'ADXL345 at 4,800 Hz on 115,200 baud: received and reported against produced',
    value: 3 * accounted - run.seal.body.ns - gaps + wrong,
    unit: 'samples',
    reference: `${run.seal.body.ns} received, ${gaps} reported`,
    goal: '0, and signed',
    holds: gaps > 0 && wrong === 0 && 3 * accounted === run.seal.body.ns + gaps && overload.bench.signed(run.seal),
  });
  return rows;
}

/** Clocks that are off as resonators and sensors are: what the host makes of it after 20 s of comparing. */
async function rateRows(): Promise<BenchRow[]> {
  const uno = loadBoard('arduino:avr:uno');
  const rows: BenchRow[] = [];
  const row = (what: string, ppm: number, stated: number): void => {
    rows.push({
      row: what,
      value: ppm,
      unit: 'ppm',
      reference: `states ${(1e6 * stated).toFixed(1)} ppm`,
      goal: '<= 50',
      holds: Math.abs(ppm) <= 50,
    });
  };
  for (const clockError of [-0.005, 0.005]) {
    const at = await site(uno, 'kz-uno', { clockError });
    at.board.analog('A0', () => 2.5);
    const { fsHz, fsUncertainty } = await at.capture([{ id: 'v', pin: 'A0' }], 8000, 4);
    row(`rate, board ${100 * clockError} % off`, 1e6 * (fsHz / (8000 * (1 + clockError)) - 1), fsUncertainty);
    await at.close();
  }
  const acceleration = () => [0, 0, 1] as const;
  for (const [sensor, rateError] of [
    ['adxl345', 0.03],
    ['adxl345', -0.03],
    ['mpu6050', 0.03],
    ['lis3dh', -0.045],
  ] as const) {
    const fifo = fifoOf(uno, sensor);
    if (!fifo) continue;
    const rateHz = Math.max(...(loadSensor(sensor).odrHz ?? []));
    const at = await site(uno, fifo.image, {
      clockError: 0.005,
      wire: (board) => {
        const options = { acceleration, rateError, int1: fifo.int1 };
        if (sensor === 'mpu6050')
          board.attach('twi', new Mpu6050(board, { ...options, int: fifo.int1 }), { address: 0x68 });
        else {
          const part = sensor === 'lis3dh' ? new Lis3dh(board, options) : new Adxl345(board, options);
          board.attach('spi', part, { cs: fifo.cs ?? '' });
        }
      },
    });
    const channels = ['x', 'y', 'z'].map((pin) => ({ id: `a${pin}`, pin, sensor }));
    const { fsHz, fsUncertainty } = await at.capture(channels, rateHz, 4);
    const what = `rate, board 0.5 % off, ${loadSensor(sensor).name} ${100 * rateError} % off`;
    row(what, 1e6 * (fsHz / (rateHz * (1 + rateError)) - 1), fsUncertainty);
    await at.close();
  }
  return rows;
}

/** A minute of each part at its highest rate: what the seal says, and whether that many samples were produced meanwhile. */
async function minuteRows(): Promise<BenchRow[]> {
  const uno = loadBoard('arduino:avr:uno');
  const rows: BenchRow[] = [];
  for (const sensor of ['adxl345', 'mpu6050', 'lis3dh']) {
    const fifo = fifoOf(uno, sensor);
    if (!fifo) continue;
    let part: Adxl345 | Mpu6050 | Lis3dh | undefined;
    const at = await site(uno, fifo.image, {
      clockError: -0.005,
      settleS: 2,
      wire: (board) => {
        const options = { acceleration: () => [0, 0, 1] as const, int1: fifo.int1, int: fifo.int1, rateError: 0.03 };
        if (sensor === 'mpu6050') board.attach('twi', (part = new Mpu6050(board, options)), { address: 0x68 });
        else {
          part = sensor === 'lis3dh' ? new Lis3dh(board, options) : new Adxl345(board, options);
          board.attach('spi', part, { cs: fifo.cs ?? '' });
        }
      },
    });
    const rateHz = Math.max(...(loadSensor(sensor).odrHz ?? []));
    const channels = ['x', 'y', 'z'].map((pin) => ({ id: `a${pin}`, pin, sensor }));
    const { evidence, spans } = await at.capture(channels, rateHz, 60);
    const got = spans.reduce((sum, [from, to]) => sum + to - from, 0);
    rows.push({
      row: `${loadSensor(sensor).name}, 3 x ${rateHz} Hz, 60 s, 500000 baud: lost`,
      value: (evidence?.lost ?? Number.NaN) + 3 * (60 * rateHz - got) + (part?.stats.overwritten ?? Number.NaN),
      unit: 'samples',
      reference: `of ${3 * got}`,
      goal: '0, sealed',
      holds: evidence?.lost === 0 && got === 60 * rateHz && part?.stats.overwritten === 0,
    });
    await at.close();
  }
  return rows;
}

/** Captures of each part under the emulator's strict rules, which end the run where silicon would not forgive. */
function strictRows(): BenchRow[] {
  const acceleration = () => [0, 0, 1] as const;
  return (['adxl345', 'mpu6050', 'lis3dh'] as const).map((sensor) => {
    const fifo = fifoOf(facts, sensor);
    if (!fifo) throw new Error(`no image reads a ${sensor}`);
    const hex = readFileSync(new URL(`../firmware/images/${fifo.image}.hex`, import.meta.url), 'utf8');
    const bench = knownBench({ hex: burnt(hex, 2), strict: {} });
    const int1 = fifo.int1;
    if (sensor === 'mpu6050')
      bench.board.attach('twi', new Mpu6050(bench.board, { acceleration, int: int1 }), { address: 0x68 });
    else if (sensor === 'lis3dh')
      bench.board.attach('spi', new Lis3dh(bench.board, { acceleration, int1 }), { cs: '10' });
    else bench.board.attach('spi', new Adxl345(bench.board, { acceleration, int1, strict: true }), { cs: '10' });
    const period = 1000 * Math.max(...(loadSensor(sensor).odrHz ?? []));
    const enc = sensor === 'mpu6050' ? 3 : 4;
    const args = { count: 600, period, div: 0, chans: fifo.channels, enc, win: 32, sign: 0 };
    bench.command(1, { ...args, chal: bytes(16), lock: stopLock(bytes(16)) });
    bench.ack(4000);
    const { message: seal } = bench.expect('seal', 8000);
    return {
      row: `${loadSensor(sensor).name} under strict rules: samples sealed`,
      value: seal.body.ns,
      unit: 'samples',
      reference: 'registers, stack, buses as silicon wants them',
      goal: '600, nothing broken',
      holds: seal.body.ns === 600 && seal.body.lost === 0 && bench.signed(seal),
    };
  });
}

export async function samplingRows(): Promise<BenchRow[]> {
  return [...bitRows(), ...lossRows(), ...(await rateRows()), ...(await minuteRows()), ...strictRows(), ...labelRows()];
}

if (process.argv[1]?.endsWith('sampling.ts')) report('sampling', await samplingRows());
