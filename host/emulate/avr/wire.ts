import type { Chip } from './chip.js';
import { TimedEvent } from './events.js';
import { type Character, character8n1, LineReceiver, type Received } from './line.js';

/** The two wires of the serial line, seen from the board's clock: what the far end hears, and what it sends. */
export class Wire {
  bytesOut = 0;
  framingErrors = 0;
  /** Cycle at which the last character the far end sends has left it. */
  receiveEnds = 0;
  readonly #far: LineReceiver;
  readonly #listeners: ((byte: number, cycle: number) => void)[] = [];
  #baud = 115_200;
  #incoming: Character[] = [];
  #chip: Chip | undefined;
  #arrival: TimedEvent | undefined;
  #pushed: Received[] = [];

  /** @param trueHz cycles a true second */
  constructor(private readonly trueHz: number) {
    this.#far = new LineReceiver(trueHz / this.#baud);
  }

  get lineBaud(): number {
    return this.#baud;
  }

  set lineBaud(baud: number) {
    this.#baud = baud;
    this.#far.bit = this.trueHz / baud;
  }

  onByte(fn: (byte: number, cycle: number) => void): void {
    this.#listeners.push(fn);
  }

  /** A chip begins its life on these wires. */
  attach(chip: Chip): void {
    this.#chip = chip;
    this.#pushed = [];
    chip.usart.onCharacter = (character) => this.#heard(this.#far.push(character));
    this.#arrival = new TimedEvent((due) => this.#arrive(due));
    this.#plan();
  }

  #heard(received: Received[]): void {
    for (const { byte, framingError, at } of received) {
      // a USB bridge passes a character with a bad stop bit on like any other
      if (framingError) this.framingErrors++;
      this.bytesOut++;
      for (const fn of this.#listeners) fn(byte, at + this.#far.bit / 2);
    }
  }

  /** Everything up to `cycle` is known: characters that waited for the idle line are decided. */
  settle(cycle: number): void {
    this.#heard(this.#far.flush(cycle));
  }

  receive(bytes: Uint8Array, fromCycle: number): void {
    const bit = this.trueHz / this.#baud;
    let start = Math.max(fromCycle, this.receiveEnds);
    const idle = this.#incoming.length === 0;
    for (const byte of bytes) {
      this.#incoming.push(character8n1(byte, start, bit));
      start += 10 * bit;
    }
    this.receiveEnds = start;
    if (idle) this.#plan();
  }

  #plan(): void {
    const chip = this.#chip;
    if (chip === undefined || this.#arrival === undefined) return;
    const { events } = chip.core;
    const { receiver } = chip.usart;
    let due = Infinity;
    if (this.#pushed.length > 0) due = this.#pushed[0]!.at;
    const head = this.#incoming[0];
    if (head !== undefined) {
      // with the same rate the receiver has it in the middle of its own stop bit; else it is decided when the character is over
      const same = Math.abs(head.bit / receiver.bit - 1) <= 0.02;
      due = Math.min(due, same ? head.start + 9.5 * receiver.bit : head.start + head.bits * head.bit);
    } else if (receiver.waiting) due = Math.min(due, chip.core.cpu.cycles + 12 * receiver.bit);
    if (due === Infinity) events.cancel(this.#arrival);
    else events.schedule(this.#arrival, Math.ceil(due));
  }

  #arrive(due: number): void {
    const { usart } = this.#chip!;
    while (this.#incoming.length > 0) {
      const head = this.#incoming[0]!;
      if (head.start + 9.5 * Math.min(head.bit, usart.receiver.bit) > due) break;
      this.#incoming.shift();
      if (usart.receiving) this.#pushed.push(...usart.receiver.push(head));
    }
    if (this.#incoming.length === 0 && usart.receiver.waiting) this.#pushed.push(...usart.receiver.flush(due));
    while (this.#pushed.length > 0 && this.#pushed[0]!.at <= due + 1) {
      const { byte, framingError } = this.#pushed.shift()!;
      usart.deliver(byte, framingError);
    }
    this.#plan();
  }
}
