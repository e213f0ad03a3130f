/** Effective number of bits of a full-scale sine, by least squares at the known frequency (IEEE 1241, 4.1.4). */
export function effectiveBits(samples: Int16Array | Float64Array, fsHz: number, toneHz: number): number {
  const n = samples.length;
  const w = (2 * Math.PI * toneHz) / fsHz;
  // normal equations of offset, cosine, sine
  const a = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const b = [0, 0, 0];
  for (let k = 0; k < n; k++) {
    const row = [1, Math.cos(w * k), Math.sin(w * k)];
    for (let i = 0; i < 3; i++) {
      b[i] += row[i] * samples[k];
      for (let j = 0; j < 3; j++) a[3 * i + j] += row[i] * row[j];
    }
  }
  const det = (m: number[]) =>
    m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
  const d = det(a);
  const x = [0, 1, 2].map((c) => det(a.map((value, i) => (i % 3 === c ? b[Math.floor(i / 3)] : value))) / d);
  let noise = 0;
  for (let k = 0; k < n; k++) noise += (samples[k] - x[0] - x[1] * Math.cos(w * k) - x[2] * Math.sin(w * k)) ** 2;
  const signal = (x[1] ** 2 + x[2] ** 2) / 2;
  return (10 * Math.log10(signal / (noise / n)) - 1.76) / 6.02;
}
