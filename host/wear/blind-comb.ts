/**
 * kz-blind/2: a family of lines at an order that is no harmonic of the shaft, when nobody knows which bearing is inside. Judged against
 * noise records of the same shape.
 */
import { envelopeSpectrum, log10, runningMedian, Xoshiro128 } from '../signal/index.js';
import { type LogLines, notch } from './comb.js';
import type { BearingFamily, BearingVariant } from './types.js';

export const BLIND_ALGORITHM = 'kz-blind/2';

export const blindParams = {
  keyDb: 8,
  harmonics: 4,
  lowOrder: 1.3,
  highOrder: 11,
  noiseRecords: 200,
  quantile: 0.995,
} as const;

export interface BlindResult {
  severityDb: number;
  order: number;
  /** 99.5 % quantile of noise of the same shape; null below the key. */
  thresholdDb: number | null;
  raised: boolean;
  /** The other race, where a + b is an integer within 0.03. */
  pair?: { other: number; balls: number };
}

interface Top {
  severityDb: number;
  hz: number;
}

function combAt(log: LogLines, hz: number): number {
  const { lines, dfHz } = log;
  let sum = 0;
  for (let h = 1; h <= blindParams.harmonics; h++) {
    const k = Math.floor((h * hz) / dfHz);
    if (k + 1 >= lines.length) break;
    sum += Math.max(lines[k], lines[k + 1]);
  }
  return sum;
}

/** Largest comb between 1.3 and 11 orders against the median of all of them. */
function top(log: LogLines): Top {
  const { frHz, dfHz, fsHz } = log;
  const low = blindParams.lowOrder * frHz;
  const high = Math.min(blindParams.highOrder * frHz, fsHz / 2 / blindParams.harmonics);
  const points = Math.max(2, Math.floor((8 * (high - low)) / dfHz));
  const sums = new Float64Array(points);
  let best = 0;
  for (let i = 0; i < points; i++) {
    sums[i] = combAt(log, low + (i * dfHz) / 8);
    if (sums[i] > sums[best]) best = i;
  }
  const score = sums[best];
  const sorted = sums.sort();
  const median = 0.5 * (sorted[(points - 1) >> 1] + sorted[points >> 1]);
  return { severityDb: (10 * (score - median)) / blindParams.harmonics, hz: low + (best * dfHz) / 8 };
}

const thresholds = new Map<string, number>();

/**
 * 99.5 % quantile of the severity of 200 noise records with the same number of bins, blocks and turns. Their lines are contiguous cuts,
 * at drawn places, of the envelope lines of one long noise record: neighbouring bins stay as correlated as the window makes them.
 */
function noiseThreshold(log: LogLines, averages: number): number {
  const key = `${log.blockLength}/${averages}/${(log.frHz / log.dfHz).toFixed(1)}`;
  const known = thresholds.get(key);
  if (known !== undefined) return known;
  const bins = Math.min(
    log.lines.length,
    Math.ceil((blindParams.highOrder * blindParams.harmonics * log.frHz) / log.dfHz) + 200,
  );
  const random = new Xoshiro128(new Uint8Array(16).fill(0x6b));
  const severities = new Float64Array(blindParams.noiseRecords);
  const pool = noiseLines(random);
  for (let record = 0; record < severities.length; record++) {
    const lines = new Float64Array(bins);
    for (let a = 0; a < averages; a++) {
      const from = Math.floor(random.f64() * (pool.length - bins));
      for (let k = 0; k < bins; k++) lines[k] += pool[from + k];
    }
    for (let k = 0; k < bins; k++) lines[k] /= averages;
    lines.fill(0, 0, Math.min(bins, Math.ceil(5 / log.dfHz)));
    for (let k = 1; k <= 60; k++) notch(lines, k * log.frHz, log.dfHz, 2);
    severities[record] = top({ ...log, lines }).severityDb;
  }
  severities.sort();
  const threshold = severities[Math.ceil(blindParams.quantile * severities.length) - 1];
  if (thresholds.size >= 64) thresholds.delete(thresholds.keys().next().value as string);
  thresholds.set(key, threshold);
  return threshold;
}

/** Levels max(log10(S), 0) of the whitened envelope of Gaussian noise over their running median, from one long record. */
function noiseLines(random: Xoshiro128): Float64Array {
  const n = 1 << 18;
  const noise = new Float64Array(n);
  for (let j = 0; j < n; j++) noise[j] = random.gaussian();
  const { power } = envelopeSpectrum(noise, 1);
  const floor = runningMedian(power, 60);
  const lines = new Float64Array(power.length - 200);
  for (let k = 0; k < lines.length; k++) {
    const ratio = (power[k + 100] * Math.LN2) / floor[k + 100];
    lines[k] = ratio > 1 ? Math.min(4, log10(ratio)) : 0;
  }
  return lines;
}

/** Candidates that a comb confuses with the true family: halves, doubles, thirds, and shaft side bands. */
function settle(log: LogLines, hz: number): number {
  const { frHz } = log;
  const low = blindParams.lowOrder * frHz;
  const high = blindParams.highOrder * frHz;
  let best = hz;
  let most = explained(log, hz);
  for (const other of [hz / 2, 2 * hz, (2 * hz) / 3, hz - frHz, hz + frHz]) {
    if (other < low || other > high) continue;
    const lines = explained(log, other);
    // A clear majority only: the first choice has the highest comb.
    if (lines > 1.15 * most) {
      most = lines;
      best = other;
    }
  }
  return best;
}

/** Line height that a family explains through its first ten harmonics. */
function explained(log: LogLines, hz: number): number {
  let sum = 0;
  for (let h = 1; h <= 10; h++) {
    const k = Math.floor((h * hz) / log.dfHz);
    if (k + 1 >= log.lines.length) break;
    sum += Math.max(log.lines[k], log.lines[k + 1]);
  }
  return sum;
}

/** @param averages blocks times axes that went into the lines */
export function blindComb(log: LogLines, averages: number): BlindResult {
  const first = top(log);
  // Noise is simulated only where it could decide.
  const thresholdDb = first.severityDb >= blindParams.keyDb ? noiseThreshold(log, averages) : null;
  const raised = thresholdDb !== null && first.severityDb > thresholdDb;
  const order = settle(log, first.hz) / log.frHz;
  return { severityDb: first.severityDb, order, thresholdDb, raised, ...(raised ? pairOf(log, order) : {}) };
}

/** The second family such that both orders add up to a number of balls. */
function pairOf(log: LogLines, order: number): { pair?: { other: number; balls: number } } {
  const rest: LogLines = { ...log, lines: log.lines.slice() };
  for (let k = 1; k <= 20; k++) {
    const hz = k * order * log.frHz;
    notch(rest.lines, hz, log.dfHz, 2 + (0.002 * hz) / log.dfHz);
  }
  const second = top(rest);
  const other = second.hz / log.frHz;
  const balls = Math.round(order + other);
  if (second.severityDb < blindParams.keyDb / 2 || balls < 5 || Math.abs(order + other - balls) > 0.03) return {};
  return { pair: { other, balls } };
}

/** Variants that have a family within 1 % of a found order, nearest first. */
export function matchingVariants(
  order: number,
  variants: readonly BearingVariant[],
): { variant: BearingVariant; family: BearingFamily; deviation: number }[] {
  const matches: { variant: BearingVariant; family: BearingFamily; deviation: number }[] = [];
  for (const variant of variants) {
    const { BPFO, BPFI, BSF } = variant.orders;
    for (const [family, expected] of [
      ['outer', BPFO],
      ['inner', BPFI],
      ['ball', 2 * BSF],
    ] as const) {
      const deviation = order / expected - 1;
      if (Math.abs(deviation) <= 0.01) matches.push({ variant, family, deviation });
    }
  }
  return matches.sort((a, b) => Math.abs(a.deviation) - Math.abs(b.deviation));
}
