/** `kizashi ports [--watch]`: what is plugged in, by its USB ids. Opens nothing: opening a port resets an Uno. */
import { delay, listPorts, type PortRow, systemClock } from '../../link/index.js';
import { boardsOf } from '../board-port.js';
import { portAccess } from '../sim/port-access.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

const watchMs = 500;

export const run: Run = async ({ options, out, signal }) => {
  const access = await portAccess(options);
  try {
    const ports = await listPorts(access.binding);
    if (options.watch !== true) {
      if (ports.length === 0) out.line('no serial port: plug the board in; some cables carry power only');
      else {
        const head = ['PORT', 'BOARD', 'USB', 'SERIAL', 'NEXT'];
        for (const line of tableLines(head, ports.map(cells))) out.line(line);
      }
      out.result({ ports: ports.map(facts) });
      return 0;
    }
    let known = new Map<string, PortRow>();
    while (!signal.aborted) {
      const now = new Map((await listPorts(access.binding)).map((port) => [port.path, port]));
      for (const [path, port] of now) if (!known.has(path)) tell('plugged', port);
      for (const [path, port] of known) if (!now.has(path)) tell('unplugged', port);
      known = now;
      await delay(systemClock, watchMs);
    }
    out.result({ event: 'end', ports: [...known.values()].map(facts) });
    return 0;
  } finally {
    await access.close();
  }

  function tell(event: 'plugged' | 'unplugged', port: PortRow): void {
    out.line(`${new Date().toISOString()}  ${event.padEnd(9)}  ${cells(port).join('  ')}`);
    out.result({ event, at: new Date().toISOString(), ...facts(port) });
  }
};

function cells(port: PortRow): string[] {
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

function facts(port: PortRow): Record<string, unknown> {
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
