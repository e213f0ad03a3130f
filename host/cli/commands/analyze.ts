/**
 * `kizashi analyze FILE…`: recordings in, assessments out. One report a file; `--json` gives the whole assessments. An index of recordings
 * gives one row a record; its labels are read by no step of the assessment.
 */
import { KizashiError } from '../../errors.js';
import { detectFormat, type FeatureRows, type Recording, readFeatureRows } from '../../recordings/index.js';
import type { Assessment, MotorContext } from '../../wear/index.js';
import { assessCapture } from '../assess-capture.js';
import { recordingLine, reportAssessment } from '../assessment-report.js';
import { rowHead, rowNumbers, rowOf } from '../assessment-rows.js';
import { type FeatureVerdict, judgeRows, leastRows, rowsText, slowestWaveformHz } from '../feature-rows.js';
import { evidenceFromFlags, motorFromFlags, withFileSpeed } from '../motor-flags.js';
import { digits, errorObject, type Output } from '../output.js';
import { type FileReadOptions, readRecordingFile, recordingsOf } from '../recording-file.js';
import { exitOfHealth, reasonText, statusStyle, statusWord } from '../status.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

interface FileResult {
  file: string;
  recordings?: Record<string, unknown>[];
  rows?: FeatureVerdict;
  error?: unknown;
}

export const run: Run = async (context) => {
  const { args, options, out } = context;
  const motor = motorFromFlags(options);
  const rate = options.rate as number | undefined;
  if (rate !== undefined && !(rate > 0))
    throw new KizashiError('KZ1401', `--rate ${rate} is not above 0`, { rate }, { fix: '--rate 12000' });
  const read: FileReadOptions = {
    ...(rate === undefined ? {} : { rateHz: rate }),
    ...(options.units === undefined ? {} : { units: options.units as string }),
    ...(options.channel === undefined ? {} : { channels: options.channel as string[] }),
    ...(options.keys === undefined ? {} : { evidence: evidenceFromFlags(options) }),
  };
  const files: FileResult[] = [];
  // one row a recording for several files, a report for one
  const rows: string[][] = [];
  const many = args.length > 1;
  const assessments: Assessment[] = [];
  let failed: KizashiError | undefined;
  for (const path of args) {
    const { bytes, name } = readRecordingFile(path);
    if (detectFormat(bytes, name) === 'index') {
      const { analyzeIndex } = await import('../index-report.js');
      if (many)
        throw new KizashiError(
          'KZ1401',
          `${path} is an index of recordings`,
          { path },
          { fix: `kizashi analyze ${path}` },
        );
      return analyzeIndex(path, context);
    }
    try {
      const started = performance.now();
      const recordings = await recordingsOf(bytes, name, read);
      out.debug(() => {
        const { format, skipped } = recordings[0].facts;
        const ms = Math.round(performance.now() - started);
        return `${name}: ${format}, ${bytes.length} bytes in ${ms} ms, left out ${JSON.stringify(skipped)}`;
      });
      if (recordings[0].facts.format === 'csv' && recordings[0].capture.fsHz < slowestWaveformHz) {
        const table = readFeatureRows(bytes, name, read);
        const verdict = judgeTable(table, motor);
        if (many) rows.push(rowOf(name, table.fsHz, verdict.assessment, { table: verdict }));
        else reportRows(out, table, verdict);
        assessments.push(verdict.assessment);
        files.push({ file: path, rows: verdict });
        continue;
      }
      const results = recordings.map((recording) => {
        const found = assessCapture(recording.capture, withFileSpeed(motor, recording.facts.rpm));
        if (many)
          rows.push(
            ...found.map((one) =>
              rowOf(found.length > 1 ? `${recording.name} ${one.kind}` : recording.name, recording.capture.fsHz, one, {
                attested: recording.capture.attested,
              }),
            ),
          );
        else report(out, recording, found);
        assessments.push(...found);
        return resultOf(recording, withFileSpeed(motor, recording.facts.rpm), found);
      });
      files.push({ file: path, recordings: results });
    } catch (error) {
      if (!(error instanceof KizashiError) || !many) throw error;
      failed ??= error;
      files.push({ file: path, error: errorObject(error).error });
      if (!out.json) out.error(error);
    }
  }
  if (rows.length > 0) for (const line of tableLines(rowHead, rows, rowNumbers)) out.line(line);
  out.result({ read, files });
  if (failed) return failed.exit;
  if (options.exitCode) return exitOfHealth(assessments.map(({ health }) => health));
  const said = assessments.some(({ quality }) => quality.status !== 'unusable');
  return said ? 0 : 9;
};

/** Rows slower than any waveform are judged as features. @throws KZ0805 too few */
function judgeTable(rows: FeatureRows, motor: MotorContext): FeatureVerdict {
  const n = rows.columns[0].values.length;
  if (n < leastRows)
    throw new KizashiError('KZ0805', `${rows.id} has ${n} rows, at least ${leastRows} are needed`, { rows: n });
  return judgeRows(rows, motor);
}

function reportRows(out: Output, rows: FeatureRows, verdict: FeatureVerdict): void {
  const { health } = verdict.assessment;
  const size = `${verdict.rows} rows x ${rows.columns.length} columns`;
  out.line(`${rows.id}   ${size}   ${digits(rows.fsHz)} Hz   unsigned recording`);
  out.line(`  ${rowsText(verdict)}`);
  out.line(`  ${out.style(statusStyle(health), statusWord(health).padEnd(8))} ${reasonText(health)} (the last row)`);
  if (rows.labels.length > 0) out.line(`    note     not read: ${rows.labels.join(', ')}`);
  out.line();
}

function report(out: Output, recording: Recording, found: readonly Assessment[]): void {
  out.line(recordingLine(recording));
  for (const assessment of found) reportAssessment(out, assessment);
  for (const note of recording.capture.notes ?? []) out.line(`    note     ${note}`);
  out.line();
}

function resultOf(
  { name, capture, facts }: Recording,
  motor: MotorContext,
  assessments: Assessment[],
): Record<string, unknown> {
  const { id, source, verdict, grade, attested, fsHz, fsUncertainty, spans, notes } = capture;
  const channels = capture.channels.map(({ samples, ...channel }) => ({ ...channel, samples: samples.length }));
  return {
    name,
    facts,
    motor,
    capture: {
      id,
      source,
      verdict,
      grade,
      ...(attested ? { attested } : {}),
      fsHz,
      fsUncertainty,
      spans: spans.length,
      channels,
      notes: notes ?? [],
    },
    assessments,
  };
}
