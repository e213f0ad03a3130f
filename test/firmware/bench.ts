/**
 * A bench for one emulated Uno that runs the firmware image: the test is the host, byte by byte, through protocol/ alone. Time only passes
 * when the test lets it.
 */
import { readFileSync } from 'node:fs';
import intelHex from 'nrf-intel-hex';
import { type AvrBoard, createMega, createUno } from '../../host/emulate/index.js';
import { claimPage, drawTicket, firmwareDigest, patchImage } from '../../host/flash/index.js';
import { loadBoard } from '../../host/link/index.js';
import {
  adminKey,
  type BodyOf,
  checkMac,
  checkSignature,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  FrameReader,
  type Message,
  macMessage,
  type PinnedKey,
  pairKey,
  pinKey,
  type SessionKeys,
  sessionKeys,
} from '../../protocol/index.js';

export const facts = loadBoard('arduino:avr:uno');
export const image = readFileSync(new URL('../../firmware/images/kz-uno.hex', import.meta.url), 'utf8');
export const firmwareOf = firmwareDigest;
export const fwd = firmwareDigest(image, facts);
export const mega = loadBoard('arduino:avr:mega');
export const megaImage = readFileSync(new URL('../../firmware/images/kz-mega.hex', import.meta.url), 'utf8');
/** The image of the same boards that reads an ADXL345. */
export const spiImage = readFileSync(new URL('../../firmware/images/kz-uno-spi.hex', import.meta.url), 'utf8');
/** An image with a burnt claim page that asks for a line rate, by its index (0: 115,200, 1: 250,000, 2: 500,000 baud). */
export function burnt(hex: string, baudIndex: number): string {
  const page = new Uint8Array(facts.memory.page);
  page.set([0x4b, 0x5a, 0x43, 0x4c, 1, baudIndex, 1, 0]);
  return patchImage(hex, facts, page);
}
/** Board clock in Hz. */
export const hz = facts.fCpu;

export interface Received {
  message: Message;
  body: Uint8Array;
  cycle: number;
}

export const bytes = (n: number, from = 0) => Uint8Array.from({ length: n }, (_, i) => (from + i) & 255);

export interface BenchOptions {
  seed?: number;
  eeprom?: Uint8Array;
  /** Image with a claim; without one the board is bare. */
  hex?: string;
  avcc?: (cycle: number) => number;
  baud?: number;
  watchdog?: { error?: number; jitter?: number };
  /** Refuse what silicon does not forgive. */
  strict?: { stackFloor?: number };
  /** A Mega 2560 instead of an Uno; `hex` must be its image. */
  mega?: boolean;
  /** Intel HEX of a real bootloader, which then starts first. */
  loader?: string;
  fuses?: { high?: number };
  /** Registers at random before the first instruction. */
  poison?: number;
}

export class Bench {
  readonly board: AvrBoard;
  readonly received: Received[] = [];
  readonly reader = new FrameReader();
  /** Bodies that protocol/ refused. */
  readonly refused: string[] = [];
  keys: SessionKeys | undefined;
  pinned: PinnedKey | undefined;
  pair: Uint8Array | undefined;
  n = 0;
  #taken = 0;

  constructor(options: BenchOptions = {}) {
    this.board = (options.mega ? createMega : createUno)({
      hex: options.loader ?? options.hex ?? image,
      fuses: options.fuses,
      seed: options.seed ?? 1,
      name: 'bench',
      eeprom: options.eeprom,
      avcc: options.avcc,
      watchdog: options.watchdog,
      strict: options.strict,
      poison: options.poison,
    });
    if (options.loader !== undefined) {
      // the package's types describe its ES module, Node loads the other
      const { fromHex } = intelHex as unknown as typeof intelHex.default;
      for (const [at, block] of fromHex(options.hex ?? image)) this.board.flash.set(block, at);
      this.board.reset('power');
    }
    this.board.uart.lineBaud = options.baud ?? 500_000;
    this.board.uart.onByte((byte, cycle) => {
      this.reader.push(Uint8Array.of(byte), (body) => {
        const copy = body.slice();
        try {
          this.received.push({ message: decodeMessage(copy, 'd2h'), body: copy, cycle });
        } catch (error) {
          this.refused.push(`${error}: ${Buffer.from(copy).toString('hex')}`);
        }
      });
    });
  }

  get ms(): number {
    return (1000 * this.board.cycle) / hz;
  }

  run(ms: number): void {
    this.board.run(this.board.cycle + (ms * hz) / 1000);
  }

  /** Lets time pass until a message of the type comes that was not taken yet; undefined if none does. */
  wait<T extends Message['type']>(
    type: T,
    ms = 2000,
  ): (Received & { message: Extract<Message, { type: T }> }) | undefined {
    const until = this.board.cycle + (ms * hz) / 1000;
    for (;;) {
      while (this.#taken < this.received.length) {
        const next = this.received[this.#taken++];
        if (next.message.type === type) return next as never;
      }
      if (this.board.cycle >= until) return undefined;
      this.board.run(Math.min(until, this.board.cycle + hz / 2000));
    }
  }

  /** Drops what was received, so that long runs stay small. */
  forget(): void {
    this.received.length = 0;
    this.#taken = 0;
  }

  /** The same, and throws if none comes. */
  expect<T extends Message['type']>(type: T, ms = 2000) {
    const found = this.wait(type, ms);
    if (!found)
      throw new Error(
        `no ${type} in ${ms} ms; last: ${this.received.slice(-3).map((r) => r.message.type)} ${this.refused}`,
      );
    return found;
  }

  /** Messages received since the start of the given type. */
  all<T extends Message['type']>(type: T) {
    return this.received.filter((r) => r.message.type === type) as (Received & {
      message: Extract<Message, { type: T }>;
    })[];
  }

  send(message: Message | Uint8Array): void {
    this.sendBody(message instanceof Uint8Array ? message : encodeMessage(message));
  }

  sendBody(body: Uint8Array): void {
    this.board.uart.receive(encodeFrame(body));
  }

  /** Boots and waits for `ready`. */
  boot(ms = 3000): number {
    return this.expect('ready', ms).message.cause;
  }

  open(hn: Uint8Array = bytes(16, 0x10)): void {
    this.run(260);
    this.send({ type: 'open', vmin: 1, vmax: 1, hn });
  }

  /** Opens a session with the pair key and checks what a host must check. */
  session(hn: Uint8Array = bytes(16, 0x10)): Extract<Message, { type: 'hello' }> {
    this.open(hn);
    let { message } = this.expect('hello');
    // the answer to another open may still come: it is not ours
    while (!Buffer.from(hn).equals(message.body.hn)) message = this.expect('hello').message;
    if (!this.pair || !checkMac(message, this.pair)) throw new Error('hello with a false MAC');
    this.keys = sessionKeys(this.pair, hn, message.body.dn);
    this.n = 0;
    return message;
  }

  /** Sends the next command. */
  command(op: number, args: unknown): void {
    const body = { n: ++this.n, op, args } as BodyOf<'command'>;
    this.sendMac(body);
  }

  sendMac(body: BodyOf<'command'>, key = this.keys!.key): void {
    this.send(macMessage('command', body, key, this.keys!.sid));
  }

  ack(ms = 2000) {
    const { message } = this.expect('ack', ms);
    if (!checkMac(message, this.keys!.key, this.keys!.sid)) throw new Error('ack with a false MAC');
    if (message.body.n !== this.n) throw new Error(`ack ${message.body.n} to command ${this.n}`);
    return message.body;
  }

  /** Whether a record carries the pinned key's signature. */
  signed(message: Extract<Message, { type: 'identity' | 'seal' | 'event' }>): boolean {
    return checkSignature(message, this.pinned!);
  }
}

/** A board that was just flashed, its ticket and what provisioning needs. */
export function blankBench(options: BenchOptions = {}) {
  const hex = options.hex ?? image;
  const of = options.mega ? mega : facts;
  const ticket = drawTicket(of, firmwareDigest(hex, of));
  const bench = new Bench({ ...options, hex: patchImage(hex, of, claimPage(ticket, of)) });
  return { bench, ticket };
}

/** Provisions; leaves the board with its claim unburnt. */
export function provisionBench(bench: Bench, claim: Uint8Array) {
  bench.open();
  const { message: blank } = bench.expect('blank');
  if (!checkMac(blank, claim)) throw new Error('blank with a false MAC');
  const { dr } = blank.body;
  const hr = bytes(32, 0x80);
  bench.send(macMessage('provision', { dr, hr }, claim));
  bench.pair = pairKey(claim, hr, dr);
  const { message: identity } = bench.expect('identity', 15_000);
  bench.pinned = pinKey(identity.body.pk);
  return { blank, identity, admin: adminKey(claim, hr, dr) };
}

let born: { eeprom: Uint8Array; pair: Uint8Array; pinned: PinnedKey; admin: Uint8Array } | undefined;

/** A board that was provisioned earlier and whose claim is burnt; booted, in a session. */
export function knownBench(options: BenchOptions = {}): Bench & { admin: Uint8Array } {
  if (!born) {
    const { bench, ticket } = blankBench();
    bench.boot();
    const { admin } = provisionBench(bench, ticket.claim);
    born = { eeprom: bench.board.eeprom.slice(), pair: bench.pair!, pinned: bench.pinned!, admin };
  }
  const bench = new Bench({ eeprom: born.eeprom, ...options });
  bench.pair = born.pair;
  bench.pinned = born.pinned;
  bench.boot();
  bench.session();
  return Object.assign(bench, { admin: born.admin });
}
