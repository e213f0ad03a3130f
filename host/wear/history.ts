/**
 * What a motor's past says: baselines by regime, change sums, keys turned. `learn` takes an assessment up and gives a new value; nothing
 * here moves a complete baseline, however slowly the machine drifts.
 */

import { KizashiError } from '../errors.js';
import { ln } from '../signal/index.js';
import { baselineOf, cusumStep, marginsOf, memoryOf } from './cusum.js';
import { learnRows } from './feature-baseline.js';
import { harmonicsIndicator } from './shaft.js';
import type {
  Assessment,
  BaselineValue,
  ChangeState,
  CusumState,
  FindingCause,
  History,
  HistorySettings,
  LearnEvidence,
  RegimeHistory,
} from './types.js';

export const defaultSettings = {
  minCaptures: 100,
  minHours: 14,
  k: 1,
  h: 10,
  zClip: 4,
  cap: 4,
  caution: 2,
  persistence: { hits: 3, of: 4 },
  offRatio: 0.7,
  offCount: 8,
  averageS: 60,
} as const satisfies HistorySettings;

/** A baseline is complete when it holds as much as this share of `minCaptures` independent captures, or is so many times as long. */
const INDEPENDENT = 0.4;
const LONGEST = 4;
/** Keys of the last captures that persistence and the off rule look at. */
const RECENT = 16;
const TREND = 512;

/** Standard errors of what learning could not know that are allowed for. */
export const cautionOf = (settings: HistorySettings): number => settings.caution ?? defaultSettings.caution;

/** An empty history. */
export function newHistory(settings: Partial<HistorySettings> = {}): History {
  return { schema: 'kizashi-history/1', settings: { ...defaultSettings, ...settings }, regimes: {} };
}

/** @throws KZ0655 when the value is no history of this version */
export function requireHistory(history: History | undefined): void {
  if (history !== undefined && (history.schema !== 'kizashi-history/1' || !history.settings || !history.regimes)) {
    throw new KizashiError('KZ0655', 'not a kizashi-history/1', { schema: (history as { schema?: unknown }).schema });
  }
}

function newRegime(key: string): RegimeHistory {
  return {
    key,
    learning: [],
    captures: 0,
    admitted: 0,
    rejectedWhy: {},
    suspicious: false,
    cusum: {},
    recent: {},
    latched: {},
    trend: {},
  };
}

/**
 * Name of the regime: speed bin (±5 % around the speed that opened it) and load bin (quarters of rated current). Without both: one regime,
 * marked.
 */
export function regimeKey(history: History | undefined, rpm: number | undefined, load: number | undefined): string {
  const loadPart = load === undefined ? '' : `/load${Math.min(4, Math.max(1, Math.ceil(4 * load)))}`;
  if (rpm === undefined) return `any-speed${loadPart}`;
  for (const key of Object.keys(history?.regimes ?? {})) {
    const match = /^rpm(\d+)(\/load\d)?$/.exec(key);
    if (match && (match[2] ?? '') === loadPart && Math.abs(rpm / Number(match[1]) - 1) <= 0.05) return key;
  }
  return `rpm${Math.round(rpm)}${loadPart}`;
}

/** The value on the scale of its baseline. */
const onScale = (value: number, db: boolean | undefined): number => (db ? value : ln(value));

export function zOf(value: number, baseline: BaselineValue): number {
  return (onScale(value, baseline.db) - baseline.median) / baseline.sigma;
}

interface Bucket {
  values: Record<string, number[]>;
  before: Record<string, CusumState>;
  from: number;
}

/** The averaging bucket that a capture at `at` belongs to: captures closer than averageS count once. */
function bucketOf(regime: RegimeHistory, at: number | undefined, settings: HistorySettings): Bucket {
  const pending = regime.pending;
  if (pending && at !== undefined && at >= pending.from && at - pending.from < settings.averageS * 1000) {
    return { values: pending.values, before: pending.before, from: pending.from };
  }
  return { values: {}, before: regime.cusum, from: at ?? regime.captures };
}

/** z and both sums of every indicator of a complete baseline, this capture included. */
export function changesOf(
  regime: RegimeHistory | undefined,
  evidence: LearnEvidence,
  at: number | undefined,
  settings: HistorySettings,
): ChangeState[] | undefined {
  if (!regime?.baseline) return undefined;
  const bucket = bucketOf(regime, at, settings);
  const changes: ChangeState[] = [];
  for (const [indicator, { value, db }] of Object.entries(evidence.values)) {
    const baseline = regime.baseline[indicator];
    if (!baseline) continue;
    const all = [...(bucket.values[indicator] ?? []), onScale(value, db)];
    const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
    const z = (mean - baseline.median) / baseline.sigma;
    const state = bucket.before[indicator] ?? { up: 0, down: 0 };
    const next = cusumStep(state, z, settings, at ?? regime.captures, marginsOf(baseline, cautionOf(settings)));
    changes.push({
      indicator,
      z,
      up: next.up,
      down: next.down,
      ...(next.upSince === undefined ? {} : { upSince: next.upSince }),
      ...(next.downSince === undefined ? {} : { downSince: next.downSince }),
    });
  }
  return changes;
}

/** How many of the last captures turned the keys of a cause, this one included. */
export function persistenceOf(
  regime: RegimeHistory | undefined,
  cause: FindingCause,
  settings: HistorySettings,
): { k: number; m: number } {
  const of = settings.persistence.of;
  const recent = regime?.recent[cause] ?? [];
  const before = recent.slice(-(of - 1));
  const known = Math.min(of - 1, Math.max(before.length, Math.min(regime?.captures ?? 0, of - 1)));
  return { k: 1 + before.filter((score) => score >= 1).length, m: 1 + known };
}

/** Takes an assessment up. Stopped machines and unusable captures change nothing. */
export function learn(history: History, assessment: Assessment): History {
  requireHistory(history);
  if (!assessment.running || assessment.quality.status === 'unusable' || assessment.regime === undefined)
    return history;
  const { settings } = history;
  const key = assessment.regime;
  const before = history.regimes[key] ?? newRegime(key);
  const regime: RegimeHistory = { ...before, captures: before.captures + 1 };
  const { evidence, at } = assessment;
  if (at !== undefined) {
    regime.firstAt = before.firstAt ?? at;
    regime.lastAt = at;
  }
  if (!before.baseline) learnBaseline(regime, assessment, settings);
  else followChanges(regime, before, assessment, settings);
  rememberKeys(regime, before, evidence.hits, settings);
  if (evidence.sequence && evidence.admitted === true) {
    const { re, im, sigma, level } = evidence.sequence;
    const old = before.sequence ?? { re: [], im: [], sigma: [], level: [] };
    if (old.re.length < settings.minCaptures) {
      regime.sequence = {
        re: [...old.re, re],
        im: [...old.im, im],
        sigma: [...old.sigma, sigma],
        level: [...old.level, level],
      };
    }
  }
  if (evidence.rows) regime.rows = learnRows(before.rows, evidence.rows, settings);
  return { ...history, regimes: { ...history.regimes, [key]: regime } };
}

function learnBaseline(regime: RegimeHistory, assessment: Assessment, settings: HistorySettings): void {
  const { evidence } = assessment;
  const admitted = evidence.admitted === true;
  if (admitted) regime.admitted++;
  else {
    const why = evidence.admitted as string;
    regime.rejectedWhy = { ...regime.rejectedWhy, [why]: (regime.rejectedWhy[why] ?? 0) + 1 };
  }
  regime.learning = [...regime.learning, { admitted, values: evidence.values }];
  const hours =
    regime.firstAt === undefined || regime.lastAt === undefined ? 0 : (regime.lastAt - regime.firstAt) / 3.6e6;
  if (regime.captures < settings.minCaptures || hours < settings.minHours) return;
  regime.suspicious = regime.admitted < 0.7 * regime.captures;
  const taught = regime.suspicious ? regime.learning : regime.learning.filter((one) => one.admitted);
  const { baseline, memory } = freeze(taught, cautionOf(settings) > 0);
  const { minCaptures } = settings;
  const need = Math.min(LONGEST * minCaptures, Math.ceil(INDEPENDENT * minCaptures * memory));
  if (regime.captures < need) {
    regime.need = need;
    return;
  }
  delete regime.need;
  regime.baseline = baseline;
  regime.learning = [];
}

/**
 * Median, sigma and memory of every indicator that at least half of the captures carry. What gives one indicator memory (load, heat, the
 * process) moves the others too, and a memory is known poorly: none is taken as shorter than the median of all.
 */
function freeze(
  captures: RegimeHistory['learning'],
  cautious: boolean,
): { baseline: Record<string, BaselineValue>; memory: number } {
  const collected = new Map<string, { values: number[]; db: boolean }>();
  for (const { values } of captures) {
    for (const [indicator, { value, db }] of Object.entries(values)) {
      const entry = collected.get(indicator) ?? { values: [], db: db === true };
      entry.values.push(onScale(value, db));
      collected.set(indicator, entry);
    }
  }
  const baseline: Record<string, BaselineValue> = {};
  const memories: number[] = [];
  for (const [indicator, { values, db }] of collected) {
    if (2 * values.length < captures.length) continue;
    // A count moves in steps of one: its sigma is never finer.
    const value = indicator === harmonicsIndicator ? baselineOf(values, db, 1) : baselineOf(values, db);
    const memory = cautious ? memoryOf(values, value) : 1;
    baseline[indicator] = { ...value, memory };
    memories.push(memory);
  }
  const common = memories.sort((a, b) => a - b)[memories.length >> 1] ?? 1;
  for (const value of Object.values(baseline)) value.memory = Math.max(common, value.memory ?? 1);
  return { baseline, memory: common };
}

function followChanges(
  regime: RegimeHistory,
  before: RegimeHistory,
  assessment: Assessment,
  settings: HistorySettings,
): void {
  const { evidence, at } = assessment;
  const bucket = bucketOf(before, at, settings);
  const values = { ...bucket.values };
  for (const [indicator, { value, db }] of Object.entries(evidence.values)) {
    values[indicator] = [...(values[indicator] ?? []), onScale(value, db)];
  }
  regime.pending = { from: bucket.from, values, before: bucket.before };
  const cusum: Record<string, CusumState> = { ...before.cusum };
  const trend = { ...before.trend };
  for (const change of assessment.changes ?? []) {
    const { indicator, up, down, upSince, downSince } = change;
    cusum[indicator] = {
      up,
      down,
      ...(upSince === undefined ? {} : { upSince }),
      ...(downSince === undefined ? {} : { downSince }),
    };
    if (up === 0) delete trend[indicator];
    else {
      const entry = evidence.values[indicator];
      const old = trend[indicator] ?? { t: [], y: [] };
      const t = at === undefined ? before.captures : at / 3.6e6;
      const thin = old.t.length >= TREND;
      trend[indicator] = {
        t: [...(thin ? everySecond(old.t) : old.t), t],
        y: [...(thin ? everySecond(old.y) : old.y), onScale(entry.value, entry.db)],
      };
    }
  }
  regime.cusum = cusum;
  regime.trend = trend;
}

const everySecond = (values: number[]): number[] => values.filter((_, i) => i % 2 === 0);

function rememberKeys(
  regime: RegimeHistory,
  before: RegimeHistory,
  hits: LearnEvidence['hits'],
  settings: HistorySettings,
): void {
  const causes = new Set([...Object.keys(before.recent), ...Object.keys(hits)] as FindingCause[]);
  const recent: RegimeHistory['recent'] = {};
  const latched: RegimeHistory['latched'] = { ...before.latched };
  for (const cause of causes) {
    const score = hits[cause] ?? 0;
    const past = [...(before.recent[cause] ?? []), score].slice(-RECENT);
    recent[cause] = past;
    const { hits: needed, of } = settings.persistence;
    const raised = past.slice(-of).filter((one) => one >= 1).length >= needed;
    const open = latched[cause];
    if (raised) latched[cause] = { since: open?.since ?? regime.captures, quiet: 0 };
    else if (open) {
      const quiet = score < settings.offRatio ? open.quiet + 1 : 0;
      if (quiet >= settings.offCount) delete latched[cause];
      else latched[cause] = { ...open, quiet };
    }
    if (past.every((one) => one === 0)) delete recent[cause];
  }
  regime.recent = recent;
  regime.latched = latched;
}
