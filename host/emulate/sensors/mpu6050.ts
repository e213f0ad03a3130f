/**
 * InvenSense MPU-6050 on I2C (product specification and register map, rev. 4.2): asleep after power, sample-rate divider, FIFO of 1,024 bytes
 * with the acceleration, the filter's choice of 1 or 8 kHz, the data-ready pulse. The gyroscope reads 0. Pair of boards/sensors/mpu6050.json
 * and firmware/sensors/mpu6050.c.
 */
import { TimedEvent } from '../avr/events.js';
import type { TwiDevice } from '../board.js';
import { type Random, randomStream } from '../random.js';

/** What the part needs of the board it sits on: an `AvrBoard`. Without `int` its clock is all. */
export interface Mpu6050Host {
  readonly hz: number;
  readonly clockError: number;
  readonly chip?: { readonly core: { readonly events: { schedule(event: TimedEvent, due: number): void } } };
  pin?(name: string): { drive(level: 0 | 1 | 'z'): void };
}

export interface Mpu6050Options {
  /** Acceleration in g along x, y, z at an instant in s of true time since the board's first power-on. */
  acceleration: (t: number) => readonly [number, number, number];
  /** WHO_AM_I: 0x68; later and cloned parts say 0x70, 0x71, 0x98. */
  whoAmI?: number;
  /** Relative error of the part's oscillator, up to 3 %. */
  rateError?: number;
  /** Noise density in µg/√Hz over 260 Hz; none by default. */
  noise?: number;
  seed?: number;
  /** Pin of the board at INT. */
  int?: string;
  /** Keeps every sample that entered the FIFO, for comparison. */
  record?: boolean;
}

const R = {
  smplrtDiv: 0x19,
  config: 0x1a,
  accelConfig: 0x1c,
  fifoEn: 0x23,
  intEnable: 0x38,
  intStatus: 0x3a,
  accelXoutH: 0x3b,
  accelZoutL: 0x40,
  gyroZoutL: 0x48,
} as const;
const CONTROL = {
  userCtrl: 0x6a,
  pwrMgmt1: 0x6b,
  fifoCountH: 0x72,
  fifoCountL: 0x73,
  fifoRW: 0x74,
  whoAmI: 0x75,
} as const;
const SLEEP = 0x40;
const DEVICE_RESET = 0x80;
const ACCEL_FIFO_EN = 0x08;
const FIFO_EN = 0x40;
const FIFO_RESET = 0x04;
const FIFO_OFLOW = 0x10;
const DATA_RDY = 0x01;
const FIFO_BYTES = 1024;
/** The accelerometer itself gives 1,000 samples a second, whatever the FIFO's rate (register map, SMPLRT_DIV). */
const ACCELEROMETER_HZ = 1000;
/** Accelerometer's bandwidth in Hz by DLPF_CFG (register map, CONFIG). */
const BANDWIDTH_HZ = [260, 184, 94, 44, 21, 10, 5, 260];
/** Length of the data-ready pulse (register map, INT_PIN_CFG: LATCH_INT_EN 0). */
const PULSE_S = 50e-6;

export class Mpu6050 implements TwiDevice {
  readonly stats = { samples: 0, overwritten: 0 };
  /** Counts that entered the FIFO, oldest first; only with `record`. */
  readonly produced: (readonly [number, number, number])[] = [];
  /** Place in `produced` of the first entry since the FIFO was emptied last. */
  emptiedAt = 0;
  readonly faults = { unplugged: false, stuck: false };
  readonly #host: Mpu6050Host;
  readonly #options: Mpu6050Options;
  readonly #random: Random;
  readonly #registers = new Uint8Array(0x80);
  #fifo: number[] = [];
  #countLow = 0;
  /** What an empty FIFO repeats. */
  #lastByte = 0;
  #pointer: number | undefined;
  #address = 0;
  /** Cycle of the next entry, and number of the accelerometer's sample that is held. */
  #next = Number.POSITIVE_INFINITY;
  #held = -1;
  #value: [number, number, number] = [0, 0, 0];

  #pulsing = false;
  /** A sample came since INT was looked after. */
  #fresh = false;
  readonly #event = new TimedEvent((due) => this.#pulse(due));

  constructor(host: Mpu6050Host, options: Mpu6050Options) {
    this.#host = host;
    this.#options = options;
    this.#random = randomStream(options.seed ?? 1, 'mpu6050');
    this.powerUp();
  }

  /** Registers as after power-on: asleep. */
  powerUp(): void {
    this.#registers.fill(0);
    this.#registers[CONTROL.pwrMgmt1] = SLEEP;
    this.#fifo = [];
    this.#next = Number.POSITIVE_INFINITY;
  }

  /** Entries a second by the part's own clock. */
  get rateHz(): number {
    const filter = this.#registers[R.config]! & 7;
    const base = filter === 0 || filter === 7 ? 8000 : 1000;
    return (base / (1 + this.#registers[R.smplrtDiv]!)) * (1 + (this.#options.rateError ?? 0));
  }

  get #period(): number {
    return (this.#host.hz * (1 + this.#host.clockError)) / this.rateHz;
  }

  #sample(cycle: number): void {
    const seconds = cycle / (this.#host.hz * (1 + this.#host.clockError));
    const own = ACCELEROMETER_HZ * (1 + (this.#options.rateError ?? 0));
    let at = seconds;
    if (this.rateHz > own) {
      const number = Math.floor(seconds * own);
      if (number === this.#held) return; // the same acceleration again
      this.#held = number;
      at = number / own;
    }
    const perG = 16_384 >> ((this.#registers[R.accelConfig]! >> 3) & 3);
    const sigma = (this.#options.noise ?? 0) * 1e-6 * Math.sqrt(BANDWIDTH_HZ[this.#registers[R.config]! & 7]!);
    this.#value = this.#options
      .acceleration(at)
      .map((g) =>
        Math.max(-32_768, Math.min(32_767, Math.round((g + (sigma > 0 ? sigma * this.#random.gaussian() : 0)) * perG))),
      ) as [number, number, number];
  }

  #advance(cycle: number): void {
    while (this.#next <= cycle) {
      const at = this.#next;
      this.#next += this.#period;
      if (this.faults.stuck) continue;
      this.#sample(at);
      this.#fresh = true;
      this.stats.samples++;
      this.#registers[R.intStatus]! |= DATA_RDY;
      if ((this.#registers[CONTROL.userCtrl]! & FIFO_EN) === 0 || (this.#registers[R.fifoEn]! & ACCEL_FIFO_EN) === 0)
        continue;
      if (this.#options.record) this.produced.push([...this.#value]);
      for (const value of this.#value) this.#fifo.push((value >> 8) & 0xff, value & 0xff);
      const over = this.#fifo.length - FIFO_BYTES;
      if (over <= 0) continue;
      this.#fifo.splice(0, over); // the oldest bytes go, whole samples or not
      this.stats.overwritten += over;
      this.#registers[R.intStatus]! |= FIFO_OFLOW;
    }
  }

  /** INT rises with each sample while its interrupt is enabled, and falls by itself. */
  #pulse(due: number): void {
    const { int } = this.#options;
    if (int === undefined) return;
    this.#advance(due);
    const pulsing = this.#fresh && !this.faults.unplugged && (this.#registers[R.intEnable]! & DATA_RDY) !== 0;
    this.#fresh = false;
    if (pulsing !== this.#pulsing) this.#host.pin?.(int).drive(pulsing ? 1 : 0);
    this.#pulsing = pulsing;
    this.#wake(this.#pulsing ? due + PULSE_S * this.#host.hz : this.#next);
  }

  #wake(due: number): void {
    if (this.#options.int === undefined || due === Number.POSITIVE_INFINITY) return;
    this.#host.chip?.core.events.schedule(this.#event, Math.ceil(due));
  }

  #write(address: number, value: number, cycle: number): void {
    if (address === CONTROL.pwrMgmt1 && value & DEVICE_RESET) {
      this.powerUp();
      return;
    }
    if (address === CONTROL.userCtrl && value & FIFO_RESET) {
      this.#fifo = [];
      this.emptiedAt = this.produced.length;
      value &= ~FIFO_RESET;
    }
    this.#registers[address & 0x7f] = value;
    if (address === CONTROL.pwrMgmt1) {
      const awake = (value & SLEEP) === 0;
      this.#next = awake ? Math.min(this.#next, cycle + this.#period) : Number.POSITIVE_INFINITY;
      this.#wake(this.#next);
    }
  }

  #read(address: number): number {
    if (address === CONTROL.whoAmI) return this.#options.whoAmI ?? 0x68;
    if (address >= R.accelXoutH && address <= R.accelZoutL) {
      const value = this.#value[(address - R.accelXoutH) >> 1]!;
      return ((address - R.accelXoutH) & 1) === 0 ? (value >> 8) & 0xff : value & 0xff;
    }
    if (address > R.accelZoutL && address <= R.gyroZoutL) return 0;
    if (address === CONTROL.fifoCountH) {
      this.#countLow = this.#fifo.length & 0xff; // latched with the high byte
      return this.#fifo.length >> 8;
    }
    if (address === CONTROL.fifoCountL) return this.#countLow;
    if (address === CONTROL.fifoRW) {
      this.#lastByte = this.#fifo.shift() ?? this.#lastByte;
      return this.#lastByte;
    }
    const value = this.#registers[address]!;
    if (address === R.intStatus) this.#registers[address] = 0; // reading clears
    return value;
  }

  start(read: boolean, cycle: number): boolean {
    if (this.faults.unplugged) return false;
    this.#advance(cycle);
    if (!read) this.#pointer = undefined;
    return true;
  }

  write(byte: number, cycle: number): boolean {
    if (this.#pointer === undefined) {
      this.#pointer = byte;
      this.#address = byte & 0x7f;
    } else this.#write(this.#address++ & 0x7f, byte, cycle);
    return true;
  }

  read(_ack: boolean, cycle: number): number {
    this.#advance(cycle);
    const address = this.#address;
    // a burst from the FIFO stays there
    if (address !== CONTROL.fifoRW) this.#address = (address + 1) & 0x7f;
    return this.#read(address);
  }

  stop(): void {}
}
