/**
 * Two-sided CUSUM (Page 1954) of robust z values: small lasting changes add up, single outliers do not. Siegmund's approximation of the
 * average run length: ARL0 = (e^(2kb) − 2kb − 1)/(2k²), b = h + 1.166.
 */
import { exp } from '../signal/index.js';
import type { BaselineValue, CusumState, HistorySettings } from './types.js';

type Rule = Pick<HistorySettings, 'k' | 'h' | 'zClip' | 'cap'>;

/** What the learned captures could not know of their own noise, in units of its sigma and in captures. */
export interface Margins {
  /** Sigma may be this many times larger than it looked. */
  widen: number;
  /** The median may be off by this much. */
  deadZone: number;
  /** Captures that carry as much as one independent capture. */
  memory: number;
}

const exact: Margins = { widen: 1, deadZone: 0, memory: 1 };
/**
 * Margins of a baseline. n captures whose noise has a memory of τ captures know as much as n/τ independent ones. Standard errors of median
 * and MAD of a Gaussian: 1.25/√n and 1.17/√n of sigma; `caution` of them are allowed for.
 */
export function marginsOf({ n, memory = 1 }: Pick<BaselineValue, 'n' | 'memory'>, caution: number): Margins {
  const error = caution / Math.sqrt(Math.max(1, n / memory));
  return { widen: 1 + 1.17 * error, deadZone: 1.25 * error, memory };
}

/**
 * One step. z is clipped to ±zClip, each side capped at cap·h so that it can return. `when` marks where a side leaves zero. The sum of
 * noise with memory τ wanders τ times as far (Johnson and Bagshaw 1974), so a step counts 1/τ; one at the clip, which lasting noise does
 * not reach, counts in full.
 */
export function cusumStep(
  state: CusumState,
  z: number,
  rule: Rule,
  when: number,
  margins: Margins = exact,
): CusumState {
  const wide = z / margins.widen;
  const clipped = wide > rule.zClip ? rule.zClip : Math.max(wide, -rule.zClip);
  const limit = rule.cap * rule.h;
  const k = rule.k + margins.deadZone;
  const weight = Math.abs(clipped) === rule.zClip ? 1 : 1 / margins.memory;
  const up = Math.min(limit, Math.max(0, state.up + (clipped - k) * weight));
  const down = Math.min(limit, Math.max(0, state.down + (-clipped - k) * weight));
  const next: CusumState = { up, down };
  if (up > 0) next.upSince = state.up > 0 ? (state.upSince ?? when) : when;
  if (down > 0) next.downSince = state.down > 0 ? (state.downSince ?? when) : when;
  return next;
}

/** Mean number of decisions between false alarms of one side for independent Gaussian z. */
export function averageRunLength(k: number, h: number): number {
  const b = h + 1.166;
  return (exp(2 * k * b) - 2 * k * b - 1) / (2 * k * k);
}

/** Decision interval for one false alarm in `decisions` decisions, by bisection of Siegmund's formula. */
export function decisionInterval(k: number, decisions: number): number {
  let low = 0;
  let high = 50;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (averageRunLength(k, middle) < decisions) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Median and robust sigma of baseline values, already as ln or dB. Sigma never falls below `floor`: 5 % of level, or half a decibel.
 */
export function baselineOf(values: readonly number[], db: boolean, floor = db ? 0.5 : 0.05): BaselineValue {
  const sorted = [...values].sort((a, b) => a - b);
  const median = middleOf(sorted);
  const deviations = sorted.map((value) => Math.abs(value - median)).sort((a, b) => a - b);
  // 1.4826·MAD estimates sigma of a Gaussian.
  const sigma = Math.max(1.4826 * middleOf(deviations), floor);
  return { median, sigma, db, n: values.length };
}

function middleOf(sorted: readonly number[]): number {
  const n = sorted.length;
  if (n === 0) return Number.NaN;
  return n % 2 === 1 ? sorted[(n - 1) / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

/** Fewest values whose memory can be told. */
const MEMORY_VALUES = 20;

/**
 * Memory of a sequence in captures: 1 + 2·Σ of its autocorrelations, summed in pairs until a pair is no longer positive (Geyer 1992), at
 * most to a quarter of its length. Values are clipped to ±3 sigma, so that one outlier is no memory.
 */
export function memoryOf(values: readonly number[], { median, sigma }: BaselineValue): number {
  const n = values.length;
  if (n < MEMORY_VALUES) return 1;
  const z = values.map((value) => Math.max(-3, Math.min(3, (value - median) / sigma)));
  let sum = 0;
  for (const one of z) sum += one;
  const mean = sum / n;
  const product = (lag: number): number => {
    let total = 0;
    for (let i = 0; i + lag < n; i++) total += (z[i] - mean) * (z[i + lag] - mean);
    return total;
  };
  const power = product(0);
  if (!(power > 0)) return 1;
  let memory = 1;
  for (let lag = 1; lag + 1 <= n / 4; lag += 2) {
    // The mean is that of the values themselves: it pulls every correlation down by 1/n.
    const pair = (product(lag) + product(lag + 1)) / power + 2 / n;
    if (pair <= 0) break;
    memory += 2 * pair;
  }
  return memory;
}
