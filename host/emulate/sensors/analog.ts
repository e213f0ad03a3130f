/** An analog accelerometer on a pin: direction, mounting, bandwidth, noise, anti-alias filter, bias and rails. Pair of boards/sensors. */
import { KizashiError } from '../../errors.js';
import { cosTurns } from '../../signal/index.js';
import { randomStream } from '../random.js';
import { GRID_BLOCK, GRID_HZ, Grid } from '../rig/grid.js';
import { addWhite } from '../rig/noise.js';
import { Path, type PathOptions, TwoPole } from '../rig/path.js';
import type { Rig } from '../rig/rig.js';

/** What this model needs of boards/sensors/<id>.json. */
export interface AnalogFacts {
  id: string;
  bandwidthHz: number | null;
  noiseUgRtHz?: readonly number[];
  rangeG?: readonly number[];
  analog?: { mvPerUnit: number; unit: string; bias: number | 'avcc/2' | string };
}

export interface AccelerometerOptions extends Partial<PathOptions> {
  rig: Rig;
  sensor: AnalogFacts;
  /** Corner of the two-pole low pass on the board in Hz; none leaves aliases in. */
  filterHz?: number;
  /** Gain of an amplifier between sensor and pin, about the bias (1). */
  amplifier?: number;
  /** Supply of sensor and converter in V. */
  avcc?: number;
  /** Error of sensitivity (share) and of bias (V). */
  gainError?: number;
  offsetV?: number;
  /** Mains picked up by the cable, mV amplitude. */
  humMv?: number;
  /** Distinguishes two sensors of a kind on one rig. */
  seed?: number;
}

const G = 9.80665;
const BUTTERWORTH_Q = Math.SQRT1_2;

/** Voltage at the pin at increasing instants, in V. Throws KZ1152 if the sensor has no analog output in m/s². */
export function accelerometerVolts(options: AccelerometerOptions): (t: number) => number {
  const { rig, sensor } = options;
  const { analog } = sensor;
  if (analog === undefined || analog.unit !== 'm/s2') {
    throw new KizashiError('KZ1152', `${sensor.id} gives no voltage for an acceleration`, { sensor: sensor.id });
  }
  const direction = options.direction ?? 'x';
  const path = new Path(rig, { direction, mount: options.mount ?? rig.options.mount, neighbour: options.neighbour });
  const stages = [sensor.bandwidthHz, options.filterHz]
    .filter((hz): hz is number => hz !== null && hz !== undefined)
    .map((hz) => new TwoPole(hz, BUTTERWORTH_Q));
  const axis = typeof direction === 'string' ? direction : 'x';
  const density = sensor.noiseUgRtHz?.[{ x: 0, y: 1, z: 2 }[axis]] ?? sensor.noiseUgRtHz?.[0] ?? 0;
  const sigma = density * 1e-6 * G * Math.sqrt(GRID_HZ / 2);
  const stream = randomStream(rig.options.seed, `accelerometer ${sensor.id} ${axis} ${options.seed ?? 0}`).u32() | 0;
  const limit = (sensor.rangeG?.[0] ?? Number.POSITIVE_INFINITY) * G;

  const grid = new Grid(GRID_HZ, GRID_BLOCK, {
    fill(out, block) {
      path.fill(out, block);
      for (let j = 0; j < out.length; j++) {
        if (out[j] > limit) out[j] = limit;
        else if (out[j] < -limit) out[j] = -limit;
      }
      addWhite(out, sigma, stream, block);
      for (const stage of stages) stage.run(out);
    },
    restart() {
      path.restart();
      for (const stage of stages) stage.restart();
    },
  });

  const avcc = options.avcc ?? 5;
  const bias = biasVolts(analog.bias, avcc) + (options.offsetV ?? 0);
  const gain = (analog.mvPerUnit / 1000) * (options.amplifier ?? 1) * (1 + (options.gainError ?? 0));
  const hum = (options.humMv ?? 0) / 1000;
  return (t) => {
    let volts = bias + gain * grid.at(t);
    if (hum > 0) volts += hum * cosTurns(rig.motor.supplyTurns(t));
    return volts < 0 ? 0 : Math.min(volts, avcc);
  };
}

/** Bias in V: millivolts, or half the supply. */
export function biasVolts(bias: number | string, avcc: number): number {
  return typeof bias === 'number' ? bias / 1000 : avcc / 2;
}

/**
 * A voltage by time as one by the cycles of a board whose oscillator runs at hz·(1 + clockError); cycle 0 is `originS` of the rig's time.
 */
export function byCycle(
  volts: (t: number) => number,
  board: { readonly hz: number; readonly clockError: number },
  originS = 0,
): (cycle: number) => number {
  const seconds = 1 / (board.hz * (1 + board.clockError));
  return (cycle) => volts(originS + cycle * seconds);
}
