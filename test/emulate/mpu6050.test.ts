/** The emulated MPU-6050 against its register map (rev. 4.2), alone and through a board's authenticated bus command. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { Mpu6050, type Mpu6050Options } from '../../host/emulate/sensors/mpu6050.js';
import { burnt, knownBench } from '../firmware/bench.js';

const hz = 16_000_000;

function alone(options: Partial<Mpu6050Options> = {}) {
  let cycle = 0;
  const part = new Mpu6050({ hz, clockError: 0 }, { acceleration: () => [0.5, -0.25, 1], ...options });
  const write = (...bytes: number[]) => {
    part.start(false, cycle);
    for (const byte of bytes) part.write(byte, cycle);
    part.stop();
  };
  const read = (address: number, n: number): number[] => {
    write(address);
    part.start(true, cycle);
    const bytes = Array.from({ length: n }, (_, i) => part.read(i < n - 1, cycle));
    part.stop();
    return bytes;
  };
  const run = (seconds: number) => {
    cycle += seconds * hz;
  };
  return { part, write, read, run };
}

t.test('asleep after power, scales, clones', (t) => {
  const { part, write, read, run } = alone();
  t.same(read(0x75, 1), [0x68]);
  t.same(read(0x6b, 1), [0x40], 'PWR_MGMT_1: asleep');
  run(0.1);
  t.same(read(0x3b, 6), [0, 0, 0, 0, 0, 0]);
  write(0x6b, 1);
  run(0.1);
  t.same(read(0x3b, 6), [0x20, 0x00, 0xf0, 0x00, 0x40, 0x00], '16,384 counts a g, high byte first');
  write(0x1c, 3 << 3);
  run(0.1);
  t.same(read(0x3b, 2), [0x04, 0x00], '±16 g: 2,048 counts');
  part.faults.unplugged = true;
  t.notOk(part.start(false, 0), 'nobody answers');
  t.same(alone({ whoAmI: 0x98 }).read(0x75, 1), [0x98]);
  t.end();
});

t.test('FIFO: rate, count, order, overflow', (t) => {
  let n = 0;
  const { part, write, read, run } = alone({ acceleration: () => [(n++ % 100) / 100, 0, 0], rateError: 0.02 });
  write(0x19, 7);
  write(0x23, 0x08);
  write(0x6a, 0x44);
  write(0x6b, 1);
  run(0.1);
  const [high, low] = read(0x72, 2) as [number, number];
  t.equal((high << 8) | low, 6 * 102, '1,000 Hz and 2 % more');
  const bytes = read(0x74, 12);
  const [a, b] = [0, 6].map((at) => (bytes[at]! << 8) | bytes[at + 1]!) as [number, number];
  t.equal(Math.round(((b - a) / 16_384) * 100), 1, 'a burst stays at the FIFO; the next sample follows');
  run(1);
  t.same(read(0x72, 2), [4, 0], '1,024 bytes at most');
  t.equal(read(0x3a, 1)[0]! & 0x10, 0x10, 'overflow');
  t.equal(read(0x3a, 1)[0], 0, 'cleared by reading');
  t.ok(part.stats.overwritten > 0);
  write(0x6a, 0x44);
  t.same(read(0x72, 2), [0, 0], 'reset');
  write(0x19, 0);
  run(0.004);
  read(0x72, 1);
  const fast = read(0x74, 6 * 16);
  const values = Array.from({ length: 16 }, (_, k) => fast[6 * k]! * 256 + fast[6 * k + 1]!);
  t.ok(new Set(values).size <= 3, '8 kHz with the divider at 0: each acceleration eight times');
  t.end();
});

t.test('through kz-uno-io: identity, wake, a sample, by commands under a MAC', async (t) => {
  const image = readFileSync(new URL('../../firmware/images/kz-uno-io.hex', import.meta.url), 'utf8');
  const bench = knownBench({ hex: burnt(image, 2) });
  const part = new Mpu6050(bench.board, { acceleration: () => [0, 0.5, 1] });
  bench.board.attach('twi', part, { address: 0x68 });
  const bus = (write: number[], read: number, address = 0x68) => {
    bench.command(10, { bus: 0, address, write: Uint8Array.from(write), read });
    return bench.ack();
  };
  const bytesOf = (ack: { read?: Uint8Array }) => [...(ack.read ?? [])];
  t.same(bytesOf(bus([0x75], 1)), [0x68]);
  t.equal(bus([0x6b, 1], 0).code, 0);
  bench.run(20);
  t.same(bytesOf(bus([0x3b], 6)), [0, 0, 0x20, 0, 0x40, 0]);
  t.equal(bus([0x75], 1, 0x69).code, 5, 'no part at 0x69');
  part.faults.unplugged = true;
  t.equal(bus([0x75], 1).code, 5);
});
