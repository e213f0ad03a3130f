/** `kizashi motors list`: the motors of the site, one a row. */
import { motorsOf } from '../../motors/index.js';
import { digits } from '../output.js';
import { stateFolder } from '../state-folder.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ options, out }) => {
  const folder = stateFolder(options).motors;
  const motors = motorsOf(folder);
  const text = (value: number | undefined): string => (value === undefined ? '' : digits(value));
  const rows = motors.map(({ motor }) => [
    motor.id,
    text(motor.nameplate.kW),
    text(motor.nameplate.rpm),
    motor.bearings.map((b) => b.designation ?? (b.geometry ? 'by geometry' : 'unknown')).join(', ') || 'unknown',
    motor.mounting,
    motor.board ?? '',
    motor.zone ?? '',
  ]);
  const head = ['MOTOR', 'KW', 'R/MIN', 'BEARINGS', 'MOUNTING', 'BOARD', 'ZONE'];
  if (rows.length > 0) for (const line of tableLines(head, rows, [1, 2])) out.line(line);
  else out.note(`no motor in ${folder}; kizashi motors add NAME`);
  out.result({ folder, motors: motors.map(({ motor, file }) => ({ ...motor, file })) });
  return 0;
};
