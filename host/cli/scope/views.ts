/** A capture as a picture for a terminal: wave, spectrum, envelope or waterfall, with its axes, its strongest lines and the state of its data. */
import type { Capture } from '../../capture/capture.js';
import { type Picture, pictureOf } from '../../monitor/index.js';
import { digits } from '../output.js';
import { BrailleCanvas } from './braille.js';

export const views = ['wave', 'spectrum', 'envelope', 'waterfall'] as const;
export type View = (typeof views)[number];

export interface ScopeSize {
  columns: number;
  rows: number;
  utf8: boolean;
}

export interface SpectralLine {
  hz: number;
  amplitude: number;
}

/** Width of the labels at the left. */
const gutter = 10;
/** Lines named below a spectrum. */
const named = 3;
/** Lines 60 dB below the strongest are arithmetic, not machine. */
const floorShare = 0.001;
/** Below this the mean of the signal leaks into the lines. */
const lowestHz = 5;
const shades = { utf8: ' ░▒▓█', ascii: ' .:*#' };

/** One channel of a capture as `pictureOf` takes it: a current is drawn by the same transforms as an acceleration. */
export function channelCapture(capture: Capture, id: string | undefined): Capture {
  const channel =
    capture.channels.find((one) => one.id === id) ??
    capture.channels.find((one) => one.quantity === 'acceleration') ??
    capture.channels[0];
  return { ...capture, channels: [{ ...channel, quantity: 'acceleration' }] };
}

/** The strongest local maxima of a spectrum, strongest first. */
export function strongestLines({ header, values }: Picture, count = named): SpectralLine[] {
  const peaks: SpectralLine[] = [];
  for (let i = Math.max(1, Math.ceil(lowestHz / header.dx)); i < values.length - 1; i++)
    if (values[i] > values[i - 1] && values[i] >= values[i + 1])
      peaks.push({ hz: header.x0 + i * header.dx, amplitude: values[i] });
  peaks.sort((a, b) => b.amplitude - a.amplitude);
  return peaks.slice(0, count).filter(({ amplitude }) => amplitude > floorShare * peaks[0].amplitude);
}

/** The picture as lines, none wider than `columns`. Null where the capture is too short to draw. */
export function scopeLines(
  capture: Capture,
  view: View,
  size: ScopeSize,
  earlier: readonly Capture[] = [],
): string[] | null {
  if (view === 'waterfall') return waterfall([...earlier, capture], size);
  const picture = pictureOf('', capture, view, null) ?? (view === 'wave' ? wholeWave(capture) : null);
  if (!picture) return null;
  const canvas = new BrailleCanvas(size.columns - gutter - 1, size.rows);
  const { values, header } = picture;
  let top = 0;
  for (const value of values) top = Math.max(top, Math.abs(value));
  if (view === 'wave') drawWave(canvas, values, top);
  else drawBars(canvas, values, top);
  const unit = header.unit.replace('m/s2', 'm/s²');
  const label = (row: number): string => {
    if (row === 0) return digits(top, 3);
    if (row === canvas.rows - 1) return view === 'wave' ? digits(-top, 3) : '0';
    return row === Math.floor(canvas.rows / 2) ? unit.slice(0, gutter - 1) : '';
  };
  const end = header.x0 + values.length * header.dx;
  return [
    ...canvas.lines(size.utf8).map((line, row) => `${label(row).padStart(gutter)} ${line}`),
    axisLine(canvas.columns, `${digits(end, 3)} ${header.xUnit}`),
    ...(view === 'wave' ? [] : [linesText(picture, unit)]),
  ].map((line) => line.slice(0, size.columns));
}

/** Captures of polled boards are too short for a spectrum; their wave can be shown all the same. */
function wholeWave({ channels: [channel], fsHz, verdict, grade, id, at }: Capture): Picture | null {
  if (channel.samples.length < 2) return null;
  const { samples, unit } = channel;
  const header: Picture['header'] = {
    kind: 'wave',
    motor: '',
    capture: id,
    channel: channel.id,
    unit,
    x0: 0,
    dx: 1 / fsHz,
    xUnit: 's',
    count: samples.length,
    fsHz,
    speedHz: null,
    verdict: verdict.kind,
    grade,
    at: at ?? null,
  };
  return { header, values: samples };
}

function axisLine(columns: number, end: string): string {
  return `${' '.repeat(gutter)} 0${end.padStart(columns - 1)}`;
}

function linesText(picture: Picture, unit: string): string {
  const lines = strongestLines(picture).map(({ hz, amplitude }) => `${digits(hz, 4)} Hz ${digits(amplitude, 3)}`);
  return `${' '.repeat(gutter)} strongest ${lines.join(', ')} ${unit}`;
}

/** Lowest and highest sample of each column joined: no spike is lost between two dots. */
function drawWave(canvas: BrailleCanvas, values: ArrayLike<number>, top: number): void {
  const scale = (canvas.height - 1) / (2 * top || 1);
  for (let x = 0; x < canvas.width; x++) {
    const [low, high] = extremes(values, x, canvas.width);
    canvas.stroke(x, (low + top) * scale, (high + top) * scale);
  }
}

function drawBars(canvas: BrailleCanvas, values: ArrayLike<number>, top: number): void {
  for (let x = 0; x < canvas.width; x++) {
    const [, high] = extremes(values, x, canvas.width);
    canvas.stroke(x, 0, (high / (top || 1)) * (canvas.height - 1));
  }
}

function extremes(values: ArrayLike<number>, x: number, width: number): [number, number] {
  const from = Math.floor((x * values.length) / width);
  const to = Math.max(from + 1, Math.floor(((x + 1) * values.length) / width));
  let [low, high] = [values[from], values[from]];
  for (let i = from; i < to; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}

/** Spectra one below the other, newest at the bottom; shades are steps of 10 dB below the strongest line of all. */
function waterfall(captures: readonly Capture[], { columns, rows, utf8 }: ScopeSize): string[] | null {
  const pictures = captures.slice(-rows).flatMap((capture) => pictureOf('', capture, 'spectrum', null) ?? []);
  if (pictures.length === 0) return null;
  const width = columns - gutter - 1;
  const bands = pictures.map(({ values }) => Array.from({ length: width }, (_, x) => extremes(values, x, width)[1]));
  const top = Math.max(...bands.flat(), Number.MIN_VALUE);
  const scale = utf8 ? shades.utf8 : shades.ascii;
  const text = bands.map((band) =>
    band.map((value) => scale[Math.max(0, Math.min(4, 4 + Math.ceil(2 * Math.log10(value / top || 1e-9))))]).join(''),
  );
  const last = pictures[pictures.length - 1];
  const blank = Array.from({ length: rows - text.length }, () => '');
  return [
    ...[...blank, ...text].map((line, row) => `${(row === rows - 1 ? 'now' : '').padStart(gutter)} ${line}`),
    axisLine(width, `${digits(last.values.length * last.header.dx, 3)} Hz`),
    linesText(last, last.header.unit.replace('m/s2', 'm/s²')),
  ].map((line) => line.slice(0, columns));
}

/** True rate, doubt about it, clipping, losses, verdict: what says whether the picture may be believed. */
export function statusLine(capture: Capture): string {
  const { fsHz, fsUncertainty, channels, evidence, verdict, grade, source, attested } = capture;
  const clipped = channels.reduce((sum, { samples, range }) => sum + (range ? clippedIn(samples, range) : 0), 0);
  const parts = [
    `${digits(fsHz, 6)} Hz ±${digits(fsUncertainty * 1e6, 2)} ppm`,
    `${clipped} clipped`,
    !evidence && capture.spans.length > 1 ? `${capture.spans.length - 1} gaps` : `${evidence?.lost ?? 0} lost`,
    verdict.kind,
    ...(source === 'firmata' || source === 'text' ? ['screening'] : []),
    ...(grade === 'none' && verdict.kind !== 'verified'
      ? []
      : [grade === 'E' ? 'grade E: EMULATED' : `grade ${grade}`]),
    ...(attested ? [`attested by gateway ${attested.gateway}`] : []),
  ];
  return parts.filter((part, i) => parts.indexOf(part) === i).join('   ');
}

function clippedIn(samples: Float64Array, [low, high]: readonly [number, number]): number {
  let count = 0;
  for (const value of samples) if (value <= low || value >= high) count++;
  return count;
}
