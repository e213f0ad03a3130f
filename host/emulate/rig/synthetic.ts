/**
 * Records straight from the rig's parts, without board and sensor: for tests of the analysis with ground truth at any rate, noise and
 * clock error. Strikes, shaft lines and currents are those of the rig, evaluated at the sample instants themselves.
 */
import { createHash } from 'node:crypto';
import type { Capture, Channel } from '../../capture/capture.js';
import { amplitudeOfDb, cosTurns, rms } from '../../signal/index.js';
import { randomStream } from '../random.js';
import { Bearing, type BearingOptions, type Orders, ring } from './bearing.js';
import { Current, type CurrentOptions, PHASES } from './current.js';
import { Motor, type MotorOptions, type Nameplate } from './motor.js';
import { addPink, addWhite } from './noise.js';
import { TwoPole } from './path.js';
import { type Axis, Shaft, type ShaftOptions } from './shaft.js';

/** Lines of an ordinary shaft, amplitudes over the noise. */
const HARMONICS = [1, 0.5, 0.3, 0.2, 0.1] as const;
const BLOCK = 1024;
/** Longest stretch over which a phase may be taken as a parabola, seconds. */
const STRETCH_S = 0.01;
const G = 9.80665;

export interface SyntheticVibrationOptions {
  seed: number;
  /** Rate the record states, and its length. */
  fsHz: number;
  durationS: number;
  frHz: number;
  /** Relative change of speed from begin to end, and periodic ripple. */
  drift?: number;
  ripple?: { depth: number; hz: number };
  bearing?: BearingOptions;
  /** RMS of the strikes over RMS of the white noise, dB; absent: severities count as they are. */
  snrDb?: number;
  /** RMS of the white noise, m/s² (1), and of added pink noise as a share of it. */
  noise?: number;
  pink?: number;
  /** Amplitudes of 1x, 2x, … over the white noise. */
  harmonics?: readonly number[];
  shaft?: ShaftOptions;
  /** Modulation of the noise by orders: depth 0 … 0.3. */
  modulation?: readonly { order: number; depth: number }[];
  /** Bumps of 20 times the noise from somewhere else. */
  strays?: number;
  /** Mains in the signal: amplitude over the noise at hz and twice hz. */
  hum?: { hz: number; amplitude: number };
  /** The true rate is fsHz·(1 + clockError). */
  clockError?: number;
  axes?: readonly Axis[];
  /** A sensor between: two-pole bandwidth, range, step, noise density. */
  sensor?: { bandwidthHz?: number; rangeG?: number; lsbG?: number; noiseUgRtHz?: number };
  /** Samples lost between two instants. */
  gap?: readonly [number, number];
}

export interface SyntheticTruth {
  schema: 'kizashi-truth/1';
  options: SyntheticVibrationOptions | SyntheticCurrentOptions;
  /** Shaft speed at the begin and at the end in true Hz. */
  frHz: readonly [number, number];
  /** Orders after slip, and the one that strikes. */
  orders?: Orders;
  strikeOrder?: number;
  strikes?: number[];
  strays?: number[];
  expected: string[];
}

/** A vibration record and what is true of it. */
export function syntheticVibration(options: SyntheticVibrationOptions): { capture: Capture; truth: SyntheticTruth } {
  const { seed, fsHz, durationS, frHz } = options;
  const dt = 1 / (fsHz * (1 + (options.clockError ?? 0)));
  const n = Math.round(durationS * fsHz);
  const sigma = options.noise ?? 1;
  const end = frHz * (1 + (options.drift ?? 0));
  const newMotor = () =>
    new Motor(
      {
        nameplate: { kw: 1, rpm: frHz * 60, poles: 4, hz: 50 },
        speedHz: [
          [0, frHz],
          [n * dt, end],
        ],
        wander: { sigma: 0, tauS: 1 },
        ripple: options.ripple,
      },
      randomStream(seed, 'motor'),
    );
  const motor = newMotor();
  const shaft = new Shaft(motor, {
    unbalance: 0,
    electrical: 0,
    harmonics: (options.harmonics ?? HARMONICS).map((share) => share * sigma),
    ...options.shaft,
  });
  const newBearing = () => new Bearing(motor, options.bearing ?? {}, randomStream(seed, 'bearing'));
  const random = randomStream(seed, 'strays');
  const strays = Array.from({ length: options.strays ?? 0 }, () => random.f64() * n * dt).sort((a, b) => a - b);

  const axes = options.axes ?? ['x'];
  let scale = 1;
  const channels = axes.map((axis, index): Channel => {
    const struck = new Float64Array(n);
    const bearing = newBearing();
    inStretches(struck, dt, (part, t0) => bearing.render(axis, part, t0, dt));
    if (options.snrDb !== undefined) {
      // One scale for all axes: the first one states the ratio.
      if (index === 0) scale = (sigma * amplitudeOfDb(options.snrDb)) / rms(struck);
      for (let j = 0; j < n; j++) struck[j] *= scale;
    }
    const samples = background(options, axis, n, dt, motor, sigma);
    for (let j = 0; j < n; j++) samples[j] += struck[j];
    inStretches(samples, dt, (part, t0) => shaft.render(axis, part, t0, dt));
    for (const at of strays) ring(samples, 0, dt, at, 20 * sigma, fsHz / 10, 0.1);
    return sensed(options, axis, samples, dt);
  });

  const truthBearing = newBearing();
  const strikes: number[] = [];
  for (let from = 0; from < n * dt; from += 0.5) {
    for (const { t, entry } of truthBearing.strikes(from, Math.min(n * dt, from + 0.5))) if (!entry) strikes.push(t);
  }
  const fault = options.bearing?.fault ?? 'none';
  const truth: SyntheticTruth = {
    schema: 'kizashi-truth/1',
    options,
    frHz: [frHz, end],
    orders: truthBearing.orders,
    strikeOrder: truthBearing.strikeOrder,
    strikes,
    strays,
    expected: fault === 'none' ? [] : [`bearing-${fault}`],
  };
  return { capture: captureOf(channels, fsHz, n, options.gap), truth };
}

function background(
  options: SyntheticVibrationOptions,
  axis: Axis,
  n: number,
  dt: number,
  motor: Motor,
  sigma: number,
): Float64Array {
  const samples = new Float64Array(n);
  const stream = randomStream(options.seed, `white ${axis}`).u32() | 0;
  for (let from = 0; from < n; from += BLOCK)
    addWhite(samples.subarray(from, from + BLOCK), sigma, stream, from / BLOCK);
  if (options.modulation !== undefined) {
    for (let j = 0; j < n; j++) {
      const turns = motor.turns(j * dt);
      let factor = 1;
      for (const { order, depth } of options.modulation) factor += depth * cosTurns(order * turns);
      samples[j] *= factor;
    }
  }
  if (options.pink !== undefined && options.pink > 0) {
    const padded = new Float64Array(Math.ceil(n / BLOCK) * BLOCK);
    const pinkStream = randomStream(options.seed, `pink ${axis}`).u32() | 0;
    for (let from = 0; from < padded.length; from += BLOCK) {
      addPink(padded.subarray(from, from + BLOCK), 1, pinkStream, from / BLOCK);
    }
    const size = (options.pink * sigma) / rms(padded);
    for (let j = 0; j < n; j++) samples[j] += size * padded[j];
  }
  if (options.hum !== undefined) {
    const { hz, amplitude } = options.hum;
    for (let j = 0; j < n; j++) {
      samples[j] += sigma * amplitude * (cosTurns(hz * j * dt) + 0.4 * cosTurns(2 * hz * j * dt + 0.3));
    }
  }
  return samples;
}

/** Bandwidth, noise, range and step of a sensor, at the record's own rate. */
function sensed(options: SyntheticVibrationOptions, axis: Axis, samples: Float64Array, dt: number): Channel {
  const { bandwidthHz, rangeG, lsbG, noiseUgRtHz } = options.sensor ?? {};
  if (bandwidthHz !== undefined && bandwidthHz < 0.45 / dt) new TwoPole(bandwidthHz, Math.SQRT1_2, 1 / dt).run(samples);
  if (noiseUgRtHz !== undefined) {
    const stream = randomStream(options.seed, `sensor ${axis}`).u32() | 0;
    const sigma = noiseUgRtHz * 1e-6 * G * Math.sqrt(0.5 / dt);
    for (let from = 0; from < samples.length; from += BLOCK) {
      addWhite(samples.subarray(from, from + BLOCK), sigma, stream, from / BLOCK);
    }
  }
  const range = rangeG === undefined ? undefined : rangeG * G;
  const lsb = lsbG === undefined ? undefined : lsbG * G;
  for (let j = 0; j < samples.length; j++) {
    if (range !== undefined) samples[j] = Math.max(-range, Math.min(range, samples[j]));
    if (lsb !== undefined) samples[j] = Math.round(samples[j] / lsb) * lsb;
  }
  return {
    id: `a${axis}`,
    quantity: 'acceleration',
    unit: 'm/s2',
    samples,
    axis: ({ x: 'radial', y: 'radial2', z: 'axial' } as const)[axis],
    ...(range === undefined ? {} : { range: [-range, range] as const }),
    ...(lsb === undefined ? {} : { lsb }),
  };
}

export interface SyntheticCurrentOptions extends Omit<MotorOptions, 'nameplate'> {
  seed: number;
  fsHz: number;
  durationS: number;
  nameplate: Nameplate;
  electrical?: CurrentOptions;
  /** RMS noise in A. */
  noiseA?: number;
  /** Relative gain errors and phase leads (degrees) of the clamps A, B, C. */
  gainErrors?: readonly [number, number, number];
  leadsDeg?: readonly [number, number, number];
  /** Delay of each channel after the one before it, seconds. */
  skewS?: number;
  /** Converter: bits, and the current at the end of its range. */
  converter?: { bits: number; rangeA: number };
  clockError?: number;
}

/** Three phase currents in A and what is true of them. */
export function syntheticCurrent(options: SyntheticCurrentOptions): { capture: Capture; truth: SyntheticTruth } {
  const { seed, fsHz, durationS } = options;
  const dt = 1 / (fsHz * (1 + (options.clockError ?? 0)));
  const n = Math.round(durationS * fsHz);
  const motor = new Motor(options, randomStream(seed, 'motor'));
  const electrical = new Current(motor, options.electrical ?? {});
  const channels = PHASES.map((phase, index): Channel => {
    const samples = new Float64Array(n);
    const skew = index * (options.skewS ?? 0);
    // A lead of the clamp is, for the fundamental, an earlier instant.
    const lead = (options.leadsDeg?.[index] ?? 0) / 360 / options.nameplate.hz;
    inStretches(samples, dt, (part, t0) => electrical.render(phase, part, t0 + skew + lead, dt));
    const stream = randomStream(seed, `current ${phase}`).u32() | 0;
    const gain = 1 + (options.gainErrors?.[index] ?? 0);
    for (let j = 0; j < n; j++) samples[j] *= gain;
    for (let from = 0; from < n; from += BLOCK) {
      addWhite(samples.subarray(from, from + BLOCK), options.noiseA ?? 0.005, stream, from / BLOCK);
    }
    const { converter } = options;
    const lsb = converter === undefined ? undefined : converter.rangeA / 2 ** (converter.bits - 1);
    if (converter !== undefined && lsb !== undefined) {
      for (let j = 0; j < n; j++) {
        const clipped = Math.max(-converter.rangeA, Math.min(converter.rangeA - lsb, samples[j]));
        samples[j] = Math.round(clipped / lsb) * lsb;
      }
    }
    return {
      id: `i${index + 1}`,
      quantity: 'current',
      unit: 'A',
      samples,
      phase,
      ...(skew === 0 ? {} : { skewS: skew }),
      ...(converter === undefined || lsb === undefined
        ? {}
        : { lsb, range: [-converter.rangeA, converter.rangeA - lsb] as const }),
    };
  });
  const truth: SyntheticTruth = {
    schema: 'kizashi-truth/1',
    options,
    frHz: [motor.speedHz(0), motor.speedHz(n * dt)],
    expected: [
      ...(options.electrical?.shortedTurns === undefined ? [] : ['inter-turn']),
      ...(options.electrical?.brokenBars === undefined ? [] : ['rotor-bars']),
    ],
  };
  return { capture: captureOf(channels, fsHz, n), truth };
}

/** Calls `render` on consecutive parts of `out`, each short enough for a parabola of phase. */
function inStretches(out: Float64Array, dt: number, render: (part: Float64Array, t0: number) => void): void {
  const length = Math.max(1, Math.floor(STRETCH_S / dt));
  for (let from = 0; from < out.length; from += length) {
    render(out.subarray(from, Math.min(out.length, from + length)), from * dt);
  }
}

function captureOf(channels: Channel[], fsHz: number, n: number, gap?: readonly [number, number]): Capture {
  const hash = createHash('sha256');
  for (const { samples } of channels)
    hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  const digest = new Uint8Array(hash.digest());
  const lost = gap?.map((t) => Math.max(0, Math.min(n, Math.round(t * fsHz))));
  return {
    id: Buffer.from(digest).toString('hex'),
    hash: digest,
    source: 'emulated',
    verdict: { kind: 'unsigned' },
    grade: 'none',
    fsHz,
    fsUncertainty: 0,
    channels,
    spans:
      lost === undefined
        ? [[0, n]]
        : [
            [0, lost[0]],
            [lost[1], n],
          ],
  };
}
