/**
 * kz-lines/2: lines that neither shaft nor bearing makes: twice the supply frequency, gear mesh with its side bands, blade pass. They need a
 * finer spectrum than severity does: 2·f_line of a two-pole motor lies only twice the slip away from a harmonic of its shaft.
 */
import type { Capture } from '../capture/capture.js';
import { exp, type LineSpectrum, lineSpectrum, log10, median } from '../signal/index.js';
import type { AxisFeatures } from './axis-features.js';
import type { AxisSamples } from './envelope-lines.js';
import { type FindingContext, makeFinding } from './finding.js';
import { indicatorMaker } from './indicator.js';
import { longestSpan } from './quality.js';
import type { Zone } from './severity.js';
import { orderIndicator } from './shaft.js';
import type {
  BaselineValue,
  Finding,
  Indicator,
  LearnEvidence,
  MotorContext,
  ReasonCode,
  Saying,
  SpeedEstimate,
} from './types.js';
import { mayGear } from './validity.js';

export const LINES_ALGORITHM = 'kz-lines/2';

export const linesParams = {
  /** Tolerance of the grid's frequency (EN 50160: ±1 % in 99.5 % of a year; 0.4 % here, where a shaft harmonic is near). */
  supplyTolerance: 0.004,
  /** Cold: share of the velocity that 2·f_line carries; with a baseline: its growth. */
  share: 0.5,
  growth: 2.5,
  /** Power over the local median from which a line stands out (10 dB). */
  overFloor: 10,
} as const;

const FLOOR_BINS = 40;
const MOST_SAMPLES = 1 << 18;

export interface MachineLines {
  indicators: Indicator[];
  values: LearnEvidence['values'];
  /** 1.0 is the default threshold. */
  electrical: number;
  /** The axis that speaks, its amplitude in mm/s and its growth where there is a baseline. */
  line?: { channel: string; amplitude: number; growth?: number };
}

interface Line {
  /** Peak velocity amplitude, mm/s for a channel in m/s². */
  amplitude: number;
  overFloor: number;
}

/** The largest line within ±half Hz, its power over the main lobe of the Hann window (±2 bins), as velocity. */
function lineAt({ amplitudes: a, df }: LineSpectrum, hz: number, halfHz: number): Line {
  const from = Math.max(2, Math.ceil((hz - halfHz) / df));
  const to = Math.min(a.length - 3, Math.floor((hz + halfHz) / df));
  let peak = Math.min(from, a.length - 3);
  for (let k = from; k <= to; k++) if (a[k] > a[peak]) peak = k;
  let power = 0;
  // ENBW of the Hann window: five bins of a line add up to 1.5 times its power.
  for (let k = peak - 2; k <= peak + 2; k++) power += (a[k] * a[k]) / 1.5;
  const level = median(a.subarray(Math.max(0, peak - FLOOR_BINS), peak + FLOOR_BINS + 1));
  return {
    amplitude: (1e3 * Math.sqrt(power)) / (2 * Math.PI * peak * df),
    overFloor: level > 0 ? (a[peak] * a[peak]) / (level * level) : 0,
  };
}

/** Whether 2·f_line can be told from the nearest harmonic of the shaft in a spectrum of resolution `df`: four bins apart. */
function separate(
  doubleHz: number,
  frHz: number,
  df: number,
): { gapHz: number; refused?: { code: ReasonCode; text: string } } {
  const order = Math.max(1, Math.round(doubleHz / frHz));
  const gapHz = Math.abs(doubleHz - order * frHz);
  if (gapHz >= 4 * df) return { gapHz };
  const text =
    gapHz > 0
      ? `twice the line frequency stands ${gapHz.toFixed(2)} Hz beside ${order}x of the shaft: needs ${(4 / gapHz).toFixed(0)} s of record`
      : `twice the line frequency is ${order}x of the shaft`;
  return { gapHz, refused: { code: 'RECORD_TOO_SHORT', text } };
}

export function machineLines(
  capture: Capture,
  axes: readonly AxisSamples[],
  features: readonly AxisFeatures[],
  motor: MotorContext,
  speed: SpeedEstimate | undefined,
  baseline: Record<string, BaselineValue> | undefined,
  zone: Zone | undefined,
): MachineLines {
  const result: MachineLines = { indicators: [], values: {}, electrical: 0 };
  const gears = motor.gears ?? [];
  if (!speed || (motor.supplyHz === undefined && gears.length === 0 && motor.blades === undefined)) return result;
  const make = indicatorMaker(capture, LINES_ALGORITHM);
  const { fsHz } = capture;
  for (const axis of axes) {
    const feature = features.find((one) => one.channel.id === axis.channel);
    if (!feature) continue;
    const { channel, sight } = feature;
    const unit = channel.unit === 'm/s2' ? 'mm/s' : 'relative';
    const channels = [channel.id];
    const span = longestSpan(axis);
    // A power of two is what the kernel takes; nothing here needs the last bin of resolution.
    let n = 2;
    while (2 * n <= Math.min(span.length, MOST_SAMPLES)) n *= 2;
    const spectrum = lineSpectrum(span.subarray(0, n), fsHz);
    const { df } = spectrum;
    const put = (id: string, value: number, of: string, refused?: { code: ReasonCode; text: string }) => {
      result.indicators.push(
        make({
          id,
          value: refused ? Number.NaN : value,
          unit: of,
          channels,
          params: { df },
          ...(refused ? { refused } : {}),
        }),
      );
    };
    if (motor.supplyHz !== undefined) {
      const id = `lineTwice.${channel.id}`;
      const doubleHz = 2 * motor.supplyHz;
      const vfd = { code: 'VFD' as const, text: 'the drive decides the frequency of the stator' };
      const blind = { code: sight.limit, text: `${sight.name} sees up to ${Math.round(sight.fTopHz)} Hz` };
      const { gapHz, refused } = separate(doubleHz, speed.frHz, df);
      const why = motor.drive === 'vfd' ? vfd : doubleHz > sight.fTopHz ? blind : refused;
      const half = Math.min(linesParams.supplyTolerance * doubleHz, 0.5 * gapHz);
      const line = lineAt(spectrum, doubleHz, half);
      put(id, line.amplitude, unit, why);
      if (!why) {
        if (line.amplitude > 0) result.values[id] = { value: line.amplitude };
        judge(result, feature, line, baseline, zone);
      }
    }
    gears.forEach(({ teeth, order }, i) => {
      const shaftHz = order * speed.frHz;
      const may = mayGear(sight, teeth, shaftHz);
      const refused = may.level === 'no' ? { code: may.code as ReasonCode, text: may.text } : undefined;
      const at = (k: number) =>
        lineAt(spectrum, (teeth + k) * shaftHz, Math.min(0.3 * shaftHz, 0.005 * teeth * shaftHz));
      const mesh = at(0);
      let sides = 0;
      for (const k of [-3, -2, -1, 1, 2, 3]) {
        const { amplitude } = at(k);
        sides += amplitude * amplitude;
      }
      put(`gearMesh.${i + 1}.${channel.id}`, mesh.amplitude, unit, refused);
      const ratioDb =
        mesh.amplitude > 0 && sides > 0 ? 10 * log10(sides / (mesh.amplitude * mesh.amplitude)) : Number.NaN;
      put(`gearSideBands.${i + 1}.${channel.id}`, ratioDb, 'dB', refused);
      if (refused) return;
      if (mesh.amplitude > 0) result.values[`gearMesh.${i + 1}.${channel.id}`] = { value: mesh.amplitude };
      if (Number.isFinite(ratioDb))
        result.values[`gearSideBands.${i + 1}.${channel.id}`] = { value: ratioDb, db: true };
    });
    if (motor.blades !== undefined) {
      const hz = motor.blades * speed.frHz;
      const blind =
        hz > sight.fTopHz
          ? { code: sight.limit, text: `${sight.name} sees up to ${Math.round(sight.fTopHz)} Hz` }
          : undefined;
      const line = lineAt(spectrum, hz, Math.max(2 * df, 0.005 * hz));
      put(`bladePass.${channel.id}`, line.amplitude, unit, blind);
      if (!blind && line.amplitude > 0) result.values[`bladePass.${channel.id}`] = { value: line.amplitude };
    }
  }
  return result;
}

/**
 * Cold, outside zone B: the line carries half of the velocity. With a baseline: it grew 2.5 times and added at least half of the healthy
 * 1x: growth as a ratio says little of a line that was noise.
 */
function judge(
  result: MachineLines,
  { channel, velocity }: AxisFeatures,
  line: Line,
  baseline: Record<string, BaselineValue> | undefined,
  zone: Zone | undefined,
): void {
  if (line.overFloor < linesParams.overFloor) return;
  const base = baseline?.[`lineTwice.${channel.id}`];
  const share = velocity > 0 ? line.amplitude / (Math.SQRT2 * velocity) : 0;
  let score = zone === 'C' || zone === 'D' ? share / linesParams.share : 0;
  let growth: number | undefined;
  if (base) {
    const before = exp(base.median);
    growth = line.amplitude / before;
    const first = baseline?.[orderIndicator(1, channel.id)];
    const counts = !first || line.amplitude - before >= 0.5 * exp(first.median);
    score = Math.max(score, counts ? growth / linesParams.growth : Math.min(0.99, growth / linesParams.growth));
  }
  if (score <= result.electrical) return;
  result.electrical = score;
  result.line = { channel: channel.id, amplitude: line.amplitude, ...(growth === undefined ? {} : { growth }) };
}

/** Lines of the shaft that grow along with 2·f_line by this much say that the frame is strained, not the winding. */
const STRAINED = 1.5;

function electricalSaying(growth: number | undefined, shaftGrowth: number | undefined): Saying {
  if (growth !== undefined && shaftGrowth !== undefined && shaftGrowth >= STRAINED)
    return { of: 'soft-foot', growth, shaftGrowth };
  return { of: 'electrical', ...(growth === undefined ? {} : { growth }) };
}

/** @param shaftGrowth growth of 1x against its baseline on the axis where it grew most */
export function electricalFinding(context: FindingContext, lines: MachineLines, shaftGrowth?: number): Finding[] {
  if (lines.electrical < 1 || !lines.line) return [];
  const { channel, growth } = lines.line;
  return [
    makeFinding(context, {
      algorithm: LINES_ALGORITHM,
      params: { ...linesParams, ...lines.line },
      channels: [channel],
      subject: 'stator',
      cause: 'electrical',
      says: electricalSaying(growth, shaftGrowth),
    }),
  ];
}
