/** Stator currents of the three phases: magnitude and angle by load, harmonics, and the marks of electrical faults. */
import { atan2, exp, sinTurns } from '../../signal/index.js';
import type { Motor } from './motor.js';
import { type Profile, valueAt } from './profile.js';
import { addOrder, addTone } from './tone.js';

export type Phase = 'A' | 'B' | 'C';
export const PHASES: readonly Phase[] = ['A', 'B', 'C'];

export interface CurrentOptions {
  /** Total harmonic distortion as a share, spread over 5, 7, 11, 13. */
  thd?: number;
  /** Relative magnitudes of the phases less 1, A B C: supply or winding unbalance. */
  unbalance?: readonly [number, number, number];
  /** Broken bars: level of each first side band under the carrier at rated load, dB (negative). */
  brokenBars?: number;
  /** Inter-turn short: phase, extra current as a share of the rated one, from and to in seconds. */
  shortedTurns?: { phase: Phase; share: Profile; fromS?: number; toS?: number };
  /** Eccentric rotor: f1 ± fr as a share. */
  eccentricity?: number;
  /** Load that swings: relative depth and frequency in Hz. Its side bands are not those of broken bars. */
  swing?: { depth: number; hz: number };
}

/** No-load current as a share of the rated one, and the current's angle at no load and at rated load, turns. */
const NO_LOAD = 0.35;
const ANGLE_NO_LOAD = 80 / 360;
const ANGLE_RATED = 30 / 360;
/**
 * Lag of the current that a shorted turn draws, behind the voltage of its phase. The loop is a few turns with a contact resistance on the
 * flux of the phase: resistance outweighs its leakage, 0 to 30°. At no load it so leads the magnetising current by some 65°; the ITSC
 * rig's records show 53 to 85°.
 */
const SHORTED_ANGLE = 15 / 360;
/** Starting current over rated. */
const INRUSH = 6;
/** Harmonic, share of the distortion, and its sequence: +1 as the fundamental, −1 against it. */
const HARMONICS = [
  { h: 5, share: 0.8, sequence: -1 },
  { h: 7, share: 0.5, sequence: 1 },
  { h: 11, share: 0.28, sequence: -1 },
  { h: 13, share: 0.18, sequence: 1 },
] as const;

export class Current {
  readonly #motor: Motor;
  readonly #options: CurrentOptions;

  constructor(motor: Motor, options: CurrentOptions) {
    this.#motor = motor;
    this.#options = options;
  }

  /** RMS of a healthy phase at `t`, in A. */
  rms(t: number): number {
    const motor = this.#motor;
    if (!motor.on(t)) return 0;
    const load = motor.load(t);
    const steady = motor.ratedAmps * Math.sqrt(NO_LOAD * NO_LOAD + (1 - NO_LOAD * NO_LOAD) * load * load);
    // A rotor at rest draws the inrush current; it falls as the shaft runs up.
    const run = motor.runUp(t);
    return steady + (INRUSH * motor.ratedAmps - steady) * (1 - run * run * run);
  }

  /** Extra current of shorted turns as a share of the rated one, 0 outside its time. */
  shorted(t: number): number {
    const short = this.#options.shortedTurns;
    if (short === undefined || t < (short.fromS ?? 0) || t >= (short.toS ?? Number.POSITIVE_INFINITY)) return 0;
    return valueAt(short.share, t);
  }

  /** Adds the current of a phase in A at the instants t0 + j·dt; a call should span no more than some 10 ms. */
  render(phase: Phase, out: Float64Array, t0: number, dt: number): void {
    const motor = this.#motor;
    const options = this.#options;
    const index = PHASES.indexOf(phase);
    const n = out.length;
    const middle = t0 + 0.5 * n * dt;
    const supply = (t: number) => motor.supplyTurns(t);
    const peak = Math.SQRT2 * this.rms(middle) * (1 + (options.unbalance?.[index] ?? 0));
    const load = motor.load(middle);
    const angle = ANGLE_NO_LOAD + (ANGLE_RATED - ANGLE_NO_LOAD) * Math.min(1, load);
    const third = index / 3;
    addOrder(out, t0, dt, supply, 1, peak, 0 - angle - third);

    const thd = options.thd ?? 0.03;
    for (const { h, share, sequence } of HARMONICS) {
      addOrder(out, t0, dt, supply, h, peak * thd * share, 0.11 * h - sequence * third);
    }
    if (options.brokenBars !== undefined) {
      // Level at rated load, falling with the load: the bars' current does.
      const side = peak * exp(options.brokenBars * 0.1151292546497023) * load;
      const at = (t: number, sign: number) => supply(t) + sign * 2 * this.#slipTurns(t);
      for (const sign of [-1, 1]) {
        addTone(
          out,
          side,
          at(t0, sign) - angle - third,
          at(middle, sign) - angle - third,
          at(t0 + n * dt, sign) - angle - third,
        );
      }
    }
    if (options.eccentricity !== undefined) {
      for (const sign of [-1, 1]) {
        const at = (t: number) => supply(t) + sign * motor.turns(t) - angle - third;
        addTone(out, peak * options.eccentricity, at(t0), at(middle), at(t0 + n * dt));
      }
    }
    if (options.swing !== undefined) {
      const { depth, hz } = options.swing;
      for (const sign of [-1, 1]) {
        const at = (t: number) => supply(t) + sign * hz * t - angle - third;
        addTone(out, (peak * depth) / 2, at(t0), at(middle), at(t0 + n * dt));
      }
    }
    const short = this.shorted(middle);
    if (short > 0 && options.shortedTurns?.phase === phase && motor.on(middle)) {
      addOrder(out, t0, dt, supply, 1, Math.SQRT2 * motor.ratedAmps * short, 0 - SHORTED_ANGLE - third);
    }
  }

  /** ∫ s·f1 dt = supply periods less electrical turns of the rotor. */
  #slipTurns(t: number): number {
    return this.#motor.supplyTurns(t) - this.#motor.turns(t) * this.#motor.polePairs;
  }
}

/**
 * A current transformer with its burden as two first-order stages on a grid: high pass by the magnetising inductance, low pass by leakage
 * and burden. The high pass leads by `leadDeg` at `atHz`.
 */
export class TransformerStage {
  readonly #high: number;
  readonly #low: number;
  #highState = 0;
  #highInput = 0;
  #lowState = 0;

  constructor(rateHz: number, leadDeg: number, atHz: number, lowPassHz: number) {
    const turns = leadDeg / 360;
    const cornerHz = (atHz * sinTurns(turns)) / sinTurns(turns + 0.25);
    this.#high = exp((-2 * Math.PI * cornerHz) / rateHz);
    this.#low = 1 - exp((-2 * Math.PI * lowPassHz) / rateHz);
  }

  run(x: Float64Array): void {
    for (let j = 0; j < x.length; j++) {
      this.#highState = this.#high * (this.#highState + x[j] - this.#highInput);
      this.#highInput = x[j];
      this.#lowState += this.#low * (this.#highState - this.#lowState);
      x[j] = this.#lowState;
    }
  }

  restart(): void {
    this.#highState = 0;
    this.#highInput = 0;
    this.#lowState = 0;
  }
}

/** Angle of a complex current in degrees, for comparing with truth. */
export function degrees(re: number, im: number): number {
  return (atan2(im, re) * 180) / Math.PI;
}
