/**
 * Complex FFT of any length as a convolution with a chirp (Bluestein 1970), carried by a power of two. Chirp indices k² mod 2n are kept
 * as integers, exact up to n = 2^26.
 */
import type { ComplexPlan } from './stockham.js';
import { halfCircle } from './twiddle.js';

/** Plan for any n; `planOf` gives the plan of a power of two. */
export function bluesteinPlan(n: number, planOf: (m: number) => ComplexPlan): ComplexPlan {
  let m = 1;
  while (m < 2 * n - 1) m *= 2;
  const carrier = () => planOf(m);
  const { cos, sin } = halfCircle(2 * n);
  // e^(−πik²/n)
  const chirpRe = new Float64Array(n);
  const chirpIm = new Float64Array(n);
  let index = 0;
  for (let k = 0; k < n; k++) {
    chirpRe[k] = index < n ? cos[index] : 0 - cos[index - n];
    chirpIm[k] = index < n ? 0 - sin[index] : sin[index - n];
    index = (index + 2 * k + 1) % (2 * n);
  }
  // Spectrum of the conjugate chirp, with the 1/m of the inverse (an exact power of two) taken in.
  const filterRe = new Float64Array(m);
  const filterIm = new Float64Array(m);
  for (let k = 0; k < n; k++) {
    filterRe[k] = chirpRe[k] / m;
    filterIm[k] = (0 - chirpIm[k]) / m;
    if (k > 0) {
      filterRe[m - k] = filterRe[k];
      filterIm[m - k] = filterIm[k];
    }
  }
  carrier().transform(filterRe, filterIm, filterRe, filterIm);
  const re = new Float64Array(m);
  const im = new Float64Array(m);

  return {
    size: n,
    transform(inRe, inIm, outRe, outIm) {
      for (let k = 0; k < n; k++) {
        re[k] = inRe[k] * chirpRe[k] - inIm[k] * chirpIm[k];
        im[k] = inRe[k] * chirpIm[k] + inIm[k] * chirpRe[k];
      }
      re.fill(0, n);
      im.fill(0, n);
      carrier().transform(re, im, re, im);
      for (let k = 0; k < m; k++) {
        const productRe = re[k] * filterRe[k] - im[k] * filterIm[k];
        im[k] = re[k] * filterIm[k] + im[k] * filterRe[k];
        re[k] = productRe;
      }
      carrier().transform(im, re, im, re);
      for (let k = 0; k < n; k++) {
        outRe[k] = re[k] * chirpRe[k] - im[k] * chirpIm[k];
        outIm[k] = re[k] * chirpIm[k] + im[k] * chirpRe[k];
      }
    },
  };
}
