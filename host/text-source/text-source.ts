/**
 * A sketch that prints its samples: captures of source `text`, unsigned, at the rate that the arrivals of the lines show. How evenly they
 * came is said with each capture; too uneven is refused, because no spectrum can be computed of it.
 */
import { once } from 'node:events';
import { type Capture, type Channel, rateOfArrivals, unsignedCapture } from '../capture/index.js';
import { KizashiError } from '../errors.js';
import { type BindingInterface, type Clock, openPort, systemClock } from '../link/index.js';
import { LineSplitter, readPlotterLine } from './plotter-lines.js';

export interface TextPort {
  path: string;
  /** 115,200 by default. */
  baud?: number;
  binding?: BindingInterface;
  clock?: Clock;
  /** How long to wait for a first line of numbers, in ms. */
  waitMs?: number;
}

export interface TextCounters {
  lines: number;
  /** Lines that were no numbers, or named other channels than the first. */
  misread: number;
}

/** Sampling scatter beyond this share of the interval leaves no frequency to be read. */
const mostJitter = 0.5;

/** Labels that say what a channel is; everything else is relative. Units are never guessed from a magnitude. */
function channelOf(label: string, samples: Float64Array): Channel {
  const accelerations = /^(a[xyz]|acc|accel)$/i.test(label);
  const current = /^(i[1-3]?|current|amps?)$/i.test(label);
  const quantity = accelerations ? 'acceleration' : current ? 'current' : 'other';
  return { id: label, quantity, unit: 'relative', samples };
}

export class TextSource {
  readonly path: string;
  readonly counters: TextCounters = { lines: 0, misread: 0 };
  readonly #clock: Clock;
  readonly #close: () => Promise<void>;
  readonly #waitMs: number;
  #labels: string[] | undefined;
  #onLine: (values: number[], at: number) => void = () => {};

  /** Use `openText`. */
  constructor(options: TextPort, clock: Clock, close: () => Promise<void>) {
    this.path = options.path;
    this.#clock = clock;
    this.#close = close;
    this.#waitMs = options.waitMs ?? 5000;
  }

  /** Names of the channels, once a line was read. */
  get labels(): readonly string[] {
    return this.#labels ?? [];
  }

  /** Takes a line from the port. */
  take(text: string, at: number): void {
    if (text.trim() === '') return;
    this.counters.lines++;
    const line = readPlotterLine(text);
    // the first lines after a reset may be torn or a greeting: the first line of numbers names the channels
    if (line && this.#labels === undefined) this.#labels = line.labels;
    if (!line || `${line.labels}` !== `${this.#labels}`) {
      this.counters.misread++;
      return;
    }
    this.#onLine(line.values, at);
  }

  /**
   * The next `seconds` of lines as a capture.
   * @throws KZ1506 where no line of numbers comes, or they come too unevenly
   */
  async next(seconds: number): Promise<Capture> {
    const rows: number[][] = [];
    const arrivals: number[] = [];
    const at = this.#clock.wall();
    const misread = this.counters.misread;
    await new Promise<void>((resolve) => {
      let limit = this.#clock.setTimer(this.#waitMs, resolve);
      this.#onLine = (values, ms) => {
        rows.push(values);
        arrivals.push(ms);
        if (rows.length > 1) return;
        this.#clock.clear(limit);
        limit = this.#clock.setTimer(1000 * seconds, resolve);
      };
    });
    this.#onLine = () => {};
    const rate = rateOfArrivals(arrivals);
    if (rows.length < 16)
      throw new KizashiError('KZ1506', `${this.path} sent ${rows.length} lines of numbers`, {
        ...this.counters,
        rows: rows.length,
      });
    const interval = 1000 / rate.hz;
    if (rate.jitterMs > mostJitter * interval)
      throw new KizashiError(
        'KZ1506',
        `the lines of ${this.path} come ${rate.jitterMs.toFixed(1)} ms beside an even grid of ${interval.toFixed(1)} ms`,
        { jitterMs: rate.jitterMs, intervalMs: interval },
        {
          why: 'the sketch prints when it can, or several lines arrive in one packet',
          fix: 'print less often, or flash kizashi’s firmware',
        },
      );
    const channels = this.labels.map((label, k) =>
      channelOf(
        label,
        Float64Array.from(rows, (row) => row[k]),
      ),
    );
    const skipped = this.counters.misread - misread;
    const notes = [
      'screening only: nothing is signed, and the sketch’s sampling is not known',
      `rate by the host’s clock; 99 % of the lines within ${rate.jitterMs.toFixed(2)} ms of an even grid of ${interval.toFixed(2)} ms`,
      ...(skipped > 0 ? [`${skipped} lines were no numbers and were left out`] : []),
    ];
    return unsignedCapture('text', channels, rate, at, notes);
  }

  close(): Promise<void> {
    return this.#close();
  }
}

/** Opens a port whose sketch prints. @throws KZ0101–KZ0106 */
export async function openText(options: TextPort): Promise<TextSource> {
  const clock = options.clock ?? systemClock;
  const stream = await openPort({ ...options, baud: options.baud ?? 115_200, clock });
  const splitter = new LineSplitter();
  const source = new TextSource(options, clock, async () => {
    if (!stream.isOpen) return;
    stream.close();
    await once(stream, 'close');
  });
  stream.on('data', (bytes: Uint8Array) => {
    const at = clock.now();
    for (const line of splitter.push(bytes)) source.take(line, at);
  });
  stream.on('error', () => {});
  return source;
}
