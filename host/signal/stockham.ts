/**
 * Complex FFT for lengths 2^a·3^b·5^c: Stockham autosort by decimation in frequency, radix 4 first, then one 2 where it is needed, then 3
 * and 5. The order of every operation is part of the kernel id (arithmetic.ts): the same bits on every engine.
 */
import { type Pass, runPass } from './butterflies.js';
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

/** Radices in the order of the passes, or undefined if another prime divides n. */
export function radices(n: number): Pass['radix'][] | undefined {
  if (!Number.isInteger(n) || n < 1) return undefined;
  const found: Pass['radix'][] = [];
  let rest = n;
  for (const radix of [4, 2, 3, 5] as const) {
    while (rest % radix === 0) {
      found.push(radix);
      rest /= radix;
    }
  }
  return rest === 1 ? found : undefined;
}

/** Shortest length of a real transform, `atLeast` or more, that is cheap: 2^a·3^b·5^c, a multiple of 16, as the kernel takes it. */
export function cheapLength(atLeast: number): number {
  let n = 16 * Math.max(1, Math.ceil(atLeast / 16));
  while (radices(n) === undefined) n += 16;
  return n;
}

/** Passes of length n, which must have radices. */
export function passesOf(n: number): Pass[] {
  const passes: Pass[] = [];
  let length = n;
  let stride = 1;
  for (const radix of radices(n) ?? []) {
    passes.push({ radix, m: length / radix, stride, twiddles: passTwiddles(length, radix) });
    length /= radix;
    stride *= radix;
  }
  return passes;
}

function passTwiddles(length: number, radix: number): Float64Array {
  const m = length / radix;
  // An odd circle is every second point of the even one twice as fine.
  const fine = length % 2 === 0 ? 1 : 2;
  const { cos, sin } = halfCircle(length * fine);
  const half = (length * fine) / 2;
  const table = new Float64Array(2 * m * (radix - 1));
  for (let power = 1; power < radix; power++) {
    for (let p = 0; p < m; p++) {
      const k = fine * power * p;
      const at = 2 * m * (power - 1) + p;
      table[at] = k < half ? cos[k] : 0 - cos[k - half];
      table[at + m] = k < half ? 0 - sin[k] : sin[k - half];
    }
  }
  return table;
}

/** Plan for n = 2^a·3^b·5^c in TypeScript: the reference. */
export function stockhamPlan(n: number): ComplexPlan {
  const passes = passesOf(n);
  const scratchRe = [new Float64Array(n), new Float64Array(n)];
  const scratchIm = [new Float64Array(n), new Float64Array(n)];

  return {
    size: n,
    transform(inRe, inIm, outRe, outIm) {
      let fromRe = inRe;
      let fromIm = inIm;
      for (let i = 0; i < passes.length; i++) {
        // The last pass may write to its goal unless it still reads from there.
        const direct = i === passes.length - 1 && fromRe !== outRe && fromIm !== outIm && fromRe !== outIm;
        const toRe = direct ? outRe : scratchRe[i & 1];
        const toIm = direct ? outIm : scratchIm[i & 1];
        runPass(passes[i], fromRe, fromIm, toRe, toIm);
        fromRe = toRe;
        fromIm = toIm;
      }
      if (fromRe !== outRe) {
        const re = fromRe === outIm ? fromRe.slice() : fromRe;
        outIm.set(fromIm);
        outRe.set(re);
      }
    },
  };
}
