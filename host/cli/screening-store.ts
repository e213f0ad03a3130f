/** Captures of boards that sign nothing, kept as files with what this gateway says of them. */
import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Capture } from '../capture/capture.js';
import { KizashiError } from '../errors.js';
import { attest, findGatewayKey, GatewayLog, gatewayKey } from '../evidence/index.js';
import type { PortAccess } from './sim/port-access.js';
import { siteKeys, writePublicKeys } from './site-keys.js';
import { makePrivate, type StateFolder } from './state-folder.js';

/**
 * Keeps captures: each goes into the gateway's log, then into a file of the screening folder. The gateway's key is made at first use, and its
 * public half joins those of the boards.
 * @throws KZ0408, KZ0409 of the key; KZ0904, KZ0905 of the log; KZ1406 of the folder
 */
export function screeningStore(state: StateFolder, access: PortAccess) {
  makePrivate(state.root);
  makePrivate(state.keys);
  makePrivate(state.screening);
  const isNew = findGatewayKey(state.keys) === undefined;
  const key = gatewayKey(state.keys);
  if (isNew) writePublicKeys(siteKeys(state, access), state);
  const log = new GatewayLog(state.log, key);
  return async (capture: Capture, point: string, at: number): Promise<Capture> => {
    const { file, index } = attest(capture, point, at, log);
    const path = join(
      state.screening,
      `${new Date(at).toISOString().replace(/[:.]/g, '')}-${capture.id.slice(0, 8)}.kzsc`,
    );
    try {
      const handle = openSync(path, 'wx', 0o600);
      try {
        writeFileSync(handle, file);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    } catch (cause) {
      const errno = (cause as NodeJS.ErrnoException).code ?? 'unknown';
      throw new KizashiError('KZ1406', `cannot write ${path}: ${errno}`, { path, errno }, { cause });
    }
    return { ...capture, attested: { gateway: key.kid, at, index, file: path } };
  };
}
