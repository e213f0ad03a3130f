/** Periodic (DFT-even) windows and their bandwidth. NumPy's `hanning` is the symmetric one: not this. */
import { KizashiError } from '../errors.js';
import { circlePoint, halfCircle } from './twiddle.js';

export type WindowName = 'hann' | 'blackmanharris' | 'flattop' | 'rectangular';

/** Cosine sums a0 − a1·cos + a2·cos2 − …; Blackman–Harris after Harris (1978), flattop after D'Antona and Ferrero (2006). */
const COEFFICIENTS: Record<WindowName, readonly number[]> = {
  rectangular: [1],
  hann: [0.5, 0.5],
  blackmanharris: [0.35875, 0.48829, 0.14128, 0.01168],
  flattop: [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
};

export interface Window {
  readonly name: WindowName;
  readonly values: Float64Array;
  /** Σw: divides a line amplitude. */
  readonly sum: number;
  /** Σw²: divides a density. */
  readonly sumSquares: number;
  /** Equivalent noise bandwidth in bins, n·Σw²/(Σw)². */
  readonly enbwBins: number;
}

const cache = new Map<string, Window>();
const MAX_WINDOWS = 24;

/** Window of n samples, cached; its values must not be written to. */
export function window(name: WindowName, n: number): Window {
  const key = `${name}/${n}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (!Number.isInteger(n) || n < 1) throw new KizashiError('KZ0601', `no window of ${n} samples`, { length: n });
  const a = COEFFICIENTS[name];
  const values = new Float64Array(n);
  const cosine = cosineTable(n);
  for (let j = 0; j < n; j++) {
    let value = a[0];
    for (let i = 1; i < a.length; i++) {
      const term = a[i] * cosine[(i * j) % n];
      value = i % 2 === 1 ? value - term : value + term;
    }
    values[j] = value;
  }
  let sum = 0;
  let sumSquares = 0;
  for (let j = 0; j < n; j++) {
    sum += values[j];
    sumSquares += values[j] * values[j];
  }
  const made = { name, values, sum, sumSquares, enbwBins: (n * sumSquares) / (sum * sum) };
  if (cache.size >= MAX_WINDOWS) cache.delete(cache.keys().next().value as string);
  cache.set(key, made);
  return made;
}

function cosineTable(n: number): Float64Array {
  const table = new Float64Array(n);
  if (n % 2 === 0) {
    const { cos } = halfCircle(n);
    for (let j = 0; j < n / 2; j++) {
      table[j] = cos[j];
      table[n / 2 + j] = 0 - cos[j];
    }
  } else {
    for (let j = 0; j < n; j++) table[j] = circlePoint(j, n).cos;
  }
  return table;
}
