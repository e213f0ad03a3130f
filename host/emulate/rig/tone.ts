/** Rendering of tones on equally spaced instants by rotation: two complex products a sample instead of a cosine. */
import { cosTurns, sinTurns } from '../../signal/index.js';

/**
 * Adds amplitude·cos(2π·phase) to `out`, where the phase in turns runs through `start`, `middle` and `end` at sample 0, n/2 and n: a
 * parabola, as the phase of a shaft whose speed changes evenly.
 */
export function addTone(out: Float64Array, amplitude: number, start: number, middle: number, end: number): void {
  if (amplitude === 0) return;
  const n = out.length;
  // phase(j) = start + linear·j + bend·j²
  const bend = (2 * (start - 2 * middle + end)) / (n * n);
  const linear = (end - start) / n - bend * n;
  let re = amplitude * cosTurns(start);
  let im = amplitude * sinTurns(start);
  let stepRe = cosTurns(linear + bend);
  let stepIm = sinTurns(linear + bend);
  const bendRe = cosTurns(2 * bend);
  const bendIm = sinTurns(2 * bend);
  for (let j = 0; j < n; j++) {
    out[j] += re;
    const nextRe = re * stepRe - im * stepIm;
    im = re * stepIm + im * stepRe;
    re = nextRe;
    const turnedRe = stepRe * bendRe - stepIm * bendIm;
    stepIm = stepRe * bendIm + stepIm * bendRe;
    stepRe = turnedRe;
  }
}

/** A phase that a tone follows: turns at an instant. */
export type PhaseAt = (t: number) => number;

/** Adds a tone of `order` times a phase, with `offset` turns, at the instants t0 + j·dt. */
export function addOrder(
  out: Float64Array,
  t0: number,
  dt: number,
  phase: PhaseAt,
  order: number,
  amplitude: number,
  offset = 0,
): void {
  if (amplitude === 0) return;
  const n = out.length;
  const at = (t: number) => order * phase(t) + offset;
  addTone(out, amplitude, at(t0), at(t0 + 0.5 * n * dt), at(t0 + n * dt));
}
