/** Boards that run StandardFirmata already, with the sketch's real image in an emulated Uno. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createUno, emulatedBinding, type TwiDevice, World } from '../../host/emulate/index.js';
import { Adxl345 } from '../../host/emulate/sensors/adxl345.js';
import { checkInterval, type FirmataBoard, openFirmata } from '../../host/firmata/index.js';

/** The image stands in the package avrgirl-arduino (MIT; the sketch is LGPL), unpacked into the machine's temporary folder, never here. */
function standardFirmata(): string | undefined {
  const folder = join(tmpdir(), 'kizashi-standard-firmata-5.0.1');
  const hex = join(folder, 'package/junk/hex/uno/StandardFirmata.cpp.hex');
  if (!existsSync(hex)) {
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync('npm', ['pack', 'avrgirl-arduino@5.0.1', '--silent'], {
        cwd: folder,
        timeout: 60_000,
        stdio: 'pipe',
      });
      execFileSync('tar', ['xzf', 'avrgirl-arduino-5.0.1.tgz'], { cwd: folder });
    } catch {
      return undefined;
    }
  }
  return existsSync(hex) ? readFileSync(hex, 'utf8') : undefined;
}

const image = standardFirmata();
const skip = image === undefined && 'the package registry gives no StandardFirmata image';

t.setTimeout(120_000);

t.test('intervals that hide a mains current', async (t) => {
  for (const ms of [10, 20, 30, 8.33, 16.7, 25, 9.9, 19.7])
    t.throws(() => checkInterval(ms), { code: 'KZ1503' }, `${ms} ms`);
  for (const ms of [11, 13, 19]) checkInterval(ms);
});

/** ADXL345 with a FIFO, as its datasheet (rev. E) tells it: in FIFO mode it fills at the output rate and stands still at 32. */
class Adxl345Fifo implements TwiDevice {
  readonly #registers = new Uint8Array(64);
  #fifo: [number, number, number][] = [];
  #at = 0;
  #first = true;
  #since = 0;
  #taken = 0;
  constructor(
    private readonly sample: (k: number) => [number, number, number],
    private readonly hz = 16e6,
  ) {
    this.#registers[0] = 0xe5;
  }
  #fill(cycle: number): void {
    if ((this.#registers[0x38] & 0xc0) !== 0x40 || (this.#registers[0x2d] & 8) === 0) return;
    const made = Math.floor(((cycle - this.#since) / this.hz) * 3200);
    while (this.#taken < made && this.#fifo.length < 32) this.#fifo.push(this.sample(this.#taken++));
  }
  start(read: boolean, cycle: number): boolean {
    this.#fill(cycle);
    this.#first = !read;
    if (read && this.#at === 0x32) {
      const words = new Int16Array(this.#registers.buffer, 0x32, 3);
      words.set(this.#fifo.shift() ?? [0, 0, 0]);
    }
    this.#registers[0x39] = this.#fifo.length;
    return true;
  }
  write(byte: number, cycle: number): boolean {
    if (this.#first) this.#at = byte & 63;
    else {
      this.#registers[this.#at] = byte;
      if (this.#at === 0x38) {
        this.#since = cycle;
        this.#taken = 0;
        if (byte >> 6 === 0) this.#fifo = [];
      }
      this.#at++;
    }
    this.#first = false;
    return true;
  }
  read(): number {
    return this.#registers[this.#at++ & 63];
  }
  stop(): void {}
}

t.test('StandardFirmata on an Uno', { skip }, async (t) => {
  const world = new World({ seed: 3 });
  const board = createUno({ hex: image as string, seed: 3, name: 'std' });
  world.add(board, 'std');
  t.teardown(() => world.close());
  const port = { path: 'emu:std', binding: emulatedBinding(world), clock: world.clock };
  // ACS712-05B: 185 mV/A around half the supply
  const [amps, hertz] = [2, 50];
  board.analog('A0', (cycle) => 2.5 + 0.185 * amps * Math.SQRT2 * Math.sin((2 * Math.PI * hertz * cycle) / 16e6));
  let firmata: FirmataBoard;

  t.test('is recognised', async (t) => {
    firmata = await world.until(openFirmata(port), 20);
    t.match(firmata.sketch, /^StandardFirmata/);
    t.equal(firmata.analogInputs, 6);
  });

  t.test('current: right at 19, 13 and 11 ms, refused at 20 ms', async (t) => {
    for (const intervalMs of [19, 13, 11]) {
      const capture = await world.until(firmata.current({ pin: 'A0', intervalMs, sensor: 'acs712' }), 20);
      t.match(capture, { source: 'firmata', verdict: { kind: 'unsigned' }, grade: 'none' });
      t.match(capture.notes, [/screening/, /even grid/]);
      const [{ samples, unit }] = capture.channels;
      t.equal(unit, 'A');
      t.equal(samples.length, 200);
      const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
      const rms = Math.sqrt(samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / samples.length);
      t.ok(Math.abs(rms / amps - 1) < 0.03, `${rms.toFixed(3)} A RMS of ${amps} A at ${intervalMs} ms`);
      t.ok(
        Math.abs(capture.fsHz * intervalMs - 1000) < 15,
        `${capture.fsHz.toFixed(3)} S/s, ±${(1e6 * capture.fsUncertainty).toFixed(0)} ppm`,
      );
    }
    await t.rejects(firmata.current({ pin: 'A0', intervalMs: 20 }), { code: 'KZ1503' });
    await t.rejects(firmata.current({ pin: 'A9' }), { code: 'KZ1502' });
  });

  t.test('ADXL345: a burst of 32 triples, each as the sensor made it', async (t) => {
    await t.rejects(world.until(firmata.vibrationBurst(), 5), { code: 'KZ1505' }, 'nobody on the bus');
    const made = (k: number): [number, number, number] => [
      Math.round(120 * Math.sin(k / 3)),
      Math.round(-80 * Math.cos(k / 2)),
      256 + (k % 5),
    ];
    board.attach('twi', new Adxl345Fifo(made), { address: 0x53 });
    const capture = await world.until(firmata.vibrationBurst(), 10);
    t.match(capture, { source: 'firmata', verdict: { kind: 'unsigned' }, fsHz: 3200 });
    const [ax, ay, az] = capture.channels.map(({ samples, lsb }) =>
      [...samples].map((x) => Math.round(x / (lsb as number))),
    );
    t.same(
      ax.map((x, k) => [x, ay[k], az[k]]),
      Array.from({ length: 32 }, (_, k) => made(k)),
    );
  });

  t.test('ADXL345 at 200 Hz without a break: rate measured, nothing lost; a stalled line: gaps', async (t) => {
    const world = new World({ seed: 4 });
    t.teardown(() => world.close());
    const board = createUno({ hex: image as string, seed: 4, name: 'stream' });
    world.add(board, 'stream');
    const port = { path: 'emu:stream', binding: emulatedBinding(world), clock: world.clock };
    const rateError = 0.013;
    const shaft = 24.7;
    const part = new Adxl345(board, {
      acceleration: (s) => [0.5 * Math.sin(2 * Math.PI * shaft * s), 0.1, 1],
      rateError,
      record: true,
    });
    board.attach('twi', part.twi, { address: 0x53 });
    const firmata = await world.until(openFirmata(port), 20);
    const seconds = 6;
    let sent = 0;
    world.tapLine('stream', (bytes, direction) => {
      if (direction === 'toHost') sent += bytes.length;
      return [bytes];
    });
    const began = world.clock.now();
    const capture = await world.until(firmata.vibration(seconds), 30);
    const took = (world.clock.now() - began) / 1000;
    t.match(capture, { source: 'firmata', verdict: { kind: 'unsigned' }, grade: 'none', spans: [[0, 1200]] });
    t.match(capture.notes, [/screening/, /100 Hz/, /ppm/, 'no sample lost']);
    t.equal(part.stats.overwritten, 0, 'the sensor threw nothing away');
    const made = 200 * (1 + rateError);
    const off = 1e6 * (capture.fsHz / made - 1);
    t.ok(Math.abs(off) < 1500, `${capture.fsHz.toFixed(3)} Hz, ${off.toFixed(0)} ppm beside the sensor's`);
    t.ok(
      capture.fsUncertainty < 1e-3 && Math.abs(off) < 4e6 * capture.fsUncertainty + 100,
      `stated ±${(1e6 * capture.fsUncertainty).toFixed(0)} ppm`,
    );
    const counts = (c: typeof capture) =>
      [...c.channels[0].samples].map((x) => Math.round(x / (c.channels[0].lsb as number)));
    const produced = part.produced.map(([x]) => x);
    t.same(counts(capture), produced.slice(0, 1200), 'every sample, in order, as the sensor made it');
    const share = sent / took / 5760;
    t.ok(share > 0.5 && share < 0.9, `${(100 * share).toFixed(0)} % of the line at 57,600 baud`);

    // the line is dead for 0.4 s: the FIFO runs over; the current is polled meanwhile, over the same line
    part.produced.length = 0;
    const before = part.stats.overwritten;
    const stalled = firmata.vibration(4);
    const polled = firmata.current({ pin: 'A0', intervalMs: 95, samples: 25 });
    let held: Uint8Array[] | undefined = [];
    const begin = world.clock.now();
    world.tapLine('stream', (bytes, direction) => {
      const now = world.clock.now() - begin;
      if (direction !== 'toHost' || held === undefined || now < 1000) return [bytes];
      held.push(bytes);
      if (now < 1400) return [];
      const late = held;
      held = undefined;
      return late;
    });
    const [broken, current] = await world.until(Promise.all([stalled, polled]), 30);
    t.equal(current.channels[0].samples.length, 25);
    const lost = part.stats.overwritten - before;
    t.ok(lost > 20, `${lost} samples overwritten in the sensor`);
    const stated = Number(/about (\d+) samples lost/.exec((broken.notes ?? []).join())?.[1]);
    t.ok(Math.abs(stated - lost) <= 6, `about ${stated} stated`);
    t.ok(broken.spans.length >= 2);
    const all = part.produced.map(([x]) => x);
    const read = counts(broken);
    for (const [from, to] of broken.spans) {
      const start = all.findIndex((_, k) => read.slice(from, to).every((x, i) => all[k + i] === x));
      t.ok(start >= 0, `[${from}, ${to}) stands in what the sensor made, without a gap`);
    }
    await world.until(firmata.close(), 5);
  });

  t.test('a board without Firmata is named', async (t) => {
    await world.until(firmata.close(), 5);
    const silent = createUno({ hex: ':00000001FF\n', seed: 1, name: 'none' });
    world.add(silent, 'none');
    await t.rejects(world.until(openFirmata({ ...port, path: 'emu:none', waitMs: 3000 }), 10), { code: 'KZ1504' });
  });
});
