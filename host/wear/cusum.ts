/**
 * Two-sided CUSUM (Page 1954) of robust z values: small lasting changes add up, single outliers do not. Siegmund's approximation of the
 * average run length: ARL0 = (e^(2kb) − 2kb − 1)/(2k²), b = h + 1.166.
 */
import { exp } from '../signal/index.js';
import type { BaselineValue, CusumState, HistorySettings } from './types.js';

type Rule = Pick<HistorySettings, 'k' | 'h' | 'zClip' | 'cap'>;

/** One step. z is clipped to ±zClip, each side capped at cap·h so that it can return. `when` marks where a side leaves zero. */
export function cusumStep(state: CusumState, z: number, rule: Rule, when: number): CusumState {
  const clipped = z > rule.zClip ? rule.zClip : Math.max(z, -rule.zClip);
  const limit = rule.cap * rule.h;
  const up = Math.min(limit, Math.max(0, state.up + clipped - rule.k));
  const down = Math.min(limit, Math.max(0, state.down - clipped - rule.k));
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
