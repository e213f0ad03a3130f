/** Currents: inter-turn shorts as they come, tenth of a second by tenth of a second; misalignment that current cannot see. */
import type { Capture } from '../../host/capture/capture.js';
import { type IndexRecord, type RecordingsIndex, readRecord } from '../../host/recordings/index.js';
import { type Assessment, assessCurrent, type History, learn, newHistory } from '../../host/wear/index.js';
import { motorOf, type Told } from './records.js';
import { atLeast, atMost, countMetric, type Metric, medianOf, type SetResult, tidy } from './scoring.js';
import { sequenceEvent } from './sequence-reference.js';

const STEP_S = 0.1;
const isHealthy = (record: IndexRecord): boolean => record.label?.condition === 'healthy';

/** The first `samples` of a capture: what was known at that time. */
function prefix(capture: Capture, samples: number): Capture {
  return {
    ...capture,
    channels: capture.channels.map((channel) => ({ ...channel, samples: channel.samples.subarray(0, samples) })),
    spans: [[0, samples]],
  };
}

interface Stream {
  /** Time of the first alarm in s, by the clock of the samples, and when it had been said. */
  onS?: number;
  saidS?: number;
  offS?: number;
  phase?: string;
  score: number;
  changed: boolean;
}

/** Streams a record without look-ahead: at every step only the past exists. */
function stream(capture: Capture, motor: Parameters<typeof assessCurrent>[1], history: History): Stream {
  const step = Math.round(STEP_S * capture.fsHz);
  const n = capture.channels[0].samples.length;
  const result: Stream = { score: 0, changed: false };
  for (let to = step; to <= n; to += step) {
    const assessment = assessCurrent(prefix(capture, to), motor, history);
    result.score = Math.max(result.score, assessment.scores.electrical);
    const event = assessment.events?.[0];
    if (!event) continue;
    if (result.onS === undefined) {
      result.onS = event.onS;
      result.saidS = to / capture.fsHz;
    } else if (Math.abs(event.onS - result.onS) > 2 * STEP_S) result.changed = true;
    result.phase = event.phase;
    if (result.offS === undefined && event.offS !== undefined) result.offS = event.offS;
  }
  return result;
}

export function itsc(index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult {
  const captures = records.map((record) => readRecord(index, record));
  const motors = records.map((record) => motorOf(record, told));
  // The stored reference comes from healthy records of the index, leaving out the record in question.
  const settings = { minCaptures: Math.max(1, records.filter(isHealthy).length - 1), minHours: 0, averageS: 0 };
  const healthy = records.map((record, i) =>
    isHealthy(record) ? assessCurrent(captures[i], motors[i], newHistory(settings)) : undefined,
  );
  const historyWithout = (left: number): History => {
    let history = newHistory(settings);
    healthy.forEach((assessment, i) => {
      if (assessment && i !== left) history = learn(history, assessment);
    });
    return history;
  };
  const streams = records.map((_, i) => stream(captures[i], motors[i], historyWithout(i)));

  let detected = 0;
  let faults = 0;
  let early = 0;
  let falseAlarms = 0;
  let healthyCount = 0;
  let phaseRight = 0;
  let released = 0;
  let releases = 0;
  const latencies: number[] = [];
  const perRecord: Record<string, unknown>[] = [];
  records.forEach((record, i) => {
    const one = streams[i];
    const entry: Record<string, unknown> = {
      id: record.id,
      onS: tidy(one.onS ?? null),
      offS: tidy(one.offS ?? null),
      phase: one.phase ?? null,
      score: tidy(one.score),
    };
    perRecord.push(entry);
    if (isHealthy(record)) {
      healthyCount++;
      if (one.onS !== undefined) falseAlarms++;
      return;
    }
    const event = sequenceEvent(captures[i], record.supply_hz as number);
    if (event.kind === 'no event') {
      entry.reference = 'no event';
      return;
    }
    faults++;
    if (one.onS !== undefined) detected++;
    if (one.phase === record.label?.phase) phaseRight++;
    if (event.kind === 'starts faulted') {
      entry.reference = 'starts faulted';
      return;
    }
    entry.referenceOnS = tidy(event.onS);
    entry.referenceOffS = tidy(event.offS ?? null);
    if (one.onS !== undefined) {
      const latency = one.onS - event.onS;
      entry.latencyS = tidy(latency);
      if (latency < -0.05) early++;
      else latencies.push(Math.max(0, latency));
    }
    if (event.offS !== undefined) {
      releases++;
      if (one.offS !== undefined && one.offS - event.offS <= 0.5) released++;
    }
  });
  const latency = medianOf(latencies);
  const most = latencies.length > 0 ? Math.max(...latencies) : null;
  const metrics: Metric[] = [
    countMetric('shorts detected', detected, faults, { 'unbalance %': 'useless: a short lowers it in phase B' }),
    countMetric('alarms before onset', early, faults),
    countMetric('false alarms on healthy records', falseAlarms, healthyCount),
    { name: 'latency, median', value: latency, unit: 's' },
    { name: 'latency, largest', value: most, unit: 's' },
    countMetric('released within 0.5 s', released, releases),
    countMetric('phase named right', phaseRight, faults),
  ];
  const goals = [
    atLeast('shorts detected, share', detected / Math.max(1, faults), 1),
    atMost('false alarms', early + falseAlarms, 0),
    atMost('latency, median', latency, 0.12),
    atMost('latency, largest', most, 0.4),
    atLeast('phase named right, share', phaseRight / Math.max(1, faults), 0.9),
  ];
  return { metrics, goals, perRecord };
}

export function mcsa(index: RecordingsIndex, records: IndexRecord[], told: Told): SetResult {
  const captures = records.map((record) => readRecord(index, record));
  const motors = records.map((record) => motorOf(record, told));
  const operation = (record: IndexRecord): string => `${record.label?.direction}/${record.rpm}`;
  const settings = (record: IndexRecord) => ({
    minCaptures: Math.max(
      1,
      records.filter((one) => isHealthy(one) && operation(one) === operation(record)).length - 1,
    ),
    minHours: 0,
    averageS: 0,
  });
  const cold = records.map((_, i) => assessCurrent(captures[i], motors[i]));
  const assessed = records.map((record, i): Assessment => {
    let history = newHistory(settings(record));
    records.forEach((one, j) => {
      if (j !== i && isHealthy(one) && operation(one) === operation(record)) history = learn(history, cold[j]);
    });
    return assessCurrent(captures[i], motors[i], history);
  });
  let claims = 0;
  const shifts: number[] = [];
  const perRecord = records.map((record, i) => {
    const { findings } = assessed[i];
    if (findings.some((one) => one.cause === 'misalignment')) claims++;
    const level = (assessment: Assessment): number => Object.values(assessment.evidence.rms)[0] ?? Number.NaN;
    const references = cold
      .filter((_, j) => isHealthy(records[j]) && operation(records[j]) === operation(record))
      .map(level);
    const reference = medianOf(references);
    const shift = reference === null ? null : 100 * (level(cold[i]) / reference - 1);
    if (shift !== null && !isHealthy(record)) shifts.push(Math.abs(shift));
    return { id: record.id, findings: findings.map((one) => one.cause), rmsShiftPercent: tidy(shift) };
  });
  const metrics: Metric[] = [
    countMetric('misalignment claimed from current', claims, records.length),
    countMetric(
      'other findings',
      assessed.filter((one) => one.findings.some((finding) => finding.cause !== 'misalignment')).length,
      records.length,
    ),
    { name: 'RMS shift of misaligned records, median', value: medianOf(shifts), unit: '%', note: 'information' },
  ];
  return { metrics, goals: [atMost('misalignment claimed from current', claims, 0)], perRecord };
}
