/**
 * Vibration of one motor: quality and running first, then speed, indicators, bearings, shaft, change, health.
 */
import type { Capture, Channel } from '../capture/capture.js';
import { type AxisFeatures, axisFeatures } from './axis-features.js';
import { type Severity, severitySaying, timeIndicators, velocityIndicators } from './axis-indicators.js';
import { assessPosition, LineCache, type PositionResult } from './bearing-position.js';
import { changeFinding, changeScore, risingScore } from './change.js';
import { trackDrift } from './drift.js';
import type { FindingContext } from './finding.js';
import { healthOf, ZONE_D } from './health.js';
import { changesOf, regimeKey, requireHistory } from './history.js';
import { impulsiveFinding, impulsiveness, severityFinding, shaftFindings } from './machine-findings.js';
import { electricalFinding, machineLines } from './machine-lines.js';
import { channelsOf, judgeQuality } from './quality.js';
import { remainingLife } from './remaining-life.js';
import { judgeRunning, shaftSpeed } from './running.js';
import { harmonicCount, harmonicsIndicator, judgeShaft, orderIndicator } from './shaft.js';
import { tachoSpeed } from './tacho.js';
import type {
  Assessment,
  Finding,
  History,
  LearnEvidence,
  MotorContext,
  Remark,
  Said,
  Scores,
  SpeedEstimate,
} from './types.js';
import { unseenInVibration } from './unseen.js';
import { channelSight } from './validity.js';

/** Block-median kurtosis above which a capture does not enter a baseline. */
const ADMIT_KURTOSIS = 4;

/**
 * Assesses the acceleration channels of a capture: they are the axes of one housing, unless bearing positions name channels.
 * @throws KZ0651 without acceleration, KZ0652 for a rejected capture, KZ0653 for contradictory bearing data, KZ0655 for a foreign history
 */
export function assessVibration(capture: Capture, motor: MotorContext, history?: History): Assessment {
  requireHistory(history);
  const channels = channelsOf(capture, 'acceleration');
  const { quality, axes } = judgeQuality(capture, channels);
  const byId = new Map(channels.map((channel) => [channel.id, channel]));
  const sightOf = (id: string) => channelSight(byId.get(id) as Channel, capture.fsHz, motor);
  const seenRunning = judgeRunning(axes, sightOf, byId, motor, history);
  const running = axes.length > 0 && seenRunning.running;
  const estimated = running ? (tachoSpeed(capture) ?? shaftSpeed(axes, sightOf, capture.fsHz, motor)) : undefined;
  const tracked = estimated && trackDrift(axes, capture.fsHz, estimated, motor.speed?.tolerance ?? 0.05);
  const speed = tracked?.speed;
  const features = axes.map((axis) =>
    axisFeatures(axis, byId.get(axis.channel) as Channel, sightOf(axis.channel), capture.fsHz, speed?.frHz),
  );
  const rpm = speed && speed.frHz * 60;
  const { indicators: velocity, severity } = velocityIndicators(capture, features, motor, rpm, quality.durationS);
  const indicators = [...timeIndicators(capture, features), ...velocity];
  const regimeName = running ? regimeKey(history, rpm, undefined) : undefined;
  const regime = regimeName === undefined ? undefined : history?.regimes[regimeName];
  const blind: string[] = [];
  const context: FindingContext = {
    capture,
    motor,
    blind,
    ...(history ? { history } : {}),
    ...(regime ? { regime } : {}),
    ...(speed ? { speed } : {}),
  };

  const shaft = judgeShaft(features, regime?.baseline, severity.zone);
  const lines = machineLines(capture, running ? axes : [], features, motor, speed, regime?.baseline, severity.zone);
  indicators.push(...lines.indicators);
  const grossUnbalance =
    (shaft.share >= 0.8 && (severity.zone === 'C' || severity.zone === 'D')) || (shaft.growth ?? 0) >= 4;
  const cache = new LineCache();
  const positions = running
    ? motor.bearings.map((position): [string, PositionResult] => {
        const even = tracked?.axes ?? axes;
        const mine = position.channels ? even.filter((axis) => position.channels?.includes(axis.channel)) : even;
        const ofMine = features.filter((one) => mine.some((axis) => axis.channel === one.channel.id));
        return [position.position, assessPosition(context, position, ofMine, mine, speed, grossUnbalance, cache)];
      })
    : [];
  for (const [, result] of positions) {
    indicators.push(...result.indicators);
    blind.push(...result.blind);
  }

  const impulse = impulsiveness(features);
  const evidence = evidenceOf(features, positions, severity, impulse.kurtosis, quality.status);
  Object.assign(evidence.values, lines.values);
  const changes = history && running ? changesOf(regime, evidence, capture.at, history.settings) : undefined;
  const scores: Scores = {
    rollingBad: Math.max(0, impulse.score, ...positions.map(([, result]) => result.score.bad)),
    bearing: Object.fromEntries(positions.map(([position, result]) => [position, result.score])),
    unbalance: shaft.unbalance,
    misalignment: shaft.misalignment,
    looseness: shaft.looseness,
    electrical: lines.electrical,
    changed: history ? changeScore(changes, history.settings) : 0,
    rising: history ? risingScore(changes, history.settings) : 0,
  };
  const findings: Finding[] = [];
  if (running && quality.status !== 'unusable') {
    findings.push(...positions.flatMap(([, result]) => result.findings));
    findings.push(...shaftFindings(context, shaft, features), ...electricalFinding(context, lines, shaft.growth));
    findings.push(...severityFinding(context, severity));
    if (impulse.score >= 1 && !findings.some((one) => one.cause.startsWith('bearing-'))) {
      findings.push(impulsiveFinding(context, impulse));
    }
    const change = history ? changeFinding(context, changes, history.settings, regime?.baseline) : undefined;
    if (change) findings.push(change);
  }
  for (const finding of findings) evidence.hits[finding.cause] ??= scoreOf(finding, scores);
  const clear = positions.flatMap(([, result]) => (result.clear ? [result.clear] : []));
  const rising = (changes ?? []).some((one) => one.indicator.startsWith('severity.') && one.up > 0);
  const assessment: Assessment = {
    schema: 'kizashi-assessment/1',
    captureId: capture.id,
    kind: 'vibration',
    ...(capture.at === undefined ? {} : { at: capture.at }),
    source: capture.source,
    verdict: capture.verdict,
    grade: capture.grade,
    quality,
    running,
    ...(regimeName === undefined ? {} : { regime: regimeName }),
    ...(speed ? { speed } : {}),
    indicators,
    findings,
    unseen: running
      ? unseenInVibration({
          motor,
          features,
          positions,
          severity,
          indicators,
          ...(speed ? { speed } : {}),
          ...(regime ? { regime } : {}),
        })
      : [],
    scores,
    health: healthOf({
      quality,
      running,
      ...(seenRunning.says ? { standing: seenRunning.says } : {}),
      findings,
      severity,
      blind,
      allBlind: positions.length > 0 && positions.every(([, result]) => result.refused) && severity.zone === undefined,
      seen: seenIn(clear, severity, speed),
      rising,
      ...(regime ? { regime } : {}),
      ...(history ? { settings: history.settings } : {}),
    }),
    ...(changes ? { changes } : {}),
    notes: positions.flatMap(([, result]) => result.notes),
    evidence,
  };
  if (history && changes) assessment.remainingLife = remainingLife(assessment, regime, history.settings, severity);
  return assessment;
}

function seenIn(clear: Remark[], severity: Severity, speed: SpeedEstimate | undefined): Said[] {
  const { zone, velocity } = severity;
  const said: Said[] = [...clear];
  if (velocity !== undefined)
    said.push(zone ? severitySaying({ ...severity, zone }) : { of: 'record-velocity' as const, velocityMmS: velocity });
  if (speed) said.push({ of: 'record-speed', frHz: speed.frHz });
  return said.length > 0 ? said : [{ of: 'record-seen', what: 'vibration' }];
}

function scoreOf(finding: Finding, scores: Scores): number {
  if (finding.cause === 'unbalance') return scores.unbalance;
  if (finding.cause === 'misalignment') return scores.misalignment;
  if (finding.cause === 'looseness') return scores.looseness;
  if (finding.cause === 'electrical') return scores.electrical;
  if (finding.cause === 'changed') return scores.rising;
  // Zone D has its own persistence: a failure, where zone C is out of specification.
  if (finding.cause === 'severity') return finding.params.zone === 'D' ? ZONE_D : 1;
  return 1;
}

/** What learn takes up: positive indicators by axis, severities by family, keys turned. */
function evidenceOf(
  features: readonly AxisFeatures[],
  positions: readonly [string, PositionResult][],
  severity: Severity,
  kurtosis: number,
  quality: string,
): LearnEvidence {
  const values: LearnEvidence['values'] = {};
  const rms: Record<string, number> = {};
  const add = (id: string, value: number): void => {
    if (value > 0 && Number.isFinite(value)) values[id] = { value };
  };
  for (const { channel, time, velocity, highFrequency, orders, f1Hz, f2Hz } of features) {
    rms[channel.id] = time.rms.median;
    add(`rmsAcceleration.${channel.id}`, time.rms.median);
    add(`peak.${channel.id}`, time.meanPeak);
    add(`kurtosis.${channel.id}`, time.kurtosis.median);
    add(`rmsHighFrequency.${channel.id}`, highFrequency);
    if (f2Hz > f1Hz) add(`rmsVelocity.${channel.id}`, velocity);
    for (const order of [1, 2]) add(orderIndicator(order, channel.id), orders.get(order)?.amplitude ?? 0);
  }
  if (features.some((one) => one.orders.size > 0))
    values[harmonicsIndicator] = { value: harmonicCount(features).count, db: true };
  const hits: LearnEvidence['hits'] = {};
  for (const [, result] of positions) {
    Object.assign(values, result.values);
    for (const [cause, score] of Object.entries(result.hits)) {
      const key = cause as keyof typeof hits;
      hits[key] = Math.max(hits[key] ?? 0, score);
    }
  }
  const held = Object.values(hits).some((score) => score >= 1);
  const why =
    quality !== 'good'
      ? 'quality'
      : severity.zone === 'C' || severity.zone === 'D'
        ? `zone ${severity.zone}`
        : held
          ? 'a bearing family over its keys'
          : kurtosis >= ADMIT_KURTOSIS
            ? 'impulsive'
            : undefined;
  return { values, admitted: why ?? true, durationS: 0, hits, rms };
}
