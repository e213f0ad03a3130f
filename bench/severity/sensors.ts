/** A sensor on the housing: resonance or filter, sampling at its own wrong clock, noise, steps, range. Vibration in, a capture out. */
import { createHash } from 'node:crypto';
import type { Capture } from '../../host/capture/capture.js';
import { randomStream } from '../../host/emulate/random.js';
import { TwoPole } from '../../host/emulate/rig/path.js';
import { type SensorFile, sensorOf } from '../../host/motors/sensor-table.js';

const G = 9.80665;
/** Rate at which the housing is known: far over every sensor's band. */
export const HOUSING_HZ = 81920;

export interface Fitted {
  id: string;
  label: string;
  sensor: SensorFile;
  /** Rate in samples a second, step and range in g. */
  rateHz: number;
  lsbG: number;
  rangeG: number;
  /** Corner of a two-pole filter before the converter, where there is one. */
  filterHz?: number;
}

/** An Uno's converter: 10 bits over 5 V, prescaler 128. */
const UNO = { rateHz: 9615, volts: 5, steps: 1024, gain: 5 };

const digital = (id: string, label: string, rateHz: number, rangeG: number, lsbG?: number): Fitted => {
  const sensor = sensorOf(id);
  return { id, label, sensor, rateHz, rangeG, lsbG: lsbG ?? sensor.lsbG ?? 0 };
};

function onUno(id: string, label: string): Fitted {
  const sensor = sensorOf(id);
  const voltsPerG = ((sensor.analog?.mvPerUnit ?? 0) * G * UNO.gain) / 1000;
  return {
    id,
    label,
    sensor: { ...sensor, filterHz: 0.4 * UNO.rateHz },
    rateHz: UNO.rateHz,
    lsbG: UNO.volts / UNO.steps / voltsPerG,
    rangeG: UNO.volts / 2 / voltsPerG,
    filterHz: 0.4 * UNO.rateHz,
  };
}

/** What people have in their drawers, from blind to sharp. */
export const fitted: readonly Fitted[] = [
  digital('mpu6050', 'MPU6050, 1 kHz', 1000, 4),
  digital('lis3dh', 'LIS3DH, 1.3 kHz', 1344, 4, 0.002),
  digital('adxl345', 'ADXL345, 3.2 kHz', 3200, 16),
  digital('adxl355', 'ADXL355, 4 kHz', 4000, 8),
  onUno('adxl1002', 'ADXL1002 on an Uno, 9.6 kHz'),
  digital('iis3dwb', 'IIS3DWB, 26.7 kHz', 26667, 16),
];

/**
 * What the sensor makes of the housing's vibration (m/s² at HOUSING_HZ). `clock` is its clock's relative error, which nobody knows: the
 * capture states the rate of the data sheet, as one without a host clock would.
 */
export function senseWith(fit: Fitted, housing: Float64Array, seed: number, clock: number): Capture {
  const { sensor, rateHz, lsbG, rangeG } = fit;
  const signal = housing.slice();
  const corner = Math.min(sensor.bandwidthHz ?? 0.5 * rateHz, 0.45 * HOUSING_HZ);
  // A digital filter falls steeply (eight poles here), a soft one has two poles and lets some of what is above half the rate alias.
  const stages = sensor.antiAlias === 'digital' ? [0.50979558, 0.60134489, 0.89997622, 2.5629154] : [Math.SQRT1_2];
  for (const q of stages) new TwoPole(corner, q, HOUSING_HZ).run(signal);
  if (fit.filterHz !== undefined) new TwoPole(fit.filterHz, Math.SQRT1_2, HOUSING_HZ).run(signal);
  const step = HOUSING_HZ / (rateHz * (1 + clock));
  const n = 2 * Math.floor((signal.length - 4) / step / 2);
  const samples = new Float64Array(n);
  const random = randomStream(seed, `noise of ${fit.id}`);
  const sigma = (sensor.noiseUgRtHz?.[0] ?? 0) * 1e-6 * G * Math.sqrt(Math.min(corner, 0.5 * rateHz));
  const lsb = lsbG * G;
  const range = rangeG * G;
  for (let j = 0; j < n; j++) {
    const value = cubic(signal, 1 + j * step) + sigma * random.gaussian();
    const stepped = lsb > 0 ? Math.round(value / lsb) * lsb : value;
    samples[j] = Math.max(-range, Math.min(range, stepped));
  }
  const hash = createHash('sha256').update(new Uint8Array(samples.buffer)).digest();
  return {
    id: hash.toString('hex'),
    hash: new Uint8Array(hash),
    source: 'emulated',
    verdict: { kind: 'unsigned' },
    grade: 'none',
    fsHz: rateHz,
    fsUncertainty: 0,
    channels: [
      {
        id: 'ax',
        quantity: 'acceleration',
        unit: 'm/s2',
        samples,
        axis: 'radial',
        sensor: fit.id,
        range: [-range, range],
        lsb,
      },
    ],
    spans: [[0, n]],
  };
}

/** Four-point Lagrange interpolation at a place between samples. */
function cubic(x: Float64Array, at: number): number {
  const k = Math.floor(at);
  const t = at - k;
  const [a, b, c, d] = [x[k - 1], x[k], x[k + 1], x[k + 2]];
  return b + t * (c - a / 3 - b / 2 - d / 6 + t * ((a + c) / 2 - b + t * ((d - a) / 6 + (b - c) / 2)));
}
