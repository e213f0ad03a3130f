/**
 * One authenticated conversation with one board, from hello to its end. Commands go out one at a time with a strictly rising number;
 * everything a board signs is checked against its pinned key and against its chain of records before anybody sees it.
 *
 *     Link ─▶ Session ─▶ 'item' (begin, data, mark, busy, seal) ─▶ host/capture
 *                    ─▶ 'record' (identity, event: verified)     ─▶ host/monitor
 *                    ─▶ 'ended' once
 */
import { EventEmitter } from 'node:events';
import {
  type AckBody,
  type Admin,
  ackCode,
  type Begin,
  type BoardEvent,
  type Busy,
  type Caps,
  type CommandBody,
  checkMac,
  type Data,
  encodeMessage,
  type HelloBody,
  type Identity,
  type Mark,
  type Message,
  macMessage,
  nextPrev,
  op,
  type ReportBody,
  type Seal,
  type SessionKeys,
  type SignedData,
} from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { type BoardFacts, type Clock, type Link, oscillatorTolerance, type TimerHandle } from '../link/index.js';
import { ClockSync } from './clock-sync.js';
import type { Greeting } from './greeting.js';
import { hex } from './hex.js';
import type { Keyring, PinnedBoard } from './keyring.js';
import { checkRecord } from './records.js';
import { RelayHold } from './relay-hold.js';
import type { PortTrust } from './trust.js';

/** What a capture consists of on the wire. */
export type CaptureMessage = Begin | Data | SignedData | Mark | Busy | Seal;

export type EndCause = 'closed' | 'reset' | 'lost' | 'mac' | 'unanswered' | 'quarantine' | 'silent';

export type SessionState = 'idle' | 'commanding' | 'armed' | 'capturing' | 'sealing' | 'verifying';

/** A record of the board's chain that is not a seal, verified. */
export interface VerifiedRecord {
  message: Identity | BoardEvent;
  item: Uint8Array;
  /** False where records between this one and the last held here were never seen. */
  gapless: boolean;
}

interface SessionEvents {
  item: [message: CaptureMessage, item: Uint8Array, at: number];
  record: [record: VerifiedRecord];
  report: [report: ReportBody];
  alarm: [text: string];
  state: [state: SessionState];
  ended: [cause: EndCause, text: string];
}

/** A command without its number. */
export type Request = CommandBody extends infer C ? (C extends { n: number } ? Omit<C, 'n'> : never) : never;

export interface SessionOptions {
  link: Link;
  keyring: Keyring;
  trust: PortTrust;
  facts: BoardFacts;
}

/** Fields of the answer to op 4, in the order of the wire. */
const statusFields = [
  'vccMv',
  'lowestFreeStack',
  'rxErrors',
  'badMacs',
  'overruns',
  'boots',
  'state',
  'relays',
  'shortestHoldMs',
  'worstTickLateness',
] as const;

/** What a board says of itself. `relays` is a bit mask. */
export type BoardStatus = Record<(typeof statusFields)[number], number>;

const ackMs = 1000;
const retransmissions = 3;
/** Least time between a ping and a command: 30 bytes at 115,200 baud, both ways, and the work between. */
const frameSpacingMs = 6;
const pingMs = 983.9;
/** Its multiples fill [0, 1) evenly (Weyl). */
const goldenRatio = (Math.sqrt(5) - 1) / 2;
const firstPings = 8;
const firstPingMs = 50;
const unansweredPings = 3;
/** Pings whose pong may still come. */
const pingsHeld = 16;
const silenceMs = 5000;

const refusals = Object.fromEntries(Object.entries(ackCode).map(([name, code]) => [code, name]));

export class Session extends EventEmitter<SessionEvents> {
  readonly link: Link;
  readonly board: PinnedBoard;
  readonly hello: HelloBody;
  /** The board's description: pins, rates, reference voltage. */
  readonly facts: BoardFacts;
  readonly trust: PortTrust;
  readonly sync: ClockSync;
  readonly relays: RelayHold;
  readonly #keys: SessionKeys;
  readonly #keyring: Keyring;
  #n = 0;
  #state: SessionState = 'idle';
  #ended = false;
  #pending?: { n: number; settle: (ack: AckBody | KizashiError) => void };
  #queue: Promise<unknown> = Promise.resolve();
  #pings = 0;
  #sent = new Map<number, number>();
  #answeredAt: number;
  #pingedAt = Number.NEGATIVE_INFINITY;
  #ping?: TimerHandle;
  /** Until then the board may leave pings unanswered: it said that it signs. */
  #busyUntil = 0;
  #reportSeq = -1;

  /** Use `openSession` or `attend`. */
  constructor(greeting: Extract<Greeting, { kind: 'hello' }>, options: SessionOptions) {
    super();
    this.link = options.link;
    this.board = greeting.board;
    this.hello = greeting.hello.body;
    this.trust = options.trust;
    this.#keys = greeting.keys;
    this.#keyring = options.keyring;
    this.#answeredAt = this.link.clock.now();
    this.facts = options.facts;
    this.sync = new ClockSync(this.hello.hz, oscillatorTolerance[options.facts.clock]);
    this.relays = new RelayHold(this);
    this.link.on('message', this.#onMessage);
    this.link.on('lost', this.#onLost);
    this.link.watchSilence(silenceMs);
    this.#beat();
  }

  get clock(): Clock {
    return this.link.clock;
  }

  get caps(): Caps {
    return this.hello.caps;
  }

  get kid(): string {
    return this.board.kid;
  }

  /** Boot counter of the board, from the nonce of its hello. */
  get boot(): number {
    return new DataView(this.hello.dn.buffer, this.hello.dn.byteOffset, 4).getUint32(0);
  }

  get sid(): Uint8Array {
    return this.#keys.sid;
  }

  /** True for boards of host/emulate: their captures are graded E. */
  get emulated(): boolean {
    return this.link.path.startsWith('emu:');
  }

  get state(): SessionState {
    return this.#state;
  }

  get alive(): boolean {
    return !this.#ended;
  }

  /** host/capture names the phase it is in; while sealing, the board is silent by design and only `busy` counts. */
  enter(state: SessionState): void {
    if (this.#ended || state === this.#state) return;
    const wasSealing = this.#state === 'sealing';
    this.#state = state;
    if (state === 'sealing') this.link.watchSilence(0);
    else if (wasSealing) {
      this.link.watchSilence(silenceMs);
    }
    this.emit('state', state);
  }

  /**
   * Sends a command and resolves with the acknowledgement of code 0. The same bytes are repeated up to three times.
   * @throws KZ0206 refused by the board, KZ0207 not acknowledged, KZ0208 the session ended, KZ0209 a capture is under way
   */
  command(request: Request): Promise<AckBody> {
    const run = this.#queue.then(() => this.#command(request));
    this.#queue = run.catch(() => {});
    return run;
  }

  async #command(request: Request): Promise<AckBody> {
    this.#mustLive();
    if (this.#state !== 'idle' && !(this.caps.flags & 1)) {
      throw new KizashiError('KZ0209', `${this.board.name} takes no command while it is ${this.#state}`, {
        state: this.#state,
      });
    }
    const n = ++this.#n;
    const ack = await this.#exchange(
      n,
      macMessage('command', { n, ...request } as CommandBody, this.#keys.key, this.#keys.sid),
    );
    if (ack.code !== ackCode.ok) {
      const reason = refusals[ack.code] ?? `code ${ack.code}`;
      throw new KizashiError('KZ0206', `${this.board.name} refused: ${reason}`, { op: request.op, code: ack.code });
    }
    return ack;
  }

  /** Counters and state of the board, for display and audit; not evidence. @throws as `command` */
  async status(): Promise<BoardStatus> {
    const { result } = await this.command({ op: op.status, args: {} });
    const status = Object.fromEntries(statusFields.map((name, k) => [name, result[k] ?? 0]));
    return status as unknown as BoardStatus;
  }

  /**
   * Sends an owner's command that was made elsewhere: the admin key is not on this host. `n` must be `nextNumber`.
   * @throws as `command`
   */
  async admin(message: Admin): Promise<AckBody> {
    this.#mustLive();
    if (message.body.n !== this.#n + 1) {
      throw new KizashiError('KZ0208', `the owner's command was made for another point of the session`, {});
    }
    this.#n++;
    return this.#exchange(this.#n, encodeMessage(message));
  }

  /** Number that the next command will carry. */
  get nextNumber(): number {
    return this.#n + 1;
  }

  #exchange(n: number, bytes: Uint8Array): Promise<AckBody> {
    const before = this.#state;
    if (before === 'idle') this.enter('commanding');
    return new Promise<AckBody>((resolve, reject) => {
      let sent = 0;
      let timer: TimerHandle | undefined;
      const settle = (result: AckBody | KizashiError) => {
        if (timer !== undefined) this.clock.clear(timer);
        this.#pending = undefined;
        if (before === 'idle') this.enter('idle');
        if (result instanceof KizashiError) reject(result);
        else resolve(result);
      };
      this.#pending = { n, settle };
      const send = () => {
        // a board with one receive buffer loses what follows too closely on a ping
        const room = this.#pingedAt + frameSpacingMs - this.clock.now();
        // rounded up: what is left of a fraction must not wait for itself
        if (room > 0) {
          timer = this.clock.setTimer(Math.ceil(room), send);
          return;
        }
        if (sent++ > retransmissions) {
          settle(new KizashiError('KZ0207', `${this.board.name} did not acknowledge command ${n}`, { n }));
          this.end('unanswered', `${this.board.name} did not acknowledge a command`);
          return;
        }
        this.link.send(bytes);
        timer = this.clock.setTimer(ackMs, send);
      };
      send();
    });
  }

  /**
   * Asks for the last signed record again; it arrives as an item. Resolves when it did.
   * @throws KZ0206 with code 9 when the board no longer has it, and as `command`
   */
  async resend(rec: number): Promise<void> {
    this.#mustLive();
    const n = ++this.#n;
    const bytes = macMessage('command', { n, op: op.resend, args: { rec } }, this.#keys.key, this.#keys.sid);
    const onItem = (message: CaptureMessage) => {
      if (message.type === 'seal' && message.body.rec === rec)
        this.#pending?.settle({ n, code: ackCode.ok, result: [] });
    };
    this.on('item', onItem);
    try {
      const ack = await this.#exchange(n, bytes);
      if (ack.code !== ackCode.ok) {
        throw new KizashiError('KZ0206', `${this.board.name} no longer has record ${rec}`, { code: ack.code });
      }
    } finally {
      this.off('item', onItem);
    }
  }

  /** Ends a running capture: reveals the preimage of its lock. */
  stop(rec: number, key: Uint8Array): void {
    this.link.send(encodeMessage({ type: 'stop', rec, key }));
  }

  /** Asks for a fresh signed identity; resolves when it is verified. @throws as `command`; KZ0207 when it does not come */
  async identify(nonce: Uint8Array): Promise<VerifiedRecord> {
    const arrived = new Promise<VerifiedRecord>((resolve, reject) => {
      const limit = this.clock.setTimer(2 * this.caps.signMs + 3000, () =>
        stop(() => reject(new KizashiError('KZ0207', `${this.board.name} sent no identity`, {}))),
      );
      const onRecord = (record: VerifiedRecord) => {
        if (record.message.type !== 'identity' || hex(record.message.body.nonce) !== hex(nonce)) return;
        stop(() => resolve(record));
      };
      const onEnded = () =>
        stop(() => reject(new KizashiError('KZ0208', `the session with ${this.board.name} ended`, {})));
      const stop = (settle: () => void) => {
        this.clock.clear(limit);
        this.off('record', onRecord);
        this.off('ended', onEnded);
        settle();
      };
      this.on('record', onRecord);
      this.on('ended', onEnded);
    });
    arrived.catch(() => {}); // a refused command is reported first
    await this.relays.secure(1.5 * this.caps.signMs + 2000);
    await this.command({ op: op.identify, args: { nonce } });
    return arrived;
  }

  /** Moves the chain on after a verified record and makes it safe in the keyring. */
  async advance(rec: number, payload: Uint8Array): Promise<void> {
    this.board.chain = { rec, prev: nextPrev(payload), used: Math.max(this.board.chain.used, rec) };
    await this.#keyring.save(this.board);
  }

  /** Notes a record number that the board reserved, so that a lower one later shows as a rollback. */
  async reserve(rec: number): Promise<void> {
    this.board.chain.used = Math.max(this.board.chain.used, rec);
    await this.#keyring.save(this.board);
  }

  /** Ends the session; the link stays open. */
  end(cause: EndCause, text: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.link.off('message', this.#onMessage);
    this.link.off('lost', this.#onLost);
    this.link.watchSilence(0);
    if (this.#ping !== undefined) this.clock.clear(this.#ping);
    this.#pending?.settle(new KizashiError('KZ0208', `the session with ${this.board.name} ended: ${text}`, { cause }));
    this.emit('ended', cause, text);
  }

  #mustLive(): void {
    if (this.trust.quarantine) {
      throw new KizashiError('KZ0205', `${this.link.path}: ${this.trust.quarantine.text}`, {
        ...this.trust.quarantine,
      });
    }
    if (this.#ended) throw new KizashiError('KZ0208', `the session with ${this.board.name} has ended`, {});
  }

  #onLost = (reason: string, detail: string): void => this.end('lost', `${reason}: ${detail}`);

  #onMessage = (message: Message, item: Uint8Array, at: number): void => {
    switch (message.type) {
      case 'busy':
        this.#busyUntil = at + 1.5 * message.leftMs + 500;
        this.emit('item', message, item, at);
        return;
      case 'begin':
      case 'data':
      case 'signed-data':
      case 'mark':
      case 'seal':
        this.emit('item', message, item, at);
        return;
      case 'pong': {
        const sentAt = this.#sent.get(message.n);
        if (sentAt === undefined) {
          this.#stray('a pong nobody asked for');
          return;
        }
        this.#sent.delete(message.n);
        this.#answeredAt = at;
        this.sync.add(sentAt, message.rx);
        return;
      }
      case 'ack':
        if (message.body.n !== this.#pending?.n) {
          this.#stray('an acknowledgement nobody waits for');
        } else if (checkMac(message, this.#keys.key, this.#keys.sid)) {
          this.trust.good('mac');
          this.#pending.settle(message.body);
        } else this.#falseMac('an acknowledgement');
        return;
      case 'report':
        if (message.body.seq <= this.#reportSeq) this.#stray('a report that was there before');
        else if (checkMac(message, this.#keys.key, this.#keys.sid)) {
          this.#reportSeq = message.body.seq;
          this.emit('report', message.body);
        } else this.#falseMac('a report');
        return;
      case 'identity':
      case 'event':
        void this.#record(message, item);
        return;
      case 'ready':
        this.end('reset', `${this.board.name} restarted`);
        return;
      default:
        this.#stray(`a ${message.type} within a session`);
    }
  };

  async #record(message: Identity | BoardEvent, item: Uint8Array): Promise<void> {
    const check = checkRecord(message, this.board);
    if (!check.ok) {
      // the hello proved the key: another key id now is a false record and no foreign board
      if (this.#refuse(check.cause === 'foreign' ? 'signature' : check.cause, check.text)) return;
      this.emit('alarm', check.text);
      return;
    }
    this.trust.good('signature');
    if (message.type === 'identity') {
      this.board.fw = message.body.fw;
      this.board.fwd = message.body.fwd;
      this.board.identity = item;
    }
    await this.advance(message.body.rec, message.payload);
    this.emit('record', { message, item, gapless: check.gapless });
  }

  #falseMac(what: string): void {
    const text = `${what} of ${this.board.name} carries a false MAC: swapped board or tampering`;
    this.emit('alarm', text);
    if (!this.#refuse('mac', text)) this.end('mac', text);
  }

  /** Counts; returns true where the port is quarantined now, which ends the session. */
  #refuse(cause: Parameters<PortTrust['refuse']>[0], text: string): boolean {
    const quarantine = this.trust.refuse(cause, text, this.clock.wall());
    if (quarantine) this.end('quarantine', quarantine.text);
    return quarantine !== undefined;
  }

  #stray(text: string): void {
    this.trust.refuse('stray', text, this.clock.wall());
  }

  #beat(): void {
    if (this.#ended) return;
    const now = this.clock.now();
    // an Uno drops pings while it signs; what counts then is `busy`
    // and a command has its own time limit
    if (this.#state === 'sealing' || now < this.#busyUntil || this.#pending) this.#answeredAt = now;
    // a board that restarts is silent for its boot time and then says `ready`, which is no loss of the port
    const patience = Math.max(unansweredPings * pingMs, this.facts.bootMs + 200);
    if (now - this.#answeredAt > patience) {
      this.end('silent', `${this.board.name} left pings unanswered for ${Math.round(patience / 100) / 10} s`);
      return;
    }
    // while a MAC is being computed a ping would be lost, or cost the command its buffer
    if (this.#pending) {
      this.#ping = this.clock.setTimer(firstPingMs, () => this.#beat());
      return;
    }
    const n = this.#pings++;
    this.#pingedAt = now;
    this.#sent.set(n, now);
    if (this.#sent.size > pingsHeld) this.#sent.delete(n - pingsHeld);
    this.link.send(encodeMessage({ type: 'ping', n }));
    // spread over a USB frame of 1 ms, so that its grid does not pass for the board's clock
    const dither = (this.#pings * goldenRatio) % 1;
    this.#ping = this.clock.setTimer((this.#pings < firstPings ? firstPingMs : pingMs) + dither, () => this.#beat());
  }
}
