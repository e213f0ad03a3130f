/**
 * What an index of recordings says about the machine, as the analysis may know it: nominal speed rounded to 25 r/min, geometry orders, supply
 * frequency. Never its label, group, file name, caveats or estimated speed.
 */
import type { BearingPosition, BearingVariant, MotorContext } from '../wear/types.js';

/** The facts of a record that may be told; structurally a record of host/recordings. */
export interface RecordedFacts {
  rpm?: number | null;
  supply_hz?: number;
  geometry?: Record<
    string,
    { bearing?: string; balls?: number; orders?: Partial<Record<'BPFO' | 'BPFI' | 'BSF' | 'FTF', number>> }
  > | null;
}

export interface RecordedMotor {
  motor: MotorContext;
  warnings: string[];
}

/** FTF = BPFO / n by geometry; a stated one further off than this is another quantity (1 − FTF is a common one). */
const cageIdentity = 0.02;

/**
 * @param exact tell the recorded speed as a tachometer would, instead of the nameplate's rounding
 */
export function recordedMotor(facts: RecordedFacts, exact = false): RecordedMotor {
  const warnings: string[] = [];
  const { rpm } = facts;
  const speed =
    rpm === undefined || rpm === null || !(rpm > 0)
      ? undefined
      : exact
        ? { nominalRpm: rpm, tolerance: 0.002, source: 'tacho' as const }
        : { nominalRpm: Math.round(rpm / 25) * 25, tolerance: 0.05, source: 'nameplate' as const };
  const bearings = Object.entries(facts.geometry ?? {}).flatMap(([key, geometry]): BearingPosition[] => {
    const variant = recordedVariant(key, geometry, warnings);
    if (!variant) return [];
    return [{ position: key, variants: [variant], ...(key === 'all' ? {} : { channels: [key] }) }];
  });
  return {
    motor: {
      ...(speed ? { speed } : {}),
      ...(facts.supply_hz === undefined ? {} : { supplyHz: facts.supply_hz }),
      drive: 'unknown',
      mounting: 'unknown',
      bearings,
    },
    warnings,
  };
}

type Geometry = NonNullable<RecordedFacts['geometry']>[string];

function recordedVariant(key: string, geometry: Geometry, warnings: string[]): BearingVariant | undefined {
  const { balls, orders } = geometry;
  const { BPFO, BPFI, BSF } = orders ?? {};
  if (balls === undefined || BPFO === undefined || BPFI === undefined || BSF === undefined) {
    warnings.push(`geometry ${key} lacks balls or orders: bearing not tested`);
    return undefined;
  }
  const cage = BPFO / balls;
  const stated = orders?.FTF;
  const agrees = stated !== undefined && Math.abs(stated / cage - 1) <= cageIdentity;
  if (stated !== undefined && !agrees)
    warnings.push(`geometry ${key}: FTF ${stated} is not BPFO / n = ${cage.toFixed(4)} and was replaced`);
  return {
    id: `recorded-${key}`,
    designation: geometry.bearing ?? key,
    balls,
    orders: { BPFO, BPFI, BSF, FTF: agrees ? stated : cage },
    source: 'index of the recordings',
  };
}
