/**
 * In: samples with their measured rate. Out: spectra, envelopes, statistics, each with its axis facts. Pure functions: the same input
 * gives the same bits on every engine.
 *
 *   samples ─▶ statistics | spectrum, psd ─▶ velocity | envelope ─▶ floor | filter, resample ─▶ orders
 */

export { arithmeticHolds, KERNEL } from './arithmetic.js';
export { realCepstrum } from './cepstrum.js';
export { amplitudeOfDb, atan2, cosTurns, exp, ln, log10, sinTurns } from './elementary.js';
export * from './envelope.js';
export { type Complex, fft, fftPlan, ifft, irfft, MAX_FFT, rfft, rfftInto } from './fft.js';
export { type Band, butterworth, filterZeroPhase, type Section } from './filter.js';
export { kernel, useKernel } from './kernel/kernel.js';
export { lowBins } from './low-bins.js';
export { lagrange4, type OrderRecord, resampleByAngle, shaftPhase, smoothPhase, speedDrift } from './orders.js';
export { bandPower, bandRms, type Psd, type WelchOptions, welch } from './psd.js';
export { Xoshiro128 } from './random.js';
export { decimate, resampleRational, upsampleBySpectrum } from './resample.js';
export * from './spectrum.js';
export * from './statistics.js';
export { cheapLength } from './stockham.js';
export { meanOf, sum } from './sum.js';
export { circlePoint, type HalfCircle, halfCircle } from './twiddle.js';
export { displacementRms, velocityFloor, velocityPsd, velocityRms } from './velocity.js';
export { type Window, type WindowName, window } from './window.js';
