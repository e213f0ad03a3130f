/**
 * Speed that drifts inside the record: measured on the strongest harmonic of the shaft, and taken out by resampling at equal angles, so
 * that the lines of the bearings stay sharp. Below 0.5 % nothing is done; above 5 % the record is refused.
 */
import { resampleByAngle, rfft, shaftPhase, smoothPhase, speedDrift } from '../signal/index.js';
import type { AxisSamples } from './envelope-lines.js';
import { longestSpan } from './quality.js';
import { estimateSpeed } from './speed.js';
import type { SpeedEstimate } from './types.js';

/**
 * Share of a harmonic's power within one bin of its peak in a steady record. Below it drift is looked for, and what was found must bring the
 * harmonic back to it.
 */
const SHARP = 0.75;
const STEADY = 0.005;
export const DRIFT_LIMIT = 0.05;
/** Density inside ±5 % of a harmonic over that between 5 and 9 %, from which its phase can be trusted (7 dB). */
const CLEAR = 5;

export interface Tracked {
  axes: readonly AxisSamples[];
  speed: SpeedEstimate;
}

interface Harmonic {
  axis: number;
  harmonic: number;
  clearness: number;
  /** Share of the power within ±5 % that lies within one bin of the peak. */
  sharpness: number;
}

/** The highest harmonic 1..4 that stands out on any axis: the higher, the finer it measures. */
function clearest(spans: readonly Float64Array[], fsHz: number, frHz: number): Harmonic {
  let best: Harmonic = { axis: 0, harmonic: 1, clearness: 0, sharpness: 1 };
  spans.forEach((span, axis) => {
    const { re, im } = rfft(span);
    const df = fsHz / span.length;
    for (let harmonic = 1; harmonic <= 4; harmonic++) {
      const hz = harmonic * frHz;
      const density = (from: number, to: number): number => {
        let sum = 0;
        let count = 0;
        for (
          let k = Math.max(1, Math.ceil(from / df));
          k <= Math.min(re.length - 1, Math.floor(to / df));
          k++, count++
        ) {
          sum += re[k] * re[k] + im[k] * im[k];
        }
        return count > 0 ? sum / count : 0;
      };
      const around = 0.5 * (density(0.91 * hz, 0.95 * hz) + density(1.05 * hz, 1.09 * hz));
      const clearness = around > 0 ? density(0.95 * hz, 1.05 * hz) / around : 0;
      const better =
        clearness >= CLEAR && (harmonic > best.harmonic || (harmonic === best.harmonic && clearness > best.clearness));
      if (better)
        best = { axis, harmonic, clearness, sharpness: sharpnessOf(re, im, (0.95 * hz) / df, (1.05 * hz) / df) };
    }
  });
  return best;
}

/** Three bins hold 86 % of a steady line or more, wherever it lies between them; a drifting line spreads over many. */
function sharpnessOf(re: Float64Array, im: Float64Array, from: number, to: number): number {
  let total = 0;
  let peak = Math.ceil(from);
  const power = (k: number): number => (k >= 0 && k < re.length ? re[k] * re[k] + im[k] * im[k] : 0);
  for (let k = Math.ceil(from); k <= Math.floor(to); k++) {
    total += power(k);
    if (power(k) > power(peak)) peak = k;
  }
  let near = 0;
  for (let k = peak - 1; k <= peak + 1; k++) near += power(k);
  return total > 0 ? Math.min(1, near / total) : 1;
}

/** The axes at equal angles where the speed drifted by 0.5 to 5 %, else as they were; the drift is in `speed.drift` where it was measured. */
export function trackDrift(
  axes: readonly AxisSamples[],
  fsHz: number,
  speed: SpeedEstimate,
  tolerance: number,
): Tracked {
  if (speed.source !== 'estimated') return { axes, speed };
  const spans = axes.map((axis) => longestSpan(axis));
  if (spans.some((span) => span.length !== spans[0].length)) return { axes, speed };
  const { axis, harmonic, clearness, sharpness } = clearest(spans, fsHz, speed.frHz);
  if (clearness < CLEAR || sharpness > SHARP) return { axes, speed };
  const phase = smoothPhase(shaftPhase(spans[axis], fsHz, speed.frHz, { harmonic }));
  const drift = speedDrift(phase);
  if (!(drift > STEADY)) return { axes, speed: { ...speed, drift } };
  // As many samples a turn as there were on average: the rate keeps its value, now at constant speed.
  const meanHz = ((phase[phase.length - 1] - phase[0]) * fsHz) / (phase.length - 1);
  const turned = axes.map((one, i) => ({
    channel: one.channel,
    spans: [resampleByAngle(spans[i], phase, fsHz / meanHz).samples],
  }));
  // Noise and a family beside the harmonic look like drift too; six coefficients of phase sharpen a line that drifted and nothing else.
  const { re, im } = rfft(turned[axis].spans[0]);
  const centre = (harmonic * meanHz * turned[axis].spans[0].length) / fsHz;
  if (sharpnessOf(re, im, 0.95 * centre, 1.05 * centre) < SHARP) return { axes, speed };
  if (drift > DRIFT_LIMIT) return { axes, speed: { ...speed, drift } };
  const again = estimateSpeed(turned, fsHz, meanHz, Math.min(tolerance, 0.02));
  return { axes: turned, speed: { ...again, drift } };
}
