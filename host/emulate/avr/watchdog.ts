import type { Random } from '../random.js';
import type { AvrCore } from './core.js';
import { TimedEvent } from './events.js';

export interface WatchdogConfig {
  wdtcsr: number;
  mcusr: number;
  vector: number;
}

/** WDTCSR. */
const WDIF = 0x80;
const WDIE = 0x40;
const WDP3 = 0x20;
const WDCE = 0x10;
const WDE = 0x08;
/** MCUSR. */
export const PORF = 0x01;
export const EXTRF = 0x02;
export const BORF = 0x04;
export const WDRF = 0x08;

/** The watchdog's own oscillator. */
const WATCHDOG_HZ = 128_000;

export interface WatchdogOscillator {
  /** Relative error of the 128 kHz oscillator. */
  error: number;
  /** Standard deviation of one 16 ms interval in seconds; longer ones grow with the square root. 0 = a noiseless, "stuck" source. */
  jitter: number;
}

/** Watchdog timer with interrupt and reset modes, and MCUSR (ATmega328P datasheet, "Watchdog Timer", "MCUSR"). */
export class Watchdog {
  onReset: (cycle: number) => void = () => {};
  #control: number;
  #changeUntil = -1;
  #mcusr: number;
  readonly #timeout: TimedEvent;

  constructor(
    private readonly core: AvrCore,
    private readonly config: WatchdogConfig,
    private readonly hz: number,
    private readonly oscillator: WatchdogOscillator,
    private readonly random: Random,
    mcusr: number,
  ) {
    const { cpu } = core;
    this.#mcusr = mcusr;
    // WDRF holds WDE on, with the shortest period (datasheet "WDTCSR")
    this.#control = (mcusr & WDRF) !== 0 ? WDE : 0;
    this.#timeout = new TimedEvent((due) => this.#expire(due));
    cpu.onWatchdogReset = () => this.#restart(cpu.cycles);
    cpu.readHooks[config.wdtcsr] = () => this.#control | (cpu.cycles <= this.#changeUntil ? WDCE : 0);
    cpu.writeHooks[config.wdtcsr] = (value) => {
      this.#write(value);
      return true;
    };
    cpu.readHooks[config.mcusr] = () => this.#mcusr;
    cpu.writeHooks[config.mcusr] = (value) => {
      // flags are cleared by writing zero; none can be set
      this.#mcusr &= value;
      return true;
    };
    core.acknowledge[config.vector] = () => {
      this.#control &= ~WDIF;
      // interrupt and reset mode: the interrupt switches itself off, the next timeout resets
      if ((this.#control & WDE) !== 0) this.#control &= ~WDIE;
      this.#request();
    };
    if ((this.#control & WDE) !== 0) this.#restart(cpu.cycles);
  }

  get mcusr(): number {
    return this.#mcusr;
  }

  #period(): number {
    const select = (this.#control & 7) | ((this.#control & WDP3) >> 2);
    return 2048 << Math.min(select, 9);
  }

  #restart(cycle: number): void {
    if ((this.#control & (WDE | WDIE)) === 0) {
      this.core.events.cancel(this.#timeout);
      return;
    }
    const periods = this.#period();
    const seconds = periods / (WATCHDOG_HZ * (1 + this.oscillator.error));
    const noise =
      this.oscillator.jitter === 0 ? 0 : this.oscillator.jitter * Math.sqrt(periods / 2048) * this.random.gaussian();
    this.core.events.schedule(this.#timeout, Math.round(cycle + Math.max(0.001, seconds + noise) * this.hz));
  }

  #request(): void {
    this.core.request(this.config.vector, (this.#control & (WDIF | WDIE)) === (WDIF | WDIE));
  }

  #write(value: number): void {
    const { cpu } = this.core;
    const open = cpu.cycles <= this.#changeUntil;
    const before = this.#control;
    let next = before & WDIF;
    if ((value & WDIF) !== 0) next = 0;
    next |= value & WDIE;
    if ((value & (WDCE | WDE)) === (WDCE | WDE) && !open) {
      // the timed sequence: for four cycles WDE and the prescaler may change
      this.#changeUntil = cpu.cycles + 5;
      next |= (before & (WDP3 | 7)) | WDE;
    } else if (open) {
      this.#changeUntil = -1;
      next |= value & (WDP3 | 7 | WDE);
    } else next |= (before & (WDP3 | 7)) | ((before | value) & WDE);
    if ((this.#mcusr & WDRF) !== 0) next |= WDE;
    this.#control = next;
    const mode = WDE | WDIE | WDP3 | 7;
    if ((before & mode) !== (next & mode)) this.#restart(cpu.cycles);
    this.#request();
  }

  #expire(due: number): void {
    if ((this.#control & WDIE) !== 0 && (this.#control & WDIF) === 0) {
      this.#control |= WDIF;
      this.#restart(due);
      this.#request();
    } else if ((this.#control & WDE) !== 0) this.onReset(due);
    else {
      this.#control |= WDIF;
      this.#restart(due);
      this.#request();
    }
  }
}
