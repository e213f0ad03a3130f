/** What the rig knows about itself, as plain data: tests compare with it, a demonstration prints it beside the verdict. */
import type { Bearing, BearingFault, Orders } from './bearing.js';
import { valueAt } from './profile.js';
import type { Rig, RigOptions } from './rig.js';

export interface TruthAt {
  t: number;
  frHz: number;
  supplyHz: number;
  load: number;
  slip: number;
  /** RMS of a healthy phase, A. */
  currentA: number;
  /** Amplitude of a strike in m/s²; 0 without a fault. */
  severity: number;
  /** Velocity of 1x, mm/s RMS at this speed. */
  unbalance: number;
  /** Extra current of shorted turns as a share of the rated one. */
  shorted: number;
  running: boolean;
}

export interface Truth {
  schema: 'kizashi-truth/1';
  name: string;
  options: RigOptions;
  bearing: { fault: BearingFault; orders: Orders; strikeOrder: number };
  /** State at the beginning, every second, and at the end. */
  at: TruthAt[];
  /** Instants of the defect's strikes in seconds. */
  strikes: number[];
  /** Causes that an analysis of this stretch ought to find, by the words of findings. */
  expected: string[];
}

const CAUSES: Partial<Record<BearingFault, string>> = {
  outer: 'bearing-outer',
  inner: 'bearing-inner',
  ball: 'bearing-ball',
  cage: 'bearing-cage',
};

/** Truth between two instants. `bearing` is a fresh copy of the rig's own, so that strikes already forgotten come again. */
export function truthOf(rig: Rig, bearing: Bearing, fromS: number, toS: number): Truth {
  const at: TruthAt[] = [stateAt(rig, fromS)];
  for (let t = Math.floor(fromS) + 1; t < toS; t++) at.push(stateAt(rig, t));
  if (toS > fromS) at.push(stateAt(rig, toS));
  const strikes: number[] = [];
  if (toS > fromS) {
    // In steps, because a bearing forgets what has rung out.
    for (let from = fromS; from < toS; from += 0.5) {
      for (const strike of bearing.strikes(from, Math.min(toS, from + 0.5))) if (!strike.entry) strikes.push(strike.t);
    }
  }
  return {
    schema: 'kizashi-truth/1',
    name: rig.options.name ?? 'motor',
    options: rig.options,
    bearing: { fault: bearing.fault, orders: bearing.orders, strikeOrder: bearing.strikeOrder },
    at,
    strikes,
    expected: expectedCauses(rig, at),
  };
}

function stateAt(rig: Rig, t: number): TruthAt {
  const { motor, bearing, electrical, options } = rig;
  const frHz = motor.speedHz(t);
  return {
    t,
    frHz,
    supplyHz: motor.supplyHz(t),
    load: motor.load(t),
    slip: motor.slip(t),
    currentA: electrical.rms(t),
    severity: bearing.severity(t),
    unbalance: (valueAt(options.shaft?.unbalance ?? 0.4, t) * frHz) / motor.ratedHz,
    shorted: electrical.shorted(t),
    running: motor.runUp(t) > 0.5,
  };
}

function expectedCauses(rig: Rig, at: readonly TruthAt[]): string[] {
  const causes: string[] = [];
  const cause = CAUSES[rig.bearing.fault];
  if (cause !== undefined && at.some(({ severity }) => severity > 0)) causes.push(cause);
  if (at.some(({ unbalance }) => unbalance >= 2.5 * 0.4)) causes.push('unbalance');
  if (at.some(({ shorted }) => shorted > 0)) causes.push('inter-turn');
  if (rig.options.electrical?.brokenBars !== undefined) causes.push('rotor-bars');
  return causes;
}
