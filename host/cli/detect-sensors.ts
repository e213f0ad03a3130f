/**
 * Which sensors answer on the buses of a board. Parts say what they are in an identity register (`identity` in boards/sensors); parts with
 * an analog output say nothing, so they are never listed.
 *
 *     kizashi: bus commands under a MAC (op 10); a sensor with a FIFO by a short sealed capture     StandardFirmata: its I2C messages
 */
import { capsFlag, encBit, op } from '../../protocol/index.js';
import { startCapture } from '../capture/index.js';
import { KizashiError } from '../errors.js';
import { FirmataReader, pairs, unpair } from '../firmata/wire.js';
import type { SerialDialog } from '../flash/index.js';
import type { BoardFacts } from '../link/index.js';
import { type SensorFile, sensorTable } from '../motors/index.js';
import type { Session } from '../session/index.js';

export interface SensorFound {
  bus: 'i2c' | 'spi';
  /** `0x68`, on a two-wire bus. */
  address?: string;
  /** Id in boards/sensors; null where something answers that is none of them. */
  sensor: string | null;
  name: string;
}

export interface SensorSearch {
  sensors: SensorFound[];
  /** One sentence for each bus: what was asked, or why not. */
  notes: string[];
}

/** Asks a register; undefined where nobody answers at the address. */
type Ask = (address: number, register: number, count: number) => Promise<number[] | undefined>;

/** `code` of the ack where no part answers (docs/protocol.md). */
const absent = 5;
/** Length of the capture that tells whether a sensor with a FIFO is there, in seconds. */
const probeSeconds = 0.25;
/** How long StandardFirmata takes for one answer at 57,600 baud: a sentence of 60 characters is 21 ms. */
const firmataMs = 60;

/** @throws KZ0105, KZ0206, KZ0208 where the session ends meanwhile */
export async function sensorsOfSession(session: Session): Promise<SensorSearch> {
  const { caps, facts } = session;
  const search: SensorSearch = { sensors: [], notes: [] };
  if ((caps.flags & capsFlag.bus) !== 0) {
    await searchTwoWire(search, async (address, register, count) => {
      try {
        const args = { bus: 0, address, write: Uint8Array.of(register), read: count };
        return [...((await session.command({ op: op.bus, args })).read ?? [])];
      } catch (error) {
        if (error instanceof KizashiError && error.code === 'KZ0206' && error.context.code === absent) return undefined;
        throw error;
      }
    });
  } else if (facts.io)
    search.notes.push(
      `its image does not ask the two-wire bus; one that does: kizashi flash --image ${facts.io.image}`,
    );
  if ((caps.encs & (encBit.fifoS16 | encBit.fifoU10)) !== 0) {
    const image = session.hello.fw.split('/')[0];
    for (const part of [facts.fifo, ...facts.parts]) if (part?.image === image) await probeFifo(search, session, part);
  } else if (facts.fifo)
    search.notes.push(
      `its image does not read an ${facts.fifo.part.toUpperCase()} on SPI; one that does: kizashi flash --image ${facts.fifo.image}`,
    );
  return search;
}

/** A board that runs StandardFirmata, by its dialog. @throws KZ0105 */
export async function sensorsOfFirmata(dialog: SerialDialog): Promise<SensorSearch> {
  const search: SensorSearch = { sensors: [], notes: [] };
  const reader = new FirmataReader();
  await dialog.send([0xf0, 0x78, 0, 0, 0xf7]); // I2C_CONFIG without a delay
  await searchTwoWire(search, async (address, register, count) => {
    // I2C_REQUEST, read once
    await dialog.send([0xf0, 0x76, address, 0x08, ...pairs([register]), ...pairs([count]), 0xf7]);
    for (const { type, data } of reader.push(await dialog.listen(firmataMs))) {
      if (type !== 0xf0) continue;
      // a sentence ("Too few bytes received") comes before a reply that holds what an earlier one left
      if (data[0] === 0x71) return undefined;
      const [from, about, ...bytes] = data[0] === 0x77 ? unpair(data.slice(1)) : [];
      if (from === address && about === register) return bytes.length >= count ? bytes.slice(0, count) : undefined;
    }
    return undefined;
  });
  return search;
}

interface Known {
  file: SensorFile;
  register: number;
  value: number[];
}

async function searchTwoWire(search: SensorSearch, ask: Ask): Promise<void> {
  const places = knownPlaces();
  for (const [address, known] of [...places].sort(([a], [b]) => a - b)) {
    const text = `0x${address.toString(16)}`;
    let answered = false;
    let found: Known | undefined;
    for (const one of known) {
      const bytes = await ask(address, one.register, one.value.length);
      if (bytes === undefined) break;
      answered = true;
      if (one.value.every((byte, k) => byte === bytes[k])) {
        found = one;
        break;
      }
    }
    if (!answered) continue;
    const { id: sensor, name } = found?.file ?? { id: null, name: 'a part that is none of boards/sensors' };
    search.sensors.push({ bus: 'i2c', address: text, sensor, name });
  }
  search.notes.push(`two-wire bus: ${places.size} addresses of known parts asked`);
}

/** Addresses that known parts may have, with what each says there. */
function knownPlaces(): Map<number, Known[]> {
  const places = new Map<number, Known[]>();
  for (const file of sensorTable().values()) {
    const { identity } = file;
    if (!identity) continue;
    const value = [...Buffer.from(identity.value, 'hex')];
    const known = { file, register: Number.parseInt(identity.register, 16), value };
    for (const text of identity.i2c) {
      const address = Number.parseInt(text, 16);
      places.set(address, [...(places.get(address) ?? []), known]);
    }
  }
  return places;
}

/** The firmware asks the part's identity before it samples. */
async function probeFifo(search: SensorSearch, session: Session, fifo: NonNullable<BoardFacts['fifo']>): Promise<void> {
  const bus = fifo.cs === undefined ? 'i2c' : 'spi';
  const where = bus === 'i2c' ? 'two-wire bus' : 'SPI';
  const file = sensorTable().get(fifo.part);
  const name = file?.name ?? fifo.part;
  const axes = ['x', 'y', 'z'].map((pin) => ({ id: `a${pin}`, pin, sensor: fifo.part }));
  const rateHz = Math.min(...(file?.odrHz ?? [100]).filter((rate) => rate >= 400));
  const { result } = startCapture(session, { channels: axes, rateHz, seconds: probeSeconds });
  try {
    const done = await result;
    if (done.ok) {
      search.sensors.push({ bus, sensor: fifo.part, name });
      search.notes.push(
        `${where}: ${name} gives ${done.capture.fsHz.toFixed(1)} samples a second (${rateHz} asked), sealed`,
      );
    } else search.notes.push(`${where}: ${done.text}`);
  } catch (error) {
    if (!(error instanceof KizashiError) || error.code !== 'KZ0206') throw error;
    search.notes.push(
      error.context.code === absent ? `${where}: no ${name} answers with its identity` : `${where}: ${error.message}`,
    );
  }
}
