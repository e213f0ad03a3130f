/** CWRU, MFPT and the wrong hypotheses: is the bearing bad, and what is it consistent with. */
import { bearingRows, ordersOf, variantOf } from '../../host/motors/bearing-table.js';
import { type IndexRecord, type RecordingsIndex, readRecord } from '../../host/recordings/index.js';
import { type Assessment, assessVibration, type BearingVariant, checkedVariant } from '../../host/wear/index.js';
import { envelopePeaks, type Peaks } from './envelope-peaks.js';
import { geometryKeys, motorOf, ownBearings, type Told, variantOfRecord } from './records.js';
import {
  atLeast,
  atMost,
  aucMetric,
  countMetric,
  type Goal,
  type Metric,
  type Scored,
  type SetResult,
  tidy,
} from './scoring.js';

interface Assessed {
  record: IndexRecord;
  assessment: Assessment;
  /** Channel, geometry and their baselines, by position name. */
  peaks: Map<string, { e: Peaks; c: Peaks }>;
}

const channelNames = (record: IndexRecord): string[] =>
  record.channels
    .map((channel) => (typeof channel === 'string' ? channel : channel.name))
    .filter((name) => name !== 'BA');

/** Own positions, and each channel with every other channel's geometry (`DE with FE`). */
function assessAll(index: RecordingsIndex, record: IndexRecord, told: Told): Assessed {
  const capture = readRecord(index, record);
  const keys = geometryKeys(record);
  const crossed = channelNames(record).flatMap((channel) =>
    keys
      .filter((key) => key !== channel && key !== 'all' && keys.includes(channel))
      .flatMap((key) => {
        const variant = variantOfRecord(record, key);
        return variant ? [{ position: `${channel} with ${key}`, variants: [variant], channels: [channel] }] : [];
      }),
  );
  const assessment = assessVibration(capture, motorOf(record, told, [...ownBearings(record), ...crossed]));
  const peaks = new Map<string, { e: Peaks; c: Peaks }>();
  const frHz = assessment.speed?.frHz ?? 0;
  for (const position of [...ownBearings(record), ...crossed]) {
    const axes = capture.channels
      .filter((channel) => position.channels?.includes(channel.id) ?? true)
      .map((channel) => channel.samples);
    const { orders } = checkedVariant(position.variants[0]).variant;
    peaks.set(position.position, {
      e: envelopePeaks(axes, capture.fsHz, frHz, orders, { whiten: false }),
      c: envelopePeaks(axes, capture.fsHz, frHz, orders, { whiten: true }),
    });
  }
  return { record, assessment, peaks };
}

const label = (record: IndexRecord): Record<string, unknown> => record.label ?? {};
const isFault = (record: IndexRecord): boolean => label(record).condition === 'bearing_fault';

/** Ball damage shows at the ball or at the cage rate. */
export function namesRight(cause: string | undefined, component: unknown): boolean {
  if (component === 'outer_race') return cause === 'outer';
  if (component === 'inner_race') return cause === 'inner';
  return component === 'ball' && (cause === 'ball' || cause === 'cage');
}

const bearingFindings = (assessment: Assessment, position: string): number =>
  assessment.findings.filter((finding) => finding.cause.startsWith('bearing-') && finding.params.position === position)
    .length;

const first = (assessment: Assessment, position: string): string | undefined =>
  assessment.scores.bearing[position]?.ranked[0]?.cause;

export function cwru(index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult {
  const assessed = records.map((record) => assessAll(index, record, told));
  const goodItems: (Scored & { e: number; c: number })[] = [];
  const wrongItems: (Scored & { e: number; c: number })[] = [];
  const byGrade = new Map<string, { n: number; found: number; named: number; e: number; c: number }>();
  let falseGood = 0;
  let falseWrong = 0;
  let goods = 0;
  let wrongs = 0;
  let heard = 0;
  let heards = 0;
  let speedRight = 0;
  const perRecord: Record<string, unknown>[] = [];
  for (const { record, assessment, peaks } of assessed) {
    const { bearing_end: end, component } = label(record);
    const group = String(record.group ?? record.id);
    const rpm = 60 * (assessment.speed?.frHz ?? 0);
    const speedError = rpm / (record.rpm ?? Number.NaN) - 1;
    if (Math.abs(speedError) <= 0.005) speedRight++;
    for (const [position, { e, c }] of peaks) {
      const score = assessment.scores.bearing[position]?.bad ?? 0;
      const crossed = position.includes(' with ');
      const item = { group: `${group}/${position}`, score, e: e.score, c: c.score };
      const [, geometry] = position.split(' with ');
      if (crossed && isFault(record) && geometry === end) {
        // This geometry is in the machine and faulty: the other end's sensor hearing it is no false finding.
        heards++;
        heard += bearingFindings(assessment, position) > 0 ? 1 : 0;
      } else if (crossed) {
        wrongs++;
        falseWrong += bearingFindings(assessment, position) > 0 ? 1 : 0;
        wrongItems.push({ ...item, bad: false });
      } else if (isFault(record) && position === end) {
        goodItems.push({ ...item, bad: true });
        wrongItems.push({ ...item, bad: true });
        const of = record.smith_randall_2015 as { best_of_three_DE?: string } | undefined;
        const grade =
          position === 'FE' ? 'fan end' : record.fs_hz === 12000 ? (of?.best_of_three_DE ?? 'ungraded') : 'ungraded';
        const entry = byGrade.get(grade) ?? { n: 0, found: 0, named: 0, e: 0, c: 0 };
        entry.n++;
        if (bearingFindings(assessment, position) > 0) entry.found++;
        if (namesRight(first(assessment, position), component)) entry.named++;
        if (namesRight(e.cause, component)) entry.e++;
        if (namesRight(c.cause, component)) entry.c++;
        byGrade.set(grade, entry);
      } else {
        goods++;
        falseGood += bearingFindings(assessment, position) > 0 ? 1 : 0;
        goodItems.push({ ...item, bad: false });
      }
    }
    perRecord.push({ id: record.id, rpm: tidy(rpm), scores: scoresOf(assessment), findings: causesOf(assessment) });
  }
  const of = (items: typeof goodItems, which: 'e' | 'c') => items.map((one) => ({ ...one, score: one[which] }));
  const besideAuc = (items: typeof goodItems) => ({
    E: tidy(aucMetric('', of(items, 'e')).value),
    C: tidy(aucMetric('', of(items, 'c')).value),
  });
  const auc = aucMetric('AUC bad/good', goodItems, besideAuc(goodItems));
  const aucWrong = aucMetric('AUC bad/wrong', wrongItems, besideAuc(wrongItems));
  const falseRate = (falseGood + falseWrong) / Math.max(1, goods + wrongs);
  const metrics: Metric[] = [
    auc,
    aucWrong,
    countMetric('false findings, good bearings', falseGood, goods),
    countMetric('false findings, wrong bearings', falseWrong, wrongs),
    { ...countMetric('fault found by the sensor of the other end', heard, heards), note: 'information' },
    countMetric('speed within 0.5 %', speedRight, assessed.length),
  ];
  const goals: Goal[] = [
    atLeast('AUC bad/good', auc.value, 0.9),
    atLeast('AUC bad/wrong', aucWrong.value, 0.9),
    atMost('false findings rate', falseRate, 0.01),
    atLeast('speed within 0.5 %, share', speedRight / assessed.length, 0.95),
  ];
  for (const [grade, { n, found, named, e, c }] of [...byGrade].sort(([a], [b]) => (a < b ? -1 : 1))) {
    metrics.push(countMetric(`found, ${grade}`, found, n));
    metrics.push(countMetric(`right fault first, ${grade}`, named, n, { E: e, C: c }));
    if (grade === 'Y1') goals.push(atLeast('right fault first, Y1, share', named / n, 1));
    if (grade === 'Y2') goals.push(atLeast('right fault first, Y2, share', named / n, 0.95));
    if (grade === 'fan end') goals.push(atLeast('right fault first, fan end, share', named / n, 38 / 45));
  }
  const driveEnd = [...byGrade].filter(([grade]) => grade !== 'fan end' && grade !== 'ungraded').map(([, one]) => one);
  const all = driveEnd.reduce((sum, one) => ({ n: sum.n + one.n, named: sum.named + one.named }), { n: 0, named: 0 });
  if (all.n > 0) {
    metrics.push(countMetric('right fault first, drive end at 12 kHz', all.named, all.n));
    goals.push(atLeast('right fault first, drive end at 12 kHz, share', all.named / all.n, 53 / 60));
  }
  return { metrics, goals, perRecord };
}

export function mfpt(index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult {
  const perRecord: Record<string, unknown>[] = [];
  let named = 0;
  let keyed = 0;
  let e = 0;
  let c = 0;
  let faults = 0;
  let falseFindings = 0;
  for (const record of records) {
    const { assessment, peaks } = assessAll(index, record, told);
    const position = Object.keys(assessment.scores.bearing)[0];
    const { component } = label(record);
    perRecord.push({
      id: record.id,
      rpm: tidy(60 * (assessment.speed?.frHz ?? 0)),
      scores: scoresOf(assessment),
      findings: causesOf(assessment),
      notes: assessment.notes,
    });
    if (!isFault(record)) {
      if (bearingFindings(assessment, position) > 0) falseFindings++;
      continue;
    }
    faults++;
    if (namesRight(first(assessment, position), component)) named++;
    if (
      assessment.findings.some((one) => one.cause.startsWith('bearing-') && namesRight(one.cause.slice(8), component))
    )
      keyed++;
    if (namesRight(peaks.get(position)?.e.cause, component)) e++;
    if (namesRight(peaks.get(position)?.c.cause, component)) c++;
  }
  const metrics = [
    countMetric('right fault first', named, faults, { E: e, C: c }),
    countMetric('found by both keys', keyed, faults),
  ];
  const goals = [
    atLeast('right fault first, share', named / faults, 1),
    atLeast('found by both keys, share', keyed / faults, 1),
  ];
  if (faults < records.length) {
    metrics.push(countMetric('false findings, good bearings', falseFindings, records.length - faults));
    goals.push(atMost('false findings', falseFindings, 0));
  }
  return { metrics, goals, perRecord };
}

/** Geometries on a fixed grid, for machines beside whose bearings the table has fewer than ten others. */
function gridVariants(): BearingVariant[] {
  const variants: BearingVariant[] = [];
  for (let balls = 6; balls <= 14; balls++) {
    for (const ratio of [0.18, 0.2, 0.22, 0.24, 0.26, 0.28]) {
      const orders = ordersOf({ balls, ballMm: ratio, pitchMm: 1 });
      variants.push({ id: `grid-${balls}-${ratio}`, designation: `${balls} balls, d/D ${ratio}`, balls, orders });
    }
  }
  return variants;
}

/**
 * The first ten variants of the bearing table, then of a grid, whose families, times j/k, stay 3 % away from those of every bearing in the
 * machine, and from each other by more than the search band.
 */
export function wrongVariants(inside: readonly BearingVariant[]): BearingVariant[] {
  const of = ({ orders }: BearingVariant): number[] => [orders.BPFO, orders.BPFI, orders.BSF];
  const apart = (variant: BearingVariant): boolean =>
    of(variant).every((a) =>
      inside.flatMap(of).every((b) => {
        for (let j = 1; j <= 3; j++)
          for (let k = 1; k <= 3; k++) if (Math.abs((a * j) / (b * k) - 1) < 0.03) return false;
        return true;
      }),
    );
  const chosen: BearingVariant[] = [];
  for (const variant of [...bearingRows().map(variantOf), ...gridVariants()]) {
    const twin = chosen.some((one) => Math.abs(one.orders.BPFO / variant.orders.BPFO - 1) < 0.012);
    if (!twin && apart(variant)) chosen.push(variant);
    if (chosen.length === 10) break;
  }
  return chosen;
}

/** Every record against bearings that are not in the machine. */
export function wrongHypotheses(index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult {
  const counts = {
    good: { tests: 0, findings: 0, families: 0, low: 0 },
    bad: { tests: 0, findings: 0, families: 0, low: 0 },
  };
  const perRecord: Record<string, unknown>[] = [];
  for (const record of records) {
    const capture = readRecord(index, record);
    const own = ownBearings(record);
    const inside = own.map((position) => checkedVariant(position.variants[0]).variant);
    const wrong = wrongVariants(inside);
    const positions = own.flatMap((position) =>
      wrong.map((variant) => ({ ...position, position: `${position.position} as ${variant.id}`, variants: [variant] })),
    );
    const assessment = assessVibration(capture, motorOf(record, told, positions));
    const count = isFault(record) ? counts.bad : counts.good;
    const found: string[] = [];
    for (const { position, variants } of positions) {
      const ranked = assessment.scores.bearing[position]?.ranked ?? [];
      if (ranked.length === 0) continue;
      count.tests++;
      // The cage rates of all bearings lie close together: where they are the same, a cage finding is a right one.
      const sameCage = inside.some((one) => Math.abs(variants[0].orders.FTF / one.orders.FTF - 1) < 0.03);
      const families = ranked.filter((one) => !(sameCage && one.cause === 'cage'));
      count.families += families.length;
      count.low += families.filter((one) => one.p <= 0.05).length;
      const claims = assessment.findings.filter(
        (one) => one.params.position === position && !(sameCage && one.cause === 'bearing-cage'),
      );
      if (claims.length === 0) continue;
      count.findings++;
      found.push(
        ...claims.map(
          (one) => `${position}: ${one.cause} ${one.severityDb?.toFixed(1)} dB at ${one.orders[0].found.toFixed(3)}x`,
        ),
      );
    }
    if (found.length > 0) perRecord.push({ id: record.id, found });
  }
  const { good, bad } = counts;
  const tests = good.tests + bad.tests;
  const rate = (good.findings + bad.findings) / Math.max(1, tests);
  const metrics: Metric[] = [
    countMetric('false findings, good machines', good.findings, good.tests),
    countMetric('false findings, bad machines', bad.findings, bad.tests),
    { name: 'share p <= 0.05, good machines', value: good.low / Math.max(1, good.families) },
    { name: 'share p <= 0.05, bad machines', value: bad.low / Math.max(1, bad.families) },
  ];
  const goals = [
    atMost('false finding rate', rate, 0.005),
    atMost('false findings, good machines', good.findings, 0),
    atMost('share p <= 0.05, good machines', good.low / Math.max(1, good.families), 0.08),
  ];
  return { metrics, goals, perRecord };
}

export function scoresOf(assessment: Assessment): Record<string, unknown> {
  const { rollingBad, bearing } = assessment.scores;
  return {
    rollingBad: tidy(rollingBad),
    bearing: Object.fromEntries(
      Object.entries(bearing).map(([position, { bad, ranked }]) => [
        position,
        { bad: tidy(bad), first: ranked[0]?.cause ?? null, foundOrder: tidy(ranked[0]?.foundOrder ?? null) },
      ]),
    ),
  };
}

export const causesOf = (assessment: Assessment): string[] =>
  assessment.findings.map(
    (one) => `${one.subject}: ${one.cause}${one.severityDb === null ? '' : ` ${one.severityDb.toFixed(1)} dB`}`,
  );
