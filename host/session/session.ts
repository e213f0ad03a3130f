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
  checkMac,
  type Data,
  encodeMessage,
  type HelloBody,
  type Identity,
  type Mark,
  type Message,
  nextPrev,
  op,
  type ReportBody,
  type Seal,
  type SessionKeys,
  type SignedData,
} from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { type BoardFacts, type Clock, type Link, oscillatorTolerance } from '../link/index.js';
import { ClockSync } from './clock-sync.js';
import { CommandQueue, type Request } from './command-queue.js';
import type { Greeting } from './greeting.js';
import { Heartbeat } from './heartbeat.js';
import { hex } from './hex.js';
import type { Keyring, PinnedBoard } from './keyring.js';
import { ownLine } from './line-owner.js';
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

/** Outputs of a board that a host keeps on. */
export interface Hold {
  secure(ms: number): Promise<void>;
}

interface SessionEvents {
  item: [message: CaptureMessage, item: Uint8Array, at: number];
  record: [record: VerifiedRecord];
  report: [report: ReportBody];
  alarm: [text: string];
  state: [state: SessionState];
  ended: [cause: EndCause, text: string];
}

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
  /** Outputs that fall off when nobody renews them; each makes sure that they outlast what the board is about to do. */
  readonly holds = new Set<Hold>();
  readonly #keys: SessionKeys;
  readonly #keyring: Keyring;
  readonly #commands: CommandQueue;
  readonly #heart: Heartbeat;
  #state: SessionState = 'idle';
  #ended = false;
  /** Watch command whose reports come, and the last number of its reports. */
  #watch = { n: 0, seq: -1 };

  /** Use `openSession` or `attend`. */
  constructor(greeting: Extract<Greeting, { kind: 'hello' }>, options: SessionOptions) {
    super();
    this.link = options.link;
    this.board = greeting.board;
    this.hello = greeting.hello.body;
    this.trust = options.trust;
    this.#keys = greeting.keys;
    this.#keyring = options.keyring;
    this.facts = options.facts;
    this.sync = new ClockSync(this.hello.hz, oscillatorTolerance[options.facts.clock]);
    this.relays = new RelayHold(this);
    this.holds.add(this.relays);
    ownLine(this.link, () => this.end('closed', 'another session took the line'));
    this.link.on('message', this.#onMessage);
    this.link.on('lost', this.#onLost);
    this.link.watchSilence(silenceMs);
    this.#commands = new CommandQueue({
      link: this.link,
      keys: this.#keys,
      name: this.board.name,
      pingedAt: () => this.#heart.pingedAt,
      onDead: (text) => this.end('unanswered', text),
    });
    this.#heart = new Heartbeat({
      link: this.link,
      sync: this.sync,
      bootMs: this.facts.bootMs,
      commanding: () => this.#commands.waiting,
      excused: () => this.#state === 'sealing',
      onSilent: (seconds) => this.end('silent', `${this.board.name} left pings unanswered for ${seconds} s`),
    });
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
    return this.#commands.queue(async () => {
      this.#mustLive();
      if (this.#state !== 'idle' && !(this.caps.flags & 1)) {
        const { state } = this;
        throw new KizashiError('KZ0209', `${this.board.name} takes no command while it is ${state}`, { state });
      }
      const ack = await this.#while('commanding', this.#commands.send(request));
      if (ack.code === ackCode.ok) return ack;
      const reason = refusals[ack.code] ?? `code ${ack.code}`;
      throw new KizashiError('KZ0206', `${this.board.name} refused: ${reason}`, { op: request.op, code: ack.code });
    });
  }

  /** Shows a state while something goes on in an idle session. */
  async #while<T>(state: SessionState, work: Promise<T>): Promise<T> {
    if (this.#state !== 'idle') return work;
    this.enter(state);
    return work.finally(() => {
      if (this.#state === state) this.enter('idle');
    });
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
  admin(message: Admin): Promise<AckBody> {
    return this.#commands.queue(() => {
      this.#mustLive();
      if (message.body.n !== this.#commands.next) {
        throw new KizashiError('KZ0208', `the owner's command was made for another point of the session`, {});
      }
      return this.#while('commanding', this.#commands.sendBytes(encodeMessage(message)));
    });
  }

  /** Number that the next command will carry. */
  get nextNumber(): number {
    return this.#commands.next;
  }

  /**
   * Asks for the last signed record again; it arrives as an item. Resolves when it did.
   * @throws KZ0206 with code 9 when the board no longer has it, and as `command`
   */
  resend(rec: number): Promise<void> {
    const onItem = (message: CaptureMessage) => {
      if (message.type === 'seal' && message.body.rec === rec) this.#commands.answered();
    };
    return this.#commands.queue(async () => {
      this.#mustLive();
      this.on('item', onItem);
      try {
        const ack = await this.#while('commanding', this.#commands.send({ op: op.resend, args: { rec } }));
        if (ack.code === ackCode.ok) return;
        throw new KizashiError('KZ0206', `${this.board.name} no longer has record ${rec}`, { code: ack.code });
      } finally {
        this.off('item', onItem);
      }
    });
  }

  /** Makes every output that is held outlast `ms`. @throws KZ0209 where no hold is long enough, and as `command` */
  async secure(ms: number): Promise<void> {
    for (const hold of this.holds) await hold.secure(ms);
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
    await this.secure(1.5 * this.caps.signMs + 2000);
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
    this.#heart.stop();
    this.#commands.abort(new KizashiError('KZ0208', `the session with ${this.board.name} ended: ${text}`, { cause }));
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
        this.#heart.excuse(at + 1.5 * message.leftMs + 500);
        this.emit('item', message, item, at);
        return;
      case 'begin':
      case 'data':
      case 'signed-data':
      case 'mark':
      case 'seal':
        this.emit('item', message, item, at);
        return;
      case 'pong':
        if (!this.#heart.answer(message, at)) this.#stray('a pong nobody asked for');
        return;
      case 'ack':
        this.#acknowledge(this.#commands.acknowledge(message));
        return;
      case 'report':
        this.#report(message);
        return;
      case 'identity':
      case 'event':
        this.#record(message, item).catch((error: Error) =>
          this.emit('alarm', `keys cannot be stored: ${error.message}`),
        );
        return;
      case 'ready':
        this.end('reset', `${this.board.name} restarted`);
        return;
      default:
        this.#stray(`a ${message.type} within a session`);
    }
  };

  /** Numbers of watches rise within a session, and numbers of reports within a watch. */
  #report(message: Extract<Message, { type: 'report' }>): void {
    const { n, seq } = message.body;
    const before = n < this.#watch.n || (n === this.#watch.n && seq <= this.#watch.seq);
    if (before) this.#stray('a report that was there before');
    else if (checkMac(message, this.#keys.key, this.#keys.sid)) {
      this.#watch = { n, seq };
      this.emit('report', message.body);
    } else this.#falseMac('a report');
  }

  #acknowledge(result: ReturnType<CommandQueue['acknowledge']>): void {
    if (result === 'settled') this.trust.good('mac');
    else if (result === 'stray') this.#stray('an acknowledgement nobody waits for');
    else this.#falseMac('an acknowledgement');
  }

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
}
