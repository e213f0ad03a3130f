/** Indicators of a healthy motor as they scatter from hour to hour, and their way through the product. */
import { randomStream } from '../../host/emulate/random.js';
import { cosTurns, exp } from '../../host/signal/index.js';
import { changesOf } from '../../host/wear/history.js';
import { type Assessment, type ChangeState, type History, learn } from '../../host/wear/index.js';

/** What one radial axis with a named bearing gives, and how it scatters: as a level (relative) or in dB. */
const levels = [
  'rmsAcceleration.ax',
  'peak.ax',
  'kurtosis.ax',
  'rmsHighFrequency.ax',
  'rmsVelocity.ax',
  'order1.ax',
  'order2.ax',
];
const decibels = ['severity.DE.outer', 'severity.DE.inner', 'severity.DE.ball', 'severity.DE.cage'];
const count = 'harmonicsOverFloor';
export const names = [...levels, ...decibels, count];

/** Noise of one motor. Shares are of the variance. */
interface Noise {
  /** Relative scatter of levels. */
  sigma: number;
  /** Share that lasts, and how long in hours (exponential memory). */
  slow: number;
  memoryH: number;
  /** Share of the lasting part that all indicators have in common. */
  common: number;
  /** Chance of an outlier of three sigmas more. */
  outliers: number;
  /** RMS of a daily cycle over sigma. */
  daily: number;
}

export class Machine {
  readonly noise: Noise;
  readonly #random: ReturnType<typeof randomStream>;
  readonly #slow: Float64Array;
  readonly #phase: number;
  #hour = 0;

  constructor(seed: number) {
    const random = randomStream(seed, 'motor');
    const pick = (low: number, high: number) => low + (high - low) * random.f64();
    this.noise = {
      sigma: pick(0.03, 0.3),
      slow: pick(0.2, 0.8),
      memoryH: pick(1, 12),
      common: pick(0.2, 0.8),
      outliers: pick(0, 0.03),
      daily: pick(0, 0.5),
    };
    this.#random = random;
    this.#phase = random.f64();
    this.#slow = Float64Array.from({ length: names.length + 1 }, () => random.gaussian());
  }

  /** Indicators of the next hour, all levels times `rise`. */
  next(rise: number): Assessment['evidence']['values'] {
    const random = this.#random;
    const { sigma, slow, memoryH, common, outliers, daily } = this.noise;
    const keep = exp(-1 / memoryH);
    const fresh = Math.sqrt(1 - keep * keep);
    const state = this.#slow;
    for (let i = 0; i < state.length; i++) state[i] = keep * state[i] + fresh * random.gaussian();
    const day = daily * Math.SQRT2 * cosTurns(this.#hour++ / 24 + this.#phase);
    const shared = state[names.length];
    const values: Assessment['evidence']['values'] = {};
    for (let i = 0; i < names.length; i++) {
      const lasting = Math.sqrt(slow) * (Math.sqrt(common) * shared + Math.sqrt(1 - common) * state[i]);
      let z = lasting + Math.sqrt(1 - slow) * random.gaussian() + day;
      if (random.f64() < outliers) z += random.f64() < 0.5 ? 3 : -3;
      const name = names[i];
      if (i < levels.length) values[name] = { value: rise * exp(sigma * z) };
      else if (name === count) values[name] = { value: Math.max(0, Math.round(3.5 + z)), db: true };
      else values[name] = { value: 0.5 * z, db: true };
    }
    return values;
  }
}

export const regimeOf = (history: History) => history.regimes['any-speed'];

/** One capture through the product: what changed, then what is learned. */
export function step(
  history: History,
  values: Assessment['evidence']['values'],
  hour: number,
): { changes: ChangeState[] | undefined; history: History } {
  const evidence: Assessment['evidence'] = { values, admitted: true, durationS: 10, hits: {}, rms: {} };
  const changes = changesOf(regimeOf(history), evidence, hour * 3.6e6, history.settings);
  const assessment = {
    running: true,
    quality: { status: 'good' },
    regime: 'any-speed',
    at: hour * 3.6e6,
    evidence,
    ...(changes ? { changes } : {}),
  } as Assessment;
  return { changes, history: learn(history, assessment) };
}
