/** Captures of sources that sign nothing: what they measured, under a content address, never more than `unsigned`. */
import { createHash } from 'node:crypto';
import type { Capture, Channel, Source } from './capture.js';

/** Rate of samples from the times at which they arrived: the slope of a straight line, its uncertainty, and how far arrivals scatter. */
export interface MeasuredRate {
  hz: number;
  /** Relative standard uncertainty of `hz`. */
  uncertainty: number;
  /** 99th percentile of the distance of an arrival from the line, in ms. */
  jitterMs: number;
}

/** Least squares over arrival times in ms. NaN everywhere for fewer than three. */
export function rateOfArrivals(ms: readonly number[]): MeasuredRate {
  const n = ms.length;
  if (n < 3) return { hz: Number.NaN, uncertainty: Number.NaN, jitterMs: Number.NaN };
  const middle = (n - 1) / 2;
  const mean = ms.reduce((sum, t) => sum + t, 0) / n;
  let [across, along] = [0, 0];
  for (let k = 0; k < n; k++) {
    across += (k - middle) * (ms[k] - mean);
    along += (k - middle) ** 2;
  }
  const step = across / along;
  const off = ms.map((t, k) => Math.abs(t - mean - step * (k - middle)));
  const variance = off.reduce((sum, d) => sum + d * d, 0) / (n - 2);
  off.sort((a, b) => a - b);
  return {
    hz: 1000 / step,
    uncertainty: Math.sqrt(variance / along) / step,
    jitterMs: off[Math.min(n - 1, Math.ceil(0.99 * n) - 1)],
  };
}

/** A capture whose samples nobody signed. `hash` is SHA-256 over the samples, float64, channel after channel. */
export function unsignedCapture(
  source: Extract<Source, 'firmata' | 'text'>,
  channels: Channel[],
  rate: Pick<MeasuredRate, 'hz' | 'uncertainty'>,
  at: number,
  notes: string[],
): Capture {
  const digest = createHash('sha256');
  for (const { samples } of channels)
    digest.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  const hash = new Uint8Array(digest.digest());
  return {
    id: Buffer.from(hash).toString('hex'),
    hash,
    source,
    verdict: { kind: 'unsigned' },
    grade: 'none',
    fsHz: rate.hz,
    fsUncertainty: rate.uncertainty,
    at,
    channels,
    spans: [[0, channels[0].samples.length]],
    notes,
  };
}
