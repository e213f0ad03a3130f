/** Whether the fleet was judged as the scenario truly is. A wrong verdict is shown as wrong. */
import type { MotorState } from '../../monitor/index.js';
import type { Assessment, Finding } from '../../wear/types.js';
import type { DemoMotor } from './motors.js';

export interface DemoVerdict {
  id: string;
  name: string;
  truth: string;
  status: MotorState['status'];
  reason: string;
  /** The finding of the expected cause, where one was expected. */
  finding: Finding | null;
  correct: boolean;
  /** Why it is not correct; empty where it is. */
  wrong: string;
}

/** Findings that are more than something to watch: seen in enough captures to stand. */
export function standing(assessments: readonly Assessment[]): Finding[] {
  return assessments.flatMap((assessment) => assessment.findings).filter((finding) => finding.level !== 'watch');
}

/**
 * A motor with a fault is judged right when that fault stands, and no other rolling-bearing or shaft fault beside it; a healthy one when
 * nothing is found at all.
 */
export function judge(demo: DemoMotor, state: MotorState, assessments: readonly Assessment[]): DemoVerdict {
  const found = assessments.flatMap((assessment) => assessment.findings);
  const finding = standing(assessments).find(({ cause }) => cause === demo.expected) ?? null;
  // how strong the vibration is, and an impulsive signal, are consequences of either fault and name none
  const strange = found.filter(({ cause }) => cause !== demo.expected && cause !== 'severity' && cause !== 'impulsive');
  let wrong = '';
  if (demo.expected === null && found.length > 0)
    wrong = `nothing is wrong with it, found: ${found.map((f) => f.words).join('; ')}`;
  else if (demo.expected !== null && finding === null) wrong = `missed: ${demo.truth}`;
  else if (demo.expected !== null && strange.length > 0)
    wrong = `found as well: ${strange.map((f) => f.words).join('; ')}`;
  else if (
    demo.expected === null &&
    state.status !== 'good' &&
    !(state.status === 'grey' && state.grey === 'learning')
  ) {
    wrong = `nothing is wrong with it, its state is ${state.status}`;
  }
  const { id, name, status, reason } = state;
  return { id, name, truth: demo.truth, status, reason, finding, correct: wrong === '', wrong };
}
