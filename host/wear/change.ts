/** kz-change/1: lasting change against the machine's own baseline, in both directions. */
import { amplitudeOfDb, exp, ln } from '../signal/index.js';
import { type FindingContext, makeFinding } from './finding.js';
import type { BaselineValue, ChangeState, Finding, HistorySettings } from './types.js';
import { changedWords } from './words.js';

export const CHANGE_ALGORITHM = 'kz-change/1';

/** Largest sum over its decision interval. */
export function changeScore(changes: readonly ChangeState[] | undefined, settings: Pick<HistorySettings, 'h'>): number {
  let score = 0;
  for (const { up, down } of changes ?? []) score = Math.max(score, up / settings.h, down / settings.h);
  return score;
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
      up: top.up,
      down: top.down,
      alsoChanged: others.map((one) => one.indicator),
    },
    channels: axis ? [axis] : [],
    subject: 'machine',
    cause: 'changed',
    baseline: { id: context.regime?.key ?? '', deltaDb, z: top.z },
    words: changedWords(top.indicator, ratio, up),
  });
}
