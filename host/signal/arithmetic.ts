import { log10, sinTurns } from './elementary.js';

/**
 * Id of this arithmetic. Every finding carries it: float64, tables of twiddle.ts, Stockham with radices 4, 2, 3, 5, Bluestein
 * for other lengths, sums as sum.ts has them. A change that can alter one output bit has another id.
 */
export const KERNEL = 'f64-stockham/1';

/** Square roots that the hardware must round correctly (IEEE 754 clause 5.4.1), as exact doubles. */
const SQUARE_ROOTS: readonly (readonly [number, number])[] = [
  [2, Math.SQRT2],
  [3, 1.7320508075688772],
  [5, 2.23606797749979],
  [0.1, 0.31622776601683794],
  [0.5, Math.SQRT1_2],
  [1e-300, 1e-150],
  [1e300, 1e150],
  [7.3, 2.701851217221259],
  [123456789, 11111.111060555555],
  [9.80665, 3.1315571206669692],
];

/**
 * True if this engine's arithmetic is the one the kernel id promises: correctly rounded square roots, no fused or extended products.
 * A face that shows findings asks once at its start.
 */
export function arithmeticHolds(): boolean {
  for (const [x, root] of SQUARE_ROOTS) if (Math.sqrt(x) !== root) return false;
  // A fused multiply-add would leave a rest here.
  const third = 1 / 3;
  if (third * 3 - 1 !== 0) return false;
  return log10(1000) === 3 && sinTurns(0.25) === 1;
}
