import { KizashiError } from '../errors.js';
import type { Board } from './board.js';
import type { BridgeKind } from './bridge.js';
import { VirtualClock } from './clock.js';
import { EmulatedPort, type LineTap } from './port.js';
import { randomStream } from './random.js';

/** Longest and shortest step of virtual time in ms between two looks at the host. */
const LONGEST_STEP = 8;
const SHORTEST_STEP = 1;
/** Wall-clock step of the paced mode, and the most it catches up at once, in ms. */
const PACE_STEP = 2;
const PACE_CATCH_UP = 100;

export interface WorldOptions {
  /** Seed of everything random: bridges, oscillators, memories at power-on. */
  seed: number;
  /** Wall-clock time of virtual time 0, in ms since 1970; by default 2026-01-01, so that runs repeat. */
  startWall?: number;
  /** A board refused to go on (strict mode) while nobody awaited a run: paced mode has stopped. Without it the error is thrown. */
  onFault?: (error: unknown) => void;
}

interface Anchor {
  ms: number;
  cycle: number;
}

/**
 * Boards, their ports and the host's timers in one virtual time. The loop: let the host work, run every board to the next instant at which
 * something is due, deliver what the boards sent at its exact time, fire timers, repeat. The host reacts within the step it stands in: at
 * most 1 ms after host activity, up to 8 ms in a quiet stream.
 */
export class World {
  readonly clock: VirtualClock;
  /** Ports by path, `emu:<name>`. */
  readonly ports = new Map<string, EmulatedPort>();
  /** Milliseconds the paced mode has fallen behind and given up. */
  lagMs = 0;
  readonly #seed: number;
  readonly #onFault: ((error: unknown) => void) | undefined;
  readonly #anchors = new Map<EmulatedPort, Anchor>();
  #step = SHORTEST_STEP;
  #stirredAt = 0;
  #holds = 0;
  #closed = false;
  #running: Promise<void> = Promise.resolve();
  #pacing: NodeJS.Timeout | undefined;

  constructor(options: WorldOptions) {
    this.#seed = options.seed;
    this.#onFault = options.onFault;
    this.clock = new VirtualClock(options.startWall ?? Date.UTC(2026, 0, 1));
  }

  /** Plugs a board in. @throws KZ1103 if the name is taken */
  add(board: Board, name: string, options: { bridge?: BridgeKind } = {}): EmulatedPort {
    const path = `emu:${name}`;
    if (this.ports.has(path))
      throw new KizashiError('KZ1103', `an emulated board ${name} is already plugged in`, { name });
    const port = new EmulatedPort(
      board,
      name,
      {
        now: () => this.clock.now(),
        cycleAt: (of, ms) => this.#cycleAt(of, ms),
        timeAt: (of, cycle) => this.#timeAt(of, cycle),
        stir: () => this.#stir(),
      },
      options.bridge ?? '16u2',
      randomStream(this.#seed, `bridge ${name}`),
    );
    this.ports.set(path, port);
    this.#anchors.set(port, { ms: this.clock.now(), cycle: board.cycle });
    return port;
  }

  port(name: string): EmulatedPort {
    const port = this.ports.get(`emu:${name}`);
    if (port === undefined) throw new KizashiError('KZ1104', `there is no emulated board ${name}`, { name });
    return port;
  }

  /** Sees and may change every chunk on one cable, both ways; `undefined` takes it away. */
  tapLine(name: string, fn: LineTap | undefined): void {
    this.port(name).tap(fn);
  }

  /** Time stands still until the returned function is called: for host work that leaves the event loop (files, crypto threads). */
  hold(): () => void {
    this.#holds++;
    let held = true;
    return () => {
      if (held) this.#holds--;
      held = false;
    };
  }

  /** Runs virtual time on by `seconds`, as fast as the machine can. */
  run(seconds: number): Promise<void> {
    return this.#exclusive(() => this.#advance(this.clock.now() + seconds * 1000, () => false));
  }

  /** Runs until `promise` settles and gives its value. @throws KZ1105 if it has not after `limitSeconds` of virtual time */
  async until<T>(promise: Promise<T>, limitSeconds = 60): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    await this.#exclusive(() => this.#advance(this.clock.now() + limitSeconds * 1000, () => settled));
    if (!settled)
      throw new KizashiError('KZ1105', `still waiting after ${limitSeconds} s of emulated time`, { limitSeconds });
    return watched;
  }

  /** Keeps virtual time in step with the wall clock from now on, or stops doing so. A world that falls behind slows down and counts `lagMs`. */
  pace(on: boolean): void {
    if (this.#pacing) clearTimeout(this.#pacing);
    this.#pacing = undefined;
    if (!on || this.#closed) return;
    let wall0 = performance.now();
    let virtual0 = this.clock.now();
    const beat = (): void => {
      let target = virtual0 + (performance.now() - wall0);
      const behind = target - this.clock.now() - PACE_CATCH_UP;
      if (behind > 0) {
        this.lagMs += behind;
        target -= behind;
        virtual0 = target;
        wall0 = performance.now();
      }
      this.#exclusive(() => this.#advance(target, () => false)).then(
        () => {
          if (this.#pacing) this.#pacing = setTimeout(beat, PACE_STEP);
        },
        (error: unknown) => {
          this.pace(false);
          if (this.#onFault === undefined) throw error;
          this.#onFault(error);
        },
      );
    };
    this.#pacing = setTimeout(beat, PACE_STEP);
  }

  /** Stops everything; runs under way end at their next step. */
  close(): void {
    this.pace(false);
    this.#closed = true;
  }

  #exclusive(work: () => Promise<void>): Promise<void> {
    const next = this.#running.then(work);
    this.#running = next.catch(() => {});
    return next;
  }

  #stir(): void {
    this.#stirredAt = this.clock.now();
    this.#step = SHORTEST_STEP;
  }

  #rate(port: EmulatedPort): number {
    return (port.board.hz * (1 + port.board.clockError)) / 1000;
  }

  #cycleAt(port: EmulatedPort, ms: number): number {
    const anchor = this.#anchors.get(port)!;
    return anchor.cycle + (ms - anchor.ms) * this.#rate(port);
  }

  #timeAt(port: EmulatedPort, cycle: number): number {
    const anchor = this.#anchors.get(port)!;
    return anchor.ms + (cycle - anchor.cycle) / this.#rate(port);
  }

  async #settle(): Promise<void> {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#holds > 0 && !this.#closed);
  }

  async #advance(untilMs: number, done: () => boolean): Promise<void> {
    await this.#settle();
    while (!this.#closed && !done()) {
      const now = this.clock.now();
      if (now >= untilMs) break;
      if (now - this.#stirredAt > 50) this.#step = Math.min(LONGEST_STEP, this.#step * 2);
      const next = Math.min(untilMs, now + this.#step, Math.max(now, this.clock.nextDue()));
      for (const port of this.ports.values()) {
        port.feedLine();
        port.board.run(this.#cycleAt(port, next));
      }
      await this.#deliver(next);
      this.clock.advanceTo(next);
    }
  }

  /** Deliveries and timers up to `ms`, in order of their time; the host gets a turn of the event loop after each instant. */
  async #deliver(ms: number): Promise<void> {
    while (!this.#closed) {
      let at = this.clock.nextDue();
      for (const port of this.ports.values()) at = Math.min(at, port.nextInstant());
      if (at > ms) return;
      this.clock.advanceTo(at);
      for (const port of this.ports.values()) port.deliverUntil(at);
      while (this.clock.fireNext(at));
      await this.#settle();
    }
  }
}
