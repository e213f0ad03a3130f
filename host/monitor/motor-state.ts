/** From assessments to what a face shows of a motor. Nothing is judged here: the words and the status are wear's own. */
import type { Capture } from '../capture/capture.js';
import type { Assessment, Finding, Health, Indicator, MotorContext } from '../wear/types.js';
import type { FindingRow, MotorState, TrendPoint } from './fleet.js';
import { urgency } from './fleet.js';

/** What the site says of a motor and its board; the rest of a MotorState comes from captures. */
export interface MotorIdentity {
  id: string;
  name: string;
  zone: string;
  line: string;
  board: string;
  emulated: boolean;
  truth?: string;
}

/** A motor before its first capture. */
export function startingState(motor: MotorIdentity, context: MotorContext): MotorState {
  const { truth, ...identity } = motor;
  return {
    ...identity,
    ...(truth === undefined ? {} : { truth }),
    status: 'grey',
    grey: 'starting',
    reason: 'waiting for the first capture',
    blind: [],
    unseen: [],
    score: 0,
    velocityRmsMmS: null,
    velocityZone: null,
    currentRmsA: null,
    lineHz: null,
    speedHz: null,
    verdict: 'none',
    grade: motor.emulated ? 'E' : 'none',
    kid: null,
    lastCaptureAt: null,
    captures: 0,
    rejected: 0,
    findings: [],
    evidence: [],
    orders: bearingOrders(context),
  };
}

/** Marker choices of the envelope plot: the families of the first variant of each bearing. */
function bearingOrders(context: MotorContext): MotorState['orders'] {
  const variant = context.bearings[0]?.variants[0];
  if (!variant) return [];
  const { BPFO, BPFI, BSF, FTF } = variant.orders;
  return [
    { label: 'BPFO', order: BPFO },
    { label: 'BPFI', order: BPFI },
    { label: '2·BSF', order: 2 * BSF },
    { label: 'FTF', order: FTF },
  ];
}

/** The indicator of that name, else that of its axes or phases with the largest value, or undefined. */
function worst(assessments: readonly Assessment[], id: string): Indicator | undefined {
  const all = assessments.flatMap((a) => a.indicators);
  let found = all.find((indicator) => indicator.id === id && indicator.value !== null);
  if (found) return found;
  for (const indicator of all) {
    if (!indicator.id.startsWith(`${id}.`)) continue;
    if (indicator.value === null) continue;
    if (!found || indicator.value > (found.value ?? Number.NEGATIVE_INFINITY)) found = indicator;
  }
  return found;
}

/** Worst of the parts, never an average; grey stands before good, since silence is not health. */
export function worstHealth(healths: readonly Health[]): Health {
  const [first, ...rest] = [...healths].sort((a, b) => urgency(a.status) - urgency(b.status));
  const blind = [...new Set(healths.flatMap((health) => health.blind))];
  const parts = Object.assign({}, ...rest.map((health) => health.parts), first.parts);
  return { ...first, blind, parts };
}

function findingRow(finding: Finding): FindingRow {
  const order = finding.orders[0]?.found ?? null;
  return {
    id: finding.id,
    cause: finding.cause,
    subject: finding.subject,
    words: finding.words,
    says: finding.says,
    p: finding.p,
    severityDb: finding.severityDb,
    order,
    frequencyHz: order !== null && finding.frHz !== null ? order * finding.frHz : null,
    algorithm: finding.algorithm,
    seed: finding.seed,
  };
}

/** Largest severity over chance of any family of any bearing, in dB. */
function bearingSeverity(assessment: Assessment): number | null {
  const scores = Object.values(assessment.scores.bearing).flatMap((bearing) =>
    bearing.ranked.map((ranked) => ranked.score),
  );
  return scores.length > 0 ? Math.max(...scores) : null;
}

function largestScore(assessments: readonly Assessment[]): number {
  return Math.max(
    0,
    ...assessments.flatMap(({ scores: s }) => [
      s.rollingBad,
      s.unbalance,
      s.misalignment,
      s.looseness,
      s.electrical,
      s.changed,
    ]),
  );
}

export function trendPoint(at: number, capture: Capture, assessments: readonly Assessment[]): TrendPoint {
  const vibration = assessments.find((a) => a.kind === 'vibration');
  return {
    at,
    capture: capture.id,
    velocityRmsMmS: worst(assessments, 'rmsVelocity')?.value ?? null,
    currentRmsA: worst(assessments, 'rmsCurrent')?.value ?? null,
    bearingDb: vibration ? bearingSeverity(vibration) : null,
    kurtosis: worst(assessments, 'kurtosis')?.value ?? null,
    speedHz: vibration?.speed?.frHz ?? null,
    score: largestScore(assessments),
  };
}

/** The state after one more verified (or unsigned) capture. */
export function afterCapture(
  state: MotorState,
  capture: Capture,
  assessments: readonly Assessment[],
  point: TrendPoint,
  evidence: string | null,
): MotorState {
  const health = worstHealth(assessments.map((a) => a.health));
  const { learning } = health;
  const velocity = worst(assessments, 'rmsVelocity');
  const zone = typeof velocity?.params.zone === 'string' ? velocity.params.zone : null;
  const limits = Array.isArray(velocity?.params.limits) ? velocity.params.limits.map(Number) : null;
  return {
    ...state,
    status: health.status,
    grey: health.status === 'grey' ? health.grey : undefined,
    reason: health.reason,
    says: health.says,
    blind: health.blind,
    unseen: assessments.flatMap((one) => one.unseen),
    learning: learning && learning.have < learning.need ? { have: learning.have, need: learning.need } : undefined,
    score: point.score,
    velocityRmsMmS: point.velocityRmsMmS,
    velocityZone: velocity
      ? { zone, limits, basis: velocity.note ?? '', ...(velocity.says ? { says: velocity.says } : {}) }
      : null,
    currentRmsA: point.currentRmsA,
    lineHz: worst(assessments, 'lineFrequency')?.value ?? null,
    speedHz: point.speedHz,
    verdict: capture.verdict.kind,
    grade: capture.grade,
    kid: capture.evidence?.kid ?? null,
    lastCaptureAt: point.at,
    captures: state.captures + 1,
    findings: assessments.flatMap((a) => a.findings).map(findingRow),
    evidence: evidence ? [...state.evidence, evidence].slice(-100) : state.evidence,
  };
}
