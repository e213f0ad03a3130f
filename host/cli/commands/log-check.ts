/** `kizashi log check`: reads the gateway's own log again, entry by entry, against the head that was signed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findGatewayKey, GatewayLog } from '../../evidence/index.js';
import { stateFolder } from '../state-folder.js';
import type { Run } from '../tree.js';

export const run: Run = async ({ options, out }) => {
  const state = stateFolder(options);
  const key = findGatewayKey(state.keys);
  if (!key || !existsSync(join(state.log, 'checkpoint'))) {
    out.line('nothing was attested here yet: kizashi watch --firmata PORT --save');
    out.result({ origin: null, entries: 0, root: null });
    return 0;
  }
  const log = new GatewayLog(state.log, key);
  const entries = log.check();
  const root = Buffer.from(log.checkpoint().root).toString('base64');
  out.line(`${log.origin}   ${entries} entries, each in its tile, all under the signed root   ${root}`);
  out.result({ origin: log.origin, gateway: key.kid, entries, root });
  return 0;
};
