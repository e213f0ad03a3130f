/** Stator currents of one motor (kz-current/2): line, distortion, unbalance, negative sequence, rotor bars, change, health. */
import type { Capture, Channel } from '../capture/capture.js';
import { changeFinding, changeScore } from './change.js';
import { eccentricityParams, judgeEccentricity } from './eccentricity.js';
import type { AxisSamples } from './envelope-lines.js';
import { type FindingContext, makeFinding } from './finding.js';
import { healthOf } from './health.js';
import { changesOf, regimeKey, requireHistory } from './history.js';
import { indicatorMaker } from './indicator.js';
import {
  currentUnbalance,
  harmonicDistortion,
  type LineFrequency,
  lineFrequency,
  parkVector,
  phaseLevels,
} from './line-current.js';
import { channelsOf, judgeQuality, longestSpan } from './quality.js';
import { judgeRotorBars, type RotorBars, rotorBarParams } from './rotor-bars.js';
import {
  judgeSequence,
  phaseOf,
  type SequenceTrack,
  type SequenceVerdict,
  type StoredReference,
  sequenceParams,
  sequenceTrack,
} from './sequence.js';
import type {
  Assessment,
  Finding,
  FindingCause,
  History,
  Indicator,
  LearnEvidence,
  MotorContext,
  ReasonCode,
  RegimeHistory,
  Remark,
  Unseen,
} from './types.js';
import { channelSight, mayRotorBars, maySequence } from './validity.js';

export const CURRENT_ALGORITHM = 'kz-current/2';

/** Captures that a stored reference of the negative sequence needs at most. */
const REFERENCE_CAPTURES = 10;
/** A machine runs when its current stands this far over the quietest converter can do: lsb/√12. */
const OVER_NOISE = 3;
/** Share of the line in the RMS of a motor's current. What a clamp picks up of an open circuit is noise and harmonics. */
const LINE_SHARE = 0.5;
/** Current of a running motor over its rated one: the magnetising current alone is some 0.2 to 0.5 of it (practice). */
const LEAST_LOAD = 0.05;

interface Phases {
  channels: [Channel, Channel, Channel];
  samples: [Float64Array, Float64Array, Float64Array];
}

/**
 * Assesses the current channels of a capture.
 * @throws KZ0651 without current, KZ0652 for a rejected capture, KZ0655 for a foreign history
 */
export function assessCurrent(capture: Capture, motor: MotorContext, history?: History): Assessment {
  requireHistory(history);
  const channels = channelsOf(capture, 'current');
  const { quality, axes } = judgeQuality(capture, channels);
  const byId = new Map(channels.map((channel) => [channel.id, channel]));
  const { fsHz } = capture;
  const make = indicatorMaker(capture, CURRENT_ALGORITHM);
  const indicators: Indicator[] = [];
  const blind: string[] = [];
  const values: LearnEvidence['values'] = {};
  const rmsByChannel: Record<string, number> = {};

  const lines = axes.map((axis) => lineFrequency(longestSpan(axis), fsHz, motor.supplyHz));
  const strongest = lines.reduce<LineFrequency | undefined>(
    (top, one) => (one && (!top || one.amplitude > top.amplitude) ? one : top),
    undefined,
  );
  const f1Hz = strongest?.hz ?? motor.supplyHz;
  const levels = phaseLevels(axes.map(longestSpan));
  const noise = Math.max(0, ...channels.map((channel) => (channel.lsb ?? 0) / Math.sqrt(12)));
  const level = Math.max(0, ...levels);
  const load = motor.ratedA && channels[0].unit === 'A' ? level / motor.ratedA : undefined;
  const standing = standingIn(level, noise, load, strongest);
  const running = axes.length > 0 && f1Hz !== undefined && standing === undefined;

  axes.forEach((axis, i) => {
    const channel = byId.get(axis.channel) as Channel;
    const unit = channel.unit === 'relative' ? 'relative' : channel.unit;
    rmsByChannel[channel.id] = levels[i];
    indicators.push(make({ id: `rmsCurrent.${channel.id}`, value: levels[i], unit, channels: [channel.id] }));
    if (running) values[`rmsCurrent.${channel.id}`] = { value: levels[i] };
    const line = lines[i];
    if (!line || !running) return;
    const sight = channelSight(channel, fsHz, motor);
    const { thd, highest } = harmonicDistortion(line, fsHz, sight.bandwidthHz);
    if (highest < 2) return;
    indicators.push(
      make({ id: `thd.${channel.id}`, value: 100 * thd, unit: `% to ${highest}th`, channels: [channel.id] }),
    );
    values[`thd.${channel.id}`] = { value: thd };
  });
  if (f1Hz !== undefined && strongest) {
    indicators.push(make({ id: 'lineFrequency', value: f1Hz, unit: 'Hz', channels: channels.map((one) => one.id) }));
  }

  const regimeName = running ? regimeKey(history, undefined, load) : undefined;
  const regime = regimeName === undefined ? undefined : history?.regimes[regimeName];
  const context: FindingContext = {
    capture,
    motor,
    blind,
    ...(history ? { history } : {}),
    ...(regime ? { regime } : {}),
  };
  const findings: Finding[] = [];
  const hits: Partial<Record<FindingCause, number>> = {};
  const evidence: LearnEvidence = { values, admitted: true, durationS: quality.durationS, hits, rms: rmsByChannel };
  let events: Assessment['events'];
  let electrical = 0;
  const unseen: Unseen[] = [];
  const notSeen = (fault: FindingCause, code: ReasonCode, text: string, partly = false): void => {
    unseen.push({ fault, code, text, partly });
  };

  const phases = running ? phasesOf(axes, byId) : undefined;
  if (running && f1Hz !== undefined) {
    const may = maySequence(phases ? 3 : axes.length, fsHz, f1Hz);
    if (!phases || may.level === 'no') {
      const text = may.text || 'the three clamps do not cover the same samples';
      blind.push(text);
      notSeen('inter-turn', may.code ?? 'GAPS', text);
    } else {
      const result = assessSequence(phases, fsHz, f1Hz, regime, history);
      indicators.push(...sequenceIndicators(make, phases, levels, axes, result.track, fsHz, f1Hz));
      electrical = result.verdict.score;
      const unbalance = currentUnbalance(levels);
      if (unbalance > 0) values.currentUnbalance = { value: unbalance };
      if (result.verdict.quiet) evidence.sequence = { ...result.verdict.quiet, level: result.track.level };
      if (result.verdict.events.length > 0) {
        events = result.verdict.events.map((event) => ({
          kind: 'inter-turn',
          onS: event.onS,
          ...(event.offS === undefined ? {} : { offS: event.offS }),
          phase: phaseOf(event.deltaRe, event.deltaIm),
          delta: Math.sqrt(event.deltaRe * event.deltaRe + event.deltaIm * event.deltaIm),
        }));
        findings.push(interTurnFinding(context, phases, result.verdict, result.track));
        hits['inter-turn'] = Math.max(1, result.verdict.score);
      }
    }
    const bars = rotorBarsOf(axes, channels, fsHz, f1Hz, motor);
    indicators.push(barIndicator(make, axes, bars));
    if ('refused' in bars) {
      blind.push(`rotor bars: ${bars.text}`);
      notSeen('rotor-bars', bars.refused, bars.text);
    } else {
      values.rotorBars = { value: bars.levelDb, db: true };
      if (bars.band === 'probable' || bars.band === 'severe') {
        hits['rotor-bars'] = bars.band === 'severe' ? 2 : 1;
        electrical = Math.max(electrical, bars.band === 'severe' ? 2 : 1);
        findings.push(
          makeFinding(context, {
            algorithm: CURRENT_ALGORITHM,
            params: { ...rotorBarParams, ...bars },
            channels: [axes[0].channel],
            subject: 'rotor',
            cause: 'rotor-bars',
            severityDb: bars.levelDb,
            says: { of: 'rotor-bars', band: bars.band, levelDb: bars.levelDb },
          }),
        );
      }
    }
  }
  if (running && strongest) {
    const gap = airGap(context, make, strongest, lines.indexOf(strongest), axes, byId);
    indicators.push(gap.indicator);
    findings.push(...gap.findings);
    if (gap.score >= 1) hits.eccentricity = gap.score;
    electrical = Math.max(electrical, gap.score);
    if (gap.value !== undefined) values.eccentricity = { value: gap.value, db: true };
    if (gap.refused) notSeen('eccentricity', gap.refused.code, gap.refused.text);
    else
      notSeen(
        'eccentricity',
        'SPEED_UNKNOWN',
        'static eccentricity alone: the number of rotor bars is not known',
        true,
      );
    if (!gap.refused && !regime?.baseline)
      notSeen('eccentricity', 'NO_BASELINE', 'speaks against its own baseline only', true);
  }
  if (quality.status !== 'good') evidence.admitted = 'quality';
  else if (findings.length > 0) evidence.admitted = 'an electrical finding';
  const changes = history && running ? changesOf(regime, evidence, capture.at, history.settings) : undefined;
  const change = history ? changeFinding(context, changes, history.settings, regime?.baseline) : undefined;
  if (change) {
    findings.push(change);
    hits.changed = changeScore(changes, history?.settings ?? { h: 1 });
  }
  return {
    schema: 'kizashi-assessment/1',
    captureId: capture.id,
    kind: 'current',
    ...(capture.at === undefined ? {} : { at: capture.at }),
    source: capture.source,
    verdict: capture.verdict,
    grade: capture.grade,
    quality,
    running,
    ...(regimeName === undefined ? {} : { regime: regimeName }),
    indicators,
    findings,
    unseen,
    scores: {
      rollingBad: 0,
      bearing: {},
      unbalance: 0,
      misalignment: 0,
      looseness: 0,
      electrical,
      changed: history ? changeScore(changes, history.settings) : 0,
      rising: 0,
    },
    health: healthOf({
      quality,
      running,
      ...(standing === undefined ? {} : { standing }),
      findings,
      blind,
      allBlind: false,
      seen: [{ of: 'record-seen', what: phases ? 'three-phases' : 'line-current' }],
      ...(regime ? { regime } : {}),
      ...(history ? { settings: history.settings } : {}),
    }),
    ...(changes ? { changes } : {}),
    ...(events ? { events } : {}),
    notes: ['misalignment: not supported by current'],
    evidence,
  };
}

/** Why the motor is not taken as running; undefined when it is. */
function standingIn(
  level: number,
  noise: number,
  load: number | undefined,
  strongest: LineFrequency | undefined,
): Remark | undefined {
  if (!(level > OVER_NOISE * noise)) return { of: 'record-standing', why: 'converter-level' };
  // A record of fewer than twelve cycles shows no line, running or not.
  if (strongest && strongest.amplitude < LINE_SHARE * Math.SQRT2 * level)
    return { of: 'record-standing', why: 'no-supply-line' };
  if (load !== undefined && load < LEAST_LOAD) return { of: 'record-unloaded', load };
  return undefined;
}

/** Three phases in the order A, B, C by their declared phase, else by the order of the channels. */
function phasesOf(axes: readonly AxisSamples[], byId: ReadonlyMap<string, Channel>): Phases | undefined {
  if (axes.length !== 3) return undefined;
  const sorted = [...axes];
  if (axes.every((axis) => byId.get(axis.channel)?.phase)) {
    sorted.sort((a, b) => ((byId.get(a.channel)?.phase ?? '') < (byId.get(b.channel)?.phase ?? '') ? -1 : 1));
  }
  const samples = sorted.map(longestSpan);
  if (samples.some((one) => one.length !== samples[0].length)) return undefined;
  return {
    channels: sorted.map((axis) => byId.get(axis.channel) as Channel) as Phases['channels'],
    samples: samples as Phases['samples'],
  };
}

function assessSequence(
  phases: Phases,
  fsHz: number,
  f1Hz: number,
  regime: RegimeHistory | undefined,
  history: History | undefined,
): { track: SequenceTrack; verdict: SequenceVerdict } {
  const skews = phases.channels.map((channel) => channel.skewS ?? 0) as [number, number, number];
  const track = sequenceTrack(phases.samples, fsHz, f1Hz, skews);
  return { track, verdict: judgeSequence(track, storedReference(regime, history)) };
}

/** Complex median over the regime's healthy captures; the spread between captures is in its sigma. */
function storedReference(regime: RegimeHistory | undefined, history: History | undefined): StoredReference | undefined {
  const stored = regime?.sequence;
  if (!stored || !history || stored.re.length < Math.min(REFERENCE_CAPTURES, history.settings.minCaptures))
    return undefined;
  const middle = (all: number[]): number => {
    const sorted = [...all].sort((a, b) => a - b);
    const n = sorted.length;
    return n % 2 === 1 ? sorted[(n - 1) / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
  };
  return { re: middle(stored.re), im: middle(stored.im), sigma: middle(stored.sigma) };
}

function sequenceIndicators(
  make: ReturnType<typeof indicatorMaker>,
  phases: Phases,
  levels: number[],
  axes: readonly AxisSamples[],
  track: SequenceTrack,
  fsHz: number,
  f1Hz: number,
): Indicator[] {
  const channels = phases.channels.map((channel) => channel.id);
  const q = track.re.map((re, i) => Math.sqrt(re * re + track.im[i] * track.im[i])).sort();
  const middle = q.length === 0 ? Number.NaN : q[q.length >> 1];
  const { epva } = parkVector(...phases.samples, fsHz, f1Hz);
  const own: Remark = { of: 'record-caution', why: 'own-baseline' };
  return [
    make({
      id: 'currentUnbalance',
      value: currentUnbalance(levels),
      unit: '%',
      channels: axes.map((axis) => axis.channel),
      says: [own],
    }),
    make({
      id: 'negativeSequence',
      value: middle,
      unit: 'I2/I1',
      channels,
      params: { windows: track.re.length },
      says: track.reversed ? [{ of: 'record-caution', why: 'reversed' }, own] : [own],
    }),
    make({ id: 'parkAxisRatio', value: (1 + middle) / (1 - middle), unit: '1', channels }),
    make({ id: 'epva', value: 100 * epva, unit: '%', channels }),
  ];
}

function interTurnFinding(
  context: FindingContext,
  phases: Phases,
  verdict: SequenceVerdict,
  track: SequenceTrack,
): Finding {
  const event = verdict.events.reduce((top, one) =>
    one.deltaRe * one.deltaRe + one.deltaIm * one.deltaIm > top.deltaRe * top.deltaRe + top.deltaIm * top.deltaIm
      ? one
      : top,
  );
  const phase = phaseOf(event.deltaRe, event.deltaIm);
  return makeFinding(context, {
    algorithm: CURRENT_ALGORITHM,
    params: { ...sequenceParams, events: verdict.events, reversed: track.reversed, score: verdict.score },
    channels: phases.channels.map((channel) => channel.id),
    subject: `stator phase ${phase}`,
    cause: 'inter-turn',
    says: { of: 'inter-turn', phase },
  });
}

function rotorBarsOf(
  axes: readonly AxisSamples[],
  channels: readonly Channel[],
  fsHz: number,
  f1Hz: number,
  motor: MotorContext,
): RotorBars {
  const channel = channels.find((one) => one.id === axes[0].channel) as Channel;
  const sinad = channelSight(channel, fsHz, motor).sinadDb;
  if (sinad !== undefined) {
    const may = mayRotorBars(sinad, motor.utilisation ?? 1);
    if (may.level === 'no') return { refused: 'SENSOR_NOISE_FLOOR', text: may.text };
  }
  const synchronous = motor.polePairs ? f1Hz / motor.polePairs : undefined;
  const ratedSlip = synchronous && motor.ratedRpm ? 1 - motor.ratedRpm / 60 / synchronous : undefined;
  const measured = motor.speed && motor.speed.source !== 'nameplate' ? motor.speed.nominalRpm / 60 : undefined;
  const slip = synchronous && measured ? 1 - measured / synchronous : undefined;
  return judgeRotorBars({
    x: longestSpan(axes[0]),
    fsHz,
    f1Hz,
    drive: motor.drive,
    ...(slip === undefined ? {} : { slip }),
    ...(ratedSlip === undefined ? {} : { ratedSlip }),
  });
}

function barIndicator(
  make: ReturnType<typeof indicatorMaker>,
  axes: readonly AxisSamples[],
  bars: RotorBars,
): Indicator {
  const channels = [axes[0].channel];
  if ('refused' in bars) {
    const refused = { code: bars.refused, text: bars.text };
    return make({ id: 'rotorBars', value: Number.NaN, unit: 'dB', channels, refused });
  }
  const { levelDb, ...params } = bars;
  const says: Remark[] = [{ of: 'record-caution', why: 'simulation' }];
  return make({ id: 'rotorBars', value: levelDb, unit: 'dB', channels, params, says });
}

interface AirGap {
  indicator: Indicator;
  findings: Finding[];
  /** Growth over the one that is a finding; 0 without a baseline. */
  score: number;
  value?: number;
  refused?: { code: ReasonCode; text: string };
}

/** Lines at f1 ± fr of the phase that shows the supply most clearly, against their baseline. */
function airGap(
  context: FindingContext,
  make: ReturnType<typeof indicatorMaker>,
  line: LineFrequency,
  index: number,
  axes: readonly AxisSamples[],
  byId: ReadonlyMap<string, Channel>,
): AirGap {
  const { capture, motor, regime } = context;
  const channels = [axes[index].channel];
  const sight = channelSight(byId.get(channels[0]) as Channel, capture.fsHz, motor);
  const toHz = Math.min(0.4 * capture.fsHz, sight.bandwidthHz ?? Number.POSITIVE_INFINITY);
  const gap = judgeEccentricity(line, capture.fsHz, toHz, motor);
  if ('refused' in gap) {
    const refused = { code: gap.refused, text: gap.text };
    const indicator = make({ id: 'eccentricity', value: Number.NaN, unit: 'dB', channels, refused });
    return { indicator, findings: [], score: 0, refused };
  }
  const { levelDb, ...params } = gap;
  const indicator = make({ id: 'eccentricity', value: levelDb, unit: 'dB', channels, params });
  const base = regime?.baseline?.eccentricity;
  const growthDb = base ? levelDb - base.median : 0;
  const score = gap.stands ? Math.max(0, growthDb / eccentricityParams.growthDb) : 0;
  const findings =
    base && score >= 1
      ? [
          makeFinding(context, {
            algorithm: CURRENT_ALGORITHM,
            params: { ...eccentricityParams, ...gap },
            channels,
            subject: 'air gap',
            cause: 'eccentricity',
            severityDb: levelDb,
            baseline: { id: regime?.key ?? '', deltaDb: growthDb, z: growthDb / base.sigma },
            says: { of: 'eccentricity', levelDb, growthDb },
          }),
        ]
      : [];
  return { indicator, findings, score, value: levelDb };
}
