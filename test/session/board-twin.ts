/**
 * The board side of kz1 as an independent model, for tests of the host alone: states, timing, records and captures of docs/protocol.md,
 * without a processor. It stands in the emulated world as a `Board`, so that ports, bridges and virtual time are those of the product. The
 * same suites run against the real firmware in test/whole.
 */
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import type { Board, BoardUart, ResetCause } from '../../host/emulate/board.js';
import {
  ackCode,
  beginDigest,
  type CaptureArgs,
  chainStep,
  checkMac,
  decodeMessage,
  deviceNonce,
  deviceSeed,
  encodeBody,
  encodeFrame,
  encodeMessage,
  encoding,
  endCode,
  FrameReader,
  type Message,
  macMessage,
  nextPrev,
  type Open,
  packSamples,
  pairKey,
  runningWindow,
  type SealBody,
  sessionKeys,
  signMessage,
  stopLock,
} from '../../protocol/index.js';

const hz = 16_000_000;
const tickHz = 2_000_000;
const ms = hz / 1000;
const fwd = new Uint8Array(16).fill(0xc5);

export interface TwinOptions {
  name?: string;
  baud?: number;
  clockError?: number;
  /** Claim of an unprovisioned board. */
  claim?: { cid: Uint8Array; key: Uint8Array };
  /** Identity of a provisioned board. */
  identity?: { seed: Uint8Array; pair: Uint8Array };
  /** Tick counter at power-on. */
  startTicks?: number;
  /** Counts of channel `pin` at conversion `k`. */
  signal?: (pin: number, k: number) => number;
  signMs?: number;
  /** Samples lost on the board before frame i. */
  gaps?: Record<number, number>;
}

interface Task {
  at: number;
  run: () => void;
}

function publicKeyOf(seed: Uint8Array): Uint8Array {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const spki = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  });
  return new Uint8Array(spki.subarray(-32));
}

export class BoardTwin implements Board {
  readonly name: string;
  readonly hz = hz;
  readonly kind = 'arduino:avr:uno';
  readonly clockError: number;
  readonly flash = new Uint8Array(0);
  readonly eeprom = new Uint8Array(0);
  cycle = 0;
  powered = true;
  /** Behaves as if the firmware hung: no byte leaves. */
  mute = false;
  /** Records signed so far. */
  rec = 0;
  prev: Uint8Array = new Uint8Array(16);
  boot = 0;
  readonly received: Message[] = [];
  /** Cycle until which each relay holds. */
  readonly relays = new Map<number, number>();
  readonly uart: BoardUart;
  lineBaud: number;
  readonly options: TwinOptions;
  seed?: Uint8Array;
  pair?: Uint8Array;
  #baud: number;
  #reader = new FrameReader(160);
  #onByte: (byte: number, cycle: number) => void = () => {};
  #tasks: Task[] = [];
  #out: { at: number; byte: number }[] = [];
  #txFree = 0;
  #state: 'boot' | 'idle' | 'capturing' | 'signing' | 'keygen' = 'boot';
  #opens = 0;
  #session?: { key: Uint8Array; sid: Uint8Array };
  #n = 0;
  #lastAck?: Uint8Array;
  #lastRecord?: { rec: number; item: Uint8Array };
  #capture?: { rec: number; args: CaptureArgs; stopped: boolean };
  #dr?: Uint8Array;
  #rxEnds = 0;

  constructor(options: TwinOptions = {}) {
    this.options = options;
    this.name = options.name ?? 'twin';
    this.clockError = options.clockError ?? 0;
    this.#baud = options.baud ?? 500_000;
    this.lineBaud = this.#baud;
    this.seed = options.identity?.seed;
    this.pair = options.identity?.pair;
    const twin = this;
    this.uart = {
      onByte: (fn) => {
        this.#onByte = fn;
      },
      receive: (bytes, from) => this.#receive(bytes, from ?? this.cycle),
      get receiveEnds() {
        return Math.max(twin.cycle, twin.#rxEnds);
      },
      get lineBaud() {
        return twin.lineBaud;
      },
      set lineBaud(baud: number) {
        twin.lineBaud = baud;
      },
    };
    this.#start('power');
  }

  get pk(): Uint8Array {
    if (!this.seed) throw new Error('a blank board has no key');
    return publicKeyOf(this.seed);
  }

  get state(): string {
    return this.#state;
  }

  run(untilCycle: number): void {
    for (;;) {
      const task = this.#tasks[0];
      const byte = this.#out[0];
      const at = Math.min(task?.at ?? Number.POSITIVE_INFINITY, byte?.at ?? Number.POSITIVE_INFINITY);
      if (at > untilCycle) break;
      this.cycle = Math.max(this.cycle, at);
      if (byte && byte.at === at) {
        this.#out.shift();
        const wrong = Math.abs(this.lineBaud / this.#baud - 1) > 0.02;
        if (!this.mute) this.#onByte(wrong ? (byte.byte * 7 + 0x55) & 0xff : byte.byte, this.cycle);
      } else {
        this.#tasks.shift();
        task.run();
      }
    }
    this.cycle = Math.max(this.cycle, untilCycle);
  }

  reset(cause: ResetCause): void {
    this.#tasks = [];
    this.#out = [];
    this.#txFree = this.cycle;
    this.#session = undefined;
    this.#capture = undefined;
    this.#lastRecord = undefined;
    this.#reader = new FrameReader(160);
    this.#start(cause);
  }

  power(on: boolean): void {
    this.powered = on;
    if (on) this.reset('power');
    else {
      this.#tasks = [];
      this.#out = [];
      this.#state = 'boot';
    }
  }

  pin(): never {
    throw new Error('the twin has no pins');
  }
  analog(): never {
    throw new Error('the twin has no pins');
  }
  attach(): never {
    throw new Error('the twin has no buses');
  }
  get stats() {
    return {
      cycles: this.cycle,
      sleptCycles: 0,
      instructions: 0,
      resets: this.boot,
      bytesOut: 0,
      bytesIn: 0,
      framingErrors: 0,
      overruns: 0,
      conversions: 0,
      missedTriggers: 0,
      eepromWrites: 0,
    };
  }
  stackLowWater(): number {
    return 0;
  }

  /** Sends bytes that are no frame. */
  chatter(bytes: Uint8Array): void {
    this.#write(bytes);
  }

  /** Sends one body as a frame. */
  send(body: Uint8Array): void {
    this.#write(encodeFrame(body, this.cycle - this.#txFree > 50 * ms));
  }

  /** Signs an event into the chain and sends it. */
  event(code: number): void {
    this.send(this.#sign('event', { t: this.#ticks(), code, info: new Map() }));
  }

  #start(cause: ResetCause): void {
    this.#state = 'boot';
    this.boot++;
    this.#opens = 0;
    this.#after(2400, () => {
      this.#state = 'idle';
      this.send(encodeMessage({ type: 'ready', vmin: 1, vmax: 1, cause: cause === 'power' ? 0 : 1 }));
    });
  }

  #after(milliseconds: number, run: () => void): void {
    const at = this.cycle + milliseconds * ms;
    let k = this.#tasks.length;
    while (k > 0 && this.#tasks[k - 1].at > at) k--;
    this.#tasks.splice(k, 0, { at, run });
  }

  #ticks(cycle = this.cycle): number {
    return (this.options.startTicks ?? 0) + Math.floor(cycle / (hz / tickHz));
  }

  #write(bytes: Uint8Array): void {
    let at = Math.max(this.cycle, this.#txFree);
    for (const byte of bytes) {
      at += (10 * hz) / this.#baud;
      this.#out.push({ at, byte });
    }
    this.#txFree = at;
  }

  #receive(bytes: Uint8Array, from: number): void {
    if (!this.powered) return;
    const each = (10 * hz) / this.lineBaud;
    let at = Math.max(from, this.#rxEnds);
    for (const byte of bytes) {
      at += each;
      const wrong = Math.abs(this.lineBaud / this.#baud - 1) > 0.02;
      const seen = wrong ? (byte * 5 + 0x33) & 0xff : byte;
      this.#after((at - this.cycle) / ms, () =>
        this.#reader.push(Uint8Array.of(seen), (body) => {
          if (this.#state !== 'boot') this.#body(body);
        }),
      );
    }
    this.#rxEnds = at;
  }

  #body(body: Uint8Array): void {
    let message: Message;
    try {
      message = decodeMessage(body, 'h2d');
    } catch {
      return;
    }
    this.received.push(message);
    const { type } = message;
    if (type === 'ping') {
      if (this.#state === 'signing') return;
      const now = this.#ticks();
      this.send(encodeMessage({ type: 'pong', n: message.n, rx: now, tx: now, rxbad: 0 }));
    } else if (type === 'open') {
      if (this.#state === 'capturing' || this.#state === 'signing') {
        this.send(encodeMessage({ type: 'busy', rec: this.rec, doing: 1, leftMs: 500 }));
      } else if (this.#state === 'idle') this.#after(21, () => this.#greet(message));
    } else if (type === 'stop') {
      const capture = this.#capture;
      if (capture?.rec === message.rec && Buffer.compare(stopLock(message.key), capture.args.lock) === 0)
        capture.stopped = true;
    } else if (this.#state === 'idle') {
      if (type === 'provision') this.#after(16, () => this.#provision(message));
      if (type === 'command') this.#after(16, () => this.#command(message));
    }
  }

  #greet(open: Open): void {
    if (!this.seed || !this.pair) {
      const { claim } = this.options;
      if (!claim) {
        this.send(encodeMessage({ type: 'bare', v: 1, why: 0, chip: 'atmega328p', fw: 'twin/1.0.0' }));
        return;
      }
      this.#dr = new Uint8Array(randomBytes(16));
      const body = { v: 1, chip: 'atmega328p', fw: 'twin/1.0.0', fwd, cid: claim.cid, dr: this.#dr };
      this.send(macMessage('blank', body, claim.key));
      return;
    }
    this.#opens++;
    const dn = deviceNonce(this.boot, this.#opens);
    this.#session = sessionKeys(this.pair, open.hn, dn);
    this.#n = 0;
    const { signMs = 500 } = this.options;
    this.send(
      macMessage(
        'hello',
        {
          v: 1,
          range: { hmin: open.vmin, hmax: open.vmax, dmin: 1, dmax: 1 },
          kid: this.pk.slice(0, 8),
          rec: this.rec,
          hn: open.hn,
          dn,
          fw: 'twin/1.0.0',
          fwd,
          hz: tickHz,
          caps: { chans: 6, rate: 24_000, samples: 120, sealing: 0, encs: 3, body: 160, signMs, flags: 0, relays: 1 },
        },
        this.pair,
      ),
    );
  }

  #provision(message: Extract<Message, { type: 'provision' }>): void {
    const { claim } = this.options;
    if (!claim || !this.#dr || this.seed || !checkMac(message, claim.key)) return;
    const { hr, dr } = message.body;
    if (Buffer.compare(dr, this.#dr) !== 0) return;
    this.#state = 'keygen';
    this.send(encodeMessage({ type: 'busy', rec: 0, doing: 2, leftMs: 9000 }));
    this.#after(8200, () => {
      this.seed = deviceSeed(claim.key, hr, randomBytes(64));
      this.pair = pairKey(claim.key, hr, dr);
      this.#identity(0, dr);
    });
  }

  #identity(why: number, nonce: Uint8Array): void {
    this.#state = 'signing';
    this.send(encodeMessage({ type: 'busy', rec: this.rec + 1, doing: 1, leftMs: this.options.signMs ?? 500 }));
    this.#after(this.options.signMs ?? 500, () => {
      this.#state = 'idle';
      const body = { why, pk: this.pk, nonce, fw: 'twin/1.0.0', fwd, lock: Uint8Array.of(0xff), ent: 128 };
      this.send(this.#sign('identity', body));
    });
  }

  /** Puts a body into the chain: number, boot and prev first, then the signature. */
  #sign(type: 'identity' | 'event' | 'seal', body: object): Uint8Array {
    if (!this.seed) throw new Error('a blank board signs nothing');
    if (type !== 'seal') this.rec++;
    const whole = { rec: this.rec, boot: this.boot, prev: this.prev, ...body } as never;
    const item = signMessage(type, whole, this.seed);
    this.prev = nextPrev(encodeBody(type, whole));
    this.#lastRecord = { rec: this.rec, item };
    return item;
  }

  #command(message: Extract<Message, { type: 'command' }>): void {
    const session = this.#session;
    if (!session || !checkMac(message, session.key, session.sid)) return;
    const { n } = message.body;
    if (n === this.#n && this.#lastAck) {
      this.send(this.#lastAck);
      return;
    }
    if (n !== this.#n + 1) return;
    this.#n = n;
    const ack = (code: number, result: number[] = []) => {
      this.#lastAck = macMessage('ack', { n, code, result }, session.key, session.sid);
      this.send(this.#lastAck);
    };
    const { body } = message;
    switch (body.op) {
      case 1:
        this.#state = 'capturing';
        this.rec++;
        this.#after(82, () => {
          ack(ackCode.ok, [this.rec]);
          this.#sample(body.args);
        });
        return;
      case 3:
        ack(ackCode.ok, [this.rec + 1]);
        this.#identity(2, body.args.nonce);
        return;
      case 2:
        this.relays.set(body.args.relay, body.args.on ? this.cycle + body.args.holdMs * ms : 0);
        ack(ackCode.ok, [body.args.on ? 1 : 0]);
        return;
      case 4:
        ack(ackCode.ok, [5000, 300, 0, 0, 0, this.boot, 1, 0, 0, 0]);
        return;
      case 7:
        if (this.#lastRecord?.rec === body.args.rec) {
          this.#lastAck = this.#lastRecord.item;
          this.send(this.#lastRecord.item);
        } else ack(ackCode.recordGone);
        return;
      default:
        ack(ackCode.unsupported);
    }
  }

  #sample(args: CaptureArgs): void {
    const session = this.#session;
    if (!session) return;
    const capture = { rec: this.rec, args, stopped: false };
    this.#capture = capture;
    const t0 = this.#ticks();
    const width = args.chans.length;
    const sums = args.div / width;
    const begin = encodeMessage({
      type: 'begin',
      rec: this.rec,
      sid: session.sid,
      boot: this.boot,
      t0,
      clock: { kind: 0, hz: tickHz, period: args.period, div: args.div },
      chans: args.chans,
      enc: args.enc,
      count: args.count,
      win: args.win,
      cfg: new Uint8Array(0),
    });
    this.send(begin);
    const bd = beginDigest(begin);
    const each = args.enc === encoding.u10 ? 120 : 60;
    const signal = this.options.signal ?? ((pin, k) => 512 + Math.round(100 * Math.sin(k / 7 + pin)));
    let c = bd;
    let window = runningWindow();
    let open = 0;
    let i = 0;
    let sent = 0;
    let taken = 0;
    let lost = 0;
    let w = 0;
    const closeWindow = () => {
      const d = window.digest();
      this.send(encodeMessage({ type: 'mark', rec: capture.rec, w, d }));
      c = chainStep(c, d);
      window = runningWindow();
      open = 0;
      w++;
    };
    const finish = (end: number) => {
      if (open > 0) closeWindow();
      this.#state = 'signing';
      const { signMs = 500 } = this.options;
      this.send(encodeMessage({ type: 'busy', rec: capture.rec, doing: 1, leftMs: signMs }));
      const body: Omit<SealBody, 'rec' | 'boot' | 'prev'> = {
        chal: args.chal,
        nf: i,
        ns: sent,
        t1: this.#ticks(),
        lost,
        end,
        macbad: 0,
        bd,
        cd: c,
      };
      this.#after(signMs, () => {
        this.#state = 'idle';
        this.#capture = undefined;
        this.send(this.#sign('seal', body));
      });
    };
    const frame = () => {
      if (capture.stopped) return finish(endCode.stopped);
      const n = Math.min(each, args.count - sent);
      const gap = this.options.gaps?.[i] ?? 0;
      taken += gap;
      lost += gap;
      const values = Array.from({ length: n }, (_, k) => {
        const at = taken + k;
        return signal(args.chans[at % width], Math.floor(at / width)) * sums;
      });
      const samples = packSamples(args.enc, values);
      const dt = taken * args.period * sums;
      const item = encodeMessage({ type: 'data', rec: capture.rec, i, dt, gap, enc: args.enc, samples });
      window.update(item);
      this.send(item);
      taken += n;
      sent += n;
      i++;
      if (++open === args.win) closeWindow();
      if (sent >= args.count) finish(endCode.complete);
      else this.#after(next(i), frame);
    };
    const next = (at: number) => {
      const due = Math.min(each, args.count - sent) + (this.options.gaps?.[at] ?? 0);
      return (1000 * due * args.period * sums) / tickHz;
    };
    this.#after(next(0), frame);
  }
}
