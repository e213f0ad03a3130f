import type { SerialPortStream } from '@serialport/stream';
import type { Board } from './board.js';
import { Bridge, type BridgeKind, type Delivery } from './bridge.js';
import type { Random } from './random.js';

// @serialport/bindings-interface states its types for `require` only; the stream's own types lead to them
type BindingInterface = ConstructorParameters<typeof SerialPortStream>[0]['binding'];
type BindingPortInterface = Awaited<ReturnType<BindingInterface['open']>>;
type OpenOptions = Parameters<BindingInterface['open']>[0];
type PortInfo = Awaited<ReturnType<BindingInterface['list']>>[number];
type PortStatus = Awaited<ReturnType<BindingPortInterface['get']>>;
type SetOptions = Parameters<BindingPortInterface['set']>[0];
type UpdateOptions = Parameters<BindingPortInterface['update']>[0];

/** What a serial driver keeps of received bytes before it drops them. */
const RX_LIMIT = 65_536;
/** Bytes a write may leave queued before it has to wait (size of the kernel's tty buffer). */
const TX_LIMIT = 4_096;

export type Direction = 'toHost' | 'toBoard';
/** Sees every chunk on the cable and returns what passes instead: nothing, the same, changed, or more. */
export type LineTap = (bytes: Uint8Array, direction: Direction) => Uint8Array[];

export interface PortStats {
  toHost: number;
  toBoard: number;
  overflow: number;
  resets: number;
  opens: number;
}

/** What a port needs of the world it stands in. */
export interface PortWorld {
  now(): number;
  cycleAt(port: EmulatedPort, ms: number): number;
  timeAt(port: EmulatedPort, cycle: number): number;
  /** Host activity: the world takes short steps for a while. */
  stir(): void;
}

class CanceledError extends Error {
  readonly canceled = true;
}

/** Linux driver texts, as serialport passes them on: a caller that knows them from real ports understands these. */
const NO_SUCH = 'Error: No such file or directory, cannot open ';
const LOCKED = 'Error Resource temporarily unavailable Cannot lock port';

interface Waiter {
  buffer: Buffer;
  offset: number;
  length: number;
  resolve: (result: { buffer: Buffer; bytesRead: number }) => void;
  reject: (error: Error) => void;
}

/**
 * The socket an emulated board is plugged into: USB bridge, cable, DTR capacitor. `EmulatedPort` outlives openings; each opening is an
 * `OpenPort`, the object serialport's stream works with.
 */
export class EmulatedPort {
  readonly path: string;
  readonly stats: PortStats = { toHost: 0, toBoard: 0, overflow: 0, resets: 0, opens: 0 };
  plugged = true;
  dtr = false;
  opened: OpenPort | undefined;
  /** Due deliveries to the host, in order of time. */
  deliveries: Delivery[] = [];
  readonly #world: PortWorld;
  readonly #bridge: Bridge;
  #tap: LineTap | undefined;
  /** Bytes the host has written that have not been given to the line: each with the time it may start. */
  #outgoing: { at: number; bytes: Uint8Array }[] = [];

  constructor(
    readonly board: Board,
    readonly name: string,
    world: PortWorld,
    bridge: BridgeKind,
    random: Random,
  ) {
    this.path = `emu:${name}`;
    this.#world = world;
    this.#bridge = new Bridge(bridge, random);
    board.uart.onByte((byte, cycle) => {
      if (!this.plugged) return;
      const closed = this.#bridge.push(byte, this.#world.timeAt(this, cycle));
      if (closed) this.#schedule(closed);
    });
  }

  get info(): PortInfo {
    return {
      path: this.path,
      manufacturer: 'kizashi emulator',
      serialNumber: this.name,
      pnpId: undefined,
      locationId: undefined,
      vendorId: '2341',
      productId: '0043',
    };
  }

  #schedule(delivery: Delivery): void {
    if (!this.#tap) {
      this.deliveries.push(delivery);
      return;
    }
    for (const bytes of this.#tap(delivery.bytes, 'toHost')) {
      if (bytes.length > 0) this.deliveries.push({ at: delivery.at, bytes });
    }
  }

  tap(fn: LineTap | undefined): void {
    this.#tap = fn;
  }

  /** Puts bytes onto the cable as if the far end had sent them; the tap does not see them. */
  inject(bytes: Uint8Array, direction: Direction): void {
    this.#world.stir();
    if (direction === 'toHost') {
      const at = Math.max(this.#world.now(), this.deliveries[this.deliveries.length - 1]?.at ?? 0);
      this.deliveries.push({ at, bytes: Uint8Array.from(bytes) });
    } else this.#outgoing.push({ at: this.#bridge.toLine(this.#world.now()), bytes: Uint8Array.from(bytes) });
  }

  /** Time in ms of the next thing the host would notice: a delivery, counting what the bridge still holds, or a write that may go on. */
  nextInstant(): number {
    const delivery = this.deliveries.length > 0 ? this.deliveries[0]!.at : this.#bridge.flushDue();
    return Math.min(delivery, this.opened?.releaseDue() ?? Infinity);
  }

  /** Moves to the host what has reached its driver at `ms`. */
  deliverUntil(ms: number): void {
    if (this.#bridge.flushDue() <= ms) {
      const rest = this.#bridge.flush();
      if (rest) this.#schedule(rest);
    }
    while (this.deliveries.length > 0 && this.deliveries[0]!.at <= ms) {
      const { bytes } = this.deliveries.shift()!;
      this.stats.toHost += bytes.length;
      this.opened?.accept(bytes);
    }
    this.opened?.release();
  }

  /** Host bytes go onto the line, before the board runs on. */
  feedLine(): void {
    for (const { at, bytes } of this.#outgoing) {
      const passed = this.#tap ? this.#tap(bytes, 'toBoard') : [bytes];
      for (const part of passed) {
        this.stats.toBoard += part.length;
        this.board.uart.receive(part, this.#world.cycleAt(this, at));
      }
    }
    this.#outgoing.length = 0;
  }

  queue(bytes: Uint8Array): void {
    this.#world.stir();
    this.#outgoing.push({ at: this.#bridge.toLine(this.#world.now()), bytes: Uint8Array.from(bytes) });
  }

  /** Characters the host has written that have not left the line now. */
  unsent(): number {
    let count = 0;
    for (const { bytes } of this.#outgoing) count += bytes.length;
    const { uart } = this.board;
    const ms = this.#world.timeAt(this, uart.receiveEnds) - this.#world.now();
    return count + Math.max(0, Math.ceil((ms * uart.lineBaud) / 10_000 - 1e-6));
  }

  /** Time in ms at which no more than `limit` characters are left, if all are on the line. */
  sentDue(limit: number): number {
    if (this.#outgoing.length > 0) return Infinity;
    const { uart } = this.board;
    return this.#world.timeAt(this, uart.receiveEnds) - (limit * 10_000) / uart.lineBaud;
  }

  discardOutgoing(): void {
    this.#outgoing.length = 0;
  }

  /** The reset capacitor passes the edge to asserted only. */
  setDtr(asserted: boolean): void {
    if (asserted && !this.dtr && this.plugged) {
      this.stats.resets++;
      this.board.reset('external');
    }
    this.dtr = asserted;
  }

  /** Pulls the plug: the port is gone, the board without power, the opened port fails as a vanished tty does. */
  unplug(): void {
    if (!this.plugged) return;
    this.plugged = false;
    this.dtr = false;
    this.deliveries = [];
    this.#outgoing.length = 0;
    this.#bridge.clear();
    this.board.power(false);
    this.opened?.vanish();
  }

  plug(): void {
    if (this.plugged) return;
    this.plugged = true;
    this.board.power(true);
  }

  open(options: OpenOptions): OpenPort {
    if (!this.plugged) throw new Error(`${NO_SUCH}${this.path}`);
    if (this.opened !== undefined) throw new Error(LOCKED);
    this.stats.opens++;
    this.deliveries = [];
    this.board.uart.lineBaud = options.baudRate;
    this.opened = new OpenPort(this, options);
    this.#world.stir();
    this.setDtr(true);
    return this.opened;
  }
}

/** One opening of an emulated port. */
export class OpenPort implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  isOpen = true;
  #gone = false;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #reader: Waiter | undefined;
  #writers: { limit: number; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(
    readonly port: EmulatedPort,
    options: OpenOptions,
  ) {
    this.openOptions = {
      dataBits: 8,
      lock: true,
      stopBits: 1,
      parity: 'none',
      rtscts: false,
      xon: false,
      xoff: false,
      xany: false,
      hupcl: true,
      ...options,
    };
  }

  accept(bytes: Uint8Array): void {
    const room = RX_LIMIT - this.#receivedBytes;
    if (bytes.length > room) this.port.stats.overflow += bytes.length - room;
    if (room <= 0) return;
    const kept = Buffer.from(bytes.subarray(0, room));
    this.#received.push(kept);
    this.#receivedBytes += kept.length;
    this.#serve();
  }

  #serve(): void {
    const reader = this.#reader;
    if (reader === undefined || this.#receivedBytes === 0) return;
    this.#reader = undefined;
    let copied = 0;
    while (copied < reader.length && this.#received.length > 0) {
      const head = this.#received[0]!;
      const n = head.copy(reader.buffer, reader.offset + copied, 0, reader.length - copied);
      copied += n;
      if (n === head.length) this.#received.shift();
      else this.#received[0] = head.subarray(n);
    }
    this.#receivedBytes -= copied;
    reader.resolve({ buffer: reader.buffer, bytesRead: copied });
  }

  #demandOpen(): void {
    if (!this.isOpen) throw new Error('Port is not open');
  }

  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    return new Promise((resolve, reject) => {
      if (!Buffer.isBuffer(buffer)) return reject(new TypeError('"buffer" is not a Buffer'));
      if (!Number.isInteger(offset) || !Number.isInteger(length))
        return reject(new TypeError('"offset" or "length" is not an integer'));
      if (buffer.length < offset + length) return reject(new Error('buffer is too small'));
      if (!this.isOpen) return reject(new CanceledError('Port is not open'));
      if (this.#gone) return reject(new Error('Error: Input/output error, calling read'));
      this.#reader = { buffer, offset, length, resolve, reject };
      this.#serve();
    });
  }

  async write(buffer: Buffer): Promise<void> {
    if (!Buffer.isBuffer(buffer)) throw new TypeError('"buffer" is not a Buffer');
    this.#demandOpen();
    if (this.#gone) throw new Error('Error: Input/output error, calling write');
    this.port.queue(buffer);
    if (this.port.unsent() > TX_LIMIT) await this.#waitFor(TX_LIMIT);
  }

  /** Resolves once at most `limit` characters have not left the line. */
  #waitFor(limit: number): Promise<void> {
    return new Promise((resolve, reject) => this.#writers.push({ limit, resolve, reject }));
  }

  /** Time in ms at which the next write or drain may go on. */
  releaseDue(): number {
    let due = Infinity;
    for (const { limit } of this.#writers) due = Math.min(due, this.port.sentDue(limit));
    return due;
  }

  release(): void {
    if (this.#writers.length === 0) return;
    const unsent = this.port.unsent();
    this.#writers = this.#writers.filter((writer) => {
      if (unsent > writer.limit) return true;
      writer.resolve();
      return false;
    });
  }

  async update(options: UpdateOptions): Promise<void> {
    if (typeof options !== 'object' || typeof options.baudRate !== 'number')
      throw new TypeError('"options.baudRate" is not a number');
    this.#demandOpen();
    this.port.board.uart.lineBaud = options.baudRate;
    (this.openOptions as { baudRate: number }).baudRate = options.baudRate;
  }

  async set(options: SetOptions): Promise<void> {
    if (typeof options !== 'object') throw new TypeError('"options" is not an object');
    this.#demandOpen();
    // every flag is set on each call to the given or the default value (bindings-interface), and the default of DTR is asserted
    this.port.setDtr(options.dtr ?? true);
  }

  async get(): Promise<PortStatus> {
    this.#demandOpen();
    return { cts: false, dsr: false, dcd: false };
  }

  async getBaudRate(): Promise<{ baudRate: number }> {
    this.#demandOpen();
    return { baudRate: this.openOptions.baudRate };
  }

  async flush(): Promise<void> {
    this.#demandOpen();
    this.#received = [];
    this.#receivedBytes = 0;
    this.port.discardOutgoing();
  }

  async drain(): Promise<void> {
    this.#demandOpen();
    if (this.port.unsent() > 0) await this.#waitFor(0);
  }

  #fail(error: Error): void {
    const reader = this.#reader;
    this.#reader = undefined;
    const writers = this.#writers;
    this.#writers = [];
    reader?.reject(error);
    for (const writer of writers) writer.reject(error);
  }

  /** The device is gone: pending work fails without `canceled`, and the port stays open until it is closed, or the stream emits no `close`. */
  vanish(): void {
    this.#gone = true;
    this.#fail(new Error('Error: Input/output error, device disconnected'));
  }

  async close(): Promise<void> {
    this.#demandOpen();
    this.isOpen = false;
    this.port.opened = undefined;
    if (this.openOptions.hupcl && !this.#gone) this.port.setDtr(false);
    this.#fail(new CanceledError('Port is closed'));
  }
}

/** The binding that serialport's stream takes instead of the machine's own: its ports are the boards of one world. */
export function emulatedBinding(world: { readonly ports: ReadonlyMap<string, EmulatedPort> }): BindingInterface {
  return {
    async list() {
      return [...world.ports.values()].filter((port) => port.plugged).map((port) => port.info);
    },
    async open(options) {
      if (typeof options !== 'object' || options === null) throw new TypeError('"options" is not an object');
      if (!options.path) throw new TypeError('"path" is not a valid port');
      if (!options.baudRate) throw new TypeError('"baudRate" is not a valid baudRate');
      const port = world.ports.get(options.path);
      if (port === undefined) throw new Error(`${NO_SUCH}${options.path}`);
      return port.open(options);
    },
  };
}
