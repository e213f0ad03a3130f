/** One asynchronous character on a wire: start bit, data, optional parity, stop bits. */
export interface Character {
  /** Cycle of the falling edge of the start bit (fractional: the far end has its own clock). */
  start: number;
  /** Cycles a bit. */
  bit: number;
  /** Levels in order of time, start bit first as bit 0 of the number. */
  levels: number;
  /** How many bits `levels` holds. */
  bits: number;
}

/** A start bit, eight data bits, one stop bit. */
export function character8n1(byte: number, start: number, bit: number): Character {
  return { start, bit, levels: (byte << 1) | 0x200, bits: 10 };
}

export interface Received {
  byte: number;
  /** The stop bit was read as 0. */
  framingError: boolean;
  /** Cycle of the middle of the stop bit, when the receiver has the character. */
  at: number;
}

/** Largest difference of the two rates at which a receiver takes whole characters without looking at single bits. */
const TOLERANCE = 0.02;

/**
 * A receiver that samples somebody else's bit stream at its own bit centres (ATmega328P datasheet, "Asynchronous Data Reception"). With
 * equal rates it gives the characters that were sent; with others the natural garbage. 8N1.
 */
export class LineReceiver {
  #known: Character[] = [];
  /** The receiver looks for the next falling edge from here on. */
  #idleFrom = -Infinity;

  /** @param bit cycles a bit of this receiver */
  constructor(public bit: number) {}

  /** Puts a character on the wire, after all earlier ones. Gives what the receiver has decoded with certainty by its end. */
  push(character: Character): Received[] {
    const ratio = character.bit / this.bit - 1;
    if (
      this.#known.length === 0 &&
      Math.abs(ratio) <= TOLERANCE &&
      character.bits === 10 &&
      character.start >= this.#idleFrom
    ) {
      const at = character.start + 9.5 * this.bit;
      this.#idleFrom = at;
      return [{ byte: (character.levels >> 1) & 0xff, framingError: (character.levels & 0x200) === 0, at }];
    }
    this.#known.push(character);
    return this.#decode(character.start + character.bits * character.bit);
  }

  /** The wire is idle until `cycle`: what was waiting for later levels is decided. */
  flush(cycle: number): Received[] {
    return this.#known.length > 0 ? this.#decode(cycle) : [];
  }

  /** Characters on the wire that are not decided yet. */
  get waiting(): boolean {
    return this.#known.length > 0;
  }

  #level(at: number): number {
    for (const c of this.#known) {
      if (at < c.start) return 1;
      const index = Math.floor((at - c.start) / c.bit);
      if (index < c.bits) return (c.levels >> index) & 1;
    }
    return 1;
  }

  /** First falling edge at or after `from`, or a low level there; `Infinity` if the known wire has none. */
  #edge(from: number): number {
    for (const c of this.#known) {
      if (c.start + c.bits * c.bit <= from) continue;
      for (let i = Math.max(0, Math.floor((from - c.start) / c.bit)); i < c.bits; i++) {
        if (((c.levels >> i) & 1) === 0) return Math.max(from, c.start + i * c.bit);
      }
    }
    return Infinity;
  }

  #decode(knownUntil: number): Received[] {
    const out: Received[] = [];
    for (;;) {
      const start = this.#edge(Math.max(this.#idleFrom, this.#known[0]?.start ?? 0));
      const at = start + 9.5 * this.bit;
      if (at > knownUntil) break;
      if (this.#level(start + this.bit / 2) === 1) {
        // false start: the level was high again in the middle of the start bit
        this.#idleFrom = start + this.bit / 2;
        continue;
      }
      let byte = 0;
      for (let i = 0; i < 8; i++) byte |= this.#level(start + (1.5 + i) * this.bit) << i;
      const stop = this.#level(at);
      out.push({ byte, framingError: stop === 0, at });
      this.#idleFrom = at;
    }
    while (this.#known.length > 0) {
      const c = this.#known[0]!;
      const end = c.start + c.bits * c.bit;
      if (end > Math.min(this.#idleFrom, knownUntil)) {
        const edge = this.#edge(Math.max(this.#idleFrom, c.start));
        if (edge < end || end > knownUntil) break;
      }
      this.#known.shift();
    }
    return out;
  }
}
