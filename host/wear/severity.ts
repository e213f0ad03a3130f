/**
 * Which severity table applies to this motor, and which zone a velocity falls into. A zone outside the scope of its standard is refused
 * (`SCOPE`): several public tables mix the classes of ISO 10816-1 with the groups of 10816-3, and judge small motors by them.
 */
import { saidWords } from './record-words.js';
import { asPublished, publishedFor, type SeverityTable, severityTables } from './severity-limits.js';
import type { MotorContext, ReasonCode, Remark } from './types.js';

export type Zone = 'A' | 'B' | 'C' | 'D';

export interface ZoneVerdict {
  /** The stricter zone where the foundation is unknown. */
  zone: Zone;
  /** One entry a table that applies: two where the foundation is not stated. */
  tables: { table: SeverityTable; zone: Zone }[];
  /** Boundaries of the stricter table in mm/s. */
  limits: readonly [number, number, number];
  /** Where the limits come from, and that they are not confirmed: for the indicator's note and reports. */
  note: string;
  /** Standard or practice that the limits are published for. */
  standard: string;
}

/** Why there is no zone, and what the text is made of. */
export interface NoZone {
  refused: ReasonCode;
  text: string;
  says: Remark;
}

export type Scope = { tables: SeverityTable[] } | NoZone;

const noZone = (refused: ReasonCode, says: Remark): NoZone => ({ refused, text: saidWords(says, 'en'), says });

/** Tables that apply to this motor at this speed, the stricter first. */
export function severityScope(motor: MotorContext, rpm: number): Scope {
  const kw = motor.ratedKw;
  if (motor.machine === 'rotodynamic-pump') return noZone('SCOPE', { of: 'record-no-zone', why: 'pump' });
  if (kw === undefined) return noZone('SCOPE', { of: 'record-no-zone', why: 'power' });
  if (kw <= 15) return { tables: [severityTables.class1] };
  if (rpm < 120 || rpm > 30000) return noZone('SCOPE', { of: 'record-scope', rpm });
  const group = kw > 300 || (motor.shaftHeightMm ?? 0) >= 315 ? 'group1' : 'group2';
  const rigid = severityTables[`${group}-rigid`];
  const flexible = severityTables[`${group}-flexible`];
  if (motor.foundation === 'rigid') return { tables: [rigid] };
  if (motor.foundation === 'flexible') return { tables: [flexible] };
  return { tables: [rigid, flexible] };
}

/** Zone of a velocity within one table's boundaries; a boundary belongs to the lower zone. */
export function zoneOf(vMmS: number, limits: readonly [number, number, number]): Zone {
  if (vMmS <= limits[0]) return 'A';
  if (vMmS <= limits[1]) return 'B';
  return vMmS <= limits[2] ? 'C' : 'D';
}

/**
 * Zone of velocity RMS in mm/s. `floorMmS` is the sensor's own floor: zone A is stated only where the A/B limit is four floors or more,
 * else the value is shown without a zone.
 */
export function judgeVelocity(vMmS: number, motor: MotorContext, rpm: number, floorMmS = 0): ZoneVerdict | NoZone {
  const scope = severityScope(motor, rpm);
  if ('refused' in scope) return scope;
  const tables = scope.tables.map((table) => ({ table, zone: zoneOf(vMmS, table.velocity) }));
  const strict = tables[0];
  if (strict.zone === 'A' && strict.table.velocity[0] < 4 * floorMmS)
    return noZone('SENSOR_NOISE_FLOOR', { of: 'record-floor', floorMmS });
  return {
    zone: strict.zone,
    tables,
    limits: strict.table.velocity,
    note: asPublished(strict.table),
    standard: publishedFor(strict.table),
  };
}
