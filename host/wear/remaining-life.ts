/**
 * Remaining life as an interval, or the reason why none is stated. Exponential degradation with a conjugate normal prior (Gebraeel 2006):
 * y = ln(indicator) = θ + β·t + ε after a CUSUM change point; the 10, 50 and 90 % points of the time to the threshold.
 */
import { exp, ln } from '../signal/index.js';
import type { Severity } from './axis-indicators.js';
import type { Assessment, BaselineValue, HistorySettings, ReasonCode, RegimeHistory, RemainingLife } from './types.js';
import { noRemainingLife } from './words.js';

const MIN_CAPTURES = 12;
const MIN_GROWING = 0.95;
const MAX_RATIO = 10;
/** Rise of a severity in dB that is called the end. */
const END_DB = 20;

/** Posterior of a straight line with known noise variance. */
export interface LinePosterior {
  theta: number;
  beta: number;
  varTheta: number;
  varBeta: number;
  cov: number;
}

/** Conjugate update of a normal prior on intercept and slope (Bayes closed form, two unknowns). */
export function linePosterior(
  t: readonly number[],
  y: readonly number[],
  noiseVariance: number,
  prior: { theta: number; beta: number; varTheta: number; varBeta: number },
): LinePosterior {
  let a = 1 / prior.varTheta;
  let b = 0;
  let d = 1 / prior.varBeta;
  let u = prior.theta / prior.varTheta;
  let v = prior.beta / prior.varBeta;
  for (let i = 0; i < t.length; i++) {
    a += 1 / noiseVariance;
    b += t[i] / noiseVariance;
    d += (t[i] * t[i]) / noiseVariance;
    u += y[i] / noiseVariance;
    v += (t[i] * y[i]) / noiseVariance;
  }
  const determinant = a * d - b * b;
  return {
    theta: (d * u - b * v) / determinant,
    beta: (a * v - b * u) / determinant,
    varTheta: d / determinant,
    varBeta: a / determinant,
    cov: -b / determinant,
  };
}

/** Standard normal distribution function by its continued fraction and series, |error| < 1e-12. */
export function normalCdf(z: number): number {
  if (z < 0) return 1 - normalCdf(-z);
  if (z > 38) return 1;
  const density = 0.3989422804014327 * exp(-0.5 * z * z);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let k = 1; k < 200 && term > 1e-17 * sum; k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = 0;
  for (let k = 60; k >= 1; k--) fraction = k / (z + fraction);
  return 1 - density / (z + fraction);
}

/** Time at which the line has reached `level` with probability `share`, or Infinity. */
function timeTo(level: number, share: number, line: LinePosterior, from: number): number {
  const reached = (t: number): number => {
    const variance = line.varTheta + 2 * t * line.cov + t * t * line.varBeta;
    return normalCdf((line.theta + line.beta * t - level) / Math.sqrt(variance));
  };
  if (reached(from) >= share) return 0;
  let span = 1e-3;
  while (reached(from + span) < share) {
    span *= 2;
    if (span > 1e6) return Number.POSITIVE_INFINITY;
  }
  let low = 0;
  let high = span;
  for (let i = 0; i < 60; i++) {
    const middle = 0.5 * (low + high);
    if (reached(from + middle) < share) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

const refuse = (text: string, refused: ReasonCode = 'NO_TREND'): RemainingLife => ({
  refused,
  text: `${noRemainingLife}: ${text}`,
});

/** Threshold on the scale of the trend, where the indicator has one. */
function levelOf(indicator: string, baseline: BaselineValue, severity: Severity): number | undefined {
  if (indicator.startsWith('rmsVelocity')) return severity.verdict ? ln(severity.verdict.limits[2]) : undefined;
  return baseline.db ? baseline.median + END_DB : undefined;
}

/** Remaining life in hours by the indicator whose rise has added up most and that has a threshold. */
export function remainingLife(
  assessment: Assessment,
  regime: RegimeHistory | undefined,
  settings: HistorySettings,
  severity: Severity,
): RemainingLife {
  if (assessment.quality.status !== 'good') return refuse('data quality is not good');
  const raised = (assessment.changes ?? []).filter((one) => one.up > settings.h).sort((a, b) => b.up - a.up);
  if (!regime?.baseline || raised.length === 0) return refuse('no change');
  for (const { indicator } of raised) {
    const baseline = regime.baseline[indicator];
    const level = levelOf(indicator, baseline, severity);
    if (level === undefined) continue;
    return lifeOf(indicator, baseline, level, regime, assessment);
  }
  return refuse('no indicator with a limit has changed');
}

function lifeOf(
  indicator: string,
  baseline: BaselineValue,
  level: number,
  regime: RegimeHistory,
  assessment: Assessment,
): RemainingLife {
  const trend = regime.trend[indicator];
  const value = assessment.evidence.values[indicator];
  if (!trend || trend.t.length + 1 < MIN_CAPTURES || assessment.at === undefined) {
    return refuse(`${(trend?.t.length ?? 0) + 1} captures since the change, ${MIN_CAPTURES} needed`);
  }
  const t0 = trend.t[0];
  const now = assessment.at / 3.6e6 - t0;
  const t = [...trend.t.map((one) => one - t0), now];
  const y = [...trend.y, baseline.db ? value.value : ln(value.value)];
  // Slope a priori: unknown, a threshold's worth within the time watched so far is one sigma.
  const slope = (level - baseline.median) / Math.max(now, 1e-6);
  const prior = {
    theta: baseline.median,
    beta: 0,
    varTheta: 4 * baseline.sigma * baseline.sigma,
    varBeta: slope * slope,
  };
  const first = linePosterior(t, y, baseline.sigma * baseline.sigma, prior);
  // The baseline's variance is a floor: a damaged machine scatters more.
  let residual = 0;
  for (let i = 0; i < t.length; i++) {
    const d = y[i] - first.theta - first.beta * t[i];
    residual += d * d;
  }
  const variance = Math.max(baseline.sigma * baseline.sigma, residual / (t.length - 2));
  const line = linePosterior(t, y, variance, { ...prior, varTheta: Math.max(prior.varTheta, 4 * variance) });
  if (normalCdf(line.beta / Math.sqrt(line.varBeta)) < MIN_GROWING) return refuse('growth is not certain');
  const [p10, p50, p90] = [0.1, 0.5, 0.9].map((share) => timeTo(level, share, line, now));
  if (!(p90 <= MAX_RATIO * p10)) return refuse('the interval is wider than one to ten');
  return { hours: { p10, p50, p90 }, indicator, threshold: level, since: trend.t[0] * 3.6e6 };
}
