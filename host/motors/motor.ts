/** A motor as its owner describes it, and what of that the analysis needs. Every field but the id may be missing; what is lost is said. */
import { z } from 'zod';
import { KizashiError } from '../errors.js';
import type { BearingPosition, BearingVariant, MotorContext } from '../wear/types.js';
import { bearingVariants, ordersOf, plainDesignation } from './bearing-table.js';
import { sensorOf } from './sensor-table.js';

const positive = z.number().positive();
const word = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash, underscore; at most 63');

const geometry = z.strictObject({
  balls: z.int().min(3).max(100),
  ballMm: positive,
  pitchMm: positive,
  contactDeg: z.number().min(0).max(45).optional(),
});

const bearing = z
  .strictObject({
    position: z.string().min(1).max(32),
    designation: z.union([z.string(), z.number().transform(String)]).optional(),
    geometry: geometry.optional(),
    channels: z.array(z.string()).min(1).optional(),
  })
  .refine((b) => b.designation === undefined || b.geometry === undefined, 'state designation or geometry, not both');

const channel = z.strictObject({
  id: word,
  /** Pin of the board and factor between the sensor's output and it (amplifier, divider). */
  pin: z.string().optional(),
  gain: positive.optional(),
  sensor: z.string().optional(),
  /** Pulses a turn, on a tacho pin. */
  pulsesPerTurn: z.int().positive().max(1000).optional(),
  axis: z.enum(['radial', 'radial2', 'axial']).optional(),
  phase: z.enum(['A', 'B', 'C']).optional(),
});

export const motorSchema = z.strictObject({
  id: word,
  name: z.string().max(128).optional(),
  nameplate: z
    .strictObject({
      kW: positive.optional(),
      rpm: positive.max(100_000).optional(),
      poles: z
        .int()
        .min(2)
        .max(48)
        .refine((n) => n % 2 === 0, 'poles come in pairs')
        .optional(),
      supplyHz: positive.max(400).optional(),
      amps: positive.optional(),
      shaftHeightMm: positive.optional(),
    })
    .default({}),
  drive: z.enum(['direct', 'vfd', 'unknown']).default('unknown'),
  machine: z.enum(['motor', 'rotodynamic-pump']).optional(),
  mounting: z.enum(['stud', 'glue', 'magnet', 'tape', 'hand', 'unknown']).default('unknown'),
  foundation: z.enum(['rigid', 'flexible']).optional(),
  bearings: z.array(bearing).default([]),
  gears: z.array(z.strictObject({ teeth: z.int().positive(), order: positive })).optional(),
  blades: z.int().positive().optional(),
  zone: z.string().max(64).optional(),
  owner: z.string().max(64).optional(),
  spare: z.string().max(128).optional(),
  /** Name of the board whose channels sit on this motor. */
  board: word.optional(),
  channels: z.array(channel).optional(),
});

export type Motor = z.infer<typeof motorSchema>;

/** Slip and load move an induction motor below its synchronous speed; 5 % covers both. */
const nameplateTolerance = 0.05;

/**
 * What the analysis needs to know of a motor.
 * @throws KZ0703 a designation without a row, KZ0751 an impossible geometry, KZ0752 a sensor without a description
 */
export function motorContext(motor: Motor): MotorContext {
  const { nameplate } = motor;
  const sensors = [...new Set((motor.channels ?? []).flatMap(({ sensor }) => sensor ?? []))];
  return {
    id: motor.id,
    ...(nameplate.rpm === undefined
      ? {}
      : {
          speed: { nominalRpm: nameplate.rpm, tolerance: nameplateTolerance, source: 'nameplate' as const },
          ratedRpm: nameplate.rpm,
        }),
    ...(nameplate.supplyHz === undefined ? {} : { supplyHz: nameplate.supplyHz }),
    ...(nameplate.poles === undefined ? {} : { polePairs: nameplate.poles / 2 }),
    ...(nameplate.kW === undefined ? {} : { ratedKw: nameplate.kW }),
    ...(nameplate.amps === undefined ? {} : { ratedA: nameplate.amps }),
    ...(nameplate.shaftHeightMm === undefined ? {} : { shaftHeightMm: nameplate.shaftHeightMm }),
    ...(motor.foundation === undefined ? {} : { foundation: motor.foundation }),
    ...(motor.machine === undefined ? {} : { machine: motor.machine }),
    ...(motor.gears === undefined ? {} : { gears: motor.gears }),
    ...(motor.blades === undefined ? {} : { blades: motor.blades }),
    drive: motor.drive,
    mounting: motor.mounting,
    bearings: motor.bearings.length > 0 ? motor.bearings.map(positionOf) : [unknownBearing],
    ...(sensors.length === 0 ? {} : { sensors: Object.fromEntries(sensors.map((id) => [id, sensorOf(id)])) }),
  };
}

/** A motor has bearings even where nobody knows which: they are searched blind. */
export const unknownBearing: BearingPosition = { position: 'unknown', variants: [] };

function positionOf(row: Motor['bearings'][number]): BearingPosition {
  const variants = row.geometry
    ? [statedVariant(row.geometry)]
    : row.designation === undefined
      ? []
      : variantsOf(row.designation);
  return { position: row.position, variants, ...(row.channels ? { channels: row.channels } : {}) };
}

function statedVariant(stated: z.infer<typeof geometry>): BearingVariant {
  const { balls, ballMm, pitchMm } = stated;
  return {
    id: `stated-${balls}x${ballMm}-${pitchMm}`,
    designation: `${balls} x ${ballMm} mm on ${pitchMm} mm`,
    balls,
    orders: ordersOf(stated),
    grade: 'measured',
    source: 'stated by the operator',
  };
}

/**
 * All variants of a bearing as a person names it: a designation (`6205-2RS`), or a geometry (`n=9,d=7.94,D=39.04,angle=0`; d and D in one
 * unit, millimetres or inches).
 * @throws KZ0703 no row of that designation, KZ0751 an impossible geometry
 */
export function variantsOf(text: string): BearingVariant[] {
  if (text.includes('=')) return [statedVariant(geometryOf(text))];
  const variants = bearingVariants(text);
  if (variants.length === 0)
    throw new KizashiError('KZ0703', `no verified geometry for bearing "${text}"`, {
      designation: text,
      understood: plainDesignation(text),
    });
  return variants;
}

function geometryOf(text: string): z.infer<typeof geometry> {
  const pairs = new Map(text.split(',').map((part) => part.split('=', 2).map((s) => s.trim()) as [string, string]));
  const number = (key: string): number => Number(pairs.get(key) ?? Number.NaN);
  const parsed = geometry.safeParse({
    balls: number('n'),
    ballMm: number('d'),
    pitchMm: number('D'),
    ...(pairs.has('angle') ? { contactDeg: number('angle') } : {}),
  });
  const unknown = [...pairs.keys()].filter((key) => !['n', 'd', 'D', 'angle'].includes(key));
  if (!parsed.success || unknown.length > 0)
    throw new KizashiError(
      'KZ0751',
      `bearing "${text}" is no geometry`,
      { text },
      {
        why:
          unknown.length > 0
            ? `${unknown.join(', ')} is not one of n, d, D, angle`
            : `${parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
        fix: '--bearing n=9,d=7.94,D=39.04 (number of elements, element diameter, pitch diameter)',
      },
    );
  return parsed.data;
}
