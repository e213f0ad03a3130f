/** `kizashi analyze index.json`: one row a record. The motor is what the index may tell (host/motors/recorded-motor.ts). */
import { KizashiError } from '../errors.js';
import { recordedMotor } from '../motors/index.js';
import { type IndexRecord, type RecordingsIndex, readIndex, readRecord, readRecordTable } from '../recordings/index.js';
import type { Assessment, Finding } from '../wear/index.js';
import { assessCapture } from './assess-capture.js';
import { pText } from './assessment-report.js';
import { type FeatureVerdict, judgeRows, leastRows, rowsText } from './feature-rows.js';
import { digits } from './output.js';
import { exitOfHealth, statusWord } from './status.js';
import { tableLines } from './table.js';
import type { CommandContext } from './tree.js';

const head = ['RECORD', 'HZ', 'R/MIN', 'VELOCITY', 'KURTOSIS', 'FINDING', 'P', 'DB', 'VERDICT'];
const rightAligned = [1, 2, 4, 6, 7];

/** @returns exit code @throws KZ0801, KZ0812 */
export async function analyzeIndex(path: string, { options, out, signal }: CommandContext): Promise<number> {
  const index = readIndex(path);
  const only = (options.only as string | undefined)?.split(',');
  const records = index.records.filter(({ dataset }) => only === undefined || only.includes(dataset));
  if (records.length === 0)
    throw new KizashiError(
      'KZ1401',
      `no record of ${only?.join(', ')} in ${path}`,
      { only },
      { why: `its sets are ${[...new Set(index.records.map((r) => r.dataset))].join(', ')}`, fix: 'leave out --only' },
    );
  const rows: string[][] = [];
  const results: Record<string, unknown>[] = [];
  const assessments: Assessment[] = [];
  const skipped: { id: string; why: string }[] = [];
  let done = 0;
  for (const record of records) {
    if (signal.aborted) break;
    const one = assessRecord(index, record);
    if ('skipped' in one) skipped.push({ id: record.id, why: one.skipped });
    else {
      for (const assessment of one.assessments) rows.push(rowOf(record, assessment, one.rows));
      assessments.push(...one.assessments);
      results.push({ id: record.id, dataset: record.dataset, ...one });
    }
    done++;
    if (done % 10 === 0 && done < records.length) out.note(`${done} of ${records.length} records`);
    // lets a signal in between two records
    await new Promise((resolve) => setImmediate(resolve));
  }
  const labels = options.labels === true;
  const titled = labels ? [...head, 'LABEL (not used)'] : head;
  const printed = labels ? rows.map((row) => [...row, labelOf(records.find(({ id }) => id === row[0]))]) : rows;
  for (const line of tableLines(titled, printed, rightAligned)) out.line(line);
  for (const { id, why } of skipped) out.line(`skipped  ${id}: ${why}`);
  out.line(`${results.length} records assessed, ${skipped.length} skipped`);
  out.result({ index: { path, sha256: index.sha256, records: index.records.length }, records: results, skipped });
  if (options.exitCode) return exitOfHealth(assessments.map(({ health }) => health));
  return results.length > 0 ? 0 : 9;
}

type Outcome = { assessments: Assessment[]; warnings: string[]; rows?: FeatureVerdict } | { skipped: string };

function assessRecord(index: RecordingsIndex, record: IndexRecord): Outcome {
  try {
    const { motor, warnings } = recordedMotor(record);
    if (record.dtype.startsWith('csv')) {
      const table = readRecordTable(index, record);
      if (record.n < leastRows) return { skipped: `${record.n} rows are too few to learn from` };
      const rows = judgeRows(table, motor);
      return { assessments: [rows.assessment], warnings, rows };
    }
    return { assessments: assessCapture(readRecord(index, record), motor), warnings };
  } catch (error) {
    if (error instanceof KizashiError) return { skipped: `${error.code} ${error.message}` };
    throw error;
  }
}

function rowOf(record: IndexRecord, assessment: Assessment, table?: FeatureVerdict): string[] {
  const { speed, findings, health } = assessment;
  const worst = worstFinding(findings);
  return [
    record.id,
    String(Number(record.fs_hz.toPrecision(6))),
    speed ? digits(speed.frHz * 60) : '',
    velocityText(assessment),
    largest(assessment, 'kurtosis'),
    table ? rowsText(table) : worst ? `${worst.cause} ${worst.subject}`.slice(0, 48) : 'none',
    worst ? pText(worst) : '',
    worst?.severityDb === null || worst?.severityDb === undefined ? '' : worst.severityDb.toFixed(1),
    `${statusWord(health)} (unsigned)`,
  ];
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

function labelOf(record: IndexRecord | undefined): string {
  return Object.entries(record?.label ?? {})
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}
