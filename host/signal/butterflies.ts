/**
 * Passes of the Stockham transform by radix, decimation in frequency: out-of-place, naturally ordered (constants: cos and sin of 72°, 144°,
 * 60°). Radices 4 and 2 leave out the factor 1 of p = 0. kernel/kernel.c does the same operations in the same order.
 */
import { circlePoint } from './twiddle.js';

export interface Pass {
  readonly radix: 2 | 3 | 4 | 5;
  /** Length of the sub-transforms before this pass over the radix, and the distance of neighbours. */
  readonly m: number;
  readonly stride: number;
  /** Powers 1 … radix − 1 of e^(−2πip/length): for each m real, then m imaginary parts. */
  readonly twiddles: Float64Array;
}

type Arrays = [xRe: Float64Array, xIm: Float64Array, yRe: Float64Array, yIm: Float64Array];

export function runPass(pass: Pass, ...arrays: Arrays): void {
  if (pass.radix === 4) radix4(pass, ...arrays);
  else if (pass.radix === 2) radix2(pass, ...arrays);
  else if (pass.radix === 3) radix3(pass, ...arrays);
  else radix5(pass, ...arrays);
}

function radix4({ m, stride, twiddles: w }: Pass, ...[xRe, xIm, yRe, yIm]: Arrays): void {
  const step = stride * m;
  for (let p = 0; p < m; p++) {
    const w1Re = w[p];
    const w1Im = w[m + p];
    const w2Re = w[2 * m + p];
    const w2Im = w[3 * m + p];
    const w3Re = w[4 * m + p];
    const w3Im = w[5 * m + p];
    const from = stride * p;
    for (let q = 0; q < stride; q++) {
      const a = from + q;
      const b = a + step;
      const c = b + step;
      const d = c + step;
      const sumRe = xRe[a] + xRe[c];
      const sumIm = xIm[a] + xIm[c];
      const differenceRe = xRe[a] - xRe[c];
      const differenceIm = xIm[a] - xIm[c];
      const oddRe = xRe[b] + xRe[d];
      const oddIm = xIm[b] + xIm[d];
      // i·(x[b] − x[d])
      const turnedRe = xIm[d] - xIm[b];
      const turnedIm = xRe[b] - xRe[d];
      const y = 4 * from + q;
      yRe[y] = sumRe + oddRe;
      yIm[y] = sumIm + oddIm;
      const u1Re = differenceRe - turnedRe;
      const u1Im = differenceIm - turnedIm;
      const u2Re = sumRe - oddRe;
      const u2Im = sumIm - oddIm;
      const u3Re = differenceRe + turnedRe;
      const u3Im = differenceIm + turnedIm;
      if (p === 0) {
        yRe[y + stride] = u1Re;
        yIm[y + stride] = u1Im;
        yRe[y + 2 * stride] = u2Re;
        yIm[y + 2 * stride] = u2Im;
        yRe[y + 3 * stride] = u3Re;
        yIm[y + 3 * stride] = u3Im;
      } else {
        yRe[y + stride] = u1Re * w1Re - u1Im * w1Im;
        yIm[y + stride] = u1Re * w1Im + u1Im * w1Re;
        yRe[y + 2 * stride] = u2Re * w2Re - u2Im * w2Im;
        yIm[y + 2 * stride] = u2Re * w2Im + u2Im * w2Re;
        yRe[y + 3 * stride] = u3Re * w3Re - u3Im * w3Im;
        yIm[y + 3 * stride] = u3Re * w3Im + u3Im * w3Re;
      }
    }
  }
}

function radix2({ m, stride, twiddles: w }: Pass, ...[xRe, xIm, yRe, yIm]: Arrays): void {
  const step = stride * m;
  for (let p = 0; p < m; p++) {
    const wRe = w[p];
    const wIm = w[m + p];
    const from = stride * p;
    for (let q = 0; q < stride; q++) {
      const a = from + q;
      const b = a + step;
      const y = 2 * from + q;
      const uRe = xRe[a] - xRe[b];
      const uIm = xIm[a] - xIm[b];
      yRe[y] = xRe[a] + xRe[b];
      yIm[y] = xIm[a] + xIm[b];
      yRe[y + stride] = p === 0 ? uRe : uRe * wRe - uIm * wIm;
      yIm[y + stride] = p === 0 ? uIm : uRe * wIm + uIm * wRe;
    }
  }
}

const SIN60 = circlePoint(1, 6).sin;

function radix3({ m, stride, twiddles: w }: Pass, ...[xRe, xIm, yRe, yIm]: Arrays): void {
  const step = stride * m;
  for (let p = 0; p < m; p++) {
    const w1Re = w[p];
    const w1Im = w[m + p];
    const w2Re = w[2 * m + p];
    const w2Im = w[3 * m + p];
    const from = stride * p;
    for (let q = 0; q < stride; q++) {
      const a = from + q;
      const b = a + step;
      const c = b + step;
      const y = 3 * from + q;
      const tRe = xRe[b] + xRe[c];
      const tIm = xIm[b] + xIm[c];
      const mRe = xRe[a] - 0.5 * tRe;
      const mIm = xIm[a] - 0.5 * tIm;
      const sRe = SIN60 * (xRe[b] - xRe[c]);
      const sIm = SIN60 * (xIm[b] - xIm[c]);
      yRe[y] = xRe[a] + tRe;
      yIm[y] = xIm[a] + tIm;
      const u1Re = mRe + sIm;
      const u1Im = mIm - sRe;
      yRe[y + stride] = u1Re * w1Re - u1Im * w1Im;
      yIm[y + stride] = u1Re * w1Im + u1Im * w1Re;
      const u2Re = mRe - sIm;
      const u2Im = mIm + sRe;
      yRe[y + 2 * stride] = u2Re * w2Re - u2Im * w2Im;
      yIm[y + 2 * stride] = u2Re * w2Im + u2Im * w2Re;
    }
  }
}

const { cos: C1, sin: S1 } = circlePoint(1, 5);
const { cos: C2, sin: S2 } = circlePoint(2, 5);

function radix5({ m, stride, twiddles: w }: Pass, ...[xRe, xIm, yRe, yIm]: Arrays): void {
  const step = stride * m;
  for (let p = 0; p < m; p++) {
    const from = stride * p;
    for (let q = 0; q < stride; q++) {
      const a = from + q;
      const b = a + step;
      const c = b + step;
      const d = c + step;
      const e = d + step;
      const y = 5 * from + q;
      const t1Re = xRe[b] + xRe[e];
      const t1Im = xIm[b] + xIm[e];
      const t2Re = xRe[c] + xRe[d];
      const t2Im = xIm[c] + xIm[d];
      const t3Re = xRe[b] - xRe[e];
      const t3Im = xIm[b] - xIm[e];
      const t4Re = xRe[c] - xRe[d];
      const t4Im = xIm[c] - xIm[d];
      yRe[y] = xRe[a] + (t1Re + t2Re);
      yIm[y] = xIm[a] + (t1Im + t2Im);
      const m1Re = xRe[a] + (C1 * t1Re + C2 * t2Re);
      const m1Im = xIm[a] + (C1 * t1Im + C2 * t2Im);
      const m2Re = xRe[a] + (C2 * t1Re + C1 * t2Re);
      const m2Im = xIm[a] + (C2 * t1Im + C1 * t2Im);
      const n1Re = S1 * t3Re + S2 * t4Re;
      const n1Im = S1 * t3Im + S2 * t4Im;
      const n2Re = S2 * t3Re - S1 * t4Re;
      const n2Im = S2 * t3Im - S1 * t4Im;
      turn(yRe, yIm, y + stride, m1Re + n1Im, m1Im - n1Re, w[p], w[m + p]);
      turn(yRe, yIm, y + 2 * stride, m2Re + n2Im, m2Im - n2Re, w[2 * m + p], w[3 * m + p]);
      turn(yRe, yIm, y + 3 * stride, m2Re - n2Im, m2Im + n2Re, w[4 * m + p], w[5 * m + p]);
      turn(yRe, yIm, y + 4 * stride, m1Re - n1Im, m1Im + n1Re, w[6 * m + p], w[7 * m + p]);
    }
  }
}

function turn(
  yRe: Float64Array,
  yIm: Float64Array,
  at: number,
  re: number,
  im: number,
  wRe: number,
  wIm: number,
): void {
  yRe[at] = re * wRe - im * wIm;
  yIm[at] = re * wIm + im * wRe;
}
