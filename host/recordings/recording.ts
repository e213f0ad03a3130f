/**
 * What every reader builds: a named recording, its capture, and where each fact came from. Nothing is guessed from magnitudes: an unknown
 * unit becomes `relative`, an unknown rate is an error.
 */
import { createHash } from 'node:crypto';
import type { Capture, Channel } from '../capture/capture.js';
import { KizashiError } from '../errors.js';

export interface ReadOptions {
  /** Samples per second; wins over everything in the file. */
  rateHz?: number;
  /** Unit of all channels (`g`, `m/s2`, `A`, …); wins over the file. */
  units?: string;
  /** Ids of the channels to read; absent: all that look like signals. */
  channels?: readonly string[];
}

export type RecordingFormat = 'wav' | 'csv' | 'klipper' | 'mat' | 'npy' | 'index' | 'evidence' | 'screening';

export interface RecordingFacts {
  format: RecordingFormat;
  /** Where the rate came from, in words: `--rate`, `header`, `time column`, … */
  rateFrom: string;
  unitFrom: string;
  /** Shaft speed the file states. */
  rpm?: number;
  rpmFrom?: string;
  /** Items of the file that were left out, by reason. */
  skipped: Record<string, number>;
}

export interface Recording {
  /** Name for faces: file name, and the channel or record inside it. */
  name: string;
  capture: Capture;
  facts: RecordingFacts;
}

/** Inflated bytes a reader accepts (a second of 16 channels at 50 kHz is 6 MB). */
export const maxBytes = 1 << 30;

/** The least a capture needs: fewer samples than this carry no statistics at all. */
const minSamples = 64;

/** Share of samples at either end of the range beyond which nothing of the shape is left to judge. */
const clippedShare = 0.2;

/** SHA-256 over the samples: float64, channel after channel, little-endian. */
function hashSamples(channels: readonly Pick<Channel, 'samples'>[]): Uint8Array {
  const hash = createHash('sha256');
  for (const { samples } of channels)
    hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  return new Uint8Array(hash.digest());
}

export interface CaptureParts {
  name: string;
  fsHz: number;
  fsUncertainty: number;
  channels: Channel[];
  spans?: readonly (readonly [number, number])[];
  at?: number;
  notes?: string[];
}

/**
 * A capture of unsigned samples.
 * @throws KZ0803 rate not a positive number, KZ0805 too short, KZ0814 clipped throughout, KZ0815 empty or constant
 */
export function buildCapture(parts: CaptureParts): Capture {
  const { name, fsHz, channels } = parts;
  const n = channels[0]?.samples.length ?? 0;
  if (channels.length === 0 || n === 0)
    throw new KizashiError('KZ0815', `${name} has no samples`, { channels: channels.length });
  if (!(Number.isFinite(fsHz) && fsHz > 0))
    throw new KizashiError('KZ0803', `${name}: ${fsHz} is no sample rate`, { rate: String(fsHz) });
  if (n < minSamples)
    throw new KizashiError('KZ0805', `${name} has ${n} samples, at least ${minSamples} are needed`, { samples: n });
  const moving = channels.filter(({ samples }) => !isConstant(samples));
  if (moving.length === 0)
    throw new KizashiError('KZ0815', `${name}: every channel is constant (${channels[0].samples[0]})`, { samples: n });
  for (const channel of moving) {
    const share = shareAtEnds(channel);
    if (share > clippedShare)
      throw new KizashiError(
        'KZ0814',
        `${name}: ${(share * 100).toFixed(0)} % of channel ${channel.id} stands at an end of its range`,
        { channel: channel.id, share },
      );
  }
  const hash = hashSamples(channels);
  return {
    id: Buffer.from(hash).toString('hex'),
    hash,
    source: 'recording',
    verdict: { kind: 'unsigned' },
    grade: 'none',
    fsHz,
    fsUncertainty: parts.fsUncertainty,
    ...(parts.at === undefined ? {} : { at: parts.at }),
    channels,
    spans: parts.spans ?? [[0, n]],
    ...(parts.notes?.length ? { notes: parts.notes } : {}),
  };
}

function isConstant(samples: Float64Array): boolean {
  for (const x of samples) if (x !== samples[0]) return false;
  return true;
}

/** Share of samples within one step of either end of the range; where no range is known, at the largest and smallest value. */
function shareAtEnds({ samples, range, lsb }: Channel): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const x of samples) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  if (range) [low, high] = [range[0] + (lsb ?? 0), range[1] - (lsb ?? 0)];
  // a signal of few levels (a tacho, a quiet machine on a coarse converter) stands at its ends by nature
  else if (hasFewLevels(samples)) return 0;
  let at = 0;
  for (const x of samples) if (x <= low || x >= high) at++;
  return at / samples.length;
}

function hasFewLevels(samples: Float64Array): boolean {
  const levels = new Set<number>();
  for (const x of samples) if (levels.add(x).size > 32) return false;
  return true;
}

/** The value at fraction `q` of a sorted vector. */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.floor(q * sorted.length)))];
}
