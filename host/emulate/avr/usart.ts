import type { AvrCore } from './core.js';
import { TimedEvent } from './events.js';
import { type Character, LineReceiver } from './line.js';

export interface UsartConfig {
  ucsra: number;
  ucsrb: number;
  ucsrc: number;
  ubrrl: number;
  ubrrh: number;
  udr: number;
  vectors: { rx: number; udre: number; tx: number };
}

/** UCSRnA, UCSRnB, UCSRnC (ATmega328P datasheet, "USART Register Description"). */
const RXC = 0x80;
const TXC = 0x40;
const UDRE = 0x20;
const FE = 0x10;
const DOR = 0x08;
const UPE = 0x04;
const U2X = 0x02;
const MPCM = 0x01;
const RXCIE = 0x80;
const TXCIE = 0x40;
const UDRIE = 0x20;
const RXEN = 0x10;
const TXEN = 0x08;
const UCSZ2 = 0x04;
const TXB8 = 0x01;

interface Held {
  byte: number;
  flags: number;
}

/**
 * Asynchronous USART: transmitter with UDR behind a shift register, receiver with two-byte FIFO and shift register, RXC and UDRE as levels.
 * Characters leave as bit patterns with exact times; those that arrive were sampled by `LineReceiver`.
 */
export class Usart {
  /** A character has left. */
  onCharacter: (character: Character) => void = () => {};
  /** Strict mode: UDR was written while it was full. */
  onOverwrite: () => void = () => {};
  overruns = 0;
  received = 0;
  #status = UDRE;
  #control = 0;
  #format = 0x06;
  #baud = 0;
  #baudHigh = 0;
  #udr = -1;
  #shifting = false;
  #character: Character | undefined;
  #shiftEnd: TimedEvent;
  /** Characters waiting for software, the head first. The third is the one in the receive shift register. */
  #fifo: Held[] = [];
  #overrun = 0;
  readonly receiver: LineReceiver;

  constructor(
    private readonly core: AvrCore,
    private readonly config: UsartConfig,
  ) {
    const { readHooks, writeHooks } = core.cpu;
    this.receiver = new LineReceiver(this.bitCycles);
    this.#shiftEnd = new TimedEvent((due) => this.#shifted(due));
    readHooks[config.ucsra] = () => this.#readStatus();
    writeHooks[config.ucsra] = (value) => {
      this.#status = (this.#status & ~(U2X | MPCM)) | (value & (U2X | MPCM));
      if ((value & TXC) !== 0) this.#status &= ~TXC;
      this.#rateChanged();
      this.#update();
      return true;
    };
    readHooks[config.ucsrb] = () => this.#control;
    writeHooks[config.ucsrb] = (value) => {
      // RXB8 is read-only
      this.#control = (value & ~0x02) | (this.#control & 0x02);
      if ((value & RXEN) === 0) {
        this.#fifo = [];
        this.#overrun = 0;
      }
      this.#update();
      return true;
    };
    readHooks[config.ucsrc] = () => this.#format;
    writeHooks[config.ucsrc] = (value) => {
      this.#format = value;
      return true;
    };
    readHooks[config.ubrrl] = () => this.#baud & 0xff;
    readHooks[config.ubrrh] = () => this.#baudHigh;
    writeHooks[config.ubrrh] = (value) => {
      // takes effect with the low byte, which updates the prescaler
      this.#baudHigh = value & 15;
      return true;
    };
    writeHooks[config.ubrrl] = (value) => {
      this.#baud = (this.#baudHigh << 8) | value;
      this.#rateChanged();
      return true;
    };
    readHooks[config.udr] = () => this.#readData();
    writeHooks[config.udr] = (value) => {
      this.#writeData(value);
      return true;
    };
    core.acknowledge[config.vectors.tx] = () => {
      this.#status &= ~TXC;
      this.#update();
    };
    this.#update();
  }

  /** Cycles a bit: (UBRR + 1) · 16, or · 8 at double speed. */
  get bitCycles(): number {
    return (this.#baud + 1) * ((this.#status & U2X) !== 0 ? 8 : 16);
  }

  get receiving(): boolean {
    return (this.#control & RXEN) !== 0;
  }

  /** True while a character is in the transmitter. */
  get sending(): boolean {
    return this.#shifting;
  }

  #rateChanged(): void {
    this.receiver.bit = this.bitCycles;
  }

  #dataBits(): number {
    const size = ((this.#format >> 1) & 3) | (this.#control & UCSZ2);
    return size === 7 ? 9 : Math.min(size, 3) + 5;
  }

  #writeData(value: number): void {
    if ((this.#control & TXEN) === 0) return;
    if ((this.#status & UDRE) === 0) {
      // datasheet "UDRn": data written when UDRE is not set is ignored by the transmitter
      this.onOverwrite();
      return;
    }
    const data = value | ((this.#control & TXB8) << 8);
    if (!this.#shifting) this.#shift(data, this.core.cpu.cycles);
    else {
      this.#udr = data;
      this.#status &= ~UDRE;
    }
    this.#update();
  }

  #shift(data: number, at: number): void {
    const size = this.#dataBits();
    let levels = (data & ((1 << size) - 1)) << 1;
    let bits = 1 + size;
    const parity = (this.#format >> 4) & 3;
    if (parity >= 2) {
      let ones = 0;
      for (let i = 1; i <= size; i++) ones ^= (levels >> i) & 1;
      levels |= (parity === 2 ? ones : ones ^ 1) << bits++;
    }
    const stops = (this.#format & 8) !== 0 ? 2 : 1;
    levels |= ((1 << stops) - 1) << bits;
    bits += stops;
    const bit = this.bitCycles;
    this.#shifting = true;
    this.core.events.schedule(this.#shiftEnd, at + bits * bit);
    this.#character = { start: at, bit, levels, bits };
  }

  /** A reset cuts the character in the shift register short: the line goes idle at once. */
  cut(cycle: number): void {
    if (!this.#shifting || this.#character === undefined) return;
    this.#shifting = false;
    const character = this.#character;
    const sent = Math.max(1, Math.floor((cycle - character.start) / character.bit));
    this.onCharacter({ ...character, levels: character.levels | (~0 << sent) });
  }

  #shifted(due: number): void {
    this.#shifting = false;
    this.onCharacter(this.#character!);
    if (this.#udr >= 0) {
      const data = this.#udr;
      this.#udr = -1;
      this.#status |= UDRE;
      this.#shift(data, due);
    } else this.#status |= TXC;
    this.#update();
  }

  /** The receive shift register has a whole character. */
  deliver(byte: number, framingError: boolean): void {
    if ((this.#control & RXEN) === 0) return;
    this.received++;
    const held = { byte, flags: framingError ? FE : 0 };
    if (this.#fifo.length >= 3) {
      // datasheet "Receiver Error Flags": two in the buffer, one in the shift register, and a new start bit: the third is lost
      this.#fifo[2] = held;
      this.#overrun = DOR;
      this.overruns++;
    } else this.#fifo.push(held);
    this.#update();
  }

  #readStatus(): number {
    const head = this.#fifo[0];
    const receiver = head === undefined ? 0 : RXC | head.flags;
    return (this.#status & (TXC | UDRE | U2X | MPCM)) | receiver | this.#overrun;
  }

  #readData(): number {
    const head = this.#fifo.shift();
    this.#overrun = 0;
    this.#update();
    return head === undefined ? 0 : head.byte;
  }

  #update(): void {
    const { core, config } = this;
    core.request(config.vectors.rx, (this.#control & RXCIE) !== 0 && this.#fifo.length > 0);
    core.request(config.vectors.udre, (this.#control & UDRIE) !== 0 && (this.#status & UDRE) !== 0);
    core.request(config.vectors.tx, (this.#control & TXCIE) !== 0 && (this.#status & TXC) !== 0);
  }
}

export const usartFlags = { RXC, TXC, UDRE, FE, DOR, UPE, U2X } as const;
