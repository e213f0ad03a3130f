/** From what a person asks (channels, rate, length) to what the wire says (ticks, rotation, encoding), and the exact rate that makes. */

import { type Caps, type CaptureArgs, encBit, encoding } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { type BoardFacts, fifoOf, loadSensor } from '../link/boards.js';
import type { Channel } from './capture.js';

/** One sampled input and what hangs on it. */
export interface PlanChannel {
  /** Id of the channel in the capture: `ax`, `i1`. */
  id: string;
  /** Pin of the board, as printed on it: `A0`; or an axis of the board's sensor with a FIFO: `x`, `y`, `z`; or its tacho pin. */
  pin: string;
  /** Id of the sensor in boards/sensors. Without one, volts come out. */
  sensor?: string;
  /** Factor between the sensor's output and the pin (voltage divider, amplifier). 1 by default. */
  gain?: number;
  /** Pulses a turn, on the board's tacho pin; 1 by default. */
  pulsesPerTurn?: number;
  axis?: Channel['axis'];
  phase?: Channel['phase'];
}

export interface CapturePlan {
  channels: PlanChannel[];
  /** Samples a second wanted of each channel; the next rate at or above it that the board can make is taken, and said. */
  rateHz: number;
  /** Length in seconds. */
  seconds: number;
  /** Frames a window: what one lost frame costs. 32 by default, fewer on a noisy line. */
  win?: number;
  /** Sums of this many conversions (2, 4, 8) per sample, 16 bits on the wire. 1 by default. */
  decimate?: 1 | 2 | 4 | 8;
  /** Sixteen bytes that did not exist before: the digest of the log's newest checkpoint. Random when absent. */
  challenge?: Uint8Array;
}

export interface PlannedCapture {
  plan: CapturePlan;
  /** Arguments of the command, less challenge and lock. */
  args: Omit<CaptureArgs, 'chal' | 'lock'>;
  /** Rate of each channel by the board's own clock: hz / (period · div), kept as a fraction; of a sensor with its own clock the nominal one. */
  rate: { hz: number; ticks: number };
  /** Samples of each channel. */
  samples: number;
  /** Expected length of sampling in ms by the nominal clock. */
  samplingMs: number;
  /** Expected time of one frame in ms. */
  frameMs: number;
}

function impossible(message: string, context: Record<string, unknown> = {}): never {
  throw new KizashiError('KZ0501', message, context);
}

/**
 * The longest period in ticks that the board can make and that is not longer than `wanted`: the rate is never below what was asked, so that
 * no frequency the asker reckons with folds back. NaN where even the shortest period is longer.
 */
function longestPeriod(wanted: number, { min, fineMax, max, coarseStep }: BoardFacts['adc']['periodTicks']): number {
  const coarse = Math.min(max, Math.floor(wanted / coarseStep) * coarseStep);
  if (coarse > fineMax) return coarse;
  return wanted < min ? Number.NaN : Math.max(min, Math.min(fineMax, Math.floor(wanted)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Above this output rate the ten-bit encoding loses nothing of an ADXL345: its least significant bit in full resolution is dead. */
const wholeResolutionHz = 800;

const axes = ['x', 'y', 'z'];

/** The sensor's own clock gives the rate; its three axes come together. */
function planFifo(plan: CapturePlan, board: BoardFacts, caps: Caps): PlannedCapture {
  const named = plan.channels.find((channel) => channel.sensor !== undefined)?.sensor;
  const fifo = named === undefined ? board.fifo : fifoOf(board, named);
  const encs = encBit.fifoS16 | encBit.fifoU10;
  if (!fifo || (caps.encs & encs) === 0)
    impossible(
      `the firmware of ${board.name} reads no ${named ?? 'sensor'} with a FIFO${fifo ? `: flash ${fifo.image}` : ''}`,
    );
  if (plan.channels.map((channel) => channel.pin).join() !== axes.join())
    impossible(`a ${fifo.part} gives x, y and z together, in this order`);
  if ((plan.decimate ?? 1) !== 1) impossible(`a ${fifo.part} does not sum samples: ask for a lower rate`);
  const sensor = loadSensor(fifo.part);
  const rates = [...(sensor.odrHz ?? [])].sort((a, b) => a - b);
  const odrHz = rates.find((rate) => rate >= plan.rateHz);
  if (odrHz === undefined) impossible(`a ${fifo.part} gives at most ${rates.at(-1)} S/s an axis`, { rates });
  const compact = sensor.wire
    ? sensor.wire === 'u10'
    : (caps.encs & encBit.fifoU10) !== 0 && (odrHz > wholeResolutionHz || (caps.encs & encBit.fifoS16) === 0);
  if ((caps.encs & (compact ? encBit.fifoU10 : encBit.fifoS16)) === 0)
    impossible(`the firmware of ${board.name} reads no ${fifo.part}: flash ${fifo.image}`);
  const enc = compact ? encoding.fifoU10 : encoding.fifoS16;
  const count = 12 * Math.max(1, Math.round((plan.seconds * odrHz) / 4));
  const samples = count / 3;
  const samplingMs = (1000 * samples) / odrHz;
  if (samplingMs > 60_500) impossible('a capture lasts at most 60 s', { samplingMs });
  const args = {
    count,
    period: 1000 * odrHz,
    div: 0,
    chans: fifo.channels,
    enc,
    win: plan.win ?? 32,
    sign: 0 as const,
  };
  return { plan, args, rate: { hz: odrHz, ticks: 1 }, samples, samplingMs, frameMs: (1000 * caps.samples) / 3 / odrHz };
}

/**
 * Plans a capture for a board. `caps` are those of the hello: what this very firmware can do.
 * @throws KZ0501 with the limit that is exceeded
 */
export function planCapture(plan: CapturePlan, board: BoardFacts, caps: Caps): PlannedCapture {
  const n = plan.channels.length;
  if (n === 0 || n > caps.chans) impossible(`${board.name} samples 1 to ${caps.chans} channels, not ${n}`);
  if (n > 8) impossible('a capture has at most 8 channels');
  if (new Set(plan.channels.map((channel) => channel.id)).size !== n) impossible('two channels have the same id');
  if (!(plan.rateHz > 0) || !(plan.seconds > 0)) impossible('rate and length must be positive');
  if (plan.channels.some((channel) => axes.includes(channel.pin))) return planFifo(plan, board, caps);
  const chans = plan.channels.map((channel) => {
    if (channel.pin === board.tacho?.pin) return board.tacho.channel;
    const index = board.adc.pins.indexOf(channel.pin);
    if (index < 0) impossible(`${board.name} has no analog pin ${channel.pin}: ${board.adc.pins.join(', ')}`);
    return index;
  });
  if (new Set(chans).size !== n) impossible('two channels use the same pin');

  const decimate = plan.decimate ?? 1;
  const div = n * decimate;
  const hz = board.timebase.hz;
  const period = longestPeriod(hz / (plan.rateHz * div), board.adc.periodTicks);
  if (Number.isNaN(period)) {
    const most = Math.floor(hz / board.adc.periodTicks.min / div);
    impossible(`${board.name} samples ${n} channels at most at ${most} S/s each`, { most });
  }
  const total = hz / period / decimate;
  // what is asked counts: 3 × 8 kS/s are 24,096 S/s in ticks, on a board that states 24,000
  if (plan.rateHz * n * decimate > caps.rate)
    impossible(`${board.name} samples at most ${caps.rate} S/s over all channels`, { total });
  const enc = decimate > 1 || (caps.encs & encBit.u10) === 0 ? encoding.s16 : encoding.u10;
  if (enc === encoding.s16 && (caps.encs & encBit.s16) === 0) impossible(`${board.name} cannot send 16-bit samples`);

  const unit = (n * 4) / greatestCommonDivisor(n, 4);
  const wanted = Math.round((plan.seconds * hz) / (period * div)) * n;
  const count = Math.max(unit, Math.round(wanted / unit) * unit);
  const samplingMs = (1000 * (count / n) * period * div) / hz;
  // boards that take no commands meanwhile must come back within a minute, and frame numbers stay below 2^16
  if (samplingMs > 60_500) impossible('a capture lasts at most 60 s', { samplingMs });
  if (count / caps.samples > 65_535) impossible('a capture has at most 65,535 frames', { count });
  // a signature a frame where the board can carry it: then each frame proves itself (docs/protocol.md, sealing)
  const sign = caps.sealing === 1 && (total / caps.samples) * caps.signMs < 900 ? 1 : 0;
  const args = { count, period, div, chans, enc, win: plan.win ?? 32, sign };
  const frameMs = (1000 * caps.samples * period) / hz;
  return { plan, args, rate: { hz, ticks: period * div }, samples: count / n, samplingMs, frameMs };
}
