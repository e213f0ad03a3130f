/** Sensor descriptions of boards/sensors: what a part can and cannot see. Facts are data; a new sensor is one more file. */
import { readdirSync, readFileSync } from 'node:fs';
import { KizashiError } from '../errors.js';
import type { SensorDescriptor } from '../wear/types.js';

/** A description as the file holds it, with what wiring and emulation need beyond wear's part. */
export interface SensorFile extends SensorDescriptor {
  unit: string;
  bus: string[];
  rangeG?: number[];
  rangeA?: number[];
  /** One step of the converter in g; null for analog parts. */
  lsbG?: number | null;
  resonanceHz?: number;
  odrHz?: number[];
  clockTolerance: number;
  /** Lowest and highest supply in V; absent for passive parts. */
  supplyV?: [number, number];
  /** Millivolts per unit and the output at zero: millivolts, or half the converter's supply. */
  analog?: { mvPerUnit: number; unit: string; bias: 'avcc/2' | number };
  /** How the part says what it is; all hexadecimal: addresses it may have, register asked, bytes read. Absent for analog parts. */
  identity?: { i2c: string[]; register: string; value: string };
  source: Record<string, string>;
  confirmed: boolean;
  notes?: string[];
}

const folder = new URL('../../boards/sensors/', import.meta.url);
let table: Map<string, SensorFile> | undefined;

/** All descriptions by id. */
export function sensorTable(): Map<string, SensorFile> {
  if (table) return table;
  table = new Map();
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json') || name.endsWith('.schema.json')) continue;
    const sensor = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as SensorFile;
    table.set(sensor.id, sensor);
  }
  return table;
}

/**
 * The description of one sensor.
 * @throws KZ0752 when there is none of that id
 */
export function sensorOf(id: string): SensorFile {
  const sensor = sensorTable().get(id);
  if (!sensor) throw new KizashiError('KZ0752', `no sensor '${id}'`, { id, known: [...sensorTable().keys()] });
  return sensor;
}
