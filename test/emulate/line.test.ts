// The wires: sampling of somebody else's bit stream, a wrong rate against the real firmware, a bad cable; parts on SPI and TWI.
import t from 'tap';
import { character8n1, LineReceiver, type Received } from '../../host/emulate/avr/line.js';
import { createUno, lineNoise } from '../../host/emulate/index.js';
import { randomStream } from '../../host/emulate/random.js';
import { FrameReader, stopLock } from '../../protocol/index.js';
import { bytes, knownBench } from '../firmware/bench.js';

function received(sent: number[], ratio: number, gapBits = 0): Received[] {
  const line = new LineReceiver(32);
  const bit = 32 * ratio;
  const out: Received[] = [];
  let start = 1_000;
  for (const byte of sent) {
    out.push(...line.push(character8n1(byte, start, bit)));
    start += (10 + gapBits) * bit;
  }
  out.push(...line.flush(start + 100 * bit));
  return out;
}

t.test(
  'asynchronous reception: within the tolerance every character, beyond it garbage with framing errors',
  async (t) => {
    const random = randomStream(1, 'characters');
    const sent = Array.from({ length: 2_000 }, () => random.u32() & 0xff);
    for (const ratio of [0.98, 0.99, 1, 1.01, 1.02]) {
      const got = received(sent, ratio);
      t.strictSame(
        got.map(({ byte }) => byte),
        sent,
        `ratio ${ratio}`,
      );
      t.notOk(got.some(({ framingError }) => framingError));
    }
    for (const ratio of [1.03, 0.97]) {
      // bit sampling itself still copes with 3 % when it may resynchronise on idle bits between characters
      const got = received(sent, ratio, 2);
      t.strictSame(
        got.map(({ byte }) => byte),
        sent,
        `ratio ${ratio} with idle bits`,
      );
    }
    const half = received(sent, 0.5);
    t.ok(half.length < 0.8 * sent.length && half.length > 0.3 * sent.length, `${half.length} of 2000 at half the rate`);
    t.ok(half.filter(({ framingError }) => framingError).length > 200, 'framing errors');
    const twice = received(sent, 2);
    t.ok(twice.length > sent.length, `${twice.length} at twice the rate`);
  },
);

t.test('a sealed stream of the firmware at a wrong rate: bytes, but not one accepted frame', async (t) => {
  for (const baud of [460_800, 250_000, 230_400, 115_200, 1_000_000]) {
    const bench = knownBench();
    const raw: number[] = [];
    bench.board.uart.onByte((byte) => raw.push(byte));
    const lock = stopLock(bytes(16, 0xe0));
    const plan = {
      count: 80_000,
      period: 125,
      div: 2,
      chans: [0, 1],
      enc: 2,
      win: 32,
      sign: 0,
      chal: bytes(16, 0x20),
      lock,
    };
    bench.command(1, plan);
    t.equal(bench.ack().code, 0);
    bench.board.uart.lineBaud = baud;
    raw.length = 0;
    bench.run(4_000);
    const reader = new FrameReader();
    let accepted = 0;
    reader.push(Uint8Array.from(raw), () => accepted++);
    t.ok(raw.length > 10_000, `${raw.length} characters at ${baud} baud`);
    t.equal(accepted, 0);
  }
});

t.test('line noise: rates as asked, repeatable', async (t) => {
  const zeros = new Uint8Array(200_000);
  const make = (seed: number) => lineNoise({ seed, bitErrors: 1e-3, drops: 2e-3, doubles: 1e-3 });
  const [once] = make(1)(zeros, 'toHost');
  const [again] = make(1)(zeros, 'toHost');
  const [other] = make(2)(zeros, 'toHost');
  t.equal(Buffer.compare(once!, again!), 0);
  t.not(Buffer.compare(once!, other!), 0);
  const hit = once!.reduce((sum, byte) => sum + (byte !== 0 ? 1 : 0), 0);
  t.ok(Math.abs(hit / 200_000 - 8e-3) < 1e-3, `${hit} characters hit`);
  t.ok(Math.abs(once!.length - 199_800) < 120, `${once!.length} characters left`);
  const [burst] = lineNoise({ seed: 1, bursts: 1e-4, burstLength: 50 })(zeros, 'toHost');
  const burstHit = burst!.reduce((sum, byte) => sum + (byte !== 0 ? 1 : 0), 0);
  t.ok(burstHit > 500 && burstHit < 1_600, `${burstHit} characters in bursts`);
});

t.test('parts on the buses: chip select by pin, two-wire address, acknowledge and data', async (t) => {
  const board = createUno({ hex: new Uint8Array(Uint16Array.of(0xcfff).buffer), seed: 1, name: 'uno1' });
  const log: string[] = [];
  board.attach(
    'spi',
    {
      select: (active) => log.push(`select ${active}`),
      transfer: (byte, _cycle, bit) => {
        log.push(`spi ${byte} at ${bit}`);
        return byte ^ 0xff;
      },
    },
    { cs: '10' },
  );
  board.attach(
    'twi',
    {
      start: (read) => {
        log.push(`start ${read}`);
        return true;
      },
      write: (byte) => byte !== 9,
      read: (ack) => (ack ? 0x11 : 0x22),
      stop: () => log.push('stop'),
    },
    { address: 0x53 },
  );
  const { cpu } = board.chip.core;
  const poke = (address: number, value: number): void => {
    cpu.writeData(address, value);
    board.run(board.cycle + 400);
  };
  board.run(1.1e6);
  poke(0x25, 4);
  poke(0x24, 4); // CS: output, high
  poke(0x4c, 0x5d); // F/16
  poke(0x4e, 1);
  t.equal(cpu.readData(0x4e), 0xff, 'nobody selected');
  poke(0x25, 0);
  poke(0x4e, 1);
  t.equal(cpu.readData(0x4e), 0xfe);
  poke(0x25, 4);
  t.strictSame(log, ['select true', 'spi 1 at 16', 'select false']);
  log.length = 0;
  const status = (): number => cpu.readData(0xb9);
  poke(0xb8, 12);
  poke(0xbc, 0xa4);
  poke(0xbb, 0xa6);
  poke(0xbc, 0x84);
  t.equal(status(), 0x18, 'SLA+W, ACK');
  poke(0xbb, 9);
  poke(0xbc, 0x84);
  t.equal(status(), 0x30, 'data, NACK');
  poke(0xbc, 0xa4);
  t.equal(status(), 0x10, 'repeated START');
  poke(0xbb, 0xa7);
  poke(0xbc, 0x84);
  poke(0xbc, 0xc4);
  t.strictSame([status(), cpu.readData(0xbb)], [0x50, 0x11]);
  poke(0xbc, 0x84);
  t.strictSame([status(), cpu.readData(0xbb)], [0x58, 0x22]);
  poke(0xbc, 0x94);
  t.strictSame(log, ['start false', 'start true', 'stop']);
});
