/** Findings in one form, and their recomputation from the evidence. */
import type { Capture } from '../capture/capture.js';
import { KERNEL } from '../signal/index.js';
import { findingWords } from './finding-words.js';
import { persistenceOf } from './history.js';
import type { Finding, FindingCause, History, MotorContext, RegimeHistory, SpeedEstimate } from './types.js';

/** What every finding of one assessment shares. */
export interface FindingContext {
  capture: Capture;
  motor: MotorContext;
  history?: History;
  regime?: RegimeHistory;
  speed?: SpeedEstimate;
  blind: string[];
}

type Specific = Pick<Finding, 'algorithm' | 'params' | 'channels' | 'subject' | 'cause' | 'says'> &
  Partial<
    Pick<Finding, 'seed' | 'p' | 'pFloor' | 'pAdjusted' | 'severityDb' | 'orders' | 'baseline' | 'side' | 'level'>
  >;

/** Persistence of a cause with this capture counted. */
export function persistence(context: FindingContext, cause: FindingCause): { k: number; m: number } {
  return context.history ? persistenceOf(context.regime, cause, context.history.settings) : { k: 1, m: 1 };
}

/** One capture alone is at most a watch; enough of the last captures, or an alarm still latched, make an alarm. */
export function levelOf(context: FindingContext, cause: FindingCause): Finding['level'] {
  if (!context.history) return 'watch';
  const { k } = persistence(context, cause);
  if (k >= context.history.settings.persistence.hits || context.regime?.latched[cause]) return 'alarm';
  return 'watch';
}

export function makeFinding(context: FindingContext, specific: Specific): Finding {
  const { capture, motor, speed } = context;
  const { algorithm, subject, cause } = specific;
  return {
    id: `${capture.id.slice(0, 16)}/${algorithm}/${subject}/${cause}`,
    kernel: KERNEL,
    seed: '',
    captureIds: [capture.id],
    motorId: motor.id ?? '',
    p: null,
    pFloor: null,
    pAdjusted: null,
    severityDb: null,
    orders: [],
    persistence: persistence(context, cause),
    level: levelOf(context, cause),
    words: findingWords(specific, 'en'),
    blind: context.blind,
    fsHz: capture.fsHz,
    fsUncertainty: capture.fsUncertainty,
    frHz: speed?.frHz ?? null,
    frUncertainty: speed?.uncertainty ?? null,
    captureVerdict: capture.verdict,
    ...specific,
  };
}
