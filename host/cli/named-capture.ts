/** A capture named on the command line: a file, `MOTOR` for the last one of its history, `MOTOR:RECORD` for that record. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KizashiError } from '../errors.js';
import { motorContext, motorNamed } from '../motors/index.js';
import { detectFormat, type Recording } from '../recordings/index.js';
import type { Assessment, MotorContext } from '../wear/types.js';
import { assessCapture } from './assess-capture.js';
import { readEvidenceFile } from './evidence-recording.js';
import { evidenceFromFlags, motorFromFlags, withFileSpeed } from './motor-flags.js';
import { openHistory } from './motor-status.js';
import { readRecordingFile, recordingsOf } from './recording-file.js';
import { rateOf } from './report/facts.js';
import { stateFolder } from './state-folder.js';

export interface NamedCapture {
  recording: Recording;
  motor: MotorContext;
  /** Of this capture alone: no history. */
  assessments: Assessment[];
}

/** @throws KZ0801 neither a file nor a motor, KZ0903 the history holds no such record, and what reading and assessing throw */
export async function namedCapture(text: string, options: Record<string, unknown>): Promise<NamedCapture> {
  return existsSync(text) ? fileCapture(text, options) : siteCapture(text, options);
}

async function fileCapture(path: string, options: Record<string, unknown>): Promise<NamedCapture> {
  const { bytes, name } = readRecordingFile(path);
  const proven = ['evidence', 'screening'].includes(detectFormat(bytes, name) ?? '');
  const keys = (options.keys as string | undefined) ?? stateFolder(options).publicKeys;
  const recordings = await recordingsOf(bytes, name, {
    ...(options.rate === undefined ? {} : { rateHz: options.rate as number }),
    ...(options.units === undefined ? {} : { units: options.units as string }),
    ...(proven ? { evidence: evidenceFromFlags({ ...options, keys }) } : {}),
  });
  if (recordings.length > 1)
    throw new KizashiError(
      'KZ1401',
      `${path} holds ${recordings.length} recordings`,
      { path, recordings: recordings.map((one) => one.name) },
      { why: 'two captures are compared, not a series', fix: 'kizashi export FILE, then compare two of the files' },
    );
  const [recording] = recordings;
  const motor = withFileSpeed(motorFromFlags(options), recording.facts.rpm);
  return { recording, motor, assessments: assessCapture(recording.capture, motor) };
}

function siteCapture(text: string, options: Record<string, unknown>): NamedCapture {
  const state = stateFolder(options);
  const [, name, record] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  let described: ReturnType<typeof motorNamed>;
  try {
    described = motorNamed(state.motors, name);
  } catch (error) {
    if (!(error instanceof KizashiError) || error.code !== 'KZ1201') throw error;
    const why = 'there is no file and no motor of that name';
    throw new KizashiError(
      'KZ0801',
      `cannot read ${text}: ${why}`,
      { path: text },
      { why, fix: 'kizashi motors list' },
    );
  }
  const { motor } = described;
  const store = openHistory(state.root);
  try {
    const all = store?.capturesUntil(motor.id, Number.MAX_SAFE_INTEGER).filter(({ file }) => file !== '') ?? [];
    const found = record === undefined ? all.at(-1) : all.findLast((one) => one.record === Number(record));
    if (!store || !found)
      throw new KizashiError(
        'KZ0903',
        `the history holds no ${record === undefined ? 'capture' : `record ${record}`} of ${motor.id}`,
        { motor: motor.id, records: all.slice(-20).map((one) => one.record) },
        all.length > 0
          ? {
              why: `it holds ${all
                .slice(-5)
                .map((one) => one.record)
                .join(', ')}`,
              fix: `kizashi compare ${motor.id}:${all.at(-1)?.record} …`,
            }
          : { fix: `kizashi collect ${motor.id}` },
      );
    const bytes = readFileSync(join(state.evidence, found.file));
    const recording = readEvidenceFile(bytes, found.file, {
      keys: (options.keys as string | undefined) ?? state.publicKeys,
      wiring: (motor.channels ?? []).map((channel) => ({ ...channel, pin: channel.pin ?? '' })),
      rate: rateOf(store.assessmentsOf(motor.id, found.at), found.fsHz),
    });
    const context = motorContext(motor);
    const capture = { ...recording.capture, at: found.at };
    return { recording: { ...recording, capture }, motor: context, assessments: assessCapture(capture, context) };
  } finally {
    store?.close();
  }
}
