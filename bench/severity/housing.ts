/** The housing of a made motor: background and strikes apart, so that one machine can be worn step by step. */
import { randomStream } from '../../host/emulate/random.js';
import { ORDERS_6205, syntheticVibration } from '../../host/emulate/rig/index.js';
import { HOUSING_HZ } from './sensors.js';

export const SECONDS = 8;
/** RMS of the background up to half the housing's rate, m/s²: some 1,000 µg/√Hz, an ordinary small motor. */
const BACKGROUND = 2;

export interface Housing {
  /** m/s² at HOUSING_HZ. */
  background: Float64Array;
  /** The same for strikes of 1 m/s². */
  strikes: Float64Array;
  frHz: number;
}

/**
 * Machine `seed`: shaft lines, modulation, mains, pink noise, a hum of the healthy bearing on every second one; speed that drifts by up to
 * 0.4 % within the record; slip, and three resonances near 1.8, 3.3 and 7.5 kHz.
 */
export function housingOf(seed: number, fault: 'none' | 'outer' | 'inner'): Housing {
  const random = randomStream(seed, 'housing');
  const pick = (low: number, high: number) => low + (high - low) * random.f64();
  const frHz = pick(28.2, 30.1);
  const common = {
    seed,
    fsHz: HOUSING_HZ,
    durationS: SECONDS,
    frHz,
    drift: pick(-0.004, 0.004),
    ripple: { depth: pick(0, 0.001), hz: pick(0.2, 2) },
  };
  const lines = [pick(0.1, 1.5), pick(0.05, 0.6), pick(0, 0.3), pick(0, 0.2), pick(0, 0.1)];
  const hum = seed % 2 === 0 ? pick(0, 0.05) : 0;
  const { capture } = syntheticVibration({
    ...common,
    noise: BACKGROUND,
    harmonics: lines.map((line) => line / BACKGROUND),
    modulation: [
      { order: 1, depth: pick(0, 0.2) },
      { order: 2, depth: pick(0, 0.1) },
      { order: ORDERS_6205.FTF, depth: hum > 0 ? pick(0, 0.05) : 0 },
    ],
    hum: { hz: 50, amplitude: pick(0, 0.05) },
    pink: pick(0, 0.3),
    bearing: { hum },
  });
  const background = capture.channels[0].samples;
  if (fault === 'none') return { background, strikes: new Float64Array(0), frHz };
  const struck = syntheticVibration({
    ...common,
    noise: 0,
    harmonics: [],
    bearing: {
      fault,
      severity: 1,
      slip: pick(0, 0.01),
      width: pick(0, 0.15),
      resonances: [
        { hz: pick(1600, 2000), zeta: 0.06, gain: 0.4 },
        { hz: pick(2900, 3700), zeta: 0.05 },
        { hz: pick(6500, 8500), zeta: 0.04, gain: 0.7 },
      ],
    },
  });
  return { background, strikes: struck.capture.channels[0].samples, frHz };
}
