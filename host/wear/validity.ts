/**
 * What a sensor, its mounting and its rate can see. An indicator that they cannot support is refused with the reason: no evidence from a
 * blind sensor is not evidence of health.
 *
 * f_top = min(share · bandwidth, 0.40·fs, mounting cap, external filter), share 0.95 behind a digital filter, else 0.80.
 */
import type { Channel } from '../capture/capture.js';
import { saidWords } from './record-words.js';
import type { MotorContext, Mounting, ReasonCode, Remark, SensorDescriptor } from './types.js';

/** Upper end of a mounting in Hz; null: as far as the sensor. Stud, glue, magnet, adhesive tape, hand-held probe (practice). */
const mountingCapHz: Record<Mounting, number | null> = {
  stud: null,
  glue: 5000,
  magnet: 2000,
  tape: 1000,
  hand: 500,
  unknown: null,
};

/** What one channel can see. */
export interface Sight {
  fTopHz: number;
  fsHz: number;
  /** What limits f_top. */
  limit: 'SENSOR_BANDWIDTH' | 'SENSOR_RATE' | 'MOUNTING';
  name: string;
  /** −3 dB bandwidth of the part itself, where it is known. */
  bandwidthHz?: number;
  /** Signal to noise and distortion of the converter in dB, where it is known. */
  sinadDb?: number;
  /** Noise density in µg/√Hz of this axis. */
  noiseUgRtHz?: number;
}

export interface Permission {
  level: 'yes' | 'caution' | 'no';
  code?: ReasonCode;
  text: string;
  /** What a caution beside a number is made of. */
  says?: Remark;
}

const axisIndex: Record<string, number> = { ax: 0, ay: 1, az: 2, x: 0, y: 1, z: 2 };

/** Sight of a sensor sampled at `fsHz` on a given mounting. `axis` picks the axis of the noise density. */
export function sightOf(sensor: SensorDescriptor | undefined, fsHz: number, mounting: Mounting, axis = 0): Sight {
  const limits: [number, Sight['limit']][] = [[0.4 * fsHz, 'SENSOR_RATE']];
  if (sensor?.bandwidthHz)
    limits.push([(sensor.antiAlias === 'digital' ? 0.95 : 0.8) * sensor.bandwidthHz, 'SENSOR_BANDWIDTH']);
  if (sensor?.filterHz) limits.push([sensor.filterHz, 'SENSOR_BANDWIDTH']);
  const cap = sensor?.mountingCaps?.[mounting] ?? mountingCapHz[mounting];
  if (cap !== null) limits.push([cap, 'MOUNTING']);
  let [fTopHz, limit] = limits[0];
  for (const [hz, why] of limits) if (hz < fTopHz) [fTopHz, limit] = [hz, why];
  const noise = sensor?.noiseUgRtHz;
  return {
    fTopHz,
    fsHz,
    limit,
    name: sensor?.name ?? 'this sensor',
    ...(sensor?.bandwidthHz ? { bandwidthHz: sensor.bandwidthHz } : {}),
    ...(sensor?.sinadDb === undefined ? {} : { sinadDb: sensor.sinadDb }),
    ...(noise ? { noiseUgRtHz: noise[Math.min(axis, noise.length - 1)] } : {}),
  };
}

/** Sight of a channel of a capture on this motor. */
export function channelSight(channel: Channel, fsHz: number, motor: MotorContext): Sight {
  const sensor = channel.sensor === undefined ? undefined : motor.sensors?.[channel.sensor];
  return sightOf(sensor, fsHz, motor.mounting, axisIndex[channel.id.toLowerCase()] ?? 0);
}

const hz = (value: number): string => `${Math.round(value)} Hz`;

function refuse(sight: Sight, text: string): Permission {
  return { level: 'no', code: sight.limit, text: `${text}: ${sight.name} sees up to ${hz(sight.fTopHz)}` };
}

const caution = (says: Remark): Permission => ({ level: 'caution', text: saidWords(says, 'en'), says });

/** A converter below 45 dB makes every yes of the impulse indicators a caution. */
function doubtedByConverter(sight: Sight, permission: Permission): Permission {
  if (permission.level !== 'yes' || sight.sinadDb === undefined || sight.sinadDb >= 45) return permission;
  return caution({ of: 'record-converter', sinadDb: sight.sinadDb });
}

/** Run, stop, 1x and speed. */
export function mayShaft(sight: Sight, frHz: number): Permission {
  if (3 * frHz <= sight.fTopHz) return { level: 'yes', text: '' };
  if (frHz <= sight.fTopHz) return { level: 'caution', text: '1x only' };
  return refuse(sight, 'blind to the shaft');
}

/** Velocity 10..1000 Hz: zone, zone with a note, or the partial value alone. */
export function mayVelocity(sight: Sight): Permission & { toHz: number; zone: boolean } {
  const toHz = Math.min(1000, sight.fTopHz);
  if (sight.fTopHz >= 1000) return { level: 'yes', text: '', toHz, zone: true };
  if (sight.fTopHz >= 800) return { level: 'caution', text: `10 Hz to ${hz(toHz)} only`, toHz, zone: true };
  const text = `partial value, 10 Hz to ${hz(toHz)}: no zone`;
  if (sight.fTopHz >= 500) return { level: 'caution', code: sight.limit, text, toHz, zone: false };
  return { level: 'no', code: sight.limit, text, toHz, zone: false };
}

/** Highest order of the shaft that the channel sees. */
export function highestOrder(sight: Sight, frHz: number): number {
  return Math.floor(sight.fTopHz / frHz);
}

/**
 * Developed bearing damage at a family of `familyHz`. Caution: a finding may be made, "no evidence" may not be said.
 */
export function mayBearing(sight: Sight, familyHz: number): Permission {
  const harmonics = Math.min(5, Math.floor((0.45 * (sight.fsHz / 2)) / familyHz));
  if (sight.fTopHz < 500) return refuse(sight, 'blind to bearing faults');
  if (harmonics < 1)
    return {
      level: 'no',
      code: 'SENSOR_RATE',
      text: `blind to bearing faults: no harmonic below ${hz(0.225 * sight.fsHz)}`,
    };
  if (sight.fTopHz < 1200 || harmonics < 3) {
    return { level: 'caution', code: sight.limit, text: `weak sight of bearing faults: up to ${hz(sight.fTopHz)}` };
  }
  return doubtedByConverter(sight, { level: 'yes', text: '' });
}

/** Early bearing damage lives above 5 kHz. */
export function mayEarlyBearing(sight: Sight): Permission {
  if (sight.fTopHz < 5000) return refuse(sight, 'blind to early bearing damage');
  return doubtedByConverter(sight, { level: 'yes', text: '' });
}

/** Kurtosis and crest. */
export function mayImpulse(sight: Sight): Permission {
  if (sight.fTopHz < 700) return refuse(sight, 'blind to impulses');
  if (sight.fTopHz < 5000) return caution({ of: 'record-impulses', toHz: sight.fTopHz });
  return doubtedByConverter(sight, { level: 'yes', text: '' });
}

/** Gear mesh of `teeth` on a shaft of `frHz`, with three side bands. */
export function mayGear(sight: Sight, teeth: number, frHz: number): Permission {
  return teeth * frHz + 3 * frHz <= sight.fTopHz ? { level: 'yes', text: '' } : refuse(sight, 'blind to the gear mesh');
}

/** Rotor bars by converter: 60 dB and half of the range, or a trend, or nothing. The guards of load and length come on top. */
export function mayRotorBars(sinadDb: number, utilisation: number): Permission {
  if (sinadDb < 50)
    return { level: 'no', code: 'SENSOR_NOISE_FLOOR', text: `blind to rotor bars: the converter has ${sinadDb} dB` };
  if (utilisation < 0.5) {
    const share = Math.round(100 * utilisation);
    return { level: 'caution', text: `the current uses ${share} % of the range: fit a larger burden resistor` };
  }
  if (sinadDb < 60) return { level: 'caution', text: 'trend only' };
  return { level: 'yes', text: '' };
}

/** Negative sequence: three clamps at ten samples a supply cycle or more. */
export function maySequence(channels: number, fsHz: number, f1Hz: number): Permission {
  if (channels < 3)
    return {
      level: 'no',
      code: 'TOO_FEW_CHANNELS',
      text: `negative sequence needs three clamps, there are ${channels}`,
    };
  if (fsHz < 10 * f1Hz)
    return {
      level: 'no',
      code: 'SENSOR_RATE',
      text: `negative sequence needs ${hz(10 * f1Hz)}, the rate is ${hz(fsHz)}`,
    };
  return { level: 'yes', text: '' };
}
