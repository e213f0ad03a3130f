/** Numbers of the scorer: weighted AUC, group bootstraps, rates, goals. */
import { Xoshiro128 } from '../../host/signal/index.js';

/** One scored thing: a specimen's group, its class, its score. */
export interface Scored {
  group: string;
  bad: boolean;
  score: number;
}

export interface Metric {
  name: string;
  value: number | null;
  unit?: string;
  /** 90 % interval by 1,000 group bootstraps. */
  interval?: readonly [number, number];
  /** Baselines of the same quantity, computed in the same run or as published. */
  beside?: Record<string, number | string | null>;
  note?: string;
}

export interface Goal {
  metric: string;
  goal: string;
  met: boolean;
}

export interface SetResult {
  metrics: Metric[];
  goals: Goal[];
  perRecord: Record<string, unknown>[];
}

/**
 * Share of (bad, good) pairs ranked right, ties half; a record weighs 1/(records of its group in its class), so a specimen counts once
 * however often it was recorded. Null without both classes.
 */
export function weightedAuc(items: readonly Scored[]): number | null {
  const size = new Map<string, number>();
  const key = (one: Scored): string => `${one.bad}/${one.group}`;
  for (const one of items) size.set(key(one), (size.get(key(one)) ?? 0) + 1);
  const sorted = [...items].sort((a, b) => a.score - b.score);
  let right = 0;
  let below = 0;
  let bad = 0;
  let good = 0;
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    let goodHere = 0;
    let badHere = 0;
    for (; j < sorted.length && sorted[j].score === sorted[i].score; j++) {
      const weight = 1 / (size.get(key(sorted[j])) as number);
      if (sorted[j].bad) badHere += weight;
      else goodHere += weight;
    }
    right += badHere * (below + 0.5 * goodHere);
    below += goodHere;
    bad += badHere;
    good += goodHere;
    i = j;
  }
  return bad > 0 && good > 0 ? right / (bad * good) : null;
}

/** 5 and 95 % points over 1,000 draws of groups with replacement within each class. */
export function aucInterval(items: readonly Scored[]): readonly [number, number] | undefined {
  const groups = new Map<string, Scored[]>();
  for (const one of items) {
    const key = `${one.bad}/${one.group}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const classes = [true, false].map((bad) =>
    [...groups.entries()].filter(([key]) => key.startsWith(`${bad}/`)).map(([, list]) => list),
  );
  if (classes.some((list) => list.length === 0)) return undefined;
  const random = new Xoshiro128(new Uint8Array(16).fill(0x2a));
  const values: number[] = [];
  for (let draw = 0; draw < 1000; draw++) {
    const sample: Scored[] = [];
    for (const list of classes) {
      for (let i = 0; i < list.length; i++) {
        const picked = list[Math.floor(random.f64() * list.length)];
        // A group drawn twice is two specimens.
        for (const one of picked) sample.push({ ...one, group: `${one.group}#${i}` });
      }
    }
    const value = weightedAuc(sample);
    if (value !== null) values.push(value);
  }
  values.sort((a, b) => a - b);
  return [values[Math.floor(0.05 * values.length)], values[Math.ceil(0.95 * values.length) - 1]];
}

export function aucMetric(name: string, items: readonly Scored[], beside?: Metric['beside']): Metric {
  const interval = aucInterval(items);
  return { name, value: weightedAuc(items), ...(interval ? { interval } : {}), ...(beside ? { beside } : {}) };
}

/** A count as "k of n". */
export function countMetric(name: string, k: number, n: number, beside?: Metric['beside']): Metric {
  return { name, value: k, unit: `of ${n}`, ...(beside ? { beside } : {}) };
}

export const atLeast = (metric: string, value: number | null, bound: number): Goal => ({
  metric,
  goal: `>= ${bound}`,
  met: value !== null && value >= bound - 1e-12,
});

export const atMost = (metric: string, value: number | null, bound: number): Goal => ({
  metric,
  goal: `<= ${bound}`,
  met: value !== null && value <= bound + 1e-12,
});

export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  return n % 2 === 1 ? sorted[(n - 1) / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
}

/** Rounded for printing and for stable JSON: six significant digits. */
export const tidy = (value: number | null): number | null =>
  value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(6));
