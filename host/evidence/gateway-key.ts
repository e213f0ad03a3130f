/**
 * The key of this gateway: what it signs says what the gateway received and when, never what a board measured. One file, mode 0600, made at
 * first use. It is no board's key and signs no captures: a key file gives it the role `gateway`.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type PinnedKey, pinKey, publicKeyOf } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';

export interface GatewayKey {
  seed: Uint8Array;
  key: PinnedKey;
  /** First eight bytes of the public key, hex. */
  kid: string;
  /** When it was made, ISO 8601. */
  made: string;
}

const fileName = 'gateway-key.json';

/** The gateway's key, if there is one. @throws KZ0408 where its file is damaged or readable by others */
export function findGatewayKey(folder: string): GatewayKey | undefined {
  const path = join(folder, fileName);
  let text: string;
  try {
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
      throw new KizashiError('KZ0408', `${path}: others may read it`, { path });
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const match = /^\{"seed":"([0-9a-f]{64})","made":"([0-9T:.Z-]+)"\}\n$/.exec(text);
  if (!match) throw new KizashiError('KZ0408', `${path} is damaged`, { path });
  const seed = new Uint8Array(Buffer.from(match[1], 'hex'));
  const pk = publicKeyOf(seed);
  return { seed, key: pinKey(pk), kid: Buffer.from(pk.subarray(0, 8)).toString('hex'), made: match[2] };
}

/**
 * The gateway's key, made where there is none. Two processes that come first at once get the same one.
 * @throws KZ0408 as `findGatewayKey`; KZ0409 where it cannot be written
 */
export function gatewayKey(folder: string): GatewayKey {
  const found = findGatewayKey(folder);
  if (found) return found;
  const path = join(folder, fileName);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, `{"seed":"${randomBytes(32).toString('hex')}","made":"${new Date().toISOString()}"}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // unlike a rename, a link never replaces what another process made meanwhile
    linkSync(temporary, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new KizashiError('KZ0409', `${path} cannot be written: ${(cause as Error).message}`, { path }, { cause });
  } finally {
    rmSync(temporary, { force: true });
  }
  return findGatewayKey(folder) as GatewayKey;
}
