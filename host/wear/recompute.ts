/**
 * The same finding again from the evidence: whoever holds the capture and the motor's data gets the same bits, or the first field that
 * differs.
 */
import type { Capture } from '../capture/capture.js';
import { KizashiError } from '../errors.js';
import { KERNEL } from '../signal/index.js';
import { assessCurrent, CURRENT_ALGORITHM } from './assess-current.js';
import { assessVibration } from './assess-vibration.js';
import { TIME_ALGORITHM, VELOCITY_ALGORITHM } from './axis-indicators.js';
import { BEARING_ALGORITHM } from './bearing.js';
import { BLIND_ALGORITHM } from './blind-comb.js';
import { CHANGE_ALGORITHM } from './change.js';
import { LINES_ALGORITHM } from './machine-lines.js';
import { SHAFT_ALGORITHM } from './shaft.js';
import type { Finding, History, MotorContext } from './types.js';

const vibration = [
  BEARING_ALGORITHM,
  BLIND_ALGORITHM,
  TIME_ALGORITHM,
  VELOCITY_ALGORITHM,
  SHAFT_ALGORITHM,
  LINES_ALGORITHM,
  CHANGE_ALGORITHM,
];

/** Fields that the motor's past decides; without its history they are not compared. */
const fromHistory: ReadonlySet<string> = new Set(['persistence', 'level', 'words', 'says', 'baseline']);

export type Recomputation =
  | { identical: true; finding: Finding }
  | { identical: false; finding?: Finding; field: string; stated: unknown; computed: unknown };

/**
 * Recomputes a finding from its capture. With the history as it stood before that capture every field is compared, without it those that
 * the capture alone decides.
 * @throws KZ0656 when the finding's algorithm or kernel is not part of this version
 */
export function recompute(finding: Finding, capture: Capture, motor: MotorContext, history?: History): Recomputation {
  const isCurrent = finding.algorithm === CURRENT_ALGORITHM;
  const known = isCurrent || vibration.includes(finding.algorithm);
  if (!known || finding.kernel !== KERNEL) {
    throw new KizashiError('KZ0656', `${finding.algorithm} by ${finding.kernel}`, {
      algorithm: finding.algorithm,
      kernel: finding.kernel,
      here: KERNEL,
    });
  }
  const isChange =
    finding.algorithm === CHANGE_ALGORITHM && capture.channels.every((one) => one.quantity === 'current');
  const assessed =
    isCurrent || isChange ? assessCurrent(capture, motor, history) : assessVibration(capture, motor, history);
  const again = assessed.findings.find((one) => one.id === finding.id);
  if (!again)
    return { identical: false, field: 'id', stated: finding.id, computed: assessed.findings.map((one) => one.id) };
  const stated = finding as unknown as Record<string, unknown>;
  const computed = again as unknown as Record<string, unknown>;
  for (const field of Object.keys({ ...stated, ...computed })) {
    if (!history && fromHistory.has(field)) continue;
    const [a, b] = [JSON.stringify(stated[field]), JSON.stringify(computed[field])];
    if (a !== b) return { identical: false, finding: again, field, stated: stated[field], computed: computed[field] };
  }
  return { identical: true, finding: again };
}
