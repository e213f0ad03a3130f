/** Vibration velocity and displacement from the density of an acceleration in m/s² (ISO 20816-1 clause 3: RMS in a band). */
import type { Psd } from './psd.js';

/** Mean of 1/(2πf)^power over the band, weighted by the density. */
function integrated(psd: Psd, f1Hz: number, f2Hz: number, power: 2 | 4): number {
  const last = Math.min(psd.values.length - 1, Math.floor(f2Hz / psd.df));
  let sum = 0;
  for (let k = Math.max(1, Math.ceil(f1Hz / psd.df)); k <= last; k++) {
    const omega = 2 * Math.PI * (k * psd.df);
    const square = omega * omega;
    sum += psd.values[k] / (power === 2 ? square : square * square);
  }
  return sum * psd.df;
}

/**
 * Velocity RMS in mm/s between f1 and f2 (10 … 1000 Hz by default) from a density of acceleration in (m/s²)²/Hz. Segments of at least
 * one second keep the lowest bins apart. Converting a broadband RMS by one frequency is wrong; this integrates bin by bin.
 */
export function velocityRms(psd: Psd, f1Hz = 10, f2Hz = 1000): number {
  return 1e3 * Math.sqrt(integrated(psd, f1Hz, f2Hz, 2));
}

/** Displacement RMS in µm in the same band. */
export function displacementRms(psd: Psd, f1Hz = 10, f2Hz = 1000): number {
  return 1e6 * Math.sqrt(integrated(psd, f1Hz, f2Hz, 4));
}

/** Velocity density in (mm/s)²/Hz on the same axis; DC is 0. */
export function velocityPsd(psd: Psd): Psd {
  const values = new Float64Array(psd.values.length);
  for (let k = 1; k < values.length; k++) {
    const omega = 2 * Math.PI * (k * psd.df);
    values[k] = (1e6 * psd.values[k]) / (omega * omega);
  }
  return { ...psd, values };
}

/** Velocity RMS in mm/s that sensor noise of `ugRtHz` µg/√Hz alone would show between f1 and f2. */
export function velocityFloor(ugRtHz: number, f1Hz = 10, f2Hz = 1000): number {
  return ((ugRtHz * 1e-6 * 9.80665) / (2 * Math.PI)) * Math.sqrt(1 / f1Hz - 1 / f2Hz) * 1e3;
}
