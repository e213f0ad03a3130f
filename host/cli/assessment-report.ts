/** An assessment as lines for people: what was read, what it says, what it cannot say. Words come from host/wear; numbers carry units. */
import type { Recording } from '../recordings/index.js';
import { unseenFault } from '../wear/finding-words.js';
import type { Assessment, Finding, Indicator, Unseen } from '../wear/types.js';
import { digits, type Output } from './output.js';
import { reasonText, statusStyle, statusWord } from './status.js';

/** The first line: size, rate, speed, unit, each with where it came from. */
export function recordingLine({ name, capture, facts }: Recording): string {
  const n = capture.channels[0].samples.length;
  const units = [...new Set(capture.channels.map(({ unit }) => (unit === 'm/s2' ? 'm/s²' : unit)))].join(', ');
  const parts = [
    name,
    `${n} samples${capture.channels.length > 1 ? ` x ${capture.channels.length} channels` : ''}`,
    `${Number(capture.fsHz.toPrecision(7))} Hz (${facts.rateFrom})`,
    `${digits(n / capture.fsHz, 3)} s`,
    ...(facts.rpm === undefined ? [] : [`${digits(facts.rpm)} r/min (${facts.rpmFrom})`]),
    `unit ${units} (${facts.unitFrom})`,
    verdictText(capture),
  ];
  return parts.join('   ');
}

/** The unsigned never looks signed: verdict and grade in words. */
function verdictText({ verdict, grade, evidence, attested }: Recording['capture']): string {
  const emulated = 'grade E: EMULATED, never evidence';
  if (attested)
    return `screening, unsigned at the source, attested by gateway ${attested.gateway}${grade === 'E' ? `   ${emulated}` : ''}`;
  if (verdict.kind !== 'verified') return 'unsigned recording';
  const proof = evidence ? `   key ${evidence.kid}   record ${evidence.record}` : '';
  return `verified${proof}   ${grade === 'E' ? emulated : `grade ${grade}`}`;
}

const shown = [
  'rmsVelocity',
  'rmsAcceleration',
  'crest',
  'kurtosis',
  'rmsCurrent',
  'lineFrequency',
  'thd',
  'currentUnbalance',
  'negativeSequence',
];

/** Indicators worth a line: `rmsVelocity 1.9 mm/s`, by channel when there are several. */
function indicatorLine(indicators: readonly Indicator[]): string {
  return shown
    .flatMap((id) => {
      const valid = indicators.filter((indicator) => indicator.valid === true && indicator.value !== null);
      const byChannel = valid.filter((indicator) => indicator.id.startsWith(`${id}.`));
      const same = byChannel.length > 0 ? byChannel : valid.filter((indicator) => indicator.id === id);
      if (same.length === 0) return [];
      const values = same.map((indicator) => {
        const suffix = indicator.id.slice(id.length + 1);
        return `${same.length > 1 && suffix ? `${suffix} ` : ''}${digits(indicator.value ?? Number.NaN, 3)}`;
      });
      const unit = same[0].unit && same[0].unit !== '1' ? ` ${same[0].unit.replace('m/s2', 'm/s²')}` : '';
      return [`${id} ${values.join(', ')}${unit}`];
    })
    .join('   ');
}

/** What was refused, grouped by its reason: `UNIT_UNKNOWN: rmsVelocity: …`. */
function refusedLines(indicators: readonly Indicator[]): string[] {
  const groups = new Map<string, { ids: Set<string>; text: string }>();
  for (const { id, valid } of indicators) {
    if (valid === true) continue;
    const group = groups.get(valid.refused) ?? { ids: new Set(), text: valid.text };
    group.ids.add(id.split('.')[0]);
    groups.set(valid.refused, group);
  }
  return [...groups].map(([code, { ids, text }]) => `${code}   ${[...ids].join(', ')}: ${text}`);
}

/** Faults that were not judged, those of one reason together; what the lines before say already is left out. */
function unseenLines(unseen: readonly Unseen[], said: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const one of unseen) {
    if (said.some((text) => text.endsWith(one.text))) continue;
    const [fault, why] = [unseenFault(one), one.text];
    groups.set(why, [...(groups.get(why) ?? []), fault]);
  }
  return [...groups].map(([why, faults]) => `${[...new Set(faults)].join(', ')}: ${why}`);
}

/** p as it may be stated: at the floor of the decoys it is an upper bound. */
export function pText({ p, pFloor }: Pick<Finding, 'p' | 'pFloor'>): string {
  if (p === null) return '';
  const text = p < 0.001 ? p.toExponential(1) : digits(p, 2);
  return pFloor !== null && p <= pFloor ? `≤ ${text}` : text;
}

/** Frequency and p of a finding, for behind its words. */
function findingFacts(finding: Finding): string {
  const { frHz, orders } = finding;
  const hz = frHz !== null && orders.length > 0 ? `   ${digits(orders[0].found * frHz)} Hz` : '';
  const p = finding.p === null ? '' : `   p ${pText(finding)}`;
  return `${hz}${p}   (${finding.level})`;
}

function speedText({ speed }: Assessment): string {
  if (!speed) return 'speed not found';
  const two = speed.ambiguousHz === undefined ? '' : `, or ${digits(speed.ambiguousHz * 60)} r/min`;
  const percent = digits(speed.uncertainty * 100, 2);
  return `speed ${digits(speed.frHz * 60)} r/min = ${digits(speed.frHz)} Hz ±${percent} % (${speed.source}${two})`;
}

/** The whole report of one assessment. */
export function reportAssessment(out: Output, assessment: Assessment): void {
  const { health, findings, indicators, quality } = assessment;
  if (assessment.kind === 'vibration') out.line(`  ${speedText(assessment)}`);
  const numbers = indicatorLine(indicators);
  if (numbers) out.line(`  ${numbers}`);
  const told = findings.find(({ words }) => health.reason.includes(words));
  const status = out.style(statusStyle(health), statusWord(health).padEnd(8));
  out.line(`  ${status} ${reasonText(health)}${told ? findingFacts(told) : ''}`);
  for (const finding of findings) if (finding !== told) out.line(`           ${finding.words}${findingFacts(finding)}`);
  for (const { phase, onS, offS } of assessment.events ?? [])
    out.line(
      `           phase ${phase}: from ${digits(onS, 3)} s ${offS === undefined ? 'to the end' : `to ${digits(offS, 3)} s`}`,
    );
  const blind = [...new Set([...health.blind, ...findings.flatMap((finding) => finding.blind)])];
  for (const text of blind) if (text !== health.reason) out.line(`    blind    ${text}`);
  for (const line of unseenLines(assessment.unseen, blind)) out.line(`    unseen   ${line}`);
  for (const { code, text, channel } of quality.reasons)
    out.line(`    data     ${code}   ${channel ? `${channel}: ` : ''}${text}`);
  for (const line of refusedLines(indicators)) out.line(`    not said ${line}`);
}
