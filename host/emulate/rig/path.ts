/** From the housing to the sensor: direction, mounting, a neighbour's vibration; and the two-pole stage that both mount and sensor are. */
import { amplitudeOfDb, cosTurns, sinTurns } from '../../signal/index.js';
import { GRID_HZ } from './grid.js';
import type { Axis } from './shaft.js';

export type Mount = 'stud' | 'glue' | 'magnet' | 'tape' | 'hand';

/** Resonance of the mounted sensor in Hz (practice; to be confirmed against ISO 5348 for a given sensor's mass). */
export const MOUNT_HZ: Record<Mount, number> = { stud: 12000, glue: 7000, magnet: 3500, tape: 1200, hand: 700 };
const MOUNT_Q = 5;

/** Second-order low pass with gain 1 at DC: a resonance for Q > 0.5, Butterworth for Q = 1/√2. Bilinear, prewarped at its corner. */
export class TwoPole {
  readonly #b: number;
  readonly #a1: number;
  readonly #a2: number;
  #s1 = 0;
  #s2 = 0;

  constructor(hz: number, q: number, rateHz = GRID_HZ) {
    const turns = Math.min(hz, 0.45 * rateHz) / rateHz;
    // Audio-EQ form of the bilinear transform: cos and sin of the digital corner.
    const alpha = sinTurns(turns) / (2 * q);
    const cos = cosTurns(turns);
    this.#b = (1 - cos) / 2 / (1 + alpha);
    this.#a1 = (-2 * cos) / (1 + alpha);
    this.#a2 = (1 - alpha) / (1 + alpha);
  }

  run(x: Float64Array): void {
    const b = this.#b;
    const a1 = this.#a1;
    const a2 = this.#a2;
    let s1 = this.#s1;
    let s2 = this.#s2;
    for (let j = 0; j < x.length; j++) {
      const value = b * x[j];
      const y = value + s1;
      s1 = 2 * value - a1 * y + s2;
      s2 = value - a2 * y;
      x[j] = y;
    }
    this.#s1 = s1;
    this.#s2 = s2;
  }

  restart(): void {
    this.#s1 = 0;
    this.#s2 = 0;
  }
}

/** The stage of a mounting. */
export function mountStage(mount: Mount): TwoPole {
  return new TwoPole(MOUNT_HZ[mount], MOUNT_Q);
}

/** Something whose acceleration can be had by axis and block. */
export interface Housing {
  block(axis: Axis, block: number): Float64Array;
}

export interface PathOptions {
  /** Direction the sensor's axis points to; its tilt against the motor's axes lets other axes through. */
  direction: Axis | { x: number; y: number; z: number };
  mount?: Mount;
  /** Another machine on the same floor, heard `db` lower. */
  neighbour?: { housing: Housing; db: number };
}

/** What arrives at the sensor, block after block. */
export class Path {
  readonly #housing: Housing;
  readonly #weights: [Axis, number][];
  readonly #stage: TwoPole;
  readonly #neighbour?: { housing: Housing; gain: number };

  constructor(housing: Housing, options: PathOptions) {
    this.#housing = housing;
    const { direction } = options;
    const vector = typeof direction === 'string' ? { x: 0, y: 0, z: 0, [direction]: 1 } : direction;
    const length = Math.sqrt(vector.x * vector.x + vector.y * vector.y + vector.z * vector.z);
    this.#weights = (['x', 'y', 'z'] as const)
      .filter((axis) => vector[axis] !== 0)
      .map((axis) => [axis, vector[axis] / length]);
    this.#stage = mountStage(options.mount ?? 'stud');
    if (options.neighbour !== undefined) {
      this.#neighbour = { housing: options.neighbour.housing, gain: amplitudeOfDb(0 - options.neighbour.db) };
    }
  }

  fill(out: Float64Array, block: number): void {
    for (const [axis, weight] of this.#weights) {
      add(out, this.#housing.block(axis, block), weight);
      if (this.#neighbour !== undefined)
        add(out, this.#neighbour.housing.block(axis, block), weight * this.#neighbour.gain);
    }
    this.#stage.run(out);
  }

  restart(): void {
    this.#stage.restart();
  }
}

function add(out: Float64Array, x: Float64Array, weight: number): void {
  for (let j = 0; j < out.length; j++) out[j] += weight * x[j];
}
