/**
 * Cepstrum pre-whitening and the squared envelope spectrum: where repeated strikes become lines (Borghesani et al. 2013; Randall and
 * Antoni 2011).
 */
import { KizashiError } from '../errors.js';
import { type Complex, fftPlan, rfft } from './fft.js';
import { kernel } from './kernel/kernel.js';
import { requireRate } from './psd.js';
import { meanOf } from './sum.js';
import { halfCircle } from './twiddle.js';
import { window } from './window.js';

/** Bins below this magnitude carry no phase and stay as they are. */
const SILENT = 1e-12;

/** Spectrum of `x` less its mean, bins 0 … n/2; DC is 0. */
export function centredSpectrum(x: Float64Array): Complex {
  const n = x.length;
  const mean = meanOf(x);
  const centred = new Float64Array(n);
  for (let j = 0; j < n; j++) centred[j] = x[j] - mean;
  const spectrum = rfft(centred);
  spectrum.re[0] = 0;
  spectrum.im[0] = 0;
  return spectrum;
}

/** Divides every bin by its magnitude in place: cepstrum pre-whitening with every quefrency but 0 removed. */
export function whiten(spectrum: Complex): void {
  const { re, im } = spectrum;
  for (let k = 0; k < re.length; k++) {
    const magnitude = Math.sqrt(re[k] * re[k] + im[k] * im[k]);
    if (magnitude > SILENT) {
      re[k] /= magnitude;
      im[k] /= magnitude;
    }
  }
}

/**
 * Squared envelope |x + jH(x)|² of the real signal of even length n whose bins 0 … n/2 are given: bins 1 … n/2 − 1 doubled, the upper
 * half zero, then the inverse transform. Because half of the bins are zero, even and odd samples are two transforms of half the length.
 */
export function squaredEnvelope(spectrum: Complex, n: number): Float64Array {
  const half = n / 2;
  if (n % 2 === 1 || spectrum.re.length !== half + 1) {
    throw new KizashiError('KZ0601', `an envelope of ${n} samples needs an even length and ${half + 1} bins`, {
      length: n,
    });
  }
  const { re, im } = spectrum;
  const { cos, sin } = halfCircle(n);
  const evenRe = new Float64Array(half);
  const evenIm = new Float64Array(half);
  const oddRe = new Float64Array(half);
  const oddIm = new Float64Array(half);
  const inner = 2 / n;
  const edge = 1 / n;
  for (let k = 1; k < half; k++) {
    const xRe = inner * re[k];
    const xIm = inner * im[k];
    evenRe[k] = xRe;
    evenIm[k] = xIm;
    oddRe[k] = xRe * cos[k] - xIm * sin[k];
    oddIm[k] = xRe * sin[k] + xIm * cos[k];
  }
  evenRe[0] = edge * re[0] + edge * re[half];
  evenIm[0] = edge * im[0] + edge * im[half];
  oddRe[0] = edge * re[0] - edge * re[half];
  oddIm[0] = edge * im[0] - edge * im[half];
  const plan = fftPlan(half);
  plan.transform(evenIm, evenRe, evenIm, evenRe);
  plan.transform(oddIm, oddRe, oddIm, oddRe);
  const out = new Float64Array(n);
  for (let j = 0; j < half; j++) {
    out[2 * j] = evenRe[j] * evenRe[j] + evenIm[j] * evenIm[j];
    out[2 * j + 1] = oddRe[j] * oddRe[j] + oddIm[j] * oddIm[j];
  }
  return out;
}

/** Squared envelope of a whole record of even length, its tones taken out first: `centredSpectrum`, `whiten`, `squaredEnvelope`. */
export function whitenedEnvelope(x: Float64Array): Float64Array {
  const n = x.length;
  const fast = kernel();
  if (n % 2 === 0 && fast?.takes(n / 2) === true) return fast.whitenedEnvelope(x);
  const spectrum = centredSpectrum(x);
  whiten(spectrum);
  return squaredEnvelope(spectrum, n);
}

export interface EnvelopeSpectrum {
  readonly fsHz: number;
  readonly df: number;
  /** |E[k]|² of the squared envelope, mean removed, periodic Hann; bins 0 … n/2. */
  readonly power: Float64Array;
  readonly samples: number;
  readonly whitened: boolean;
}

/**
 * Spectrum of the squared envelope of `x` (even length). `whiten` (default) takes out every tone first; `band` keeps only bins between
 * two frequencies.
 */
export function envelopeSpectrum(
  x: Float64Array,
  fsHz: number,
  options: { whiten?: boolean; band?: readonly [number, number] } = {},
): EnvelopeSpectrum {
  requireRate(fsHz);
  const n = x.length;
  const whitened = options.whiten ?? true;
  const { band } = options;
  const fast = kernel();
  if (n % 2 === 0 && fast?.takes(n / 2) === true) {
    const keep = band === undefined ? undefined : binsOf(band, fsHz / n);
    const power = fast.envelopePower(x, window('hann', n), whitened, keep);
    return { fsHz, df: fsHz / n, power, samples: n, whitened };
  }
  const spectrum = centredSpectrum(x);
  if (whitened) whiten(spectrum);
  if (band !== undefined) {
    const [first, last] = binsOf(band, fsHz / n);
    for (const part of [spectrum.re, spectrum.im]) {
      part.fill(0, 0, first);
      part.fill(0, last + 1);
    }
  }
  const envelope = squaredEnvelope(spectrum, n);
  return { fsHz, df: fsHz / n, power: powerOfCentred(envelope), samples: n, whitened };
}

/** First and last bin inside a band. */
function binsOf(band: readonly [number, number], df: number): [number, number] {
  return [Math.max(0, Math.ceil(band[0] / df)), Math.max(-1, Math.floor(band[1] / df))];
}

/** |FFT|² of a signal less its mean under a periodic Hann window. */
function powerOfCentred(signal: Float64Array): Float64Array {
  const n = signal.length;
  const { values: w } = window('hann', n);
  const mean = meanOf(signal);
  for (let j = 0; j < n; j++) signal[j] = (signal[j] - mean) * w[j];
  const { re, im } = rfft(signal);
  const power = re;
  for (let k = 0; k < power.length; k++) power[k] = re[k] * re[k] + im[k] * im[k];
  return power;
}

/**
 * Running median over 2·half + 1 bins, the edge value repeated beyond both ends: scipy.ndimage.median_filter(mode='nearest'). The window
 * is kept sorted; only what lies between the leaving and the entering value moves.
 */
export function runningMedian(values: Float64Array, half: number): Float64Array {
  const n = values.length;
  if (n === 0) return new Float64Array(0);
  const width = 2 * half + 1;
  const sorted = new Float64Array(width);
  for (let i = 0; i < width; i++) sorted[i] = values[Math.min(n - 1, Math.max(0, i - half))];
  sorted.sort();
  const fast = kernel();
  if (fast !== undefined && n <= MAX_AT_ONCE) return fast.median(values, half, sorted);
  const out = new Float64Array(n);
  out[0] = sorted[half];
  const last = n - 1;
  for (let k = 1; k < n; k++) {
    const leaving = values[Math.max(0, k - 1 - half)];
    const entering = values[Math.min(last, k + half)];
    if (entering !== leaving) {
      let at = lowerBound(sorted, width, leaving);
      if (entering > leaving) {
        while (at + 1 < width && sorted[at + 1] < entering) {
          sorted[at] = sorted[at + 1];
          at++;
        }
      } else {
        while (at > 0 && sorted[at - 1] > entering) {
          sorted[at] = sorted[at - 1];
          at--;
        }
      }
      sorted[at] = entering;
    }
    out[k] = sorted[half];
  }
  return out;
}

/** Longest spectrum handed to the kernel, bins. */
const MAX_AT_ONCE = 1 << 22;

/** Index of the first element not below `value`. */
function lowerBound(sorted: Float64Array, length: number, value: number): number {
  let from = 0;
  let to = length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
