/** Assessments as rows of a table, where there are many. */
import type { Capture } from '../capture/capture.js';
import type { Assessment, Finding } from '../wear/index.js';
import { pText } from './assessment-report.js';
import { type FeatureVerdict, rowsText } from './feature-rows.js';
import { digits } from './output.js';
import { statusWord } from './status.js';

export const rowHead = ['RECORD', 'HZ', 'R/MIN', 'VELOCITY', 'KURTOSIS', 'FINDING', 'P', 'DB', 'VERDICT'];
/** Columns of numbers. */
export const rowNumbers = [1, 2, 4, 6, 7];

export interface RowSource {
  /** Of feature rows. */
  table?: FeatureVerdict;
  /** Of a capture that a gateway attests. */
  attested?: Capture['attested'];
}

/** One row: what was read, what was found, how far it may be trusted. */
export function rowOf(
  name: string,
  fsHz: number,
  assessment: Assessment,
  { table, attested }: RowSource = {},
): string[] {
  const { speed, findings, health } = assessment;
  const worst = worstFinding(findings);
  return [
    name,
    String(Number(fsHz.toPrecision(6))),
    speed ? digits(speed.frHz * 60) : '',
    velocityText(assessment),
    largest(assessment, 'kurtosis'),
    table ? rowsText(table) : worst ? `${worst.cause} ${worst.subject}`.slice(0, 48) : 'none',
    worst ? pText(worst) : '',
    worst?.severityDb === null || worst?.severityDb === undefined ? '' : worst.severityDb.toFixed(1),
    `${statusWord(health)} (${attested ? `screening, attested by ${attested.gateway}` : trustText(assessment)})`,
  ];
}

function trustText({ verdict, grade }: Assessment): string {
  return verdict.kind === 'verified' ? `verified, grade ${grade}` : verdict.kind;
}

const levels: Finding['level'][] = ['watch', 'warning', 'alarm'];

function worstFinding(findings: readonly Finding[]): Finding | undefined {
  const rank = (finding: Finding): number => levels.indexOf(finding.level) * 1000 + (finding.severityDb ?? 0);
  return [...findings].sort((a, b) => rank(b) - rank(a))[0];
}

/** Largest velocity with its unit, or the reason code why there is none. */
function velocityText({ indicators }: Assessment): string {
  const all = indicators.filter(({ id }) => id.split('.')[0] === 'rmsVelocity');
  const valid = all.filter((i) => i.valid === true && i.value !== null);
  if (valid.length > 0) {
    const largestOf = valid.reduce((a, b) => ((a.value ?? 0) > (b.value ?? 0) ? a : b));
    return `${digits(largestOf.value ?? Number.NaN, 3)} ${largestOf.unit} rms`;
  }
  const refused = all.find(({ valid: v }) => v !== true)?.valid;
  return refused && refused !== true ? refused.refused : '';
}

function largest({ indicators }: Assessment, name: string): string {
  const values = indicators
    .filter(({ id, valid, value }) => id.split('.')[0] === name && valid === true && value !== null)
    .map(({ value }) => value as number);
  return values.length > 0 ? digits(Math.max(...values), 3) : '';
}
