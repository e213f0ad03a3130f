/** Features of blocks of samples. Kurtosis is Pearson's: 3 for a Gaussian. Moments are central and computed in two passes. */
import { KizashiError } from '../errors.js';
import { ln } from './elementary.js';
import { centredSpectrum, squaredEnvelope } from './envelope.js';
import { kernel } from './kernel/kernel.js';
import { requireRate } from './psd.js';
import { meanOf } from './sum.js';

export interface BlockStatistics {
  /** RMS about the mean, unit of the signal. */
  rms: number;
  /** Largest distance from the mean. */
  peak: number;
  mean: number;
  kurtosis: number;
  skewness: number;
  /** peak/RMS, RMS/mean|x|, peak/mean|x|, peak/(mean √|x|)². */
  crest: number;
  shape: number;
  impulse: number;
  clearance: number;
}

/** Statistics of samples [from, to). A constant signal has RMS 0 and NaN ratios. */
export function statistics(x: Float64Array, from = 0, to = x.length): BlockStatistics {
  const n = to - from;
  if (n < 1) throw new KizashiError('KZ0601', 'no statistics of no samples', { from, to });
  const mean = meanOf(x, from, to);
  const fast = n >= 64 && n <= MAX_AT_ONCE ? kernel() : undefined;
  if (fast !== undefined) fast.moments(x.subarray(from, to), mean, sums);
  else momentSums(x, from, to, mean, sums);
  const m2 = sums[0] / n;
  const peak = sums[5];
  const level = Math.sqrt(m2);
  const meanAbsolute = sums[3] / n;
  const meanRoot = sums[4] / n;
  return {
    rms: level,
    peak,
    mean,
    kurtosis: sums[2] / n / (m2 * m2),
    skewness: sums[1] / n / (m2 * level),
    crest: peak / level,
    shape: level / meanAbsolute,
    impulse: peak / meanAbsolute,
    clearance: peak / (meanRoot * meanRoot),
  };
}

/** Longest block handed to the kernel, samples. */
const MAX_AT_ONCE = 1 << 22;
/** Σd², Σd³, Σd⁴, Σ|d|, Σ√|d|, max|d|. */
const sums = new Float64Array(6);

/** Sums about the mean in a fixed order: even places, odd places, and a last one left over. */
function momentSums(x: Float64Array, from: number, to: number, mean: number, into: Float64Array): void {
  const lanes = new Float64Array(10);
  let peak = 0;
  let j = from;
  for (; j + 1 < to; j += 2) {
    for (let lane = 0; lane < 2; lane++) {
      const d = x[j + lane] - mean;
      const square = d * d;
      const size = Math.abs(d);
      lanes[lane] += square;
      lanes[2 + lane] += square * d;
      lanes[4 + lane] += square * square;
      lanes[6 + lane] += size;
      lanes[8 + lane] += Math.sqrt(size);
      if (size > peak) peak = size;
    }
  }
  for (let i = 0; i < 5; i++) into[i] = lanes[2 * i] + lanes[2 * i + 1];
  if (j < to) {
    const d = x[j] - mean;
    const square = d * d;
    const size = Math.abs(d);
    into[0] += square;
    into[1] += square * d;
    into[2] += square * square;
    into[3] += size;
    into[4] += Math.sqrt(size);
    if (size > peak) peak = size;
  }
  into[5] = peak;
}

/** Root mean square about the mean. */
export function rms(x: Float64Array): number {
  const mean = meanOf(x);
  let even = 0;
  let odd = 0;
  let j = 0;
  for (; j + 1 < x.length; j += 2) {
    const d0 = x[j] - mean;
    const d1 = x[j + 1] - mean;
    even += d0 * d0;
    odd += d1 * d1;
  }
  const last = j < x.length ? x[j] - mean : 0;
  return Math.sqrt((even + odd + last * last) / x.length);
}

/**
 * Impulsiveness of non-negative values (a squared envelope): Gini index (Hurley and Rickard 2009; Hou and Wang 2021) and negative entropy
 * mean(e/ē · ln(e/ē)) (Antoni 2016). Both are 0 for a constant.
 */
export function impulsiveness(envelope: Float64Array): { gini: number; negentropy: number } {
  const n = envelope.length;
  const sorted = Float64Array.from(envelope).sort();
  let total = 0;
  for (let j = 0; j < n; j++) total += sorted[j];
  if (!(total > 0)) return { gini: 0, negentropy: 0 };
  let weighted = 0;
  for (let k = 0; k < n; k++) weighted += sorted[k] * (n - k - 0.5);
  const mean = total / n;
  let entropy = 0;
  for (let j = 0; j < n; j++) {
    const ratio = envelope[j] / mean;
    if (ratio > 0) entropy += ratio * ln(ratio);
  }
  return { gini: 1 - (2 * weighted) / (total * n), negentropy: entropy / n };
}

/** Median; of an even count the mean of the two middle values. NaN when empty. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  if (n === 0) return Number.NaN;
  return n % 2 === 1 ? sorted[(n - 1) / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

/** Quantile q in 0..1 by linear interpolation between order statistics (type 7 of Hyndman and Fan). NaN when empty. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/** A feature over blocks: its median and the 95 % interval of the median by order statistics. */
export interface BlockFeature {
  median: number;
  ci95: readonly [number, number];
  blocks: Float64Array;
}

export interface BlockFeatures {
  /** Samples a block and how many blocks; a record shorter than one block is one block. */
  blockLength: number;
  blockCount: number;
  rms: BlockFeature;
  /** Median over blocks of the block's peak; `meanPeak` is the mean, which does not grow with the length of the record. */
  peak: BlockFeature;
  meanPeak: number;
  crest: BlockFeature;
  kurtosis: BlockFeature;
  skewness: BlockFeature;
  shape: BlockFeature;
  impulse: BlockFeature;
  clearance: BlockFeature;
  /** Of the squared envelope; absent unless asked for. */
  gini?: BlockFeature;
  negentropy?: BlockFeature;
}

/**
 * Time features over blocks of `blockS` seconds (0.25 by default). `envelope` adds Gini index and negentropy of each block's squared
 * envelope, which needs two transforms a block.
 */
export function blockFeatures(
  x: Float64Array,
  fsHz: number,
  options: { blockS?: number; envelope?: boolean } = {},
): BlockFeatures {
  requireRate(fsHz);
  const wanted = Math.max(2, Math.round((options.blockS ?? 0.25) * fsHz));
  const blockLength = Math.min(wanted, x.length);
  const blockCount = Math.max(1, Math.floor(x.length / blockLength));
  const blocks: BlockStatistics[] = [];
  const gini = new Float64Array(blockCount);
  const negentropy = new Float64Array(blockCount);
  for (let b = 0; b < blockCount; b++) {
    const from = b * blockLength;
    blocks.push(statistics(x, from, from + blockLength));
    if (options.envelope === true) {
      const even = blockLength - (blockLength % 2);
      const values = impulsiveness(squaredEnvelope(centredSpectrum(x.subarray(from, from + even)), even));
      gini[b] = values.gini;
      negentropy[b] = values.negentropy;
    }
  }
  const feature = (name: keyof BlockStatistics) => over(Float64Array.from(blocks, (block) => block[name]));
  const peak = feature('peak');
  let peaks = 0;
  for (let b = 0; b < blockCount; b++) peaks += peak.blocks[b];
  return {
    blockLength,
    blockCount,
    rms: feature('rms'),
    peak,
    meanPeak: peaks / blockCount,
    crest: feature('crest'),
    kurtosis: feature('kurtosis'),
    skewness: feature('skewness'),
    shape: feature('shape'),
    impulse: feature('impulse'),
    clearance: feature('clearance'),
    ...(options.envelope === true ? { gini: over(gini), negentropy: over(negentropy) } : {}),
  };
}

function over(blocks: Float64Array): BlockFeature {
  const sorted = Float64Array.from(blocks).sort();
  const n = sorted.length;
  // Ranks n/2 ± 0.98·√n cover the median in 95 % of samples (Conover 1999, section 3.2).
  const reach = 0.98 * Math.sqrt(n);
  const lower = Math.max(0, Math.floor(n / 2 - reach) - 1);
  const upper = Math.min(n - 1, Math.ceil(n / 2 + reach));
  return { median: median(blocks), ci95: [sorted[lower], sorted[upper]], blocks };
}
