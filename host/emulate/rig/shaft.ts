/** What the turning shaft does to the housing: unbalance, misalignment, looseness, gear, blades, the stator's pull. */

import type { Motor } from './motor.js';
import { type Profile, valueAt } from './profile.js';
import { addOrder } from './tone.js';

/** x and y are radial, y a quarter turn behind x; z is axial. */
export type Axis = 'x' | 'y' | 'z';
export const AXES: readonly Axis[] = ['x', 'y', 'z'];

export interface ShaftOptions {
  /** Velocity of 1x in mm/s RMS at rated speed (default 0.4: nothing is balanced to zero). */
  unbalance?: Profile;
  /** Velocity of 2x radial and 1x axial as a share of 1x. */
  misalignment?: Profile;
  /** Velocity of 0.5x and of 1x … 10x as a share of 1x, falling with the order. */
  looseness?: Profile;
  /** Acceleration amplitudes of 1x, 2x, … in m/s², as they are, on all axes. */
  harmonics?: readonly number[];
  /** Amplitude of twice the supply frequency in m/s². */
  electrical?: number;
  /** Gear mesh: teeth on the shaft, amplitude in m/s², side bands as a share. */
  gear?: { teeth: number; amplitude: number; sideband: number };
  /** Blade pass: blades, amplitude in m/s². */
  fan?: { blades: number; amplitude: number };
}

/** Quarter turn of delay by axis; the axial response stands at an angle of its own. */
const LAG: Record<Axis, number> = { x: 0, y: -0.25, z: 0.1 };
/** Share of an unbalance that is felt axially. */
const AXIAL_SHARE = 0.12;

export class Shaft {
  readonly #motor: Motor;
  readonly #options: ShaftOptions;

  constructor(motor: Motor, options: ShaftOptions) {
    this.#motor = motor;
    this.#options = options;
  }

  /** Acceleration amplitude in m/s² of a velocity `mmPerS` RMS at order k and speed `hz`; v grows with the speed (force with its square). */
  #amplitude(mmPerS: number, order: number, hz: number): number {
    return (Math.SQRT2 * mmPerS * 2 * Math.PI * order * hz * (hz / this.#motor.ratedHz)) / 1000;
  }

  /** Adds acceleration in m/s² at the instants t0 + j·dt; a call should span no more than some 10 ms. */
  render(axis: Axis, out: Float64Array, t0: number, dt: number): void {
    const motor = this.#motor;
    const options = this.#options;
    const middle = t0 + 0.5 * out.length * dt;
    const hz = motor.speedHz(middle);
    const turns = (t: number) => motor.turns(t);
    const once = valueAt(options.unbalance ?? 0.4, middle);
    const misalignment = valueAt(options.misalignment ?? 0, middle);
    const looseness = valueAt(options.looseness ?? 0, middle);
    const radial = axis !== 'z';
    const lag = LAG[axis];

    addOrder(out, t0, dt, turns, 1, this.#amplitude(once * (radial ? 1 : AXIAL_SHARE), 1, hz), lag);
    if (misalignment > 0) {
      if (radial) addOrder(out, t0, dt, turns, 2, this.#amplitude(once * misalignment, 2, hz), 0.15 + lag);
      else addOrder(out, t0, dt, turns, 1, this.#amplitude(once * misalignment, 1, hz), 0.45);
    }
    if (looseness > 0) {
      addOrder(out, t0, dt, turns, 0.5, this.#amplitude((once * looseness) / 2, 0.5, hz), 0.05 + lag);
      for (let k = 2; k <= 10; k++) {
        addOrder(out, t0, dt, turns, k, this.#amplitude((once * looseness) / Math.sqrt(k), k, hz), 0.13 * k + lag);
      }
    }
    const harmonics = options.harmonics ?? [];
    for (let i = 0; i < harmonics.length; i++) {
      addOrder(out, t0, dt, turns, i + 1, harmonics[i], 0.21 * i * i + lag);
    }
    if (options.gear !== undefined) {
      const { teeth, amplitude, sideband } = options.gear;
      addOrder(out, t0, dt, turns, teeth, amplitude, lag);
      addOrder(out, t0, dt, turns, teeth - 1, (amplitude * sideband) / 2, lag);
      addOrder(out, t0, dt, turns, teeth + 1, (amplitude * sideband) / 2, lag);
    }
    if (options.fan !== undefined) addOrder(out, t0, dt, turns, options.fan.blades, options.fan.amplitude, lag);
    // The stator pulls twice a period, with the current's square; nothing pulls when it is switched off.
    const pull = options.electrical ?? 0.03;
    if (pull > 0 && motor.on(middle)) {
      addOrder(out, t0, dt, (t) => motor.supplyTurns(t), 2, pull * (radial ? 1 : 0.3), 0.3 + lag);
    }
  }
}
