/** What the history of a motor has learned, in numbers and in words: one row a regime of each analysis. */
import { KizashiError } from '../errors.js';
import type { Store } from '../store/index.js';
import { type BaselineValue, defaultSettings, type History, newHistory } from '../wear/index.js';
import { digits } from './output.js';

export const learningKinds = ['vibration', 'current'] as const;
export type LearningKind = (typeof learningKinds)[number];

export interface LearnedRegime {
  kind: LearningKind;
  /** `rpm1482/load2` */
  regime: string;
  state: 'learning' | 'complete';
  captures: number;
  need: number;
  admitted: number;
  hours: number;
  needHours: number;
  suspicious: boolean;
  /** Captures that were not admitted, by reason. */
  notAdmitted: Record<string, number>;
  baseline: BaselineRow[];
}

export interface BaselineRow {
  indicator: string;
  /** Median in the indicator's unit. */
  median: number;
  unit: string;
  /** What 68 % of captures stay within: a factor around the median, or dB for indicators in dB. */
  spread: number;
  captures: number;
  /** Standard deviations of the last capture from the median, on the logarithmic scale. */
  lastZ?: number;
}

export interface LearnedMotor {
  motor: string;
  regimes: LearnedRegime[];
  /** When a person began the learning anew, and why. */
  since: Partial<Record<LearningKind, { at: string; text: string }>>;
}

const hourMs = 3.6e6;

export function learnedOf(motor: string, store: Store | undefined): LearnedMotor {
  const learned: LearnedMotor = { motor, regimes: [], since: {} };
  if (!store) return learned;
  const last = store.lastAssessments(motor);
  for (const kind of learningKinds) {
    const start = store.learningStart(motor, kind);
    if (start) learned.since[kind] = { at: new Date(start.at).toISOString(), text: start.text };
    const history = store.history(motor, kind);
    const assessment = last.find((one) => one.kind === kind);
    for (const regime of Object.values(history?.regimes ?? {})) {
      const { minCaptures, minHours } = history!.settings;
      const { key, captures, admitted, suspicious, rejectedWhy, firstAt, lastAt } = regime;
      const zs = assessment?.regime === key ? assessment.changes : undefined;
      learned.regimes.push({
        kind,
        regime: key,
        state: regime.baseline ? 'complete' : 'learning',
        captures,
        need: regime.need ?? minCaptures,
        admitted,
        hours: firstAt === undefined || lastAt === undefined ? 0 : (lastAt - firstAt) / hourMs,
        needHours: minHours,
        suspicious,
        notAdmitted: rejectedWhy,
        baseline: Object.entries(regime.baseline ?? {}).map(([indicator, value]) => {
          const lastZ = zs?.find((one) => one.indicator === indicator)?.z;
          const unit = assessment?.indicators.find(({ id }) => id === indicator)?.unit;
          return { indicator, ...rowOf(value, unit), ...(lastZ === undefined ? {} : { lastZ }) };
        }),
      });
    }
  }
  return learned;
}

function rowOf({ median, sigma, db, n }: BaselineValue, unit: string | undefined): Omit<BaselineRow, 'indicator'> {
  return db
    ? { median, unit: 'dB', spread: sigma, captures: n }
    : { median: Math.exp(median), unit: unit ?? '', spread: Math.exp(sigma), captures: n };
}

export function regimeWords(regime: LearnedRegime): string {
  const { state, captures, need, hours, needHours, admitted, suspicious, notAdmitted } = regime;
  const refused = Object.entries(notAdmitted).map(([why, count]) => `${count} with ${why}`);
  const left = refused.length > 0 ? `; not admitted: ${refused.join(', ')}` : '';
  if (state === 'complete')
    return `complete, learned from ${admitted} captures of ${captures}${suspicious ? ', on a suspicious machine' : ''}`;
  const hoursText = needHours > 0 ? `, ${digits(hours, 2)} of ${needHours} h` : '';
  return `learning ${Math.min(captures, need)}/${need}${hoursText}${left}`;
}

export function baselineWords({ indicator, median, unit, spread, lastZ }: BaselineRow): string[] {
  return [
    indicator,
    `${digits(median)} ${unit === '1' ? '' : unit}`.trim(),
    unit === 'dB' ? `± ${digits(spread, 3)} dB` : `x/÷ ${digits(spread, 3)}`,
    lastZ === undefined ? '-' : `${lastZ >= 0 ? '+' : ''}${lastZ.toFixed(1)} sigma`,
  ];
}

/** An empty history by `--captures` and `--hours`, else by what stood before. @throws KZ1401 out of range */
export function emptyHistory(options: Record<string, unknown>, before: History | undefined): History {
  const settings = { ...(before?.settings ?? defaultSettings) };
  const { captures, hours } = options as { captures?: number; hours?: number };
  const within = (flag: string, value: number, least: number, most: number): number => {
    if (value >= least && value <= most && (flag === '--hours' || Number.isInteger(value))) return value;
    throw new KizashiError(
      'KZ1401',
      `${flag} ${value} is out of range`,
      { flag, value },
      {
        why: `it goes from ${least} to ${most}`,
        fix: `${flag} ${flag === '--hours' ? defaultSettings.minHours : defaultSettings.minCaptures}`,
      },
    );
  };
  // below twenty captures median and spread say nothing
  if (captures !== undefined) settings.minCaptures = within('--captures', captures, 20, 10_000);
  if (hours !== undefined) settings.minHours = within('--hours', hours, 0, 10_000);
  return newHistory(settings);
}

/** The analyses that `--kind` names; all by default. */
export function kindsOf(options: Record<string, unknown>): readonly LearningKind[] {
  return options.kind === undefined ? learningKinds : [options.kind as LearningKind];
}
