/** What the product is told of a record: rate, channels, geometry, nameplate speed, supply. Never a label, grade, caveat or file name. */
import type { Capture } from '../../host/capture/capture.js';
import { sensorTable } from '../../host/motors/sensor-table.js';
import type { IndexRecord } from '../../host/recordings/index.js';
import type { BearingOrders, BearingVariant, MotorContext } from '../../host/wear/index.js';

export interface Told {
  speed: 'nameplate' | 'exact';
  /** Standard errors that histories of snapshots allow for. The product's default is 2; twenty or thirty snapshots cannot know their noise. */
  caution: number;
}

/** Geometry as one variant; the file's orders are passed on as they stand. */
export function variantOfRecord(record: IndexRecord, key: string): BearingVariant | undefined {
  const geometry = record.geometry?.[key];
  if (!geometry?.orders || !geometry.balls) return undefined;
  const { BPFO, BPFI, BSF, FTF } = geometry.orders;
  if (BPFO === undefined || BPFI === undefined) return undefined;
  const orders: BearingOrders = { BPFO, BPFI, BSF: BSF ?? 0, FTF: FTF ?? 0 };
  return {
    id: `${record.dataset}-${key}`,
    designation: (geometry.bearing ?? key).split(',')[0],
    balls: geometry.balls,
    orders,
  };
}

export const geometryKeys = (record: IndexRecord): string[] => Object.keys(record.geometry ?? {});

/** A motor that knows only what a nameplate says. */
export function motorOf(record: IndexRecord, told: Told, bearings: MotorContext['bearings'] = []): MotorContext {
  const rpm = record.rpm;
  const speed: MotorContext['speed'] =
    typeof rpm !== 'number'
      ? undefined
      : told.speed === 'exact'
        ? { nominalRpm: rpm, tolerance: 0.002, source: 'tacho' }
        : { nominalRpm: Math.round(rpm / 25) * 25, tolerance: 0.05, source: 'nameplate' };
  return {
    ...(speed ? { speed } : {}),
    ...(typeof record.supply_hz === 'number' ? { supplyHz: record.supply_hz } : {}),
    drive: 'unknown',
    mounting: 'unknown',
    bearings,
    sensors: Object.fromEntries(sensorTable()),
  };
}

/** A capture whose channels name the sensor, where the index states one that the table knows. */
export function withSensor(capture: Capture, record: IndexRecord): Capture {
  const stated = typeof record.sensor === 'string' ? record.sensor.toLowerCase() : '';
  const sensor = [...sensorTable().keys()].find((id) => stated.startsWith(id));
  return sensor ? { ...capture, channels: capture.channels.map((channel) => ({ ...channel, sensor })) } : capture;
}

/** Bearing positions of the record's own geometries: a channel's own, or all channels. */
export function ownBearings(record: IndexRecord): MotorContext['bearings'] {
  return geometryKeys(record).flatMap((key) => {
    const variant = variantOfRecord(record, key);
    if (!variant) return [];
    return [{ position: key, variants: [variant], ...(key === 'all' ? {} : { channels: [key] }) }];
  });
}
