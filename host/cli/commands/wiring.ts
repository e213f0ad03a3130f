/** `kizashi wiring SENSOR BOARD`: pins and a drawing from the descriptions in boards/. */
import { KizashiError } from '../../errors.js';
import { loadBoards } from '../../link/index.js';
import { sensorOf } from '../../motors/index.js';
import { nearest } from '../glossary.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';
import { tachoPlan, wiringDrawing, wiringPlan } from '../wiring-plan.js';

export const run: Run = async ({ args, options, out }) => {
  const part = args[0] === 'tacho' ? undefined : sensorOf(args[0]);
  const sensor = part ?? { id: 'tacho', name: 'Tacho' };
  const board = boardNamed(args[1]);
  const plan = part
    ? wiringPlan(part, board, {
        bus: options.bus as string | undefined,
        pin: options.pin as string | undefined,
        rateHz: (options.rate as number | undefined) ?? 8000,
      })
    : tachoPlan(board);
  out.line(`${sensor.name} on ${board.name} by ${plan.bus}`);
  out.line();
  for (const line of wiringDrawing(sensor, board, plan)) out.line(line);
  out.line();
  const rows = plan.wires.map((wire) => [wire.sensor, wire.board, wire.via ?? '']);
  for (const line of tableLines(['SENSOR', 'BOARD', 'BETWEEN'], rows)) out.line(line);
  out.line();
  for (const note of plan.notes) out.line(`note  ${note}`);
  if (plan.flag) out.line(`then  kizashi motors add NAME ${plan.flag}`);
  out.result({ sensor: sensor.id, board: board.id, ...plan });
  return 0;
};

/** `uno` stands for `arduino:avr:uno`. */
function boardNamed(name: string) {
  const boards = loadBoards();
  const found = boards.find(({ id }) => id === name || id.split(':').at(-1) === name);
  if (found) return found;
  const names = boards.map(({ id }) => id.split(':').at(-1) ?? id);
  throw new KizashiError(
    'KZ1402',
    `no board "${name}"`,
    { name, known: boards.map(({ id }) => id) },
    { why: `boards are ${names.join(', ')}`, fix: `kizashi wiring adxl1002 ${nearest(name, names) ?? names[0]}` },
  );
}
