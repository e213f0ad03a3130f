/** Indicators of the axes of one housing: time features, velocity with zone and scope, order lines. */
import type { Capture } from '../capture/capture.js';
import type { AxisFeatures } from './axis-features.js';
import { indicatorMaker } from './indicator.js';
import { CLOCK_LIMIT } from './quality.js';
import { saidWords } from './record-words.js';
import { judgeVelocity, type Zone, type ZoneVerdict } from './severity.js';
import type { Indicator, MotorContext, ReasonCode, Remark, Saying, Zones } from './types.js';
import { mayImpulse, mayVelocity } from './validity.js';

export const TIME_ALGORITHM = 'kz-time/2';
export const VELOCITY_ALGORITHM = 'kz-velocity/2';

/** Seconds that velocity should be averaged over. */
const VELOCITY_S = 10;

export interface Severity {
  zone?: Zone;
  verdict?: ZoneVerdict;
  refused?: { code: ReasonCode; text: string; says: Remark };
  /** Upper end of the band where it ends below 1 kHz. */
  toHz?: number;
  /** Largest velocity over the axes in mm/s; absent in the relative unit. */
  velocity?: number;
}

/** Time features of every axis. */
export function timeIndicators(capture: Capture, axes: readonly AxisFeatures[]): Indicator[] {
  const make = indicatorMaker(capture, TIME_ALGORITHM);
  const indicators: Indicator[] = [];
  for (const { channel, sight, time, highFrequency } of axes) {
    const unit = channel.unit === 'm/s2' ? 'm/s²' : 'relative';
    const channels = [channel.id];
    const params = { blockS: time.blockLength / capture.fsHz, blocks: time.blockCount };
    const impulse = mayImpulse(sight);
    const doubt = impulse.level === 'no' ? { refused: { code: impulse.code as ReasonCode, text: impulse.text } } : {};
    const note = impulse.says ? { says: [impulse.says] } : {};
    const add = (id: string, value: number, ci95: readonly [number, number] | undefined, of: string, more = {}) =>
      indicators.push(
        make({ id: `${id}.${channel.id}`, value, unit: of, channels, params, ...(ci95 ? { ci95 } : {}), ...more }),
      );
    add('rmsAcceleration', time.rms.median, time.rms.ci95, unit);
    add('peak', time.meanPeak, undefined, unit);
    add('rmsHighFrequency', highFrequency, undefined, unit, doubt);
    for (const name of ['crest', 'kurtosis'] as const)
      add(name, time[name].median, time[name].ci95, '1', { ...doubt, ...note });
    for (const name of ['skewness', 'shape', 'impulse', 'clearance'] as const) {
      add(name, time[name].median, time[name].ci95, '1', doubt);
    }
  }
  return indicators;
}

/**
 * Velocity and displacement of every axis, and the largest velocity with its zone. Not the vector sum: limits are for one direction.
 * `usableS` is the longest stretch in seconds without gap or clipping.
 */
export function velocityIndicators(
  capture: Capture,
  axes: readonly AxisFeatures[],
  motor: MotorContext,
  rpm: number | undefined,
  usableS: number,
): { indicators: Indicator[]; severity: Severity } {
  const make = indicatorMaker(capture, VELOCITY_ALGORITHM);
  const indicators: Indicator[] = [];
  let worst: AxisFeatures | undefined;
  for (const axis of axes) {
    const { channel, f1Hz, f2Hz, psd } = axis;
    const channels = [channel.id];
    const params = { f1Hz, f2Hz, df: psd.df, segments: psd.segments };
    const refused =
      channel.unit !== 'm/s2'
        ? { code: 'UNIT_UNKNOWN' as const, text: 'the unit is not known: no absolute velocity' }
        : f2Hz <= f1Hz
          ? { code: axis.sight.limit, text: `${axis.sight.name} sees up to ${Math.round(axis.sight.fTopHz)} Hz` }
          : axis.velocity < 3 * axis.floor
            ? { code: 'SENSOR_NOISE_FLOOR' as const, text: `below the sensor's floor of ${axis.floor.toFixed(2)} mm/s` }
            : undefined;
    const relative = channel.unit !== 'm/s2';
    const more = refused ? { refused } : {};
    indicators.push(
      make({
        id: `rmsVelocity.${channel.id}`,
        value: relative ? Number.NaN : axis.velocity,
        unit: 'mm/s',
        channels,
        params,
        ...more,
      }),
      make({
        id: `rmsDisplacement.${channel.id}`,
        value: relative ? Number.NaN : axis.displacement,
        unit: 'µm',
        channels,
        params,
        ...more,
      }),
    );
    if (!relative && f2Hz > f1Hz && (!worst || axis.velocity > worst.velocity)) worst = axis;
  }
  if (!worst) return { indicators, severity: noZone('UNIT_UNKNOWN', { of: 'record-no-zone', why: 'unit' }) };
  const severity = severityOf(capture, worst, motor, rpm);
  const { verdict, refused } = severity;
  const says: Remark[] = verdict
    ? [
        { of: 'record-zones', ...zonesOf(severity) },
        { of: 'record-limits', standard: verdict.standard },
      ]
    : refused
      ? [refused.says]
      : [];
  if (usableS < VELOCITY_S) says.push({ of: 'record-averaged', seconds: usableS, needed: VELOCITY_S });
  indicators.push(
    make({
      id: 'rmsVelocity',
      value: worst.velocity,
      unit: 'mm/s',
      channels: [worst.channel.id],
      params: {
        f1Hz: worst.f1Hz,
        f2Hz: worst.f2Hz,
        ...(verdict ? { zone: verdict.zone, limits: verdict.limits } : {}),
      },
      says,
    }),
  );
  return { indicators, severity };
}

function severityOf(capture: Capture, worst: AxisFeatures, motor: MotorContext, rpm: number | undefined): Severity {
  const velocity = worst.velocity;
  const may = mayVelocity(worst.sight);
  if (!may.zone) return { velocity, ...noZone(may.code as ReasonCode, { of: 'record-partial', toHz: may.toHz }) };
  if (capture.fsUncertainty > CLOCK_LIMIT)
    return { velocity, ...noZone('CLOCK_UNCERTAIN', { of: 'record-no-zone', why: 'clock' }) };
  if (rpm === undefined) return { velocity, ...noZone('SPEED_UNKNOWN', { of: 'record-no-zone', why: 'speed' }) };
  // A segment below one second (df > 1 Hz) blurs the lower end of the band, where velocity lives.
  if (worst.psd.df > 1.0001) return { velocity, ...noZone('RECORD_TOO_SHORT', { of: 'record-no-zone', why: 'short' }) };
  const judged = judgeVelocity(velocity, motor, rpm, worst.floor);
  if ('refused' in judged) return { velocity, ...noZone(judged.refused, judged.says) };
  return { velocity, zone: judged.zone, verdict: judged, ...(may.level === 'yes' ? {} : { toHz: may.toHz }) };
}

const noZone = (code: ReasonCode, says: Remark): Pick<Severity, 'refused'> => ({
  refused: { code, text: saidWords(says, 'en'), says },
});

function zonesOf({ verdict, toHz }: Severity): Zones {
  return {
    tables: (verdict?.tables ?? []).map(({ table, zone }) => ({ zone, label: table.label })),
    ...(toHz === undefined ? {} : { toHz }),
  };
}

/** The level with its zone as a sentence. */
export function severitySaying(severity: Severity & { zone: Zone }): Saying {
  return { of: 'severity', zone: severity.zone, velocityMmS: severity.velocity ?? 0, ...zonesOf(severity) };
}
