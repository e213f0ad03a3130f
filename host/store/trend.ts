/** One point of a motor's history, and how it is laid out on disk: one float32 blob a row, so that a row is bound once, not by column. */
export interface TrendPoint {
  /** Host wall-clock time in ms since 1970. */
  at: number;
  velocityRmsMmS: number | null;
  currentRmsA: number | null;
  /** Largest severity of a bearing family in dB over chance. */
  bearingDb: number | null;
  kurtosis: number | null;
  speedHz: number | null;
  /** Largest score of wear; 1.0 is the default threshold. */
  score: number;
  /** Capture the numbers came from. */
  capture: string;
}

const columns = ['velocityRmsMmS', 'currentRmsA', 'bearingDb', 'kurtosis', 'speedHz', 'score'] as const;

/** NaN stands for "no value": float32 has no null. */
export function encodeTrendRow(point: TrendPoint): Uint8Array {
  const out = new DataView(new ArrayBuffer(columns.length * 4));
  columns.forEach((column, i) => {
    out.setFloat32(i * 4, point[column] ?? Number.NaN, true);
  });
  return new Uint8Array(out.buffer);
}

export function decodeTrendRow(at: number, capture: string, row: Uint8Array): TrendPoint {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const point: TrendPoint = {
    at,
    capture,
    velocityRmsMmS: null,
    currentRmsA: null,
    bearingDb: null,
    kurtosis: null,
    speedHz: null,
    score: 0,
  };
  columns.forEach((column, i) => {
    const value = i * 4 + 4 <= row.byteLength ? view.getFloat32(i * 4, true) : Number.NaN;
    if (!Number.isNaN(value)) point[column] = value;
  });
  return point;
}

/**
 * At most `points` of a series, keeping its ends and, in each stretch, the point with the largest score: thinning must not hide a raise.
 */
export function thin(series: readonly TrendPoint[], points: number): TrendPoint[] {
  if (series.length <= points) return [...series];
  if (points < 3) return [series[0], series[series.length - 1]];
  const out = [series[0]];
  const inner = points - 2;
  const span = (series.length - 2) / inner;
  for (let i = 0; i < inner; i++) {
    const from = 1 + Math.floor(i * span);
    const to = Math.max(from + 1, 1 + Math.floor((i + 1) * span));
    let best = series[from];
    for (let k = from + 1; k < to; k++) if (series[k].score > best.score) best = series[k];
    out.push(best);
  }
  out.push(series[series.length - 1]);
  return out;
}
