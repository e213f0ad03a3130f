/**
 * Points of the unit circle, correctly rounded. Engines may approximate Math.sin and Math.cos as they like (ECMAScript 21.3.2), so two
 * machines would compute two findings from one capture; these tables come out the same everywhere. Double-double arithmetic after
 * Dekker (1971), two-sum after Knuth, Taylor series on the first octant only; the rest of the circle is symmetry.
 */

const TWO_PI_HIGH = 6.283185307179586;
const TWO_PI_LOW = 2.4492935982947064e-16;
/** 2^27 + 1: splits a double into two halves whose products are exact. */
const SPLITTER = 134217729;
/** Terms after the first: x <= pi/4, so the next one is below 1e-31. */
const TERMS = 13;

// The result of the last double-double operation; registers instead of objects, for speed.
let high = 0;
let low = 0;

function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const product = aHigh * bHigh;
  const aSplit = SPLITTER * aHigh;
  const aTop = aSplit - (aSplit - aHigh);
  const aRest = aHigh - aTop;
  const bSplit = SPLITTER * bHigh;
  const bTop = bSplit - (bSplit - bHigh);
  const bRest = bHigh - bTop;
  const error = aTop * bTop - product + aTop * bRest + aRest * bTop + aRest * bRest;
  const rest = error + (aHigh * bLow + aLow * bHigh);
  high = product + rest;
  low = rest - (high - product);
}

function divide(aHigh: number, aLow: number, divisor: number): void {
  const quotient = aHigh / divisor;
  multiply(quotient, 0, divisor, 0);
  const correction = (aHigh - high - low + aLow) / divisor;
  high = quotient + correction;
  low = correction - (high - quotient);
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const sum = aHigh + bHigh;
  const part = sum - aHigh;
  const rest = aHigh - (sum - part) + (bHigh - part) + (aLow + bLow);
  high = sum + rest;
  low = rest - (high - sum);
}

/** Cosine and sine of 2π·numerator/denominator for 0 <= numerator/denominator <= 1/8, in `octant[0]` and `octant[1]`. */
const octant = new Float64Array(2);
function firstOctant(numerator: number, denominator: number): void {
  multiply(TWO_PI_HIGH, TWO_PI_LOW, numerator, 0);
  divide(high, low, denominator);
  let termHigh = high;
  let termLow = low;
  let sinHigh = high;
  let sinLow = low;
  multiply(high, low, high, low);
  const squareHigh = high;
  const squareLow = low;
  for (let i = 1; i <= TERMS; i++) {
    multiply(termHigh, termLow, squareHigh, squareLow);
    divide(high, low, -2 * i * (2 * i + 1));
    termHigh = high;
    termLow = low;
    add(sinHigh, sinLow, termHigh, termLow);
    sinHigh = high;
    sinLow = low;
  }
  termHigh = 1;
  termLow = 0;
  let cosHigh = 1;
  let cosLow = 0;
  for (let i = 1; i <= TERMS; i++) {
    multiply(termHigh, termLow, squareHigh, squareLow);
    divide(high, low, -(2 * i - 1) * 2 * i);
    termHigh = high;
    termLow = low;
    add(cosHigh, cosLow, termHigh, termLow);
    cosHigh = high;
    cosLow = low;
  }
  octant[0] = cosHigh;
  octant[1] = sinHigh;
}

/**
 * Cosine and sine of 2π·k/n, correctly rounded, for integers 0 <= k < n. The reduction to the first octant compares integers and never
 * rounds; reflected angles are taken over the denominator 4n.
 */
export function circlePoint(k: number, n: number): { cos: number; sin: number } {
  const eight = 8 * k;
  if (eight <= n) {
    firstOctant(k, n);
    return { cos: octant[0], sin: octant[1] };
  }
  if (eight <= 2 * n) {
    firstOctant(n - 4 * k, 4 * n);
    return { cos: octant[1], sin: octant[0] };
  }
  if (eight <= 4 * n) {
    // A quarter turn back; over the denominator 4n it stays an integer.
    const { cos, sin } = circlePoint(4 * k - n, 4 * n);
    return { cos: 0 - sin, sin: cos };
  }
  const { cos, sin } = circlePoint(2 * k - n, 2 * n);
  return { cos: 0 - cos, sin: 0 - sin };
}

export interface HalfCircle {
  readonly n: number;
  /** cos(2πk/n), k = 0 … n/2 − 1. */
  readonly cos: Float64Array;
  /** sin(2πk/n), k = 0 … n/2 − 1. */
  readonly sin: Float64Array;
}

const tables = new Map<number, HalfCircle>();
/** Room for the sizes of one chain; a table of 2^18 takes 2 MB. */
const MAX_TABLES = 24;

/**
 * A known table 2, 4, … 64 times as fine. Its points come from the same operations on numbers scaled by a power of two, so they are the same
 * bits; no other multiple would be.
 */
function finerTable(n: number): HalfCircle | undefined {
  if (n % 4 !== 0) return undefined;
  for (let step = 2; step <= 64; step *= 2) {
    const table = tables.get(n * step);
    if (table !== undefined) return table;
  }
  return undefined;
}

/** Upper half of the circle in n-ths, n even. Tables are cached. */
export function halfCircle(n: number): HalfCircle {
  const known = tables.get(n);
  if (known !== undefined) return known;
  const cos = new Float64Array(n / 2);
  const sin = new Float64Array(n / 2);
  const finer = finerTable(n);
  if (finer !== undefined) {
    const step = finer.n / n;
    for (let k = 0; k < n / 2; k++) {
      cos[k] = finer.cos[step * k];
      sin[k] = finer.sin[step * k];
    }
  } else if (n % 4 === 0) {
    const quarter = n / 4;
    for (let k = 0; 8 * k <= n; k++) {
      firstOctant(k, n);
      const c = octant[0];
      const s = octant[1];
      cos[k] = c;
      sin[k] = s;
      if (k < quarter - k) {
        cos[quarter - k] = s;
        sin[quarter - k] = c;
      }
    }
    for (let k = 1; k < quarter; k++) {
      cos[quarter + k] = 0 - sin[k];
      sin[quarter + k] = cos[k];
    }
    if (n > 2) {
      cos[quarter] = 0;
      sin[quarter] = 1;
    }
  } else {
    for (let k = 0; k < n / 2; k++) {
      const point = circlePoint(k, n);
      cos[k] = point.cos;
      sin[k] = point.sin;
    }
  }
  if (tables.size >= MAX_TABLES) tables.delete(tables.keys().next().value as number);
  const table = { n, cos, sin };
  tables.set(n, table);
  return table;
}
