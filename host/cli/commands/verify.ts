/**
 * `kizashi verify FILE… --keys KEYS`: each evidence file is VALID or INVALID with its reason; exit 8 unless all are valid. A screening file is
 * at best ATTESTED: nobody signed it at its source, so it never exits 0 unless asked with --accept-attested. With --recompute
 * every finding that the history holds of a valid file is computed again, and one that differs makes the file INVALID.
 */
import { type EvidenceVerdict, type KnownKeys, readKnownKeys, verifyEvidence } from '../../capture/index.js';
import { KizashiError } from '../../errors.js';
import { isScreening, type ScreeningVerdict, verifyScreening } from '../../evidence/index.js';
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
  let attested = 0;
  for (const path of args) {
    const bytes = readNamedFile(path);
    if (isReport(bytes)) {
      const { verifyReport } = await import('../report/verify.js');
      const found = verifyReport(bytes, keysPath);
      out.line(reportLine(path, found, (text, good) => out.style(good ? 'green' : ['bold', 'red'], text)));
      files.push({ file: path, report: true, ...found });
      continue;
    }
    if (isScreening(bytes)) {
      const screened = verifyScreening(bytes, keys);
      out.line(screeningLine(path, screened, (text, good) => out.style(good ? 'yellow' : ['bold', 'red'], text)));
      if (screened.valid) attested++;
      files.push({ file: path, screening: true, ...screeningFacts(screened) });
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
  // who looks at the exit code only must not take for signed what was never signed
  const accepted = attested === 0 || options.acceptAttested === true;
  if (invalid === 0 && !accepted)
    out.note('unsigned at the source: exit 1; --accept-attested takes what a gateway attests for enough');
  out.result({ valid: invalid === 0 && accepted, crossCheck, attested, files });
  if (invalid > 0) return 8;
  return accepted ? 0 : 1;
};

const short = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 60);

/** Whether a file is a report, by its content. */
function isReport(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 15)).toString('latin1').toLowerCase() === '<!doctype html>';
}

function screeningLine(
  path: string,
  verdict: ScreeningVerdict,
  style: (text: string, good: boolean) => string,
): string {
  if (!verdict.valid) return `${style('INVALID', false)}  ${path}   ${verdict.why}: ${verdict.text}`;
  const { gateway, name, at, source, point, index, size, capture } = verdict;
  const { channels, fsHz, grade } = capture;
  const facts = [
    'unsigned at the source',
    ...(grade === 'E' ? ['grade E: EMULATED, never evidence'] : []),
    `attested by gateway ${gateway}${name && name !== 'gateway' ? ` (${name})` : ''} at ${new Date(at).toISOString()}`,
    `${source} on ${point}`,
    `${channels[0].samples.length} samples x ${channels.length === 1 ? '1 channel' : `${channels.length} channels`} at ${digits(fsHz, 6)} Hz by the gateway’s account`,
    `entry ${index} of ${size}`,
  ];
  return `${style('ATTESTED', true)} ${path}   ${facts.join('   ')}`;
}

function screeningFacts(verdict: ScreeningVerdict): Record<string, unknown> {
  if (!verdict.valid) return { ...verdict };
  const { capture, at, ...facts } = verdict;
  const { id, channels, fsHz, grade } = capture;
  return {
    ...facts,
    at: new Date(at).toISOString(),
    capture: id,
    samples: channels[0].samples.length,
    channels: channels.length,
    fsHz,
    grade,
  };
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
