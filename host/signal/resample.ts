/** Change of rate by a rational factor with a linear-phase low pass, and by eight through the spectrum. */
import { KizashiError } from '../errors.js';
import { irfft, rfft } from './fft.js';
import { circlePoint } from './twiddle.js';

/** Low-pass taps of length 2·half + 1 with cut-off at 1/factor of Nyquist and gain 1 at DC: scipy.signal.firwin. */
function lowPass(half: number, factor: number, taper: (j: number, length: number) => number): Float64Array {
  const length = 2 * half + 1;
  const taps = new Float64Array(length);
  let sum = 0;
  for (let j = 0; j < length; j++) {
    const m = j < half ? half - j : j - half;
    // sin(πm/factor)/(πm/factor), the angle reduced as an integer
    const ideal = m === 0 ? 1 : circlePoint(m % (2 * factor), 2 * factor).sin / ((Math.PI * m) / factor);
    taps[j] = ideal * taper(j, length);
    sum += taps[j];
  }
  for (let j = 0; j < length; j++) taps[j] /= sum;
  return taps;
}

/** Symmetric Hamming window. */
function hamming(j: number, length: number): number {
  return 0.54 - 0.46 * circlePoint(j % (length - 1), length - 1).cos;
}

/** Modified Bessel function I0 by its power series; converges for any argument, quickly below 20. */
function bessel0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-20 * sum; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}

/** Symmetric Kaiser window with beta 5. */
function kaiser5(j: number, length: number): number {
  const place = (2 * j) / (length - 1) - 1;
  return bessel0(5 * Math.sqrt(Math.max(0, 1 - place * place))) / bessel0(5);
}

/** y[m] = up·Σ x[j]·taps[m·down − j·up + half]: zero phase, ceil(n·up/down) samples, zeros beyond both ends. */
function polyphase(x: Float64Array, up: number, down: number, taps: Float64Array): Float64Array {
  const half = (taps.length - 1) / 2;
  const out = new Float64Array(Math.ceil((x.length * up) / down));
  for (let m = 0; m < out.length; m++) {
    const centre = m * down + half;
    const first = Math.max(0, Math.ceil((centre - taps.length + 1) / up));
    const last = Math.min(x.length - 1, Math.floor(centre / up));
    let sum = 0;
    for (let j = first; j <= last; j++) sum += x[j] * taps[centre - j * up];
    out[m] = up * sum;
  }
  return out;
}

/** Every `factor`-th sample after a Hamming low pass of 20·factor + 1 taps: scipy.signal.decimate(x, factor, ftype='fir'). */
export function decimate(x: Float64Array, factor: number): Float64Array {
  requireFactor(factor);
  if (factor === 1) return x.slice();
  return polyphase(x, 1, factor, lowPass(10 * factor, factor, hamming));
}

/** Rate times up/down with a Kaiser (beta 5) low pass: scipy.signal.resample_poly(x, up, down). */
export function resampleRational(x: Float64Array, up: number, down: number): Float64Array {
  requireFactor(up);
  requireFactor(down);
  const common = divisor(up, down);
  const p = up / common;
  const q = down / common;
  if (p === 1 && q === 1) return x.slice();
  const larger = Math.max(p, q);
  return polyphase(x, p, q, lowPass(10 * larger, larger, kaiser5));
}

function requireFactor(factor: number): void {
  if (!Number.isInteger(factor) || factor < 1 || factor > 10000) {
    throw new KizashiError('KZ0601', `rate factor ${factor} is not an integer from 1 to 10000`, { factor });
  }
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** `factor` times as many samples by zero padding of the spectrum (the record is taken as periodic), even lengths. */
export function upsampleBySpectrum(x: Float64Array, factor: number): Float64Array {
  const n = x.length;
  const { re, im } = rfft(x);
  const length = n * factor;
  const wide = { re: new Float64Array(Math.floor(length / 2) + 1), im: new Float64Array(Math.floor(length / 2) + 1) };
  for (let k = 0; k < re.length; k++) {
    // The old Nyquist bin stands for two halves now.
    const scale = n % 2 === 0 && k === re.length - 1 && factor > 1 ? factor / 2 : factor;
    wide.re[k] = scale * re[k];
    wide.im[k] = scale * im[k];
  }
  return irfft(wide, length);
}
