/**
 * Two captures side by side: indicators with their intervals, and spectra by narrow bands, each difference beside the scatter that two
 * spectra of the same steady machine have.
 *
 *     capture A, capture B ─▶ Welch density ─▶ bands on one axis (orders where both speeds are known, else Hz) ─▶ dB and sigmas
 */
import type { Capture, Channel } from '../capture/capture.js';
import { KizashiError } from '../errors.js';
import { bandPower, type Psd, welch } from '../signal/index.js';
import type { Assessment, Indicator } from '../wear/types.js';

export interface IndicatorPair {
  id: string;
  unit: string;
  a: number | null;
  b: number | null;
  /** 20·lg(B/A), or B − A where the indicator is in dB; null where one side has no value or is not positive. */
  differenceDb: number | null;
  /** Whether the 95 % intervals are apart; null where one side states none. */
  apart: boolean | null;
}

export interface BandPair {
  /** Middle of the band. */
  x: number;
  /** RMS in the band. */
  a: number;
  b: number;
  differenceDb: number;
  /** The difference in standard deviations of its scatter. */
  sigmas: number;
  /** `2x`, `BPFO`, where one stands in the band. */
  label?: string;
}

export interface SpectrumPair {
  channel: string;
  unit: string;
  xUnit: 'orders' | 'Hz';
  /** Width of a band. */
  dx: number;
  /** Standard deviation of a difference in dB, were both steady noise. */
  scatterDb: number;
  bands: BandPair[];
  /** Bands that differ beyond the scatter, largest first. */
  changed: BandPair[];
}

export interface ComparedCapture {
  capture: Capture;
  assessments: readonly Assessment[];
}

/** Orders with a name: `BPFO` 3.58. */
export interface NamedOrder {
  label: string;
  order: number;
}

/** Bands of a spectrum at most: more cannot be told apart on a page. */
const mostBands = 400;
/** Segments an average has at least, halves overlapping. */
const leastSegments = 9;
const longestSegment = 16_384;
/** Of 400 bands of noise 0.03 lie beyond ±4 sigma. */
const beyondSigmas = 4;
/** Bands this far below the strongest are quantisation and arithmetic. */
const floorDb = 70;
/** 10/ln 10: one relative standard deviation of a power in dB. */
const dbOfShare = 10 / Math.LN10;
/** Share of independent averages with a Hann window and half overlap (Welch 1967, eq. 19). */
const overlapShare = 0.947;
/** A bin on the edge of two bands belongs to the upper one; as a share of a bin. */
const edge = 1e-6;
/** Below this the mean leaks into the lines, in Hz. */
const lowestHz = 3;

export function compareIndicators(a: readonly Assessment[], b: readonly Assessment[]): IndicatorPair[] {
  const valid = (all: readonly Assessment[]) =>
    new Map(
      all
        .flatMap(({ indicators }) => indicators)
        .filter((one) => one.valid === true)
        .map((one) => [one.id, one]),
    );
  const [left, right] = [valid(a), valid(b)];
  return [...new Set([...left.keys(), ...right.keys()])].map((id) => pairOf(id, left.get(id), right.get(id)));
}

function pairOf(id: string, a: Indicator | undefined, b: Indicator | undefined): IndicatorPair {
  const unit = (a ?? b)?.unit ?? '';
  const [from, to] = [a?.value ?? null, b?.value ?? null];
  let differenceDb: number | null = null;
  if (from !== null && to !== null) {
    if (unit === 'dB') differenceDb = to - from;
    else if (from > 0 && to > 0) differenceDb = 20 * Math.log10(to / from);
  }
  const apart = a?.ci95 && b?.ci95 ? a.ci95[1] < b.ci95[0] || b.ci95[1] < a.ci95[0] : null;
  return { id, unit, a: from, b: to, differenceDb, apart };
}

/** Shaft speed of a capture in Hz, as its assessment found it. */
export function speedOf({ assessments }: ComparedCapture): number | undefined {
  return assessments.find(({ speed }) => speed !== undefined)?.speed?.frHz;
}

/**
 * @param channel id of the channel; the first acceleration of A by default
 * @throws KZ1401 no such channel on both sides, or units that differ; KZ0805 too short
 */
export function compareSpectra(
  a: ComparedCapture,
  b: ComparedCapture,
  { channel, names = [] }: { channel?: string; names?: readonly NamedOrder[] } = {},
): SpectrumPair {
  const [left, right] = channelsOf(a.capture, b.capture, channel);
  const [frA, frB] = [speedOf(a), speedOf(b)];
  const orders = frA !== undefined && frB !== undefined;
  const sides = [
    { psd: densityOf(a.capture, left), per: orders ? frA : 1 },
    { psd: densityOf(b.capture, right), per: orders ? frB : 1 },
  ];
  const end = Math.min(...sides.map(({ psd, per }) => psd.fsHz / 2 / per));
  const start = Math.max(...sides.map(({ per }) => lowestHz / per));
  const finest = Math.max(...sides.map(({ psd, per }) => (2 * psd.df) / per));
  const dx = Math.max(finest, (end - start) / mostBands);
  const counts = sides.map(({ psd, per }) => averagesOf(psd, dx * per));
  // variance of the logarithm of a chi-square with 2·count degrees of freedom: trigamma(count), its first two terms
  const scatterDb = dbOfShare * Math.sqrt(counts.reduce((sum, count) => sum + 1 / count + 0.5 / count ** 2, 0));
  const bands: BandPair[] = [];
  for (let x = start; x + dx <= end; x += dx) {
    const [pa, pb] = sides.map(({ psd, per }) => bandPower(psd, x * per, (x + dx) * per - edge * psd.df));
    if (!(pa > 0 && pb > 0)) continue;
    const differenceDb = 10 * Math.log10(pb / pa);
    const label = labelIn(x, dx, orders, names);
    bands.push({
      x: x + dx / 2,
      a: Math.sqrt(pa),
      b: Math.sqrt(pb),
      differenceDb,
      sigmas: differenceDb / scatterDb,
      ...(label ? { label } : {}),
    });
  }
  const top = Math.max(...bands.map((band) => Math.max(band.a, band.b)));
  const floor = top * 10 ** (-floorDb / 20);
  const changed = bands
    .filter((band) => Math.abs(band.sigmas) > beyondSigmas && Math.max(band.a, band.b) > floor)
    .sort((one, other) => Math.abs(other.differenceDb) - Math.abs(one.differenceDb));
  return { channel: left.id, unit: left.unit, xUnit: orders ? 'orders' : 'Hz', dx, scatterDb, bands, changed };
}

function channelsOf(a: Capture, b: Capture, id: string | undefined): [Channel, Channel] {
  const first = ({ channels }: Capture): Channel =>
    channels.find(({ quantity }) => quantity === 'acceleration') ?? channels[0];
  const left = id === undefined ? first(a) : a.channels.find((one) => one.id === id);
  const right = b.channels.find((one) => one.id === (id ?? left?.id)) ?? (id === undefined ? first(b) : undefined);
  const ids = (capture: Capture) => capture.channels.map((one) => one.id).join(', ');
  if (!left || !right)
    throw new KizashiError(
      'KZ1401',
      `not both captures have a channel ${id}`,
      { channel: id },
      { why: `A has ${ids(a)}; B has ${ids(b)}`, fix: `--channel ${first(a).id}` },
    );
  if (left.unit !== right.unit)
    throw new KizashiError(
      'KZ1401',
      `${left.id} is in ${left.unit}, ${right.id} in ${right.unit}`,
      { units: [left.unit, right.unit] },
      { why: 'levels of different units cannot be compared', fix: '--units says the unit of a file that states none' },
    );
  return [left, right];
}

/** Of the longest stretch without a gap. */
function densityOf({ spans, fsHz, id }: Capture, { samples }: Channel): Psd {
  const [from, to] = [...spans].sort((one, other) => other[1] - other[0] - (one[1] - one[0]))[0] ?? [0, 0];
  const stretch = samples.subarray(from, to);
  let segment = longestSegment;
  while (segment > 64 && stretch.length < ((leastSegments + 1) / 2) * segment) segment /= 2;
  if (stretch.length < ((leastSegments + 1) / 2) * segment)
    throw new KizashiError(
      'KZ0805',
      `capture ${id.slice(0, 16)} is too short for a spectrum: ${stretch.length} samples`,
      {
        samples: stretch.length,
      },
    );
  return welch(stretch, fsHz, { segment });
}

/** Independent averages in a band: over time, and over the bins inside it. */
function averagesOf({ segments, enbwBins, df }: Psd, widthHz: number): number {
  return segments * overlapShare * Math.max(1, widthHz / df / enbwBins);
}

function labelIn(x: number, dx: number, orders: boolean, names: readonly NamedOrder[]): string | undefined {
  if (!orders) return undefined;
  const inside = (order: number): boolean => order >= x && order < x + dx;
  const shaft = Math.ceil(x);
  // where a band is as wide as an order a harmonic says nothing
  const found = dx < 0.5 && shaft >= 1 && shaft <= 10 && inside(shaft) ? [`${shaft}x`] : [];
  for (const { label, order } of names)
    for (let k = 1; k <= 4; k++) if (inside(k * order)) found.push(k === 1 ? label : `${k}·${label}`);
  return found.length > 0 ? found.join(', ') : undefined;
}
