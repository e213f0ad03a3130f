/**
 * Quality and the running gate, before everything else: doubt about the data never becomes a statement about the motor.
 */
import type { Capture, Channel } from '../capture/capture.js';
import { KizashiError } from '../errors.js';
import type { AxisSamples } from './envelope-lines.js';
import { saidWords } from './record-words.js';
import type { Quality, QualityReason, ReasonCode, Remark } from './types.js';

/** Share of clipped samples that spoils a block, and the length of one. */
const CLIPPED_SHARE = 1e-4;
const BLOCK_S = 0.25;
/** Relative uncertainty of the rate above which absolute quantities lose their zone. */
export const CLOCK_LIMIT = 0.01;

export interface Judged {
  quality: Quality;
  axes: AxisSamples[];
}

/**
 * @throws KZ0652 for a rejected capture, KZ0651 when there is no channel of the quantity
 */
export function channelsOf(capture: Capture, quantity: Channel['quantity']): Channel[] {
  if (capture.verdict.kind === 'rejected') {
    throw new KizashiError('KZ0652', `capture ${capture.id}: ${capture.verdict.why}`, { capture: capture.id });
  }
  const channels = capture.channels.filter((channel) => channel.quantity === quantity);
  const longest = capture.spans.reduce((most, [from, to]) => Math.max(most, to - from), 0);
  if (channels.length === 0 || longest < 2 || !(capture.fsHz > 0)) {
    throw new KizashiError('KZ0651', `capture ${capture.id} has no ${quantity} to analyse`, {
      capture: capture.id,
      channels: capture.channels.map((channel) => channel.id),
      fsHz: capture.fsHz,
    });
  }
  return channels;
}

/** Gap-free and unclipped stretches of each channel, and what was found wanting. */
export function judgeQuality(capture: Capture, channels: readonly Channel[]): Judged {
  const { fsHz } = capture;
  const reasons: QualityReason[] = [];
  const doubt = (code: ReasonCode, says: Remark, channel?: string): void => {
    reasons.push({ code, text: saidWords(says, 'en'), ...(channel === undefined ? {} : { channel }), says });
  };
  const clipped: Record<string, number> = {};
  const axes: AxisSamples[] = [];
  for (const channel of channels) {
    if (!allFinite(channel.samples)) {
      doubt('GAPS', { of: 'record-no-numbers', channel: channel.id }, channel.id);
      continue;
    }
    const whole = capture.spans
      .map(([from, to]) => channel.samples.subarray(from, to))
      .filter((span) => span.length >= 2);
    const spans: Float64Array[] = [];
    let bad = 0;
    for (const span of whole) {
      const { kept, count } = unclipped(span, channel, fsHz);
      spans.push(...kept);
      bad += count;
    }
    const total = whole.reduce((sum, span) => sum + span.length, 0);
    if (channel.range) clipped[channel.id] = bad / total;
    const left = spans.reduce((sum, span) => sum + span.length, 0);
    if (left < total) {
      const percent = Math.round(100 * (1 - left / total));
      doubt('CLIPPED', { of: 'record-clipped', channel: channel.id, percent }, channel.id);
    }
    if (spans.length > 0) axes.push({ channel: channel.id, spans });
  }
  if (capture.spans.length > 1) doubt('GAPS', { of: 'record-gaps', gaps: capture.spans.length - 1 });
  if (capture.fsUncertainty > CLOCK_LIMIT)
    doubt('CLOCK_UNCERTAIN', { of: 'record-rate', percent: 100 * capture.fsUncertainty });
  if (capture.verdict.kind === 'unsigned' && (capture.source === 'board' || capture.source === 'emulated')) {
    doubt('UNVERIFIED_CAPTURE', { of: 'record-unsigned' });
  }
  const longest = axes.reduce((most, axis) => Math.max(most, ...axis.spans.map((span) => span.length)), 0);
  const status = axes.length === 0 ? 'unusable' : reasons.length > 0 ? 'doubtful' : 'good';
  return {
    quality: { status, reasons, channels: axes.map((axis) => axis.channel), durationS: longest / fsHz, clipped },
    axes,
  };
}

function allFinite(samples: Float64Array): boolean {
  for (let j = 0; j < samples.length; j++) if (!Number.isFinite(samples[j])) return false;
  return true;
}

/** Runs of blocks without clipping; the whole span where the range is unknown or nothing touches it. */
function unclipped(span: Float64Array, channel: Channel, fsHz: number): { kept: Float64Array[]; count: number } {
  if (!channel.range) return { kept: [span], count: 0 };
  const margin = channel.lsb ?? 0;
  const low = channel.range[0] + margin;
  const high = channel.range[1] - margin;
  const block = Math.min(span.length, Math.max(2, Math.round(BLOCK_S * fsHz)));
  const kept: Float64Array[] = [];
  let count = 0;
  let from = 0;
  let dropped = false;
  for (let at = 0; at < span.length; at += block) {
    const to = Math.min(span.length, at + block);
    let ends = 0;
    for (let j = at; j < to; j++) if (span[j] <= low || span[j] >= high) ends++;
    count += ends;
    if (ends > CLIPPED_SHARE * (to - at)) {
      if (at > from) kept.push(span.subarray(from, at));
      from = to;
      dropped = true;
    }
  }
  if (!dropped) return { kept: [span], count };
  if (from < span.length) kept.push(span.subarray(from));
  return { kept: kept.filter((part) => part.length >= block), count };
}

/** Longest stretch of an axis. */
export function longestSpan(axis: AxisSamples): Float64Array {
  let longest = axis.spans[0];
  for (const span of axis.spans) if (span.length > longest.length) longest = span;
  return longest;
}
