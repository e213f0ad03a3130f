/**
 * STMicroelectronics LIS3DH on SPI (data sheet, rev. 6): registers, three modes of resolution, output rates by its own oscillator, FIFO of 32
 * entries, watermark on INT1. Click, free-fall and orientation detection store their registers and do nothing. Pair of
 * boards/sensors/lis3dh.json and firmware/sensors/lis3dh.c.
 */
import { TimedEvent } from '../avr/events.js';
import type { SpiDevice } from '../board.js';
import { type Random, randomStream } from '../random.js';

/** What the part needs of the board it sits on: an `AvrBoard`. */
export interface Lis3dhHost {
  readonly hz: number;
  readonly clockError: number;
  readonly chip: {
    readonly core: { readonly events: { schedule(event: TimedEvent, due: number): void } };
    spi: { mode: number };
  };
  pin(name: string): { drive(level: 0 | 1 | 'z'): void };
}

export interface Lis3dhOptions {
  /** Acceleration in g along x, y, z at an instant in s of true time since the board's first power-on. */
  acceleration: (t: number) => readonly [number, number, number];
  /** Pin of the board at INT1. */
  int1?: string;
  /** Relative error of the part's oscillator. */
  rateError?: number;
  /** Noise density in µg/√Hz, over the bandwidth of the mode; none by default. */
  noise?: number;
  /** The watermark's flag rises when the FIFO holds as many entries as the level says, or one more: texts differ. */
  watermark?: 'reaches' | 'exceeds';
  seed?: number;
  /** Keeps every sample that was produced, for comparison. */
  record?: boolean;
}

// biome-ignore format: a table of addresses (data sheet, table 21)
const R = { whoAmI: 0x0f, ctrl1: 0x20, ctrl3: 0x22, ctrl4: 0x23, ctrl5: 0x24, outXL: 0x28, outZH: 0x2d, fifoCtrl: 0x2e, fifoSrc: 0x2f } as const;
const LOW_POWER = 0x08;
const HIGH_RESOLUTION = 0x08;
const FIFO_EN = 0x40;
const WATERMARK_ON_INT1 = 0x04;
const DEEPEST = 32;
/** Data sheet, table 6: SPI clock at most 10 MHz. */
const SPI_MOST_HZ = 10e6;
/** Rates by ODR[3:0] (data sheet, table 31); 9 is 1,344 Hz, and 5,376 Hz in low power. */
const RATES = [0, 1, 10, 25, 50, 100, 200, 400, 1600, 1344];
/** Milligravities a step of 12 bits by FS[1:0] (data sheet, table 4, high resolution): 48 and not 32 at ±16 g in ten bits. */
const STEP_12_MG = [1, 2, 4, 12];

type Triple = [number, number, number];

export class Lis3dh implements SpiDevice {
  /** Counts in the resolution of the mode, oldest first; only with `record`. */
  readonly produced: Triple[] = [];
  readonly stats = { produced: 0, overwritten: 0, misuse: 0 };
  readonly faults = { unplugged: false, stuck: false, id: 0x33 };
  watermark: 'reaches' | 'exceeds';
  readonly #host: Lis3dhHost;
  readonly #options: Lis3dhOptions;
  readonly #random: Random;
  readonly #registers = new Uint8Array(64);
  readonly #fifo: Triple[] = [];
  #overrun = false;
  #next = Number.POSITIVE_INFINITY;
  #selected = false;
  #command: number | undefined;
  #address = 0;
  #level: 0 | 1 | undefined;
  readonly #event = new TimedEvent((due) => this.#advance(due));

  constructor(host: Lis3dhHost, options: Lis3dhOptions) {
    this.#host = host;
    this.#options = options;
    this.watermark = options.watermark ?? 'reaches';
    this.#random = randomStream(options.seed ?? 1, 'lis3dh');
    this.powerUp();
  }

  /** Registers as after power-on (data sheet, table 21): power-down, three axes on. */
  powerUp(): void {
    this.#registers.fill(0);
    this.#registers[R.ctrl1] = 0x07;
    this.#fifo.length = 0;
    this.#next = Number.POSITIVE_INFINITY;
    this.#pins();
  }

  /** Output rate in Hz by the part's own oscillator. */
  get rateHz(): number {
    const nominal = RATES[this.#registers[R.ctrl1]! >> 4] ?? 0;
    return nominal * (1 + (this.#options.rateError ?? 0));
  }

  get #period(): number {
    return (this.#host.hz * (1 + this.#host.clockError)) / this.rateHz;
  }

  /** Bits of a sample (data sheet, table 9). */
  get #bits(): 8 | 10 | 12 {
    if (this.#registers[R.ctrl1]! & LOW_POWER) return 8;
    return this.#registers[R.ctrl4]! & HIGH_RESOLUTION ? 12 : 10;
  }

  #sample(cycle: number): Triple {
    const { acceleration, noise } = this.#options;
    const bits = this.#bits;
    const stepG = (STEP_12_MG[(this.#registers[R.ctrl4]! >> 4) & 3]! / 1000) * 2 ** (12 - bits);
    // table 9: bandwidth is half the rate, a ninth of it in high resolution
    const bandwidth = this.rateHz / (bits === 12 ? 9 : 2);
    const sigma = (noise ?? 0) * 1e-6 * Math.sqrt(bandwidth);
    const most = 2 ** (bits - 1);
    return acceleration(cycle / (this.#host.hz * (1 + this.#host.clockError))).map((g) => {
      const felt = g + (sigma > 0 ? sigma * this.#random.gaussian() : 0);
      return Math.max(-most, Math.min(most - 1, Math.round(felt / stepG)));
    }) as Triple;
  }

  get #streams(): boolean {
    return (this.#registers[R.ctrl5]! & FIFO_EN) !== 0 && this.#registers[R.fifoCtrl]! >> 6 !== 0;
  }

  #advance(cycle: number): void {
    while (this.#next <= cycle) {
      const at = this.#next;
      this.#next += this.#period;
      if (this.faults.stuck) continue;
      const sample = this.#sample(at);
      this.stats.produced++;
      if (this.#options.record) this.produced.push(sample);
      const mode = this.#registers[R.fifoCtrl]! >> 6;
      if (this.#fifo.length >= (this.#streams ? DEEPEST : 1)) {
        if (this.#streams) {
          this.#overrun = true;
          this.stats.overwritten++;
        }
        if (mode === 1) continue; // FIFO mode stops when full
        this.#fifo.shift();
      }
      this.#fifo.push(sample);
    }
    this.#pins();
  }

  get #reached(): number {
    return (this.#registers[R.fifoCtrl]! & 31) + (this.watermark === 'exceeds' ? 1 : 0);
  }

  #pins(): void {
    const { int1 } = this.#options;
    const enabled = this.#streams && (this.#registers[R.ctrl3]! & WATERMARK_ON_INT1) !== 0;
    if (int1 !== undefined) {
      const level = enabled && this.#fifo.length >= this.#reached ? 1 : 0;
      if (level !== this.#level) this.#host.pin(int1).drive(level);
      this.#level = level;
    }
    if (!enabled || this.#next === Number.POSITIVE_INFINITY) return;
    const missing = Math.max(1, this.#reached - this.#fifo.length);
    this.#host.chip.core.events.schedule(this.#event, Math.ceil(this.#next + (missing - 1) * this.#period));
  }

  // ---- registers ----

  #read(address: number): number {
    if (address === R.whoAmI) return this.faults.id;
    if (address === R.fifoSrc) {
      const n = this.#fifo.length;
      return (n >= this.#reached ? 0x80 : 0) | (this.#overrun ? 0x40 : 0) | (n === 0 ? 0x20 : 0) | Math.min(31, n);
    }
    if (address >= R.outXL && address <= R.outZH) {
      const [x, y, z] = this.#fifo[0] ?? [0, 0, 0];
      const value = [x, y, z][(address - R.outXL) >> 1]! << (16 - this.#bits);
      if (address === R.outZH) {
        this.#fifo.shift();
        this.#overrun = false;
        this.#pins();
      }
      return (address & 1) === 0 ? value & 0xff : (value >> 8) & 0xff;
    }
    return this.#registers[address] ?? 0;
  }

  #write(address: number, value: number, cycle: number): void {
    if (address < 0x1e || address === R.fifoSrc || (address >= 0x27 && address <= R.outZH)) {
      this.stats.misuse++;
      return;
    }
    this.#registers[address] = value;
    if (address === R.ctrl1) {
      // turn-on: one output in the normal mode (data sheet, table 9: 1.6 ms)
      if (this.rateHz === 0) this.#next = Number.POSITIVE_INFINITY;
      else this.#next = cycle + Math.max(this.#period, 1.6e-3 * this.#host.hz);
    }
    if (address === R.fifoCtrl && value >> 6 === 0) {
      this.#fifo.length = 0;
      this.#overrun = false;
    }
    this.#pins();
  }

  // ---- SPI, mode 3 (mode 0 works too) ----

  select(active: boolean, cycle: number): void {
    this.#selected = active;
    this.#command = undefined;
    this.#advance(cycle);
  }

  transfer(byte: number, cycle: number, cyclesPerBit: number): number {
    if (!this.#selected || this.faults.unplugged) return 0xff;
    const { mode } = this.#host.chip.spi;
    if ((mode !== 3 && mode !== 0) || this.#host.hz / cyclesPerBit > SPI_MOST_HZ) this.stats.misuse++;
    this.#advance(cycle);
    if (this.#command === undefined) {
      this.#command = byte;
      this.#address = byte & 0x3f;
      return 0xff;
    }
    const address = this.#address;
    // the data registers repeat while they are read in one go (AN3308, "Retrieving data from FIFO")
    if (this.#command & 0x40) this.#address = address === R.outZH ? R.outXL : (address + 1) & 0x3f;
    if (this.#command & 0x80) return this.#read(address);
    this.#write(address, byte, cycle);
    return 0xff;
  }
}
