/** `kizashi baseline reset MOTOR`: after a repair or a new sensor, what was learned no longer fits. Captures, findings and trend stay. */
import { KizashiError } from '../../errors.js';
import { motorNamed } from '../../motors/index.js';
import { askYes, mayAsk, missingAnswer } from '../asking.js';
import { emptyHistory, kindsOf, learnedOf, regimeWords } from '../learned.js';
import { openHistory } from '../motor-status.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const { args, options, out } = context;
  const state = stateFolder(options);
  const { motor } = motorNamed(state.motors, args[0]);
  const store = openHistory(state.root);
  try {
    const kinds = kindsOf(options);
    const forgotten = learnedOf(motor.id, store).regimes.filter(({ kind }) => kinds.includes(kind));
    if (!store || forgotten.length === 0)
      throw new KizashiError(
        'KZ1401',
        `nothing is learned of ${motor.id} yet`,
        { motor: motor.id },
        { why: 'there is nothing to forget', fix: `kizashi baseline start ${motor.id}` },
      );
    const histories = kinds.map((kind) => ({ kind, history: emptyHistory(options, store.history(motor.id, kind)) }));
    for (const regime of forgotten) out.note(`  ${regime.kind} ${regime.regime}: ${regimeWords(regime)}`);
    const taught = (kind: string) => forgotten.reduce((sum, one) => sum + (one.kind === kind ? one.captures : 0), 0);
    const captures = Math.max(...kinds.map(taught));
    const what = `forget what ${captures} captures taught of ${motor.id}; alarms that are latched end`;
    if (options.dryRun === true) {
      out.line(`would ${what}`);
      out.result({ dryRun: true, motor: motor.id, forgotten });
      return 0;
    }
    const reason = typeof options.reason === 'string' ? options.reason.trim() : '';
    if (reason === '') throw missingAnswer('--reason TEXT', 'who reads the trend later must know why it begins anew');
    if (options.yes !== true) {
      if (!mayAsk(context)) throw missingAnswer('--yes', what);
      if (!(await askYes(`${what}. Go on?`))) throw missingAnswer('--yes', 'not confirmed');
    }
    // the clock may have been set back since: what was captured before the reset stays before it
    const at = Math.max(Date.now(), (store.captures(motor.id, 1)[0]?.at ?? 0) + 1);
    for (const { kind, history } of histories) store.startLearning(motor.id, kind, history, { at, text: reason });
    const { minCaptures } = histories[0].history.settings;
    out.line(`${motor.id}: learning 0/${minCaptures} from now on: ${reason}`);
    out.result({ motor: motor.id, kinds, reason, at: new Date(at).toISOString(), forgotten });
    return 0;
  } finally {
    store?.close();
  }
};
