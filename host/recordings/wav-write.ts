/**
 * A capture as WAV: PCM16 in steps of the converter where they are known, else in 32-bit float. The header's rate is a whole number; the
 * measured one, unit, scale and what the file cannot prove stand as JSON in the comment (INFO ICMT), which the reader prefers.
 */
import wavefile from 'wavefile';
import type { Capture, Channel } from '../capture/capture.js';
import { attestedText } from './csv-write.js';

/** Bytes of the file. Gaps are not in it: spans are joined, and the comment says so. */
export function wavBytes(capture: Capture): Uint8Array {
  const { channels, fsHz } = capture;
  const scales = channels.map(scaleOf);
  const counts = channels.map((channel, i) => countsOf(channel, scales[i]));
  const integral = counts.every((channel) => channel !== undefined);
  const wav = new wavefile.WaveFile();
  const samples = integral ? (counts as Int16Array[]) : channels.map((channel) => Float32Array.from(channel.samples));
  const one = samples.length === 1;
  wav.fromScratch(channels.length, Math.round(fsHz), integral ? '16' : '32f', (one ? samples[0] : samples) as never);
  const { evidence, attested } = capture;
  const facts = {
    kizashi: 1,
    fs: [Math.round(fsHz * 1e6), 1_000_000],
    unit: channels[0].unit,
    scale: integral ? scales.map(({ step }) => step) : channels.map(() => 1),
    offset: integral ? scales.map(({ zero }) => zero) : channels.map(() => 0),
    channels: channels.map(({ id }) => id),
    verdict: capture.verdict.kind,
    grade: capture.grade,
    spans: capture.spans.length,
    evidence: evidence ? `none here, see record ${evidence.record} of key ${evidence.kid}` : 'none',
    ...(attested ? { attested: attestedText(attested) } : {}),
  };
  wav.setTag('ICMT', JSON.stringify(facts));
  return wav.toBuffer();
}

/** One step of the converter, and the sample value that count 0 stands for. */
function scaleOf({ lsb, samples }: Channel): { step: number; zero: number } {
  return { step: lsb ?? Number.NaN, zero: lsb === undefined ? 0 : samples[0] - Math.round(samples[0] / lsb) * lsb };
}

/** Whole steps of the converter; undefined where the samples are none, or do not fit 16 bits. */
function countsOf({ samples }: Channel, { step, zero }: { step: number; zero: number }): Int16Array | undefined {
  if (!(step > 0)) return undefined;
  const counts = new Int16Array(samples.length);
  for (const [i, value] of samples.entries()) {
    const count = (value - zero) / step;
    const whole = Math.round(count);
    if (Math.abs(count - whole) > 1e-6 || Math.abs(whole) > 32_767) return undefined;
    counts[i] = whole;
  }
  return counts;
}
