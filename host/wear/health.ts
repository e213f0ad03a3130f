/**
 * Health of a motor in the words of NAMUR NE 107: the worst of its parts, never an average. Grey is a state of its own and wins over
 * green, and every status carries one sentence of why.
 */

import type { Severity } from './axis-indicators.js';
import type {
  Finding,
  GreyKind,
  Health,
  HealthPart,
  HealthStatus,
  HistorySettings,
  Quality,
  RegimeHistory,
} from './types.js';

const rank: Record<HealthStatus, number> = {
  failure: 5,
  'maintenance-required': 4,
  'out-of-specification': 3,
  'check-function': 2,
  grey: 1,
  good: 0,
};

/** Severity in dB from which a confirmed bearing finding is a failure when it still rises. */
const FAILURE_DB = 15;

export interface HealthInput {
  quality: Quality;
  running: boolean;
  findings: readonly Finding[];
  severity?: Severity;
  blind: string[];
  /** Nothing of what was asked can be seen. */
  allBlind: boolean;
  seen: string;
  regime?: RegimeHistory;
  settings?: HistorySettings;
  /** The severity of the confirmed bearing finding still rises against its baseline. */
  rising?: boolean;
}

const partOf: Record<Finding['cause'], HealthPart> = {
  'bearing-outer': 'bearing',
  'bearing-inner': 'bearing',
  'bearing-ball': 'bearing',
  'bearing-cage': 'bearing',
  'bearing-unknown': 'bearing',
  impulsive: 'bearing',
  unbalance: 'shaft',
  misalignment: 'shaft',
  looseness: 'shaft',
  severity: 'severity',
  'inter-turn': 'electrical',
  'rotor-bars': 'electrical',
  supply: 'electrical',
  changed: 'change',
};

/** Of two equally bad parts the sentence is that of the more specific one. */
const bySpecificity: HealthPart[] = ['electrical', 'bearing', 'shaft', 'severity', 'change', 'quality'];

function statusOfFinding(finding: Finding, rising: boolean): HealthStatus {
  if (finding.cause === 'inter-turn') return finding.level === 'alarm' ? 'failure' : 'maintenance-required';
  if (finding.cause === 'changed' || finding.cause === 'supply') return 'out-of-specification';
  if (finding.level !== 'alarm') return 'out-of-specification';
  const bearing = partOf[finding.cause] === 'bearing';
  if (bearing && rising && (finding.severityDb ?? 0) >= FAILURE_DB) return 'failure';
  return 'maintenance-required';
}

/** Worst of the parts, with the sentence of the worst. */
export function healthOf(input: HealthInput): Health {
  const { quality, running, findings, severity, blind } = input;
  const parts: Health['parts'] = {};
  const worsen = (part: HealthPart, status: HealthStatus, reason: string): void => {
    const known = parts[part];
    if (!known || rank[status] > rank[known.status]) parts[part] = { status, reason };
  };
  if (quality.status === 'unusable') {
    const reason = quality.reasons[0]?.text ?? 'no usable channel';
    worsen('quality', 'check-function', reason);
    return grey('invalid', `Data invalid: ${reason}`, blind, parts);
  }
  if (!running) return grey('stopped', 'Stopped: vibration is at the level of the sensor itself', blind, parts);
  worsen('quality', quality.status === 'good' ? 'good' : 'check-function', quality.reasons[0]?.text ?? 'good');
  // Gaps alone are counted by the capture; each stretch is analysed on its own and is as good as any.
  if (quality.reasons.every((reason) => reason.code === 'GAPS'))
    parts.quality = { status: 'good', reason: quality.reasons[0]?.text ?? 'good' };
  if (severity?.zone) {
    const words = `velocity ${severity.velocity?.toFixed(1)} mm/s, ${severity.verdict?.text ?? ''}`;
    const status = severity.zone === 'C' || severity.zone === 'D' ? 'out-of-specification' : 'good';
    worsen('severity', status, words);
  }
  for (const finding of findings)
    worsen(partOf[finding.cause], statusOfFinding(finding, input.rising === true), finding.words);
  const learning = learningOf(input.regime, input.settings);
  let worst: HealthPart | undefined;
  for (const part of bySpecificity) {
    const here = parts[part];
    if (here && (worst === undefined || rank[here.status] > rank[parts[worst]?.status ?? 'good'])) worst = part;
  }
  const status = worst ? (parts[worst]?.status ?? 'good') : 'good';
  const suspicious = learning?.suspicious ? ' (learning on a suspicious machine)' : '';
  if (status === 'good') {
    if (input.allBlind)
      return grey('blind', `Blind: ${blind[0] ?? 'this sensor cannot see what is asked'}`, blind, parts, learning);
    if (learning && learning.have < learning.need) {
      return grey(
        'learning',
        `Learning (${learning.have} of ${learning.need}): ${input.seen}${suspicious}`,
        blind,
        parts,
        learning,
      );
    }
    const notch = blind.length > 0 ? `; not seen: ${blind.join('; ')}` : '';
    return {
      status,
      reason: `Good: ${input.seen}${notch}${suspicious}`,
      blind,
      parts,
      ...(learning ? { learning } : {}),
    };
  }
  const reason = `${headline[status]}: ${worst ? parts[worst]?.reason : ''}${suspicious}`;
  return { status, reason, blind, parts, ...(learning ? { learning } : {}) };
}

const headline: Record<HealthStatus, string> = {
  failure: 'Failure',
  'maintenance-required': 'Maintenance required',
  'out-of-specification': 'Out of specification',
  'check-function': 'Check function',
  grey: 'No statement',
  good: 'Good',
};

function grey(
  kind: GreyKind,
  reason: string,
  blind: string[],
  parts: Health['parts'],
  learning?: Health['learning'],
): Health {
  return { status: 'grey', grey: kind, reason, blind, parts, ...(learning ? { learning } : {}) };
}

function learningOf(
  regime: RegimeHistory | undefined,
  settings: HistorySettings | undefined,
): Health['learning'] | undefined {
  if (!settings) return undefined;
  if (regime?.baseline)
    return { have: settings.minCaptures, need: settings.minCaptures, suspicious: regime.suspicious };
  const seen = regime?.captures ?? 0;
  const suspicious = seen >= 10 && (regime?.admitted ?? 0) < 0.7 * seen;
  // Enough captures but not enough hours is still learning.
  return { have: Math.min(seen, settings.minCaptures - 1), need: settings.minCaptures, suspicious };
}
