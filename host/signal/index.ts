/**
 * In: samples with their measured rate. Out: spectra, envelopes, statistics, each with its axis facts. Pure functions: the same input
 * gives the same bits on every engine.
 *
 *   samples ─▶ statistics | spectrum, psd ─▶ velocity | envelope ─▶ floor | filter, resample ─▶ orders
 */
export { amplitudeOfDb, atan2, cosTurns, exp, ln, log10, sinTurns } from './elementary.js';
export { type Complex, fft, ifft, irfft, MAX_FFT, rfft, rfftInto } from './fft.js';
export { arithmeticHolds, KERNEL } from './kernel.js';
export { Xoshiro128 } from './random.js';
export { circlePoint, type HalfCircle, halfCircle } from './twiddle.js';
export { type Window, type WindowName, window } from './window.js';
