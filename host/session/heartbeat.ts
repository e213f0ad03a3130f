/**
 * Pings: they tell the board's clock, show that it lives, and are the writes that uncover a vanished tty. Eight quick ones at the start, then
 * one in 0.98 s (docs/protocol.md, time).
 */
import { encodeMessage, type Pong } from '../../protocol/index.js';
import type { Link, TimerHandle } from '../link/index.js';
import type { ClockSync } from './clock-sync.js';

export const pingMs = 983.9;
/** Its multiples fill [0, 1) evenly (Weyl). */
const goldenRatio = (Math.sqrt(5) - 1) / 2;
const firstPings = 8;
const firstPingMs = 50;
const unansweredPings = 3;
/** Pings whose pong may still come. */
const pingsHeld = 16;

export interface HeartbeatOptions {
  link: Link;
  sync: ClockSync;
  /** Boot time of the board: silent for so long, it may say `ready` again, which is no loss of the port. */
  bootMs: number;
  /** A command waits for its acknowledgement: a ping now would be lost, or cost the command its buffer. */
  commanding: () => boolean;
  /** The board signs and may leave pings unanswered. */
  excused: () => boolean;
  onSilent: (seconds: number) => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #sent = new Map<number, number>();
  #count = 0;
  #answeredAt: number;
  #excusedUntil = 0;
  #timer?: TimerHandle;
  /** Host time of the last ping. */
  pingedAt = Number.NEGATIVE_INFINITY;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#answeredAt = options.link.clock.now();
    this.#beat();
  }

  /** Takes a pong. Returns false for one that was not asked for. */
  answer(pong: Pong, at: number): boolean {
    const sentAt = this.#sent.get(pong.n);
    if (sentAt === undefined) return false;
    this.#sent.delete(pong.n);
    this.#answeredAt = at;
    this.#options.sync.add(sentAt, pong.rx);
    return true;
  }

  /** The board said `busy`: what counts until then is that. */
  excuse(untilMs: number): void {
    this.#excusedUntil = untilMs;
  }

  stop(): void {
    if (this.#timer !== undefined) this.#options.link.clock.clear(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    const { link, bootMs, commanding, excused, onSilent } = this.#options;
    const now = link.clock.now();
    // a command has its own time limit
    if (excused() || now < this.#excusedUntil || commanding()) this.#answeredAt = now;
    const patience = Math.max(unansweredPings * pingMs, bootMs + 200);
    if (now - this.#answeredAt > patience) {
      onSilent(Math.round(patience / 100) / 10);
      return;
    }
    if (commanding()) {
      this.#timer = link.clock.setTimer(firstPingMs, () => this.#beat());
      return;
    }
    const n = this.#count++;
    this.pingedAt = now;
    this.#sent.set(n, now);
    if (this.#sent.size > pingsHeld) this.#sent.delete(n - pingsHeld);
    link.send(encodeMessage({ type: 'ping', n }));
    // spread over a USB frame of 1 ms, so that its grid does not pass for the board's clock
    const dither = (this.#count * goldenRatio) % 1;
    this.#timer = link.clock.setTimer((this.#count < firstPings ? firstPingMs : pingMs) + dither, () => this.#beat());
  }
}
