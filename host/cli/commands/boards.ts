/** `kizashi boards [ID]`: what is supported, straight from boards/ and the release manifest; `--watch` follows those that are plugged in. */
import { KizashiError } from '../../errors.js';
import { bootloadersOf, loadRelease } from '../../flash/index.js';
import { type BoardFacts, loadBoards } from '../../link/index.js';
import { boardOf, boardsOf } from '../board-port.js';
import { followPorts } from '../followed-ports.js';
import { portAccess } from '../sim/port-access.js';
import { tableLines } from '../table.js';
import type { CommandContext, Run } from '../tree.js';

export const run: Run = async ({ args, options, out, signal }) => {
  if (options.watch === true) return follow({ args, options, out, signal });
  const boards = args[0] === undefined ? loadBoards() : [boardOf(args[0])];
  const described = boards.map(describe);
  if (args[0] === undefined) {
    const rows = described.map(({ id, name, chip, firmware, bauds, grade, rateMax }) => [
      id.split(':').at(-1) ?? id,
      name,
      chip,
      firmware ?? 'none yet',
      bauds.join(', '),
      `${rateMax}`,
      grade,
    ]);
    const head = ['BOARD', 'NAME', 'CHIP', 'FIRMWARE', 'BAUD', 'SAMPLES/S', 'GRADE'];
    for (const line of tableLines(head, rows, [5])) out.line(line);
    out.note('  verified in emulation with the released image; nobody has yet reported a run on silicon');
  } else {
    const [board] = described;
    const rows = [
      ['name', board.name],
      ['id', board.id],
      ['chip', `${board.chip}, signature ${board.signature}`],
      ['firmware', board.firmware ?? 'none released yet'],
      ['bootloader', board.bootloaders.map(({ kind, baud }) => `${kind} at ${baud} baud`).join(', else ')],
      ['USB', board.usb.map(({ id, name }) => `${id} ${name}`).join(', ')],
      ['line', `${board.bauds.join(', ')} baud`],
      ['analog pins', `${board.analogPins.join(' ')}, ${board.adcBits} bit, ${board.vrefMv} mV`],
      ['rate', `${board.rateMax} samples a second over all channels, sealed`],
      ['grade', `${board.grade} as shipped (kizashi explain ${board.grade})`],
      ['verified', 'in emulation with the released image; not on silicon'],
    ];
    for (const line of tableLines(['', ''], rows).slice(1)) out.line(line);
  }
  out.result({ boards: described.map((board) => ({ ...board, verified: 'emulation' })) });
  return 0;
};

async function follow({ args, options, out, signal }: CommandContext): Promise<number> {
  const wanted = args[0] === undefined ? undefined : boardOf(args[0]).id;
  const access = await portAccess(options);
  try {
    await followPorts(access, out, signal, (port) =>
      boardsOf(port).some(({ id }) => wanted === undefined || id === wanted),
    );
    return 0;
  } finally {
    await access.close();
  }
}

function describe(board: BoardFacts) {
  const more = board as BoardFacts & { chip?: string; signature?: string };
  return {
    id: board.id,
    name: board.name,
    chip: more.chip ?? board.mcu,
    signature: more.signature ?? '',
    firmware: releaseOf(board),
    bootloaders: bootloadersOf(board).map(({ kind, baud }) => ({ kind, baud })),
    usb: board.usb.map(({ vid, pid, ...rest }) => ({
      id: `${vid}:${pid}`,
      name: String((rest as { name?: string }).name ?? ''),
    })),
    bauds: board.uart.bauds,
    analogPins: board.adc.pins,
    adcBits: board.adc.bits,
    vrefMv: board.adc.vrefMv,
    rateMax: Number(
      (board.adc as { rateMax?: number }).rateMax ?? Math.floor(board.timebase.hz / board.adc.periodTicks.min),
    ),
    grade: board.grade,
  };
}

/** `kz-uno/1.0.0`; undefined where nothing is released for it. */
function releaseOf(board: BoardFacts): string | undefined {
  try {
    const { name, version } = loadRelease(board);
    return `${name}/${version}`;
  } catch (error) {
    if (error instanceof KizashiError && error.code === 'KZ0307') return undefined;
    throw error;
  }
}
