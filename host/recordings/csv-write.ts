/**
 * A capture as CSV for other tools: `time_s,ax_m_s2,…`, UTF-8, LF, decimal point, every digit a double has, so that reading it back gives the
 * same bits. Facts stand in a JSON file beside it, never in comment lines. CSV proves nothing: only the evidence file does.
 */
import type { Capture, Unit } from '../capture/capture.js';

const suffix: Record<Unit, string> = { 'm/s2': '_m_s2', A: '_a', V: '_v', relative: '' };

/** The lines in parts of some thousand rows; join them for the whole file. Gaps between spans are gaps in time. */
export function* csvLines(capture: Capture, rowsAPart = 4096): Generator<string> {
  const { channels, spans, fsHz } = capture;
  yield `time_s,${channels.map(({ id, unit }) => `${id}${suffix[unit]}`).join(',')}\n`;
  let part: string[] = [];
  // how long a gap was is not known to a capture: two intervals make it visible
  let lead = 0;
  for (const [from, to] of spans) {
    for (let i = from; i < to; i++) {
      part.push(`${(i + lead) / fsHz},${channels.map(({ samples }) => samples[i]).join(',')}\n`);
      if (part.length === rowsAPart) {
        yield part.join('');
        part = [];
      }
    }
    lead += 2;
  }
  yield part.join('');
}

/** The JSON beside the CSV: where it came from and what it cannot prove. */
export function csvFacts(capture: Capture): Record<string, unknown> {
  const { id, source, verdict, grade, fsHz, fsUncertainty, at, spans, evidence, attested, notes } = capture;
  return {
    schema: 'kizashi-csv/1',
    capture: id,
    source,
    verdict,
    grade,
    fsHz,
    fsUncertainty,
    ...(at === undefined ? {} : { at: new Date(at).toISOString() }),
    channels: capture.channels.map(({ samples, ...channel }) => ({ ...channel, samples: samples.length })),
    spans,
    evidence: evidence ? `none here, see record ${evidence.record} of key ${evidence.kid}` : 'none',
    ...(attested ? { attested: attestedText(attested) } : {}),
    notes: notes ?? [],
  };
}

/** What a gateway says of a capture, for files that carry nothing of its proof. */
export function attestedText({ gateway, at, index }: NonNullable<Capture['attested']>): string {
  return `none here; unsigned at the source, entry ${index} of the log of gateway ${gateway}, received ${new Date(at).toISOString()}`;
}
