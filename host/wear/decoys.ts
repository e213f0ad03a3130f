/**
 * Decoys: orders at which no fault of these bearings can be. The same statistic at decoys tells what chance does in this very record
 * (target–decoy calibration).
 */

import { KizashiError } from '../errors.js';
import { ln, type Xoshiro128 } from '../signal/index.js';
import type { BearingOrders } from './types.js';

export interface Decoys {
  orders: Float64Array;
  /** Number of independent decoys at a tolerance of 1, times (2·tolerance)⁻¹ in use. */
  span: number;
}

export const DECOYS = 400;
const MAX_DRAWS = 100 * DECOYS;

function draw(random: Xoshiro128, low: number, high: number, refused: (order: number) => boolean): Decoys {
  const orders = new Float64Array(DECOYS);
  let accepted = 0;
  let draws = 0;
  while (accepted < DECOYS) {
    if (draws === MAX_DRAWS) {
      throw new KizashiError('KZ0654', `only ${accepted} decoys in ${draws} draws`, { low, high });
    }
    draws++;
    const order = low + (high - low) * random.f64();
    if (!refused(order)) orders[accepted++] = order;
  }
  return { orders, span: ln(high / low) * (accepted / draws) };
}

/**
 * Decoys for the race and ball families of all variants, then, from the same stream, for the cage family: away from integers, and away
 * from every ratio j/k (1..3) of a possible fault.
 */
export function drawDecoys(random: Xoshiro128, variants: readonly BearingOrders[]): { race: Decoys; cage: Decoys } {
  const faults = variants.flatMap((orders) => [orders.BPFO, orders.BPFI, orders.BSF]);
  const race = draw(random, 0.3, 9.5, (order) => {
    if (Math.abs(order - Math.round(order)) < 0.06) return true;
    for (const fault of faults) {
      for (let j = 1; j <= 3; j++) {
        for (let k = 1; k <= 3; k++) if (Math.abs((order * k) / (fault * j) - 1) < 0.02) return true;
      }
    }
    return false;
  });
  const cages = variants.map((orders) => orders.FTF);
  const cage = draw(random, 0.25, 0.48, (order) => cages.some((ftf) => Math.abs(order / ftf - 1) < 0.03));
  return { race, cage };
}

/** Smallest p that the independent decoys support: bands of ±tolerance overlap, so 400 draws are about 100 independent ones. */
export function pFloorOf(decoys: Decoys, tolerance: number): number {
  return 1 / (1 + decoys.span / (2 * tolerance));
}
