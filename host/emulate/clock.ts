import type { Clock, TimerHandle } from '../link/clock.js';

interface Timer {
  due: number;
  order: number;
  fn: (() => void) | undefined;
}

/**
 * The virtual clock: time stands still until `advanceTo` is called. Timers fire in the order of their due time, then of their creation, and
 * `now()` reads exactly the due time while one fires.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  #timers: Timer[] = [];
  readonly #startWall: number;

  /** @param startWall wall-clock time of virtual time 0, in ms since 1970 */
  constructor(startWall: number) {
    this.#startWall = startWall;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#startWall + this.#now;
  }

  setTimer(ms: number, fn: () => void): TimerHandle {
    const timer: Timer = { due: this.#now + Math.max(0, ms), order: this.#order++, fn };
    let at = this.#timers.length;
    while (at > 0 && this.#timers[at - 1]!.due > timer.due) at--;
    this.#timers.splice(at, 0, timer);
    return timer;
  }

  clear(handle: TimerHandle): void {
    const timer = handle as Timer;
    timer.fn = undefined;
    const at = this.#timers.indexOf(timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  /** Due time of the next timer in ms, `Infinity` if there is none. */
  nextDue(): number {
    return this.#timers.length > 0 ? this.#timers[0]!.due : Infinity;
  }

  /** Moves time on to `ms` without firing; the caller has fired what was due. */
  advanceTo(ms: number): void {
    if (ms > this.#now) this.#now = ms;
  }

  /** Fires the next timer if it is due at or before `ms`; time stands at its due time meanwhile. Returns whether one fired. */
  fireNext(ms: number): boolean {
    const timer = this.#timers[0];
    if (timer === undefined || timer.due > ms) return false;
    this.#timers.shift();
    this.advanceTo(timer.due);
    timer.fn?.();
    return true;
  }
}
