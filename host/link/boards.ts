/** Facts about boards and sensors, read from boards/ and checked. Nothing else in the host knows a pin, a baud rate or a register range. */
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { KizashiError } from '../errors.js';

const directory = new URL('../../boards/', import.meta.url);

const fifoShape = z.looseObject({
  image: z.string(),
  part: z.string(),
  channels: z.array(z.number().int()).length(3),
  /** Chip select of a part on SPI; without one it is on the two-wire bus. */
  cs: z.string().optional(),
  /** Pin of its interrupt. */
  int1: z.string(),
});

const boardShape = z.looseObject({
  id: z.string(),
  name: z.string(),
  mcu: z.string(),
  fCpu: z.number().int().positive(),
  clock: z.enum(['resonator', 'crystal']),
  memory: z.looseObject({ flash: z.number().int(), page: z.number().int().positive() }),
  /** Time from reset to `ready`, in ms; the host keeps silent that long, since a bootloader listens first. */
  bootMs: z.number().positive(),
  uart: z.object({ bauds: z.array(z.number().int()).min(1), default: z.number().int() }),
  usb: z.array(z.looseObject({ vid: z.string(), pid: z.string() })),
  timebase: z.looseObject({ hz: z.number().int().positive() }),
  adc: z.looseObject({
    /** Pin names; the place in the list is the channel number on the wire. */
    pins: z.array(z.string()).min(1),
    vrefMv: z.number().positive(),
    bits: z.number().int(),
    /** Conversion periods the trigger timer can make: every tick from `min` to `fineMax`, then multiples of `coarseStep` to `max`. */
    periodTicks: z.object({
      min: z.number().int(),
      fineMax: z.number().int(),
      max: z.number().int(),
      coarseStep: z.number().int(),
    }),
  }),
  /** A sensor with a FIFO that an image of this board reads: its id, and the channel numbers of its axes on the wire. */
  fifo: fifoShape.optional(),
  /** Others, by the same measure. */
  parts: z.array(fifoShape).default([]),
  /** Where pulses of a shaft are timed, the images that do it, and the number of their channel on the wire. */
  tacho: z.object({ images: z.array(z.string()), pin: z.string(), channel: z.number().int() }).optional(),
  /** Pins as printed; the place in the object is the number on the wire. */
  pins: z.record(z.string(), z.string()),
  /** Pins that an image with general pins offers; relays are not among them. */
  freePins: z.array(z.string()).default([]),
  relays: z.array(z.object({ pin: z.string(), activeHigh: z.boolean() })).default([]),
  /** The image with general pins, and which of them do more than 0 and 1. */
  io: z.looseObject({ image: z.string(), pwm: z.array(z.string()), servo: z.array(z.string()) }).optional(),
  appEnd: z.number().int(),
  claimAt: z.number().int(),
  hashEnd: z.number().int(),
  grade: z.enum(['A0', 'A1', 'B', 'C']),
});

export type BoardFacts = z.infer<typeof boardShape>;

const sensorShape = z.looseObject({
  id: z.string(),
  name: z.string(),
  quantity: z.enum(['acceleration', 'current']),
  unit: z.enum(['m/s2', 'A']),
  clockTolerance: z.number(),
  lsbG: z.number().nullish(),
  /** Output rates in Hz of a sensor with a clock of its own. */
  odrHz: z.array(z.number().positive()).optional(),
  /** Encodings its driver gives where not both: 16 bits, or ten. */
  wire: z.enum(['s16', 'u10']).optional(),
  rangeG: z.array(z.number()).optional(),
  analog: z
    .object({
      mvPerUnit: z.number().positive(),
      unit: z.enum(['m/s2', 'A']),
      bias: z.union([z.literal('avcc/2'), z.number()]),
    })
    .optional(),
});

export type SensorFacts = z.infer<typeof sensorShape>;

/** Relative tolerance of an oscillator by kind: ceramic resonator ±0.5 % (Murata CSTCE, over temperature), crystal ±100 ppm. */
export const oscillatorTolerance = { resonator: 0.005, crystal: 0.0001 } as const;

function read<T>(path: string, shape: z.ZodType<T>): T {
  let text: string;
  try {
    text = readFileSync(new URL(path, directory), 'utf8');
  } catch (cause) {
    throw new KizashiError('KZ0107', `boards/${path} does not exist`, { path }, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new KizashiError('KZ0107', `boards/${path} is not JSON: ${(cause as Error).message}`, { path }, { cause });
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new KizashiError('KZ0107', `boards/${path}: ${issue.path.join('.')}: ${issue.message}`, { path });
}

/** Names of files may come from a configuration: nothing that climbs out of the folder. */
function fileName(id: string): string {
  if (!/^[a-z0-9][a-z0-9-]*$/i.test(id)) throw new KizashiError('KZ0107', `"${id}" is not an id of boards/`, { id });
  return `${id}.json`;
}

/** Facts of one board by its file name, for instance `arduino-avr-uno`; the id with colons is taken too. @throws KZ0107 */
export function loadBoard(id: string): BoardFacts {
  return read(fileName(id.replaceAll(':', '-')), boardShape);
}

/** What an image of the board reads of a sensor with a FIFO; undefined where none does. */
export function fifoOf(board: BoardFacts, sensor: string): z.infer<typeof fifoShape> | undefined {
  return [board.fifo, ...board.parts].find((one) => one?.part === sensor);
}

/** Names of all images that run on the board. */
export function imagesOf({ image, io, fifo, parts }: BoardFacts): string[] {
  return [image, io?.image, ...[fifo, ...parts].map((one) => one?.image)].filter((name) => typeof name === 'string');
}

/** Pin of a channel of the wire: `A0`, the tacho's, an axis of a part with a FIFO; undefined for a number the board does not have. */
export function pinOfChannel(board: BoardFacts, channel: number): string | undefined {
  if (channel === board.tacho?.channel) return board.tacho.pin;
  const part = [board.fifo, ...board.parts].find((one) => one?.channels.includes(channel));
  return part ? ['x', 'y', 'z'][part.channels.indexOf(channel)] : board.adc.pins[channel];
}

/** All boards, by id. */
export function loadBoards(): BoardFacts[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => loadBoard(name.slice(0, -'.json'.length)));
}

/** Facts of one sensor by id, for instance `adxl1002`. @throws KZ0107 */
export function loadSensor(id: string): SensorFacts {
  return read(`sensors/${fileName(id)}`, sensorShape);
}
