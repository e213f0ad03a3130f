/**
 * Analog Devices ADXL345 on SPI or I2C, by its data sheet (rev. E): registers, output rates by its own oscillator, FIFO of 32 entries behind
 * the output register, watermark and data-ready interrupts, the 5 µs a pop takes, the dead least significant bit. Tap, activity and free-fall
 * detection store their registers and do nothing. Pair of boards/sensors/adxl345.json and firmware/sensors/adxl345.c.
 */
import { KizashiError } from '../../errors.js';
import { TimedEvent } from '../avr/events.js';
import type { SpiDevice, TwiDevice } from '../board.js';
import { type Random, randomStream } from '../random.js';

/** What the part needs of the board it sits on: an `AvrBoard`. */
export interface Adxl345Host {
  readonly hz: number;
  readonly clockError: number;
  readonly cycle: number;
  /** Rebuilt at a reset; its events end with it. */
  readonly chip: {
    readonly core: { readonly events: { schedule(event: TimedEvent, due: number): void } };
    spi: { mode: number };
  };
  pin(name: string): { drive(level: 0 | 1 | 'z'): void };
}

export interface Adxl345Options {
  /** Acceleration in g along x, y, z at an instant in s of true time since the board's first power-on. */
  acceleration: (t: number) => readonly [number, number, number];
  /** Pins of the board at INT1 and INT2. */
  int1?: string;
  int2?: string;
  /** Relative error of the part's oscillator; parts are off by up to 4 %. */
  rateError?: number;
  /** Noise density in µg/√Hz by axis; none by default. Over half the output rate (data sheet, table 7). */
  noise?: readonly [number, number, number];
  /** Zero-g offset in g and sensitivity error (share) by axis. */
  offset?: readonly [number, number, number];
  gain?: readonly [number, number, number];
  seed?: number;
  /** Keeps every sample that was produced, for comparison. */
  record?: boolean;
  /** Throws KZ1106 on misuse; else misuse is only counted. */
  strict?: boolean;
}

// biome-ignore format: a table of addresses (data sheet, table 19)
const R = {
  devid: 0x00, ofsx: 0x1e, bwRate: 0x2c, powerCtl: 0x2d, intEnable: 0x2e, intMap: 0x2f, intSource: 0x30, dataFormat: 0x31,
  datax0: 0x32, dataz1: 0x37, fifoCtl: 0x38, fifoStatus: 0x39,
} as const;
const MEASURE = 0x08;
const DATA_READY = 0x80;
const WATERMARK = 0x02;
const OVERRUN = 0x01;
const FULL_RES = 0x08;
const INT_INVERT = 0x20;
const JUSTIFY = 0x04;
const READ = 0x80;
const MULTIPLE = 0x40;
/** FIFO of 32 and the output register. */
const DEEPEST = 33;
/** Data sheet, "Retrieving data from FIFO": at least 5 µs between the end of one read and the next entry. */
const RECOVERY_S = 5e-6;
/** Data sheet, table 9: SCLK at most 5 MHz. */
const SPI_MOST_HZ = 5e6;

type Triple = [number, number, number];

export class Adxl345 implements SpiDevice {
  /** Counts as the data registers hold them (right-justified), oldest first; only with `record`. */
  readonly produced: Triple[] = [];
  /** Cycles of the board at which they were. */
  readonly producedAt: number[] = [];
  readonly stats = { produced: 0, popped: 0, overwritten: 0, misuse: 0 };
  /** Faults: off the bus; a wrong id; no new samples; share of bytes with one flipped bit; entries yet to come whose x is hit by a spike. */
  readonly faults = { unplugged: false, id: 0xe5, stuck: false, flips: 0, spikes: 0 };
  readonly #host: Adxl345Host;
  readonly #options: Adxl345Options;
  readonly #random: Random;
  readonly #registers = new Uint8Array(0x40);
  readonly #fifo: Triple[] = [];
  #output: Triple = [0, 0, 0];
  #overrun = false;
  /** Cycle of the next sample, and cycles between two, while measuring. */
  #next = Number.POSITIVE_INFINITY;
  #period = 0;
  /** Cycle from which the next entry stands in the data registers. */
  #settled = 0;
  #selected = false;
  #command: number | undefined;
  #address = 0;
  #readData = false;
  readonly #levels: (0 | 1 | undefined)[] = [undefined, undefined];
  readonly #event = new TimedEvent((due) => this.#advance(due));

  constructor(host: Adxl345Host, options: Adxl345Options) {
    this.#host = host;
    this.#options = options;
    this.#random = randomStream(options.seed ?? 1, 'adxl345');
    this.powerUp();
  }

  /** Registers as after power-on (data sheet, table 19). */
  powerUp(): void {
    this.#registers.fill(0);
    this.#registers[R.bwRate] = 0x0a;
    this.#fifo.length = 0;
    this.#next = Number.POSITIVE_INFINITY;
    this.#pins();
  }

  /** Output rate in Hz by the part's own oscillator. */
  get rateHz(): number {
    const code = this.#registers[R.bwRate]! & 15;
    return (3200 / 2 ** (15 - code)) * (1 + (this.#options.rateError ?? 0));
  }

  #misuse(what: string): void {
    this.stats.misuse++;
    if (this.#options.strict) throw new KizashiError('KZ1106', `ADXL345: ${what}`, { cycle: this.#host.cycle });
  }

  // ---- sampling ----

  #sample(cycle: number): Triple {
    const { acceleration, noise, offset, gain } = this.#options;
    const format = this.#registers[R.dataFormat]!;
    const range = format & 3;
    const full = (format & FULL_RES) !== 0;
    const a = acceleration(cycle / (this.#host.hz * (1 + this.#host.clockError)));
    // table 1: 256 LSB/g in full resolution, half of it with each doubled range in ten bits
    const perG = full ? 256 : 256 >> range;
    const most = full ? 512 << range : 512;
    const fast = (this.#registers[R.bwRate]! & 15) >= 14;
    return [0, 1, 2].map((k) => {
      let g = a[k]! * (1 + (gain?.[k] ?? 0)) + (offset?.[k] ?? 0);
      // trim registers: 15.6 mg a step
      g += ((this.#registers[R.ofsx + k]! << 24) >> 24) * 0.0156;
      if (noise) g += noise[k]! * 1e-6 * Math.sqrt(this.rateHz / 2) * this.#random.gaussian();
      let counts = Math.max(-most, Math.min(most - 1, Math.round(g * perG)));
      // "at 3200 Hz and 1600 Hz the LSB is always 0 in ±2 g or full resolution"
      if (fast && (full || range === 0)) counts &= ~1;
      return counts;
    }) as Triple;
  }

  #advance(cycle: number): void {
    while (this.#next <= cycle) {
      const at = this.#next;
      this.#next += this.#period;
      if (this.faults.stuck) continue;
      const sample = this.#sample(at);
      this.stats.produced++;
      if (this.#options.record) {
        this.produced.push(sample);
        this.producedAt.push(at);
      }
      const mode = this.#registers[R.fifoCtl]! >> 6;
      const room = mode === 0 ? 1 : DEEPEST;
      if (this.#fifo.length >= room) {
        this.#overrun = true;
        this.stats.overwritten++;
        if (mode === 1) continue; // FIFO mode stops when full
        // the entry that is being read stands in the output register and goes with its read
        this.#fifo.splice(this.#readData ? 1 : 0, 1);
      }
      this.#fifo.push(sample);
    }
    this.#pins();
  }

  #flags(): number {
    const entries = this.#fifo.length;
    const watermark = this.#registers[R.fifoCtl]! & 31;
    const fifo = this.#registers[R.fifoCtl]! >> 6 !== 0;
    return (
      (entries > 0 ? DATA_READY : 0) | (fifo && entries >= watermark ? WATERMARK : 0) | (this.#overrun ? OVERRUN : 0)
    );
  }

  /** Drives the interrupt pins and asks to be woken when one of them will change by itself. */
  #pins(): void {
    const flags = this.#flags() & this.#registers[R.intEnable]!;
    const inverted = (this.#registers[R.dataFormat]! & INT_INVERT) !== 0;
    const map = this.#registers[R.intMap]!;
    [this.#options.int1, this.#options.int2].forEach((pin, k) => {
      if (pin === undefined) return;
      const active = (flags & (k === 0 ? ~map : map)) !== 0;
      const level = active !== inverted ? 1 : 0;
      if (this.#levels[k] === level) return;
      this.#levels[k] = level;
      this.#host.pin(pin).drive(level);
    });
    if (this.#next === Number.POSITIVE_INFINITY) return;
    const enabled = this.#registers[R.intEnable]!;
    const missing = (this.#registers[R.fifoCtl]! & 31) - this.#fifo.length;
    const due = (enabled & DATA_READY) !== 0 || missing <= 1 ? this.#next : this.#next + (missing - 1) * this.#period;
    if ((enabled & (DATA_READY | WATERMARK)) !== 0) this.#host.chip.core.events.schedule(this.#event, Math.ceil(due));
  }

  #pop(cycle: number): void {
    this.#overrun = false;
    if (this.#fifo.length === 0) return;
    this.#output = this.#fifo.shift()!;
    this.stats.popped++;
    this.#settled = cycle + RECOVERY_S * this.#host.hz;
  }

  // ---- registers ----

  #read(address: number): number {
    if (address === R.devid) return this.faults.id;
    if (address === R.intSource) return this.#flags();
    if (address === R.fifoStatus) return this.#fifo.length;
    if (address >= R.datax0 && address <= R.dataz1) {
      const [x, y, z] = this.#fifo[0] ?? this.#output;
      const counts = [x, y, z][(address - R.datax0) >> 1]!;
      const value = (this.#registers[R.dataFormat]! & JUSTIFY) !== 0 ? counts << 6 : counts;
      return (address & 1) === 0 ? value & 0xff : (value >> 8) & 0xff;
    }
    return this.#registers[address] ?? 0;
  }

  #write(address: number, value: number, cycle: number): void {
    if (
      address < 0x1d ||
      address === R.intSource ||
      (address >= R.datax0 && address <= R.dataz1) ||
      address > R.fifoCtl
    ) {
      this.#misuse(`write to the read-only register 0x${address.toString(16)}`);
      return;
    }
    this.#registers[address] = value;
    if (address === R.powerCtl || address === R.bwRate) {
      const measuring = (this.#registers[R.powerCtl]! & MEASURE) !== 0;
      if (address === R.bwRate && measuring) this.#misuse('rate changed while measuring');
      this.#period = (this.#host.hz * (1 + this.#host.clockError)) / this.rateHz;
      // data sheet, "Turn-on time": 1 / rate + 1.1 ms
      if (!measuring) this.#next = Number.POSITIVE_INFINITY;
      else if (this.#next === Number.POSITIVE_INFINITY) this.#next = cycle + this.#period + 1.1e-3 * this.#host.hz;
    }
    // bypass empties the FIFO
    if (address === R.fifoCtl && value >> 6 === 0) {
      this.#fifo.length = 0;
      this.#overrun = false;
    }
    this.#pins();
  }

  // ---- SPI, mode 3 ----

  select(active: boolean, cycle: number): void {
    this.#selected = active;
    this.#command = undefined;
    this.#advance(cycle);
    if (!active) this.#dataEnds(cycle);
  }

  /** The data registers were read to their end, by CS or by going on to the next register. */
  #dataEnds(cycle: number): void {
    if (!this.#readData) return;
    this.#readData = false;
    this.#pop(cycle);
    this.#pins();
  }

  transfer(byte: number, cycle: number, cyclesPerBit: number): number {
    if (!this.#selected || this.faults.unplugged) return 0xff;
    if (this.#host.chip.spi.mode !== 3) {
      this.#misuse('SPI mode is not 3');
      return 0xff;
    }
    if (this.#host.hz / cyclesPerBit > SPI_MOST_HZ) this.#misuse('SCLK above 5 MHz');
    this.#advance(cycle);
    if (this.#command === undefined) {
      this.#command = byte;
      this.#address = byte & 0x3f;
      if (byte & READ && this.#address === R.datax0 && cycle < this.#settled)
        this.#misuse('FIFO read within 5 µs of a pop');
      return 0xff;
    }
    const address = this.#address;
    if (this.#command & MULTIPLE) this.#address = (address + 1) & 0x3f;
    if ((this.#command & READ) === 0) {
      this.#write(address, byte, cycle);
      return 0xff;
    }
    if (address > R.dataz1) this.#dataEnds(cycle - 8 * cyclesPerBit);
    const value = this.#read(address);
    if (address >= R.datax0 && address <= R.dataz1) this.#readData = true;
    const flip = this.faults.flips > 0 && this.#random.f64() < this.faults.flips ? 1 << (this.#random.u32() & 7) : 0;
    if (this.faults.spikes > 0 && address === R.datax0 + 1) {
      this.faults.spikes--;
      return value ^ 0x40; // sign bits that disagree
    }
    return value ^ flip;
  }

  // ---- I2C, address 0x53 or 0x1D ----

  /** The same part on the two-wire bus. */
  readonly twi: TwiDevice = {
    start: (read, cycle) => {
      if (this.faults.unplugged) return false;
      this.#advance(cycle);
      if (!read) this.#command = undefined;
      return true;
    },
    write: (byte, cycle) => {
      if (this.#command === undefined) {
        this.#command = byte;
        this.#address = byte & 0x3f;
      } else this.#write(this.#address++ & 0x3f, byte, cycle);
      return true;
    },
    read: (_ack, cycle) => {
      this.#advance(cycle);
      const address = this.#address++ & 0x3f;
      if (address > R.dataz1) this.#dataEnds(cycle);
      const value = this.#read(address);
      if (address >= R.datax0 && address <= R.dataz1) this.#readData = true;
      return value;
    },
    stop: (cycle) => this.#dataEnds(cycle),
  };
}
