/** Faults that a vibration record cannot judge, each with its reason: orders over the sensor's end, resolution, speed, baseline. */
import type { AxisFeatures } from './axis-features.js';
import type { Severity } from './axis-indicators.js';
import type { PositionResult } from './bearing-position.js';
import type {
  BearingFamily,
  FindingCause,
  Indicator,
  MotorContext,
  ReasonCode,
  RegimeHistory,
  SpeedEstimate,
  Unseen,
} from './types.js';
import { highestOrder, mayBearing, mayEarlyBearing, mayImpulse, type Sight } from './validity.js';

/** Highest order that each fault of the shaft is read from (the validity matrix: 3x, 4x, 10x). */
const ordersOf = { unbalance: 3, misalignment: 4, looseness: 10 } as const;
/** Distance in bins from which two lines under a Hann window are two. */
const SEPARATE = 4;
/** Multiple of the shaft speed that stands for the families of a bearing. */
const FAMILY_ORDER = 5;

const causeOf: Record<BearingFamily, FindingCause> = {
  outer: 'bearing-outer',
  inner: 'bearing-inner',
  ball: 'bearing-ball',
  cage: 'bearing-cage',
};

export interface VibrationSight {
  motor: MotorContext;
  features: readonly AxisFeatures[];
  positions: readonly [string, PositionResult][];
  severity: Severity;
  indicators: readonly Indicator[];
  speed?: SpeedEstimate;
  regime?: RegimeHistory;
}

/** Of a machine that runs; of one that stands nothing is judged at all. */
export function unseenInVibration(seen: VibrationSight): Unseen[] {
  const { features } = seen;
  if (features.length === 0) return [];
  const best = features.reduce((top, one) => (one.sight.fTopHz > top.sight.fTopHz ? one : top)).sight;
  return [...bearingsUnseen(seen, best), ...shaftUnseen(seen, best), ...restUnseen(seen, best)];
}

const end = (sight: Sight, order?: number): Unseen['upTo'] => ({
  sensor: sight.name,
  hz: sight.fTopHz,
  ...(order === undefined ? {} : { order }),
});

function bearingsUnseen({ positions, speed }: VibrationSight, best: Sight): Unseen[] {
  const unseen: Unseen[] = [];
  for (const [position, { refused, score, indicators }] of positions) {
    if (refused) {
      for (const { code, text } of score.refused ?? [])
        unseen.push({
          fault: 'bearing-unknown',
          position,
          code,
          text,
          partly: false,
          ...(code.startsWith('SENSOR') ? { upTo: end(best) } : {}),
        });
      continue;
    }
    for (const { id, valid } of indicators) {
      const family = id.split('.').at(-1) as BearingFamily;
      if (valid !== true && causeOf[family])
        unseen.push({ fault: causeOf[family], position, code: valid.refused, text: valid.text, partly: false });
    }
    const may = speed ? mayBearing(best, FAMILY_ORDER * speed.frHz) : undefined;
    if (may?.level === 'caution')
      unseen.push({
        fault: 'bearing-unknown',
        position,
        code: may.code ?? 'SENSOR_NOISE_FLOOR',
        text: may.text,
        partly: true,
        upTo: end(best),
      });
  }
  const impulse = mayImpulse(best);
  const early = mayEarlyBearing(best);
  if (impulse.level === 'no')
    unseen.push({ fault: 'impulsive', code: best.limit, text: impulse.text, partly: false, upTo: end(best) });
  else if (early.level === 'no')
    unseen.push({ fault: 'impulsive', code: best.limit, text: early.text, partly: true, upTo: end(best) });
  return unseen;
}

function shaftUnseen({ features, speed, severity, regime }: VibrationSight, best: Sight): Unseen[] {
  const faults = Object.keys(ordersOf) as (keyof typeof ordersOf)[];
  if (!speed)
    return faults.map((fault) => ({ fault, code: 'SPEED_UNKNOWN', text: 'shaft speed unknown', partly: false }));
  const { frHz } = speed;
  const unseen: Unseen[] = [];
  const add = (fault: FindingCause, code: ReasonCode, text: string, partly: boolean, upTo?: Unseen['upTo']): void => {
    unseen.push({ fault, code, text, partly, ...(upTo ? { upTo } : {}) });
  };
  const df = Math.min(...features.map(({ psd }) => psd.df));
  const highest = Math.min(highestOrder(best, frHz), Math.floor((0.45 * best.fsHz) / frHz));
  for (const fault of faults) {
    if (frHz < SEPARATE * df) {
      add(fault, 'RECORD_TOO_SHORT', `orders are not apart: the record resolves ${df.toPrecision(2)} Hz`, false);
      continue;
    }
    if (highest < ordersOf[fault]) {
      const orders = highest < 1 ? 'the shaft is not seen' : `orders over ${highest}x are not seen`;
      add(
        fault,
        best.limit,
        `${orders}: ${best.name} sees up to ${Math.round(best.fTopHz)} Hz`,
        highest >= 1,
        end(best, highest),
      );
    }
    // Without a baseline only a level outside its zone lets the shaft's lines speak.
    if (!regime?.baseline && severity.zone === undefined)
      add(fault, 'NO_BASELINE', 'needs its own baseline, or a severity zone', true);
  }
  if (frHz >= SEPARATE * df && 0.5 * frHz < SEPARATE * df)
    add(
      'looseness',
      'RECORD_TOO_SHORT',
      `half orders are not apart: the record resolves ${df.toPrecision(2)} Hz`,
      true,
    );
  if (!features.some(({ channel }) => channel.axis === 'axial'))
    add('misalignment', 'TOO_FEW_CHANNELS', 'no axial direction is measured', true);
  return unseen;
}

function restUnseen({ motor, severity, indicators, regime }: VibrationSight, best: Sight): Unseen[] {
  const unseen: Unseen[] = [];
  if (severity.refused) {
    const { code, text } = severity.refused;
    unseen.push({ fault: 'severity', code, text, partly: false, ...(code === best.limit ? { upTo: end(best) } : {}) });
  }
  const twice = indicators.filter(({ id }) => id.startsWith('lineTwice.'));
  if (motor.supplyHz === undefined)
    unseen.push({ fault: 'electrical', code: 'SPEED_UNKNOWN', text: 'supply frequency not stated', partly: false });
  else if (twice.every(({ valid }) => valid !== true)) {
    const why = twice[0]?.valid;
    const reason = why && why !== true ? { code: why.refused, text: why.text } : undefined;
    unseen.push({
      fault: 'electrical',
      ...(reason ?? { code: 'SPEED_UNKNOWN', text: 'shaft speed unknown' }),
      partly: false,
    });
  }
  if (!regime?.baseline)
    unseen.push({
      fault: 'changed',
      code: 'NO_BASELINE',
      text: 'no baseline of this motor is complete',
      partly: false,
    });
  return unseen;
}
