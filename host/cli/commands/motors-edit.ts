/** `kizashi motors edit NAME`: flags change keys and keep comments; without flags on a terminal, $EDITOR opens the file. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { editMotor, loadMotors, motorContext, motorNamed } from '../../motors/index.js';
import { mayAsk, missingAnswer } from '../asking.js';
import { motorInput, statesMotor } from '../motor-input.js';
import { motorReport, reportMotor } from '../motor-report.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const { args, options, out } = context;
  const [id] = args;
  const folder = stateFolder(options).motors;
  const { file } = motorNamed(folder, id);
  if (statesMotor(options)) editMotor(folder, id, motorInput(options));
  else if (mayAsk(context)) editByHand(file);
  else throw missingAnswer('--rpm 1480 (see kizashi help motors edit)', 'nothing to change');
  const { motor } = motorNamed(folder, id);
  reportMotor(out, motor);
  out.note(`written to ${file}`);
  out.result({ file, ...motorReport(motor) });
  return 0;
};

/** The file is replaced only by one that is valid; an invalid edit stays beside it. */
function editByHand(file: string): void {
  const draft = `${file}.draft`;
  copyFileSync(file, draft);
  spawnSync(process.env.VISUAL || process.env.EDITOR || 'vi', [draft], { stdio: 'inherit' });
  for (const motor of loadMotors(draft)) motorContext(motor);
  renameSync(draft, file);
  rmSync(draft, { force: true });
}
