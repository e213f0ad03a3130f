/** `kizashi analyze index.json`: one row a record. The motor is what the index may tell (host/motors/recorded-motor.ts). */
import { KizashiError } from '../errors.js';
import { recordedMotor } from '../motors/index.js';
import { type IndexRecord, type RecordingsIndex, readIndex, readRecord, readRecordTable } from '../recordings/index.js';
import type { Assessment } from '../wear/index.js';
import { assessCapture } from './assess-capture.js';
import { rowHead, rowNumbers, rowOf } from './assessment-rows.js';
import { type FeatureVerdict, judgeRows, leastRows } from './feature-rows.js';
import { exitOfHealth } from './status.js';
import { tableLines } from './table.js';
import type { CommandContext } from './tree.js';

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
      for (const assessment of one.assessments)
        rows.push(rowOf(record.id, record.fs_hz, assessment, { table: one.rows }));
      assessments.push(...one.assessments);
      results.push({ id: record.id, dataset: record.dataset, ...one });
    }
    done++;
    if (done % 10 === 0 && done < records.length) out.note(`${done} of ${records.length} records`);
    // lets a signal in between two records
    await new Promise((resolve) => setImmediate(resolve));
  }
  const labels = options.labels === true;
  const titled = labels ? [...rowHead, 'LABEL (not used)'] : rowHead;
  const printed = labels ? rows.map((row) => [...row, labelOf(records.find(({ id }) => id === row[0]))]) : rows;
  for (const line of tableLines(titled, printed, rowNumbers)) out.line(line);
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

function labelOf(record: IndexRecord | undefined): string {
  return Object.entries(record?.label ?? {})
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}
