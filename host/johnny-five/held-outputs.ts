/**
 * Outputs that stay as they are only while this host lives (docs/protocol.md, pin-set): each carries a hold, renewed well before it ends, and
 * made longer before the board captures or signs, since it takes no command then.
 */
import { op, pinMode } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { TimerHandle } from '../link/index.js';
import type { Hold, Session } from '../session/index.js';

/** Longest hold of the protocol in ms. */
const longestHoldMs = 600_000;

interface Output {
  mode: number;
  value: number;
  /** Host time until which the board will hold it. */
  until: number;
}

export class HeldOutputs implements Hold {
  readonly #session: Session;
  readonly #holdMs: number;
  readonly #outputs = new Map<number, Output>();
  readonly #onFailure: (error: Error) => void;
  #timer?: TimerHandle;

  /** @param holdMs how long an output outlives this host; renewed at a third of it */
  constructor(session: Session, holdMs: number, onFailure: (error: Error) => void) {
    this.#session = session;
    this.#holdMs = holdMs;
    this.#onFailure = onFailure;
    session.holds.add(this);
    session.once('ended', () => this.#stop());
  }

  /** Pins that are driven. */
  get pins(): number[] {
    return [...this.#outputs.keys()];
  }

  /** Makes a pin what `mode` says. @throws as `Session.command` */
  async set(pin: number, mode: number, value: number): Promise<void> {
    const drives = mode === pinMode.output || mode === pinMode.pwm || mode === pinMode.servo;
    if (drives) await this.#hold(pin, { mode, value }, this.#holdMs);
    else {
      this.#outputs.delete(pin);
      await this.#session.command({ op: op.pinSet, args: { pin, mode, value: 0, holdMs: 0 } });
    }
    if (this.#timer === undefined) this.#beat();
  }

  /** The board let a pin go by itself. */
  dropped(pin: number): void {
    this.#outputs.delete(pin);
  }

  /** Lets every output go. @throws as `Session.command` */
  async release(): Promise<void> {
    for (const pin of this.pins) await this.set(pin, pinMode.input, 0);
  }

  /** @throws KZ0209 where no hold is long enough */
  async secure(ms: number): Promise<void> {
    for (const [pin, output] of this.#outputs) {
      if (output.until - this.#session.clock.now() >= ms) continue;
      if (ms > longestHoldMs)
        throw new KizashiError(
          'KZ0209',
          `pin ${pin} would drop out: the board is busy for ${Math.round(ms / 1000)} s`,
          {
            pin,
            ms,
          },
        );
      await this.#hold(pin, output, Math.min(longestHoldMs, Math.ceil(Math.max(ms, this.#holdMs))));
    }
  }

  async #hold(pin: number, { mode, value }: Omit<Output, 'until'>, holdMs: number): Promise<void> {
    const asked = this.#session.clock.now();
    await this.#session.command({ op: op.pinSet, args: { pin, mode, value, holdMs } });
    // the board counts from receipt, which is not before the command was sent
    this.#outputs.set(pin, { mode, value, until: asked + holdMs });
  }

  #beat(): void {
    this.#stop();
    if (this.#outputs.size === 0 || !this.#session.alive) return;
    this.#timer = this.#session.clock.setTimer(this.#holdMs / 3, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { state, caps, clock } = this.#session;
    const free = state === 'idle' || state === 'commanding' || (caps.flags & 1) !== 0;
    try {
      for (const [pin, output] of free ? this.#outputs : []) {
        // one that was made longer for a capture, or set a moment ago, needs nothing yet
        if (output.until - clock.now() < 0.7 * this.#holdMs) await this.#hold(pin, output, this.#holdMs);
      }
    } catch (error) {
      // the end of a session is told once, by whoever attends the port
      if (this.#session.alive) this.#onFailure(error as Error);
    }
    this.#beat();
  }

  #stop(): void {
    if (this.#timer !== undefined) this.#session.clock.clear(this.#timer);
    this.#timer = undefined;
  }
}
