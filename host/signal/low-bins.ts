/** Some of the lowest bins of a long zero-padded transform, without the rest of it. */
import { KizashiError } from '../errors.js';
import { type Complex, fftPlan, rfft } from './fft.js';
import { halfCircle } from './twiddle.js';

/** Most interleaved parts; with more the combination costs what the shorter transforms save. */
const MOST_PARTS = 32;

let workRe = new Float64Array(0);
let workIm = new Float64Array(0);

/**
 * Bins 0 … bins − 1 of the transform of `x` with zeros appended up to `length` (a power of two); with `ranges` only those inside them
 * (first and last bin, ascending and apart), the others are 0. Decimation in time: X[k] = Σ_r W^(rk)·F_r[k],
 * F_r the transform of every P-th sample from r on, which is as long as the bins that are wanted; two real parts go through one complex
 * transform, and the sum over r is Horner's.
 * @throws KZ0601 when the samples do not fit into the length or more than length/2 + 1 bins are asked for
 */
export function lowBins(
  x: Float64Array,
  length: number,
  bins: number,
  ranges: readonly (readonly [number, number])[] = [[0, bins - 1]],
): Complex {
  const half = length / 2 + 1;
  if (x.length > length || !(bins >= 1 && bins <= half) || (length & (length - 1)) !== 0 || length < 4) {
    throw new KizashiError('KZ0601', `no ${bins} bins of ${x.length} samples in a transform of ${length}`, {
      length,
      bins,
    });
  }
  let parts = 1;
  while (parts < MOST_PARTS && length / (2 * parts) >= Math.max(64, bins)) parts *= 2;
  if (parts < 4) {
    const padded = new Float64Array(length);
    padded.set(x);
    const { re, im } = rfft(padded);
    return { re: re.subarray(0, bins), im: im.subarray(0, bins) };
  }
  const size = length / parts;
  const plan = fftPlan(size);
  const { cos, sin } = halfCircle(length);
  if (workRe.length !== size) {
    workRe = new Float64Array(size);
    workIm = new Float64Array(size);
  }
  const re = new Float64Array(bins);
  const im = new Float64Array(bins);
  for (let r = parts - 2; r >= 0; r -= 2) {
    let m = 0;
    for (let j = r; j < x.length; j += parts, m++) {
      workRe[m] = x[j];
      workIm[m] = j + 1 < x.length ? x[j + 1] : 0;
    }
    workRe.fill(0, m);
    workIm.fill(0, m);
    plan.transform(workRe, workIm, workRe, workIm);
    for (const [first, last] of ranges)
      for (let k = first; k <= last; k++) {
        const mirror = k === 0 ? 0 : size - k;
        const c = cos[k];
        const s = sin[k];
        const evenRe = 0.5 * (workRe[k] + workRe[mirror]);
        const evenIm = 0.5 * (workIm[k] - workIm[mirror]);
        const oddRe = 0.5 * (workIm[k] + workIm[mirror]);
        const oddIm = 0.5 * (workRe[mirror] - workRe[k]);
        // (sum·W + odd)·W + even, W = cos − j·sin
        const aRe = re[k] * c + im[k] * s + oddRe;
        const aIm = im[k] * c - re[k] * s + oddIm;
        re[k] = aRe * c + aIm * s + evenRe;
        im[k] = aIm * c - aRe * s + evenIm;
      }
  }
  return { re, im };
}
