/** kz-change/2: lasting change against the machine's own baseline, in both directions. */
import { amplitudeOfDb, exp, ln } from '../signal/index.js';
import { marginsOf } from './cusum.js';
import { type FindingContext, makeFinding } from './finding.js';
import { cautionOf } from './history.js';
import type { BaselineValue, ChangeState, Finding, HistorySettings } from './types.js';

export const CHANGE_ALGORITHM = 'kz-change/2';

/** Robust sigmas of one capture that count as much as a full sum; a single capture stays below the threshold. */
const SINGLE = 10;

/**
 * Largest sum over its decision interval: 1.0 is a lasting change. A single capture speaks through the second largest distance of its
 * indicators, under 1.0: one indicator alone may be an accident.
 */
export function changeScore(changes: readonly ChangeState[] | undefined, settings: Pick<HistorySettings, 'h'>): number {
  let score = 0;
  let first = 0;
  let second = 0;
  for (const { up, down, z } of changes ?? []) {
    score = Math.max(score, up / settings.h, down / settings.h);
    const distance = Math.abs(z);
    if (distance > first) [first, second] = [distance, first];
    else if (distance > second) second = distance;
  }
  return Math.max(score, Math.min(0.99, second / SINGLE));
}

/** Kinds of indicators that damage raises together. */
const kinds = ['rmsAcceleration.', 'kurtosis.', 'peak.'] as const;

/**
 * Rising wear: the second of level, impulsiveness and peak whose upward sum, on any axis, reaches its decision interval. One of them alone
 * moves with load, run-in and neighbours; a fall is a change, not wear.
 */
export function risingScore(changes: readonly ChangeState[] | undefined, settings: Pick<HistorySettings, 'h'>): number {
  const tops = kinds.map((kind) => {
    let top = 0;
    for (const { indicator, up } of changes ?? []) if (indicator.startsWith(kind)) top = Math.max(top, up / settings.h);
    return top;
  });
  return tops.sort((a, b) => b - a)[1];
}

/** The change that has added up most, once it is over the decision interval. */
export function changeFinding(
  context: FindingContext,
  changes: readonly ChangeState[] | undefined,
  settings: HistorySettings,
  baseline: Record<string, BaselineValue> | undefined,
): Finding | undefined {
  if (!baseline || !changes) return undefined;
  let top: ChangeState | undefined;
  for (const one of changes) {
    if (Math.max(one.up, one.down) <= settings.h) continue;
    if (!top || Math.max(one.up, one.down) > Math.max(top.up, top.down)) top = one;
  }
  if (!top) return undefined;
  const base = baseline[top.indicator];
  const up = top.up >= top.down;
  const delta = top.z * base.sigma;
  // ln of a level to decibels of amplitude: 20/ln(10).
  const deltaDb = base.db ? delta : (20 / ln(10)) * delta;
  const ratio = base.db ? amplitudeOfDb(deltaDb) : exp(delta);
  const others = changes.filter((one) => one !== top && Math.max(one.up, one.down) > settings.h);
  const axis = top.indicator.split('.').slice(1).join('.');
  return makeFinding(context, {
    algorithm: CHANGE_ALGORITHM,
    params: {
      k: settings.k,
      h: settings.h,
      indicator: top.indicator,
      ...marginsOf(base, cautionOf(settings)),
      up: top.up,
      down: top.down,
      alsoChanged: others.map((one) => one.indicator),
    },
    channels: axis ? [axis] : [],
    subject: 'machine',
    cause: 'changed',
    // The sum is its own persistence: captures enough have gone into it.
    level: risingScore(changes, settings) >= 1 ? 'alarm' : 'watch',
    baseline: { id: context.regime?.key ?? '', deltaDb, z: top.z },
    says: { of: 'changed', indicator: top.indicator, ratio, up },
  });
}
