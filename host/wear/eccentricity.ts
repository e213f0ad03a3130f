/**
 * Air gap that turns uneven (dynamic or mixed eccentricity): lines of the current at f1 ± fr (Thomson and Fenger 2001). A load that varies
 * once a turn makes the same lines, and static eccentricity alone makes none there: its slot harmonics need the number of rotor bars. So
 * the level speaks against its own baseline only. No recording with an eccentric rotor was available: this rests on simulation.
 */
import { log10, median } from '../signal/index.js';
import type { LineFrequency } from './line-current.js';
import { lineAmplitude } from './line-current.js';
import type { MotorContext, ReasonCode } from './types.js';

export const eccentricityParams = {
  /** Bins of Blackman–Harris down to −66 dB: distance to the next line of the supply. */
  bins: 4.25,
  /** Both lines must stand over the local median (as for rotor bars). */
  overFloorDb: 6,
  /** Growth of the level that is a finding (practice: twice the amplitude). */
  growthDb: 6,
} as const;

export type Eccentricity =
  | { levelDb: number; lowerDb: number; upperDb: number; frHz: number; floorDb: number; stands: boolean }
  | { refused: ReasonCode; text: string };

const db = (ratio: number): number => 20 * log10(Math.max(ratio, 1e-12));

/** Shaft speeds to look at: the measured one, or those between no load and 1.3 times rated slip. */
function speeds(motor: MotorContext, f1Hz: number): readonly [number, number] | undefined {
  if (motor.speed && motor.speed.source !== 'nameplate') {
    const hz = motor.speed.nominalRpm / 60;
    return [hz, hz];
  }
  if (!motor.polePairs || !motor.ratedRpm) return undefined;
  const synchronous = f1Hz / motor.polePairs;
  const slip = 1 - motor.ratedRpm / 60 / synchronous;
  return slip > 0 ? [synchronous * (1 - 1.3 * slip), synchronous] : undefined;
}

/** Level of the two lines under the carrier, or the guard that refuses it. `toHz`: upper end of what the clamp passes. */
export function judgeEccentricity(line: LineFrequency, fsHz: number, toHz: number, motor: MotorContext): Eccentricity {
  if (motor.drive === 'vfd') return { refused: 'VFD', text: 'a drive makes lines beside the line of its own' };
  const { spectrum, hz: f1Hz, amplitude: carrier } = line;
  const range = speeds(motor, f1Hz);
  if (!range) return { refused: 'SPEED_UNKNOWN', text: 'needs a measured speed, or rated speed and poles' };
  const [low, high] = range;
  if (f1Hz + high > toHz)
    return {
      refused: 'SENSOR_BANDWIDTH',
      text: `needs ${Math.ceil(f1Hz + high)} Hz, the clamp passes ${Math.round(toHz)}`,
    };
  const { amplitudes: a, df, samples } = spectrum;
  let frHz = low;
  let best = -1;
  for (let f = low; f <= high; f += df) {
    const both = Math.min(a[Math.round((f1Hz - f) / df)] ?? 0, a[Math.round((f1Hz + f) / df)] ?? 0);
    if (both > best) [best, frHz] = [both, f];
  }
  // The nearest multiple of the supply, 0 included: for two poles only the slip away.
  const turns = (f1Hz + frHz) / f1Hz;
  const gapHz = f1Hz * Math.abs(turns - Math.round(turns));
  const needed = eccentricityParams.bins / gapHz;
  const seconds = samples / fsHz;
  if (!(seconds >= needed)) {
    const text = `needs ${Number.isFinite(needed) ? `${needed.toFixed(1)} s` : 'slip'} to part f1 ± fr from the supply, there are ${seconds.toFixed(1)} s`;
    return { refused: 'RECORD_TOO_SHORT', text };
  }
  const floorAt = (hz: number): number => {
    const around: number[] = [];
    for (let k = Math.max(1, Math.ceil((hz - 5) / df)); k <= Math.min(a.length - 1, (hz + 5) / df); k++)
      around.push(a[k]);
    return around.length > 0 ? median(around) : 0;
  };
  const floorDb = db(Math.max(floorAt(f1Hz - frHz), floorAt(f1Hz + frHz)) / carrier);
  const lowerDb = db(lineAmplitude(spectrum, f1Hz - frHz) / carrier);
  const upperDb = db(lineAmplitude(spectrum, f1Hz + frHz) / carrier);
  const stands = Math.min(lowerDb, upperDb) >= floorDb + eccentricityParams.overFloorDb;
  return { levelDb: 0.5 * (lowerDb + upperDb), lowerDb, upperDb, frHz, floorDb, stands };
}
