/**
 * The steps from a board in a box to a watched motor, each a command of its own, each with what tells that it is done already. The state
 * folder is the memory: whatever stopped a setup, the next one goes on where the facts say.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Capture } from '../capture/capture.js';
import type { CaptureResult } from '../capture/index.js';
import { KizashiError } from '../errors.js';
import { motorsOf } from '../motors/index.js';
import { KeyStore, OwnerKeys } from '../provision/index.js';
import { openHistory } from './motor-status.js';
import type { StateFolder } from './state-folder.js';

const memory = z.object({
  port: z.string().optional(),
  board: z.string().optional(),
  name: z.string().optional(),
  motor: z.string().optional(),
  flashed: z.string().optional(),
  tapped: z.enum(['felt', 'skipped']).optional(),
});

/** What the answers to an earlier setup were. */
export type SetupMemory = z.infer<typeof memory>;

const fileName = 'setup.json';

export function recallSetup({ root }: StateFolder): SetupMemory {
  const file = join(root, fileName);
  if (!existsSync(file)) return {};
  try {
    return memory.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {}; // a damaged note is no reason to stop: the facts lie elsewhere
  }
}

export function noteSetup({ root }: StateFolder, answers: SetupMemory): void {
  writeFileSync(join(root, fileName), `${JSON.stringify(answers, null, 2)}\n`, { mode: 0o600 });
}

/** Which steps the facts of the state folder say are done. */
export function doneSteps(
  state: StateFolder,
  answers: SetupMemory,
): Record<'owner' | 'pinned' | 'motor' | 'measured', boolean> {
  const keys = existsSync(state.keys) ? new KeyStore(state.keys).all() : [];
  const store = openHistory(state.root);
  try {
    return {
      owner: new OwnerKeys(join(state.root, 'recovery')).policy() !== undefined,
      pinned: keys.some(({ name, revoked }) => name === answers.name && revoked === undefined),
      motor: motorsOf(state.motors).some(({ motor }) => motor.id === answers.motor),
      measured: answers.motor !== undefined && (store?.captures(answers.motor, 1).length ?? 0) > 0,
    };
  } finally {
    store?.close();
  }
}

/** Length of the capture in which a tap is looked for, in seconds. */
export const tapSeconds = 4;
/** A tap with a fingernail stands this far over the rms of everything else. */
const tapOverRms = 12;

export interface Tap {
  felt: boolean;
  /** Channel with the strongest blow. */
  channel: string;
  /** Its peak over the rms of its quietest half second. */
  ratio: number;
  clipped: boolean;
  words: string;
}

/** Whether somebody tapped the sensor during a capture, on which axis, and whether the range held. */
export function tapIn(capture: Capture): Tap | undefined {
  const axes = capture.channels.filter(({ quantity }) => quantity === 'acceleration');
  let best: Omit<Tap, 'words' | 'felt'> | undefined;
  for (const { id, samples, range } of axes) {
    const block = Math.max(1, Math.round(capture.fsHz / 2));
    const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
    let [quiet, peak, clipped] = [Number.POSITIVE_INFINITY, 0, false];
    for (let from = 0; from + block <= samples.length; from += block) {
      let square = 0;
      for (let i = from; i < from + block; i++) square += (samples[i] - mean) ** 2;
      quiet = Math.min(quiet, Math.sqrt(square / block));
    }
    for (const value of samples) {
      peak = Math.max(peak, Math.abs(value - mean));
      if (range && (value <= range[0] || value >= range[1])) clipped = true;
    }
    const ratio = quiet > 0 && Number.isFinite(quiet) ? peak / quiet : 0;
    if (!best || ratio > best.ratio) best = { channel: id, ratio, clipped };
  }
  if (!best) return undefined;
  const felt = best.ratio >= tapOverRms;
  const words = !felt
    ? `no tap seen: the strongest peak is ${best.ratio.toFixed(0)} times the rms; tap harder, or look at wiring and mounting`
    : best.clipped
      ? `tap seen on ${best.channel}, but the range was exceeded: tap softer, or take a larger range`
      : `tap seen on ${best.channel}, ${best.ratio.toFixed(0)} times the rms, inside the range`;
  return { felt, ...best, words };
}

/** How often a fitter may try. */
const tapTries = 3;

/**
 * Asks for taps until one is felt inside the range.
 * @throws KZ1411 after three captures without one
 */
export async function tapTest(
  take: () => Promise<CaptureResult>,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Tap> {
  let last = 'no capture';
  for (let attempt = 0; attempt < tapTries && !signal.aborted; attempt++) {
    say(`tap the sensor now, three times, in the next ${tapSeconds} s`);
    const result = await take();
    const tap = result.ok ? tapIn(result.capture) : undefined;
    last = tap?.words ?? (result.ok ? 'no acceleration channel' : result.text);
    say(last);
    if (tap?.felt && !tap.clipped) return tap;
  }
  throw new KizashiError('KZ1411', `no clean tap: ${last}`, { last });
}
