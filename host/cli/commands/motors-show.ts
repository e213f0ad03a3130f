/** `kizashi motors show NAME|FILE`: what a motor file tells the analysis, and what is lost by what it leaves out. */
import { loadMotors, motorNamed } from '../../motors/index.js';
import { motorReport, reportMotor } from '../motor-report.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, options, out }) => {
  const [what] = args;
  const motors = /[/.]/.test(what) ? loadMotors(what) : [motorNamed(stateFolder(options).motors, what).motor];
  for (const motor of motors) reportMotor(out, motor);
  out.result({ motors: motors.map(motorReport) });
  return 0;
};
