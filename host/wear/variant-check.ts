/**
 * Bearing data as people state them. The identities BPFO + BPFI = n, FTF = BPFO/n and BSF = (1/r − r)/2 catch what public tables get
 * wrong: the cage rate against the shaft, the ball frequency doubled.
 */
import { KizashiError } from '../errors.js';
import type { BearingVariant } from './types.js';

/**
 * The variant with FTF and BSF put right, and what was put right in words.
 * @throws KZ0653 when BPFO and BPFI themselves do not fit the number of rolling elements
 */
export function checkedVariant(variant: BearingVariant): { variant: BearingVariant; warnings: string[] } {
  const { balls, orders } = variant;
  const { BPFO, BPFI } = orders;
  if (!(BPFO > 0 && BPFI > BPFO && Number.isInteger(balls) && Math.abs((BPFO + BPFI) / balls - 1) <= 0.01)) {
    throw new KizashiError(
      'KZ0653',
      `${variant.designation}: BPFO ${BPFO} and BPFI ${BPFI} do not fit ${balls} rolling elements`,
      {
        id: variant.id,
        balls,
        orders,
      },
    );
  }
  const warnings: string[] = [];
  const cage = BPFO / balls;
  const r = (BPFI - BPFO) / balls;
  const ball = (1 / r - r) / 2;
  const fixed = { ...orders };
  if (!(Math.abs(orders.FTF / cage - 1) <= 0.03)) {
    warnings.push(`${variant.designation}: FTF stated as ${orders.FTF}, must be BPFO/n = ${cage.toFixed(4)}; replaced`);
    fixed.FTF = cage;
  }
  // A contact angle lowers BSF by its cosine (0.74 at 42°); anything outside is another quantity.
  const ballRatio = orders.BSF / ball;
  if (!(ballRatio >= 0.74 && ballRatio <= 1.03)) {
    const doubled = Math.abs(ballRatio / 2 - 1) <= 0.03 ? ' (that is 2·BSF)' : '';
    warnings.push(
      `${variant.designation}: BSF stated as ${orders.BSF}${doubled}, geometry gives ${ball.toFixed(3)}; replaced`,
    );
    fixed.BSF = ball;
  }
  return { variant: warnings.length > 0 ? { ...variant, orders: fixed } : variant, warnings };
}
