/** Findings about the machine as a whole: impulses nobody can attribute, the shaft's lines, severity. */
import { KERNEL, ln } from '../signal/index.js';
import type { AxisFeatures } from './axis-features.js';
import { type Severity, severitySaying, TIME_ALGORITHM, VELOCITY_ALGORITHM } from './axis-indicators.js';
import { type FindingContext, makeFinding } from './finding.js';
import { SHAFT_ALGORITHM, type ShaftResult, shaftParams } from './shaft.js';
import type { Finding } from './types.js';
import { mayImpulse } from './validity.js';

/** Kurtosis of the default threshold. */
const IMPULSIVE = 5;

export interface Impulse {
  /** ln(K/3)/ln(5/3): 1.0 at a kurtosis of 5. */
  score: number;
  kurtosis: number;
  channel?: string;
}

/** Largest block-median kurtosis over the axes that can see impulses. A sensor hears the neighbour's bearing: it names nothing. */
export function impulsiveness(features: readonly AxisFeatures[]): Impulse {
  let kurtosis = 0;
  let channel: string | undefined;
  for (const one of features) {
    if (mayImpulse(one.sight).level === 'no') continue;
    if (one.time.kurtosis.median > kurtosis) {
      kurtosis = one.time.kurtosis.median;
      channel = one.channel.id;
    }
  }
  const score = kurtosis > 3 ? ln(kurtosis / 3) / ln(IMPULSIVE / 3) : 0;
  return { score, kurtosis, ...(channel ? { channel } : {}) };
}

export function impulsiveFinding(context: FindingContext, impulse: Impulse): Finding {
  return makeFinding(context, {
    algorithm: TIME_ALGORITHM,
    params: { kurtosis: impulse.kurtosis, threshold: IMPULSIVE, kernel: KERNEL },
    channels: impulse.channel ? [impulse.channel] : [],
    subject: 'rolling elements',
    cause: 'impulsive',
    says: { of: 'impulsive' },
  });
}

/** Zone C is a finding; zone D that stays is a failure (health.ts). */
export function severityFinding(context: FindingContext, severity: Severity): Finding[] {
  const { zone } = severity;
  if (zone !== 'C' && zone !== 'D') return [];
  return [
    makeFinding(context, {
      algorithm: VELOCITY_ALGORITHM,
      params: {
        zone,
        limits: severity.verdict?.limits,
        velocity: severity.velocity,
        note: severity.verdict?.note,
      },
      channels: [],
      subject: 'machine',
      cause: 'severity',
      says: severitySaying({ ...severity, zone }),
    }),
  ];
}

/** Unbalance from 2.0 times its baseline as a watch; the rest from the default threshold. */
export function shaftFindings(
  context: FindingContext,
  shaft: ShaftResult,
  features: readonly AxisFeatures[],
): Finding[] {
  const findings: Finding[] = [];
  const channels = features.map((one) => one.channel.id);
  const params = {
    ...shaftParams,
    cold: shaft.cold,
    share: shaft.share,
    growth: shaft.growth ?? null,
    harmonics: shaft.harmonics,
  };
  const baseline =
    shaft.growth === undefined || !context.regime
      ? {}
      : { baseline: { id: context.regime.key, deltaDb: (20 / ln(10)) * ln(Math.max(shaft.growth, 1e-9)), z: 0 } };
  const common = { algorithm: SHAFT_ALGORITHM, params, channels, subject: 'shaft' };
  if (shaft.unbalance >= 1) {
    // Where the level alone speaks, a 1x that did not grow is not the reason.
    const grown = (shaft.growth ?? 0) >= shaftParams.unbalanceWatch ? shaft.growth : undefined;
    const says = {
      of: 'unbalance' as const,
      radialAxes: shaft.radialAxes,
      ...(grown === undefined ? {} : { growth: grown }),
    };
    findings.push(makeFinding(context, { ...common, ...baseline, cause: 'unbalance', says }));
  }
  if (shaft.misalignment >= 1) {
    findings.push(makeFinding(context, { ...common, cause: 'misalignment', says: { of: 'misalignment' } }));
  }
  if (shaft.looseness >= 1) {
    const says = { of: 'looseness' as const, harmonics: shaft.harmonics };
    findings.push(makeFinding(context, { ...common, cause: 'looseness', says }));
  }
  return findings;
}
