/**
 * Relays that stay on only as long as somebody says so (docs/protocol.md, relay; not a safety function). The board drops a relay when its
 * hold runs out. An Uno checks no MAC while it samples or signs, so the hold must outlast whatever it is about to be asked; a host that
 * cannot see to that refuses the capture, not the relay.
 */
import { op } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { TimerHandle } from '../link/index.js';
import type { Session } from './session.js';

const longestHoldMs = 600_000;
/** Hold and refresh of a board that is idle. */
const idle = { holdMs: 60_000, refreshMs: 20_000 };
/** Hold and refresh of a board that takes commands at any time (flag bit 0). */
const always = { holdMs: 5000, refreshMs: 1500 };

export class RelayHold {
  readonly #session: Session;
  /** Host time until which each relay that is on will hold. */
  readonly #until = new Map<number, number>();
  #timer?: TimerHandle;

  constructor(session: Session) {
    this.#session = session;
    session.once('ended', () => this.#stop());
  }

  /** Relays that this session holds. */
  get held(): number[] {
    return [...this.#until.keys()];
  }

  /** Switches a relay on, and keeps it on while the session lives, or off. @throws as `Session.command` */
  async set(relay: number, on: boolean): Promise<void> {
    if (on) await this.#hold(relay, this.#rhythm.holdMs);
    else {
      this.#until.delete(relay);
      await this.#session.command({ op: op.relay, args: { relay, on, holdMs: 0 } });
    }
    this.#beat();
  }

  /**
   * Makes sure that every relay that is on outlasts `ms`, refreshing where needed.
   * @throws KZ0209 where no hold is long enough
   */
  async secure(ms: number): Promise<void> {
    for (const [relay, until] of this.#until) {
      if (until - this.#session.clock.now() >= ms) continue;
      if (ms > longestHoldMs) {
        throw new KizashiError(
          'KZ0209',
          `relay ${relay} would drop out: the board is busy for ${Math.round(ms / 1000)} s`,
          { relay, ms },
        );
      }
      await this.#hold(relay, Math.min(longestHoldMs, Math.ceil(Math.max(ms, this.#rhythm.holdMs))));
    }
  }

  get #rhythm() {
    return this.#session.caps.flags & 1 ? always : idle;
  }

  async #hold(relay: number, holdMs: number): Promise<void> {
    const asked = this.#session.clock.now();
    await this.#session.command({ op: op.relay, args: { relay, on: true, holdMs } });
    // the board counts from receipt, which is not before the command was sent
    this.#until.set(relay, asked + holdMs);
  }

  #beat(): void {
    this.#stop();
    if (this.#until.size === 0 || !this.#session.alive) return;
    this.#timer = this.#session.clock.setTimer(this.#rhythm.refreshMs, () => void this.#refresh());
  }

  async #refresh(): Promise<void> {
    const free = this.#session.state === 'idle' || (this.#session.caps.flags & 1) !== 0;
    try {
      if (free) for (const relay of this.#until.keys()) await this.#hold(relay, this.#rhythm.holdMs);
    } catch (error) {
      this.#session.emit(
        'alarm',
        `a relay of ${this.#session.board.name} could not be refreshed: ${(error as Error).message}`,
      );
    }
    this.#beat();
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#session.clock.clear(this.#timer);
    this.#timer = undefined;
  }
}
