/** A split-core current clamp with its burden on a biased pin (SCT-013 and kin). Pair of boards/sensors/sct-013-*.json. */
import { KizashiError } from '../../errors.js';
import { randomStream } from '../random.js';
import { type Phase, TransformerStage } from '../rig/current.js';
import { CURRENT_BLOCK, CURRENT_HZ, Grid } from '../rig/grid.js';
import { addWhite } from '../rig/noise.js';
import type { Rig } from '../rig/rig.js';
import { biasVolts } from './analog.js';

/** What this model needs of boards/sensors/<id>.json. */
export interface ClampFacts {
  id: string;
  bandwidthHz: number | null;
  rangeA?: readonly number[];
  phaseErrorDeg?: readonly number[];
  analog?: { mvPerUnit: number; unit: string; bias: number | 'avcc/2' | string };
}

export interface ClampOptions {
  rig: Rig;
  phase: Phase;
  sensor: ClampFacts;
  avcc?: number;
  /** Relative error of the ratio; by default a few per cent drawn from the rig's seed, as clamps come. */
  gainError?: number;
  /** Lead at the supply frequency in degrees; by default drawn from the sensor's range. */
  phaseErrorDeg?: number;
  /** Turns of the conductor through the core: small motors need more than one. */
  turns?: number;
  /** RMS noise at the pin, V. */
  noiseV?: number;
}

/** Voltage at the pin at increasing instants, in V. Throws KZ1152 if the sensor has no analog output in A. */
export function clampVolts(options: ClampOptions): (t: number) => number {
  const { rig, phase, sensor } = options;
  const { analog } = sensor;
  if (analog === undefined || analog.unit !== 'A') {
    throw new KizashiError('KZ1152', `${sensor.id} gives no voltage for a current`, { sensor: sensor.id });
  }
  const random = randomStream(rig.options.seed, `clamp ${sensor.id} ${phase}`);
  const gainError = options.gainError ?? 0.03 * (2 * random.f64() - 1);
  const [least, most] = [sensor.phaseErrorDeg?.[0] ?? 1, sensor.phaseErrorDeg?.[1] ?? 3];
  const lead = options.phaseErrorDeg ?? least + (most - least) * random.f64();
  const stream = random.u32() | 0;
  const stage = new TransformerStage(CURRENT_HZ, lead, rig.options.nameplate.hz, sensor.bandwidthHz ?? CURRENT_HZ / 4);
  const turns = options.turns ?? 1;
  const limit = sensor.rangeA?.[0] ?? Number.POSITIVE_INFINITY;
  const grid = new Grid(CURRENT_HZ, CURRENT_BLOCK, {
    fill(out, block) {
      out.set(rig.currentBlock(phase, block));
      for (let j = 0; j < out.length; j++) {
        const amps = out[j] * turns;
        // The core saturates.
        out[j] = amps > limit ? limit : Math.max(amps, -limit);
      }
      stage.run(out);
    },
    restart: () => stage.restart(),
  });
  const noise = new Grid(CURRENT_HZ, CURRENT_BLOCK, {
    fill: (out, block) => addWhite(out, options.noiseV ?? 0.0005, stream, block),
  });
  const avcc = options.avcc ?? 5;
  const bias = biasVolts(analog.bias, avcc);
  const gain = (analog.mvPerUnit / 1000) * (1 + gainError);
  return (t) => {
    const volts = bias + gain * grid.at(t) + noise.at(t);
    return volts < 0 ? 0 : Math.min(volts, avcc);
  };
}
