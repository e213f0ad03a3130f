/** kz-tacho/1: shaft speed from the pulses of a tacho: whole turns over the time they took. */
import type { Capture, Pulses } from '../capture/capture.js';
import type { SpeedEstimate } from './types.js';

export const TACHO_ALGORITHM = 'kz-tacho/1';

/** Turns below which a tacho tells nothing yet. */
const MIN_TURNS = 2;
/** Half turns longer or shorter than this share of the median mean that pulses were missed. */
const UNEVEN = 0.5;

/** Mean speed over the pulses of a capture's first tacho; undefined where there is none, or too few pulses, or they do not make turns. */
export function tachoSpeed(capture: Capture): SpeedEstimate | undefined {
  for (const { pulses } of capture.channels) {
    const speed = pulses && speedOfPulses(pulses, capture.fsUncertainty);
    if (speed) return speed;
  }
  return undefined;
}

/** Marks need not be evenly spaced: only the same mark is compared with itself. */
function speedOfPulses({ atS, perTurn, resolutionS }: Pulses, clock: number): SpeedEstimate | undefined {
  const turns = Math.floor((atS.length - 1) / perTurn);
  if (turns < MIN_TURNS) return undefined;
  const periods = new Float64Array(turns);
  for (let k = 0; k < turns; k++) periods[k] = atS[(k + 1) * perTurn] - atS[k * perTurn];
  const sorted = periods.toSorted();
  const median = sorted[turns >> 1];
  if (sorted[0] < (1 - UNEVEN) * median || sorted[turns - 1] > (1 + UNEVEN) * median) return undefined;
  const seconds = atS[turns * perTurn] - atS[0];
  // two ends, each anywhere in a step
  const ends = (2 * resolutionS) / Math.sqrt(6) / seconds;
  return {
    frHz: turns / seconds,
    uncertainty: Math.sqrt(ends * ends + 4 * clock * clock),
    source: 'tacho',
    algorithm: TACHO_ALGORITHM,
    drift: (sorted[turns - 1] - sorted[0]) / median,
  };
}
