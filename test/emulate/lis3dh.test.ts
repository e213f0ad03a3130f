/** The emulated LIS3DH against its data sheet (rev. 6): identity, modes and their steps, rates, FIFO, watermark, what an unplugged part says. */
import t from 'tap';
import type { TimedEvent } from '../../host/emulate/avr/events.js';
import { Lis3dh, type Lis3dhOptions } from '../../host/emulate/sensors/lis3dh.js';

const hz = 16_000_000;
const cyclesPerBit = 4;

function alone(options: Partial<Lis3dhOptions> = {}) {
  let cycle = 0;
  let pending: { event: TimedEvent; due: number } | undefined;
  const edges: { level: 0 | 1 | 'z'; cycle: number }[] = [];
  const host = {
    hz,
    clockError: 0,
    chip: {
      core: { events: { schedule: (event: TimedEvent, due: number) => void (pending = { event, due }) } },
      spi: { mode: 3 },
    },
    pin: () => ({ drive: (level: 0 | 1 | 'z') => void edges.push({ level, cycle }) }),
  };
  const part = new Lis3dh(host, { acceleration: () => [0.5, -0.25, 1], int1: '8', ...options });
  const talk = (...bytes: number[]) => {
    part.select(true, cycle);
    const heard = bytes.map((byte) => {
      cycle += 8 * cyclesPerBit;
      return part.transfer(byte, cycle, cyclesPerBit);
    });
    part.select(false, cycle);
    return heard.slice(1);
  };
  const read = (address: number, n = 1) => talk(0x80 | (n > 1 ? 0x40 : 0) | address, ...new Array<number>(n).fill(0));
  const run = (seconds: number) => {
    const until = cycle + seconds * hz;
    while (pending !== undefined && pending.due <= until) {
      const { event, due } = pending;
      pending = undefined;
      cycle = due;
      event.fire(due);
    }
    cycle = until;
  };
  const axes = () => {
    const bytes = read(0x28, 6);
    return [0, 2, 4].map((k) => ((bytes[k]! | (bytes[k + 1]! << 8)) << 16) >> 16);
  };
  return { part, host, talk, read, run, axes, edges };
}

t.test('identity, power-down, the steps of three modes and four ranges', (t) => {
  const { part, talk, read, run, axes, host } = alone();
  t.same(read(0x0f), [0x33]);
  t.same(read(0x20), [0x07], 'powered down, three axes');
  run(0.1);
  t.same(axes(), [0, 0, 0]);
  // mg a step, bits: table 4
  for (const [ctrl1, ctrl4, step, bits] of [
    [0x57, 0x00, 4, 10],
    [0x57, 0x10, 8, 10],
    [0x57, 0x20, 16, 10],
    [0x57, 0x30, 48, 10],
    [0x57, 0x08, 1, 12],
    [0x57, 0x38, 12, 12],
    [0x5f, 0x00, 16, 8],
  ] as const) {
    talk(0x23, ctrl4);
    talk(0x20, ctrl1);
    run(0.05);
    const [x, y, z] = axes();
    const unit = 1 << (16 - bits);
    t.ok(
      [x, y, z].every((value) => value! % unit === 0),
      'left-justified',
    );
    t.ok(Math.abs((x! / unit) * step - 500) <= step / 2 && Math.abs((y! / unit) * step + 250) <= step / 2);
    t.ok(Math.abs((z! / unit) * step - 1000) <= step / 2, `${bits} bits, ${step} mg a step`);
  }
  host.chip.spi.mode = 1;
  read(0x0f);
  t.ok(part.stats.misuse > 0, 'a wrong SPI mode is counted');
  part.faults.unplugged = true;
  t.same(read(0x0f), [0xff]);
  t.end();
});

t.test('rates, FIFO of 32, both readings of the watermark', (t) => {
  for (const [code, rate] of [
    [5, 100],
    [6, 200],
    [7, 400],
    [9, 1344],
  ] as const) {
    const { part, talk, run } = alone({ rateError: 0.03 });
    talk(0x20, (code << 4) | 7);
    run(1);
    part.select(true, 16_000_000 + 1000);
    t.ok(Math.abs(part.stats.produced - rate * 1.03) <= 2, `${part.stats.produced} in a second of ${rate} Hz and 3 %`);
  }
  for (const [watermark, at] of [
    ['reaches', 20],
    ['exceeds', 21],
  ] as const) {
    const { part, talk, read, run, edges, axes } = alone({ watermark, record: true });
    talk(0x22, 0x04);
    talk(0x23, 0x90);
    talk(0x24, 0x40);
    talk(0x2e, 0x80 | 20);
    talk(0x20, 0x77);
    run(0.1);
    const risen = edges.find(({ level }) => level === 1)!;
    t.ok(Math.abs(risen.cycle / hz - at / 400) < 0.5e-3, `INT1 rises with entry ${at}`);
    t.equal(read(0x2f)[0]! & 0x5f, 31 | 0x40, 'full after 32: overrun');
    const before = part.stats.produced;
    t.ok(part.stats.overwritten >= before - 33);
    const oldest = part.produced[part.produced.length - 32]!;
    t.same(
      axes().map((value) => value >> 6),
      oldest,
      'the oldest that is left comes first',
    );
    for (let k = 0; k < 31; k++) axes();
    t.equal(read(0x2f)[0]! & 0x60, 0x20, 'empty');
    t.equal(edges.at(-1)!.level, 0, 'INT1 falls');
    talk(0x2e, 0);
    t.equal(read(0x2f)[0]! & 0x3f, 0x20, 'bypass empties it');
  }
  t.end();
});
