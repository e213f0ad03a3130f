// What an image samples is what was at the pin: labels, instants, effective bits (IEEE 1241 sine fit), on the emulated Uno.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { createMega, createUno, typicalAdc } from '../../host/emulate/index.js';

const stream = readFileSync(new URL('./programs/stream.hex', import.meta.url), 'utf8');
const megaStream = readFileSync(new URL('./programs/stream-mega.hex', import.meta.url), 'utf8');
const memory = readFileSync(new URL('./programs/memory.hex', import.meta.url), 'utf8');

interface Sample {
  channel: number;
  code: number;
}

function samples(bytes: number[]): Sample[] {
  const out: Sample[] = [];
  for (let at = bytes.findIndex((byte) => byte >= 0xc0); at + 2 < bytes.length; at += 3) {
    const first = bytes[at]!;
    if (first < 0xc0) throw new Error(`byte ${at} begins no sample`);
    out.push({ channel: (first >> 4) & 3, code: ((first & 15) << 6) | bytes[at + 1]! });
  }
  return out;
}

/** Effective bits of a full-scale sine of known frequency: least-squares fit of sine, cosine and mean. */
function effectiveBits(codes: number[], frequency: number, rate: number): number {
  const n = codes.length;
  const a = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const b = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const phase = (2 * Math.PI * frequency * i) / rate;
    const row = [Math.sin(phase), Math.cos(phase), 1];
    for (let r = 0; r < 3; r++) {
      b[r]! += row[r]! * codes[i]!;
      for (let c = 0; c < 3; c++) a[3 * r + c]! += row[r]! * row[c]!;
    }
  }
  for (let r = 0; r < 3; r++) {
    for (let k = r + 1; k < 3; k++) {
      const f = a[3 * k + r]! / a[3 * r + r]!;
      for (let c = r; c < 3; c++) a[3 * k + c]! -= f * a[3 * r + c]!;
      b[k]! -= f * b[r]!;
    }
  }
  const x = [0, 0, 0];
  for (let r = 2; r >= 0; r--) {
    let sum = b[r]!;
    for (let c = r + 1; c < 3; c++) sum -= a[3 * r + c]! * x[c]!;
    x[r] = sum / a[3 * r + r]!;
  }
  let square = 0;
  for (let i = 0; i < n; i++) {
    const phase = (2 * Math.PI * frequency * i) / rate;
    square += (codes[i]! - x[0]! * Math.sin(phase) - x[1]! * Math.cos(phase) - x[2]!) ** 2;
  }
  const rms = Math.sqrt(square / n);
  return Math.log2(1023 / (rms * Math.sqrt(12)));
}

t.test('every sample of 4 s is the input at its trigger + 2 ADC clocks, and none in the wrong channel', async (t) => {
  const board = createUno({ hex: stream, seed: 1, name: 'uno1' });
  board.uart.lineBaud = 500_000;
  const bytes: number[] = [];
  board.uart.onByte((byte) => bytes.push(byte));
  const asked: { channel: number; at: number; volts: number }[] = [];
  const wave = (channel: number) => (at: number) => {
    const volts = 2.5 + (channel === 0 ? 1 : 2) * Math.sin(at / (9_000 + 777 * channel)) * 0.9;
    asked.push({ channel, at, volts });
    return volts;
  };
  board.analog('A0', wave(0));
  board.analog('A1', wave(1));
  board.run(64e6);
  const got = samples(bytes);
  // the first conversion after ADEN is thrown away by the program
  const sent = asked.slice(1, got.length + 1);
  t.ok(got.length > 60_000, `${got.length} samples`);
  t.equal(board.stats.missedTriggers, 0);
  t.equal(
    got.findIndex(
      (sample, i) => sample.channel !== sent[i]!.channel || sample.code !== Math.round((sent[i]!.volts * 1024) / 5),
    ),
    -1,
  );
  t.equal(
    sent.findIndex((sample, i) => i > 0 && sample.at - sent[i - 1]!.at !== 1000),
    -1,
    'exactly 1000 cycles from sample to sample',
  );
});

t.test('the same program on a Mega 2560: 22-bit program counter, vectors above 31, its own registers', async (t) => {
  for (const plain of [false, true]) {
    const board = createMega({ hex: megaStream, seed: 1, name: 'mega1', plain });
    board.uart.lineBaud = 500_000;
    const bytes: number[] = [];
    board.uart.onByte((byte) => bytes.push(byte));
    board.analog('A0', () => 1.25);
    board.analog('A1', () => 3.75);
    board.run(6e6);
    const got = samples(bytes);
    t.ok(got.length > 4_000, `${got.length} samples`);
    t.equal(
      got.findIndex(({ channel, code }) => code !== (channel === 0 ? 256 : 768)),
      -1,
    );
  }
  // SEI, RJMP to itself; vector 50 (timer 5 overflow): INC r16, RETI; vector 47 (compare A): INC r17, RETI
  const words = new Uint16Array(128);
  words.set([0x9478, 0xcfff]);
  words.set([0x9513, 0x9518], 94);
  words.set([0x9503, 0x9518], 100);
  const board = createMega({ hex: new Uint8Array(words.buffer), seed: 1, name: 'mega2' });
  const { cpu } = board.chip.core;
  cpu.data[16] = cpu.data[17] = 0;
  cpu.writeData(0x73, 3);
  cpu.writeData(0x128, 100);
  cpu.writeData(0x121, 1);
  board.run(board.cycle + 1.06e6 + 10 * 65_536);
  t.ok(Math.abs(cpu.data[16]! - cpu.data[17]!) <= 1, 'as many overflows as matches');
  t.ok(cpu.data[16]! >= 10);
  board.pin('53').drive(1);
  t.equal(board.pin('PB0').read(), 1);
  t.throws(() => board.pin('54'), { code: 'KZ1102' });
});

t.test('effective bits of the ideal converter with a hardware trigger: 9.95 at 157 Hz, 9.85 at 3.5 kHz', async (t) => {
  for (const [frequency, least] of [
    [157, 9.95],
    [1_234, 9.9],
    [3_503.7, 9.85],
  ] as const) {
    const board = createUno({ hex: stream, seed: 1, name: 'uno1' });
    board.uart.lineBaud = 500_000;
    const bytes: number[] = [];
    board.uart.onByte((byte) => bytes.push(byte));
    board.analog('A0', (at) => 2.4975 + 2.495 * Math.sin((2 * Math.PI * frequency * at) / 16e6));
    board.analog('A1', () => 0);
    board.run(18e6);
    const codes = samples(bytes)
      .filter(({ channel }) => channel === 0)
      .map(({ code }) => code);
    const bits = effectiveBits(codes, frequency, 8_000);
    t.ok(bits >= least && bits < 10.2, `${bits.toFixed(3)} bits at ${frequency} Hz`);
  }
});

t.test('effective bits of a typical real converter: between 8.5 and 9.5, and the same for the same seed', async (t) => {
  const run = (seed: number): number[] => {
    const board = createUno({ hex: stream, seed, name: 'uno1', adc: typicalAdc });
    board.uart.lineBaud = 500_000;
    const bytes: number[] = [];
    board.uart.onByte((byte) => bytes.push(byte));
    board.analog('A0', (at) => 2.5 + 2.45 * Math.sin((2 * Math.PI * 157 * at) / 16e6));
    board.analog('A1', () => 0);
    board.run(18e6);
    return samples(bytes)
      .filter(({ channel }) => channel === 0)
      .map(({ code }) => code);
  };
  for (const seed of [1, 2, 3]) {
    const bits = effectiveBits(run(seed), 157, 8_000);
    t.ok(bits > 8.5 && bits < 9.5, `${bits.toFixed(3)} bits`);
  }
  t.strictSame(run(1), run(1));
});

t.test('fast and plain interpreter give the same bytes at the same cycles', async (t) => {
  const run = (plain: boolean): string => {
    const board = createUno({ hex: stream, seed: 4, name: 'uno1', plain });
    board.uart.lineBaud = 500_000;
    const seen: string[] = [];
    board.uart.onByte((byte, cycle) => seen.push(`${cycle}:${byte}`));
    board.run(4e6);
    return `${seen.join(' ')} ${board.stats.instructions} ${board.cycle}`;
  };
  t.equal(run(false), run(true));
});

t.test('EEPROM and power: what was written stays, a byte cut short is one of four, SRAM is lost', async (t) => {
  const board = createUno({ hex: memory, seed: 2, name: 'uno1' });
  board.uart.lineBaud = 500_000;
  let got: number[] = [];
  board.uart.onByte((byte) => got.push(byte));
  const ask = (bytes: number[], ms = 10): number[] => {
    got = [];
    board.uart.receive(Uint8Array.from(bytes));
    board.run(board.cycle + ms * 16_000);
    return got.slice();
  };
  board.run(2e6);
  const w = 0x77;
  const r = 0x72;
  ask([w, 7, 0x42]);
  t.strictSame(ask([r, 7]), [0x42]);
  for (const [torn, left] of [
    ['old', 0x42],
    ['new', 0x17],
    ['erased', 0xff],
  ] as const) {
    ask([w, 7, 0x42]);
    ask([w, 7, 0x17], 1);
    board.cutPower(torn);
    board.run(board.cycle + 16_000);
    t.strictSame(ask([0x6d]), [], 'nothing without power');
    board.power(true);
    board.run(board.cycle + 2e6);
    t.strictSame(ask([r, 7]), [left], torn);
    t.strictSame(ask([0x6d]), [1], 'PORF only');
  }
  t.strictSame(ask([0x78], 300), [0x21], 'greets again after the watchdog reset');
  t.strictSame(ask([0x6d]), [8], 'WDRF');
  t.throws(() => board.pin('Q1'), { code: 'KZ1102' });
  t.throws(() => createUno({ hex: ':00', seed: 1, name: 'x' }), { code: 'KZ1101' });
  t.throws(() => createUno({ hex: new Uint8Array(40_000), seed: 1, name: 'x' }), { code: 'KZ1101' });
});

t.test('watchdog intervals against timer 1: the given jitter, and none when there is none', async (t) => {
  for (const jitter of [15e-6, 0]) {
    const board = createUno({ hex: memory, seed: 2, name: 'uno1', watchdog: { jitter, error: 0.01 } });
    board.uart.lineBaud = 500_000;
    const got: number[] = [];
    board.uart.onByte((byte) => got.push(byte));
    board.run(2e6);
    got.length = 0;
    board.uart.receive(Uint8Array.of(0x64));
    board.run(board.cycle + 4e6);
    const stamps = Array.from({ length: 9 }, (_, i) => (got[2 * i]! << 8) | got[2 * i + 1]!);
    const intervals = stamps.slice(1).map((stamp, i) => (stamp - stamps[i]!) & 0xffff);
    const mean = intervals.reduce((sum, x) => sum + x, 0) / 8;
    const spread = Math.sqrt(intervals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 7);
    t.ok(Math.abs(mean - 32_000 / 1.01) < 40, `mean ${mean}`);
    if (jitter === 0) t.ok(spread < 4, `spread ${spread} ticks without jitter`);
    else t.ok(spread > 10 && spread < 60, `spread ${spread} ticks of 0.5 us`);
  }
});
