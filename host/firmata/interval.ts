/** Polling a mains current: which intervals tell its RMS, and which only one point of its phase. */
import { KizashiError } from '../errors.js';

/** Half periods of 50 Hz and 60 Hz in ms. */
const halfPeriods = [10, 1000 / 120];
/** Within this relative distance of a multiple, samples crawl over the phase too slowly to cover it. */
const tooNear = 0.02;

/**
 * Refuses intervals within 2 % of a multiple of half a mains period: every sample then falls on the same phase, and the RMS read is anything
 * from 0 to 1.41 of the truth. @throws KZ1503
 */
export function checkInterval(ms: number): void {
  for (const half of halfPeriods) {
    const multiple = Math.round(ms / half);
    if (multiple < 1 || Math.abs(ms / (multiple * half) - 1) > tooNear) continue;
    throw new KizashiError(
      'KZ1503',
      `${ms} ms is ${multiple} times ${half.toFixed(2)} ms, half a period of ${half === 10 ? 50 : 60} Hz`,
      { ms, half, multiple },
    );
  }
}
