/**
 * Pins whose values the board reports under a MAC (docs/protocol.md, pin-watch): one watch at a time, up to eight pins, at a period the board
 * states. A capture ends the watch; it is asked for again when the board is idle.
 */
import { op, type ReportBody } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { Session } from '../session/index.js';

const mostPins = 8;

export class WatchedPins {
  /** Period in force in ms, as the board said; 0 while nothing is watched. */
  periodMs = 0;
  readonly #session: Session;
  readonly #pins: number[];
  readonly #onValue: (pin: number, value: number) => void;
  readonly #onFailure: (error: Error) => void;
  #wantedMs: number;
  /** What the board was asked last, so that one command serves several pins that were added in one turn. */
  #asked = '';
  #asking = false;
  /** Number of the watch command whose reports carry `#inForce`. */
  #n = 0;
  #inForce: number[] = [];

  constructor(
    session: Session,
    pins: number[],
    wantedMs: number,
    onValue: (pin: number, value: number) => void,
    onFailure: (error: Error) => void,
  ) {
    this.#session = session;
    this.#pins = pins;
    this.#wantedMs = wantedMs;
    this.#onValue = onValue;
    this.#onFailure = onFailure;
    session.on('report', (report) => this.#take(report));
    session.on('state', (state) => {
      if (state === 'capturing') this.#asked = '';
      if (state === 'idle') void this.refresh();
    });
    void this.refresh();
  }

  /** Watches a pin, too. @throws KZ1502 at the ninth */
  add(pin: number): void {
    if (this.#pins.includes(pin)) return;
    if (this.#pins.length === mostPins)
      throw new KizashiError('KZ1502', `pin ${pin} is one too many: a board watches ${mostPins} pins at a time`, {
        pin,
        most: mostPins,
      });
    this.#pins.push(pin);
    void this.refresh();
  }

  remove(pin: number): void {
    const at = this.#pins.indexOf(pin);
    if (at < 0) return;
    this.#pins.splice(at, 1);
    void this.refresh();
  }

  /** Period wished in ms; the board answers what it can. */
  set interval(ms: number) {
    this.#wantedMs = ms;
    void this.refresh();
  }

  /** Asks the board for the watch as it should be, if it is another. */
  async refresh(): Promise<void> {
    await Promise.resolve();
    if (this.#asking) return;
    this.#asking = true;
    try {
      for (;;) {
        const pins = [...this.#pins];
        const periodMs = pins.length === 0 ? 0 : this.#wantedMs;
        const wanted = `${pins} ${periodMs}`;
        const free = this.#session.state === 'idle' || this.#session.state === 'commanding';
        if (wanted === this.#asked || !free || !this.#session.alive) return;
        if (pins.length === 0 && this.#asked === '') return;
        const { n, result } = await this.#session.command({ op: op.pinWatch, args: { pins, periodMs } });
        this.#n = n;
        this.#inForce = pins;
        this.#asked = wanted;
        this.periodMs = pins.length === 0 ? 0 : (result[0] as number);
      }
    } catch (error) {
      // the end of a session is told once, by whoever attends the port
      if (this.#session.alive) this.#onFailure(error as Error);
    } finally {
      this.#asking = false;
    }
  }

  #take({ n, values }: ReportBody): void {
    if (n !== this.#n) return;
    for (const [k, pin] of this.#inForce.entries()) this.#onValue(pin, values[k] ?? 0);
  }
}
