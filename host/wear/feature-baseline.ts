/**
 * Baseline of feature rows (one value a second from a logger): how far the running mean of a row lies from the learned ones, all columns
 * together, in the learned covariance (Mahalanobis distance). What drifted while learning may go on drifting: the distance along that
 * direction counts the less, the longer ago it was learned.
 */
import type { HistorySettings, LearnEvidence, RowBaseline } from './types.js';

export const rowParams = {
  /** Rows of the running mean. */
  meanRows: 20,
  /** Raised at this multiple of the distance that 99 % of the learned rows stay within, cleared at this one. */
  raise: 2.5,
  clear: 1.25,
  /** Standard deviation of the drift to come, in drifts seen while learning. */
  drift: 1,
} as const;

/** Takes rows up until the baseline has `minCaptures` of them; afterwards only its tail and state move. */
export function learnRows(
  before: RowBaseline | undefined,
  rows: NonNullable<LearnEvidence['rows']>,
  settings: HistorySettings,
): RowBaseline {
  const { columns, values } = rows;
  const tail = columns.map((_, c) => [...(before?.tail[c] ?? []), ...values[c]].slice(1 - rowParams.meanRows));
  const added = values[0]?.length ?? 0;
  if (before?.model) return { ...before, tail, since: before.since + added, raised: rows.raised ?? before.raised };
  const learning = columns.map((_, c) => [...(before?.learning?.[c] ?? []), ...values[c]]);
  const n = (before?.n ?? 0) + added;
  const common = { columns, n, tail, since: 0, raised: false };
  if (n < settings.minCaptures) return { ...common, learning };
  return { ...common, model: modelOf(learning) };
}

/** Mean of each row and up to 19 before it. */
export function runningMean(values: readonly number[], tail: readonly number[]): number[] {
  const all = [...tail, ...values];
  const out: number[] = [];
  for (let i = tail.length; i < all.length; i++) {
    const from = Math.max(0, i + 1 - rowParams.meanRows);
    let sum = 0;
    for (let j = from; j <= i; j++) sum += all[j];
    out.push(sum / (i + 1 - from));
  }
  return out;
}

type Model = NonNullable<RowBaseline['model']>;

function modelOf(learning: readonly (readonly number[])[]): Model {
  const skip = Math.min(rowParams.meanRows, Math.floor(learning[0].length / 4));
  const all = learning.map((column) => runningMean(column, []).slice(skip));
  const rows = all[0].length;
  const half = rows >> 1;
  const average = (column: readonly number[], from: number, to: number): number => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += column[i];
    return sum / (to - from);
  };
  const used: number[] = [];
  all.forEach((column, c) => {
    if (column.some((value) => value !== column[0])) used.push(c);
  });
  const mean = used.map((c) => average(all[c], 0, rows));
  const drift = used.map((c) => average(all[c], half, rows) - average(all[c], 0, half));
  const m = used.length;
  const covariance = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += (all[used[i]][row] - mean[i]) * (all[used[j]][row] - mean[j]);
      covariance[i * m + j] = sum / (rows - 1);
    }
  }
  const factor = cholesky(covariance, m);
  const model: Model = { used, mean, drift, factor: Array.from(factor), halfRows: half, limit: 1 };
  const distances: number[] = [];
  for (let row = 0; row < rows; row++) {
    distances.push(
      distance(
        model,
        used.map((c) => all[c][row]),
        0,
      ),
    );
  }
  distances.sort((a, b) => a - b);
  model.limit = distances[Math.ceil(0.99 * rows) - 1] || 1;
  return model;
}

/** Lower factor of a covariance; a millionth of each variance is added, so that columns that repeat each other do not break it. */
function cholesky(a: Float64Array, m: number): Float64Array {
  const l = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * m + j] * (i === j ? 1 + 1e-6 : 1);
      for (let k = 0; k < j; k++) sum -= l[i * m + k] * l[j * m + k];
      if (i === j) l[i * m + i] = Math.sqrt(Math.max(sum, 1e-12 * a[i * m + i]));
      else l[i * m + j] = sum / l[j * m + j];
    }
  }
  return l;
}

/** L⁻¹·v by forward substitution. */
function whitened(factor: readonly number[], v: readonly number[]): number[] {
  const m = v.length;
  const out: number[] = [];
  for (let i = 0; i < m; i++) {
    let sum = v[i];
    for (let k = 0; k < i; k++) sum -= factor[i * m + k] * out[k];
    out.push(sum / factor[i * m + i]);
  }
  return out;
}

/** Distance of a mean row, `since` rows after learning. */
function distance(model: Model, row: readonly number[], since: number): number {
  const away = whitened(
    model.factor,
    row.map((value, i) => value - model.mean[i]),
  );
  let square = 0;
  for (const one of away) square += one * one;
  if (since > 0) {
    // Covariance grows by λ·drift·driftᵀ (Sherman–Morrison).
    const along = whitened(model.factor, model.drift);
    let projection = 0;
    let length = 0;
    for (let i = 0; i < away.length; i++) {
      projection += away[i] * along[i];
      length += along[i] * along[i];
    }
    const halves = (rowParams.drift * since) / model.halfRows;
    const lambda = halves * halves;
    square -= (lambda * projection * projection) / (1 + lambda * length);
  }
  return Math.sqrt(Math.max(0, square));
}

export interface RowVerdict {
  /** One a row: distance over the raising threshold, 1.0 raises. */
  scores: number[];
  /** One a row: raised at 1.0, cleared at half of it. */
  alarms: boolean[];
  raised: boolean;
}

/** Judges rows that follow the baseline's last ones; nothing looks ahead. */
export function judgeRows(baseline: RowBaseline, values: readonly (readonly number[])[]): RowVerdict {
  const { model } = baseline;
  if (!model) return { scores: [], alarms: [], raised: false };
  const means = model.used.map((c) => runningMean(values[c], baseline.tail[c] ?? []));
  const scores: number[] = [];
  const alarms: boolean[] = [];
  let { raised } = baseline;
  for (let i = 0; i < values[0].length; i++) {
    const row = means.map((column) => column[i]);
    const score = distance(model, row, baseline.since + i + 1) / (rowParams.raise * model.limit);
    if (score >= 1) raised = true;
    else if (score * rowParams.raise < rowParams.clear) raised = false;
    scores.push(score);
    alarms.push(raised);
  }
  return { scores, alarms, raised };
}
