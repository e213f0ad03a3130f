/**
 * What every face shows of the running system: the fleet, each motor's state with its one sentence of why, and what was refused.
 * Plain values, so that they go over the wire as JSON unchanged. Status words: NAMUR NE 107, plus grey for "no statement".
 */

import type { Remark, Said, Saying, Unseen } from '../wear/types.js';

export type { TrendPoint } from '../store/trend.js';

export const statuses = [
  'failure',
  'maintenance-required',
  'out-of-specification',
  'check-function',
  'grey',
  'good',
] as const;
export type Status = (typeof statuses)[number];

/** Why a motor is grey: no statement is made about it. */
export type GreyReason = 'stale' | 'blind' | 'invalid' | 'learning' | 'stopped' | 'starting';

/** One row of a finding for people; the full finding is in the assessment. */
export interface FindingRow {
  id: string;
  cause: string;
  subject: string;
  words: string;
  /** What the sentence is made of, for pages in other languages. */
  says: Saying;
  p: number | null;
  severityDb: number | null;
  order: number | null;
  frequencyHz: number | null;
  algorithm: string;
  seed: string;
}

export interface MotorState {
  id: string;
  name: string;
  zone: string;
  line: string;
  status: Status;
  grey?: GreyReason;
  /** The one sentence of why. Never empty. */
  reason: string;
  /** What that sentence is made of, for pages in other languages; absent before the first capture. */
  says?: Said[];
  /** Part of the machine that this sensor cannot see, in words; empty when nothing is hidden. */
  blind: string[];
  /** Faults that were not judged, with the reason of each. */
  unseen: Unseen[];
  /** Captures of the baseline so far and needed, while it is learned. */
  learning?: { have: number; need: number };
  score: number;
  velocityRmsMmS: number | null;
  /** ISO zone letter, its A/B, B/C, C/D limits in mm/s and the words that limit them, or why there is none. */
  velocityZone: { zone: string | null; limits: number[] | null; basis: string; says?: Remark[] } | null;
  currentRmsA: number | null;
  lineHz: number | null;
  speedHz: number | null;
  /** Verdict and grade of the last capture. */
  verdict: 'verified' | 'unsigned' | 'rejected' | 'none';
  grade: string;
  emulated: boolean;
  board: string;
  kid: string | null;
  /** Wall-clock time of the last valid capture, or null. */
  lastCaptureAt: number | null;
  captures: number;
  rejected: number;
  findings: FindingRow[];
  evidence: string[];
  /** Bearing orders whose markers the envelope plot draws: label, multiple of shaft speed. */
  orders: { label: string; order: number }[];
  /** For emulated motors: what the scenario really is. */
  truth?: string;
}

/** A refused capture, frame or greeting. Never wear. */
export interface Rejection {
  at: number;
  board: string;
  motor: string;
  reason: string;
  /** What a person reads. */
  text: string;
  count: number;
}

export interface FleetState {
  site: string;
  emulated: boolean;
  version: string;
  motors: MotorState[];
  rejections: Rejection[];
}

/** Order of urgency: worst first; grey stands before good, since silence is not health. */
export function urgency(status: Status): number {
  return statuses.indexOf(status);
}
