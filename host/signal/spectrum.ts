/** Line spectra, single lines, and spectra zoomed into a band. */
import { KizashiError } from '../errors.js';
import { cosTurns, ln, sinTurns } from './elementary.js';
import { type Complex, fftPlan, rfft } from './fft.js';
import { kernel } from './kernel/kernel.js';
import { requireRate } from './psd.js';
import { meanOf } from './sum.js';
import { type Window, type WindowName, window } from './window.js';

export interface LineSpectrum {
  readonly fsHz: number;
  readonly df: number;
  /** Peak amplitude of a line at the bin, in the unit of the signal: 2|X|/Σw, and |X|/Σw at DC and Nyquist. */
  readonly amplitudes: Float64Array;
  readonly window: WindowName;
  readonly enbwBins: number;
  /** The record's own samples; with zero padding fewer than fsHz/df. */
  readonly samples: number;
}

/**
 * Amplitudes of the lines in `x`, mean removed. Hann reads a line between two bins up to 1.42 dB low, flattop below 0.01 dB. `padTo`
 * appends zeros: finer steps, not finer resolution.
 */
export function lineSpectrum(
  x: Float64Array,
  fsHz: number,
  options: { window?: WindowName; padTo?: number } = {},
): LineSpectrum {
  requireRate(fsHz);
  const n = x.length;
  const taper = window(options.window ?? 'hann', n);
  const length = Math.max(n, options.padTo ?? n);
  const fast = kernel();
  const direct = length === n && n % 2 === 0 && fast?.takes(n / 2) === true;
  const amplitudes = direct ? fast.magnitudes(x, taper) : magnitudes(x, taper, length);
  const nyquist = length % 2 === 0 ? amplitudes.length - 1 : -1;
  for (let k = 0; k < amplitudes.length; k++) {
    amplitudes[k] *= (k === 0 || k === nyquist ? 1 : 2) / taper.sum;
  }
  return { fsHz, df: fsHz / length, amplitudes, window: taper.name, enbwBins: taper.enbwBins, samples: n };
}

/** |X[k]| of the windowed samples less their mean, zeros appended. */
function magnitudes(x: Float64Array, taper: Window, length: number): Float64Array {
  const windowed = new Float64Array(length);
  const mean = meanOf(x);
  for (let j = 0; j < x.length; j++) windowed[j] = (x[j] - mean) * taper.values[j];
  const { re, im } = rfft(windowed);
  for (let k = 0; k < re.length; k++) re[k] = Math.sqrt(re[k] * re[k] + im[k] * im[k]);
  return re;
}

/**
 * Largest bin within ±`halfHz` of `fHz`, its frequency refined by a parabola through the logarithms of three bins. The amplitude is that
 * of the bin itself.
 */
export function lineNear(
  spectrum: LineSpectrum,
  fHz: number,
  halfHz: number,
): { fHz: number; amplitude: number; bin: number } {
  const { amplitudes: a, df } = spectrum;
  const last = Math.min(a.length - 1, Math.floor((fHz + halfHz) / df));
  let bin = Math.max(0, Math.min(last, Math.ceil((fHz - halfHz) / df)));
  for (let k = bin; k <= last; k++) if (a[k] > a[bin]) bin = k;
  const inside = bin > 0 && bin < a.length - 1 && a[bin - 1] > 0 && a[bin + 1] > 0;
  const offset = inside ? peakOffset(Float64Array.of(ln(a[bin - 1]), ln(a[bin]), ln(a[bin + 1])), 1) : 0;
  return { fHz: (bin + offset) * df, amplitude: a[bin], bin };
}

/** Offset in bins, −0.5 … 0.5, of the top of the parabola through three neighbours. */
export function peakOffset(values: Float64Array, k: number): number {
  if (k <= 0 || k >= values.length - 1) return 0;
  const bend = values[k - 1] - 2 * values[k] + values[k + 1];
  if (!(bend < 0)) return 0;
  const offset = (0.5 * (values[k - 1] - values[k + 1])) / bend;
  return Math.max(-0.5, Math.min(0.5, offset));
}

/**
 * Phasor at one frequency over samples [from, from + length): 2·Σ w·(x − mean)·e^(−j2πft)/Σw with t counted from sample 0, so that the
 * phasors of successive windows share one reference.
 */
export function phasor(
  x: Float64Array,
  fsHz: number,
  fHz: number,
  options: { from?: number; length?: number; window?: WindowName } = {},
): { re: number; im: number } {
  requireRate(fsHz);
  const from = options.from ?? 0;
  const length = options.length ?? x.length - from;
  if (!(length >= 1) || from < 0 || from + length > x.length) {
    throw new KizashiError('KZ0601', `samples ${from}..${from + length} are not in the record of ${x.length}`, {
      from,
      length,
    });
  }
  const { values: w, sum } = window(options.window ?? 'hann', length);
  const mean = meanOf(x, from, from + length);
  const turnsPerSample = fHz / fsHz;
  let re = 0;
  let im = 0;
  for (let j = 0; j < length; j++) {
    const value = w[j] * (x[from + j] - mean);
    const turns = turnsPerSample * (from + j);
    re += value * cosTurns(turns);
    im -= value * sinTurns(turns);
  }
  return { re: (2 * re) / sum, im: (2 * im) / sum };
}

/**
 * Spectrum at `points` frequencies f1 + i·(f2 − f1)/points, by the chirp-z transform (Rabiner, Schafer, Rader 1969). Unscaled and without
 * a window, as scipy.signal.zoom_fft(x, [f1, f2], points, fs=fsHz).
 */
export function zoomFft(
  x: Float64Array,
  fsHz: number,
  f1Hz: number,
  f2Hz: number,
  points: number,
): Complex & { df: number } {
  requireRate(fsHz);
  if (!Number.isInteger(points) || points < 1 || !(f2Hz > f1Hz)) {
    throw new KizashiError('KZ0601', `no zoom of ${points} points from ${f1Hz} to ${f2Hz} Hz`, { points, f1Hz, f2Hz });
  }
  const n = x.length;
  const df = (f2Hz - f1Hz) / points;
  const step = df / fsHz;
  const start = f1Hz / fsHz;
  let m = 1;
  while (m < n + points - 1) m *= 2;
  const plan = fftPlan(m);
  const aRe = new Float64Array(m);
  const aIm = new Float64Array(m);
  const bRe = new Float64Array(m);
  const bIm = new Float64Array(m);
  for (let j = 0; j < n; j++) {
    const turns = start * j + halfSquareTurns(step, j);
    aRe[j] = x[j] * cosTurns(turns);
    aIm[j] = 0 - x[j] * sinTurns(turns);
  }
  const longest = Math.max(n, points);
  for (let k = 0; k < longest; k++) {
    const turns = halfSquareTurns(step, k);
    const re = cosTurns(turns) / m;
    const im = sinTurns(turns) / m;
    if (k < points) {
      bRe[k] = re;
      bIm[k] = im;
    }
    if (k > 0 && k < n) {
      bRe[m - k] = re;
      bIm[m - k] = im;
    }
  }
  plan.transform(aRe, aIm, aRe, aIm);
  plan.transform(bRe, bIm, bRe, bIm);
  for (let k = 0; k < m; k++) {
    const re = aRe[k] * bRe[k] - aIm[k] * bIm[k];
    aIm[k] = aRe[k] * bIm[k] + aIm[k] * bRe[k];
    aRe[k] = re;
  }
  plan.transform(aIm, aRe, aIm, aRe);
  const out = { re: new Float64Array(points), im: new Float64Array(points), df };
  for (let k = 0; k < points; k++) {
    const turns = halfSquareTurns(step, k);
    const c = cosTurns(turns);
    const s = sinTurns(turns);
    out.re[k] = aRe[k] * c + aIm[k] * s;
    out.im[k] = aIm[k] * c - aRe[k] * s;
  }
  return out;
}

/** step·k²/2 less its whole turns. Halves of k·step are reduced before they are multiplied by k: the rest keeps its digits. */
function halfSquareTurns(step: number, k: number): number {
  const once = 0.5 * step * k;
  const rest = once - Math.floor(once);
  const product = rest * k;
  return product - Math.floor(product);
}
