/** Order tracking: from equal times to equal angles, so that a drifting speed leaves the lines sharp. */
import { KizashiError } from '../errors.js';
import { atan2 } from './elementary.js';
import { type Complex, fftPlan, rfft } from './fft.js';
import { requireRate } from './psd.js';
import { upsampleBySpectrum } from './resample.js';

/** Share of a record cut at each end, where the band pass has seen one side only. */
const EDGE = 0.02;

/**
 * Shaft angle in turns at every sample, from the harmonic `harmonic` of a shaft that turns at about `frHz`: bins within ±`band` (6 %) of
 * it, analytic phase, unwrapped, divided by the harmonic. Starts near 0.
 */
export function shaftPhase(
  x: Float64Array,
  fsHz: number,
  frHz: number,
  options: { harmonic?: number; band?: number } = {},
): Float64Array {
  requireRate(fsHz);
  const harmonic = options.harmonic ?? 1;
  const band = options.band ?? 0.06;
  const n = x.length;
  const centre = harmonic * frHz;
  const df = fsHz / n;
  const first = Math.max(1, Math.ceil((centre * (1 - band)) / df));
  const last = Math.min(Math.ceil(n / 2) - 1, Math.floor((centre * (1 + band)) / df));
  if (!(centre > 0) || last - first < 2) {
    throw new KizashiError('KZ0601', `no band of ±${band * 100} % around ${centre} Hz in a record of ${n} samples`, {
      centre,
    });
  }
  const spectrum = rfft(x);
  const analytic: Complex = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let k = first; k <= last; k++) {
    analytic.re[k] = spectrum.re[k];
    analytic.im[k] = spectrum.im[k];
  }
  fftPlan(n).transform(analytic.im, analytic.re, analytic.im, analytic.re);
  const phase = new Float64Array(n);
  let turns = 0;
  let before = 0;
  for (let j = 0; j < n; j++) {
    const angle = atan2(analytic.im[j], analytic.re[j]) / (2 * Math.PI);
    if (j > 0) {
      let change = angle - before;
      change -= Math.floor(change + 0.5);
      turns += change;
    }
    before = angle;
    phase[j] = turns / harmonic;
  }
  return phase;
}

/**
 * The phase as a machine with inertia can have it: the polynomial of `degree` through it by least squares (Forsythe's orthogonal
 * polynomials on 512 points, the ends left out). The band's noise rides on the raw phase; resampling by that would sharpen the harmonic it
 * came from and blur everything else.
 */
export function smoothPhase(phase: Float64Array, degree = 5): Float64Array {
  const n = phase.length;
  const from = Math.ceil(EDGE * n);
  const to = n - 1 - from;
  const count = Math.min(512, to - from + 1);
  const place = (index: number): number => (2 * index) / (n - 1) - 1;
  const u = new Float64Array(count);
  const y = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const at = from + Math.floor((i * (to - from)) / (count - 1));
    u[i] = place(at);
    y[i] = phase[at];
  }
  const shifts: number[] = [];
  const scales: number[] = [];
  const weights: number[] = [];
  let before = new Float64Array(count);
  let here = new Float64Array(count).fill(1);
  let powerBefore = 1;
  for (let k = 0; k <= degree; k++) {
    let power = 0;
    let shift = 0;
    let weight = 0;
    for (let i = 0; i < count; i++) {
      const square = here[i] * here[i];
      power += square;
      shift += u[i] * square;
      weight += y[i] * here[i];
    }
    shifts.push(shift / power);
    scales.push(k === 0 ? 0 : power / powerBefore);
    weights.push(weight / power);
    const next = new Float64Array(count);
    for (let i = 0; i < count; i++) next[i] = (u[i] - shifts[k]) * here[i] - scales[k] * before[i];
    before = here;
    here = next;
    powerBefore = power;
  }
  const smooth = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    const at = place(j);
    let last = 0;
    let value = 1;
    let sum = 0;
    for (let k = 0; k <= degree; k++) {
      sum += weights[k] * value;
      const next = (at - shifts[k]) * value - scales[k] * last;
      last = value;
      value = next;
    }
    smooth[j] = sum;
  }
  return smooth;
}

/** Relative change of speed across the middle of the record: (last − first)/mean of the speed fitted over tenths. */
export function speedDrift(phase: Float64Array): number {
  const from = Math.ceil(EDGE * phase.length);
  const to = phase.length - 1 - from;
  const tenth = Math.floor((to - from) / 10);
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < 10; i++) {
    const speed = phase[from + (i + 1) * tenth] - phase[from + i * tenth];
    least = Math.min(least, speed);
    most = Math.max(most, speed);
  }
  return (2 * (most - least)) / (most + least);
}

export interface OrderRecord {
  /** Samples at equal angles; the "sample rate" is `perTurn` samples a turn, so a spectrum of it is in orders. */
  samples: Float64Array;
  perTurn: number;
  turns: number;
}

/**
 * Samples of `x` at equal steps of shaft angle: eightfold oversampling through the spectrum, then cubic (Lagrange, four points) in time,
 * the time of each angle by linear interpolation of `phase` (turns at every sample, increasing).
 */
export function resampleByAngle(x: Float64Array, phase: Float64Array, perTurn: number): OrderRecord {
  const n = x.length;
  if (phase.length !== n || !(perTurn > 0)) {
    throw new KizashiError('KZ0601', `${n} samples need ${n} angles, got ${phase.length}`, { samples: n });
  }
  const fine = upsampleBySpectrum(x, 8);
  const start = phase[0];
  const count = Math.max(0, Math.floor((phase[n - 1] - start) * perTurn - 1e-9) + 1);
  const samples = new Float64Array(count);
  let j = 0;
  for (let i = 0; i < count; i++) {
    const angle = start + i / perTurn;
    while (j < n - 2 && phase[j + 1] <= angle) j++;
    const width = phase[j + 1] - phase[j];
    const share = width > 0 ? (angle - phase[j]) / width : 0;
    samples[i] = lagrange4(fine, 8 * (j + share));
  }
  return { samples, perTurn, turns: count / perTurn };
}

/** Cubic through the four samples around a fractional index; at the ends the nearest four. */
export function lagrange4(x: Float64Array, index: number): number {
  const at = Math.min(x.length - 3, Math.max(1, Math.floor(index)));
  const u = index - at;
  const a = x[at - 1];
  const b = x[at];
  const c = x[at + 1];
  const d = x[at + 2];
  const u1 = u + 1;
  const m1 = u - 1;
  const m2 = u - 2;
  return (-u * m1 * m2 * a) / 6 + (u1 * m1 * m2 * b) / 2 - (u1 * u * m2 * c) / 2 + (u1 * u * m1 * d) / 6;
}
