/** A rolling bearing: when its defect strikes, how hard, and how the housing rings (Randall and Antoni 2011, section 2). */
import { cosTurns, exp, ln, sinTurns } from '../../signal/index.js';
import type { Random } from '../random.js';
import type { Motor } from './motor.js';
import { type Profile, peakOf, valueAt } from './profile.js';
import type { Axis } from './shaft.js';
import { addOrder } from './tone.js';

/** Frequencies in multiples of the shaft speed, outer ring fixed. */
export interface Orders {
  BPFO: number;
  BPFI: number;
  BSF: number;
  FTF: number;
}

/** Orders from geometry: n rolling elements of diameter d on pitch diameter D, cos of the contact angle. */
export function bearingOrders(n: number, d: number, D: number, cosAngle = 1): Orders {
  const r = (d / D) * cosAngle;
  return { BPFO: (n * (1 - r)) / 2, BPFI: (n * (1 + r)) / 2, BSF: (D / d) * ((1 - r * r) / 2), FTF: (1 - r) / 2 };
}

/** 6205: nine balls of 5/16 in on 38.5 mm. */
export const ORDERS_6205: Orders = bearingOrders(9, 7.9375, 38.5);

export type BearingFault = 'none' | 'outer' | 'inner' | 'ball' | 'cage';

export interface Resonance {
  hz: number;
  zeta: number;
  gain?: number;
}

export interface BearingOptions {
  designation?: string;
  orders?: Orders;
  /** Relative slip of the cage, 0 … 0.02: lowers every order of the cage and outer ring, raises those of the inner. */
  slip?: number;
  fault?: BearingFault;
  /** Amplitude of a strike in m/s² at the housing, before the load zone. */
  severity?: Profile;
  resonances?: readonly Resonance[];
  /** Random slip between strikes (share of the interval) and random strength. */
  jitter?: number;
  scatter?: number;
  /** Share of the interval between entry and exit of a spall; 0 is a point. */
  width?: number;
  /** Ball-pass hum of a healthy bearing in m/s², with side lines at three times the order. */
  hum?: number;
}

/** How much of a strike each axis feels. */
const GAIN: Record<Axis, number> = { x: 1, y: 0.7, z: 0.35 };

export interface Strike {
  t: number;
  amplitude: number;
  /** Entry into a spall: rings low. */
  entry: boolean;
}

export class Bearing {
  readonly orders: Orders;
  /** Strikes a turn: 0 without a fault. */
  readonly strikeOrder: number;
  readonly fault: BearingFault;
  readonly #motor: Motor;
  readonly #random: Random;
  readonly #options: BearingOptions;
  readonly #resonances: readonly Resonance[];
  /** Seconds after which a strike is down to 1e-5. */
  readonly #memory: number;
  #recent: Strike[] = [];
  #nextTurns: number;
  #known = 0;

  constructor(motor: Motor, options: BearingOptions, random: Random) {
    this.#motor = motor;
    this.#options = options;
    this.#random = random;
    this.fault = options.fault ?? 'none';
    const orders = options.orders ?? ORDERS_6205;
    const slip = options.slip ?? 0;
    const FTF = orders.FTF * (1 - slip);
    const balls = orders.BPFO / orders.FTF;
    this.orders = { FTF, BPFO: balls * FTF, BPFI: balls * (1 - FTF), BSF: orders.BSF * (1 - slip) };
    this.strikeOrder = {
      none: 0,
      outer: this.orders.BPFO,
      inner: this.orders.BPFI,
      ball: 2 * this.orders.BSF,
      cage: FTF,
    }[this.fault];
    this.#resonances = options.resonances ?? [{ hz: 3200, zeta: 0.05 }];
    this.#memory = Math.max(...this.#resonances.map(({ hz, zeta }) => (11.5 * 3) / (2 * Math.PI * zeta * hz)));
    this.#nextTurns = this.strikeOrder > 0 ? this.#random.f64() / this.strikeOrder : Number.POSITIVE_INFINITY;
  }

  /** Amplitude of a strike at `t` before load zone and scatter, m/s². */
  severity(t: number): number {
    return this.fault === 'none' ? 0 : valueAt(this.#options.severity ?? 1, t);
  }

  /** Strikes with from <= t < to, in order. Asked with increasing `to`; older ones than the ringing lasts are forgotten. */
  strikes(from: number, to: number): Strike[] {
    this.#generate(to);
    return this.#recent.filter(({ t }) => t >= from && t < to);
  }

  #generate(to: number): void {
    if (to <= this.#known || this.strikeOrder === 0) return;
    const motor = this.#motor;
    const end = motor.turns(to);
    const jitter = this.#options.jitter ?? 0.01;
    const scatter = this.#options.scatter ?? (this.fault === 'ball' ? 0.3 : 0.1);
    const width = this.#options.width ?? 0;
    const silent = peakOf(this.#options.severity ?? 1) === 0;
    const forget = to - this.#memory - 1;
    const forgetTurns = motor.turns(Math.max(0, forget));
    while (this.#nextTurns < end) {
      const turns = this.#nextTurns;
      const spread = 1 + scatter * this.#random.gaussian();
      const interval = (1 + jitter * this.#random.gaussian()) / this.strikeOrder;
      this.#nextTurns = turns + (interval > 0 ? interval : 0.01 / this.strikeOrder);
      if (silent || turns < forgetTurns) continue;
      const t = motor.timeAt(turns, to);
      const amplitude = this.severity(t) * this.#loadZone(turns) * spread;
      if (!(amplitude > 0)) continue;
      if (width > 0) {
        const entry = motor.timeAt(Math.max(0, turns - width / this.strikeOrder), to);
        this.#recent.push({ t: entry, amplitude: amplitude / 2, entry: true });
      }
      this.#recent.push({ t, amplitude, entry: false });
    }
    this.#known = to;
    let old = 0;
    while (old < this.#recent.length && this.#recent[old].t < forget) old++;
    if (old > 64) this.#recent.splice(0, old);
  }

  /** Stribeck's load zone with ε = 0.6 and exponent 1.1; a fault of the outer ring stays where the load is. */
  #loadZone(turns: number): number {
    if (this.fault === 'outer' || this.fault === 'none') return 1;
    const angle = this.fault === 'inner' ? turns : this.orders.FTF * turns;
    const share = 1 - (1 - cosTurns(angle)) / 1.2;
    return share > 0 ? exp(1.1 * ln(share)) : 0;
  }

  /** Adds acceleration in m/s² at the instants t0 + j·dt. */
  render(axis: Axis, out: Float64Array, t0: number, dt: number): void {
    const hum = this.#options.hum ?? 0;
    if (hum > 0) {
      const turns = (t: number) => this.#motor.turns(t);
      addOrder(out, t0, dt, turns, this.orders.BPFO, hum * GAIN[axis]);
      addOrder(out, t0, dt, turns, 3 * this.orders.BPFO, (hum * GAIN[axis]) / 3, 0.2);
    }
    if (this.strikeOrder === 0) return;
    const end = t0 + out.length * dt;
    this.#generate(end);
    for (let i = this.#recent.length - 1; i >= 0; i--) {
      const strike = this.#recent[i];
      if (strike.t >= end || strike.t < t0 - this.#memory) continue;
      for (const { hz, zeta, gain = 1 } of this.#resonances) {
        ring(out, t0, dt, strike.t, strike.amplitude * gain * GAIN[axis], strike.entry ? hz / 3 : hz, zeta);
      }
    }
  }
}

/**
 * Adds amplitude·e^(−2πζfτ)·sin(2πf√(1−ζ²)τ), τ from the strike at its exact instant, by a damped rotation; it ends where 1e-5 is left.
 */
export function ring(
  out: Float64Array,
  t0: number,
  dt: number,
  strikeAt: number,
  amplitude: number,
  hz: number,
  zeta: number,
): void {
  const decay = 2 * Math.PI * zeta * hz;
  const damped = hz * Math.sqrt(1 - zeta * zeta);
  const first = strikeAt > t0 ? Math.ceil((strikeAt - t0) / dt) : 0;
  const tau = t0 + first * dt - strikeAt;
  const last = Math.min(out.length, Math.floor((strikeAt + 11.5 / decay - t0) / dt));
  if (last <= first) return;
  const size = amplitude * exp(-decay * tau);
  let re = size * cosTurns(damped * tau);
  let im = size * sinTurns(damped * tau);
  const shrink = exp(-decay * dt);
  const stepRe = shrink * cosTurns(damped * dt);
  const stepIm = shrink * sinTurns(damped * dt);
  for (let j = first; j < last; j++) {
    out[j] += im;
    const next = re * stepRe - im * stepIm;
    im = re * stepIm + im * stepRe;
    re = next;
  }
}
