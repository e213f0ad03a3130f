/** Line frequency, RMS, harmonics and Park vector of stator currents. */
import { cheapLength, exp, type LineSpectrum, lineSpectrum, ln, peakOffset, rms } from '../signal/index.js';

export interface LineFrequency {
  hz: number;
  /** Peak amplitude of the fundamental in the unit of the channel. */
  amplitude: number;
  spectrum: LineSpectrum;
}

/**
 * Line frequency by a Blackman–Harris spectrum on half bins: the largest line in 45..65 Hz, or within ±3 % of the configured one, refined by
 * a parabola through the logarithms. Undefined where nothing stands out (no current flows) or the record holds too few cycles.
 */
export function lineFrequency(x: Float64Array, fsHz: number, supplyHz?: number): LineFrequency | undefined {
  const low = supplyHz === undefined ? 45 : 0.97 * supplyHz;
  const high = supplyHz === undefined ? 65 : 1.03 * supplyHz;
  // The main lobe is 8 bins wide; twelve cycles keep the image at −f1 away.
  if (x.length < (12 * fsHz) / low) return undefined;
  const spectrum = lineSpectrum(x, fsHz, { window: 'blackmanharris', padTo: cheapLength(2 * x.length) });
  const { amplitudes: a, df } = spectrum;
  const peak = highest(a, Math.ceil(low / df), Math.floor(high / df));
  if (!(a[peak] > 0) || !(a[peak - 1] > 0) || !(a[peak + 1] > 0)) return undefined;
  const top = topOf(a, peak);
  return { hz: top.bin * df, amplitude: top.amplitude, spectrum };
}

function highest(a: Float64Array, from: number, to: number): number {
  let peak = Math.max(1, from);
  for (let k = peak; k <= Math.min(a.length - 2, to); k++) if (a[k] > a[peak]) peak = k;
  return peak;
}

/** Top of the parabola through the logarithms of a bin and its neighbours: the lobe of this window is nearly a Gaussian. */
function topOf(a: Float64Array, peak: number): { bin: number; amplitude: number } {
  if (!(a[peak] > 0) || !(a[peak - 1] > 0) || !(a[peak + 1] > 0)) return { bin: peak, amplitude: a[peak] };
  const logs = Float64Array.of(ln(a[peak - 1]), ln(a[peak]), ln(a[peak + 1]));
  const offset = peakOffset(logs, 1);
  return { bin: peak + offset, amplitude: exp(logs[1] - 0.25 * (logs[0] - logs[2]) * offset) };
}

/** Amplitude of the largest line within one bin of the record's own resolution around `hz`; 0 outside of the spectrum. */
export function lineAmplitude({ amplitudes: a, df, fsHz, samples }: LineSpectrum, hz: number): number {
  const centre = Math.round(hz / df);
  const half = Math.round(fsHz / samples / df);
  if (centre - half < 1 || centre + half > a.length - 2) return 0;
  return topOf(a, highest(a, centre - half, centre + half)).amplitude;
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
  const last = Math.min(40, Math.floor(limit / line.hz));
  let sum = 0;
  for (let h = 2; h <= last; h++) {
    const amplitude = lineAmplitude(line.spectrum, h * line.hz);
    sum += amplitude * amplitude;
  }
  return { thd: Math.sqrt(sum) / line.amplitude, highest: last };
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
