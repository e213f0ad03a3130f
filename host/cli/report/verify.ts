/**
 * Verifying a report: the evidence inside under keys you hold, the findings computed again from it, the page written again and compared
 * byte for byte. What the file cannot prove (how often a finding was seen before, the points of the trend) is the gateway's word, and said.
 */
import { createHash } from 'node:crypto';
import { KizashiError } from '../../errors.js';
import { motorContext, motorSchema } from '../../motors/index.js';
import { type Assessment, assessCurrent, assessVibration, recompute } from '../../wear/index.js';
import { captureOf, type ReportFacts, renderer, sha256 } from './facts.js';
import { renderReport } from './page.js';

export type ReportVerdict =
  | {
      valid: true;
      kid: string;
      record: number;
      grade: string;
      findings: number;
      indicators: number;
      /** False where another renderer wrote the words: then they were not compared. */
      textCompared: boolean;
      writtenBy: string;
    }
  | { valid: false; why: string; text: string };

const factsPattern = /<script type="application\/json" id="kizashi-facts">([^<]*)<\/script>/;
const evidencePattern =
  /<script type="application\/vnd\.kizashi\.kzev;base64" id="kizashi-evidence">([A-Za-z0-9+/=]*)<\/script>/;

/** @param keys path of the key file. Never throws for what the file holds. */
export function verifyReport(bytes: Uint8Array, keys: string): ReportVerdict {
  const text = Buffer.from(bytes).toString('utf8');
  const factsText = factsPattern.exec(text)?.[1];
  const base64 = evidencePattern.exec(text)?.[1];
  if (factsText === undefined || base64 === undefined) return bad('malformed', 'no facts or no evidence inside');
  if (!Buffer.from(text, 'utf8').equals(bytes)) return bad('malformed', 'no UTF-8');
  let facts: ReportFacts;
  try {
    facts = JSON.parse(factsText) as ReportFacts;
    if (facts.schema !== 'kizashi-report/1') return bad('malformed', `schema ${String(facts.schema)}`);
    facts.motor = motorSchema.parse(facts.motor);
  } catch (error) {
    return bad('malformed', (error as Error).message.split('\n')[0]);
  }
  const evidence = Buffer.from(base64, 'base64');
  if (sha256(evidence) !== facts.evidence?.sha256) return bad('digest', 'the evidence is not the one the facts name');
  try {
    return verifyFacts(facts, evidence, text, keys);
  } catch (error) {
    if (error instanceof KizashiError)
      return bad(String(error.context.reason ?? error.code), `${error.message}: ${error.why}`);
    // facts of a wrong shape fall over somewhere inside; that is their fault and no crash of ours
    if (error instanceof TypeError || error instanceof RangeError) return bad('malformed', error.message);
    throw error;
  }
}

function verifyFacts(facts: ReportFacts, evidence: Uint8Array, text: string, keys: string): ReportVerdict {
  const { capture } = captureOf(evidence, facts, keys);
  const context = motorContext(facts.motor);
  const { kid, record, grade, lost, holes } = facts.evidence;
  const signed = capture.evidence;
  if (kid !== signed?.kid || record !== signed.record || lost !== signed.lost || holes !== signed.holes.length)
    return bad('facts', 'key, record or losses are not those of the evidence');
  if (grade !== capture.grade) return bad('facts', `grade ${grade}; the key file states ${capture.grade}`);
  let findings = 0;
  let indicators = 0;
  for (const assessment of facts.assessments) {
    if (assessment.captureId !== capture.id) return bad('facts', 'an assessment of another capture');
    for (const finding of assessment.findings) {
      const again = recompute(finding, capture, context);
      if (!again.identical)
        return bad(
          'finding',
          `${finding.id}: ${again.field} is ${short(again.computed)}, stated ${short(again.stated)}`,
        );
      findings++;
    }
    const wrong = differingIndicator(
      assessment,
      (assessment.kind === 'current' ? assessCurrent : assessVibration)(capture, context),
    );
    if (typeof wrong === 'string') return bad('indicator', wrong);
    indicators += wrong;
  }
  const textCompared = facts.renderer === renderer;
  if (textCompared) {
    const again = renderReport(facts, capture, evidence);
    if (again !== text) return bad('text', differenceText(text, again));
  }
  return { valid: true, kid, record, grade, findings, indicators, textCompared, writtenBy: facts.version };
}

/** The count of equal indicators, or what differs. Those that compare with a baseline need the history and are left out. */
function differingIndicator(stated: Assessment, computed: Assessment): string | number {
  const again = new Map(computed.indicators.map((one) => [one.id, one]));
  let equal = 0;
  for (const { id, value } of stated.indicators) {
    const other = again.get(id);
    if (!other) continue;
    if (other.value !== value) return `${id} is ${other.value}, stated ${value}`;
    equal++;
  }
  return equal;
}

/** The first place where the file and the page written again part. */
function differenceText(text: string, again: string): string {
  let at = 0;
  while (at < text.length && text[at] === again[at]) at++;
  const around = (s: string): string => JSON.stringify(s.slice(Math.max(0, at - 20), at + 20));
  return `byte ${Buffer.byteLength(text.slice(0, at))}: ${around(text)}, written again ${around(again)}`;
}

function short(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length <= 60
    ? json
    : `${json.slice(0, 40)}… (sha256 ${createHash('sha256').update(json).digest('hex').slice(0, 8)})`;
}

function bad(why: string, text: string): ReportVerdict {
  return { valid: false, why, text };
}
