/** Line frequency, RMS, harmonics and Park vector of stator currents. */
import { type LineSpectrum, lineSpectrum, ln, rms } from '../signal/index.js';

export interface LineFrequency {
  hz: number;
  /** Peak amplitude of the fundamental in the unit of the channel. */
  amplitude: number;
  spectrum: LineSpectrum;
}

/**
 * Line frequency by a Blackman–Harris spectrum: the largest line in 45..65 Hz, or within ±3 % of the configured one, refined by a parabola
 * through the logarithms. Undefined where nothing stands out (no current flows) or the record holds too few cycles.
 */
export function lineFrequency(x: Float64Array, fsHz: number, supplyHz?: number): LineFrequency | undefined {
  const low = supplyHz === undefined ? 45 : 0.97 * supplyHz;
  const high = supplyHz === undefined ? 65 : 1.03 * supplyHz;
  // The main lobe is 8 bins wide; twelve cycles keep the image at −f1 away.
  if (x.length < (12 * fsHz) / low) return undefined;
  let padTo = 2;
  while (padTo < 4 * x.length) padTo *= 2;
  const spectrum = lineSpectrum(x, fsHz, { window: 'blackmanharris', padTo });
  const { amplitudes: a, df } = spectrum;
  const from = Math.max(1, Math.ceil(low / df));
  const to = Math.min(a.length - 2, Math.floor(high / df));
  let peak = from;
  for (let k = from; k <= to; k++) if (a[k] > a[peak]) peak = k;
  if (!(a[peak] > 0) || !(a[peak - 1] > 0) || !(a[peak + 1] > 0)) return undefined;
  const left = ln(a[peak - 1]);
  const middle = ln(a[peak]);
  const right = ln(a[peak + 1]);
  const bend = left - 2 * middle + right;
  const offset = bend < 0 ? Math.max(-0.5, Math.min(0.5, (0.5 * (left - right)) / bend)) : 0;
  return { hz: (peak + offset) * df, amplitude: a[peak], spectrum };
}

/**
 * Total harmonic distortion sqrt(Σ I_h²)/I_1 up to harmonic H <= 40, as far as 0.4·fs and the clamp's bandwidth allow.
 */
export function harmonicDistortion(
  line: LineFrequency,
  fsHz: number,
  bandwidthHz?: number,
): { thd: number; highest: number } {
  const limit = Math.min(0.4 * fsHz, bandwidthHz ?? Number.POSITIVE_INFINITY);
  const highest = Math.min(40, Math.floor(limit / line.hz));
  const { amplitudes: a, df } = line.spectrum;
  let sum = 0;
  for (let h = 2; h <= highest; h++) {
    const centre = Math.round((h * line.hz) / df);
    let top = 0;
    for (let k = Math.max(0, centre - 4); k <= Math.min(a.length - 1, centre + 4); k++) if (a[k] > top) top = a[k];
    sum += top * top;
  }
  return { thd: Math.sqrt(sum) / line.amplitude, highest };
}

/** 100·max|I − mean|/mean over the phases. Clamps that were not calibrated together read 6 to 14 % on a healthy motor. */
export function currentUnbalance(levels: readonly number[]): number {
  const mean = levels.reduce((sum, one) => sum + one, 0) / levels.length;
  return (100 * Math.max(...levels.map((one) => Math.abs(one - mean)))) / mean;
}

/**
 * Park's vector id = √(2/3)·ia − ib/√6 − ic/√6, iq = (ib − ic)/√2, and the line at 2·f1 of its modulus over the modulus' mean
 * (extended Park's vector approach, Cardoso 1999).
 */
export function parkVector(
  ia: Float64Array,
  ib: Float64Array,
  ic: Float64Array,
  fsHz: number,
  f1Hz: number,
): { modulus: number; epva: number } {
  const n = ia.length;
  const modulus = new Float64Array(n);
  const twoThirds = Math.sqrt(2 / 3);
  const sixth = 1 / Math.sqrt(6);
  let mean = 0;
  for (let j = 0; j < n; j++) {
    const d = twoThirds * ia[j] - sixth * ib[j] - sixth * ic[j];
    const q = Math.SQRT1_2 * (ib[j] - ic[j]);
    modulus[j] = Math.sqrt(d * d + q * q);
    mean += modulus[j];
  }
  mean /= n;
  const spectrum = lineSpectrum(modulus, fsHz, { window: 'blackmanharris' });
  const centre = Math.round((2 * f1Hz) / spectrum.df);
  let top = 0;
  for (let k = centre - 2; k <= centre + 2; k++) top = Math.max(top, spectrum.amplitudes[k] ?? 0);
  return { modulus: mean, epva: mean > 0 ? top / mean : 0 };
}

/** RMS of each phase about its mean. */
export const phaseLevels = (phases: readonly Float64Array[]): number[] => phases.map((phase) => rms(phase));
