/**
 * Complex FFT for powers of two: Stockham autosort, radix 4 by decimation in frequency, one radix-2 pass last where log2(n) is odd.
 * The order of every operation is part of the kernel id (kernel.ts): the same bits on every engine.
 */
import { halfCircle } from './twiddle.js';

/** A transform of one size. Buffers belong to the plan: it is not re-entrant, and neither is JavaScript. */
export interface ComplexPlan {
  readonly size: number;
  /**
   * Forward transform Σ x[j]·e^(−2πijk/n). Input and output may be the same arrays. Swap the real and imaginary arrays on both sides for
   * n times the inverse.
   */
  transform(inRe: Float64Array, inIm: Float64Array, outRe: Float64Array, outIm: Float64Array): void;
}

interface Pass {
  /** Length of one sub-transform and the stride between its elements. */
  length: number;
  stride: number;
  /** e^(−2πip/length), its square and cube for p < length/4: six values a step. */
  twiddles: Float64Array;
}

/** Plan for n = 2^k, k >= 0. */
export function stockhamPlan(n: number): ComplexPlan {
  const passes: Pass[] = [];
  let length = n;
  let stride = 1;
  while (length >= 4) {
    passes.push({ length, stride, twiddles: passTwiddles(length) });
    length /= 4;
    stride *= 4;
  }
  const radix2 = length === 2;
  const total = passes.length + (radix2 ? 1 : 0);
  const scratchRe = [new Float64Array(n), new Float64Array(n)];
  const scratchIm = [new Float64Array(n), new Float64Array(n)];

  return {
    size: n,
    transform(inRe, inIm, outRe, outIm) {
      if (total === 0) {
        outRe[0] = inRe[0];
        outIm[0] = inIm[0];
        return;
      }
      let fromRe = inRe;
      let fromIm = inIm;
      for (let i = 0; i < total; i++) {
        const last = i === total - 1;
        // A single pass in place would overwrite what it still has to read.
        const direct = last && fromRe !== outRe && fromIm !== outIm;
        const toRe = direct ? outRe : scratchRe[i & 1];
        const toIm = direct ? outIm : scratchIm[i & 1];
        if (i < passes.length) radix4(passes[i], fromRe, fromIm, toRe, toIm);
        else radix2Pass(n / 2, fromRe, fromIm, toRe, toIm);
        fromRe = toRe;
        fromIm = toIm;
      }
      if (fromRe !== outRe) {
        outRe.set(fromRe);
        outIm.set(fromIm);
      }
    },
  };
}

function passTwiddles(length: number): Float64Array {
  const { cos, sin } = halfCircle(length);
  const half = length / 2;
  const table = new Float64Array((length / 4) * 6);
  for (let p = 0; p < length / 4; p++) {
    for (let power = 1; power <= 3; power++) {
      const k = power * p;
      const at = 6 * p + 2 * (power - 1);
      table[at] = k < half ? cos[k] : 0 - cos[k - half];
      table[at + 1] = k < half ? 0 - sin[k] : sin[k - half];
    }
  }
  return table;
}

function radix4(pass: Pass, xRe: Float64Array, xIm: Float64Array, yRe: Float64Array, yIm: Float64Array): void {
  const { length, stride, twiddles } = pass;
  const quarter = length / 4;
  const step = stride * quarter;
  for (let p = 0; p < quarter; p++) {
    const t = 6 * p;
    const w1Re = twiddles[t];
    const w1Im = twiddles[t + 1];
    const w2Re = twiddles[t + 2];
    const w2Im = twiddles[t + 3];
    const w3Re = twiddles[t + 4];
    const w3Im = twiddles[t + 5];
    const from = stride * p;
    const to = 4 * from;
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
      const y = to + q;
      yRe[y] = sumRe + oddRe;
      yIm[y] = sumIm + oddIm;
      const uRe = differenceRe - turnedRe;
      const uIm = differenceIm - turnedIm;
      yRe[y + stride] = uRe * w1Re - uIm * w1Im;
      yIm[y + stride] = uRe * w1Im + uIm * w1Re;
      const vRe = sumRe - oddRe;
      const vIm = sumIm - oddIm;
      yRe[y + 2 * stride] = vRe * w2Re - vIm * w2Im;
      yIm[y + 2 * stride] = vRe * w2Im + vIm * w2Re;
      const wRe = differenceRe + turnedRe;
      const wIm = differenceIm + turnedIm;
      yRe[y + 3 * stride] = wRe * w3Re - wIm * w3Im;
      yIm[y + 3 * stride] = wRe * w3Im + wIm * w3Re;
    }
  }
}

function radix2Pass(half: number, xRe: Float64Array, xIm: Float64Array, yRe: Float64Array, yIm: Float64Array): void {
  for (let q = 0; q < half; q++) {
    const aRe = xRe[q];
    const aIm = xIm[q];
    const bRe = xRe[q + half];
    const bIm = xIm[q + half];
    yRe[q] = aRe + bRe;
    yIm[q] = aIm + bIm;
    yRe[q + half] = aRe - bRe;
    yIm[q + half] = aIm - bIm;
  }
}
