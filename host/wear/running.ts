/** Is the machine running, and how fast. */
import type { Channel } from '../capture/capture.js';
import { rms } from '../signal/index.js';
import type { AxisSamples } from './envelope-lines.js';
import { longestSpan } from './quality.js';
import { estimateSpeed } from './speed.js';
import type { History, MotorContext, SpeedEstimate } from './types.js';
import type { Sight } from './validity.js';

/** RMS of a running machine over that of the sensor's own noise, or over the learned stopped level. */
const OVER_NOISE = 3;
/** Turns that a speed estimate needs; with fewer the nominal speed is used with its tolerance. */
const MIN_TURNS = 15;
/** Largest slip of an induction motor when only supply and poles are known. */
const SLIP = 0.08;

/**
 * True when at least one axis moves by more than three times its own noise. An axis without a known noise speaks for running as soon as
 * it moves at all.
 */
export function isRunning(
  axes: readonly AxisSamples[],
  sightOf: (id: string) => Sight,
  channels: ReadonlyMap<string, Channel>,
  history: History | undefined,
): boolean {
  return axes.some((axis) => {
    const level = rms(longestSpan(axis));
    const stopped = history?.stopped?.[axis.channel];
    if (stopped !== undefined) return level > OVER_NOISE * stopped;
    const sight = sightOf(axis.channel);
    const channel = channels.get(axis.channel);
    let noise = (channel?.lsb ?? 0) / Math.sqrt(12);
    if (sight.noiseUgRtHz !== undefined && channel?.unit === 'm/s2') {
      const bandHz = Math.min(0.5 * sight.fsHz, sight.bandwidthHz ?? 0.5 * sight.fsHz);
      noise = Math.max(noise, sight.noiseUgRtHz * 1e-6 * 9.80665 * Math.sqrt(bandHz));
    }
    return level > OVER_NOISE * noise && level > 0;
  });
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
