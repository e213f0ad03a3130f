/**
 * A board that runs StandardFirmata already: nothing is flashed, nothing is signed. What comes of it is for screening: a trend of the current,
 * and bursts of an ADXL345 whose FIFO keeps its own uniform clock.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type Capture, type Channel, rateOfArrivals, unsignedCapture } from '../capture/index.js';
import { KizashiError } from '../errors.js';
import {
  type BindingInterface,
  type Clock,
  delay,
  loadSensor,
  openPort,
  type SensorFacts,
  systemClock,
} from '../link/index.js';
import { adxl345, fifoDepth, streamTriples, tripleChannels, tripleOf } from './adxl345-stream.js';
import type { FirmataClient } from './firmata-client.js';
import { checkInterval } from './interval.js';

export interface FirmataPort {
  path: string;
  /** StandardFirmata's 57,600 by default. */
  baud?: number;
  binding?: BindingInterface;
  clock?: Clock;
  /** How long to wait for the board's report of itself after the reset that opening causes, in ms. */
  waitMs?: number;
}

export interface CurrentPlan {
  /** Analog input, `A0`. */
  pin: string;
  /** 19 ms by default, as the sketch's own; multiples of half a mains period are refused. */
  intervalMs?: number;
  /** 200 by default: 11, 13 and 19 ms then cover whole periods of 50 and 60 Hz. */
  samples?: number;
  /** Sensor of boards/sensors; without one volts come out. */
  sensor?: string;
}

const screening = 'screening only: nothing is signed; flash kizashi’s firmware for evidence';
const vref = 5;
const counts = 1023;
export class FirmataBoard {
  readonly path: string;
  /** Name and version of the sketch, as it says them. */
  readonly sketch: string;
  readonly #client: FirmataClient;
  readonly #clock: Clock;
  readonly #close: () => Promise<void>;

  /** Use `openFirmata`. */
  constructor(client: FirmataClient, path: string, clock: Clock, close: () => Promise<void>) {
    this.#client = client;
    this.path = path;
    this.#clock = clock;
    this.#close = close;
    const { name: file = 'Firmata', version } = client.firmware;
    const name = file.replace(/\.(ino|cpp)$/, '');
    this.sketch = version ? `${name} ${version.major}.${version.minor}` : name;
  }

  /** Number of analog inputs. */
  get analogInputs(): number {
    return this.#client.analogPins.length;
  }

  /**
   * Polls one analog input. The rate is measured by the host's clock; the arrivals' scatter stands in the notes.
   * @throws KZ1502 no such input; KZ1503 an interval that hides the phase; KZ1504 no values come; KZ0752 no such sensor
   */
  async current(plan: CurrentPlan): Promise<Capture> {
    const interval = plan.intervalMs ?? 19;
    checkInterval(interval);
    const channel = Number(/^A(\d+)$/.exec(plan.pin)?.[1] ?? Number.NaN);
    if (!(channel < this.analogInputs))
      throw new KizashiError('KZ1502', `${this.sketch} has no analog input ${plan.pin}`, { pin: plan.pin });
    const sensor = plan.sensor === undefined ? undefined : loadSensor(plan.sensor);
    const client = this.#client;
    const clock = this.#clock;
    client.setSamplingInterval(interval);
    client.pinMode(channel, client.MODES.ANALOG);
    const wanted = plan.samples ?? 200;
    const values: number[] = [];
    const arrivals: number[] = [];
    const at = clock.wall();
    await this.#within(2000 + 2 * wanted * interval, `no values of ${plan.pin}`, (done) => {
      client.analogRead(channel, (value) => {
        values.push(value);
        arrivals.push(clock.now());
        if (values.length === wanted) done();
      });
    }).finally(() => {
      client.reportAnalogPin(channel, 0);
      client.removeAllListeners(`analog-read-${channel}`);
    });
    const rate = rateOfArrivals(arrivals.slice(0, wanted));
    const notes = [
      screening,
      `polled every ${interval} ms; 99 % of the values within ${rate.jitterMs.toFixed(2)} ms of an even grid`,
    ];
    return unsignedCapture('firmata', [currentChannel(values.slice(0, wanted), plan, sensor)], rate, at, notes);
  }

  /**
   * One burst of an ADXL345 on the bus: 32 triples at 3,200 Hz, evenly spaced by the sensor's own clock, for RMS, crest factor and kurtosis.
   * @throws KZ1505 the sensor does not answer
   */
  async vibrationBurst(): Promise<Capture> {
    const client = this.#client;
    const { address } = adxl345;
    await this.#findAdxl345();
    client.i2cWrite(address, adxl345.bwRate, [0x0f]); // 3,200 Hz
    client.i2cWrite(address, adxl345.dataFormat, [0x0b]); // full resolution, ±16 g
    client.i2cWrite(address, adxl345.fifoCtl, [0x00]); // bypass empties it
    client.i2cWrite(address, adxl345.powerCtl, [0x08]);
    client.i2cWrite(address, adxl345.fifoCtl, [0x40 | 31]); // FIFO mode: full after 32 samples, then it stands still
    const at = this.#clock.wall();
    await delay(this.#clock, 25); // 10 ms of samples, and the writes on the line
    const level = (await this.#registers(adxl345.fifoStatus, 1))[0] & 63;
    if (level < fifoDepth)
      throw new KizashiError('KZ1505', `the sensor's FIFO holds ${level} of ${fifoDepth} samples`, { level });
    const triples: [number, number, number][] = [];
    for (let k = 0; k < fifoDepth; k++) triples.push(tripleOf(await this.#registers(adxl345.data, 6)));
    const channels = tripleChannels(triples);
    const facts = loadSensor('adxl345');
    const rate = { hz: 3200, uncertainty: facts.clockTolerance / Math.sqrt(3) };
    const notes = [
      screening,
      'a burst of 10 ms: level and shape only, too short for any line below 300 Hz',
      'rate by the sensor’s own clock',
    ];
    return unsignedCapture('firmata', channels, rate, at, notes);
  }

  async #findAdxl345(): Promise<void> {
    this.#client.i2cConfig(0);
    const id = await this.#registers(0x00, 1);
    if (id[0] !== adxl345.id)
      throw new KizashiError('KZ1505', `no ADXL345 at 0x53: DEVID reads 0x${id[0].toString(16)}`, { devid: id[0] });
  }

  /**
   * An ADXL345 on the bus at 200 Hz without a break: lines up to 100 Hz, so the shaft's own of a motor up to 6,000 r/min. The rate is the
   * sensor's own, measured by the host's clock; where the FIFO may have run over a span ends, and the notes say how many samples are missing.
   * @throws KZ1505 the sensor does not answer, or stops
   */
  async vibration(seconds: number): Promise<Capture> {
    await this.#findAdxl345();
    const at = this.#clock.wall();
    const { triples, spans, rate, lost } = await streamTriples(this.#client, this.#clock, seconds, this.path);
    const gaps = spans.length - 1;
    const notes = [
      screening,
      'sampled 200 times a second: nothing above 100 Hz is seen, and what the sensor passes of it folds down',
      `the sensor’s own rate by the host’s clock, ±${(1e6 * rate.uncertainty).toFixed(0)} ppm`,
      lost > 0 || gaps > 0 ? `about ${lost} samples lost, ${gaps} gaps` : 'no sample lost',
    ];
    return { ...unsignedCapture('firmata', tripleChannels(triples), rate, at, notes), spans };
  }

  #registers(register: number, count: number): Promise<number[]> {
    return this.#within(
      1000,
      'no answer on the bus',
      (done) => this.#client.i2cReadOnce(adxl345.address, register, count, done),
      'KZ1505',
    );
  }

  #within<T = void>(
    ms: number,
    text: string,
    begin: (done: (value: T) => void) => void,
    code: 'KZ1504' | 'KZ1505' = 'KZ1504',
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const limit = this.#clock.setTimer(ms, () =>
        reject(new KizashiError(code, `${this.path}: ${text} in ${ms} ms`, { ms })),
      );
      begin((value) => {
        this.#clock.clear(limit);
        resolve(value);
      });
    });
  }

  /** Resets the sketch's pins and closes the port. */
  async close(): Promise<void> {
    this.#client.reset();
    await this.#close();
  }
}

function currentChannel(values: number[], plan: CurrentPlan, sensor: SensorFacts | undefined): Channel {
  const volts = Float64Array.from(values, (value) => ((value + 0.5) / (counts + 1)) * vref);
  const base = { id: plan.pin.toLowerCase(), samples: volts, lsb: vref / (counts + 1), range: [0, vref] as const };
  if (!sensor?.analog) return { ...base, quantity: 'voltage', unit: 'V' };
  const { mvPerUnit, bias, unit } = sensor.analog;
  const zero = bias === 'avcc/2' ? vref / 2 : bias;
  const perUnit = mvPerUnit / 1000;
  const scaled = volts.map((v) => (v - zero) / perUnit);
  return {
    id: unit === 'A' ? 'i1' : 'ax',
    quantity: sensor.quantity,
    unit,
    samples: scaled,
    lsb: base.lsb / perUnit,
    range: [-zero / perUnit, (vref - zero) / perUnit],
    sensor: sensor.id,
  };
}

/**
 * Opens a port and waits for the sketch to say what it is.
 * @throws KZ0101–KZ0106 of the port; KZ1504 where no Firmata answers
 */
export async function openFirmata(options: FirmataPort): Promise<FirmataBoard> {
  const clock = options.clock ?? systemClock;
  const stream = await openPort({ ...options, baud: options.baud ?? 57_600, clock });
  // without a transport class of its own: the port is opened above, with kizashi's errors
  const { Firmata } = createRequire(import.meta.url)('firmata-io') as {
    Firmata: new (port: unknown, options: object) => FirmataClient;
  };
  const client = new Firmata(stream, { samplingInterval: 19 });
  const closeStream = async () => {
    if (!stream.isOpen) return;
    stream.close();
    await once(stream, 'close');
  };
  client.on('error', () => {});
  const waitMs = options.waitMs ?? 8000;
  try {
    await new Promise<void>((resolve, reject) => {
      const limit = clock.setTimer(waitMs, () =>
        reject(
          new KizashiError('KZ1504', `no Firmata answers on ${options.path} in ${waitMs / 1000} s`, {
            path: options.path,
          }),
        ),
      );
      client.on('ready', () => {
        clock.clear(limit);
        resolve();
      });
    });
  } catch (error) {
    await closeStream();
    throw error;
  }
  return new FirmataBoard(client, options.path, clock, closeStream);
}
