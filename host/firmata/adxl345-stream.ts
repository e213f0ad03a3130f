/**
 * An ADXL345 behind StandardFirmata, without a break: its FIFO keeps the even clock, the line carries what it holds. A reply of six bytes is 19
 * on the line and one of the FIFO's level 9, so 200 samples a second take about 4,100 of the 5,760 bytes a second of 57,600 baud.
 *
 *     FIFO level ─▶ as many reads as are known to be there, six under way at most ─▶ triples, spans, rate
 */
import type { Channel, MeasuredRate } from '../capture/index.js';
import { KizashiError } from '../errors.js';
import { type Clock, loadSensor, type TimerHandle } from '../link/index.js';
import type { FirmataClient } from './firmata-client.js';

/** ADXL345 datasheet rev. E, register map, FIFO_CTL, BW_RATE. */
export const adxl345 = {
  address: 0x53,
  id: 0xe5,
  bwRate: 0x2c,
  powerCtl: 0x2d,
  dataFormat: 0x31,
  data: 0x32,
  fifoCtl: 0x38,
  fifoStatus: 0x39,
};
export const fifoDepth = 32;
const standardGravity = 9.80665;

export type Triple = [number, number, number];

/** DATAX0 to DATAZ1. */
export function tripleOf(bytes: readonly number[]): Triple {
  const words = new DataView(Uint8Array.from(bytes).buffer);
  return [words.getInt16(0, true), words.getInt16(2, true), words.getInt16(4, true)];
}

/** Counts as accelerations, full resolution at ±16 g. */
export function tripleChannels(triples: readonly Triple[]): Channel[] {
  const lsb = (loadSensor('adxl345').lsbG ?? 1 / 256) * standardGravity;
  return ['ax', 'ay', 'az'].map((id, axis) => ({
    id,
    quantity: 'acceleration',
    unit: 'm/s2',
    samples: Float64Array.from(triples, (triple) => triple[axis] * lsb),
    lsb,
    range: [-16 * standardGravity, 16 * standardGravity],
    sensor: 'adxl345',
  }));
}

const ratedHz = 200;
/** A request is 9 bytes, an Uno's receive buffer holds 63 (Arduino core, HardwareSerial): more than six under way could be lost. */
const mostUnderWay = 6;
/** Reads between two looks at the level. */
const readsPerLook = 8;
/**
 * The FIFO with its output register holds 33. Had it run over since the look before, eight reads later it would still hold 25: below that
 * nothing was lost.
 */
const safeLevel = fifoDepth + 1 - readsPerLook - 1;
/** Pause where the FIFO was found nearly empty: four samples. */
const pauseMs = 20;
const silenceMs = 2000;

export interface Stream {
  triples: Triple[];
  /** Spans without a missing sample. */
  spans: [number, number][];
  rate: Pick<MeasuredRate, 'hz' | 'uncertainty'>;
  /** Samples that the sensor made and nobody read, by its rate and the host's clock. */
  lost: number;
}

/** A look at the level: samples made so far, had none been lost, and the host's time. */
interface Look {
  taken: number;
  level: number;
  at: number;
}

/** @throws KZ1505 where answers stop */
export async function streamTriples(
  client: FirmataClient,
  clock: Clock,
  seconds: number,
  path: string,
): Promise<Stream> {
  const { address } = adxl345;
  const wanted = Math.ceil(seconds * ratedHz);
  const triples: Triple[] = [];
  const looks: Look[] = [];
  let [underWay, available, sinceLook, looking] = [0, 0, 0, false];
  const events = [adxl345.data, adxl345.fifoStatus].map((register) => `I2C-reply-${address}-${register}`);
  const none = () => {};
  const listeners: [string, (bytes: number[]) => void][] = [];
  const timers = new Set<TimerHandle>();
  const later = (ms: number, act: () => void) => {
    const timer: TimerHandle = clock.setTimer(ms, () => {
      timers.delete(timer);
      act();
    });
    timers.add(timer);
  };
  client.i2cWrite(address, adxl345.powerCtl, [0]);
  client.i2cWrite(address, adxl345.bwRate, [0x0b]); // 200 Hz
  client.i2cWrite(address, adxl345.dataFormat, [0x0b]); // full resolution, ±16 g
  client.i2cWrite(address, adxl345.fifoCtl, [0x00]); // bypass empties it
  client.i2cWrite(address, adxl345.fifoCtl, [0x80 | 16]); // stream mode
  client.i2cWrite(address, adxl345.powerCtl, [0x08]);
  try {
    await new Promise<void>((resolve, reject) => {
      let heard = clock.now();
      const ask = (register: number, count: number) => {
        underWay++;
        client.i2cReadOnce(address, register, count, none);
      };
      const pump = () => {
        while (underWay < mostUnderWay) {
          if (available > 0 && sinceLook < readsPerLook) {
            available--;
            sinceLook++;
            ask(adxl345.data, 6);
          } else if (!looking) {
            looking = true;
            sinceLook = 0;
            ask(adxl345.fifoStatus, 1);
          } else return;
        }
      };
      listeners.push([
        events[0],
        (bytes) => {
          heard = clock.now();
          underWay--;
          if (bytes.length === 6) triples.push(tripleOf(bytes));
          pump();
        },
      ]);
      listeners.push([
        events[1],
        ([status]) => {
          heard = clock.now();
          underWay--;
          const level = status & 63;
          // replies come in the order of the requests: what was read before the look has arrived, what was asked after it has not
          looks.push({ taken: triples.length, level, at: heard });
          // what was read behind a look is only known to be whole at the next one
          if (triples.length >= wanted) {
            resolve();
            return;
          }
          available = Math.max(0, level - sinceLook);
          const next = () => {
            looking = false;
            pump();
          };
          if (level > 3) next();
          else {
            later(pauseMs, next);
            pump();
          }
        },
      ]);
      for (const [event, fn] of listeners) client.on(event, fn as never);
      const watch = () => {
        if (clock.now() - heard < silenceMs) later(silenceMs / 2, watch);
        else
          reject(
            new KizashiError(
              'KZ1505',
              `${path}: no answer on the bus in ${silenceMs} ms, ${triples.length} samples in`,
              {
                samples: triples.length,
              },
            ),
          );
      };
      watch();
      pump();
    });
  } finally {
    for (const timer of timers) clock.clear(timer);
    for (const [event, fn] of listeners) client.off(event, fn as never);
    client.i2cWrite(address, adxl345.powerCtl, [0]);
  }
  return judged(triples.slice(0, wanted), looks);
}

/** Which samples follow each other, how fast the sensor made them, and how many are missing. */
function judged(triples: Triple[], looks: Look[]): Stream {
  const spans: [number, number][] = [];
  const runs: Look[][] = [];
  let run: Look[] = [];
  const end = () => {
    if (run.length > 1) {
      spans.push([run[0].taken, Math.min(triples.length, run[run.length - 1].taken)]);
      runs.push(run);
    }
    run = [];
  };
  for (const look of looks) {
    // where it may have run over, the samples read since the look before do not follow each other for certain
    if (look.level > safeLevel) end();
    else run.push(look);
  }
  end();
  const longest = runs.reduce((a, b) => (b.length > a.length ? b : a), runs[0] ?? []);
  const rate = fitted(longest);
  const [first, final] = [looks[0], looks[looks.length - 1]];
  const made = ((final.at - first.at) / 1000) * rate.hz;
  const read = final.taken + final.level - first.taken - first.level;
  const ranOver = looks.some(({ level }) => level > safeLevel);
  return { triples, spans, rate, lost: ranOver ? Math.max(0, Math.round(made - read)) : 0 };
}

/** Straight line through the samples made against the host's time. */
function fitted(looks: readonly Look[]): Pick<MeasuredRate, 'hz' | 'uncertainty'> {
  const n = looks.length;
  const made = looks.map(({ taken, level }) => taken + level);
  const [meanT, meanM] = [looks.reduce((sum, { at }) => sum + at, 0) / n, made.reduce((a, b) => a + b, 0) / n];
  let [tt, tm, mm] = [0, 0, 0];
  for (const [k, { at }] of looks.entries()) {
    tt += (at - meanT) ** 2;
    tm += (at - meanT) * (made[k] - meanM);
    mm += (made[k] - meanM) ** 2;
  }
  const slope = tm / tt;
  const variance = Math.max(0, mm - slope * tm) / Math.max(1, n - 2);
  return { hz: 1000 * slope, uncertainty: Math.sqrt(variance / tt) / slope };
}
