/** The state of a site as its history tells it: one row a motor, with its sentence. Nothing runs for it; the store is enough. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { worstHealth } from '../monitor/index.js';
import type { Motor } from '../motors/index.js';
import { Store, type StoredCapture } from '../store/index.js';
import type { Explained } from '../wear/record-words.js';
import type { Assessment, Health } from '../wear/types.js';
import { reasonText, statusWord } from './status.js';

export interface MotorStatus {
  motor: string;
  word: string;
  health: Pick<Health, 'status' | 'grey'>;
  reason: string;
  /** What that sentence is made of, for pages in other languages. */
  explained: Explained;
  verdict: string;
  grade: string;
  /** Wall-clock time of the last capture in ms, and its age in seconds. */
  at: number | null;
  ageS: number | null;
  capture?: StoredCapture;
  assessments: Assessment[];
}

/** A motor is silent after this many intervals without a valid capture, as in host/monitor. */
const staleIntervals = 3;

/** Opens the history of a state folder where there is one. @throws KZ0901, KZ0902 */
export function openHistory(root: string): Store | undefined {
  return existsSync(join(root, 'kizashi.db')) ? Store.open(root) : undefined;
}

export function statusOf(
  motor: Motor,
  store: Store | undefined,
  { now, intervalS }: { now: number; intervalS: number },
): MotorStatus {
  const [capture] = store?.captures(motor.id, 1) ?? [];
  // vibration speaks first where both are equally urgent, as in host/monitor
  const assessments = capture && store ? store.lastAssessments(motor.id).reverse() : [];
  if (!capture || assessments.length === 0)
    return {
      motor: motor.id,
      word: 'silent',
      health: { status: 'grey', grey: 'stale' },
      reason: 'no capture yet',
      explained: { status: 'grey', grey: 'starting', reason: 'no capture yet', unseen: [] },
      verdict: '-',
      grade: '-',
      at: null,
      ageS: null,
      assessments: [],
    };
  const health = worstHealth(assessments.map((assessment) => assessment.health));
  const ageS = Math.max(0, (now - capture.at) / 1000);
  const silent = ageS > staleIntervals * intervalS;
  const shown: Pick<Health, 'status' | 'grey'> = silent ? { status: 'grey', grey: 'stale' } : health;
  return {
    motor: motor.id,
    word: statusWord(shown),
    health: shown,
    explained: { ...health, ...shown, unseen: assessments.flatMap((one) => one.unseen) },
    reason: silent ? `no capture for ${ageText(ageS)}; the last one said: ${reasonText(health)}` : reasonText(health),
    verdict: capture.verdict,
    grade: capture.grade,
    at: capture.at,
    ageS,
    capture,
    assessments,
  };
}

/** `12 min`, `3 h`, `5 d`. */
export function ageText(seconds: number | null): string {
  if (seconds === null) return '-';
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 72 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
