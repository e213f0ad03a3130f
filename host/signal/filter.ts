/** Butterworth filters as second-order sections, designed by the bilinear transform, and run forwards and backwards without phase. */
import { KizashiError } from '../errors.js';
import { cosTurns, sinTurns } from './elementary.js';
import { requireRate } from './psd.js';

/** One section: (b0 + b1 z⁻¹ + b2 z⁻²)/(1 + a1 z⁻¹ + a2 z⁻²). */
export interface Section {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number, number];
}

export type Band =
  | { kind: 'lowpass'; hz: number }
  | { kind: 'highpass'; hz: number }
  | { kind: 'bandpass'; hz: readonly [number, number] };

interface Point {
  re: number;
  im: number;
}

function multiply(a: Point, b: Point): Point {
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
}

function divide(a: Point, b: Point): Point {
  const square = b.re * b.re + b.im * b.im;
  return { re: (a.re * b.re + a.im * b.im) / square, im: (a.im * b.re - a.re * b.im) / square };
}

/** Principal square root. */
function root(a: Point): Point {
  const size = Math.sqrt(a.re * a.re + a.im * a.im);
  const re = Math.sqrt(0.5 * (size + a.re));
  const im = Math.sqrt(0.5 * (size - a.re));
  return { re, im: a.im < 0 ? -im : im };
}

/** Edge in rad/s that the bilinear transform at rate 2 maps onto f. */
function prewarped(fHz: number, fsHz: number): number {
  const turns = fHz / fsHz / 2;
  return (4 * sinTurns(turns)) / cosTurns(turns);
}

/**
 * Butterworth sections of the given order (a band pass has twice as many poles), gain 1 in the pass band: the transfer function of
 * scipy.signal.butter(order, hz, fs=fsHz, output='sos').
 */
export function butterworth(order: number, band: Band, fsHz: number): Section[] {
  requireRate(fsHz);
  const edges = typeof band.hz === 'number' ? [band.hz] : [...band.hz];
  const sensible = edges.every((f) => f > 0 && f < fsHz / 2) && (edges.length < 2 || edges[0] < edges[1]);
  if (!Number.isInteger(order) || order < 1 || order > 16 || !sensible) {
    throw new KizashiError(
      'KZ0601',
      `no ${band.kind} of order ${order} at ${edges.join(' to ')} Hz for ${fsHz} samples/s`,
      {
        order,
        edges,
        fsHz,
      },
    );
  }
  const warped = edges.map((f) => prewarped(f, fsHz));
  const sections: Section[] = [];
  for (let k = 0; k < Math.ceil(order / 2); k++) {
    // One prototype pole of each conjugate pair on the unit circle; the real one of an odd order comes last.
    const turns = (order - 1 - 2 * k) / (4 * order);
    const alone = turns === 0;
    const pole = { re: 0 - cosTurns(turns), im: sinTurns(turns) };
    if (band.kind === 'lowpass') {
      const p = { re: pole.re * warped[0], im: pole.im * warped[0] };
      sections.push(section(p, alone ? undefined : mirror(p), band, fsHz));
    } else if (band.kind === 'highpass') {
      const p = divide({ re: warped[0], im: 0 }, pole);
      sections.push(section(p, alone ? undefined : mirror(p), band, fsHz));
    } else {
      const width = (warped[1] - warped[0]) / 2;
      const half = { re: pole.re * width, im: pole.im * width };
      const square = multiply(half, half);
      const shift = root({ re: square.re - warped[0] * warped[1], im: square.im });
      const p = { re: half.re + shift.re, im: half.im + shift.im };
      const q = { re: half.re - shift.re, im: half.im - shift.im };
      // The real prototype pole gives one pair, conjugate or both real; any other gives two conjugate pairs.
      if (alone) sections.push(section(p, q, band, fsHz));
      else sections.push(section(p, mirror(p), band, fsHz), section(q, mirror(q), band, fsHz));
    }
  }
  return sections;
}

function mirror(p: Point): Point {
  return { re: p.re, im: 0 - p.im };
}

/** z = (4 + s)/(4 − s): the bilinear transform at rate 2. */
function bilinear(s: Point): Point {
  return divide({ re: 4 + s.re, im: s.im }, { re: 4 - s.re, im: 0 - s.im });
}

/** Digital section of one or two analog poles, with gain 1 at the reference frequency of the band. */
function section(p: Point, q: Point | undefined, band: Band, fsHz: number): Section {
  const zp = bilinear(p);
  let a: [number, number, number] = [1, 0 - zp.re, 0];
  if (q !== undefined) {
    const zq = bilinear(q);
    a = [1, 0 - (zp.re + zq.re), multiply(zp, zq).re];
  }
  let b: [number, number, number];
  let reference: number;
  if (band.kind === 'lowpass') {
    b = q === undefined ? [1, 1, 0] : [1, 2, 1];
    reference = 0;
  } else if (band.kind === 'highpass') {
    b = q === undefined ? [1, -1, 0] : [1, -2, 1];
    reference = 0.5;
  } else {
    b = [1, 0, -1];
    reference = centreTurns(band.hz, fsHz);
  }
  const gain = magnitude(a, reference) / magnitude(b, reference);
  return { b: [b[0] * gain, b[1] * gain, b[2] * gain], a };
}

/** Digital frequency, in turns a sample, onto which the analog centre √(w1·w2) falls: the sections' gains multiply to 1 there. */
function centreTurns(hz: readonly [number, number], fsHz: number): number {
  const ratio = Math.sqrt(prewarped(hz[0], fsHz) * prewarped(hz[1], fsHz)) / 4;
  // Half the angle by bisection of its tangent: no arc tangent needed to full precision elsewhere.
  let low = 0;
  let high = 0.25;
  for (let i = 0; i < 60; i++) {
    const middle = 0.5 * (low + high);
    if (sinTurns(middle) < ratio * cosTurns(middle)) low = middle;
    else high = middle;
  }
  return low + high;
}

function magnitude(c: readonly [number, number, number], turns: number): number {
  const re = c[0] + c[1] * cosTurns(turns) + c[2] * cosTurns(2 * turns);
  const im = c[1] * sinTurns(turns) + c[2] * sinTurns(2 * turns);
  return Math.sqrt(re * re + im * im);
}

/** Runs the sections once over `x`, starting in the steady state of a constant x[0]. */
function run(sections: readonly Section[], x: Float64Array): void {
  let level = x[0];
  for (const { b, a } of sections) {
    const gain = (b[0] + b[1] + b[2]) / (a[0] + a[1] + a[2]);
    let s2 = level * (b[2] - a[2] * gain);
    let s1 = level * (b[1] - a[1] * gain) + s2;
    level *= gain;
    const [b0, b1, b2] = b;
    const a1 = a[1];
    const a2 = a[2];
    for (let j = 0; j < x.length; j++) {
      const value = x[j];
      const y = b0 * value + s1;
      s1 = b1 * value - a1 * y + s2;
      s2 = b2 * value - a2 * y;
      x[j] = y;
    }
  }
}

/**
 * Zero-phase filtering: forwards and backwards over the record lengthened at both ends by its own point reflection, as
 * scipy.signal.sosfiltfilt with its default padding.
 */
export function filterZeroPhase(sections: readonly Section[], x: Float64Array): Float64Array {
  const flatB = sections.filter(({ b }) => b[2] === 0).length;
  const flatA = sections.filter(({ a }) => a[2] === 0).length;
  const edge = 3 * (2 * sections.length + 1 - Math.min(flatB, flatA));
  const n = x.length;
  if (n <= edge) {
    throw new KizashiError('KZ0601', `${sections.length} sections need more than ${edge} samples, got ${n}`, {
      samples: n,
    });
  }
  const extended = new Float64Array(n + 2 * edge);
  extended.set(x, edge);
  for (let j = 0; j < edge; j++) {
    extended[j] = 2 * x[0] - x[edge - j];
    extended[n + edge + j] = 2 * x[n - 1] - x[n - 2 - j];
  }
  run(sections, extended);
  extended.reverse();
  run(sections, extended);
  extended.reverse();
  return extended.slice(edge, edge + n);
}
