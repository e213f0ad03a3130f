import type { SpiDevice } from '../board.js';
import type { AvrCore } from './core.js';
import { TimedEvent } from './events.js';

export interface SpiConfig {
  spcr: number;
  spsr: number;
  spdr: number;
  vector: number;
}

/** SPCR, SPSR. */
const SPIE = 0x80;
const SPE = 0x40;
const MSTR = 0x10;
const SPIF = 0x80;
const WCOL = 0x40;
const SPI2X = 0x01;
const DIVISORS = [4, 16, 64, 128];

/** SPI master. Parts see their chip select and one byte at the end of its eight clocks (datasheet, "SPI – Serial Peripheral Interface"). */
export class Spi {
  /** Parts with an active chip select; filled by the board. */
  selected: SpiDevice[] = [];
  #control = 0;
  #status = 0;
  #received = 0;
  #sending = 0;
  #busy = false;
  /** SPSR was read with SPIF or WCOL set: the next access of SPDR clears them. */
  #armed = false;
  readonly #done: TimedEvent;

  constructor(
    private readonly core: AvrCore,
    private readonly config: SpiConfig,
  ) {
    const { cpu } = core;
    this.#done = new TimedEvent((due) => this.#finish(due));
    cpu.readHooks[config.spcr] = () => this.#control;
    cpu.writeHooks[config.spcr] = (value) => {
      this.#control = value;
      if ((value & SPE) === 0) {
        core.events.cancel(this.#done);
        this.#busy = false;
      }
      this.#request();
      return true;
    };
    cpu.readHooks[config.spsr] = () => {
      if ((this.#status & (SPIF | WCOL)) !== 0) this.#armed = true;
      return this.#status;
    };
    cpu.writeHooks[config.spsr] = (value) => {
      this.#status = (this.#status & ~SPI2X) | (value & SPI2X);
      return true;
    };
    cpu.readHooks[config.spdr] = () => {
      this.#access();
      return this.#received;
    };
    cpu.writeHooks[config.spdr] = (value) => {
      this.#access();
      if (this.#busy) this.#status |= WCOL;
      else if ((this.#control & (SPE | MSTR)) === (SPE | MSTR)) {
        this.#sending = value;
        this.#busy = true;
        core.events.schedule(this.#done, cpu.cycles + 8 * this.cyclesPerBit);
      }
      return true;
    };
    core.acknowledge[config.vector] = () => {
      this.#status &= ~SPIF;
      this.#request();
    };
  }

  get cyclesPerBit(): number {
    return DIVISORS[this.#control & 3]! >> (this.#status & SPI2X);
  }

  /** SPI clock mode 0..3: CPOL and CPHA. */
  get mode(): number {
    return (this.#control >> 2) & 3;
  }

  get enabled(): boolean {
    return (this.#control & SPE) !== 0;
  }

  #access(): void {
    if (!this.#armed) return;
    this.#armed = false;
    this.#status &= ~(SPIF | WCOL);
    this.#request();
  }

  #finish(due: number): void {
    this.#busy = false;
    // nothing selected: MISO floats at its pull-up
    let answer = 0xff;
    for (const device of this.selected) answer &= device.transfer(this.#sending, due, this.cyclesPerBit);
    this.#received = answer;
    this.#status |= SPIF;
    this.#request();
  }

  #request(): void {
    this.core.request(this.config.vector, (this.#status & SPIF) !== 0 && (this.#control & SPIE) !== 0);
  }
}
