/**
 * Fourier transforms of any length, in float64, with one result on every engine. Convention of NumPy: forward without scale, inverse
 * with 1/n. Real and imaginary parts lie in separate arrays.
 */
import { KizashiError } from '../errors.js';
import { bluesteinPlan } from './bluestein.js';
import { kernel } from './kernel/kernel.js';
import { type ComplexPlan, radices, stockhamPlan } from './stockham.js';
import { halfCircle } from './twiddle.js';

/** Complex values; of a real signal of length n the bins 0 … floor(n/2). */
export interface Complex {
  re: Float64Array;
  im: Float64Array;
}

/** Longest transform: chirp indices stay exact integers, and a record of this length is 1.4 hours at 12.8 kHz. */
export const MAX_FFT = 1 << 26;

const plans = new Map<number, ComplexPlan>();
const MAX_PLANS = 16;

/** Plan of a complex transform of length n; cached, the oldest goes first. */
export function fftPlan(n: number): ComplexPlan {
  const fast = kernel();
  if (fast?.takes(n) === true) {
    return { size: n, transform: (inRe, inIm, outRe, outIm) => fast.transform(n, inRe, inIm, outRe, outIm) };
  }
  const known = plans.get(n);
  if (known !== undefined) return known;
  if (!Number.isInteger(n) || n < 1 || n > MAX_FFT) {
    throw new KizashiError('KZ0601', `no Fourier transform of length ${n}`, { length: n });
  }
  const plan = radices(n) === undefined ? bluesteinPlan(n, fftPlan) : stockhamPlan(n);
  if (plans.size >= MAX_PLANS) plans.delete(plans.keys().next().value as number);
  plans.set(n, plan);
  return plan;
}

/** Transform of complex samples, any length. */
export function fft(x: Complex): Complex {
  const n = x.re.length;
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  fftPlan(n).transform(x.re, x.im, out.re, out.im);
  return out;
}

/** Inverse of `fft`, with 1/n. */
export function ifft(x: Complex): Complex {
  const n = x.re.length;
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  // Swapping re and im turns the forward transform into n times the inverse.
  fftPlan(n).transform(x.im, x.re, out.im, out.re);
  for (let k = 0; k < n; k++) {
    out.re[k] /= n;
    out.im[k] /= n;
  }
  return out;
}

/** Spectrum of real samples, bins 0 … floor(n/2). */
export function rfft(x: Float64Array): Complex {
  const bins = Math.floor(x.length / 2) + 1;
  const out = { re: new Float64Array(bins), im: new Float64Array(bins) };
  rfftInto(x, out);
  return out;
}

// Working space of the real transforms, grown on demand.
let workRe = new Float64Array(0);
let workIm = new Float64Array(0);
function work(n: number): void {
  if (workRe.length !== n) {
    workRe = new Float64Array(n);
    workIm = new Float64Array(n);
  }
}

/** As `rfft`, into arrays of floor(n/2) + 1 bins. */
export function rfftInto(x: Float64Array, out: Complex): void {
  const n = x.length;
  if (n % 2 === 1 || n === 0) {
    const full = fft({ re: x, im: new Float64Array(n) });
    out.re.set(full.re.subarray(0, out.re.length));
    out.im.set(full.im.subarray(0, out.im.length));
    return;
  }
  const fast = kernel();
  if (fast?.takes(n / 2) === true) {
    fast.rfft(x, out.re, out.im);
    return;
  }
  // Even and odd samples as one complex signal of half the length (Sorensen et al. 1987), then taken apart by symmetry.
  const half = n / 2;
  work(half);
  const zRe = workRe;
  const zIm = workIm;
  for (let j = 0; j < half; j++) {
    zRe[j] = x[2 * j];
    zIm[j] = x[2 * j + 1];
  }
  fftPlan(half).transform(zRe, zIm, zRe, zIm);
  const { cos, sin } = halfCircle(n);
  const { re, im } = out;
  re[0] = zRe[0] + zIm[0];
  im[0] = 0;
  re[half] = zRe[0] - zIm[0];
  im[half] = 0;
  for (let k = 1, m = half - 1; k <= m; k++, m--) {
    const evenRe = 0.5 * (zRe[k] + zRe[m]);
    const evenIm = 0.5 * (zIm[k] - zIm[m]);
    const oddRe = 0.5 * (zIm[k] + zIm[m]);
    const oddIm = 0.5 * (zRe[m] - zRe[k]);
    const turnedRe = oddRe * cos[k] + oddIm * sin[k];
    const turnedIm = oddIm * cos[k] - oddRe * sin[k];
    re[k] = evenRe + turnedRe;
    im[k] = evenIm + turnedIm;
    re[m] = evenRe - turnedRe;
    im[m] = turnedIm - evenIm;
  }
}

/** Real samples of length n from the bins 0 … floor(n/2); imaginary parts at DC and Nyquist do not count. */
export function irfft(x: Complex, n: number): Float64Array {
  const out = new Float64Array(n);
  const bins = Math.floor(n / 2) + 1;
  if (x.re.length !== bins || x.im.length !== bins) {
    throw new KizashiError('KZ0601', `${n} real samples need ${bins} bins, got ${x.re.length}`, { length: n });
  }
  const { re, im } = x;
  if (n % 2 === 1) {
    const full = { re: new Float64Array(n), im: new Float64Array(n) };
    full.re[0] = re[0];
    for (let k = 1; k < bins; k++) {
      full.re[k] = re[k];
      full.im[k] = im[k];
      full.re[n - k] = re[k];
      full.im[n - k] = 0 - im[k];
    }
    return ifft(full).re;
  }
  const half = n / 2;
  work(half);
  const zRe = workRe;
  const zIm = workIm;
  const { cos, sin } = halfCircle(n);
  for (let k = 0; k < half; k++) {
    const m = half - k;
    const imK = k === 0 ? 0 : im[k];
    const imM = k === 0 ? 0 : im[m];
    const evenRe = 0.5 * (re[k] + re[m]);
    const evenIm = 0.5 * (imK - imM);
    const turnedRe = 0.5 * (re[k] - re[m]);
    const turnedIm = 0.5 * (imK + imM);
    const oddRe = turnedRe * cos[k] - turnedIm * sin[k];
    const oddIm = turnedIm * cos[k] + turnedRe * sin[k];
    zRe[k] = evenRe - oddIm;
    zIm[k] = evenIm + oddRe;
  }
  fftPlan(half).transform(zIm, zRe, zIm, zRe);
  for (let j = 0; j < half; j++) {
    out[2 * j] = zRe[j] / half;
    out[2 * j + 1] = zIm[j] / half;
  }
  return out;
}
