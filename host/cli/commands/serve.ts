/**
 * `kizashi serve`: the running system. Every motor with a board is captured on schedule; the page shows the fleet on loopback. SIGTERM ends
 * it with exit 0: what is acknowledged is written.
 */
import { KizashiError } from '../../errors.js';
import { Monitor } from '../../monitor/index.js';
import { motorsOf } from '../../motors/index.js';
import { serveFleet } from '../../serve/index.js';
import { Store } from '../../store/index.js';
import { version } from '../output.js';
import { settingsOf } from '../settings.js';
import { portAccess } from '../sim/port-access.js';
import { siteKeys } from '../site-keys.js';
import { SitePorts } from '../site-ports.js';
import { makePrivate, stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';
import { watchedMotor } from '../watched-motor.js';

export const run: Run = async ({ options, out, signal }) => {
  const state = stateFolder(options);
  const settings = settingsOf(options);
  const motors = motorsOf(state.motors).map(({ motor }) => motor);
  if (motors.length === 0)
    throw new KizashiError(
      'KZ1201',
      `no motor in ${state.motors}`,
      { folder: state.motors },
      { fix: 'kizashi motors add NAME' },
    );
  const access = await portAccess(options);
  const keys = siteKeys(state, access);
  const ports = new SitePorts(access, keys, { onAlarm: (text) => out.warn(text) });
  makePrivate(state.evidence);
  const store = Store.open(state.root);
  const monitor = new Monitor({
    site: settings.site.value,
    version: version(),
    clock: access.clock,
    store,
    evidenceFolder: state.evidence,
  });
  const left: string[] = [];
  for (const motor of motors)
    try {
      const intervalS = settings.interval.value;
      monitor.add(
        watchedMotor({
          motor,
          keys,
          ports,
          access,
          state,
          rateHz: settings.rate.value,
          seconds: settings.seconds.value,
          intervalS,
        }),
      );
    } catch (error) {
      // a motor that is not wired yet keeps none of the others out
      if (!(error instanceof KizashiError)) throw error;
      left.push(motor.id);
      out.warn(`${motor.id} is not measured: ${error.message}; ${error.fix}`);
    }
  try {
    const server = await serveFleet({ source: monitor, port: settings.http.value });
    out.note(`page ${server.url}`);
    out.line(`${motors.length - left.length} motors   ${server.url}`);
    out.result({ url: server.url, motors: motors.map(({ id }) => id), notMeasured: left, emulated: access.emulated });
    monitor.on('motor', () => server.publish());
    monitor.on('trouble', (motor, error) => out.warn(`${motor}: ${error.message}`));
    monitor.on('rejected', ({ motor, text, reason }) => out.warn(`${motor}: capture rejected: ${text} (${reason})`));
    access.pace(true);
    monitor.start();
    await new Promise<void>((stopped) => {
      if (signal.aborted) stopped();
      signal.addEventListener('abort', () => stopped(), { once: true });
    });
    access.pace(false);
    monitor.stop();
    await server.close();
    return 0;
  } finally {
    monitor.stop();
    await access.during(ports.close()).catch(() => {});
    store.close();
    await access.close();
  }
};
