/** `kizashi firmata-bridge PORT`: a Firmata board on TCP, loopback only, in front of a board whose pins are driven under a MAC. */
import { serveFirmata } from '../../firmata/index.js';
import { Kizashi } from '../../johnny-five/index.js';
import { attend } from '../../session/index.js';
import { boardOn, portOf } from '../board-port.js';
import { portAccess } from '../sim/port-access.js';
import { siteKeys } from '../site-keys.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

/** How long the board may take to greet, in ms. */
const greetMs = 30_000;

export const run: Run = async ({ args, options, out, signal }) => {
  const access = await portAccess(options, args[0]);
  const row = await portOf(args[0], access);
  const keyring = siteKeys(stateFolder(options), access);
  const port = attend({
    path: row.path,
    board: boardOn(row, options.board),
    keyring,
    clock: access.clock,
    ...(access.binding ? { binding: access.binding } : {}),
  });
  const io = new Kizashi({ port });
  try {
    // while it is greeted, an error is the end of it; afterwards it is a warning
    let refuse: (error: Error) => void = () => {};
    const refused = new Promise<never>((_, reject) => {
      refuse = reject;
    });
    io.on('error', (error: Error) => refuse(error));
    await access.during(
      Promise.race([refused, port.ready(greetMs).then(() => (io.isReady ? undefined : once(io, 'ready')))]),
    );
    refuse = (error) => out.warn(error.message);
    access.pace(true);
    const bridge = await serveFirmata(io, (options.tcp as number | undefined) ?? 0);
    out.note(
      `Firmata on ${bridge.host}:${bridge.port} drives ${io.session.board.name}; Ctrl-C ends and lets its outputs go`,
    );
    out.result({ event: 'listening', host: bridge.host, port: bridge.port, kid: io.kid });
    await new Promise<void>((done) => {
      if (signal.aborted) done();
      signal.addEventListener('abort', () => done(), { once: true });
    });
    await bridge.close();
    access.pace(false);
    await access.during(io.close());
    out.result({ event: 'summary', turnedAway: bridge.turnedAway() });
    return 0;
  } finally {
    access.pace(false);
    await access.during(port.close()).catch(() => {});
    await access.close();
  }
};

function once(io: Kizashi, event: string): Promise<void> {
  return new Promise((done) => io.once(event, () => done()));
}
