/**
 * A motor one can measure: everything of it that vibrates and draws current, by truth known to itself. Acceleration in m/s² and current in
 * A at any increasing instants; the same seed gives the same motor.
 */
import { KizashiError } from '../../errors.js';
import { randomStream } from '../random.js';
import { Bearing, type BearingOptions } from './bearing.js';
import { Current, type CurrentOptions, type Phase } from './current.js';
import { CURRENT_BLOCK, CURRENT_HZ, GRID_BLOCK, GRID_HZ, Grid } from './grid.js';
import { Motor, type MotorOptions, type Nameplate } from './motor.js';
import { addPink, addWhite, PINK_BAND_RMS } from './noise.js';
import type { Housing, Mount } from './path.js';
import { type Axis, Shaft, type ShaftOptions } from './shaft.js';
import { type Truth, type TruthAt, truthOf } from './truth.js';

export interface RigOptions extends Omit<MotorOptions, 'nameplate'> {
  /** Any integer; every component draws from its own stream of it. */
  seed: number;
  /** Name in truth and errors. */
  name?: string;
  nameplate: Nameplate;
  shaft?: ShaftOptions;
  bearing?: BearingOptions;
  electrical?: CurrentOptions;
  /** Noise of the running machine in m/s² RMS within 10 … 1000 Hz, and the share of its power that is pink. */
  background?: { radial?: number; axial?: number; pinkShare?: number };
  /** How the sensors are fixed unless they say otherwise. */
  mount?: Mount;
}

export interface Rig extends Housing {
  readonly options: RigOptions;
  readonly motor: Motor;
  readonly bearing: Bearing;
  readonly electrical: Current;
  /** Acceleration of the housing in m/s² at t >= 0 seconds. Readers may be up to 100 ms apart. */
  acceleration(axis: Axis, t: number): number;
  /** Current of a phase in A. */
  current(phase: Phase, t: number): number;
  /** Grid of a phase current, for sensors. */
  currentBlock(phase: Phase, block: number): Float64Array;
  /** What is true at an instant. */
  truthAt(t: number): TruthAt;
  /** Everything that is true between two instants, strikes included; plain data. */
  truth(fromS: number, toS: number): Truth;
}

/** Builds a rig. Throws KZ1151 where the options contradict physics. */
export function createRig(options: RigOptions): Rig {
  check(options);
  const motor = new Motor(options, randomStream(options.seed, 'motor'));
  const shaft = new Shaft(motor, options.shaft ?? {});
  const newBearing = () => new Bearing(motor, options.bearing ?? {}, randomStream(options.seed, 'bearing'));
  const bearing = newBearing();
  const electrical = new Current(motor, options.electrical ?? {});
  const background = { radial: 0.25, axial: 0.18, pinkShare: 0.5, ...options.background };

  const vibration = (axis: Axis): Grid => {
    const white = randomStream(options.seed, `white ${axis}`).u32() | 0;
    const pink = randomStream(options.seed, `pink ${axis}`).u32() | 0;
    const level = axis === 'z' ? background.axial : background.radial;
    // White noise reaches to the end of the grid; its part in 10 … 1000 Hz is what the level states.
    const sigma = level * Math.sqrt((1 - background.pinkShare) * (GRID_HZ / 2 / 990));
    const size = (level * Math.sqrt(background.pinkShare)) / PINK_BAND_RMS;
    return new Grid(GRID_HZ, GRID_BLOCK, {
      fill(out, block) {
        const t0 = (block * GRID_BLOCK) / GRID_HZ;
        const dt = 1 / GRID_HZ;
        // A motor at rest is silent but for the floor.
        const turning = 0.02 + 0.98 * motor.runUp(t0);
        addWhite(out, sigma * turning, white, block);
        addPink(out, size * turning, pink, block);
        shaft.render(axis, out, t0, dt);
        bearing.render(axis, out, t0, dt);
      },
    });
  };
  const phase = (which: Phase): Grid =>
    new Grid(CURRENT_HZ, CURRENT_BLOCK, {
      fill: (out, block) => electrical.render(which, out, (block * CURRENT_BLOCK) / CURRENT_HZ, 1 / CURRENT_HZ),
    });
  const axes: Record<Axis, Grid> = { x: vibration('x'), y: vibration('y'), z: vibration('z') };
  const phases: Record<Phase, Grid> = { A: phase('A'), B: phase('B'), C: phase('C') };

  const rig: Rig = {
    options,
    motor,
    bearing,
    electrical,
    block: (axis, block) => axes[axis].block(block),
    currentBlock: (which, block) => phases[which].block(block),
    acceleration: (axis, t) => axes[axis].at(t),
    current: (which, t) => phases[which].at(t),
    truthAt: (t) => truthOf(rig, newBearing(), t, t).at[0],
    truth: (fromS, toS) => truthOf(rig, newBearing(), fromS, toS),
  };
  return rig;
}

function check(options: RigOptions): void {
  const { rpm, poles, hz, kw } = options.nameplate;
  const synchronous = (120 * hz) / poles;
  if (!(kw > 0) || !(rpm > 0) || poles % 2 !== 0 || poles < 2 || (options.speedHz === undefined && rpm > synchronous)) {
    throw new KizashiError(
      'KZ1151',
      `no induction motor of ${kw} kW, ${poles} poles at ${hz} Hz turns at ${rpm} r/min`,
      {
        ...options.nameplate,
      },
    );
  }
}
