/** `kizashi detect [PORT]`: what answers there, which sensors are on its buses, and what to do next. Exit 0 whatever answers; 6 where nothing does. */
import { loadBoards } from '../../link/index.js';
import { boardOf, boardsOf, portOf } from '../board-port.js';
import { type Detected, detectPort } from '../detect-port.js';
import { portAccess } from '../sim/port-access.js';
import { siteKeys } from '../site-keys.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ args, options, out }) => {
  const access = await portAccess(options, args[0]);
  try {
    const port = await portOf(args[0], access);
    const likely = typeof options.board === 'string' ? [boardOf(options.board)] : boardsOf(port);
    const boards = [...likely, ...loadBoards().filter(({ id }) => !likely.some((one) => one.id === id))];
    const keyring = siteKeys(stateFolder(options), access);
    const onStep = (text: string) => out.note(`  ${text}`);
    const found = await access.during(detectPort({ path: port.path, boards, keyring, access, onStep }));
    const next = nextStep(found, port.path);
    out.line(`${port.path}  ${found.answers}: ${found.words}`);
    if (found.answers === 'kizashi' && found.channels !== undefined) {
      out.line(`  ${found.channels} channels, ${found.rateMax} samples a second in all, sealed`);
    }
    const search = 'sensors' in found ? found.sensors : undefined;
    for (const { bus, address, name, sensor } of search?.sensors ?? [])
      out.line(`  sensor  ${bus}${address ? ` ${address}` : ''}: ${name}${sensor ? ` (${sensor})` : ''}`);
    for (const note of search?.notes ?? []) out.note(`  ${note}`);
    if (search) out.note('  sensors with an analog output do not say what they are: kizashi wiring');
    out.line(`  next    ${next}`);
    const { board: _, sensors: __, ...facts } = found as Detected & { board?: unknown; sensors?: unknown };
    const buses = search && { sensors: search.sensors, buses: search.notes };
    out.result({ port: port.path, emulated: access.emulated, ...facts, ...buses, next });
    return found.answers === 'silent' || found.answers === 'noise' ? 6 : 0;
  } finally {
    await access.close();
  }
};

function nextStep(found: Detected, path: string): string {
  switch (found.answers) {
    case 'kizashi':
      if (found.state === 'pinned') return `kizashi motors add ID --board ${found.board?.name ?? 'NAME'}`;
      if (found.state === 'blank') return `kizashi provision ${path} --name NAME`;
      if (found.state === 'bare') return `kizashi flash ${path}`;
      return 'its owner may wipe it (kizashi wipe), or flash it again: kizashi flash';
    case 'firmata':
      return `kizashi watch --firmata ${path}, unsigned; signed captures: kizashi flash ${path}`;
    case 'text':
      return `kizashi watch --text ${path} --baud ${found.baud}, unsigned; signed captures: kizashi flash ${path}`;
    case 'bootloader':
      return `kizashi flash ${path} --board ${found.boards[0] ?? 'NAME'}`;
    case 'noise':
      return `look at its rate; to overwrite what runs there: kizashi flash ${path}`;
    case 'silent':
      return 'take another cable: some carry power only; then press the reset button as the command starts';
  }
}
