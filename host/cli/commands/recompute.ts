/**
 * `kizashi recompute RESULT FILE`: every finding in a result of `kizashi analyze --json`, computed again from the recording. Identical to the
 * last bit, or the first field that differs; exit 1 for a difference.
 */
import { z } from 'zod';
import { KizashiError } from '../../errors.js';
import { type Finding, type MotorContext, recompute } from '../../wear/index.js';
import { readNamedFile } from '../file.js';
import { type FileReadOptions, readRecordingFile, recordingsOf } from '../recording-file.js';
import type { Run } from '../tree.js';

/** What of a result is needed; the finding itself is compared field by field, so that its form needs no check here. */
const resultForm = z.object({
  schema: z.literal('kizashi/analyze/1'),
  read: z.object({
    rateHz: z.number().optional(),
    units: z.string().optional(),
    channels: z.array(z.string()).optional(),
    evidence: z
      .object({
        keys: z.string(),
        board: z.string().optional(),
        wiring: z.array(z.object({ id: z.string(), pin: z.string() }).loose()),
      })
      .optional(),
  }),
  files: z.array(
    z.object({
      file: z.string(),
      recordings: z
        .array(
          z.object({
            name: z.string(),
            motor: z.object({}).loose(),
            capture: z.object({ id: z.string() }),
            assessments: z.array(
              z.object({
                findings: z.array(z.object({ id: z.string(), algorithm: z.string(), kernel: z.string() }).loose()),
              }),
            ),
          }),
        )
        .default([]),
    }),
  ),
});

export const run: Run = async ({ args, out }) => {
  const [resultPath, recordingPath] = args;
  const result = parseResult(resultPath);
  const compared: Record<string, unknown>[] = [];
  for (const file of result.files) {
    if (result.files.length > 1 && recordingPath !== undefined && !file.file.endsWith(recordingPath)) continue;
    const path = recordingPath ?? file.file;
    const { bytes, name } = readRecordingFile(path);
    const recordings = await recordingsOf(bytes, name, result.read as FileReadOptions);
    for (const stated of file.recordings) {
      const capture = recordings.find(({ capture: c }) => c.id === stated.capture.id)?.capture;
      if (!capture) {
        out.line(
          `${out.style(['bold', 'red'], 'DIFFERS')}    ${stated.name}: no capture ${stated.capture.id.slice(0, 16)} in ${path}`,
        );
        compared.push({ recording: stated.name, identical: false, field: 'captureId', stated: stated.capture.id });
        continue;
      }
      for (const { findings } of stated.assessments)
        for (const finding of findings) {
          const again = recompute(finding as unknown as Finding, capture, stated.motor as unknown as MotorContext);
          compared.push({ recording: stated.name, id: finding.id, ...withoutFinding(again) });
          const verdict = again.identical
            ? `${out.style('green', 'identical')}  ${finding.id}`
            : `${out.style(['bold', 'red'], 'DIFFERS')}    ${finding.id}: ${again.field} is ${short(again.computed)}, stated ${short(again.stated)}`;
          out.line(verdict);
        }
    }
  }
  const differing = compared.filter(({ identical }) => identical !== true).length;
  out.line(`${compared.length - differing} of ${compared.length} findings identical`);
  out.result({ identical: differing === 0, findings: compared });
  return differing === 0 ? 0 : 1;
};

function withoutFinding(again: ReturnType<typeof recompute>): Record<string, unknown> {
  const { finding: _, ...rest } = again;
  return rest;
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 60);
}

function parseResult(path: string): z.infer<typeof resultForm> {
  const text = Buffer.from(readNamedFile(path)).toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw notAResult(path, (error as Error).message);
  }
  const parsed = resultForm.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw notAResult(path, `${issue.path.join('.') || 'file'}: ${issue.message}`);
  }
  return parsed.data;
}

function notAResult(path: string, why: string): KizashiError {
  return new KizashiError('KZ1405', `${path} is no result of kizashi analyze --json`, { path }, { why });
}
