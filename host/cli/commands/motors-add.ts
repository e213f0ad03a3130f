/** `kizashi motors add NAME`: a motor file in the state folder, from flags or, on a terminal, from questions. */
import { addMotor, loadMotors } from '../../motors/index.js';
import { mayAsk } from '../asking.js';
import { motorInput, statesMotor } from '../motor-input.js';
import { motorReport, reportMotor } from '../motor-report.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async (context) => {
  const { args, options, out } = context;
  const [id] = args;
  let input = motorInput(options);
  if (!statesMotor(options) && mayAsk(context)) {
    const { askMotor } = await import('../motor-wizard.js');
    const answers = await askMotor(id, input);
    if (!answers) return 130;
    input = answers;
  }
  const file = addMotor(stateFolder(options).motors, { id, ...input });
  const [motor] = loadMotors(file);
  reportMotor(out, motor);
  out.note(`written to ${file}`);
  out.result({ file, ...motorReport(motor) });
  return 0;
};
