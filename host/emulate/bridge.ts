import type { Random } from './random.js';

/**
 * Models of the USB bridge between UART and host: when a character that has left the line reaches the host, and the other way. They give
 * the parser and the clock regression realistic chunks and jitter; they claim nothing about real bridges at high baud rates.
 */
export type BridgeKind = 'direct' | '16u2' | 'ch340' | 'ftdi';

export interface BridgeModel {
  /** Full-speed USB moves data once a frame; 0 passes every character at once. */
  frameMs: number;
  /** Characters one IN packet holds; more wait for the next packet of the same frame. */
  packet: number;
  /** A packet that is not full waits this long for more. */
  latencyMs: number;
  /** Largest extra delay until the host's driver has it, uniformly distributed. */
  jitterMs: number;
}

/** USB 2.0 full speed: 1 ms frames, bulk packets of at most 64 B. FTDI keeps two status bytes of each packet and a latency timer of 16 ms. */
export const bridgeModels: Record<BridgeKind, BridgeModel> = {
  direct: { frameMs: 0, packet: 64, latencyMs: 0, jitterMs: 0 },
  '16u2': { frameMs: 1, packet: 64, latencyMs: 0, jitterMs: 0.125 },
  ch340: { frameMs: 1, packet: 32, latencyMs: 0, jitterMs: 0.25 },
  ftdi: { frameMs: 1, packet: 62, latencyMs: 16, jitterMs: 0.25 },
};

export interface Delivery {
  /** Virtual time in ms at which the host's driver has the bytes. */
  at: number;
  bytes: Uint8Array;
}

/** A bridge between one UART and one host port. Times are virtual milliseconds. */
export class Bridge {
  readonly #model: BridgeModel;
  readonly #random: Random;
  readonly #phase: number;
  /** The packet that is filling: its bytes, the arrival of its first and last character. */
  #pending: number[] = [];
  #firstAt = 0;
  #lastAt = 0;
  #lastDelivery = 0;

  constructor(kind: BridgeKind, random: Random) {
    this.#model = bridgeModels[kind];
    this.#random = random;
    this.#phase = random.f64() * this.#model.frameMs;
  }

  #frameAfter(at: number): number {
    const { frameMs } = this.#model;
    if (frameMs === 0) return at;
    return (Math.floor((at - this.#phase) / frameMs) + 1) * frameMs + this.#phase;
  }

  #close(): Delivery {
    const { frameMs, latencyMs, jitterMs, packet } = this.#model;
    const full = this.#pending.length >= packet;
    const ready = full ? this.#lastAt : Math.max(this.#lastAt, this.#firstAt + latencyMs);
    let at = this.#frameAfter(ready);
    if (frameMs > 0) at += this.#random.f64() * jitterMs;
    if (at < this.#lastDelivery) at = this.#lastDelivery;
    this.#lastDelivery = at;
    const bytes = Uint8Array.from(this.#pending);
    this.#pending = [];
    return { at, bytes };
  }

  /** A character has left the line at `at`. Returns the packets that this closed. */
  push(byte: number, at: number): Delivery | undefined {
    const { packet, latencyMs } = this.#model;
    let closed: Delivery | undefined;
    if (this.#pending.length > 0) {
      const limit = latencyMs > 0 ? this.#firstAt + latencyMs : this.#frameAfter(this.#firstAt);
      if (at >= limit || (this.#model.frameMs === 0 && at > this.#lastAt + 0.2)) closed = this.#close();
    }
    if (this.#pending.length === 0) this.#firstAt = at;
    this.#pending.push(byte);
    this.#lastAt = at;
    // a full packet closes at its last character; the next one starts empty, so at most one packet closes here
    if (this.#pending.length >= packet && closed === undefined) closed = this.#close();
    return closed;
  }

  /** Time at which the filling packet reaches the host if nothing more comes; `Infinity` if it is empty. */
  flushDue(): number {
    if (this.#pending.length === 0) return Infinity;
    const { latencyMs } = this.#model;
    return this.#frameAfter(latencyMs > 0 ? Math.max(this.#lastAt, this.#firstAt + latencyMs) : this.#firstAt);
  }

  flush(): Delivery | undefined {
    return this.#pending.length > 0 ? this.#close() : undefined;
  }

  /** Time at which bytes that the host writes at `at` start on the line. */
  toLine(at: number): number {
    return this.#frameAfter(at);
  }

  /** Forgets what is under way (unplugged). */
  clear(): void {
    this.#pending = [];
  }
}
