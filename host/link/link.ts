/**
 * One open port: bytes become messages, messages become bytes, and everything that is neither is counted by cause.
 *
 *     port bytes ─▶ budget ─▶ FrameReader ─▶ body ─▶ strict decode ─▶ 'message'
 *     send(body) ─▶ encodeFrame ─▶ port bytes
 *
 * A link ends once: by `close()` silently, by anything else with exactly one `lost`. It never reopens; host/session does that.
 */
import { EventEmitter } from 'node:events';
import { access } from 'node:fs/promises';
import type { SerialPortStream } from '@serialport/stream';
import { decodeMessage, encodeFrame, FrameReader, type Message, ProtocolError } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { type Clock, systemClock, type TimerHandle } from './clock.js';
import { closePort, type OpenPortOptions, openPort } from './open-port.js';

export interface LinkOptions extends OpenPortOptions {
  /** Most bytes a second taken from the port; beyond it the port is paused for 1 s. */
  byteBudget?: number;
}

/** `silent`: no byte for the time of `watchSilence`; `gone`: the same, and the device node vanished too. */
export type LostReason = 'unplugged' | 'write' | 'silent' | 'gone' | 'error';

export interface LinkAlarm {
  cause: 'noise' | 'malformed' | 'flood';
  /** A sentence for people. */
  text: string;
}

/** What the port delivered, by cause. Names are those of docs/protocol.md, "what each bad input gets". */
export interface LinkCounters {
  bytes: number;
  messages: number;
  overlong: number;
  cobs: number;
  short: number;
  crc: number;
  cbor: number;
  shape: number;
  flood: number;
}

interface LinkEvents {
  message: [message: Message, item: Uint8Array, at: number];
  lost: [reason: LostReason, detail: string];
  alarm: [alarm: LinkAlarm];
}

/** A silent line gets an extra 0x00 before the next frame, so that chatter cannot swallow it (framing rule of kz1). */
const leadAfterMs = 50;
const noiseWindowMs = 10_000;
const noiseLimit = 100;
const floodPauseMs = 1000;

export class Link extends EventEmitter<LinkEvents> {
  readonly path: string;
  readonly clock: Clock;
  #stream: SerialPortStream;
  #baud: number;
  #reader = new FrameReader();
  #budget: number;
  #ended = false;
  #bytes = 0;
  #messages = 0;
  #cbor = 0;
  #shape = 0;
  #flood = 0;
  #lastByteAt: number;
  #lastSendAt = Number.NEGATIVE_INFINITY;
  #second = { from: 0, bytes: 0 };
  #noise = { from: 0, at: 0 };
  #malformedAt = Number.NEGATIVE_INFINITY;
  #silence?: TimerHandle;
  #resume?: TimerHandle;

  /** Use `openLink`. `stream` is open. */
  constructor(stream: SerialPortStream, options: LinkOptions) {
    super();
    this.path = options.path;
    this.clock = options.clock ?? systemClock;
    this.#baud = options.baud;
    this.#budget = options.byteBudget ?? 256_000;
    this.#stream = stream;
    this.#lastByteAt = this.clock.now();
    stream.on('data', (chunk: Uint8Array) => this.#take(chunk));
    stream.on('close', (error: Error | null) => this.#lose('unplugged', error?.message ?? 'the port closed'));
    stream.on('end', () => this.#lose('unplugged', 'the port ended'));
    stream.on('error', (error: Error) => this.#lose('error', error.message));
  }

  get baud(): number {
    return this.#baud;
  }

  /** False after `close()` or `lost`. */
  get open(): boolean {
    return !this.#ended;
  }

  /** Milliseconds since the last byte arrived, or since opening. */
  get silentMs(): number {
    return this.clock.now() - this.#lastByteAt;
  }

  get counters(): LinkCounters {
    const { overlong, cobs, short, crc } = this.#reader.counters;
    return {
      bytes: this.#bytes,
      messages: this.#messages,
      overlong,
      cobs,
      short,
      crc,
      cbor: this.#cbor,
      shape: this.#shape,
      flood: this.#flood,
    };
  }

  /** Sends one item as a frame. Does nothing on a link that ended: the caller hears of that by `lost`. */
  send(body: Uint8Array): void {
    if (this.#ended) return;
    const now = this.clock.now();
    const frame = encodeFrame(body, now - this.#lastSendAt >= leadAfterMs);
    this.#lastSendAt = now;
    this.#stream.write(Buffer.from(frame.buffer, frame.byteOffset, frame.length), (error) => {
      if (error) this.#lose('write', error.message);
    });
  }

  /** Changes the line rate without closing the port, so that the board is not reset. */
  async setBaud(baud: number): Promise<void> {
    if (this.#ended || baud === this.#baud) return;
    await new Promise<void>((resolve, reject) =>
      this.#stream.update({ baudRate: baud }, (error) => (error ? reject(error) : resolve())),
    ).catch((cause) => {
      throw new KizashiError(
        'KZ0106',
        `${this.path} does not run at ${baud} baud`,
        { path: this.path, baud },
        { cause },
      );
    });
    this.#baud = baud;
    this.#reader.reset();
  }

  /**
   * Resets a board whose reset line hangs on DTR, by releasing and asserting it. Resolves false where the port has no such line (a pty).
   */
  async pulseReset(): Promise<boolean> {
    const set = (dtr: boolean) =>
      new Promise<boolean>((resolve) => this.#stream.set({ dtr, rts: dtr }, (error) => resolve(!error)));
    if (this.#ended || !(await set(false))) return false;
    await new Promise<void>((resolve) => this.clock.setTimer(100, resolve));
    return set(true);
  }

  /**
   * Loses the link when no byte arrives for `ms`, counted from now at the earliest; 0 ends the watch. The caller writes something at least as often (a ping): on Linux only a failing write
   * uncovers some vanished ports.
   */
  watchSilence(ms: number): void {
    if (this.#silence !== undefined) this.clock.clear(this.#silence);
    this.#silence = undefined;
    if (ms <= 0 || this.#ended) return;
    const from = this.clock.now();
    const check = () => {
      const left = ms - (this.clock.now() - Math.max(from, this.#lastByteAt));
      if (left > 0) this.#silence = this.clock.setTimer(Math.ceil(left), check);
      else void this.#silent(ms);
    };
    this.#silence = this.clock.setTimer(ms, check);
  }

  /** Ends the link without `lost`. Resolves when the port is free again, at the latest after 1 s. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#drop();
  }

  async #silent(ms: number): Promise<void> {
    const node = this.path.startsWith('/')
      ? await access(this.path).then(
          () => true,
          () => false,
        )
      : true;
    if (node) this.#lose('silent', `no byte for ${Math.round(ms / 100) / 10} s`);
    else this.#lose('gone', 'the device node vanished');
  }

  #lose(reason: LostReason, detail: string): void {
    if (this.#ended) return;
    this.#ended = true;
    void this.#drop();
    this.emit('lost', reason, detail);
  }

  async #drop(): Promise<void> {
    if (this.#silence !== undefined) this.clock.clear(this.#silence);
    if (this.#resume !== undefined) this.clock.clear(this.#resume);
    await closePort(this.#stream, this.clock);
  }

  #take(chunk: Uint8Array): void {
    if (this.#ended) return;
    const at = this.clock.now();
    this.#lastByteAt = at;
    this.#bytes += chunk.length;
    if (this.#overBudget(chunk.length, at)) return;
    const bodies: Uint8Array[] = [];
    this.#reader.push(chunk, (body) => bodies.push(body));
    this.#watchNoise(at);
    for (const body of bodies) {
      const message = this.#decode(body, at);
      if (message && !this.#ended) {
        this.#messages++;
        this.emit('message', message, body, at);
      }
    }
  }

  #decode(body: Uint8Array, at: number): Message | undefined {
    try {
      return decodeMessage(body, 'd2h');
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.cause === 'cbor') this.#cbor++;
      else this.#shape++;
      if (at - this.#malformedAt >= noiseWindowMs) {
        this.#malformedAt = at;
        const text = `${this.path} sends malformed messages (the checksum is right: not noise): ${error.message}`;
        this.emit('alarm', { cause: 'malformed', text });
      }
      return undefined;
    }
  }

  #overBudget(bytes: number, at: number): boolean {
    if (at - this.#second.from >= 1000) this.#second = { from: at, bytes: 0 };
    this.#second.bytes += bytes;
    if (this.#second.bytes <= this.#budget) return false;
    this.#flood++;
    this.#reader.reset();
    this.#stream.pause();
    this.#second = { from: at + floodPauseMs, bytes: 0 };
    this.#resume = this.clock.setTimer(floodPauseMs, () => this.#stream.resume());
    this.emit('alarm', { cause: 'flood', text: `${this.path} floods the gateway: paused for 1 s` });
    return true;
  }

  #watchNoise(at: number): void {
    const { overlong, cobs, short, crc } = this.#reader.counters;
    const sum = overlong + cobs + short + crc;
    if (at - this.#noise.at >= noiseWindowMs) {
      this.#noise = { from: sum, at };
    } else if (sum - this.#noise.from >= noiseLimit) {
      this.emit('alarm', { cause: 'noise', text: `line noise or wrong baud on ${this.path}` });
      this.#noise = { from: sum, at };
    }
  }
}

/** Opens a port as a link; the board is reset by it as by `openPort`. @throws as `openPort` */
export async function openLink(options: LinkOptions): Promise<Link> {
  return new Link(await openPort(options), options);
}
