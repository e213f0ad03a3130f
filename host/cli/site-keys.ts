/** The key store and the claim tickets of this site, for commands: files are written while the time of emulated boards stands still. */
import { writeFileSync } from 'node:fs';
import { findGatewayKey } from '../evidence/gateway-key.js';
import { findTicket } from '../flash/index.js';
import { KeyStore, type Pending } from '../provision/index.js';
import { hex, type PinnedBoard } from '../session/index.js';
import type { PortAccess } from './sim/port-access.js';
import { makePrivate, type StateFolder } from './state-folder.js';

class SiteKeys extends KeyStore {
  readonly #access: PortAccess;
  readonly #state: StateFolder;

  constructor(state: StateFolder, access: PortAccess) {
    super(state.keys);
    this.#access = access;
    this.#state = state;
  }

  override save(board: PinnedBoard): Promise<void> {
    return this.#access.outside(async () => {
      await super.save(board);
      writePublicKeys(this, this.#state);
    });
  }

  override savePending(pending: Pending): Promise<void> {
    return this.#access.outside(() => super.savePending(pending));
  }
}

/** @throws KZ0408 */
export function siteKeys(state: StateFolder, access: PortAccess): KeyStore {
  makePrivate(state.root);
  return new SiteKeys(state, access);
}

/** Public keys of this site in the form that `kizashi verify --keys` takes: boards, and the gateway if it has a key. @throws KZ0408 */
export function publicKeysOf(keys: KeyStore, state: StateFolder): Record<string, object> {
  const gateway = findGatewayKey(state.keys);
  return {
    ...keys.publicKeys(),
    ...(gateway ? { [gateway.kid]: { pk: hex(gateway.key.bytes), name: 'gateway', role: 'gateway' } } : {}),
  };
}

/** The file that `kizashi verify --keys` takes. */
export function writePublicKeys(keys: KeyStore, state: StateFolder): void {
  writeFileSync(state.publicKeys, `${JSON.stringify(publicKeysOf(keys, state), null, 2)}\n`);
}

export const ticketOf = (state: StateFolder) => (cid: Uint8Array) => findTicket(state.tickets, cid);
