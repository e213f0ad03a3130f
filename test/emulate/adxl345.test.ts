/** The emulated ADXL345 against its data sheet (rev. E): registers, FIFO, interrupts, formats, timing. */
import t from 'tap';
import { EventList } from '../../host/emulate/avr/events.js';
import { Adxl345, type Adxl345Options } from '../../host/emulate/sensors/adxl345.js';

const hz = 16_000_000;

/** The part alone: a bus whose bytes take 32 cycles, pins that remember. */
function alone(options: Partial<Adxl345Options> = {}) {
  const events = new EventList();
  const pins: Record<string, unknown[]> = {};
  const host = {
    hz,
    clockError: 0,
    cycle: 0,
    chip: { core: { events }, spi: { mode: 3 } },
    pin: (name: string) => ({
      drive: (level: unknown) => {
        pins[name] = [...(pins[name] ?? []), level];
      },
    }),
  };
  const part = new Adxl345(host, {
    acceleration: () => [0.5, -0.25, 1],
    int1: 'i1',
    int2: 'i2',
    record: true,
    ...options,
  });
  const run = (seconds: number) => {
    host.cycle += Math.round(seconds * hz);
    events.fireDue(host.cycle);
  };
  const transaction = (bytes: number[], cyclesPerBit = 4): number[] => {
    part.select(true, host.cycle);
    const answer = bytes.map((byte) => {
      host.cycle += 8 * cyclesPerBit;
      return part.transfer(byte, host.cycle, cyclesPerBit);
    });
    part.select(false, host.cycle);
    return answer;
  };
  const read = (address: number) => transaction([0x80 | address, 0])[1]!;
  const write = (address: number, value: number) => transaction([address, value]);
  /** One entry; `restS` of pause before it. */
  const entry = (restS = 5e-6) => {
    run(restS);
    const [, ...b] = transaction([0xf2, 0, 0, 0, 0, 0, 0]);
    return [0, 1, 2].map((k) => ((b[2 * k + 1]! << 24) >> 16) | b[2 * k]!);
  };
  return { part, host, pins, run, read, write, entry, transaction };
}

t.test('identity, defaults, what cannot be written', (t) => {
  const { part, read, write } = alone();
  t.equal(read(0x00), 0xe5, 'table 19: DEVID');
  t.equal(read(0x2c), 0x0a, 'BW_RATE at reset: 100 Hz');
  write(0x00, 1);
  write(0x32, 1);
  t.equal(part.stats.misuse, 2);
  t.equal(read(0x00), 0xe5);
  const strict = alone({ strict: true });
  t.throws(() => strict.write(0x00, 1), { code: 'KZ1106' });
  t.throws(() => strict.transaction([0x80, 0], 2), { code: 'KZ1106' }, '8 MHz: the part takes 5');
  strict.host.chip.spi.mode = 0;
  t.throws(() => strict.read(0), { code: 'KZ1106' }, 'mode 3 only');
  t.end();
});

t.test('rate, formats, the dead bit, clipping, trim', (t) => {
  for (const [code, rate] of [
    [15, 3200],
    [13, 800],
    [6, 6.25],
  ] as const) {
    const { part, read, write, run } = alone({ rateError: 0.03 });
    write(0x2c, code);
    write(0x2d, 0x08);
    run(1.1e-3 + 20.5 / (rate * 1.03));
    read(0x39);
    t.equal(part.stats.produced, 20, `${rate} Hz and 3 % more`);
  }
  const sample = (format: number, code: number, acceleration: [number, number, number], trim = 0) => {
    const { write, run, entry } = alone({ acceleration: () => acceleration });
    write(0x1e, trim);
    write(0x2c, code);
    write(0x31, format);
    write(0x2d, 0x08);
    run(0.02);
    return entry();
  };
  t.same(sample(0x00, 13, [0.5, -0.25, 1]), [128, -64, 256], '±2 g, ten bits');
  t.same(sample(0x01, 13, [0.5, -0.25, 1]), [64, -32, 128], '±4 g');
  t.same(sample(0x0b, 13, [0.5, -0.25, 12]), [128, -64, 3072], 'full resolution, ±16 g: 13 bits');
  t.same(sample(0x01, 13, [9, -9, 0]), [511, -512, 0], 'clipped');
  t.same(
    sample(0x0b, 15, [129 / 256, -127 / 256, 1 / 256]),
    [128, -128, 0],
    'at 3,200 Hz the last bit of full resolution is 0',
  );
  t.same(sample(0x01, 15, [65 / 128, 0, 1 / 128]), [65, 0, 1], 'fixed ±4 g keeps it');
  t.same(sample(0x01, 13, [0, 0, 0], 64), [128, 0, 0], 'trim of 64 steps of 15.6 mg');
  t.end();
});

t.test('FIFO: watermark, order, overrun, 5 µs', (t) => {
  let n = 0;
  const { part, pins, run, read, write, entry } = alone({ acceleration: () => [(n++ % 400) / 256, 0, 0] });
  write(0x2c, 13);
  write(0x38, 0x80 | 20);
  write(0x2e, 0x02);
  write(0x2d, 0x08);
  run(1.1e-3 + 19.5 / 800);
  t.same(pins.i1, [0], 'no interrupt before the 20th entry');
  run(1 / 800);
  t.same(pins.i1, [0, 1]);
  t.equal(read(0x39), 20);
  t.same(
    [0, 1, 2].map(() => entry()[0]),
    [0, 1, 2],
    'oldest first',
  );
  t.same(pins.i1, [0, 1, 0], 'below the watermark again');
  t.equal(part.stats.misuse, 0);
  entry();
  entry(1e-6);
  t.equal(part.stats.misuse, 1, 'read 1 + 2 µs after a pop');
  run(1);
  t.equal(read(0x39), 33, '32 and the output register');
  t.equal(read(0x30) & 1, 1, 'overrun');
  t.equal(part.stats.overwritten, part.stats.produced - 5 - 33);
  const oldest = entry()[0]!;
  t.equal(oldest, (part.stats.overwritten + 5) % 400, 'the oldest went');
  t.equal(read(0x30) & 1, 0, 'reading clears it');
  write(0x38, 0);
  write(0x38, 0x80 | 20);
  t.equal(read(0x39), 0, 'bypass empties it');
  t.end();
});

t.test('the same registers on I2C', (t) => {
  const { part, run } = alone();
  const { twi } = part;
  const write = (...bytes: number[]) => {
    twi.start(false, 0);
    for (const byte of bytes) twi.write(byte, 0);
    twi.stop(0);
  };
  write(0x31, 0x0b);
  write(0x2d, 0x08);
  run(0.05);
  write(0x32);
  t.ok(twi.start(true, 0.05 * hz));
  const bytes = Array.from({ length: 6 }, (_, i) => twi.read(i < 5, 0.05 * hz));
  t.same(bytes, [128, 0, 192, 255, 0, 1]);
  part.faults.unplugged = true;
  t.notOk(twi.start(true, 0.05 * hz), 'nobody answers');
  t.end();
});
