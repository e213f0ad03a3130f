/**
 * Health of a motor in the words of NAMUR NE 107: the worst of its parts, never an average. Grey is a state of its own and wins over
 * green, and every status carries one sentence of why.
 */

import { type Severity, severitySaying } from './axis-indicators.js';
import { remarksWords, saidWords } from './record-words.js';
import type {
  Finding,
  GreyKind,
  Health,
  HealthPart,
  HealthStatus,
  HistorySettings,
  Quality,
  RegimeHistory,
  Remark,
  Said,
} from './types.js';

const rank: Record<HealthStatus, number> = {
  failure: 5,
  'maintenance-required': 4,
  'out-of-specification': 3,
  'check-function': 2,
  grey: 1,
  good: 0,
};

/** Score of a severity finding in zone D among the keys turned; in zone C it is 1. */
export const ZONE_D = 2;

/** Severity in dB from which a confirmed bearing finding is a failure when it still rises. */
const FAILURE_DB = 15;

export interface HealthInput {
  quality: Quality;
  running: boolean;
  /** What is said of a machine that was not seen running. */
  standing?: Remark;
  findings: readonly Finding[];
  severity?: Severity;
  blind: string[];
  /** Nothing of what was asked can be seen. */
  allBlind: boolean;
  seen: readonly Said[];
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
  electrical: 'electrical',
  eccentricity: 'electrical',
  supply: 'electrical',
  changed: 'change',
};

/** Of two equally bad parts the sentence is that of the more specific one. */
const bySpecificity: HealthPart[] = ['electrical', 'bearing', 'shaft', 'severity', 'change', 'quality'];
/** Parts that name what is wrong with the machine. */
const wear: ReadonlySet<HealthPart> = new Set(['electrical', 'bearing', 'shaft']);

function statusOfFinding(finding: Finding, input: HealthInput): HealthStatus {
  const { cause, level } = finding;
  if (cause === 'inter-turn') return level === 'alarm' ? 'failure' : 'maintenance-required';
  if (cause === 'severity') return zoneDStays(finding, input) ? 'failure' : 'out-of-specification';
  if (cause === 'changed' || cause === 'supply' || level !== 'alarm') return 'out-of-specification';
  if (cause === 'rotor-bars' && finding.params.band !== 'severe') return 'out-of-specification';
  const bearing = partOf[cause] === 'bearing';
  if (bearing && input.rising === true && (finding.severityDb ?? 0) >= FAILURE_DB) return 'failure';
  return 'maintenance-required';
}

/** Zone D in this capture and in as many of the last ones as an alarm needs. */
function zoneDStays(finding: Finding, { regime, settings }: HealthInput): boolean {
  if (!settings || finding.params.zone !== 'D') return false;
  const { hits, of } = settings.persistence;
  const before = (regime?.recent.severity ?? []).slice(-(of - 1));
  return 1 + before.filter((score) => score >= ZONE_D).length >= hits;
}

/**
 * The parts whose sentences are told: the worst one. Where the level is outside as well, what is wrong and how bad it is are said together, whichever of
 * the two is the worse.
 */
function partsToTell(worst: HealthPart, parts: Health['parts']): HealthPart[] {
  const outside = (part: HealthPart) => rank[parts[part]?.status ?? 'good'] >= rank['out-of-specification'];
  const named = worst === 'severity' ? bySpecificity.find((part) => wear.has(part) && outside(part)) : worst;
  return named && wear.has(named) && outside('severity') ? [named, 'severity'] : [worst];
}

/** Worst of the parts, with the sentence of the worst. */
export function healthOf(input: HealthInput): Health {
  const { quality, running, findings, severity, blind } = input;
  const parts: Health['parts'] = {};
  const said: Partial<Record<HealthPart, Said>> = {};
  const worsen = (part: HealthPart, status: HealthStatus, says: Said | undefined): void => {
    const known = parts[part];
    if (known && rank[status] <= rank[known.status]) return;
    parts[part] = { status, reason: says ? saidWords(says, 'en') : 'good' };
    said[part] = says;
  };
  const doubt = quality.reasons[0]?.says;
  if (quality.status === 'unusable') {
    const says: Said = doubt ?? { of: 'record-no-channel' };
    worsen('quality', 'check-function', says);
    return grey('invalid', 'Data invalid: ', [says], blind, parts);
  }
  if (!running) {
    const { standing } = input;
    return grey('stopped', standing ? '' : 'Stopped', standing ? [standing] : [], blind, parts);
  }
  // Gaps alone are counted by the capture; each stretch is analysed on its own and is as good as any.
  const sound = quality.status === 'good' || quality.reasons.every((reason) => reason.code === 'GAPS');
  worsen('quality', sound ? 'good' : 'check-function', doubt);
  if (severity?.zone) {
    const { zone } = severity;
    worsen(
      'severity',
      zone === 'C' || zone === 'D' ? 'out-of-specification' : 'good',
      severitySaying({ ...severity, zone }),
    );
  }
  for (const finding of findings) worsen(partOf[finding.cause], statusOfFinding(finding, input), finding.says);
  const learning = learningOf(input.regime, input.settings);
  let worst: HealthPart | undefined;
  for (const part of bySpecificity) {
    const here = parts[part];
    if (here && (worst === undefined || rank[here.status] > rank[parts[worst]?.status ?? 'good'])) worst = part;
  }
  const status = worst ? (parts[worst]?.status ?? 'good') : 'good';
  const suspicious: Said[] = learning?.suspicious ? [{ of: 'record-suspicious' }] : [];
  const aside = suspicious.map((one) => ` (${saidWords(one, 'en')})`).join('');
  const seen = remarksWords(input.seen, 'en');
  if (status === 'good') {
    if (input.allBlind)
      return grey('blind', `Blind: ${blind[0] ?? 'this sensor cannot see what is asked'}`, [], blind, parts, learning);
    if (learning && learning.have < learning.need) {
      const reason = `Learning (${learning.have} of ${learning.need}): ${seen}${aside}`;
      return { status: 'grey', grey: 'learning', reason, says: [...input.seen, ...suspicious], blind, parts, learning };
    }
    const notch = blind.length > 0 ? `; not seen: ${blind.join('; ')}` : '';
    return {
      status,
      reason: `Good: ${seen}${notch}${aside}`,
      says: [...input.seen, ...suspicious],
      blind,
      parts,
      ...(learning ? { learning } : {}),
    };
  }
  const told = (worst ? partsToTell(worst, parts) : []).flatMap((part) => said[part] ?? []);
  const reason = `${headline[status]}: ${remarksWords(told, 'en')}${aside}`;
  return { status, reason, says: [...told, ...suspicious], blind, parts, ...(learning ? { learning } : {}) };
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
  start: string,
  says: Said[],
  blind: string[],
  parts: Health['parts'],
  learning?: Health['learning'],
): Health {
  const reason = start + remarksWords(says, 'en');
  return { status: 'grey', grey: kind, reason, says, blind, parts, ...(learning ? { learning } : {}) };
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
  const need = regime?.need ?? settings.minCaptures;
  return { have: Math.min(seen, need - 1), need, suspicious };
}
