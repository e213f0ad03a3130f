import { ln } from './elementary.js';
import { irfft, rfft } from './fft.js';

/**
 * Real cepstrum: inverse transform of ln|X|. Families of equally spaced lines (harmonics, side bands) gather at one quefrency, index/fs
 * seconds. Silent bins count as the smallest positive double.
 */
export function realCepstrum(x: Float64Array): Float64Array {
  const spectrum = rfft(x);
  const { re, im } = spectrum;
  for (let k = 0; k < re.length; k++) {
    const power = re[k] * re[k] + im[k] * im[k];
    re[k] = 0.5 * ln(power > 0 ? power : Number.MIN_VALUE);
    im[k] = 0;
  }
  return irfft(spectrum, x.length);
}
