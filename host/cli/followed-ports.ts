/** Ports that come and go, as rows for people and as facts for programs. Opens none: opening a port resets an Uno. */
import { delay, listPorts, type PortRow, systemClock } from '../link/index.js';
import { boardsOf } from './board-port.js';
import type { Output } from './output.js';
import type { PortAccess } from './sim/port-access.js';

const watchMs = 500;

/** One line for each port of `wanted` that comes or goes until `signal`, then a last one with what is there. */
export async function followPorts(
  access: PortAccess,
  out: Output,
  signal: AbortSignal,
  wanted: (port: PortRow) => boolean = () => true,
): Promise<void> {
  const tell = (event: 'plugged' | 'unplugged', port: PortRow): void => {
    const at = new Date().toISOString();
    out.line(`${at}  ${event.padEnd(9)}  ${portCells(port).join('  ')}`);
    out.result({ event, at, ...portFacts(port) });
  };
  let known = new Map<string, PortRow>();
  while (!signal.aborted) {
    const listed = (await listPorts(access.binding)).filter(wanted);
    const now = new Map(listed.map((port) => [port.path, port]));
    for (const [path, port] of now) if (!known.has(path)) tell('plugged', port);
    for (const [path, port] of known) if (!now.has(path)) tell('unplugged', port);
    known = now;
    await delay(systemClock, watchMs);
  }
  out.result({ event: 'end', ports: [...known.values()].map(portFacts) });
}

/** PORT, BOARD, USB, SERIAL, NEXT. */
export function portCells(port: PortRow): string[] {
  const boards = boardsOf(port);
  const usb = port.vendorId ? `${port.vendorId}:${port.productId}` : '-';
  const next = port.accessible ? `kizashi detect ${port.path.replace('/dev/', '')}` : 'kizashi doctor: no permission';
  return [
    port.stablePath ?? port.path,
    boards.map(({ name }) => name).join(' or ') || '-',
    usb,
    port.serialNumber ?? 'none',
    next,
  ];
}

/** With `boards`: ids of the boards that have its USB ids. */
export function portFacts(port: PortRow): Record<string, unknown> {
  return {
    path: port.path,
    stablePath: port.stablePath ?? null,
    boards: boardsOf(port).map(({ id }) => id),
    usb: port.vendorId ? `${port.vendorId}:${port.productId}` : null,
    serialNumber: port.serialNumber ?? null,
    manufacturer: port.manufacturer ?? null,
    accessible: port.accessible,
  };
}
