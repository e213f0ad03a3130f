/**
 * Where a site's state lies: keys, motors, history, evidence. `--state`, else KIZASHI_STATE, else the folder systemd made for the service,
 * else `state` of the configuration file, else the user's data directory. Everything in it is readable by its owner only.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { KizashiError } from '../errors.js';
import { settingsOf } from './settings.js';

export interface StateFolder {
  root: string;
  /** One file a pinned board (host/provision, KeyStore). */
  keys: string;
  /** Claim tickets of boards that were flashed and not yet provisioned. */
  tickets: string;
  /** One YAML file a motor. */
  motors: string;
  /** Evidence files of captures. */
  evidence: string;
  /** Captures that nobody signed at their source, as files the gateway attests. */
  screening: string;
  /** The gateway's own log. */
  log: string;
  /** Public keys for `kizashi verify --keys`. */
  publicKeys: string;
}

/** The folder's parts; nothing is made yet. @throws KZ0704 the configuration file is not valid */
export function stateFolder(options: Record<string, unknown>): StateFolder {
  const root = resolve(statePath(options));
  return {
    root,
    keys: join(root, 'keys'),
    tickets: join(root, 'tickets'),
    motors: join(root, 'motors'),
    evidence: join(root, 'evidence'),
    screening: join(root, 'screening'),
    log: join(root, 'log'),
    publicKeys: join(root, 'pinned.json'),
  };
}

function statePath(options: Record<string, unknown>): string {
  if (typeof options.state === 'string') return options.state;
  const { STATE_DIRECTORY } = process.env;
  if (STATE_DIRECTORY) return STATE_DIRECTORY.split(':')[0];
  return settingsOf(options).state.value ?? envPaths('kizashi', { suffix: '' }).data;
}

/** Makes a folder of the state for its owner only. @throws KZ1406 */
export function makePrivate(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new KizashiError(
      'KZ1406',
      `cannot make ${folder}: ${errno}`,
      { path: folder, errno },
      { fix: 'name a folder that you may write: --state DIR', cause: error },
    );
  }
}
