/** Which port and which board a command means: as it was named, or the only one that fits. */
import { KizashiError } from '../errors.js';
import { type BoardFacts, listPorts, loadBoards, type PortRow } from '../link/index.js';
import type { PortAccess } from './sim/port-access.js';

/** `uno`, `arduino:avr:uno` → its description. @throws KZ0107 with the names there are */
export function boardOf(name: string): BoardFacts {
  const all = loadBoards();
  const found = all.find(({ id }) => id === name || id.split(':').at(-1) === name);
  if (found) return found;
  const names = all.map(({ id }) => id.split(':').at(-1)).join(', ');
  throw new KizashiError(
    'KZ1401',
    `no board is called "${name}"`,
    { name },
    { why: `known are ${names}`, fix: 'kizashi boards' },
  );
}

/** Boards whose USB ids a port shows. A CH340 is on clones of several, so it may be more than one. */
export function boardsOf(port: PortRow): BoardFacts[] {
  return loadBoards().filter(({ usb }) =>
    usb.some(({ vid, pid }) => vid === port.vendorId && pid === port.productId?.toLowerCase()),
  );
}

/**
 * The port a command means. A path is used as it is, without a look at the list: `/dev/…`, `emu:…`, `COM3`.
 * @throws KZ0101 no such port, KZ1401 none named and not exactly one there
 */
export async function portOf(argument: string | undefined, access: PortAccess): Promise<PortRow> {
  const ports = await listPorts(access.binding);
  if (argument === undefined) {
    const fitting = ports.filter((port) => boardsOf(port).length > 0);
    if (fitting.length === 1) return fitting[0];
    const names = fitting.map(({ path }) => path);
    throw new KizashiError(
      'KZ1401',
      fitting.length === 0 ? 'no board is plugged in' : `${fitting.length} boards are plugged in: ${names.join(', ')}`,
      { ports: names },
      { why: 'the port was not named', fix: fitting.length === 0 ? 'kizashi ports' : `name the port: ${names[0]}` },
    );
  }
  const found = ports.find(({ path, stablePath }) => [path, stablePath, path.replace('/dev/', '')].includes(argument));
  if (found) return found;
  if (/^(\/|COM\d+$|emu:)/.test(argument)) return { path: argument, accessible: true };
  throw new KizashiError('KZ0101', `there is no port ${argument}`, {
    port: argument,
    ports: ports.map(({ path }) => path),
  });
}

/** The board a command means: `--board`, else the only one with the port's USB ids. @throws KZ1401 */
export function boardOn(port: PortRow, named: unknown): BoardFacts {
  if (typeof named === 'string') return boardOf(named);
  const fitting = boardsOf(port);
  if (fitting.length === 1) return fitting[0];
  const names = (fitting.length > 0 ? fitting : loadBoards()).map(({ id }) => id.split(':').at(-1));
  throw new KizashiError(
    'KZ1401',
    `which board is on ${port.path}? --board ${names.join('|')}`,
    { port: port.path, boards: names, missing: '--board' },
    { why: 'its USB ids do not tell', fix: `add --board ${names[0]}` },
  );
}
