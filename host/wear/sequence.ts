/**
 * Negative sequence of three stator currents: an inter-turn short in one phase adds a current that the other two do not carry. The change
 * of q = I2/I1 tells; its absolute value also holds the gain errors of the clamps.
 */
import { atan2, cosTurns, median, sinTurns, window } from '../signal/index.js';

export const sequenceParams = {
  /** Supply cycles in a window; windows start every cycle. */
  cycles: 6,
  /** Thresholds on |q − reference|: within the capture, and against the stored reference. */
  within: 0.03,
  stored: 0.05,
  sigmas: 6,
  /** Consecutive windows that raise, and that clear below `clearShare` of the threshold. */
  raise: 3,
  clear: 10,
  clearShare: 0.6,
  /** Seconds of quiet windows that the reference looks back on, and the fewest. */
  referenceS: 1,
  minReferenceS: 0.2,
} as const;

export interface SequenceTrack {
  re: Float64Array;
  im: Float64Array;
  /** End of each window in seconds from the first sample. */
  endS: Float64Array;
  /** Positive sequence amplitude, mean over windows. */
  level: number;
  /** True when the phases are connected in the order A, C, B. */
  reversed: boolean;
  hopS: number;
}

/**
 * q over time. `skewS` are sampling delays of a multiplexed converter: 83 µs is 1.5° at 50 Hz, an apparent q of 0.02.
 */
export function sequenceTrack(
  phases: readonly [Float64Array, Float64Array, Float64Array],
  fsHz: number,
  f1Hz: number,
  skewS: readonly [number, number, number] = [0, 0, 0],
): SequenceTrack {
  const n = phases[0].length;
  const length = Math.round((sequenceParams.cycles * fsHz) / f1Hz);
  const windows = n < length ? 0 : Math.floor(((n - length) * f1Hz) / fsHz) + 1;
  const { values: w, sum } = window('hann', length);
  const re = new Float64Array(windows);
  const im = new Float64Array(windows);
  const endS = new Float64Array(windows);
  // Turned into the phasor by one table for the whole record: absolute time makes windows comparable.
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    cos[j] = cosTurns((f1Hz / fsHz) * j);
    sin[j] = sinTurns((f1Hz / fsHz) * j);
  }
  const delay = skewS.map((tau) => ({ cos: cosTurns(f1Hz * tau), sin: sinTurns(f1Hz * tau) }));
  const half = 0.5;
  const root = Math.sqrt(3) / 2;
  const first = new Float64Array(windows * 2);
  const second = new Float64Array(windows * 2);
  let forward = 0;
  for (let i = 0; i < windows; i++) {
    const from = Math.round((i * fsHz) / f1Hz);
    const p = phases.map((x, phase) => {
      let mean = 0;
      for (let j = 0; j < length; j++) mean += x[from + j];
      mean /= length;
      let a = 0;
      let b = 0;
      for (let j = 0; j < length; j++) {
        const value = w[j] * (x[from + j] - mean);
        a += value * cos[from + j];
        b -= value * sin[from + j];
      }
      a *= 2 / sum;
      b *= 2 / sum;
      const { cos: c, sin: s } = delay[phase];
      return [a * c + b * s, b * c - a * s] as const;
    });
    const [[aRe, aIm], [bRe, bIm], [cRe, cIm]] = p;
    // a = −1/2 + j√3/2: I1 = (pA + a·pB + a²·pC)/3, I2 = (pA + a²·pB + a·pC)/3.
    const sumRe = aRe - half * (bRe + cRe);
    const sumIm = aIm - half * (bIm + cIm);
    const differenceRe = root * (bIm - cIm);
    const differenceIm = root * (bRe - cRe);
    first[2 * i] = (sumRe - differenceRe) / 3;
    first[2 * i + 1] = (sumIm + differenceIm) / 3;
    second[2 * i] = (sumRe + differenceRe) / 3;
    second[2 * i + 1] = (sumIm - differenceIm) / 3;
    if (square(first, i) >= square(second, i)) forward++;
    endS[i] = (from + length) / fsHz;
  }
  const reversed = 2 * forward < windows;
  const [positive, negative] = reversed ? [second, first] : [first, second];
  let level = 0;
  for (let i = 0; i < windows; i++) {
    const power = square(positive, i);
    level += Math.sqrt(power);
    if (!(power > 0)) continue;
    re[i] = (negative[2 * i] * positive[2 * i] + negative[2 * i + 1] * positive[2 * i + 1]) / power;
    im[i] = (negative[2 * i + 1] * positive[2 * i] - negative[2 * i] * positive[2 * i + 1]) / power;
  }
  return { re, im, endS, level: windows > 0 ? level / windows : 0, reversed, hopS: 1 / f1Hz };
}

function square(pairs: Float64Array, i: number): number {
  return pairs[2 * i] * pairs[2 * i] + pairs[2 * i + 1] * pairs[2 * i + 1];
}

export interface StoredReference {
  re: number;
  im: number;
  sigma: number;
}

export interface SequenceEvent {
  onS: number;
  offS?: number;
  /** Median q − reference over the windows in alarm. */
  deltaRe: number;
  deltaIm: number;
  by: 'within' | 'stored';
}

export interface SequenceVerdict {
  events: SequenceEvent[];
  /** Largest δ over its threshold in three consecutive windows (the smallest of the three): 1.0 raises. */
  score: number;
  /** Complex median and robust sigma over windows that raised nothing; absent when there are too few. */
  quiet?: StoredReference;
}

/** Complex median by parts, and 1.4826·MAD of the distance from it. */
function reference(re: readonly number[], im: readonly number[]): StoredReference {
  const mRe = median(re);
  const mIm = median(im);
  const distance = re.map((one, i) => Math.sqrt((one - mRe) * (one - mRe) + (im[i] - mIm) * (im[i] - mIm)));
  // The median distance of a two-dimensional Gaussian is 1.1774 sigma.
  return { re: mRe, im: mIm, sigma: median(distance) / 1.1774 };
}

/** Walks through the windows in time order; nothing looks ahead. */
export function judgeSequence(track: SequenceTrack, stored: StoredReference | undefined): SequenceVerdict {
  const { raise, clear, clearShare, sigmas } = sequenceParams;
  const keep = Math.max(1, Math.round(sequenceParams.referenceS / track.hopS));
  const enough = Math.max(2, Math.round(sequenceParams.minReferenceS / track.hopS));
  const quietRe: number[] = [];
  const quietIm: number[] = [];
  const events: SequenceEvent[] = [];
  let open: (SequenceEvent & { dRe: number[]; dIm: number[] }) | undefined;
  let run: { by: 'within' | 'stored'; dRe: number; dIm: number }[] = [];
  let low = 0;
  let score = 0;
  const lately: number[] = [];
  for (let i = 0; i < track.re.length; i++) {
    const within = quietRe.length >= enough ? reference(quietRe.slice(-keep), quietIm.slice(-keep)) : undefined;
    const here = (one: StoredReference | undefined, floor: number) => {
      if (!one) return undefined;
      const dRe = track.re[i] - one.re;
      const dIm = track.im[i] - one.im;
      return { dRe, dIm, ratio: Math.sqrt(dRe * dRe + dIm * dIm) / Math.max(floor, sigmas * one.sigma) };
    };
    const c = here(within, sequenceParams.within);
    const s = here(stored, sequenceParams.stored);
    const top =
      s && (!c || s.ratio > c.ratio)
        ? { ...s, by: 'stored' as const }
        : c
          ? { ...c, by: 'within' as const }
          : undefined;
    const ratio = top?.ratio ?? 0;
    lately.push(ratio);
    if (lately.length >= raise) score = Math.max(score, Math.min(...lately.slice(-raise)));
    if (open) {
      if (ratio > 1 && top) {
        open.dRe.push(top.dRe);
        open.dIm.push(top.dIm);
      }
      low = ratio < clearShare ? low + 1 : 0;
      if (low < clear) continue;
      open.offS = track.endS[i];
      events.push(closed(open));
      open = undefined;
      run = [];
      continue;
    }
    if (ratio > 1 && top) {
      run.push(top);
      if (run.length < raise) continue;
      open = {
        onS: track.endS[i],
        deltaRe: 0,
        deltaIm: 0,
        by: top.by,
        dRe: run.map((one) => one.dRe),
        dIm: run.map((one) => one.dIm),
      };
      low = 0;
      continue;
    }
    run = [];
    quietRe.push(track.re[i]);
    quietIm.push(track.im[i]);
  }
  if (open) events.push(closed(open));
  return { events, score, ...(quietRe.length >= enough ? { quiet: reference(quietRe, quietIm) } : {}) };
}

function closed(open: SequenceEvent & { dRe: number[]; dIm: number[] }): SequenceEvent {
  const { dRe, dIm, ...event } = open;
  return { ...event, deltaRe: median(dRe), deltaIm: median(dIm) };
}

/** Phase by the sector of the angle of q − reference: [0°, 120°) A, [120°, 240°) B, the rest C. Known from one motor without load. */
export function phaseOf(deltaRe: number, deltaIm: number): 'A' | 'B' | 'C' {
  const degrees = (atan2(deltaIm, deltaRe) * 180) / Math.PI;
  const turned = degrees < 0 ? degrees + 360 : degrees;
  return turned < 120 ? 'A' : turned < 240 ? 'B' : 'C';
}
