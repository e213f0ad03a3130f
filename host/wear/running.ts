/** Is the machine running, and how fast. */
import type { Channel } from '../capture/capture.js';
import { lineSpectrum, rms, runningMedian } from '../signal/index.js';
import type { AxisSamples } from './envelope-lines.js';
import { longestSpan } from './quality.js';
import { estimateSpeed } from './speed.js';
import type { History, MotorContext, Remark, SpeedEstimate } from './types.js';
import type { Sight } from './validity.js';

/** RMS of a running machine over that of the sensor's own noise, or over the learned stopped level. */
const OVER_NOISE = 3;
/** Turns that a speed estimate needs; with fewer the nominal speed is used with its tolerance. */
const MIN_TURNS = 15;
/** Largest slip of an induction motor when only supply and poles are known. */
const SLIP = 0.08;

/** Noise density in µg/√Hz that an accelerometer of unknown make may have: that of the noisiest in the sensor table (MPU-6050). */
const ANY_NOISE = 400;
/** Power of a line over its surroundings that only something periodic makes (20 dB); no noise comes near in any number of bins. */
const LINE = 100;
/** Half width in bins of the running median around a line, and the most samples that are looked at. */
const LINE_FLOOR = 30;
const LINE_SAMPLES = 1 << 16;
/** Lines of the supply reach a standing machine by cable and by building; they do not speak for running. */
const SUPPLY_TOLERANCE = 0.004;

/** Whether the machine was seen running, and how one can tell. */
export interface Running {
  running: boolean;
  /** One sentence for the reader when it was not. */
  says?: Remark;
}

/**
 * Was it seen running? An axis moves by more than three times its own noise or its learned stopped level; where neither is known, by more
 * than three times the noise of any accelerometer, or a line stands out of its spectrum that is not the supply's.
 */
export function judgeRunning(
  axes: readonly AxisSamples[],
  sightOf: (id: string) => Sight,
  channels: ReadonlyMap<string, Channel>,
  motor: MotorContext,
  history: History | undefined,
): Running {
  let known = true;
  for (const axis of axes) {
    const level = rms(longestSpan(axis));
    const sight = sightOf(axis.channel);
    const channel = channels.get(axis.channel);
    const stopped = history?.stopped?.[axis.channel];
    if (stopped !== undefined) {
      if (level > OVER_NOISE * stopped) return { running: true };
      continue;
    }
    const step = (channel?.lsb ?? 0) / Math.sqrt(12);
    const bandHz = Math.min(0.5 * sight.fsHz, sight.bandwidthHz ?? 0.5 * sight.fsHz);
    const thermal = (density: number): number => density * 1e-6 * 9.80665 * Math.sqrt(bandHz);
    if (sight.noiseUgRtHz !== undefined && channel?.unit === 'm/s2') {
      if (level > OVER_NOISE * Math.max(step, thermal(sight.noiseUgRtHz))) return { running: true };
      continue;
    }
    known = false;
    if (channel?.unit === 'm/s2' && level > OVER_NOISE * Math.max(step, thermal(ANY_NOISE))) return { running: true };
    if (level > OVER_NOISE * step && hasLine(axis, sight.fsHz, motor.supplyHz)) return { running: true };
  }
  if (known) return { running: false, says: { of: 'record-standing', why: 'sensor-level' } };
  const any = axes.some((axis) => channels.get(axis.channel)?.unit === 'm/s2');
  return { running: false, says: { of: 'record-standing', why: any ? 'sensor-noise' : 'no-scale' } };
}

/** A line 20 dB over its surroundings in the mean power spectrum of the longest spans, below 0.45·fs. */
function hasLine(axis: AxisSamples, fsHz: number, supplyHz: number | undefined): boolean {
  const n = Math.min(LINE_SAMPLES, longestSpan(axis).length & ~1);
  if (n < 2 * LINE_FLOOR) return false;
  const power = new Float64Array(n / 2 + 1);
  for (const span of axis.spans) {
    for (let from = 0; from + n <= span.length; from += n) {
      const { amplitudes } = lineSpectrum(span.subarray(from, from + n), fsHz);
      for (let k = 0; k < power.length; k++) power[k] += amplitudes[k] * amplitudes[k];
    }
  }
  const floor = runningMedian(power, LINE_FLOOR);
  const df = fsHz / n;
  for (let k = 3; k < 0.45 * n; k++) {
    // The median of the power of noise is ln 2 of its mean.
    if (power[k] * Math.LN2 <= LINE * floor[k] || !(power[k] > 0)) continue;
    if (supplyHz === undefined) return true;
    const multiple = Math.round((k * df) / supplyHz);
    if (multiple === 0 || Math.abs(k * df - multiple * supplyHz) > Math.max(2 * df, SUPPLY_TOLERANCE * k * df))
      return true;
  }
  return false;
}

/** Shaft speed: tacho or drive where they are, else estimated around the nominal speed. Undefined when nothing is known. */
export function shaftSpeed(
  axes: readonly AxisSamples[],
  sightOf: (id: string) => Sight,
  fsHz: number,
  motor: MotorContext,
): SpeedEstimate | undefined {
  let nominalHz: number;
  let tolerance: number;
  if (motor.speed) {
    nominalHz = motor.speed.nominalRpm / 60;
    tolerance = motor.speed.tolerance;
    if (motor.speed.source !== 'nameplate') {
      return { frHz: nominalHz, uncertainty: tolerance, source: motor.speed.source, algorithm: 'stated' };
    }
  } else if (motor.ratedRpm && motor.drive !== 'vfd') {
    nominalHz = motor.ratedRpm / 60;
    tolerance = 0.05;
  } else if (motor.supplyHz && motor.polePairs && motor.drive !== 'vfd') {
    nominalHz = (motor.supplyHz / motor.polePairs) * (1 - SLIP / 2);
    tolerance = SLIP / 2 + 0.01;
  } else return undefined;
  if (!(nominalHz > 0)) return undefined;
  const able = axes.filter((axis) => sightOf(axis.channel).fTopHz >= nominalHz);
  const longest = able.reduce((most, axis) => Math.max(most, longestSpan(axis).length), 0);
  if (longest === 0 || (longest * nominalHz) / fsHz < MIN_TURNS) {
    return { frHz: nominalHz, uncertainty: tolerance, source: 'nameplate', algorithm: 'stated' };
  }
  return estimateSpeed(able, fsHz, nominalHz, tolerance);
}
