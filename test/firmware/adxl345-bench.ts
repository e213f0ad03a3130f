/** An Uno with the image kz-uno-spi and an ADXL345 on its bus, for tests and benches: asks for captures and compares them with what the part produced. */
import { type Expected, type ProvenCapture, verifyCapture } from '../../host/capture/verify.js';
import { Adxl345, type Adxl345Options } from '../../host/emulate/sensors/adxl345.js';
import { type Seal, stopLock, unpackSamples } from '../../protocol/index.js';
import { type BenchOptions, burnt, bytes, knownBench, spiImage } from './bench.js';

export const turn = 2 * Math.PI;
const bauds = { 115200: 0, 250000: 1, 500000: 2 } as const;

export interface FixtureOptions extends Partial<Adxl345Options> {
  line?: keyof typeof bauds;
  board?: BenchOptions;
}

/** A known board in a session with a part on it. */
export function adxl345Bench({ line = 500_000, board, ...options }: FixtureOptions = {}) {
  const bench = knownBench({ hex: burnt(spiImage, bauds[line]), baud: line, ...board });
  const part = new Adxl345(bench.board, {
    acceleration: (t) => [Math.sin(turn * 157 * t), 0.5 * Math.cos(turn * 31 * t), 1],
    int1: '8',
    noise: [290, 290, 430],
    record: true,
    strict: true,
    ...options,
  });
  bench.board.attach('spi', part, { cs: '10' });
  const ask = (odr: number, seconds: number, enc: number, more: object = {}) => {
    const count = Math.floor((odr * 3 * seconds) / 12) * 12;
    const args = { count, period: odr * 1000, div: 0, chans: [8, 9, 10], enc, win: 32, sign: 0 };
    bench.command(1, { ...args, chal: bytes(16), lock: stopLock(bytes(16)), ...more });
    return bench.ack(4000);
  };
  const finish = (seconds: number) => {
    const { message: seal } = bench.expect('seal', 1000 * seconds + 5000);
    const begin = bench.all('begin').at(-1)!;
    const data = bench.all('data').filter(({ message }) => message.rec === seal.body.rec);
    const marks = bench.all('mark').filter(({ message }) => message.rec === seal.body.rec);
    return { seal: seal as Seal, begin, data, marks };
  };
  /** First sample of this capture among all that were produced, entries that arrived or are reported, and those that differ. */
  const compare = ({ data }: ReturnType<typeof finish>, first: number) => {
    let at = first;
    let wrong = 0;
    const dts: number[] = [];
    for (const { message } of data) {
      at += message.gap / 3;
      const samples = unpackSamples(message.enc, message.samples);
      for (let i = 0; i < samples.length; i += 3, at++) {
        for (let k = 0; k < 3; k++) if (samples[i + k] !== part.produced[at]?.[k]) wrong++;
      }
      dts.push(message.dt);
    }
    return { accounted: at - first, wrong, dts };
  };
  /** The items as a host would hold them, with what it knows. */
  const itemsOf = (run: ReturnType<typeof finish>) => ({
    begin: run.begin.body,
    data: run.data.map(({ body }) => body),
    marks: run.marks.map(({ message }) => message.d),
    seal: bench.received.find(({ message }) => message === run.seal)!.body,
  });
  const known: Expected = { key: bench.pinned! };
  const prove = (run: ReturnType<typeof finish>): ProvenCapture => {
    const proof = verifyCapture(itemsOf(run), known);
    if (!proof.ok) throw new Error(proof.text);
    return proof;
  };
  return { bench, part, ask, finish, compare, itemsOf, known, prove };
}
