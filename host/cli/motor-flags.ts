/** A motor from the command line: the motor file first, single flags over it. */
import { KizashiError } from '../errors.js';
import { loadMotors, motorContext, unknownBearing, variantsOf } from '../motors/index.js';
import type { MotorContext } from '../wear/types.js';
import type { EvidenceOptions } from './evidence-recording.js';

/** @throws KZ0701, KZ0702 the file, KZ0703, KZ0751 the bearing, KZ1401 a flag out of range */
export function motorFromFlags(options: Record<string, unknown>): MotorContext {
  const file = options.motor as string | undefined;
  const motor: MotorContext = file
    ? motorContext(loadMotors(file)[0])
    : { drive: 'unknown', mounting: 'unknown', bearings: [unknownBearing] };
  const rpm = above0(options, 'rpm');
  const kw = above0(options, 'kw');
  const supplyHz = above0(options, 'supplyHz');
  const poles = above0(options, 'poles');
  const bearings = options.bearing as string[] | undefined;
  return {
    ...motor,
    ...(rpm === undefined
      ? {}
      : { speed: { nominalRpm: rpm, tolerance: 0.05, source: 'nameplate' as const }, ratedRpm: rpm }),
    ...(kw === undefined ? {} : { ratedKw: kw }),
    ...(supplyHz === undefined ? {} : { supplyHz }),
    ...(poles === undefined ? {} : { polePairs: poles / 2 }),
    ...(options.drive ? { drive: options.drive as MotorContext['drive'] } : {}),
    ...(options.mounting ? { mounting: options.mounting as MotorContext['mounting'] } : {}),
    ...(options.foundation ? { foundation: options.foundation as NonNullable<MotorContext['foundation']> } : {}),
    ...(bearings
      ? {
          bearings: bearings.map((name, i) => ({
            position: bearings.length === 1 ? 'bearing' : `bearing ${i + 1}`,
            variants: variantsOf(name),
          })),
        }
      : {}),
  };
}

/** How evidence files are read: keys, board, and the wiring of the motor file. */
export function evidenceFromFlags(options: Record<string, unknown>): EvidenceOptions {
  const file = options.motor as string | undefined;
  const channels = file ? (loadMotors(file)[0].channels ?? []) : [];
  return {
    keys: options.keys as string,
    ...(options.board === undefined ? {} : { board: options.board as string }),
    wiring: channels.map((channel) => ({ ...channel, pin: channel.pin ?? '' })),
  };
}

/** The speed a file states stands in for --rpm: it is a measured or noted one, so the band is the nameplate's. */
export function withFileSpeed(motor: MotorContext, rpm: number | undefined): MotorContext {
  if (motor.speed || rpm === undefined || !(rpm > 0)) return motor;
  return { ...motor, speed: { nominalRpm: rpm, tolerance: 0.05, source: 'nameplate' } };
}

function above0(options: Record<string, unknown>, name: string): number | undefined {
  const value = options[name] as number | undefined;
  if (value === undefined || value > 0) return value;
  const flag = `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
  throw new KizashiError(
    'KZ1401',
    `${flag} ${value} is not above 0`,
    { flag, value },
    { why: 'it must be a positive number', fix: `${flag} N` },
  );
}
