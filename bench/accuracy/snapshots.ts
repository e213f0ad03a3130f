/** Sets of snapshots in time: bearings run to their end, and a fan with and without a coin on its blade. */
import type { Capture } from '../../host/capture/capture.js';
import { type IndexRecord, type RecordingsIndex, readSnapshots } from '../../host/recordings/index.js';
import { rms } from '../../host/signal/index.js';
import {
  type Assessment,
  assessVibration,
  type History,
  type HistorySettings,
  learn,
  newHistory,
} from '../../host/wear/index.js';
import { motorOf, ownBearings, type Told, withSensor } from './records.js';
import {
  atLeast,
  atMost,
  aucMetric,
  countMetric,
  type Metric,
  medianOf,
  type Scored,
  type SetResult,
  tidy,
} from './scoring.js';

const LEARN_S = 1000;
const MIN_LEARN = 20;

interface Raise {
  fromS: number;
  toS?: number;
}

/** Raised and cleared times of the alarm of lasting change, as the product's own state machine has them. */
function raisesOf(
  assessments: readonly Assessment[],
  settings: HistorySettings,
  timeOf: (i: number) => number,
): Raise[] {
  const raises: Raise[] = [];
  let open: Raise | undefined;
  let quiet = 0;
  assessments.forEach((assessment, i) => {
    const on = assessment.findings.some((one) => one.cause === 'changed' && one.level === 'alarm');
    if (!open) {
      if (on) {
        open = { fromS: timeOf(i) };
        raises.push(open);
        quiet = 0;
      }
      return;
    }
    quiet = assessment.scores.rising < settings.offRatio ? quiet + 1 : 0;
    if (quiet >= settings.offCount) {
      open.toS = timeOf(i);
      open = undefined;
    }
  });
  return raises;
}

/** A set whose histories are short: goals are judged with the caution that was asked for; the rows without any follow it. */
function alsoWithout(run: (index: RecordingsIndex, records: IndexRecord[], told: Told) => SetResult) {
  return (index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult => {
    const asked = run(index, records, told);
    if (told.caution === 0) return asked;
    const without = run(index, records, { ...told, caution: 0 }).metrics;
    const rows = without.map(({ beside: _, ...metric }) => ({ ...metric, name: `${metric.name}, caution 0` }));
    return { ...asked, metrics: [...asked.metrics, ...rows] };
  };
}

export const pronostia = alsoWithout(runToTheEnd);
export const fan = alsoWithout(coinOnABlade);

function runToTheEnd(index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult {
  const perRecord: Record<string, unknown>[] = [];
  let never = 0;
  let leads = 0;
  let cleared = 0;
  let earlyStays = 0;
  let lifeStated = 0;
  let lifeHeld = 0;
  let lifeRefused = 0;
  let baselineCleared = 0;
  let shorter = 0;
  const all: (number | null)[] = [];
  const baselineAll: (number | null)[] = [];
  for (const record of records) {
    const motor = motorOf(record, told, ownBearings(record));
    const interval = record.snapshot_interval_s ?? 10;
    // Minute means where a minute holds several snapshots.
    const learned = Math.max(MIN_LEARN, Math.ceil(LEARN_S / interval));
    let history: History = newHistory({
      minCaptures: learned,
      minHours: 0,
      caution: told.caution,
      averageS: interval < 30 ? 60 : 0,
    });
    const assessments: Assessment[] = [];
    const levels: number[] = [];
    for (const capture of readSnapshots(index, record)) {
      const assessment = assessVibration(capture, motor, history);
      history = learn(history, assessment);
      assessments.push(assessment);
      levels.push(Math.log(rms(capture.channels[0].samples)));
    }
    const endS = (assessments.length - 1) * interval;
    const raises = raisesOf(assessments, history.settings, (i) => i * interval);
    const last = raises.at(-1);
    const stays = last && last.toS === undefined ? last : undefined;
    const lead = stays ? endS - stays.fromS : null;
    const clearedHere = raises.filter((one) => one.toS !== undefined).length;
    cleared += clearedHere;
    if (lead === null) never++;
    else if (lead >= 600) leads++;
    if (stays && stays.fromS < 0.1 * endS) earlyStays++;
    assessments.forEach((assessment, i) => {
      const life = assessment.remainingLife;
      if (!life) return;
      if ('refused' in life) {
        lifeRefused++;
        return;
      }
      lifeStated++;
      const truth = (endS - i * interval) / 3600;
      if (truth >= life.hours.p10 && truth <= life.hours.p90) lifeHeld++;
    });
    const simple = fiveInARow(levels, learned, interval);
    baselineCleared += simple.cleared;
    all.push(lead);
    baselineAll.push(simple.lead);
    if (simple.lead !== null && (lead === null || lead < simple.lead)) shorter++;
    perRecord.push({
      id: record.id,
      snapshots: assessments.length,
      raises: raises.map((one) => [one.fromS, one.toS ?? null]),
      finalLeadS: lead,
      endS,
      cleared: clearedHere,
    });
  }
  const text = (values: (number | null)[]): string =>
    values.map((one) => (one === null ? 'never' : String(one))).join(', ');
  const metrics: Metric[] = [
    {
      name: 'final lead by bearing',
      value: medianOf(all.filter((one) => one !== null)),
      unit: 's, median',
      note: text(all),
      beside: { '3 sigma on RMS, 5 in a row': text(baselineAll) },
    },
    countMetric('never raised to the end', never, records.length, {
      '3 sigma on RMS, 5 in a row': baselineAll.filter((one) => one === null).length,
    }),
    countMetric('final lead of 600 s or more', leads, records.length, {
      '3 sigma on RMS, 5 in a row': baselineAll.filter((one) => one !== null && one >= 600).length,
    }),
    countMetric("final lead shorter than the rule's", shorter, records.length),
    {
      name: 'cleared raisings a bearing',
      value: cleared / records.length,
      beside: { '3 sigma on RMS, 5 in a row': tidy(baselineCleared / records.length) },
    },
    countMetric('raised before 10 % of life and stays', earlyStays, records.length),
    { name: 'remaining life stated', value: lifeStated, unit: `of ${lifeStated + lifeRefused}` },
    { name: 'remaining life holds the truth', value: lifeHeld, unit: `of ${lifeStated}` },
  ];
  const goals = [
    atMost('never raised to the end', never, 0),
    atLeast('final lead of 600 s or more, share', leads / records.length, 4 / 6),
    atMost("final lead shorter than the rule's", shorter, 0),
    atMost('cleared raisings a bearing', cleared / records.length, 0.5),
    atMost('raised before 10 % of life and stays', earlyStays, 0),
    {
      metric: 'remaining life holds or is refused',
      goal: '>= 0.8 or all refused',
      met: lifeStated === 0 || lifeHeld / lifeStated >= 0.8,
    },
  ];
  return { metrics, goals, perRecord };
}

/** Baseline: ln RMS of the first channel over mean + 3 sigma in five snapshots in a row, cleared after five below. */
function fiveInARow(
  levels: readonly number[],
  learned: number,
  interval: number,
): { lead: number | null; cleared: number } {
  const part = levels.slice(0, learned);
  const mean = part.reduce((sum, one) => sum + one, 0) / part.length;
  const sigma = Math.sqrt(part.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (part.length - 1));
  let above = 0;
  let below = 0;
  let from: number | undefined;
  let cleared = 0;
  levels.forEach((level, i) => {
    if (i < learned) return;
    const high = level > mean + 3 * sigma;
    above = high ? above + 1 : 0;
    below = high ? 0 : below + 1;
    if (from === undefined && above >= 5) from = i * interval;
    if (from !== undefined && below >= 5) {
      from = undefined;
      cleared++;
    }
  });
  return { lead: from === undefined ? null : (levels.length - 1) * interval - from, cleared };
}

/** Snapshots of the fan that are learned, per speed. */
const FAN_LEARN = 30;

function coinOnABlade(index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult {
  const state = (record: IndexRecord): string => String(record.label?.condition);
  const speedOf = (record: IndexRecord): string => String(record.label?.speed);
  const snapshotsOf = (record: IndexRecord): Capture[] =>
    [...readSnapshots(index, record)].map((one) => withSensor(one, record));
  const items: Scored[] = [];
  const found: (number | null)[] = [];
  let falseRaises = 0;
  let normals = 0;
  let directions = 0;
  let judged = 0;
  let stopped = 0;
  let offs = 0;
  let rmsFound = 0;
  let coins = 0;
  let overFour = 0;
  const perRecord: Record<string, unknown>[] = [];
  for (const record of records.filter((one) => state(one) === 'off')) {
    for (const capture of snapshotsOf(record)) {
      offs++;
      if (!assessVibration(capture, motorOf(record, told)).running) stopped++;
    }
  }
  for (const normal of records.filter((one) => state(one) === 'normal')) {
    const motor = motorOf(normal, told);
    const captures = snapshotsOf(normal);
    let history = newHistory({ minCaptures: FAN_LEARN, minHours: 0, caution: told.caution });
    for (const capture of captures.slice(0, FAN_LEARN))
      history = learn(history, assessVibration(capture, motor, history));
    const judge = (list: readonly Capture[]): Assessment[] => {
      let state = history;
      return list.map((capture) => {
        const assessment = assessVibration(capture, motor, state);
        state = learn(state, assessment);
        return assessment;
      });
    };
    const isRaised = (one: Assessment): boolean => one.findings.some((finding) => finding.cause === 'changed');
    const rest = judge(captures.slice(FAN_LEARN));
    normals += rest.length;
    falseRaises += rest.filter(isRaised).length;
    overFour += rest.filter((one) => (one.changes ?? []).filter((change) => Math.abs(change.z) > 4).length >= 2).length;
    const levels = captures.slice(0, FAN_LEARN).map((capture) => rms(capture.channels[0].samples));
    const mean = levels.reduce((sum, one) => sum + one, 0) / levels.length;
    const sigma = Math.sqrt(levels.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (levels.length - 1));
    for (const coin of records.filter((one) => state(one) === 'weight_on_blade' && speedOf(one) === speedOf(normal))) {
      const coinCaptures = snapshotsOf(coin);
      const changed = judge(coinCaptures);
      for (const one of rest) items.push({ group: normal.id, bad: false, score: one.scores.changed });
      for (const one of changed) items.push({ group: coin.id, bad: true, score: one.scores.changed });
      const at = changed.findIndex(isRaised);
      found.push(at < 0 ? null : at + 1);
      judged++;
      const now = medianOf(coinCaptures.map((capture) => rms(capture.channels[0].samples))) ?? 0;
      const last = changed.at(-1)?.changes?.find((one) => one.indicator.startsWith('rmsAcceleration.'));
      const down = now < mean;
      if (last && (down ? last.down > last.up : last.up > last.down)) directions++;
      coins += coinCaptures.length;
      rmsFound += coinCaptures.filter((capture) => rms(capture.channels[0].samples) > mean + 3 * sigma).length;
      perRecord.push({
        id: coin.id,
        foundInSnapshots: found.at(-1) ?? null,
        first: changed[at]?.findings.find((one) => one.cause === 'changed')?.words ?? null,
      });
    }
  }
  const auc = aucMetric('AUC changed', items);
  const slowest = found.some((one) => one === null) || found.length === 0 ? null : Math.max(...(found as number[]));
  const metrics: Metric[] = [
    auc,
    {
      name: 'coin found, slowest',
      value: slowest,
      unit: 'snapshots',
      note: found.map((one) => one ?? 'never').join(', '),
      beside: { 'RMS x > mean + 3 sigma': `${rmsFound} of ${coins} snapshots` },
    },
    countMetric('false changes', falseRaises, normals),
    countMetric('normal snapshots with two indicators over 4 sigma', overFour, normals),
    countMetric('direction right', directions, judged),
    countMetric('off recognised as stopped', stopped, offs),
  ];
  const goals = [
    atLeast('AUC changed', auc.value === null ? null : Number(auc.value.toFixed(2)), 1),
    atMost('coin found, slowest', slowest, 5),
    atMost('false changes, share', falseRaises / Math.max(1, normals), 0.01),
  ];
  return { metrics, goals, perRecord };
}
