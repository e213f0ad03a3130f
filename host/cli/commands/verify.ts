/**
 * `kizashi verify FILE… --keys KEYS`: each evidence file is VALID or INVALID with its reason; exit 8 unless all are valid. With --recompute
 * every finding that the history holds of a valid file is computed again, and one that differs makes the file INVALID.
 */
import { type EvidenceVerdict, type KnownKeys, readKnownKeys, verifyEvidence } from '../../capture/index.js';
import { KizashiError } from '../../errors.js';
import { readNamedFile } from '../file.js';
import { digits } from '../output.js';
import type { ReportVerdict } from '../report/verify.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, options, out }) => {
  const keysPath = options.keys as string | undefined;
  if (keysPath === undefined)
    throw new KizashiError(
      'KZ1401',
      'verify needs the keys you trust: --keys FILE',
      { missing: '--keys' },
      {
        why: 'keys inside an evidence file prove nothing',
        fix: 'kizashi verify FILE --keys pinned.json',
      },
    );
  const keys: KnownKeys = readKnownKeys(Buffer.from(readNamedFile(keysPath)).toString('utf8'));
  const crossCheck = options.crossCheck === true;
  const files: Record<string, unknown>[] = [];
  for (const path of args) {
    const bytes = readNamedFile(path);
    if (isReport(bytes)) {
      const { verifyReport } = await import('../report/verify.js');
      const found = verifyReport(bytes, keysPath);
      out.line(reportLine(path, found, (text, good) => out.style(good ? 'green' : ['bold', 'red'], text)));
      files.push({ file: path, report: true, ...found });
      continue;
    }
    const verdict = verifyEvidence(bytes, keys, { crossCheck });
    out.line(lineOf(path, verdict, (text, good) => out.style(good ? 'green' : ['bold', 'red'], text)));
    if (options.recompute !== true || !verdict.valid) {
      files.push({ file: path, ...factsOf(verdict) });
      continue;
    }
    const { recomputeStored } = await import('../stored-findings.js');
    const id = Buffer.from(verdict.proof.seal.body.cd).toString('hex');
    const stored = recomputeStored(id, stateFolder(options), keysPath);
    const same = stored.findings.every(({ again }) => again.identical);
    for (const one of stored.findings) {
      const { again } = one;
      out.line(
        again.identical
          ? `  ${out.style('green', 'identical')}  ${one.id}`
          : `  ${out.style(['bold', 'red'], 'DIFFERS')}    ${one.id}: ${again.field} is ${short(again.computed)}, stated ${short(again.stated)}`,
      );
    }
    const past =
      stored.replayed === undefined
        ? 'earlier evidence is missing: what the past decides is not compared'
        : `the past learned again from ${stored.replayed} captures`;
    out.line(`  ${stored.findings.length} findings of ${stored.motor} computed again   ${past}`);
    const recomputed = stored.findings.map(({ id: finding, again: { finding: _, ...rest } }) => ({
      id: finding,
      ...rest,
    }));
    files.push({
      file: path,
      ...factsOf(verdict),
      valid: same,
      ...(same ? {} : { why: 'finding' }),
      recomputed: { motor: stored.motor, replayed: stored.replayed ?? null, findings: recomputed },
    });
  }
  const invalid = files.filter(({ valid }) => valid !== true).length;
  if (args.length > 1) out.line(`${args.length - invalid} of ${args.length} valid`);
  out.result({ valid: invalid === 0, crossCheck, files });
  return invalid === 0 ? 0 : 8;
};

const short = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 60);

/** Whether a file is a report, by its content. */
function isReport(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 15)).toString('latin1').toLowerCase() === '<!doctype html>';
}

function reportLine(path: string, verdict: ReportVerdict, style: (text: string, good: boolean) => string): string {
  if (!verdict.valid) return `${style('INVALID', false)}  ${path}   ${verdict.why}: ${verdict.text}`;
  const { kid, record, grade, findings, indicators, textCompared, writtenBy } = verdict;
  const facts = [
    `report of record ${record}`,
    `key ${kid}`,
    grade === 'E' ? 'grade E: EMULATED, never evidence' : `grade ${grade}`,
    `${findings} findings and ${indicators} indicators computed again`,
    textCompared ? 'every byte of the page written again' : `text not compared: written by ${writtenBy}`,
    'trend and persistence: the gateway’s word',
  ];
  return `${style('VALID', true)}    ${path}   ${facts.join('   ')}`;
}

function lineOf(path: string, verdict: EvidenceVerdict, style: (text: string, good: boolean) => string): string {
  if (!verdict.valid) return `${style('INVALID', false)}  ${path}   ${verdict.why}: ${verdict.text}`;
  const { kid, name, record, boot, firmware, rate, samples, channels, lost, holes, time, verifiers } = verdict;
  const facts = [
    `key ${kid}${name ? ` (${name})` : ''}`,
    `record ${record}`,
    `boot ${boot}`,
    firmware,
    `${samples / channels} samples x ${channels === 1 ? '1 channel' : `${channels} channels`}${rate ? ` at ${digits(rate.hz / rate.ticks, 6)} Hz by the board's clock` : ''}`,
    `${lost} lost`,
    `${holes.length} holes`,
    time === 'note' ? 'not older than the challenge in the file' : "time: host's word only",
    `checked by ${verifiers.join(' and ')}`,
  ];
  return `${style('VALID', true)}    ${path}   ${facts.join('   ')}`;
}

function factsOf(verdict: EvidenceVerdict): Record<string, unknown> {
  if (!verdict.valid) return { ...verdict };
  const { proof: _, ...facts } = verdict;
  return facts;
}
