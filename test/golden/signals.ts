/** Test signals that Python and TypeScript produce bit for bit alike: integers, + − * / only (signals.py is the twin). */
import { Xoshiro128 } from '../../host/signal/index.js';

/** Uniform in −0.5 … 0.5. */
export function noise(n: number, seed: number): Float64Array {
  const random = new Xoshiro128(new Uint8Array(16).fill(seed));
  return new Float64Array(n).map(() => random.f64() - 0.5);
}

/** A sine made of two parabolas: same period, harmonics of 1/k³ at odd k. */
export function wave(turns: number): number {
  const f = turns - Math.floor(turns);
  return f < 0.5 ? 16 * f * (0.5 - f) : -16 * (f - 0.5) * (1 - f);
}

/** A tone, its drift-free second, strikes with decay, and noise; sample rate 1. */
export function machine(n: number, seed: number): Float64Array {
  const random = noise(n, seed);
  return random.map((value, j) => {
    const since = j % 137;
    const strike = since < 40 ? (1 - since / 40) * wave(since * 0.21) : 0;
    return 0.7 * wave(j * 0.0123) + 0.2 * wave(j * 0.0371 + 0.1) + 0.4 * value + 1.5 * strike + 0.25;
  });
}

/**
 * A shaft with three harmonics in noise, struck `order` times a turn, each strike late by up to 8 % of the interval (strictly periodic
 * strikes would be tones, which whitening removes); 0 is not struck.
 */
export function struck(n: number, seed: number, fsHz: number, frHz: number, order: number): Float64Array {
  const delays = noise(Math.floor((order * frHz * (n - 1)) / fsHz) + 1, seed + 100);
  return noise(n, seed).map((value, j) => {
    const t = j / fsHz;
    const x = 0.8 * wave(frHz * t) + 0.4 * wave(2 * frHz * t + 0.2) + 0.3 * wave(3 * frHz * t + 0.7) + 2 * value;
    if (order === 0) return x;
    const turns = order * frHz * t;
    const strike = Math.floor(turns);
    const late = 0.08 * (delays[strike] + 0.5);
    const since = (turns - strike - late) / (order * frHz);
    return since >= 0 && since < 0.004 ? x + 2 * (1 - since / 0.004) * wave(2900 * since) : x;
  });
}

/** |a − b|₂/|b|₂. */
export function relL2(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return Math.sqrt(difference / norm);
}
