/**
 * One capture on a live session: command, collect, stop, seal, verify. The board samples for a bounded time and cannot be hurried; what the
 * host owes it is to wait as long as the protocol says, to end a capture that cannot be proven, and to leave the board idle in any case.
 *
 *     Session 'item' ─▶ Collector (order, foreign frames) ─▶ verifyCapture ─▶ Capture | rejection
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { type CaptureArgs, op, stopLock } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { TimerHandle } from '../link/index.js';
import { type CaptureMessage, checkChain, keyOf, type RefusalCause, type Session } from '../session/index.js';
import { Collector } from './collector.js';
import { type CapturePlan, type PlannedCapture, planCapture } from './plan.js';
import { toCapture } from './prove.js';
import type { CaptureItems, CaptureProgress, CaptureResult, RejectCause } from './result.js';
import { type Expected, verifyCapture } from './verify.js';

interface RunEvents {
  progress: [progress: CaptureProgress];
}

const beginMs = 500;
const quietMs = 500;
const lossyCaptures = 3;
const stopEveryMs = 300;
const stopTries = 5;
/** One capture in so many is checked by the second verifier as well. */
const crossCheckEvery = 100;

/** Under which counter of the port a rejection is counted. */
const counterOf: Record<RejectCause, RefusalCause> = {
  'begin-lost': 'lost',
  'foreign-frame': 'order',
  order: 'order',
  timing: 'timing',
  shape: 'digest',
  challenge: 'challenge',
  prev: 'prev',
  digest: 'digest',
  'mark-mismatch': 'digest',
  'window-lost-with-mark': 'lost',
  'seal-timeout': 'seal-timeout',
  // within a session whose hello proved the key, another key id is a false seal and no foreign board
  foreign: 'signature',
  revoked: 'revoked',
  signature: 'signature',
  verifier: 'verifier',
  lost: 'lost',
};

export class CaptureRun extends EventEmitter<RunEvents> {
  /** Resolves always with a verdict; rejects only where the command itself failed (KZ0206, KZ0207, KZ0208, KZ0209). */
  readonly result: Promise<CaptureResult>;
  readonly planned: PlannedCapture;
  readonly #session: Session;
  readonly #key = new Uint8Array(randomBytes(16));
  readonly #args: CaptureArgs;
  readonly #collector: Collector;
  #phase: CaptureProgress['phase'] = 'armed';
  #record = 0;
  #timer?: TimerHandle;
  #sealBy = Number.POSITIVE_INFINITY;
  #stops = 0;
  #stopping?: TimerHandle;
  #leftMs?: number;
  #settle!: (end: 'sealed' | 'silent' | 'ended') => void;

  /** Use `startCapture`. */
  constructor(session: Session, plan: CapturePlan) {
    super();
    this.planned = planCapture(plan, session.facts, session.caps);
    this.#session = session;
    const chal = plan.challenge ?? new Uint8Array(randomBytes(16));
    this.#args = { ...this.planned.args, chal, lock: stopLock(this.#key) };
    this.#collector = new Collector(this.#args.win);
    this.result = this.#run();
    this.result.catch(() => {}); // the caller may look later
  }

  /** Ends the capture early; what was sampled until then is sealed and verified as usual. */
  stop(): void {
    if (this.#record === 0 || this.#stopping !== undefined || this.#collector.items.seal) return;
    const again = () => {
      if (this.#stops++ >= stopTries || (this.#phase !== 'armed' && this.#phase !== 'capturing')) return;
      this.#session.stop(this.#record, this.#key);
      this.#stopping = this.#session.clock.setTimer(stopEveryMs, again);
    };
    again();
  }

  async #run(): Promise<CaptureResult> {
    const session = this.#session;
    const over = new Promise<'sealed' | 'silent' | 'ended'>((resolve) => {
      this.#settle = resolve;
    });
    const onItem = (message: CaptureMessage, item: Uint8Array) => this.#take(message, item);
    const onEnded = () => this.#settle('ended');
    session.on('item', onItem);
    session.on('ended', onEnded);
    try {
      if (!(session.caps.flags & 1)) {
        await session.secure(this.planned.samplingMs + 1.5 * session.caps.signMs + 2000);
      }
      const ack = await session.command({ op: op.capture, args: this.#args });
      this.#record = ack.result[0] ?? 0;
      // the disk may take longer than the board's first frames
      const reserved = session.reserve(this.#record);
      // a record that cannot be noted is no capture: the board need not go on
      reserved.catch(() => this.stop());
      this.#enter('armed');
      this.#wait(beginMs, () => this.#abandon('begin-lost', 'the beginning of the capture is missing'));
      this.#collector.expect(this.#record);
      for (const [message, item] of this.#collector.early()) this.#take(message, item);
      let end = await over;
      if (end === 'silent') end = await this.#resend();
      this.#enter('verifying');
      await reserved;
      return await this.#verdict(end);
    } finally {
      for (const timer of [this.#timer, this.#stopping]) if (timer !== undefined) session.clock.clear(timer);
      session.off('item', onItem);
      session.off('ended', onEnded);
      // a command that was refused leaves the session to whom it belongs
      if (this.#record !== 0) session.enter('idle');
    }
  }

  #enter(phase: CaptureProgress['phase']): void {
    this.#phase = phase;
    this.#session.enter(phase);
    this.#report();
  }

  #report(): void {
    this.emit('progress', {
      phase: this.#phase,
      frames: this.#collector.frames,
      framesExpected: Math.ceil(this.#args.count / this.#session.caps.samples),
      lostFrames: this.#collector.missing,
      leftMs: this.#leftMs,
    });
  }

  #wait(ms: number, then: () => void): void {
    if (this.#timer !== undefined) this.#session.clock.clear(this.#timer);
    this.#timer = this.#session.clock.setTimer(ms, then);
  }

  #take(message: CaptureMessage, item: Uint8Array): void {
    const fault = this.#collector.take(message, item);
    if (fault) {
      this.#abandon(fault.why, fault.text);
      return;
    }
    if (this.#record === 0) return;
    switch (message.type) {
      case 'begin':
        this.#enter('capturing');
        this.#quiet();
        return;
      case 'data':
      case 'signed-data':
      case 'mark':
        if (!this.#collector.items.begin) this.#abandon('begin-lost', 'the beginning of the capture is missing');
        this.#report();
        if (this.#phase !== 'sealing') this.#quiet();
        return;
      case 'busy':
        if (message.rec !== this.#record) return;
        this.#leftMs = message.leftMs;
        this.#seal(1.5 * message.leftMs + 500);
        return;
      case 'seal':
        if (this.#collector.items.seal) this.#settle('sealed');
    }
  }

  /** The next frame is due within three frame periods; then the board must be signing, whether or not its `busy` arrived. */
  #quiet(): void {
    this.#wait(Math.max(3 * this.planned.frameMs, quietMs), () => this.#seal(this.#session.caps.signMs + quietMs));
  }

  /** Waits for the seal, in total at most twice the board's own worst signing time and a second. */
  #seal(ms: number): void {
    const now = this.#session.clock.now();
    if (this.#phase !== 'sealing') {
      this.#enter('sealing');
      this.#sealBy = now + 2 * this.#session.caps.signMs + 1000;
    } else this.#report();
    this.#wait(Math.max(0, Math.min(ms, this.#sealBy - now)), () => this.#settle('silent'));
  }

  /** A capture that cannot be proven any more is ended, and its seal still awaited, so that the board is idle and its chain known. */
  #abandon(why: RejectCause, text: string): void {
    this.#collector.reject(why, text);
    this.stop();
    if (this.#phase === 'armed') this.#enter('capturing');
    if (this.#phase === 'capturing') this.#quiet();
  }

  /** The seal did not come: the board may still hold it. */
  async #resend(): Promise<'sealed' | 'silent' | 'ended'> {
    const session = this.#session;
    if (!session.alive) return 'ended';
    session.enter('idle');
    try {
      await session.resend(this.#record);
    } catch (error) {
      if (error instanceof KizashiError && error.code === 'KZ0208') return 'ended';
      if (!(error instanceof KizashiError)) throw error;
    }
    return this.#collector.items.seal ? 'sealed' : 'silent';
  }

  async #verdict(end: 'sealed' | 'silent' | 'ended'): Promise<CaptureResult> {
    const { items, rejected } = this.#collector;
    if (!items.seal) {
      const why = rejected?.why ?? (end === 'ended' ? 'lost' : 'seal-timeout');
      const text =
        rejected?.text ??
        (end === 'ended' ? `the session ended during record ${this.#record}` : `no seal for record ${this.#record}`);
      return this.#reject(why, text, items);
    }
    const session = this.#session;
    // the chain as it stood before this record
    const board = { ...session.board };
    const expected: Expected = {
      key: keyOf(session.board),
      revoked: board.revoked,
      rec: this.#record,
      sid: session.sid,
      boot: session.boot,
      hz: session.hello.hz,
      asked: this.#args,
      chal: this.#args.chal,
      chain: (rec, prev) => {
        const check = checkChain(rec, prev, board);
        return check.ok ? undefined : check.text;
      },
      crossCheck: session.trust.verified % crossCheckEvery === 0,
    };
    await this.#collector.advanceChain(session, expected);
    if (rejected) return this.#reject(rejected.why, rejected.text, items);
    const proof = verifyCapture(items, expected);
    if (!proof.ok) return this.#reject(proof.why, proof.text, items);
    session.trust.good('signature');
    this.#watchLine(proof.holes.length > 0);
    const chain = checkChain(proof.seal.body.rec, proof.seal.body.prev, board);
    const capture = toCapture(proof, this.planned, session, chain.ok && chain.gapless);
    return { ok: true, record: this.#record, capture, items, tries: 1 };
  }

  /** Three captures in a row with line loss: the rate of the line is too high for this cable. */
  #watchLine(lost: boolean): void {
    const { trust, link, facts } = this.#session;
    trust.lossyInRow = lost ? trust.lossyInRow + 1 : 0;
    if (trust.lossyInRow < lossyCaptures) return;
    trust.lossyInRow = 0;
    const slower = facts.uart.bauds.find((baud) => baud < link.baud);
    const advice = slower ? `flash with --baud ${slower}` : 'change the cable';
    this.#session.emit('alarm', `${link.path} lost frames in ${lossyCaptures} captures in a row: ${advice}`);
  }

  #reject(why: RejectCause, text: string, items: CaptureItems): CaptureResult {
    const session = this.#session;
    if (why === 'window-lost-with-mark' || why === 'begin-lost') this.#watchLine(true);
    const quarantine = session.trust.refuse(counterOf[why], text, session.clock.wall());
    if (quarantine) session.end('quarantine', quarantine.text);
    return { ok: false, record: this.#record, why, text, items, tries: 1 };
  }
}

/**
 * Starts a capture. The session takes no other command until `result` settles (boards with flag bit 0 do).
 * @throws KZ0501 where the plan is not possible
 */
export function startCapture(session: Session, plan: CapturePlan): CaptureRun {
  return new CaptureRun(session, plan);
}
