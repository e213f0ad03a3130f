/**
 * Steps 1 to 6 of kz-bearing/2: blocks of 2.7 s, cepstrum pre-whitening, squared envelope spectrum, local floor, log, average over blocks
 * and axes, shaft notch.
 */
import { envelopeSpectrum, log10, runningMedian } from '../signal/index.js';
import { type LogLines, notch } from './comb.js';
import type { Reason } from './types.js';

/** Shortest record and fewest turns that a block may have. */
const MIN_SECONDS = 1;
const MIN_TURNS = 15;
/** Below this many turns a finding carries "short". */
export const SHORT_TURNS = 30;
/** Half width in bins of the running median under the lines. */
const FLOOR_BINS = 60;
/** Highest harmonic of the shaft that is notched. */
const SHAFT_HARMONICS = 60;

/** One channel's gap-free stretches, all at one rate. */
export interface AxisSamples {
  channel: string;
  spans: Float64Array[];
}

/** The power of two next to 2.7 s on a logarithmic scale: k such that 2^(k−½) <= 2.7·fs < 2^(k+½). */
function nominalBlock(fsHz: number): number {
  const target = 2.7 * fsHz;
  let n = 2;
  while (2 * n * n <= target * target) n *= 2;
  return n;
}

/** Block length for this record, or why there is none. */
export function blockLength(fsHz: number, frHz: number, samples: number): number | Reason {
  let n = nominalBlock(fsHz);
  while ((n * frHz) / fsHz < SHORT_TURNS) n *= 2;
  if (n <= samples) return n;
  const whole = samples - (samples % 2);
  if (whole / fsHz < MIN_SECONDS) {
    const text = `${(samples / fsHz).toFixed(2)} s of record; bearing families need ${MIN_SECONDS} s or more`;
    return { code: 'RECORD_TOO_SHORT', text };
  }
  const turns = (whole * frHz) / fsHz;
  if (turns < MIN_TURNS) {
    return {
      code: 'TOO_FEW_REVOLUTIONS',
      text: `${turns.toFixed(0)} turns in the record; bearing families need ${MIN_TURNS}`,
    };
  }
  return whole;
}

/**
 * Averaged log lines of one housing. All axes contribute; blocks do not overlap and do not cross gaps.
 */
export function logLines(axes: readonly AxisSamples[], fsHz: number, frHz: number): LogLines | Reason {
  const longest = axes.reduce((most, axis) => Math.max(most, ...axis.spans.map((span) => span.length)), 0);
  const n = blockLength(fsHz, frHz, longest);
  if (typeof n !== 'number') return n;
  const dfHz = fsHz / n;
  const bins = n / 2 + 1;
  const lines = new Float64Array(bins);
  const firstBin = Math.ceil(5 / dfHz);
  let blocks = 0;
  let blocksOfAxis = 0;
  for (const { spans } of axes) {
    blocksOfAxis = 0;
    for (const span of spans) {
      for (let from = 0; from + n <= span.length; from += n) {
        const { power } = envelopeSpectrum(span.subarray(from, from + n), fsHz);
        const floor = runningMedian(power, FLOOR_BINS);
        for (let k = firstBin; k < bins; k++) {
          // P over (median / ln 2) is Exp(1) where there is no line; at or below 1 the logarithm is cut to 0.
          const ratio = (power[k] * Math.LN2) / floor[k];
          if (ratio > 1) lines[k] += ratio >= 10000 ? 4 : log10(ratio);
        }
        blocks++;
        blocksOfAxis++;
      }
    }
  }
  for (let k = 0; k < bins; k++) lines[k] /= blocks;
  for (let k = 1; k <= SHAFT_HARMONICS; k++) notch(lines, k * frHz, dfHz, 2);
  return { lines, dfHz, fsHz, frHz, blockLength: n, blocks: blocksOfAxis, turns: (n * frHz) / fsHz };
}
