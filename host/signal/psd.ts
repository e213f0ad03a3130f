/** Power spectral density by Welch's method (1967), and what is read off a density. */
import { KizashiError } from '../errors.js';
import { type Complex, rfftInto } from './fft.js';
import { kernel } from './kernel/kernel.js';
import { meanOf } from './sum.js';
import { type Window, type WindowName, window } from './window.js';

/** A one-sided density and the facts of its axis. */
export interface Psd {
  readonly fsHz: number;
  /** Bin width in Hz; bin k stands at k·df. */
  readonly df: number;
  /** unit²/Hz, bins 0 … floor(segment/2). */
  readonly values: Float64Array;
  readonly window: WindowName;
  /** Samples a segment, and how many segments were averaged. */
  readonly segmentLength: number;
  readonly segments: number;
  readonly enbwBins: number;
}

export interface WelchOptions {
  /** Samples a segment; longer than the record means one segment of the whole record. */
  segment?: number;
  window?: WindowName;
  /** Overlap as a share of the segment, 0 … <1. */
  overlap?: number;
}

let segmentBuffer = new Float64Array(0);
let bins: Complex = { re: new Float64Array(0), im: new Float64Array(0) };

/**
 * Welch density of `x` in unit² per Hz: periodic window, mean removed from each segment, one-sided (factor 2 except at DC and Nyquist).
 * Equals scipy.signal.welch(window, detrend='constant', scaling='density').
 */
export function welch(x: Float64Array, fsHz: number, options: WelchOptions = {}): Psd {
  requireRate(fsHz);
  if (x.length < 2)
    throw new KizashiError('KZ0601', `a density needs 2 samples, got ${x.length}`, { samples: x.length });
  const length = Math.min(options.segment ?? 4096, x.length);
  const overlap = options.overlap ?? 0.5;
  if (!(overlap >= 0 && overlap < 1))
    throw new KizashiError('KZ0601', `overlap ${overlap} is not in 0..1`, { overlap });
  const hop = length - Math.floor(overlap * length);
  const taper = window(options.window ?? 'hann', length);
  const values = new Float64Array(Math.floor(length / 2) + 1);
  const fast = kernel();
  const segments =
    length % 2 === 0 && fast?.takes(length / 2) === true && x.length <= MAX_AT_ONCE
      ? fast.welch(x, hop, taper, values)
      : accumulate(x, hop, taper, values);
  const scale = 1 / (fsHz * taper.sumSquares * segments);
  const nyquist = length % 2 === 0 ? values.length - 1 : -1;
  for (let k = 0; k < values.length; k++) values[k] *= k === 0 || k === nyquist ? scale : 2 * scale;
  return {
    fsHz,
    df: fsHz / length,
    values,
    window: taper.name,
    segmentLength: length,
    segments,
    enbwBins: taper.enbwBins,
  };
}

/** Longest record handed to the kernel in one piece, samples. */
const MAX_AT_ONCE = 1 << 22;

/** Σ over segments of |X[k]|² into `values`; returns the number of segments. */
function accumulate(x: Float64Array, hop: number, taper: Window, values: Float64Array): number {
  const w = taper.values;
  const length = w.length;
  if (segmentBuffer.length !== length) {
    segmentBuffer = new Float64Array(length);
    bins = { re: new Float64Array(values.length), im: new Float64Array(values.length) };
  }
  const { re, im } = bins;
  let segments = 0;
  for (let from = 0; from + length <= x.length; from += hop) {
    const mean = meanOf(x, from, from + length);
    for (let j = 0; j < length; j++) segmentBuffer[j] = (x[from + j] - mean) * w[j];
    rfftInto(segmentBuffer, bins);
    for (let k = 0; k < values.length; k++) values[k] += re[k] * re[k] + im[k] * im[k];
    segments++;
  }
  return segments;
}

/** Mean square between f1 and f2 inclusive, in unit². Powers add; amplitudes do not. */
export function bandPower(psd: Psd, f1Hz: number, f2Hz: number): number {
  let sum = 0;
  const last = Math.min(psd.values.length - 1, Math.floor(f2Hz / psd.df));
  for (let k = Math.max(0, Math.ceil(f1Hz / psd.df)); k <= last; k++) sum += psd.values[k];
  return sum * psd.df;
}

/** RMS between f1 and f2 inclusive, in the unit of the signal. */
export function bandRms(psd: Psd, f1Hz: number, f2Hz: number): number {
  return Math.sqrt(bandPower(psd, f1Hz, f2Hz));
}

/** Throws KZ0601 unless the rate is a positive number. */
export function requireRate(fsHz: number): void {
  if (!(fsHz > 0) || !Number.isFinite(fsHz)) {
    throw new KizashiError('KZ0601', `sample rate ${fsHz} is not a positive number`, { fsHz });
  }
}
