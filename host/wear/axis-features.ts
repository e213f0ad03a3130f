/** What one acceleration axis says: time features, velocity and displacement, lines at the shaft's orders. */
import type { Channel } from '../capture/capture.js';
import {
  type BlockFeatures,
  bandRms,
  blockFeatures,
  displacementRms,
  type Psd,
  runningMedian,
  velocityFloor,
  velocityRms,
  welch,
} from '../signal/index.js';
import type { AxisSamples } from './envelope-lines.js';
import { longestSpan } from './quality.js';
import { mayVelocity, type Sight } from './validity.js';

/** Turns that a segment of the order spectrum should hold, and the most samples it may have. */
const SEGMENT_TURNS = 16;
const MAX_SEGMENT = 1 << 18;
export const ORDERS = 10;

export interface AxisFeatures {
  channel: Channel;
  sight: Sight;
  time: BlockFeatures;
  psd: Psd;
  /** Lower end of the velocity band in Hz. */
  f1Hz: number;
  /** Upper end, limited by the sight. */
  f2Hz: number;
  /** mm/s and µm for a channel in m/s²; in the relative unit the same integrals without a meaning but their ratios. */
  velocity: number;
  displacement: number;
  /** Velocity that the sensor's noise alone shows; 0 where it is unknown. */
  floor: number;
  /** RMS above 1 kHz up to half the rate. */
  highFrequency: number;
  /** Line amplitude of velocity at 0.5, 1, 1.5, 2 … 10 orders, by order; absent without speed. */
  orders: Map<number, OrderLine>;
}

export interface OrderLine {
  order: number;
  /** Peak velocity amplitude, mm/s for a channel in m/s². */
  amplitude: number;
  /** Power of the line's largest bin over the local median. */
  overFloor: number;
}

/** Segment of Welch's method: one second or more (df <= 1 Hz), 16 turns or more, never longer than the record. */
function segmentOf(fsHz: number, frHz: number | undefined, samples: number): number {
  const wanted = Math.max(fsHz, frHz ? (SEGMENT_TURNS * fsHz) / frHz : 0);
  let n = 2;
  while (n < wanted) n *= 2;
  n = Math.min(n, MAX_SEGMENT);
  while (n > samples) n /= 2;
  // A record a little shorter than the segment loses less as one segment of its own length.
  return n < wanted && samples < 2 * wanted ? samples - (samples % 2) : n;
}

/** Features of one axis. Below 600 r/min the velocity band starts at 2 Hz. */
export function axisFeatures(
  axis: AxisSamples,
  channel: Channel,
  sight: Sight,
  fsHz: number,
  frHz: number | undefined,
): AxisFeatures {
  const span = longestSpan(axis);
  const time = blockFeatures(span, fsHz);
  const psd = welch(span, fsHz, { segment: segmentOf(fsHz, frHz, span.length) });
  const f1Hz = frHz !== undefined && frHz < 10 ? 2 : 10;
  const f2Hz = mayVelocity(sight).toHz;
  return {
    channel,
    sight,
    time,
    psd,
    f1Hz,
    f2Hz,
    velocity: velocityRms(psd, f1Hz, f2Hz),
    displacement: displacementRms(psd, f1Hz, f2Hz),
    floor: sight.noiseUgRtHz === undefined || f2Hz <= f1Hz ? 0 : velocityFloor(sight.noiseUgRtHz, f1Hz, f2Hz),
    highFrequency: bandRms(psd, 1000, fsHz / 2),
    orders: frHz === undefined ? new Map() : orderLines(psd, frHz, Math.min(sight.fTopHz, 0.45 * fsHz)),
  };
}

/**
 * Lines at half and whole orders: the largest bin within ±max(2 bins, 0.5 %), its power summed over the main lobe of the Hann window
 * (±2 bins), so that a line between two bins is not read 1.4 dB low.
 */
function orderLines(psd: Psd, frHz: number, toHz: number): Map<number, OrderLine> {
  const lines = new Map<number, OrderLine>();
  const { values, df } = psd;
  const top = Math.min(values.length - 3, Math.ceil(((ORDERS + 1) * frHz) / df));
  const floor = runningMedian(values.subarray(0, top + 1), 30);
  for (const order of [0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
    const centre = (order * frHz) / df;
    if (order * frHz > toHz || centre + 4 > top) break;
    const half = Math.max(2, 0.005 * centre);
    let peak = Math.max(2, Math.ceil(centre - half));
    for (let k = peak; k <= Math.floor(centre + half); k++) if (values[k] > values[peak]) peak = k;
    let power = 0;
    for (let k = peak - 2; k <= peak + 2; k++) power += values[k] / (k * k);
    const omega = 2 * Math.PI * df;
    lines.set(order, {
      order,
      amplitude: (1e3 * Math.sqrt(2 * power * df)) / omega,
      overFloor: floor[peak] > 0 ? values[peak] / floor[peak] : 0,
    });
  }
  return lines;
}
