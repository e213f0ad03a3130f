/** A tacho on a pin: marks on a shaft that pass a probe. Pair of firmware/ports/avr/tacho.c. */
import { TimedEvent } from '../avr/events.js';
import { type Random, randomStream } from '../random.js';

/** What the probe needs of the board it is wired to: an `AvrBoard`. */
export interface TachoHost {
  readonly hz: number;
  readonly clockError: number;
  readonly cycle: number;
  /** Rebuilt at a reset; its events end with it. */
  readonly chip: { readonly core: { readonly events: { schedule(event: TimedEvent, due: number): void } } };
  pin(name: string): { drive(level: 0 | 1 | 'z'): void };
}

export interface TachoOptions {
  pin: string;
  /** Shaft angle in turns at an instant in s of true time since the board's first power-on; rising. */
  turns: (t: number) => number;
  /** Places of the marks in turns, rising, 0 .. 1; one at 0 by default. */
  marks?: readonly number[];
  /** Standard deviation of the probe's delay in s. */
  jitterS?: number;
  /** Share of marks that are not seen, and share that are seen twice, 100 µs apart. */
  missed?: number;
  doubled?: number;
  seed?: number;
}

/** Length of a pulse in s. */
const PULSE_S = 40e-6;
const BOUNCE_S = 100e-6;

export class Tacho {
  /** True instants in s of the edges that the pin made. */
  readonly edges: number[] = [];
  readonly #host: TachoHost;
  readonly #options: TachoOptions;
  readonly #random: Random;
  readonly #marks: readonly number[];
  #mark = 0;
  #high = false;
  #again = false;
  #stopped = false;
  readonly #event = new TimedEvent((due) => this.#fire(due));

  constructor(host: TachoHost, options: TachoOptions) {
    this.#host = host;
    this.#options = options;
    this.#marks = options.marks ?? [0];
    this.#random = randomStream(options.seed ?? 1, 'tacho');
    this.start();
  }

  get #cyclesASecond(): number {
    return this.#host.hz * (1 + this.#host.clockError);
  }

  /** From now on; again after a reset of the board. */
  start(): void {
    const now = this.#host.cycle / this.#cyclesASecond;
    const n = this.#marks.length;
    this.#mark = Math.floor(this.#options.turns(now)) * n;
    while (this.#place() <= this.#options.turns(now)) this.#mark++;
    this.#high = false;
    this.#host.pin(this.#options.pin).drive(0);
    this.#wait(now);
  }

  #place(): number {
    const n = this.#marks.length;
    return Math.floor(this.#mark / n) + this.#marks[this.#mark % n]!;
  }

  /** The instant at which the next mark passes, by bisection; looked for within 20 s. */
  #wait(from: number): void {
    const { turns, jitterS } = this.#options;
    const place = this.#place();
    let [low, high] = [from, from + 1e-3];
    while (turns(high) < place) {
      if (high > from + 20) return;
      [low, high] = [high, high + 2 * (high - from)];
    }
    for (let k = 0; k < 60 && high - low > 1e-12; k++) {
      const middle = (low + high) / 2;
      if (turns(middle) < place) low = middle;
      else high = middle;
    }
    const late = jitterS ? Math.abs(jitterS * this.#random.gaussian()) : 0;
    this.#schedule(high + late);
  }

  #schedule(t: number): void {
    this.#host.chip.core.events.schedule(this.#event, Math.ceil(t * this.#cyclesASecond));
  }

  /** Takes the probe away. */
  stop(): void {
    this.#stopped = true;
    this.#host.pin(this.#options.pin).drive(0);
  }

  #fire(due: number): void {
    if (this.#stopped) return;
    const now = due / this.#cyclesASecond;
    const { pin, missed, doubled } = this.#options;
    if (this.#high) {
      this.#high = false;
      this.#host.pin(pin).drive(0);
      if (this.#again) this.#schedule(now + BOUNCE_S - PULSE_S);
      else this.#wait(now);
      return;
    }
    const bounce = this.#again;
    this.#again = false;
    if (!bounce) this.#mark++;
    if (!bounce && missed && this.#random.f64() < missed) {
      this.#wait(now);
      return;
    }
    this.#again = !bounce && doubled !== undefined && this.#random.f64() < doubled;
    this.#high = true;
    this.edges.push(now);
    this.#host.pin(pin).drive(1);
    this.#schedule(now + PULSE_S);
  }
}
