/**
 * kz-shaft/2: unbalance, misalignment and looseness from the lines of velocity at the shaft's orders. The ratios are engineering rules of
 * thumb (source: practice). Without a baseline they only speak where the level itself is outside zone B: a healthy quiet machine is
 * dominated by 1x as well.
 */

import { exp } from '../signal/index.js';
import type { AxisFeatures } from './axis-features.js';
import type { Zone } from './severity.js';
import type { BaselineValue } from './types.js';

export const SHAFT_ALGORITHM = 'kz-shaft/2';

export const shaftParams = {
  /** 1x: share of overall velocity, and 2x under this share of 1x. */
  unbalanceShare: 0.8,
  unbalanceSecond: 0.3,
  /** Growth of 1x against the baseline: certain, and watch. */
  unbalanceGrowth: 2.5,
  unbalanceWatch: 2,
  /** 2x over 1x radially, axial 1x over radial 1x, and growth against the baseline. */
  misalignmentSecond: 0.5,
  misalignmentAxial: 0.5,
  misalignmentGrowth: 2,
  loosenessHarmonics: 5,
  loosenessGrowth: 3,
  /** Power of a line over the local median that counts as standing out (10 dB). */
  overFloor: 10,
} as const;

export interface ShaftResult {
  unbalance: number;
  misalignment: number;
  looseness: number;
  /** Growth of 1x on the radial axis that grew most; absent without baseline. */
  growth?: number;
  /** The axis that speaks for unbalance. */
  axis?: string;
  /** Share of the velocity that 1x carries on that axis. */
  share: number;
  harmonics: number;
  radialAxes: number;
  cold: boolean;
}

export const orderIndicator = (order: number, channel: string): string => `order${order}.${channel}`;
export const harmonicsIndicator = 'harmonicsOverFloor';

const isAxial = (axis: AxisFeatures): boolean => axis.channel.axis === 'axial';

/** Number of harmonics 1..10x that stand out on the richest axis, and whether a half order does. */
export function harmonicCount(axes: readonly AxisFeatures[]): { count: number; half: boolean } {
  let count = 0;
  let half = false;
  for (const { orders } of axes) {
    let here = 0;
    for (const [order, line] of orders) {
      if (line.overFloor < shaftParams.overFloor) continue;
      if (Number.isInteger(order)) here++;
      else half = true;
    }
    if (here > count) count = here;
  }
  return { count, half };
}

/** A line now and in the baseline; undefined without one. */
function growth(
  axis: AxisFeatures,
  order: number,
  baseline: Record<string, BaselineValue>,
): { ratio: number; added: number; before: number; overFloor: number } | undefined {
  const line = axis.orders.get(order);
  const base = baseline[orderIndicator(order, axis.channel.id)];
  if (!line || !base) return undefined;
  const before = exp(base.median);
  return { ratio: line.amplitude / before, added: line.amplitude - before, before, overFloor: line.overFloor };
}

/** @param zone severity zone where there is one: the cold rules need C or D */
export function judgeShaft(
  axes: readonly AxisFeatures[],
  baseline: Record<string, BaselineValue> | undefined,
  zone: Zone | undefined,
): ShaftResult {
  const radial = axes.filter((axis) => !isAxial(axis));
  const { count, half } = harmonicCount(axes);
  const result: ShaftResult = {
    unbalance: 0,
    misalignment: 0,
    looseness: 0,
    share: 0,
    harmonics: count,
    radialAxes: radial.length,
    cold: baseline === undefined,
  };
  let loudest = 0;
  for (const axis of radial) {
    const first = axis.orders.get(1);
    if (!first || !(axis.velocity > 0)) continue;
    const share = first.amplitude / (Math.SQRT2 * axis.velocity);
    if (axis.velocity > loudest) {
      loudest = axis.velocity;
      result.share = Math.min(1, share);
      result.axis = axis.channel.id;
    }
  }
  if (baseline) judgeGrowth(result, axes, radial, baseline);
  if (!baseline || zone === 'C' || zone === 'D') judgeCold(result, axes, radial, zone, half);
  return result;
}

function judgeGrowth(
  result: ShaftResult,
  axes: readonly AxisFeatures[],
  radial: readonly AxisFeatures[],
  baseline: Record<string, BaselineValue>,
): void {
  const { unbalanceGrowth, unbalanceShare, misalignmentGrowth, loosenessGrowth, overFloor } = shaftParams;
  let certain = 0;
  let most = 0;
  let addedSecond = 0;
  for (const axis of axes) addedSecond = Math.max(addedSecond, growth(axis, 2, baseline)?.added ?? 0);
  for (const axis of radial) {
    const first = growth(axis, 1, baseline);
    if (!first) continue;
    if (first.ratio > most) {
      most = first.ratio;
      result.axis = axis.channel.id;
    }
    // Growth as a ratio says little of a line that was noise: what 2x added must be less than what 1x added, in mm/s, and 1x must
    // dominate the axis as it does in the cold rule.
    const share = (axis.orders.get(1)?.amplitude ?? 0) / (Math.SQRT2 * axis.velocity);
    if (first.added > addedSecond && share >= unbalanceShare)
      certain = Math.max(certain, first.ratio / unbalanceGrowth);
  }
  result.growth = most;
  result.unbalance = Math.max(certain, Math.min(0.99, most / unbalanceGrowth));
  if (result.unbalance < 1) {
    let grown = 0;
    for (const axis of axes) {
      const second = growth(axis, 2, baseline);
      const first = growth(axis, 1, baseline);
      // A 2x that grew from nothing counts once what it added reaches half of the healthy 1x.
      const counts = second && first && second.overFloor >= overFloor && second.added >= 0.5 * first.before;
      if (counts) grown = Math.max(grown, second.ratio);
      if (isAxial(axis) && first && first.overFloor >= overFloor) grown = Math.max(grown, first.ratio);
    }
    result.misalignment = grown / misalignmentGrowth;
  }
  const base = baseline[harmonicsIndicator];
  // A count, kept on its own scale.
  if (base) result.looseness = Math.max(0, (result.harmonics - base.median) / loosenessGrowth);
}

function judgeCold(
  result: ShaftResult,
  axes: readonly AxisFeatures[],
  radial: readonly AxisFeatures[],
  zone: Zone | undefined,
  half: boolean,
): void {
  const outside = zone === 'C' || zone === 'D';
  let radialFirst = 0;
  let unbalance = 0;
  let misalignment = 0;
  for (const axis of radial) {
    const first = axis.orders.get(1)?.amplitude ?? 0;
    const second = axis.orders.get(2)?.amplitude ?? 0;
    radialFirst = Math.max(radialFirst, first);
    if (!(first > 0) || !(axis.velocity > 0)) continue;
    const share = first / (Math.SQRT2 * axis.velocity) / shaftParams.unbalanceShare;
    if (second < shaftParams.unbalanceSecond * first) unbalance = Math.max(unbalance, Math.min(1.25, share));
    // 2x must itself stand out: on a smooth machine both lines are noise.
    if ((axis.orders.get(2)?.overFloor ?? 0) >= shaftParams.overFloor) {
      misalignment = Math.max(misalignment, second / first / shaftParams.misalignmentSecond);
    }
  }
  for (const axis of axes) {
    const line = axis.orders.get(1);
    if (!isAxial(axis) || !line || line.overFloor < shaftParams.overFloor || radialFirst === 0) continue;
    misalignment = Math.max(misalignment, line.amplitude / radialFirst / shaftParams.misalignmentAxial);
  }
  const looseness = half ? result.harmonics / shaftParams.loosenessHarmonics : 0;
  // A cold rule speaks only about a machine whose level is outside; else it stays under the threshold.
  const limit = (score: number): number => (outside ? score : Math.min(0.99, score));
  result.unbalance = Math.max(result.unbalance, limit(unbalance));
  result.misalignment = Math.max(result.misalignment, limit(misalignment));
  result.looseness = Math.max(result.looseness, limit(looseness));
}
