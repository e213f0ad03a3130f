/** Columns with missing values into gap-free spans: what is missing is left out and counted, never interpolated. */

export interface Gapless {
  columns: Float64Array[];
  spans: [number, number][];
  /** Rows left out because a value was missing or not finite. */
  missing: number;
}

/**
 * Leaves out every row in which a column is not finite; a span ends there. `breaks` are rows before which time jumped, so that a span
 * ends there too. Columns without a hole are returned as they are, not copied.
 */
export function gapless(columns: Float64Array[], breaks: ReadonlySet<number> = new Set()): Gapless {
  const n = columns[0]?.length ?? 0;
  const keep = new Uint8Array(n).fill(1);
  let missing = 0;
  for (let i = 0; i < n; i++)
    for (const column of columns)
      if (!Number.isFinite(column[i])) {
        keep[i] = 0;
        missing++;
        break;
      }
  const spans: [number, number][] = [];
  let to = 0;
  let from = 0;
  for (let i = 0; i < n; i++) {
    if ((keep[i] === 0 || breaks.has(i)) && to > from) {
      spans.push([from, to]);
      from = to;
    }
    if (keep[i] === 1) to++;
  }
  if (to > from) spans.push([from, to]);
  if (missing === 0) return { columns, spans, missing };
  return { columns: columns.map((column) => column.filter((_, i) => keep[i] === 1)), spans, missing };
}
