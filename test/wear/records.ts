/** Synthetic records and the motors they stand for, shared by the tests of wear. */
import type { Capture } from '../../host/capture/capture.js';
import {
  type SyntheticCurrentOptions,
  type SyntheticVibrationOptions,
  syntheticCurrent,
  syntheticVibration,
} from '../../host/emulate/rig/synthetic.js';
import { bearingVariants } from '../../host/motors/bearing-table.js';
import type { MotorContext } from '../../host/wear/index.js';

/** The record of the acceptance table: 12 kHz, 9 s, 29.1 Hz, a 6205 that rings at 3.2 kHz. */
export function vibration(options: Partial<SyntheticVibrationOptions> = {}): Capture {
  const { capture } = syntheticVibration({ seed: 1, fsHz: 12000, durationS: 9, frHz: 29.1, ...options });
  return { ...capture, source: 'recording' };
}

export const struck = (fault: 'outer' | 'inner' | 'ball' | 'cage') =>
  ({
    fault,
    slip: 0,
    jitter: 0.01,
    scatter: fault === 'ball' ? 0.3 : 0.1,
    resonances: [{ hz: 3200, zeta: 0.05 }],
  }) as const;

export function currents(options: Partial<SyntheticCurrentOptions> = {}): Capture {
  const nameplate = { kw: 1.5, rpm: 1430, poles: 4, hz: 50 };
  const { capture } = syntheticCurrent({ seed: 1, fsHz: 1000, durationS: 5, nameplate, load: 0.8, ...options });
  return { ...capture, source: 'recording' };
}

/** A 1.5 kW motor with a 6205 at its drive end. */
export function motor(more: Partial<MotorContext> = {}): MotorContext {
  return {
    id: 'm1',
    speed: { nominalRpm: 1750, tolerance: 0.05, source: 'nameplate' },
    ratedKw: 1.5,
    drive: 'direct',
    mounting: 'stud',
    bearings: [{ position: 'DE', variants: bearingVariants('6205').filter((one) => one.grade === 'derived') }],
    ...more,
  };
}
