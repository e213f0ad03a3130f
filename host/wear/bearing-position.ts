/** One bearing position of a motor: the families of its variants, the blind comb where the bearing is unknown, and what they say. */
import { Xoshiro128 } from '../signal/index.js';
import type { AxisFeatures } from './axis-features.js';
import { BEARING_ALGORITHM, type BearingResult, bearingParams, type FamilyResult, judgeBearing } from './bearing.js';
import { BLIND_ALGORITHM, type BlindResult, blindComb, blindParams } from './blind-comb.js';
import type { LogLines } from './comb.js';
import { DRIFT_LIMIT } from './drift.js';
import { type AxisSamples, logLines, SHORT_TURNS } from './envelope-lines.js';
import { type FindingContext, makeFinding, persistence } from './finding.js';
import { ballWords } from './finding-words.js';
import { indicatorMaker } from './indicator.js';
import { seedHex, seedOf } from './seed.js';
import type {
  BearingPosition,
  BearingScore,
  Finding,
  FindingCause,
  Indicator,
  Reason,
  Remark,
  SpeedEstimate,
} from './types.js';
import { mayBearing } from './validity.js';
import { checkedVariant } from './variant-check.js';
import { blindBearing } from './words.js';

export interface PositionResult {
  score: BearingScore;
  findings: Finding[];
  indicators: Indicator[];
  /** dB indicators for the baseline, by id. */
  values: Record<string, { value: number; db: true }>;
  hits: Partial<Record<FindingCause, number>>;
  blind: string[];
  notes: string[];
  /** True when nothing about this bearing can be said. */
  refused: boolean;
  /** What was looked for and not found; absent when the sight is too weak to say so. */
  clear?: Remark;
}

const causes = {
  outer: 'bearing-outer',
  inner: 'bearing-inner',
  ball: 'bearing-ball',
  cage: 'bearing-cage',
} as const satisfies Record<FamilyResult['family'], FindingCause>;

/** Lines of one set of axes, shared by positions that use the same channels. */
export class LineCache {
  readonly #kept = new Map<string, LogLines | Reason>();

  lines(axes: readonly AxisSamples[], fsHz: number, frHz: number): LogLines | Reason {
    const key = `${axes.map((axis) => axis.channel).join(',')}@${frHz}`;
    let lines = this.#kept.get(key);
    if (!lines) {
      lines = logLines(axes, fsHz, frHz);
      this.#kept.set(key, lines);
    }
    return lines;
  }
}

const refusedResult = (reason: Reason, blind: string): PositionResult => ({
  score: { bad: 0, ranked: [], refused: [reason] },
  findings: [],
  indicators: [],
  values: {},
  hits: {},
  blind: [blind],
  notes: [],
  refused: true,
});

/**
 * Assesses one position. `features` are those of the axes that sit on its housing; `unbalanceFirst` says that gross unbalance may drive
 * what is found.
 */
export function assessPosition(
  context: FindingContext,
  position: BearingPosition,
  features: readonly AxisFeatures[],
  axes: readonly AxisSamples[],
  speed: SpeedEstimate | undefined,
  unbalanceFirst: boolean,
  cache: LineCache,
): PositionResult {
  const { capture } = context;
  const where = position.position;
  if (axes.length === 0) {
    const text = `no usable channel at ${where}`;
    return refusedResult({ code: 'TOO_FEW_CHANNELS', text }, text);
  }
  // The best axis decides what the housing shows.
  const best = features.reduce((top, one) => (one.sight.fTopHz > top.sight.fTopHz ? one : top));
  if (best.sight.fTopHz < 500) {
    const text = blindBearing(best.sight.name, best.sight.fTopHz);
    return refusedResult({ code: best.sight.limit, text }, text);
  }
  if (!speed) {
    const text = `bearing ${where} not judged: shaft speed unknown`;
    return refusedResult({ code: 'SPEED_UNKNOWN', text }, text);
  }
  if ((speed.drift ?? 0) > DRIFT_LIMIT) {
    const text = `bearing ${where} not judged: speed drifts by ${(100 * (speed.drift ?? 0)).toFixed(0)} %`;
    return refusedResult({ code: 'SPEED_DRIFT', text }, text);
  }
  const lines = cache.lines(axes, capture.fsHz, speed.frHz);
  if ('code' in lines) return refusedResult(lines, `bearing ${where} not judged: ${lines.text}`);
  if (position.variants.length === 0) return assessUnknown(context, position, lines, axes);

  const notes: string[] = [];
  const variants = position.variants.map((stated) => {
    const { variant, warnings } = checkedVariant(stated);
    notes.push(...warnings);
    return variant;
  });
  const channels = axes.map((axis) => axis.channel);
  const seed = seedOf(capture.hash, BEARING_ALGORITHM, channels);
  const result = judgeBearing(lines, variants, speed.uncertainty, new Xoshiro128(seed));
  const findings = bearingFindings(context, where, lines, channels, seedHex(seed), result, speed, unbalanceFirst);
  return {
    score: {
      bad: Math.max(0, ...result.families.map((one) => one.bad)),
      ranked: result.families.map((one) => ({
        cause: one.family,
        score: one.severityDb,
        p: one.p,
        variant: one.variant,
        foundOrder: one.foundOrder,
      })),
      ...(result.refused.length > 0 ? { refused: result.refused.map(({ code, text }) => ({ code, text })) } : {}),
    },
    findings,
    ...severityIndicators(context, where, channels, result),
    hits: Object.fromEntries(result.families.filter((one) => one.holds).map((one) => [causes[one.family], one.bad])),
    notes,
    refused: result.families.length === 0,
    ...sightOfBearing(where, best, result, speed.frHz),
  };
}

/** What the housing's best axis may claim about families that were not found. */
function sightOfBearing(
  where: string,
  best: AxisFeatures,
  result: BearingResult,
  frHz: number,
): { blind: string[]; clear?: Remark } {
  const highest = Math.max(
    0,
    ...result.families.filter((one) => one.family !== 'cage').map((one) => one.expectedOrder),
  );
  const may = mayBearing(best.sight, Math.max(1, highest) * frHz);
  const blind = [
    ...new Set(
      result.refused.filter((one) => one.family !== 'ball').map((one) => `${one.family} of ${where}: ${one.text}`),
    ),
  ];
  if (may.level === 'yes') return { blind, clear: { of: 'record-no-damage', position: where } };
  return { blind: [...blind, `${where}: ${may.text}`] };
}

function severityIndicators(
  context: FindingContext,
  where: string,
  channels: string[],
  result: BearingResult,
): Pick<PositionResult, 'indicators' | 'values'> {
  const make = indicatorMaker(context.capture, BEARING_ALGORITHM);
  const indicators: Indicator[] = [];
  const values: PositionResult['values'] = {};
  for (const family of ['outer', 'inner', 'ball', 'cage'] as const) {
    const best = result.families.find((one) => one.family === family);
    const id = `severity.${where}.${family}`;
    if (best) {
      const { variant, p, foundOrder, expectedOrder, harmonics } = best;
      const params = { variant, p, foundOrder, expectedOrder, harmonics };
      indicators.push(make({ id, value: best.severityDb, unit: 'dB', channels, params }));
      values[id] = { value: best.severityDb, db: true };
      continue;
    }
    const refused = result.refused.find((one) => one.family === family);
    if (refused) indicators.push(make({ id, value: Number.NaN, unit: 'dB', channels, refused }));
  }
  return { indicators, values };
}

function bearingFindings(
  context: FindingContext,
  where: string,
  lines: LogLines,
  channels: string[],
  seed: string,
  result: BearingResult,
  speed: SpeedEstimate,
  unbalanceFirst: boolean,
): Finding[] {
  const tests = result.tested.families * result.tested.variants;
  const findings: Finding[] = [];
  const done = new Set<string>();
  const race = result.families.find((one) => one.holds && one.family !== 'cage');
  for (const one of result.families) {
    // A race fault is modulated at the cage rate: while it is the stronger, the cage family is side evidence.
    const side = one.family === 'cage' && race && race.severityDb >= one.severityDb;
    if (!one.holds || done.has(one.family) || side) continue;
    done.add(one.family);
    const cause = causes[one.family];
    const others = result.families.filter((other) => other !== one && other.family === one.family && other.holds);
    const finding = makeFinding(context, {
      algorithm: BEARING_ALGORITHM,
      seed,
      params: {
        ...bearingParams,
        position: where,
        block: lines.blockLength,
        blocks: lines.blocks,
        dfHz: lines.dfHz,
        variant: one.variant,
        alsoFits: others.map((other) => other.variant),
        rawSeverityDb: one.rawSeverityDb,
        tests,
      },
      channels,
      subject: `${where} ${one.designation}`,
      cause,
      p: one.p,
      pFloor: one.pFloor,
      pAdjusted: Math.min(1, one.p * tests),
      severityDb: one.severityDb,
      orders: [{ name: one.family, expected: one.expectedOrder, found: one.foundOrder, harmonics: one.harmonics }],
      says: {
        of: 'bearing',
        family: one.family,
        designation: one.designation,
        position: where,
        order: one.foundOrder,
        severityDb: one.severityDb,
        short: lines.turns < SHORT_TURNS,
        ambiguous: speed.ambiguousHz !== undefined,
        unbalanceFirst,
        seen: persistence(context, cause),
      },
      ...(one.sideDb === undefined ? {} : { side: { sideLineDb: one.sideDb } }),
    });
    // What gross unbalance may drive stays a warning until the unbalance is corrected.
    findings.push(unbalanceFirst && finding.level === 'alarm' ? { ...finding, level: 'warning' } : finding);
  }
  return findings;
}

/** A bearing nobody named: a non-synchronous family anywhere between 1.3 and 11 orders. */
function assessUnknown(
  context: FindingContext,
  position: BearingPosition,
  lines: LogLines,
  axes: readonly AxisSamples[],
): PositionResult {
  const where = position.position;
  const channels = axes.map((axis) => axis.channel);
  const result: BlindResult = blindComb(lines, axes.length * lines.blocks);
  const id = `severity.${where}.any`;
  const make = indicatorMaker(context.capture, BLIND_ALGORITHM);
  const findings: Finding[] = [];
  if (result.raised) {
    const { order, severityDb, pair } = result;
    findings.push(
      makeFinding(context, {
        algorithm: BLIND_ALGORITHM,
        params: {
          ...blindParams,
          position: where,
          thresholdDb: result.thresholdDb,
          block: lines.blockLength,
          blocks: lines.blocks,
        },
        channels,
        subject: `${where} unknown bearing`,
        cause: 'bearing-unknown',
        severityDb: result.severityDb,
        orders: [{ name: 'family', found: result.order, harmonics: 4 }],
        says: {
          of: 'unknown-bearing',
          position: where,
          order,
          severityDb,
          ...(pair ? { pair: { other: pair.other, balls: pair.balls } } : {}),
        },
      }),
    );
  }
  return {
    score: { bad: Math.max(0, result.severityDb / blindParams.keyDb), ranked: [] },
    findings,
    indicators: [
      make({
        id,
        value: result.severityDb,
        unit: 'dB',
        channels,
        params: { order: result.order, thresholdDb: result.thresholdDb },
      }),
    ],
    values: { [id]: { value: result.severityDb, db: true } },
    hits: result.raised ? { 'bearing-unknown': result.severityDb / blindParams.keyDb } : {},
    blind: [`${where}: bearing not named, ${ballWords}`],
    notes: [],
    refused: false,
  };
}
