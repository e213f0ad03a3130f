/** Where `watch` gets its captures from: a motor's board, a recording played in stretches, or a source of another folder. */
import type { Capture } from '../capture/capture.js';
import { capture } from '../capture/index.js';
import { KizashiError } from '../errors.js';
import { motorNamed } from '../motors/index.js';
import { evidenceFromFlags } from './motor-flags.js';
import { readRecordingFile, recordingsOf } from './recording-file.js';
import { portAccess } from './sim/port-access.js';
import { siteKeys } from './site-keys.js';
import { boardOfMotor, SitePorts } from './site-ports.js';
import { stateFolder } from './state-folder.js';
import type { CommandContext } from './tree.js';
import { planOf } from './watched-motor.js';

export interface WatchSource {
  /** What is watched, in words. */
  name: string;
  /** The next capture; undefined at the end. @throws what the board or the file says */
  next(): Promise<Capture | undefined>;
  close(): Promise<void>;
}

/** Length of a picture in seconds: short enough to follow, long enough for lines 1 Hz apart. */
export const pictureSeconds = 1.024;
/** How long a board may take to appear, in ms. */
const findMs = 30_000;

/** Captures of a motor's board, one after the other, each verified. @throws KZ1201, KZ0414, KZ0706, KZ0707 */
export async function boardSource({ args, options, out }: CommandContext): Promise<WatchSource> {
  const state = stateFolder(options);
  const { motor } = motorNamed(state.motors, args[0]);
  const port = options.port as string | undefined;
  const access = await portAccess(options, port);
  const keys = siteKeys(state, access);
  const ports = new SitePorts(access, keys, { ...(port ? { only: port } : {}), onAlarm: (text) => out.debug(text) });
  const close = async (): Promise<void> => {
    await access.during(ports.close()).catch(() => {});
    await access.close();
  };
  try {
    const board = boardOfMotor(motor, keys);
    const plan = planOf(
      motor,
      (options.rate as number | undefined) ?? 8000,
      (options.seconds as number | undefined) ?? pictureSeconds,
    );
    return {
      name: motor.id,
      next: async () => {
        const result = await access.during(ports.find(board, findMs).then((found) => capture(found, plan)));
        if (result.ok) return result.capture;
        throw new KizashiError(
          'KZ0502',
          `capture rejected: ${result.why}`,
          { reason: result.why },
          { why: result.text },
        );
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A recording in stretches of one picture each, as it was measured. */
export async function fileSource({ args, options }: CommandContext): Promise<WatchSource> {
  const { bytes, name } = readRecordingFile(args[0]);
  const [recording] = await recordingsOf(bytes, name, {
    ...(options.rate === undefined ? {} : { rateHz: options.rate as number }),
    ...(options.units === undefined ? {} : { units: options.units as string }),
    ...(options.keys === undefined ? {} : { evidence: evidenceFromFlags(options) }),
  });
  const whole = recording.capture;
  const length = Math.round(((options.seconds as number | undefined) ?? pictureSeconds) * whole.fsHz);
  const starts = whole.spans.flatMap(([from, to]) =>
    Array.from({ length: Math.floor((to - from) / length) }, (_, i) => from + i * length),
  );
  let at = 0;
  return {
    name: recording.name,
    next: async () => {
      const from = starts[at++];
      if (from === undefined) return undefined;
      const channels = whole.channels.map((channel) => ({
        ...channel,
        samples: channel.samples.subarray(from, from + length),
      }));
      return {
        ...whole,
        channels,
        spans: [[0, length]],
        ...(whole.at === undefined ? {} : { at: whole.at + (1000 * from) / whole.fsHz }),
      };
    },
    close: async () => {},
  };
}

/** Boards that kizashi did not flash: nothing they send is signed, so everything is for screening. */
export async function screeningSource({ options, out }: CommandContext): Promise<WatchSource> {
  const path = String(options.firmata ?? options.text);
  const access = await portAccess(options, path);
  const { binding, clock } = access;
  const baud = options.baud as number | undefined;
  const port = { path, clock, ...(baud === undefined ? {} : { baud }), ...(binding === undefined ? {} : { binding }) };
  out.note(
    'screening: nothing is signed; kizashi setup makes the board a signing one, with a backup of what runs on it',
  );
  const point = (what: string) => (what === '' ? path : `${path} ${what}`);
  const keep =
    options.save === true
      ? (await import('./screening-store.js')).screeningStore(stateFolder(options), access)
      : undefined;
  const kept = async (taken: Promise<Capture>, what: string): Promise<Capture> => {
    const measured = await access.during(taken);
    const taking: Capture = access.emulated ? { ...measured, grade: 'E' } : measured;
    return keep ? access.outside(() => keep(taking, point(what), clock.wall())) : taking;
  };
  if (options.text !== undefined) {
    const { openText } = await import('../text-source/index.js');
    const source = await access.during(openText(port));
    const seconds = (options.seconds as number | undefined) ?? pictureSeconds;
    return {
      name: path,
      next: () => kept(source.next(seconds), ''),
      close: async () => {
        await access.during(source.close());
        await access.close();
      },
    };
  }
  const { openFirmata } = await import('../firmata/index.js');
  const board = await access.during(openFirmata(port));
  const plan = {
    pin: (options.pin as string | undefined) ?? 'A0',
    ...(options.pollMs === undefined ? {} : { intervalMs: options.pollMs as number }),
    ...(options.sensor === undefined ? {} : { sensor: options.sensor as string }),
  };
  const seconds = options.seconds as number | undefined;
  const take = (): Promise<Capture> => {
    if (options.sensor !== 'adxl345') return board.current(plan);
    return seconds === undefined ? board.vibrationBurst() : board.vibration(seconds);
  };
  return {
    name: `${path} ${board.sketch}`,
    next: () => kept(take(), board.sketch),
    close: async () => {
      await access.during(board.close());
      await access.close();
    },
  };
}
