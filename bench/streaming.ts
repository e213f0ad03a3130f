/**
 * What the firmware image of an Uno carries, measured in emulation: sealed captures at several rates and line rates with the CPU they cost,
 * samples lost, bytes a sample on the wire, and how good the sampling instants are. Klipper's figures come from its own AVR image under the
 * same emulation (250,000 baud); they stand here as constants, since its source is under another licence.
 *
 *   node --import tsx bench/streaming.ts [--json]
 */
import { patchImage } from '../host/flash/index.js';
import { type Begin, encodeFrame, stopLock, unpackSamples } from '../protocol/index.js';
import { type Bench, bytes, facts, hz, image, knownBench } from '../test/firmware/bench.js';
import { effectiveBits } from './effective-bits.js';
import { type BenchRow, report } from './table.js';

/** The image with a burnt claim page that asks for a line rate, by its index. */
function imageAt(index: number): string {
  const page = new Uint8Array(facts.memory.page);
  page.set([0x4b, 0x5a, 0x43, 0x4c, 1, index, 1, 0]);
  return patchImage(image, facts, page);
}
const lines = { 115200: imageAt(0), 250000: imageAt(1), 500000: imageAt(2) };

interface Run {
  lost: number;
  cpu: number;
  bytesPerSample: number;
  samples: Int16Array;
}

/** One capture of some seconds; the CPU share is that of the time between `begin` and the last frame. */
function run(
  baud: keyof typeof lines,
  period: number,
  channels: number,
  seconds: number,
  volts?: (cycle: number) => number,
): Run {
  const bench: Bench = knownBench({ hex: lines[baud], baud });
  const chans = Array.from({ length: channels }, (_, k) => k);
  for (const channel of chans)
    bench.board.analog(`A${channel}`, volts ?? ((cycle) => 2.5 + 2 * Math.sin(cycle / 5000 + channel)));
  const unit = channels % 2 === 1 ? 4 * channels : channels === 2 ? 4 : channels;
  const count = Math.floor((seconds * 2e6) / period / unit) * unit;
  bench.command(1, {
    count,
    period,
    div: channels,
    chans,
    enc: 2,
    win: 32,
    sign: 0,
    chal: bytes(16),
    lock: stopLock(bytes(16)),
  });
  bench.ack();
  bench.expect('begin', 500);
  const slept = bench.board.stats.sleptCycles;
  const from = bench.board.cycle;
  bench.run(900 * seconds);
  const cpu = 1 - (bench.board.stats.sleptCycles - slept) / (bench.board.cycle - from);
  const { message: seal } = bench.expect('seal', 1000 * seconds + 5000);
  const begin = bench.all('begin').at(-1)!.message as Begin;
  const data = bench.all('data').filter(({ message }) => message.rec === begin.rec);
  const marks = bench.all('mark').filter(({ message }) => message.rec === begin.rec);
  let wire = 0;
  for (const { body } of [...data, ...marks]) wire += encodeFrame(body).length;
  const samples = new Int16Array(seal.body.ns);
  let at = 0;
  for (const { message } of data) {
    const part = unpackSamples(2, message.samples);
    samples.set(part, at);
    at += part.length;
  }
  return { lost: seal.body.lost, cpu, bytesPerSample: wire / seal.body.ns, samples };
}

/** Analog captures: what each rate and line costs, and the effective bits. */
export function streamingRows(): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const [baud, period, channels, goalCpu] of [
    [500_000, 250, 1, 40],
    [500_000, 125, 2, 65],
    [500_000, 83, 1, 90],
    [500_000, 83, 3, 90],
    [250_000, 128, 1, 65],
    [115_200, 272, 1, 40],
  ] as const) {
    const { lost, cpu, bytesPerSample } = run(baud, period, channels, 5);
    const row = `${channels} channel(s), ${(2e6 / period).toFixed(0)} S/s in all, sealed, ${baud} baud`;
    rows.push({ row: `${row}: lost`, value: lost, unit: 'samples', reference: '', goal: '0', holds: lost === 0 });
    rows.push({
      row: `${row}: CPU`,
      value: 100 * cpu,
      unit: '%',
      reference: '',
      goal: `<= ${goalCpu}`,
      holds: 100 * cpu <= goalCpu,
    });
    if (period === 83 && channels === 3) {
      rows.push({
        row: 'three channels: bytes on the wire a triple',
        value: 3 * bytesPerSample,
        unit: 'B',
        reference: 'Klipper 6.07 B, CRC only',
        goal: '<= 4.7, sealed',
        holds: 3 * bytesPerSample <= 4.7,
      });
    }
  }
  // no small fractions of the rate, or the same codes would come back
  for (const toneHz of [157.3, 3501.7]) {
    const { samples } = run(500_000, 250, 1, 1, (cycle) => 2.5 + 2.49 * Math.sin((2 * Math.PI * toneHz * cycle) / hz));
    const bits = effectiveBits(samples, 8000, toneHz);
    rows.push({
      row: `effective bits at ${toneHz} Hz, 8 kS/s`,
      value: bits,
      unit: 'bit',
      reference: 'ideal converter, 10 bits',
      goal: '>= 9.8',
      holds: bits >= 9.8,
    });
  }
  return rows;
}

if (process.argv[1]?.endsWith('streaming.ts')) report('streaming', streamingRows());
