/** Health in the words of all faces, and in exit codes. NAMUR NE 107 statuses; order of urgency is the order of the list. */
import type { Health } from '../wear/types.js';
import type { Style } from './output.js';

const words: Record<Exclude<Health['status'], 'grey'>, string> = {
  failure: 'now',
  'maintenance-required': 'plan',
  'out-of-specification': 'off-spec',
  'check-function': 'check',
  good: 'normal',
};

const greyWords: Record<NonNullable<Health['grey']>, string> = {
  stale: 'silent',
  blind: 'blind',
  invalid: 'invalid',
  learning: 'learning',
  stopped: 'stopped',
};

/** `now`, `plan`, `off-spec`, `check`, `normal`, or what kind of grey. */
export function statusWord(health: Pick<Health, 'status' | 'grey'>): string {
  if (health.status !== 'grey') return words[health.status];
  return health.grey ? greyWords[health.grey] : 'invalid';
}

/** The sentence of why, without the status in front of it that the word beside it says already. */
export function reasonText({ reason }: Pick<Health, 'reason'>): string {
  return reason.replace(/^(Failure|Maintenance required|Out of specification|Check function|Good): /, '');
}

export function statusStyle(health: Pick<Health, 'status'>): Style {
  if (health.status === 'failure') return ['bold', 'red'];
  if (health.status === 'maintenance-required') return 'yellow';
  if (health.status === 'out-of-specification') return 'blue';
  if (health.status === 'check-function') return 'magenta';
  return health.status === 'good' ? 'reset' : 'dim';
}

/** Exit code of `--exit-code` for the worst of several: 11 now, 10 plan or off-spec, 14 no verdict, 0 normal. */
export function exitOfHealth(all: readonly Pick<Health, 'status'>[]): number {
  const has = (...wanted: Health['status'][]): boolean => all.some(({ status }) => wanted.includes(status));
  if (has('failure')) return 11;
  if (has('maintenance-required', 'out-of-specification')) return 10;
  return all.length === 0 || has('check-function', 'grey') ? 14 : 0;
}
