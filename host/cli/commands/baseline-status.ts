/** `kizashi baseline status [MOTOR]`: how far each baseline is learned; of a named motor with what it holds. */
import { motorNamed, motorsOf } from '../../motors/index.js';
import { baselineWords, learnedOf, regimeWords } from '../learned.js';
import { openHistory } from '../motor-status.js';
import { stateFolder } from '../state-folder.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, options, out }) => {
  const { motors: folder, root } = stateFolder(options);
  const named = args[0] as string | undefined;
  const ids =
    named === undefined ? motorsOf(folder).map(({ motor }) => motor.id) : [motorNamed(folder, named).motor.id];
  const store = openHistory(root);
  try {
    const learned = ids.map((id) => learnedOf(id, store));
    const rows = learned.flatMap(({ motor, regimes }) =>
      regimes.length === 0
        ? [[motor, '-', '-', 'nothing learned yet: kizashi serve']]
        : regimes.map((regime) => [motor, regime.kind, regime.regime, regimeWords(regime)]),
    );
    if (rows.length === 0) out.line('no motor is configured');
    else for (const line of tableLines(['MOTOR', 'ANALYSIS', 'REGIME', 'BASELINE'], rows)) out.line(line);
    for (const { since } of learned)
      for (const [kind, start] of Object.entries(since)) out.line(`  ${kind} learned since ${start.at}: ${start.text}`);
    if (named !== undefined)
      for (const { regime, baseline } of learned.flatMap(({ regimes }) => regimes)) {
        if (baseline.length === 0) continue;
        out.line(`  ${regime}`);
        const lines = tableLines(['INDICATOR', 'MEDIAN', 'SPREAD', 'LAST'], baseline.map(baselineWords));
        for (const line of lines) out.line(`    ${line}`);
      }
    out.result({ motors: learned });
    return 0;
  } finally {
    store?.close();
  }
};
