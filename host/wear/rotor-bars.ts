/**
 * Broken rotor bars: side bands of the line at f1(1 ± 2s). Every guard is a refusal, because drives, load swings and short records make
 * the same side bands or hide them. No recording with a broken bar was available: what this claims rests on simulation.
 */
import { lineSpectrum, log10, median } from '../signal/index.js';
import type { ReasonCode } from './types.js';

export const rotorBarParams = {
  /** Bins of Blackman–Harris down to −66 dB. */
  bins: 4.25,
  /** Slip over rated slip from which the rotor carries enough current. */
  load: 0.75,
  /** Side bands must stand over the local median of f1 ± 1..10 Hz. */
  overFloorDb: 6,
  /** Level in dB under the carrier: good to −55, uncertain to −50, watch to −45, probable to −40 (AzIMA application note). */
  bands: [-55, -50, -45, -40],
} as const;

export type RotorBars =
  | {
      levelDb: number;
      lowerDb: number;
      upperDb: number;
      slip: number;
      floorDb: number;
      band: 'good' | 'uncertain' | 'watch' | 'probable' | 'severe';
    }
  | { refused: ReasonCode; text: string };

export interface RotorBarInput {
  x: Float64Array;
  fsHz: number;
  f1Hz: number;
  drive: 'direct' | 'vfd' | 'unknown';
  /** Slip from a measured speed, if there is one, and at rated load. */
  slip?: number;
  ratedSlip?: number;
}

const db = (ratio: number): number => 20 * log10(Math.max(ratio, 1e-12));

/** Level of the first side bands under the carrier, or the guard that refuses it. */
export function judgeRotorBars(input: RotorBarInput): RotorBars {
  const { x, fsHz, f1Hz, ratedSlip } = input;
  if (input.drive === 'vfd')
    return { refused: 'VFD', text: 'a drive hunts at the same side bands: measure its voltage too' };
  if (ratedSlip === undefined || !(ratedSlip > 0)) {
    return { refused: 'SPEED_UNKNOWN', text: 'rotor bars need rated speed and pole pairs from the nameplate' };
  }
  const seconds = x.length / fsHz;
  const spectrum = lineSpectrum(x, fsHz, { window: 'blackmanharris' });
  const { amplitudes: a, df } = spectrum;
  const carrierBin = Math.round(f1Hz / df);
  let carrier = 0;
  for (let k = carrierBin - 2; k <= carrierBin + 2; k++) carrier = Math.max(carrier, a[k] ?? 0);
  if (!(carrier > 0)) return { refused: 'STOPPED', text: 'no line current' };
  const slip = input.slip ?? slipFromLines(a, df, f1Hz, ratedSlip);
  if (slip === undefined || slip < rotorBarParams.load * ratedSlip) {
    const load = slip === undefined ? 'unknown' : `${Math.round((100 * slip) / ratedSlip)} %`;
    return { refused: 'LOAD_TOO_LOW', text: `rotor bars need 75 % of rated slip, it is ${load}` };
  }
  const needed = rotorBarParams.bins / (2 * slip * f1Hz);
  if (seconds < needed) {
    return {
      refused: 'RECORD_TOO_SHORT',
      text: `rotor bars need ${needed.toFixed(1)} s at this slip, there are ${seconds.toFixed(1)} s`,
    };
  }
  const offset = 2 * slip * f1Hz;
  const at = (hz: number): number => {
    const k = Math.round(hz / df);
    let top = 0;
    for (let i = k - 2; i <= k + 2; i++) top = Math.max(top, a[i] ?? 0);
    return top;
  };
  const around: number[] = [];
  for (let k = Math.ceil((f1Hz - 10) / df); k <= Math.floor((f1Hz + 10) / df); k++) {
    if (Math.abs(k * df - f1Hz) >= 1) around.push(a[k]);
  }
  const floorDb = db(median(around) / carrier);
  if (floorDb > rotorBarParams.bands[0] - 10) {
    return {
      refused: 'SENSOR_NOISE_FLOOR',
      text: `noise at ${floorDb.toFixed(0)} dB under the line, ${rotorBarParams.bands[0] - 10} needed`,
    };
  }
  const lowerDb = db(at(f1Hz - offset) / carrier);
  const upperDb = db(at(f1Hz + offset) / carrier);
  const stands = Math.min(lowerDb, upperDb) >= floorDb + rotorBarParams.overFloorDb;
  const levelDb = 0.5 * (lowerDb + upperDb);
  const [good, uncertain, watch, probable] = rotorBarParams.bands;
  const band =
    !stands || levelDb <= good
      ? 'good'
      : levelDb <= uncertain
        ? 'uncertain'
        : levelDb <= watch
          ? 'watch'
          : levelDb <= probable
            ? 'probable'
            : 'severe';
  return { levelDb, lowerDb, upperDb, slip, floorDb, band };
}

/** Slip from the side bands themselves: the offset at which the weaker of both is strongest, up to 1.3 times rated slip. */
function slipFromLines(a: Float64Array, df: number, f1Hz: number, ratedSlip: number): number | undefined {
  let best = 0;
  let slip: number | undefined;
  const from = Math.ceil((rotorBarParams.bins * df) / df);
  const to = Math.floor((2.6 * ratedSlip * f1Hz) / df);
  const carrier = f1Hz / df;
  for (let k = from; k <= to; k++) {
    const both = Math.min(a[Math.round(carrier - k)] ?? 0, a[Math.round(carrier + k)] ?? 0);
    const higher = Math.min(a[Math.round(carrier - k - 1)] ?? 0, a[Math.round(carrier + k + 1)] ?? 0);
    const lower = Math.min(a[Math.round(carrier - k + 1)] ?? 0, a[Math.round(carrier + k - 1)] ?? 0);
    if (both > best && both >= higher && both >= lower) {
      best = both;
      slip = (k * df) / (2 * f1Hz);
    }
  }
  return slip;
}
