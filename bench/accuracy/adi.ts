/** The MEMS rig: bearings against everything else, and unbalance against the healthy record of the same speed and load. */
import { type IndexRecord, type RecordingsIndex, readRecord } from '../../host/recordings/index.js';
import { rms } from '../../host/signal/index.js';
import { type Assessment, assessVibration, type History, learn, newHistory } from '../../host/wear/index.js';
import { causesOf, namesRight, scoresOf } from './bearing-sets.js';
import { envelopePeaks } from './envelope-peaks.js';
import { motorOf, ownBearings, type Told } from './records.js';
import { atLeast, atMost, aucMetric, countMetric, type Metric, type Scored, type SetResult, tidy } from './scoring.js';

const condition = (record: IndexRecord): unknown => record.label?.condition;
const sameOperation = (record: IndexRecord): string => `${record.rpm}/${record.load_lb}`;

/** One healthy record is all the index has of each speed and load: learning from it is what the benchmark states as its setting. */
export const adiSettings = { minCaptures: 1, minHours: 0 } as const;

export function adi(index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult {
  const captures = new Map(records.map((record) => [record.id, readRecord(index, record)]));
  const captureOf = (record: IndexRecord) => captures.get(record.id) as NonNullable<ReturnType<typeof captures.get>>;
  const motor = (record: IndexRecord) => motorOf(record, told, ownBearings(record));
  const cold = records.map((record) => assessVibration(captureOf(record), motor(record)));

  const items: Scored[] = [];
  const e: Scored[] = [];
  const c: Scored[] = [];
  let named = 0;
  let faults = 0;
  let falseFindings = 0;
  let goods = 0;
  let speeds = 0;
  const byComponent = new Map<string, { n: number; found: number; named: number }>();
  const perRecord: Record<string, unknown>[] = [];
  records.forEach((record, i) => {
    const assessment = cold[i];
    const bad = condition(record) === 'bearing_fault';
    const group = String(record.group ?? record.id);
    items.push({ group, bad, score: assessment.scores.rollingBad });
    const [own] = ownBearings(record);
    const axes = captureOf(record).channels.map((channel) => channel.samples);
    const nominal = (record.rpm ?? 0) / 60;
    const { orders } = own.variants[0];
    e.push({
      group,
      bad,
      score: envelopePeaks(axes, record.fs_hz, nominal, orders, { whiten: false, band: [2000, 9000] }).score,
    });
    c.push({ group, bad, score: envelopePeaks(axes, record.fs_hz, nominal, orders, { whiten: true }).score });
    if (Math.abs((assessment.speed?.frHz ?? 0) / nominal - 1) <= 0.005) speeds++;
    const finding = assessment.findings.some((one) => one.cause.startsWith('bearing-') || one.cause === 'impulsive');
    if (bad) {
      faults++;
      const component = String(record.label?.component);
      const right = namesRight(assessment.scores.bearing[own.position]?.ranked[0]?.cause, component);
      if (right) named++;
      const entry = byComponent.get(component) ?? { n: 0, found: 0, named: 0 };
      entry.n++;
      if (finding) entry.found++;
      if (right) entry.named++;
      byComponent.set(component, entry);
    } else {
      goods++;
      if (finding) falseFindings++;
    }
    perRecord.push({
      id: record.id,
      rpm: tidy(60 * (assessment.speed?.frHz ?? 0)),
      scores: scoresOf(assessment),
      findings: causesOf(assessment),
    });
  });

  const auc = aucMetric('AUC bearing bad/good', items, {
    E: tidy(aucMetric('', e).value),
    C: tidy(aucMetric('', c).value),
  });
  const metrics: Metric[] = [
    auc,
    countMetric('false findings, good bearings', falseFindings, goods),
    countMetric('right fault first', named, faults),
    countMetric('speed within 0.5 % of the nominal one', speeds, records.length),
  ];
  for (const [component, { n, found }] of [...byComponent].sort(([a], [b]) => (a < b ? -1 : 1))) {
    metrics.push(countMetric(`found, ${component}`, found, n));
  }
  for (const rpm of [...new Set(records.map((record) => record.rpm))].sort((a, b) => Number(a) - Number(b))) {
    const part = items.filter((_, i) => records[i].rpm === rpm);
    const one = aucMetric(`AUC at ${rpm} r/min`, part);
    if (one.value !== null) metrics.push({ name: one.name, value: one.value });
  }
  const shaft = mechanical(
    records,
    cold,
    (record, history) => assessVibration(captureOf(record), motor(record), history),
    (record) => captureOf(record).channels.map((channel) => rms(channel.samples)),
  );
  metrics.push(...shaft.metrics);
  perRecord.push(...shaft.perRecord);
  return {
    metrics,
    goals: [
      atLeast('AUC bearing bad/good', auc.value, 0.88),
      atMost('false findings rate, good bearings', falseFindings / Math.max(1, goods), 0.02),
      ...shaft.goals,
    ],
    perRecord,
  };
}

function mechanical(
  records: readonly IndexRecord[],
  cold: readonly Assessment[],
  assess: (record: IndexRecord, history: History) => Assessment,
  levels: (record: IndexRecord) => number[],
): SetResult {
  const healthy = new Map<string, number>();
  records.forEach((record, i) => {
    if (condition(record) === 'healthy' && !healthy.has(sameOperation(record))) healthy.set(sameOperation(record), i);
  });
  const items: Scored[] = [];
  let skipped = 0;
  let unbalanced = 0;
  let found = 0;
  let others = 0;
  let claimed = 0;
  let rmsFound = 0;
  let lineFound = 0;
  let lineClaimed = 0;
  const bySeverity = new Map<string, { n: number; found: number }>();
  const perRecord: Record<string, unknown>[] = [];
  for (const record of records) {
    if (condition(record) === 'healthy') continue;
    const reference = healthy.get(sameOperation(record));
    if (reference === undefined) {
      skipped++;
      continue;
    }
    const history = learn(newHistory(adiSettings), cold[reference]);
    const assessment = assess(record, history);
    const bad = condition(record) === 'imbalance';
    const finding = assessment.findings.find((one) => one.cause === 'unbalance');
    items.push({ group: String(record.group ?? record.id), bad, score: assessment.scores.unbalance });
    const before = levels(records[reference]);
    const grown = Math.max(...levels(record).map((level, i) => level / before[i]));
    const line = growthOfFirst(assessment, history);
    if (bad) {
      unbalanced++;
      if (finding) found++;
      if (grown > 1.25) rmsFound++;
      if (line > 1.5) lineFound++;
      const severity = String(record.label?.severity);
      const entry = bySeverity.get(severity) ?? { n: 0, found: 0 };
      entry.n++;
      if (finding) entry.found++;
      bySeverity.set(severity, entry);
    } else {
      others++;
      if (finding) claimed++;
      if (line > 1.5) lineClaimed++;
    }
    perRecord.push({
      id: record.id,
      against: records[reference].id,
      unbalance: tidy(assessment.scores.unbalance),
      firstOrderGrowth: tidy(line),
      findings: causesOf(assessment),
    });
  }
  const auc = aucMetric('AUC unbalance against other states', items);
  const metrics: Metric[] = [
    countMetric('unbalance found', found, unbalanced, { '1x > 1.5': lineFound, 'RMS > 1.25': rmsFound }),
    countMetric('unbalance claimed on other states', claimed, others, { '1x > 1.5': lineClaimed }),
    auc,
    { name: 'records without a healthy one of equal speed and load', value: skipped, note: 'skipped' },
  ];
  for (const [severity, one] of [...bySeverity].sort(([a], [b]) => (a < b ? -1 : 1))) {
    metrics.push(countMetric(`unbalance found, ${severity}`, one.found, one.n));
  }
  const goals =
    unbalanced > 0
      ? [
          atLeast('unbalance found, share', found / unbalanced, 0.9),
          atMost('unbalance claimed on other states', claimed, 0),
        ]
      : [];
  return { metrics, goals, perRecord };
}

/** Largest growth of the 1x line over the axes, from what the assessment reports. */
function growthOfFirst(assessment: Assessment, history: History): number {
  const baseline = assessment.regime === undefined ? undefined : history.regimes[assessment.regime]?.baseline;
  let most = 0;
  for (const [id, { value }] of Object.entries(assessment.evidence.values)) {
    const base = id.startsWith('order1.') ? baseline?.[id] : undefined;
    if (base) most = Math.max(most, value / Math.exp(base.median));
  }
  return most;
}
