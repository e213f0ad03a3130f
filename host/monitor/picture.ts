/** Plots of a motor's last capture. They use the same transforms as the findings, so that what is seen is what was judged. */
import type { Capture, Channel } from '../capture/capture.js';
import { envelopeSpectrum, lineSpectrum } from '../signal/index.js';

export type PictureKind = 'spectrum' | 'envelope' | 'wave';

export interface Picture {
  header: {
    kind: PictureKind;
    motor: string;
    capture: string;
    channel: string;
    unit: string;
    x0: number;
    dx: number;
    xUnit: 'Hz' | 's';
    count: number;
    fsHz: number;
    speedHz: number | null;
    verdict: string;
    grade: string;
    at: number | null;
  };
  values: Float64Array;
}

/** Longest stretch a picture is made of, in samples: 4 s at 8 kHz give lines 0.24 Hz apart. */
const longest = 32_768;
/** Longest wave sent, in seconds. */
const waveSeconds = 0.5;

/** The longest gap-free stretch from the start of its span, cut to a power of two so that it transforms quickly. */
function stretch(capture: Capture, channel: Channel): Float64Array {
  const [from, to] = [...capture.spans].sort((a, b) => b[1] - b[0] - (a[1] - a[0]))[0] ?? [0, 0];
  let n = 1;
  while (n * 2 <= Math.min(to - from, longest)) n *= 2;
  return channel.samples.subarray(from, from + n);
}

/** Null when the capture has no acceleration channel or no usable stretch. */
export function pictureOf(motor: string, capture: Capture, kind: PictureKind, speedHz: number | null): Picture | null {
  const channel = capture.channels.find((c) => c.quantity === 'acceleration');
  if (!channel) return null;
  const samples = stretch(capture, channel);
  if (samples.length < 1024) return null;
  const base = {
    kind,
    motor,
    capture: capture.id,
    channel: channel.id,
    x0: 0,
    fsHz: capture.fsHz,
    speedHz,
    verdict: capture.verdict.kind,
    grade: capture.grade,
    at: capture.at ?? null,
  };
  if (kind === 'wave') {
    const values = samples.slice(0, Math.min(samples.length, Math.round(waveSeconds * capture.fsHz)));
    return { header: { ...base, unit: channel.unit, dx: 1 / capture.fsHz, xUnit: 's', count: values.length }, values };
  }
  if (kind === 'spectrum') {
    const { amplitudes, df } = lineSpectrum(samples, capture.fsHz);
    const values = amplitudes.map((a) => a / Math.SQRT2);
    return { header: { ...base, unit: `${channel.unit} RMS`, dx: df, xUnit: 'Hz', count: values.length }, values };
  }
  const { power, df } = envelopeSpectrum(samples, capture.fsHz);
  const values = power.map(Math.sqrt);
  values.fill(0, 0, Math.ceil(5 / df)); // below 5 Hz the mean of the envelope leaks
  let top = 0;
  for (const value of values) top = Math.max(top, value);
  return {
    header: { ...base, unit: 'relative', dx: df, xUnit: 'Hz', count: values.length },
    values: top > 0 ? values.map((value) => value / top) : values,
  };
}
