/**
 * Question and answer on a bare port: what a bootloader speaks before there are frames. One owner, one pending `receive` at a time.
 */
import type { SerialPortStream } from '@serialport/stream';
import { KizashiError } from '../errors.js';
import { type Clock, delay, type OpenPortOptions, openPort, systemClock, type TimerHandle } from '../link/index.js';
import { closePort } from '../link/open-port.js';

/** Time DTR stays released: the reset capacitor of an Arduino (100 nF, 1 kΩ to 10 kΩ) recharges meanwhile. */
const resetMs = 100;
/** Bytes kept at most while nobody asks: a sketch that prints must not fill memory. */
const keptMost = 65_536;

interface Waiter {
  count: number;
  timer: TimerHandle;
  settle: (bytes: Uint8Array | undefined) => void;
  fail: (error: KizashiError) => void;
}

export class SerialDialog {
  readonly path: string;
  readonly clock: Clock;
  /** Every byte received since opening, discarded ones too. */
  received = 0;
  readonly #stream: SerialPortStream;
  #kept: Buffer = Buffer.alloc(0);
  #waiter?: Waiter;
  #lost?: KizashiError;

  private constructor(stream: SerialPortStream, options: OpenPortOptions) {
    this.path = options.path;
    this.clock = options.clock ?? systemClock;
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('close', (error: Error | null) => this.#lose(error?.message ?? 'the port closed'));
    stream.on('error', (error: Error) => this.#lose(error.message));
  }

  /** @throws as `openPort` */
  static async open(options: OpenPortOptions): Promise<SerialDialog> {
    return new SerialDialog(await openPort(options), options);
  }

  /** @throws KZ0105 when the port was lost */
  async send(bytes: Uint8Array | readonly number[]): Promise<void> {
    this.#mustLive();
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(Buffer.from(bytes), (error) => {
        if (error) reject(this.#lose(error.message));
        else resolve();
      });
    });
  }

  /** Exactly `count` bytes, or undefined if they are not there after `ms`; what came stays for the next call. @throws KZ0105 */
  receive(count: number, ms: number): Promise<Uint8Array | undefined> {
    this.#mustLive();
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimer(ms, () => this.#settle(undefined));
      this.#waiter = { count, timer, settle: resolve, fail: reject };
      this.#serve();
    });
  }

  /** Forgets what was received and not asked for; returns it. */
  discard(): Uint8Array {
    const old = this.#kept;
    this.#kept = Buffer.alloc(0);
    return old;
  }

  /** Lets the line be for `ms` and returns what came meanwhile. @throws KZ0105 */
  async listen(ms: number): Promise<Uint8Array> {
    await delay(this.clock, ms);
    this.#mustLive();
    return this.discard();
  }

  /** @throws KZ0106 where the driver refuses the rate */
  async setBaud(baud: number): Promise<void> {
    this.#mustLive();
    await new Promise<void>((resolve, reject) =>
      this.#stream.update({ baudRate: baud }, (error) => (error ? reject(error) : resolve())),
    ).catch((cause) => {
      const { path } = this;
      throw new KizashiError('KZ0106', `${path} does not run at ${baud} baud`, { path, baud }, { cause });
    });
    this.discard();
  }

  /** Resets a board whose reset line hangs on DTR (and RTS, on some adapters). Ports without such lines (a pty) are left alone. */
  async pulseReset(): Promise<void> {
    const set = (on: boolean) =>
      new Promise<void>((resolve) => this.#stream.set({ dtr: on, rts: on }, () => resolve()));
    this.#mustLive();
    await set(false);
    await delay(this.clock, resetMs);
    this.discard();
    this.#mustLive();
    await set(true);
  }

  /** Frees the port; at the latest after 1 s. */
  async close(): Promise<void> {
    this.#lost ??= this.#gone('the port was closed');
    this.#waiter?.fail(this.#lost);
    this.#waiter = undefined;
    await closePort(this.#stream, this.clock);
  }

  #gone(detail: string): KizashiError {
    return new KizashiError('KZ0105', `${this.path}: ${detail}`, { path: this.path });
  }

  #mustLive(): void {
    if (this.#lost) throw this.#lost;
  }

  #lose(detail: string): KizashiError {
    this.#lost ??= this.#gone(detail);
    const waiter = this.#waiter;
    if (waiter) {
      this.#waiter = undefined;
      this.clock.clear(waiter.timer);
      waiter.fail(this.#lost);
    }
    return this.#lost;
  }

  #take(chunk: Buffer): void {
    this.received += chunk.length;
    const all = Buffer.concat([this.#kept, chunk]);
    this.#kept = all.length > keptMost ? all.subarray(all.length - keptMost) : all;
    this.#serve();
  }

  #serve(): void {
    const waiter = this.#waiter;
    if (!waiter || this.#kept.length < waiter.count) return;
    const bytes = Uint8Array.from(this.#kept.subarray(0, waiter.count));
    this.#kept = this.#kept.subarray(waiter.count);
    this.#settle(bytes);
  }

  #settle(bytes: Uint8Array | undefined): void {
    const waiter = this.#waiter;
    if (!waiter) return;
    this.#waiter = undefined;
    this.clock.clear(waiter.timer);
    waiter.settle(bytes);
  }
}
