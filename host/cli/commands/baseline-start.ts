/** `kizashi baseline start MOTOR`: what a baseline needs, said before anything is learned. */
import { KizashiError } from '../../errors.js';
import { motorNamed } from '../../motors/index.js';
import { Store } from '../../store/index.js';
import { emptyHistory, kindsOf } from '../learned.js';
import { makePrivate, stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, options, out }) => {
  const state = stateFolder(options);
  const { motor } = motorNamed(state.motors, args[0]);
  makePrivate(state.root);
  const store = Store.open(state.root);
  try {
    const kinds = kindsOf(options);
    for (const kind of kinds) {
      const captures = Object.values(store.history(motor.id, kind)?.regimes ?? {}).reduce(
        (n, one) => n + one.captures,
        0,
      );
      if (captures === 0) continue;
      throw new KizashiError(
        'KZ1401',
        `${kind} of ${motor.id} is learned already from ${captures} captures`,
        { motor: motor.id, kind, captures },
        { why: 'a start would forget them', fix: `kizashi baseline reset ${motor.id}` },
      );
    }
    const at = Date.now();
    const begun = kinds.map((kind) => ({ kind, history: emptyHistory(options, store.history(motor.id, kind)) }));
    for (const { kind, history } of begun)
      store.startLearning(motor.id, kind, history, { at, text: 'baseline started' });
    const [{ history }] = begun;
    const { minCaptures: captures, minHours: hours } = history.settings;
    out.line(
      `${motor.id}: learning 0/${captures}, over at least ${hours} h of running; first verdicts from cold rules now`,
    );
    out.line('  next    kizashi serve   (or kizashi collect)');
    out.result({ motor: motor.id, kinds, captures, hours, at: new Date(at).toISOString() });
    return 0;
  } finally {
    store.close();
  }
};
