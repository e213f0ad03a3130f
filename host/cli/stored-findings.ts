/**
 * The findings of a site's history, computed again from its evidence files: every capture of the motor in turn, learned from as the gateway
 * learned, so that what a finding says of the motor's past is computed again as well.
 *
 *     evidence files, oldest first ─▶ proof ─▶ capture ─▶ recompute against what is stored ─▶ learn ─▶ next
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KizashiError } from '../errors.js';
import { motorContext, motorNamed } from '../motors/index.js';
import { Store, type StoredCapture } from '../store/index.js';
import {
  type Assessment,
  assessCurrent,
  assessVibration,
  type History,
  learn,
  newHistory,
  type Recomputation,
  recompute,
} from '../wear/index.js';
import { readEvidenceFile } from './evidence-recording.js';
import { learningKinds } from './learned.js';
import { rateOf } from './report/facts.js';
import type { StateFolder } from './state-folder.js';

export interface StoredVerdict {
  motor: string;
  at: number;
  findings: { id: string; again: Recomputation }[];
  /** Captures that the motor's past was learned from again; undefined where one of them has no evidence file any more. */
  replayed: number | undefined;
}

/**
 * Every finding that the history of `state` holds of the capture `captureId`.
 * @throws KZ0903 when the history does not know the capture, KZ1201 without the motor's file, what reading the evidence throws
 */
export function recomputeStored(captureId: string, state: StateFolder, keysPath: string): StoredVerdict {
  if (!existsSync(join(state.root, 'kizashi.db'))) throw unknownCapture(captureId, state, 'there is no history');
  const store = Store.open(state.root);
  try {
    const target = store.captureOf(captureId);
    if (!target) throw unknownCapture(captureId, state, 'the history does not hold it');
    const { motor } = motorNamed(state.motors, target.motor);
    const context = motorContext(motor);
    const wiring = (motor.channels ?? []).map((channel) => ({ ...channel, pin: channel.pin ?? '' }));
    const read = (stored: StoredCapture, assessments: readonly Assessment[]) => {
      const bytes = readFileSync(join(state.evidence, stored.file));
      const rate = rateOf(assessments, stored.fsHz);
      const { capture } = readEvidenceFile(bytes, stored.file, { keys: keysPath, wiring, rate });
      const at = assessments[0]?.at;
      return at === undefined ? capture : { ...capture, at };
    };
    const past = store.capturesUntil(target.motor, target.at);
    const whole = past.every(({ file }) => file !== '' && existsSync(join(state.evidence, file)));
    // where a person began the learning anew, what was captured before taught nothing
    const starts = learningKinds.map((kind) => store.learningStart(target.motor, kind, target.at)?.at ?? 0);
    const since = Math.min(...starts);
    const histories: Partial<Record<Assessment['kind'], History>> = {};
    if (whole)
      for (const earlier of past.slice(0, -1).filter(({ at }) => at >= since)) {
        const assessments = store.assessmentsOf(earlier.motor, earlier.at);
        const capture = read(earlier, assessments);
        for (const { kind } of assessments) {
          const begun = store.learningStart(earlier.motor, kind, target.at);
          if (begun && earlier.at < begun.at) continue;
          const history = histories[kind] ?? newHistory(store.history(earlier.motor, kind)?.settings);
          const assess = kind === 'current' ? assessCurrent : assessVibration;
          histories[kind] = learn(history, assess(capture, context, history));
        }
      }
    const assessments = store.assessmentsOf(target.motor, target.at);
    const capture = read(target, assessments);
    const findings = assessments.flatMap(({ kind, findings: stated }) => {
      const history = whole ? (histories[kind] ?? newHistory(store.history(target.motor, kind)?.settings)) : undefined;
      return stated.map((finding) => ({ id: finding.id, again: recompute(finding, capture, context, history) }));
    });
    return {
      motor: target.motor,
      at: target.at,
      findings,
      replayed: whole ? past.filter(({ at }) => at >= since).length - 1 : undefined,
    };
  } finally {
    store.close();
  }
}

function unknownCapture(captureId: string, state: StateFolder, why: string): KizashiError {
  return new KizashiError(
    'KZ0903',
    `no capture ${captureId.slice(0, 16)} in ${state.root}`,
    { capture: captureId, state: state.root },
    { why, fix: 'name the state folder of the gateway that took it: --state DIR' },
  );
}
