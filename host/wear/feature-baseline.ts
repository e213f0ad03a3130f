/** Baseline of feature rows (one value a second from a logger): median and robust sigma of each column's running mean. */
import { baselineOf } from './cusum.js';
import type { HistorySettings, LearnEvidence, RowBaseline } from './types.js';

/** Rows of the running mean, and sigmas that make a row change. */
export const MEAN_ROWS = 20;
export const ROW_SIGMAS = 5;

/** Takes rows up while the baseline is short of `minCaptures` rows; afterwards only the tail moves. */
export function learnRows(
  before: RowBaseline | undefined,
  rows: NonNullable<LearnEvidence['rows']>,
  settings: HistorySettings,
): RowBaseline {
  const { columns, values } = rows;
  const tail = columns.map((_, c) => [...(before?.tail[c] ?? []), ...values[c]].slice(1 - MEAN_ROWS));
  if (before && before.n >= settings.minCaptures) return { ...before, tail };
  const seen = columns.map((_, c) => [...(before?.learning?.[c] ?? []), ...values[c]]);
  const n = seen[0]?.length ?? 0;
  const complete = n >= settings.minCaptures;
  const stats = seen.map((column) => baselineOf(runningMean(column, []), true, 0));
  return {
    columns,
    median: stats.map((one) => one.median),
    sigma: stats.map((one) => one.sigma),
    n,
    tail,
    ...(complete ? {} : { learning: seen }),
  };
}

/** Mean of each row and up to 19 before it. */
export function runningMean(values: readonly number[], tail: readonly number[]): number[] {
  const all = [...tail, ...values];
  const out: number[] = [];
  for (let i = tail.length; i < all.length; i++) {
    const from = Math.max(0, i + 1 - MEAN_ROWS);
    let sum = 0;
    for (let j = from; j <= i; j++) sum += all[j];
    out.push(sum / (i + 1 - from));
  }
  return out;
}

/** One score a row, 1.0 = the default threshold: the largest distance of a column's running mean from its baseline. */
export function scoreRows(baseline: RowBaseline, values: readonly (readonly number[])[]): number[] {
  const scores: number[] = new Array(values[0]?.length ?? 0).fill(0);
  for (let c = 0; c < baseline.columns.length; c++) {
    const sigma = baseline.sigma[c];
    if (!(sigma > 0)) continue;
    const means = runningMean(values[c], baseline.tail[c] ?? []);
    for (let i = 0; i < means.length; i++) {
      const score = Math.abs(means[i] - baseline.median[c]) / (ROW_SIGMAS * sigma);
      if (score > scores[i]) scores[i] = score;
    }
  }
  return scores;
}
