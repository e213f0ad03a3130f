/** A motor of the site as host/monitor watches it: its board found by key, its captures taken in turn, their evidence kept. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CapturePlan, type CaptureProgress, capture, evidenceOf } from '../capture/index.js';
import { KizashiError } from '../errors.js';
import type { WatchedMotor } from '../monitor/index.js';
import { type Motor, motorContext } from '../motors/index.js';
import type { KeyStore } from '../provision/index.js';
import type { PortAccess } from './sim/port-access.js';
import { boardOfMotor, type SitePorts } from './site-ports.js';
import type { StateFolder } from './state-folder.js';

/** How long a board may take to appear, in ms: a reset, a bootloader, three line rates. */
const findMs = 30_000;
/** Frames a window, as host/capture plans them. */
const window = 32;

export interface WatchOptions {
  motor: Motor;
  keys: KeyStore;
  ports: SitePorts;
  access: PortAccess;
  state: StateFolder;
  rateHz: number;
  seconds: number;
  intervalS: number;
  onProgress?: (progress: CaptureProgress) => void;
}

/** Plan of a motor's captures. @throws KZ0707 no channel with a pin */
export function planOf(motor: Motor, rateHz: number, seconds: number): CapturePlan {
  const channels = (motor.channels ?? []).flatMap((channel) =>
    channel.pin === undefined ? [] : [{ ...channel, pin: channel.pin }],
  );
  if (channels.length === 0)
    throw new KizashiError(
      'KZ0707',
      `${motor.id} has no wired channel`,
      { motor: motor.id },
      { fix: `kizashi motors edit ${motor.id} --wire ax=A0:adxl1002,axis=radial` },
    );
  return { channels, rateHz, seconds, win: window };
}

/** @throws KZ0414, KZ0706, KZ0707 before anything is opened */
export function watchedMotor(options: WatchOptions): WatchedMotor {
  const { motor, keys, ports, access, state, rateHz, seconds, intervalS, onProgress } = options;
  const board = boardOfMotor(motor, keys);
  const plan = planOf(motor, rateHz, seconds);
  return {
    id: motor.id,
    name: motor.name ?? motor.id,
    zone: motor.zone ?? '',
    line: '',
    board: board.name,
    emulated: access.emulated,
    context: motorContext(motor),
    intervalMs: intervalS * 1000,
    measure: (rejected) =>
      ports.inTurn(board, async () => {
        const port = await ports.find(board, findMs);
        return capture(port, plan, { onRejected: rejected, ...(onProgress ? { onProgress } : {}) });
      }),
    keep: ({ record, capture: { evidence }, items }) => {
      const pinned = keys.find(evidence?.kid ?? '');
      if (!pinned) throw new TypeError('a verified capture without a pinned key');
      const file = `${motor.id}-${String(record).padStart(6, '0')}.kzev`;
      writeFileSync(join(state.evidence, file), evidenceOf(items, pinned, window), { mode: 0o600 });
      return file;
    },
  };
}
