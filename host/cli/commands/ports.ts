/** `kizashi ports [--watch]`: what is plugged in, by its USB ids. Opens nothing: opening a port resets an Uno. */
import { listPorts } from '../../link/index.js';
import { followPorts, portCells, portFacts } from '../followed-ports.js';
import { portAccess } from '../sim/port-access.js';
import { tableLines } from '../table.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ options, out, signal }) => {
  const access = await portAccess(options);
  try {
    if (options.watch === true) {
      await followPorts(access, out, signal);
      return 0;
    }
    const ports = await listPorts(access.binding);
    if (ports.length === 0) out.line('no serial port: plug the board in; some cables carry power only');
    else {
      const head = ['PORT', 'BOARD', 'USB', 'SERIAL', 'NEXT'];
      for (const line of tableLines(head, ports.map(portCells))) out.line(line);
    }
    out.result({ ports: ports.map(portFacts) });
    return 0;
  } finally {
    await access.close();
  }
};
