/**
 * Baselines E and C: peaks of the squared envelope spectrum of the full record at the fault frequencies, without and with cepstrum
 * pre-whitening. What a careful script without calibration does.
 */
import { envelopeSpectrum, log10 } from '../../host/signal/index.js';
import type { BearingOrders } from '../../host/wear/index.js';

export interface Peaks {
  score: number;
  cause: string;
}

/** Largest of the faults' scores: mean over 3 harmonics of 20·log10(peak within 1.2 % over the local median), floored at 0. */
export function envelopePeaks(
  axes: readonly Float64Array[],
  fsHz: number,
  frHz: number,
  orders: BearingOrders,
  options: { whiten: boolean; band?: readonly [number, number] },
): Peaks {
  const spectra = axes.map((x) => envelopeSpectrum(x.subarray(0, x.length - (x.length % 2)), fsHz, options));
  const faults: [string, number[]][] = [
    ['outer', [1, 2, 3].map((h) => h * orders.BPFO)],
    ['inner', [1, 2, 3].map((h) => h * orders.BPFI)],
    ['ball', [2, 4, 6].map((h) => h * orders.BSF)],
  ];
  let best: Peaks = { score: 0, cause: 'outer' };
  for (const [cause, lines] of faults) {
    let sum = 0;
    for (const { power, df } of spectra) for (const order of lines) sum += height(power, df, order * frHz);
    const score = Math.max(0, sum / (spectra.length * lines.length));
    if (score > best.score) best = { score, cause };
  }
  return best;
}

/** dB of amplitude: 10·log10 of power. */
function height(power: Float64Array, df: number, hz: number): number {
  const centre = hz / df;
  const half = Math.max(1.5, 0.012 * centre);
  const wide = Math.max(10 * half, 60);
  let peak = 0;
  for (let k = Math.max(1, Math.ceil(centre - half)); k <= Math.min(power.length - 1, Math.floor(centre + half)); k++) {
    peak = Math.max(peak, power[k]);
  }
  const around = power
    .slice(Math.max(1, Math.ceil(centre - wide)), Math.min(power.length, Math.floor(centre + wide) + 1))
    .sort();
  const floor = around[around.length >> 1];
  return floor > 0 && peak > 0 ? 10 * log10(peak / floor) : 0;
}
