/**
 * kz-speed/2: shaft speed from vibration alone. Everything downstream is divided by it, so a wrong sample clock cancels. Two spectra vote
 * for a fundamental: that of the record and that of its whitened squared envelope. Heights are clipped, so that no strong family outvotes
 * the shaft; but a strong line of a short record is then a plateau two bins wide at either side, on which a family at 3.04x (8 balls)
 * pulls the vote away by a percent. So of the speeds that the vote finds plausible the one is taken that the tops of the lines agree on.
 */
import { ln, lowBins, peakOffset, runningMedian, whitenedEnvelope, window } from '../signal/index.js';
import type { AxisSamples } from './envelope-lines.js';
import type { SpeedEstimate } from './types.js';

export const SPEED_ALGORITHM = 'kz-speed/2';

/** Harmonics that vote, weighted 1/h: of the spectrum and of the envelope spectrum. */
const DIRECT_HARMONICS = 6;
const ENVELOPE_HARMONICS = 4;
/** Half width of the running median under the log spectrum, in bins before zero padding. */
const FLOOR_BINS = 20;
const CEILING = 6;
/** Share of the highest vote from which a speed is plausible. */
const PLAUSIBLE = 0.8;

/** ln|X|² over its local median, clipped to 0..6, on an axis fine enough to interpolate; known only where a harmonic may be. */
interface Prominence {
  values: Float64Array;
  /** The same lines as triangles, one bin of the record's own resolution to either side of their tops. */
  tops: Float64Array;
  dfHz: number;
}

/** Bins in which harmonics 1 … `harmonics` of a speed between two may lie, `margin` more at each side; joined where they meet. */
function harmonicBins(
  harmonics: number,
  [lowHz, highHz]: readonly [number, number],
  dfHz: number,
  margin: number,
  bins: number,
): [number, number][] {
  const ranges: [number, number][] = [];
  for (let h = 1; h <= harmonics; h++) {
    const first = Math.max(0, Math.floor((h * lowHz) / dfHz) - margin);
    const last = Math.min(bins - 1, Math.ceil((h * highHz) / dfHz) + margin);
    const before = ranges.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else if (first <= last) ranges.push([first, last]);
  }
  return ranges;
}

function prominence(
  signal: Float64Array,
  fsHz: number,
  harmonics: number,
  speeds: readonly [number, number],
): Prominence {
  const n = signal.length;
  const { values: w } = window('hann', n);
  // At least 4 times longer by zeros; the next power of two costs less than exactly 4n.
  let padded = 4;
  while (padded < 4 * n) padded *= 2;
  const buffer = new Float64Array(n);
  let sum = 0;
  for (let j = 0; j < n; j++) sum += signal[j];
  const mean = sum / n;
  for (let j = 0; j < n; j++) buffer[j] = (signal[j] - mean) * w[j];
  const dfHz = fsHz / padded;
  const half = Math.round((FLOOR_BINS * padded) / n);
  const width = padded / n;
  // Room for the floor under a top that reaches into the range, and under what could be higher beside it.
  const margin = half + 2 * Math.ceil(width) + 2;
  const bins = Math.min(padded / 2 + 1, Math.ceil((harmonics * speeds[1]) / dfHz) + margin + 1);
  const ranges = harmonicBins(harmonics, speeds, dfHz, margin, bins);
  const { re, im } = lowBins(buffer, padded, bins, ranges);
  const values = new Float64Array(bins);
  const tops = new Float64Array(bins);
  for (const [first, last] of ranges) {
    const log = values.subarray(first, last + 1);
    for (let k = 0; k < log.length; k++) {
      const power = re[first + k] * re[first + k] + im[first + k] * im[first + k];
      log[k] = power > 1e-300 ? ln(power) : -690;
    }
    const floor = runningMedian(log, half);
    for (let k = 0; k < log.length; k++) log[k] -= floor[k];
    drawTops(log, width, tops.subarray(first, last + 1));
    for (let k = 0; k < log.length; k++) log[k] = log[k] < 0 ? 0 : Math.min(log[k], CEILING);
  }
  return { values, tops, dfHz };
}

/** Triangles at the values that are the highest within ±`width` bins: where a line is clipped, only its top says where it is. */
function drawTops(over: Float64Array, width: number, into: Float64Array): void {
  const last = over.length - 1;
  const reach = Math.floor(width);
  for (let k = 1; k < last; k++) {
    if (!(over[k] > 0 && over[k] > over[k - 1] && over[k] >= over[k + 1])) continue;
    let highest = true;
    for (let i = Math.max(0, k - reach); i <= Math.min(last, k + reach) && highest; i++) highest = over[i] <= over[k];
    if (!highest) continue;
    const top = k + peakOffset(over, k);
    const height = Math.min(over[k], CEILING);
    for (let i = Math.max(0, Math.ceil(top - width)); i <= Math.min(last, Math.floor(top + width)); i++) {
      const value = height * (1 - Math.abs(i - top) / width);
      if (value > into[i]) into[i] = value;
    }
  }
}

function vote(spectra: readonly Prominence[], harmonics: number, f: number, of: 'values' | 'tops'): number {
  let sum = 0;
  for (const { dfHz, [of]: values } of spectra) {
    for (let h = 1; h <= harmonics; h++) {
      const at = (h * f) / dfHz;
      const k = Math.floor(at);
      if (k + 1 >= values.length) break;
      sum += (values[k] + (at - k) * (values[k + 1] - values[k])) / h;
    }
  }
  return sum;
}

/**
 * Shaft speed within nominal·(1 ± tolerance). Uses the longest span of every axis. The record should hold 15 turns or more; the caller
 * checks that.
 */
export function estimateSpeed(
  axes: readonly AxisSamples[],
  fsHz: number,
  nominalHz: number,
  tolerance: number,
): SpeedEstimate {
  const low = nominalHz * (1 - tolerance);
  const high = nominalHz * (1 + tolerance);
  const direct: Prominence[] = [];
  const envelope: Prominence[] = [];
  let dfHz = fsHz;
  for (const { spans } of axes) {
    let longest = spans[0];
    for (const span of spans) if (span.length > longest.length) longest = span;
    const even = longest.subarray(0, longest.length - (longest.length % 2));
    dfHz = Math.min(dfHz, fsHz / even.length);
    direct.push(prominence(even, fsHz, DIRECT_HARMONICS, [low, high]));
    envelope.push(prominence(whitenedEnvelope(even), fsHz, ENVELOPE_HARMONICS, [low, high]));
  }
  const step = dfHz / 16;
  const points = Math.max(3, Math.floor((high - low) / step) + 1);
  const count = (f: number, of: 'values' | 'tops'): number =>
    vote(direct, DIRECT_HARMONICS, f, of) + vote(envelope, ENVELOPE_HARMONICS, f, of);
  const comb = new Float64Array(points);
  let clarity = 0;
  for (let i = 0; i < points; i++) {
    comb[i] = count(low + i * step, 'values');
    if (comb[i] > clarity) clarity = comb[i];
  }
  const votes = new Float64Array(points);
  let best = 0;
  for (let i = 0; i < points; i++) {
    if (comb[i] >= PLAUSIBLE * clarity) votes[i] = count(low + i * step, 'tops');
    if (votes[i] > votes[best]) best = i;
  }
  let frHz = low + best * step;
  if (best > 0 && best < points - 1) {
    const bend = votes[best - 1] - 2 * votes[best] + votes[best + 1];
    if (bend < 0) frHz += (0.5 * (votes[best - 1] - votes[best + 1]) * step) / bend;
  }
  let left = best;
  let right = best;
  while (left > 0 && votes[left] > votes[best] - 1) left--;
  while (right < points - 1 && votes[right] > votes[best] - 1) right++;
  const uncertainty = (0.5 * (right - left) * step) / frHz;
  let second = -1;
  for (let i = 0; i < points; i++) {
    if (Math.abs((low + i * step) / frHz - 1) <= 0.01) continue;
    if (second < 0 || votes[i] > votes[second]) second = i;
  }
  const ambiguous = second >= 0 && votes[second] >= 0.9 * votes[best];
  return {
    frHz,
    uncertainty,
    source: 'estimated',
    algorithm: SPEED_ALGORITHM,
    clarity,
    ...(ambiguous ? { ambiguousHz: low + second * step } : {}),
  };
}
