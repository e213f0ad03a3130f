/** Baseline of the pump rig: Hotelling's T² and the residual Q of a principal component model, 99 % quantile of the training rows. */

/** Flags a row where either statistic is over its threshold. */
export function hotellingAndResidual(columns: readonly Float64Array[], learned: number): boolean[] {
  const rows = columns[0].length;
  const means = columns.map((column) => mean(column, learned));
  const sigmas = columns.map((column, c) => deviation(column, means[c], learned));
  const used = columns.map((_, c) => c).filter((c) => sigmas[c] > 0);
  const z = (row: number): number[] => used.map((c) => (columns[c][row] - means[c]) / sigmas[c]);
  const m = used.length;
  const covariance = Array.from({ length: m }, () => new Array<number>(m).fill(0));
  for (let row = 0; row < learned; row++) {
    const v = z(row);
    for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) covariance[i][j] += (v[i] * v[j]) / (learned - 1);
  }
  const { values, vectors } = jacobi(covariance);
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a]);
  const total = values.reduce((sum, one) => sum + one, 0);
  const kept: number[] = [];
  let explained = 0;
  for (const i of order) {
    if (explained >= 0.9 * total) break;
    kept.push(i);
    explained += values[i];
  }
  const statistics = Array.from({ length: rows }, (_, row) => {
    const v = z(row);
    let t2 = 0;
    let modelled = 0;
    for (const i of kept) {
      let projection = 0;
      for (let j = 0; j < m; j++) projection += vectors[j][i] * v[j];
      t2 += (projection * projection) / values[i];
      modelled += projection * projection;
    }
    return { t2, q: Math.max(0, v.reduce((sum, one) => sum + one * one, 0) - modelled) };
  });
  const limit = (pick: (one: { t2: number; q: number }) => number): number => {
    const sorted = statistics
      .slice(0, learned)
      .map(pick)
      .sort((a, b) => a - b);
    return sorted[Math.ceil(0.99 * learned) - 1];
  };
  const t2 = limit((one) => one.t2);
  const q = limit((one) => one.q);
  return statistics.map((one) => one.t2 > t2 || one.q > q);
}

function mean(column: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += column[i];
  return sum / n;
}

function deviation(column: Float64Array, middle: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (column[i] - middle) ** 2;
  return Math.sqrt(sum / (n - 1));
}

/** Eigenvalues and vectors (columns) of a small symmetric matrix by Jacobi rotations. */
function jacobi(matrix: number[][]): { values: number[]; vectors: number[][] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v: number[][] = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p][q] ** 2;
    if (off < 1e-22) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p][q] === 0) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        for (let k = 0; k < n; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
        for (let k = 0; k < n; k++) [v[k][p], v[k][q]] = [c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]];
      }
    }
  }
  return { values: a.map((row, i) => row[i]), vectors: v };
}
