/** From proven frames to channels in SI units: counts × board facts × sensor facts, at the rate measured by the host's clock. */
import { type SealBody, unpackSamples } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { type BoardFacts, loadSensor, type SensorFacts } from '../link/boards.js';
import type { ClockEstimate } from '../session/index.js';
import type { Channel } from './capture.js';
import type { PlanChannel } from './plan.js';
import { pulsesOf, turnsAt } from './tacho.js';
import type { ProvenCapture } from './verify.js';

/** Standard gravity, exact: 3rd CGPM 1901, CR 70. */
const standardGravity = 9.80665;

/** value = offset + factor · counts */
interface Scale {
  factor: number;
  offset: number;
  unit: Channel['unit'];
  quantity: Channel['quantity'];
  range?: readonly [number, number];
}

/** Scale of one converter input. `sums` = conversions summed in one sample. */
function analogScale(wired: PlanChannel, sensor: SensorFacts | undefined, board: BoardFacts, sums: number): Scale {
  const steps = 2 ** board.adc.bits;
  const lsbMv = board.adc.vrefMv / steps;
  // ATmega328P data sheet, "ADC Accuracy Definitions": ideally the code n begins at n - 0.5 steps, so that n steps are its middle
  const millivolts = { factor: lsbMv / sums, offset: 0 };
  const ends = (scale: (mv: number) => number): readonly [number, number] => {
    const [a, b] = [scale(0), scale((steps - 1) * lsbMv)];
    return a < b ? [a, b] : [b, a];
  };
  if (!sensor) {
    const scale = (mv: number) => mv / 1000;
    return {
      factor: millivolts.factor / 1000,
      offset: millivolts.offset / 1000,
      unit: 'V',
      quantity: 'voltage',
      range: ends(scale),
    };
  }
  const { analog } = sensor;
  if (!analog) throw new KizashiError('KZ0107', `sensor ${sensor.id} has no analog output`, { sensor: sensor.id });
  const gain = wired.gain ?? 1;
  const bias = analog.bias === 'avcc/2' ? board.adc.vrefMv / 2 : analog.bias * gain;
  const perMv = 1 / (analog.mvPerUnit * gain);
  return {
    factor: millivolts.factor * perMv,
    offset: (millivolts.offset - bias) * perMv,
    unit: analog.unit,
    quantity: sensor.quantity,
    range: ends((mv) => (mv - bias) * perMv),
  };
}

/**
 * Scale of an ADXL345 by its registers as the board's signed `begin` states them: driver 2, BW_RATE, DATA_FORMAT. Data sheet, table 1:
 * 256 counts a g in full resolution (±16 g here: 13 bits); in ten bits half of it with each doubled range.
 */
function adxl345Scale(cfg: Uint8Array): Scale {
  const format = cfg[2];
  const full = (format & 8) !== 0;
  const perG = full ? 256 : 256 >> (format & 3);
  const factor = standardGravity / perG;
  const most = full ? 512 << (format & 3) : 512;
  return { factor, offset: 0, unit: 'm/s2', quantity: 'acceleration', range: [-most * factor, (most - 1) * factor] };
}

/** Scale of one with `bits`, signed, and so many counts a g. */
function accelerationScale(perG: number, bits: number): Scale {
  const factor = standardGravity / perG;
  const most = 2 ** (bits - 1);
  return { factor, offset: 0, unit: 'm/s2', quantity: 'acceleration', range: [-most * factor, (most - 1) * factor] };
}

/** Counts a g of a LIS3DH in ten bits by FS[1:0] (data sheet, table 4, normal mode): 4, 8, 16, 48 mg a step. */
const lis3dhPerG = [1000 / 4, 1000 / 8, 1000 / 16, 1000 / 48];

/** Scale of a sensor that digitises by itself, by its registers as the board's signed `begin` states them. */
function digitalScale(sensor: SensorFacts | undefined, cfg: Uint8Array): Scale {
  if (sensor?.id === 'adxl345' && cfg[0] === 2 && cfg.length >= 3) return adxl345Scale(cfg);
  // driver 3, WHO_AM_I, SMPLRT_DIV, CONFIG, ACCEL_CONFIG: 16,384 counts a g at ±2 g, half with each doubled range (register map, ACCEL_XOUT)
  if (sensor?.id === 'mpu6050' && cfg[0] === 3 && cfg.length >= 5)
    return accelerationScale(16_384 >> ((cfg[4] >> 3) & 3), 16);
  // driver 4, CTRL_REG1, CTRL_REG4, FIFO_CTRL
  if (sensor?.id === 'lis3dh' && cfg[0] === 4 && cfg.length >= 3)
    return accelerationScale(lis3dhPerG[(cfg[2] >> 4) & 3], 10);
  if (!sensor?.lsbG) return { factor: 1, offset: 0, unit: 'relative', quantity: 'other' };
  const factor = sensor.lsbG * standardGravity;
  const end = sensor.rangeG?.[0];
  const range = end === undefined ? undefined : ([-end * standardGravity, end * standardGravity] as const);
  return { factor, offset: 0, unit: 'm/s2', quantity: sensor.quantity, range };
}

export interface ScaledCapture {
  channels: Channel[];
  spans: [number, number][];
}

/** Unpacks proven frames. Spans split where the board lost samples or the line lost a window. */
export function scaleCapture(
  proof: ProvenCapture,
  wiring: readonly PlanChannel[],
  board: BoardFacts,
  fsHz: number,
): ScaledCapture {
  const { begin, frames } = proof;
  const width = begin.chans.length;
  const timer = begin.clock.kind === 0;
  const sums = begin.clock.kind === 0 ? begin.clock.div / width : 1;
  const scales = wiring.map((wired) => {
    const sensor = wired.sensor === undefined ? undefined : loadSensor(wired.sensor);
    return timer ? analogScale(wired, sensor, board, sums) : digitalScale(sensor, begin.cfg);
  });
  const unpacked = frames.map((frame) => (frame ? unpackSamples(frame.enc, frame.samples) : undefined));
  const scans = unpacked.reduce((sum, samples) => sum + (samples?.length ?? 0), 0) / width;
  const out = wiring.map(() => new Float64Array(scans));
  const spans: [number, number][] = [];
  let at = 0;
  let open = false;
  unpacked.forEach((samples, i) => {
    if (!samples) {
      open = false;
      return;
    }
    if (!open || (frames[i]?.gap ?? 0) > 0) spans.push([at, at]);
    open = true;
    for (let k = 0; k < samples.length; k++) {
      const channel = k % width;
      out[channel][at + (k - channel) / width] = scales[channel].offset + scales[channel].factor * samples[k];
    }
    at += samples.length / width;
    spans[spans.length - 1][1] = at;
  });
  const channels = wiring.map((wired, k): Channel => {
    const { unit, quantity, range, factor } = scales[k];
    if (timer && begin.chans[k] === board.tacho?.channel) return tachoChannel(proof, wired, k, fsHz, scans);
    const skew = timer && begin.clock.kind === 0 ? k / (fsHz * begin.clock.div) : 0;
    return {
      id: wired.id,
      quantity,
      unit,
      samples: out[k],
      range,
      lsb: Math.abs(factor),
      skewS: skew,
      sensor: wired.sensor,
      axis: wired.axis,
      phase: wired.phase,
    };
  });
  return { channels, spans };
}

/** Angle of the shaft in turns; it stands still where no pulse was seen. */
function tachoChannel(proof: ProvenCapture, wired: PlanChannel, k: number, fsHz: number, scans: number): Channel {
  const { clock } = proof.begin;
  const ticksAScan = clock.kind === 0 ? clock.period * clock.div : Number.NaN;
  const skewS = clock.kind === 0 ? k / (fsHz * clock.div) : 0;
  const pulses = pulsesOf(proof, k, wired.pulsesPerTurn ?? 1, 1 / (fsHz * ticksAScan));
  const samples = pulses ? turnsAt(pulses, scans, 1 / fsHz, skewS) : new Float64Array(scans);
  return { id: wired.id, quantity: 'tacho', unit: 'relative', samples, skewS, ...(pulses ? { pulses } : {}) };
}

/**
 * Samples a second of each channel and its relative standard uncertainty. Timer-clocked: the exact fraction of the board's timer times the
 * measured ratio of its oscillator. Sensor-clocked: the line through (ticks, scans produced), since such oscillators are off by 2–4 %.
 */
export function measuredRate(proof: ProvenCapture, clock: ClockEstimate): { fsHz: number; fsUncertainty: number } {
  const { begin } = proof;
  if (begin.clock.kind === 0) {
    return {
      fsHz: (begin.clock.hz / (begin.clock.period * begin.clock.div)) * clock.ratio,
      fsUncertainty: clock.uncertainty,
    };
  }
  const { slope, sigma } = fifoRate(proof);
  const fsHz = slope * begin.clock.hz * clock.ratio;
  return { fsHz, fsUncertainty: Math.hypot(sigma / slope, clock.uncertainty) };
}

/** Scans a tick. At `dt` of a frame the sensor had produced: scans sent so far, this frame included, gaps, and `level` still waiting. */
function fifoRate({ begin, frames }: ProvenCapture): { slope: number; sigma: number } {
  const width = begin.chans.length;
  const points: [number, number][] = [];
  let produced = 0;
  for (const frame of frames) {
    // a hole ends the count; the longest stretch without one is the first or nothing
    if (!frame) break;
    produced += (unpackSamples(frame.enc, frame.samples).length + frame.gap) / width;
    points.push([frame.dt, produced + (frame.level ?? 0)]);
  }
  const nominal = begin.clock.kind === 1 ? begin.clock.odrMhz / 1000 / begin.clock.hz : 0;
  if (points.length < 3) return { slope: nominal, sigma: nominal * 0.04 };
  const n = points.length;
  const mx = points.reduce((sum, [x]) => sum + x, 0) / n;
  const my = points.reduce((sum, [, y]) => sum + y, 0) / n;
  let sxx = 0;
  let sxy = 0;
  for (const [x, y] of points) {
    sxx += (x - mx) ** 2;
    sxy += (x - mx) * (y - my);
  }
  const slope = sxy / sxx;
  const residual = points.reduce((sum, [x, y]) => sum + (y - my - slope * (x - mx)) ** 2, 0);
  // levels are whole scans: a rounding of ±1/2 has this variance
  const variance = Math.max(residual / (n - 2), 1 / 12);
  return { slope, sigma: Math.sqrt(variance / sxx) };
}

/** Words for what a person should know about a proven capture. */
export function notesOf(seal: SealBody, holes: number[], gapless: boolean): string[] {
  const notes: string[] = [];
  if (seal.lost > 0) notes.push(`the board lost ${seal.lost} samples: lower the rate`);
  if (holes.length > 0) notes.push(`the line lost frames of ${holes.length} windows: ${holes.join(', ')}`);
  if (seal.macbad > 0) notes.push(`${seal.macbad} commands with a false MAC reached the board`);
  if (seal.end > 0)
    notes.push(`the capture ended early: ${['', 'stopped', 'overrun', 'sensor fault', 'storage fault'][seal.end]}`);
  if (!gapless) notes.push('signed records before this one were never seen here');
  return notes;
}
