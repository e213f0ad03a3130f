/**
 * The life of an alarm (after ISA-18.2): one alarm a motor and cause, latched until somebody has seen it. Pure transitions: the store
 * keeps the state, every transition is an event for its log.
 */
import type { Finding, FindingCause } from './types.js';

export type AlarmState =
  | 'normal'
  | 'raised-unacknowledged'
  | 'raised-acknowledged'
  | 'returned-unacknowledged'
  | 'shelved'
  | 'out-of-service';

export interface Alarm {
  motorId: string;
  cause: FindingCause;
  state: AlarmState;
  /** When this state began, ms since 1970. */
  since: number;
  raisedAt?: number;
  /** Findings that belong to it: new evidence joins the open alarm. */
  evidence: string[];
  words: string;
  /** Shelved until this time, and by whom; the state it returns to. */
  shelvedUntil?: number;
  by?: string;
  under?: 'normal' | 'raised-unacknowledged' | 'raised-acknowledged' | 'returned-unacknowledged';
}

export type AlarmEvent =
  | { kind: 'finding'; at: number; finding: Finding }
  | { kind: 'quiet'; at: number }
  | { kind: 'acknowledge'; at: number; by: string }
  | { kind: 'shelve'; at: number; by: string; until: number }
  | { kind: 'unshelve'; at: number; by: string }
  | { kind: 'out-of-service'; at: number; by: string }
  | { kind: 'in-service'; at: number; by: string }
  | { kind: 'tick'; at: number };

/** Evidence kept by name in an alarm; older names stay in the log. */
const EVIDENCE = 32;

export function newAlarm(motorId: string, cause: FindingCause): Alarm {
  return { motorId, cause, state: 'normal', since: 0, evidence: [], words: '' };
}

type Live = NonNullable<Alarm['under']>;

/** What a live (not shelved, in service) alarm does on an event. */
function live(state: Live, event: AlarmEvent): Live {
  switch (event.kind) {
    case 'finding':
      if (event.finding.level !== 'alarm') return state;
      return state === 'raised-acknowledged' ? state : 'raised-unacknowledged';
    case 'quiet':
      if (state === 'raised-unacknowledged') return 'returned-unacknowledged';
      return state === 'raised-acknowledged' ? 'normal' : state;
    case 'acknowledge':
      if (state === 'raised-unacknowledged') return 'raised-acknowledged';
      return state === 'returned-unacknowledged' ? 'normal' : state;
    default:
      return state;
  }
}

/**
 * The alarm after an event. `quiet` is the off rule of the history: below 0.7 of the threshold for eight captures. Shelving hides, it does
 * not forget: the state goes on underneath and shows when the time is over.
 */
export function alarmAfter(alarm: Alarm, event: AlarmEvent): Alarm {
  const hidden = alarm.state === 'shelved' || alarm.state === 'out-of-service';
  const under: Live = hidden ? (alarm.under ?? 'normal') : (alarm.state as Live);
  const next = live(under, event);
  const joined: Alarm = { ...alarm };
  if (event.kind === 'finding') {
    joined.evidence = [...alarm.evidence.filter((id) => id !== event.finding.id), event.finding.id].slice(-EVIDENCE);
    joined.words = event.finding.words;
    if (next === 'raised-unacknowledged' && under !== next) joined.raisedAt = event.at;
  }
  const to = (state: AlarmState): Alarm => {
    const { under: _u, shelvedUntil: _s, by: _b, ...rest } = joined;
    return { ...rest, state, since: state === alarm.state ? alarm.since : event.at };
  };
  if (event.kind === 'out-of-service') return { ...to('out-of-service'), under: next, by: event.by };
  if (alarm.state === 'out-of-service') return event.kind === 'in-service' ? to(next) : { ...joined, under: next };
  if (event.kind === 'shelve') return { ...to('shelved'), under: next, by: event.by, shelvedUntil: event.until };
  if (alarm.state === 'shelved') {
    const over = event.kind === 'unshelve' || event.at >= (alarm.shelvedUntil ?? 0);
    return over ? to(next) : { ...joined, under: next };
  }
  return to(next);
}
