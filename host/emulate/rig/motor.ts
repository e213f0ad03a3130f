/**
 * An induction motor on its supply: load gives slip, slip gives speed, speed gives the shaft's angle. Between nodes 0.1 s apart speed is a
 * straight line, so the angle is an exact parabola and can be asked at any instant.
 */
import { exp, sinTurns } from '../../signal/index.js';
import type { Random } from '../random.js';
import { type Profile, valueAt } from './profile.js';

export interface Nameplate {
  kw: number;
  /** Speed at rated load, r/min. */
  rpm: number;
  poles: number;
  /** Supply frequency, Hz. */
  hz: number;
  /** Rated current, A RMS; by default that of a 400 V motor with efficiency × power factor of 0.72. */
  amps?: number;
}

export interface MotorOptions {
  nameplate: Nameplate;
  /** Share of rated load, 0 … 1.2. */
  load?: Profile;
  /** Supply frequency where it is not the nameplate's (inverter). */
  supplyHz?: Profile;
  /** Switched on (1) or off (0); a change starts the motor or lets it coast down. */
  on?: Profile;
  /** Shaft speed in Hz by itself, without slip: drives of other kinds, and test signals. */
  speedHz?: Profile;
  /** Slow wandering of the speed (Ornstein–Uhlenbeck): relative standard deviation and time constant. */
  wander?: { sigma: number; tauS: number };
  /** Periodic wandering: relative depth and frequency. */
  ripple?: { depth: number; hz: number };
}

/** Spacing of the nodes in seconds. */
const NODE_S = 0.1;
/** Time constants of starting and coasting, seconds. */
const START_S = 0.4;
const COAST_S = 2;

export class Motor {
  readonly polePairs: number;
  /** Rated shaft speed in Hz, rated slip, rated current in A RMS. */
  readonly ratedHz: number;
  readonly ratedSlip: number;
  readonly ratedAmps: number;
  readonly #options: MotorOptions;
  readonly #random: Random;
  #count = 0;
  #speed = new Float64Array(1024);
  #turns = new Float64Array(1024);
  #supply = new Float64Array(1024);
  #supplyTurns = new Float64Array(1024);
  #runUp = new Float64Array(1024);
  #wander = 0;

  constructor(options: MotorOptions, random: Random) {
    const { poles, hz, rpm, kw, amps } = options.nameplate;
    this.#options = options;
    this.#random = random;
    this.polePairs = poles / 2;
    this.ratedHz = rpm / 60;
    this.ratedSlip = 1 - (this.ratedHz * this.polePairs) / hz;
    this.ratedAmps = amps ?? (kw * 1000) / (Math.sqrt(3) * 400 * 0.72);
    this.#extend(0);
  }

  /** Share of rated load. */
  load(t: number): number {
    return valueAt(this.#options.load ?? 0.6, t);
  }

  /** Slip at steady load; 0 for a drive whose speed is given. */
  slip(t: number): number {
    return this.#options.speedHz === undefined ? this.ratedSlip * this.load(t) : 0;
  }

  /** Supply frequency in Hz. */
  supplyHz(t: number): number {
    return valueAt(this.#options.supplyHz ?? this.#options.nameplate.hz, t);
  }

  /** Shaft speed in Hz. */
  speedHz(t: number): number {
    const i = this.#node(t);
    const u = t / NODE_S - i;
    const speed = this.#speed[i] + (this.#speed[i + 1] - this.#speed[i]) * u;
    const { ripple } = this.#options;
    return ripple === undefined ? speed : speed * (1 + ripple.depth * sinTurns(ripple.hz * t));
  }

  /** Turns of the shaft since t = 0. */
  turns(t: number): number {
    const i = this.#node(t);
    const dt = t - i * NODE_S;
    const speed = this.#speed[i];
    const turns = this.#turns[i] + dt * (speed + ((this.#speed[i + 1] - speed) * dt) / (2 * NODE_S));
    const { ripple } = this.#options;
    if (ripple === undefined) return turns;
    // ∫ sin: the speed under the ripple changes so slowly that it may stand before the integral.
    const half = sinTurns((ripple.hz * t) / 2);
    return turns + (speed * ripple.depth * 2 * half * half) / (2 * Math.PI * ripple.hz);
  }

  /** Periods of the supply since t = 0. */
  supplyTurns(t: number): number {
    const i = this.#node(t);
    const dt = t - i * NODE_S;
    return (
      this.#supplyTurns[i] + dt * (this.#supply[i] + ((this.#supply[i + 1] - this.#supply[i]) * dt) / (2 * NODE_S))
    );
  }

  /** How far the shaft has run up: 0 at rest, 1 at speed. */
  runUp(t: number): number {
    const i = this.#node(t);
    const u = t / NODE_S - i;
    return this.#runUp[i] + (this.#runUp[i + 1] - this.#runUp[i]) * u;
  }

  /** Switched on at `t`? */
  on(t: number): boolean {
    return valueAt(this.#options.on ?? 1, t) >= 0.5;
  }

  /** Instant at which the shaft has made `turns` turns; it must lie before `beforeS`. */
  timeAt(turns: number, beforeS: number): number {
    let low = 0;
    let high = Math.max(1, Math.ceil(beforeS / NODE_S));
    this.#extend(high + 1);
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#turns[middle] <= turns) low = middle;
      else high = middle;
    }
    let t = low * NODE_S;
    // Newton on a parabola (and a small ripple): three steps reach the last digits.
    for (let i = 0; i < 4; i++) {
      const speed = this.speedHz(t);
      if (!(speed > 1e-9)) break;
      t = Math.max(0, t + (turns - this.turns(t)) / speed);
    }
    return t;
  }

  #node(t: number): number {
    const i = t > 0 ? Math.floor(t / NODE_S) : 0;
    if (i + 1 >= this.#count) this.#extend(i + 1);
    return i;
  }

  #extend(node: number): void {
    while (this.#count <= node) {
      const i = this.#count;
      if (i === this.#speed.length) this.#grow();
      const t = i * NODE_S;
      const { wander, speedHz, on } = this.#options;
      const target = valueAt(on ?? 1, t) >= 0.5 ? 1 : 0;
      if (i === 0) this.#runUp[0] = target;
      else {
        const share = 1 - exp(-NODE_S / (target === 1 ? START_S : COAST_S));
        this.#runUp[i] = this.#runUp[i - 1] + (target - this.#runUp[i - 1]) * share;
      }
      const { sigma, tauS } = wander ?? { sigma: 0.0005, tauS: 20 };
      const keep = exp(-NODE_S / tauS);
      const g = this.#random.gaussian();
      this.#wander = i === 0 ? sigma * g : this.#wander * keep + sigma * Math.sqrt(1 - keep * keep) * g;
      const supply = this.supplyHz(t);
      const steady =
        speedHz === undefined ? ((1 - this.ratedSlip * this.load(t)) * supply) / this.polePairs : valueAt(speedHz, t);
      this.#speed[i] = steady * (1 + this.#wander) * this.#runUp[i];
      this.#supply[i] = supply;
      if (i > 0) {
        this.#turns[i] = this.#turns[i - 1] + (NODE_S * (this.#speed[i - 1] + this.#speed[i])) / 2;
        this.#supplyTurns[i] = this.#supplyTurns[i - 1] + (NODE_S * (this.#supply[i - 1] + this.#supply[i])) / 2;
      }
      this.#count++;
    }
  }

  #grow(): void {
    const wider = (a: Float64Array<ArrayBuffer>) => {
      const b = new Float64Array(2 * a.length);
      b.set(a);
      return b;
    };
    this.#speed = wider(this.#speed);
    this.#turns = wider(this.#turns);
    this.#supply = wider(this.#supply);
    this.#supplyTurns = wider(this.#supplyTurns);
    this.#runUp = wider(this.#runUp);
  }
}
