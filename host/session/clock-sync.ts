/**
 * Board ticks against host time, from pings: exponentially weighted least squares of the tick at which the board saw a ping over the host
 * time at which it was sent. Pings are not authenticated; what comes out scales the sample rate and is never evidence of time.
 *
 * Method after the host of Klipper (docs/Protocol.md there, "clock synchronisation"): decay 1/30, outliers beyond 5 sigma and 2 ms dropped. The result is merged with the tolerance of the board's oscillator, so that it is never worse than the data sheet.
 */

/** Weight of the newest ping once 30 are in; before that all weigh the same. */
const decay = 1 / 30;
/** Pings that are taken as they are, before a spread is known. */
const warmUp = 4;
const outlierSigma = 5;
/** Two USB frames: what a full-speed bridge may hold a byte back is no outlier. */
const outlierS = 0.002;
/** Spread of a line whose own is not known yet: a USB frame of 1 ms, uniform. Counts as much as so many pings. */
const lineSigmaS = 0.001 / Math.sqrt(12);
const lineWeight = 8;
/** So many outliers in a row are a step of the clock (suspended host): the fit starts again. */
const stepAfter = 5;

export interface ClockEstimate {
  /** Ticks a second of the host's clock. */
  hz: number;
  /** `hz` over the nominal rate of the board. */
  ratio: number;
  /** Relative standard uncertainty of `ratio`. */
  uncertainty: number;
  /** Pings in the fit. */
  pings: number;
}

export class ClockSync {
  readonly nominalHz: number;
  /** Standard deviation of the prior: a tolerance is a uniform distribution, GUM 4.3.7. */
  readonly #prior: number;
  #pings = 0;
  #outliers = 0;
  #meanX = 0;
  #meanY = 0;
  #sxx = 0;
  #sxy = 0;
  /** Sum of squared weights; its inverse is the number of pings that count. */
  #w2 = 1;
  #residual = 0;
  #originX = 0;
  #originY = 0;

  /** `tolerance`: relative tolerance of the board's oscillator, 0.005 for a ceramic resonator. */
  constructor(nominalHz: number, tolerance = 0.005) {
    this.nominalHz = nominalHz;
    this.#prior = tolerance / Math.sqrt(3);
  }

  /** Takes one answered ping: host time of sending in ms, board tick of its arrival. Returns false where it was dropped as an outlier. */
  add(sentMs: number, rxTicks: number): boolean {
    if (this.#pings === 0) {
      this.#originX = sentMs;
      this.#originY = rxTicks;
    }
    const x = (sentMs - this.#originX) / 1000;
    const y = rxTicks - this.#originY;
    const error = this.#pings > 0 ? y - (this.#meanY + this.#slope() * (x - this.#meanX)) : 0;
    if (this.#pings >= 2 * warmUp) {
      const far = Math.abs(error);
      // a prediction is as uncertain as the spread and the slope over the distance: after eight pings in half a second mostly the latter
      const spread = Math.hypot(Math.sqrt(this.#variance() * (1 + this.#w2)), this.#slopeSigma() * (x - this.#meanX));
      if (far > outlierSigma * spread && far > outlierS * this.nominalHz) {
        if (++this.#outliers < stepAfter) return false;
        this.restart();
        return this.add(sentMs, rxTicks);
      }
    }
    this.#outliers = 0;
    const a = Math.max(1 / (this.#pings + 1), decay);
    const dx = x - this.#meanX;
    const dy = y - this.#meanY;
    this.#meanX += a * dx;
    this.#meanY += a * dy;
    this.#sxx = (1 - a) * (this.#sxx + a * dx * dx);
    this.#sxy = (1 - a) * (this.#sxy + a * dx * dy);
    this.#w2 = (1 - a) * (1 - a) * this.#w2 + a * a;
    if (this.#pings >= warmUp) {
      const b = Math.max(1 / (this.#pings - warmUp + 1), decay);
      this.#residual += b * (error * error - this.#residual);
    }
    this.#pings++;
    return true;
  }

  /** Forgets everything: after a reset of the board. */
  restart(): void {
    this.#pings = 0;
    this.#outliers = 0;
    this.#meanX = this.#meanY = this.#sxx = this.#sxy = this.#residual = 0;
    this.#w2 = 1;
  }

  estimate(): ClockEstimate {
    const measured = this.#slope() / this.nominalHz;
    const sigma = this.#slopeSigma() / this.nominalHz;
    const weight = 1 / (sigma * sigma);
    const priorWeight = 1 / (this.#prior * this.#prior);
    // no spread yet: the data sheet alone
    if (!Number.isFinite(sigma)) {
      return { hz: this.nominalHz, ratio: 1, uncertainty: this.#prior, pings: this.#pings };
    }
    const ratio =
      weight === Number.POSITIVE_INFINITY ? measured : (measured * weight + priorWeight) / (weight + priorWeight);
    const uncertainty = weight === Number.POSITIVE_INFINITY ? 0 : 1 / Math.sqrt(weight + priorWeight);
    return { hz: this.nominalHz * ratio, ratio, uncertainty, pings: this.#pings };
  }

  /** Host time (the clock of `add`) in ms at a board tick; undefined before the first ping. */
  hostMs(ticks: number): number | undefined {
    if (this.#pings === 0) return undefined;
    const { hz } = this.estimate();
    return this.#originX + 1000 * (this.#meanX + (ticks - this.#originY - this.#meanY) / hz);
  }

  #slope(): number {
    return this.#sxx > 0 ? this.#sxy / this.#sxx : this.nominalHz;
  }

  /** Standard deviation of the slope: Draper and Smith, Applied Regression Analysis, eq. 1.4.6, with effective numbers. */
  #slopeSigma(): number {
    const effective = 1 / this.#w2;
    if (this.#pings < 2 * warmUp || effective <= 2 || this.#sxx <= 0) return Number.POSITIVE_INFINITY;
    return Math.sqrt(this.#variance() / ((effective - 2) * this.#sxx));
  }

  /** Spread of one ping in ticks squared: what was seen, and at first what lines are like. */
  #variance(): number {
    const seen = Math.max(0, Math.min(this.#pings, 1 / decay) - warmUp);
    const line = (lineSigmaS * this.nominalHz) ** 2;
    return (this.#residual * seen + line * lineWeight) / (seen + lineWeight);
  }
}
