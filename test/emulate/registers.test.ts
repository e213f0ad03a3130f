// ATmega328P datasheet (DS40002061), section by section: what the emulated registers do, and where the stock peripherals of avr8js 0.21.1
// do something else (reproducers; an upgrade that changes one shows here).
import * as avr8js from 'avr8js';
import t from 'tap';
import { Chip } from '../../host/emulate/avr/chip.js';
import { atmega328p } from '../../host/emulate/avr/chips/atmega328p.js';
import { WDRF } from '../../host/emulate/avr/watchdog.js';
import { randomStream } from '../../host/emulate/random.js';

const SEI = 0x9478;
const SLEEP = 0x9588;
const INC_R16 = 0x9503;
const RETI = 0x9518;

interface Bench {
  chip: Chip;
  poke(address: number, value: number): void;
  peek(address: number): number;
  pass(cycles: number): void;
  readonly cycle: number;
}

/** A chip whose program is the given words (NOP elsewhere), driven through its registers. */
function bench(
  words: Record<number, number> = {},
  options: { mcusr?: number; volts?: (ch: number, at: number) => number } = {},
): Bench {
  const flash = new Uint16Array(0x4000);
  for (const [at, word] of Object.entries(words)) flash[Number(at)] = word;
  const chip = new Chip(
    atmega328p,
    {
      flash,
      eeprom: new Uint8Array(1024).fill(0xff),
      eepromWear: new Uint32Array(1024),
      hz: 16e6,
      random: randomStream(1, 'test'),
      watchdog: { error: 0, jitter: 0 },
      fuses: { low: 0xff, high: 0xde, extended: 0xfd, lock: 0xcf },
      analog: { input: options.volts ?? (() => 0), avcc: () => 5, aref: () => 5, bandgap: 1.1 },
      twiDevice: () => undefined,
    },
    0,
    options.mcusr ?? 1,
  );
  const { cpu } = chip.core;
  return {
    chip,
    poke: (address, value) => cpu.writeData(address, value),
    peek: (address) => cpu.readData(address),
    pass: (cycles) => chip.core.run(cpu.cycles + cycles),
    get cycle() {
      return cpu.cycles;
    },
  };
}

/** Words that loop for ever at an address. */
const RJMP_SELF = 0xcfff;

t.test(
  'ADC, Starting a Conversion: rising edge of the trigger, sample-and-hold 2 ADC clocks later, 13.5 clocks',
  async (t) => {
    const asked: number[] = [];
    const b = bench(
      { 0: RJMP_SELF },
      {
        volts: (_channel, at) => {
          asked.push(at);
          return 2.5;
        },
      },
    );
    b.poke(0x7c, 0x40);
    b.poke(0x7a, 0xc5); // ADEN, ADSC, prescaler 32
    b.pass(32 * 27);
    t.equal(b.peek(0x7a) & 0x50, 0x10, 'first conversion is over after 25 clocks');
    t.equal(b.peek(0x78) | (b.peek(0x79) << 8), 512, '2.5 V of 5 V');
    asked.length = 0;
    b.poke(0x44, 2);
    b.poke(0x47, 249);
    b.poke(0x7b, 3); // ADTS: timer 0 compare A
    b.poke(0x7a, 0xb5); // ADEN, ADATE, ADIF cleared, no interrupt
    b.poke(0x45, 2); // clk/8
    const start = b.cycle;
    b.pass(2000 + 64 + 16);
    const trigger = Math.floor(start / 8) * 8 + 2000;
    t.strictSame(asked, [trigger + 64], 'held exactly 2 ADC clocks after the compare match');
    b.pass(432 - 80 - 4);
    t.equal(b.peek(0x7a) & 0x10, 0, 'not over before 13.5 clocks');
    b.pass(16);
    t.equal(b.peek(0x7a) & 0x10, 0x10, 'over after 13.5 clocks');
    b.pass(8000);
    t.equal(asked.length, 1, 'with the flag still set no edge, so no conversion');
    b.poke(0x35, 2);
    b.pass(2100);
    t.equal(asked.length, 2, 'after the flag was cleared the next match starts one');
  },
);

t.test(
  'ADC, ADMUX is latched at the start; ADCL locks the result until ADCH; ADIF is cleared by writing one',
  async (t) => {
    const b = bench({ 0: RJMP_SELF }, { volts: (channel) => channel });
    b.poke(0x7c, 0x41);
    b.poke(0x7a, 0xc5);
    b.pass(10 * 32);
    b.poke(0x7c, 0x43);
    b.pass(20 * 32);
    const low = b.peek(0x78);
    b.poke(0x7a, 0xc5);
    b.pass(16 * 32);
    t.equal(
      low | (b.peek(0x79) << 8),
      Math.round(1024 / 5),
      'channel of the start, and not the next result between low and high byte',
    );
    t.equal(b.peek(0x78) | (b.peek(0x79) << 8), Math.round((3 * 1024) / 5), 'then the next one');
    t.equal(b.peek(0x7a) & 0x10, 0x10);
    b.poke(0x7a, 0x95);
    t.equal(b.peek(0x7a) & 0x10, 0, 'ADIF');
    b.poke(0x7c, 0x60 | 2);
    b.poke(0x7a, 0xc5);
    b.pass(16 * 32);
    t.equal(b.peek(0x79), Math.round((2 * 1024) / 5) >> 2, 'ADLAR: upper eight bits in ADCH');
  },
);

t.test('USART, Data Transmission: UDR behind the shift register', async (t) => {
  const b = bench({ 0: RJMP_SELF });
  const sent: number[] = [];
  b.chip.usart.onCharacter = (character) => sent.push((character.levels >> 1) & 0xff);
  b.poke(0xc0, 2); // U2X
  b.poke(0xc4, 3); // 500,000 baud: 32 cycles a bit
  b.poke(0xc1, 8);
  b.poke(0xc6, 0x41);
  t.equal(b.peek(0xc0) & 0x20, 0x20, 'UDRE at once: the shift register took it');
  b.poke(0xc6, 0x42);
  t.equal(b.peek(0xc0) & 0x20, 0, 'now UDR is full');
  b.pass(322);
  t.equal(b.peek(0xc0) & 0x60, 0x20, 'empty again after one character, TXC not set');
  b.pass(320);
  t.equal(b.peek(0xc0) & 0x60, 0x60, 'TXC after the last');
  t.strictSame(sent, [0x41, 0x42]);

  const cpu = new avr8js.CPU(new Uint16Array(64), 2048);
  const stock = new avr8js.AVRUSART(cpu, avr8js.usart0Config, 16e6);
  cpu.writeData(0xc0, 2);
  cpu.writeData(0xc4, 3);
  cpu.writeData(0xc1, 8);
  cpu.writeData(0xc6, 0x41);
  t.equal(
    cpu.readData(0xc0) & 0x20,
    0,
    'stock: no buffer behind the shift register, UDRE stays low for the whole character',
  );
  t.ok(stock);
});

t.test('USART, UDRE is a level: entering the handler does not clear it', async (t) => {
  const b = bench({ 0: SEI, 1: RJMP_SELF, 38: INC_R16, 39: RETI });
  b.chip.core.cpu.data[16] = 0;
  b.poke(0xc1, 0x28);
  b.pass(200);
  t.ok(b.chip.core.cpu.data[16]! > 10, 'the handler is entered again and again');

  const flash = new Uint16Array(64);
  flash[0] = SEI;
  flash[1] = RJMP_SELF;
  flash[38] = INC_R16;
  flash[39] = RETI;
  const cpu = new avr8js.CPU(flash, 2048);
  const usart = new avr8js.AVRUSART(cpu, avr8js.usart0Config, 16e6);
  cpu.writeData(0xc1, 0x28);
  while (cpu.cycles < 200) {
    avr8js.avrInstruction(cpu);
    cpu.tick();
  }
  t.equal(cpu.data[16], 1, 'stock: entered once');
  t.ok(usart);
});

t.test('USART, Data Reception: two characters in the FIFO, one in the shift register, then DOR', async (t) => {
  const b = bench({ 0: RJMP_SELF });
  b.poke(0xc1, 0x10);
  for (const byte of [1, 2, 3]) b.chip.usart.deliver(byte, false);
  b.poke(0xc1, 0x98);
  b.poke(0xc0, 2);
  t.equal(b.peek(0xc0) & 0x88, 0x80, 'RXC survives writes of UCSRA and UCSRB; nothing lost yet');
  b.chip.usart.deliver(4, true);
  t.equal(b.peek(0xc0) & 0x88, 0x88, 'the fourth overruns');
  t.strictSame([b.peek(0xc6), b.peek(0xc6)], [1, 2]);
  t.equal(b.peek(0xc0) & 0x90, 0x90, 'its framing error comes with it');
  t.equal(b.peek(0xc6), 4, 'the third was overwritten');
  t.equal(b.peek(0xc0) & 0x80, 0);

  const cpu = new avr8js.CPU(new Uint16Array(64), 2048);
  const stock = new avr8js.AVRUSART(cpu, avr8js.usart0Config, 16e6);
  cpu.writeData(0xc1, 0x10);
  stock.writeByte(1, true);
  stock.writeByte(2, true);
  t.equal(cpu.readData(0xc6), 2, 'stock: one byte deep, the first is gone');
});

t.test('Timer, TIFRn: only written bits are cleared', async (t) => {
  const b = bench({ 0: RJMP_SELF });
  b.poke(0x88 + 1, 0);
  b.poke(0x88, 10);
  b.chip.timers[1]!.preset(0xfff0);
  b.poke(0x81, 1);
  b.pass(64);
  t.equal(b.peek(0x36) & 3, 3, 'overflow and compare A');
  b.poke(0x36, 2);
  t.equal(b.peek(0x36) & 3, 1, 'the overflow stays');

  const cpu = new avr8js.CPU(new Uint16Array(64), 2048);
  const timer = new avr8js.AVRTimer(cpu, avr8js.timer1Config);
  cpu.data[0x36] = 3;
  cpu.writeData(0x36, 2);
  t.equal(cpu.data[0x36]! & 1, 0, 'stock: the overflow is lost');
  t.ok(timer);
});

t.test(
  'Timer, CTC and input capture: flags at the tick after the compared value, TEMP for the high bytes',
  async (t) => {
    const b = bench({ 0: RJMP_SELF });
    b.poke(0x44, 2);
    b.poke(0x47, 99);
    b.poke(0x45, 2);
    const start = Math.floor(b.cycle / 8) * 8;
    b.pass(start + 792 - b.cycle);
    t.equal(b.peek(0x35) & 2, 0, 'at TCNT = 99 not yet');
    t.equal(b.peek(0x46), 99);
    b.pass(9);
    t.equal(b.peek(0x35) & 3, 2, 'OCF0A when it goes to 0, and no TOV');
    b.poke(0x45, 0);
    b.poke(0x81, 0x42); // ICES1, clk/8
    b.chip.timers[1]!.preset(0x12fe);
    b.pass(32);
    b.chip.gpio.drive('B', 0, 1, b.cycle);
    const captured = b.peek(0x86) | (b.peek(0x87) << 8);
    t.equal(captured, b.chip.timers[1]!.countAt(b.cycle), 'ICR1');
    t.equal(b.peek(0x36) & 0x20, 0x20, 'ICF1');
    b.chip.timers[1]!.preset(0x34ff);
    const low = b.peek(0x84);
    b.pass(40);
    t.equal(low | (b.peek(0x85) << 8), 0x34ff, 'the high byte read is that of the low byte');
  },
);

t.test('Timer, fast PWM: pin high for OCR + 1 of 256 ticks, new OCR from the next period on', async (t) => {
  const b = bench({ 0: RJMP_SELF });
  const edges: [number, number][] = [];
  b.chip.gpio.onDriven = (_port, bit, level, at) => {
    if (bit === 6 && level !== 'z') edges.push([level, at]);
  };
  b.poke(0x2a, 0x40);
  b.poke(0x47, 63);
  b.poke(0x44, 0x83); // fast PWM, clear on match
  b.poke(0x45, 2);
  b.pass(3 * 2048);
  const rise = edges.find(([level, at]) => level === 1 && at > 100)!;
  const fall = edges.find(([level, at]) => level === 0 && at > rise[1])!;
  t.equal(fall[1] - rise[1], 64 * 8);
  b.poke(0x47, 127);
  edges.length = 0;
  b.pass(3 * 2048);
  const next = edges.filter(([level]) => level === 1);
  t.equal(next[1]![1] - next[0]![1], 2048, 'period 256 ticks');
  const down = edges.find(([level, at]) => level === 0 && at > next[0]![1])!;
  t.equal(down[1] - next[0]![1], 128 * 8, 'new duty');
});

t.test('Timer, phase correct PWM: one centred pulse of 2 · OCR ticks in every 510', async (t) => {
  const bench_ = bench({ 0: RJMP_SELF });
  const edges: [number | string, number][] = [];
  bench_.chip.gpio.onDriven = (port, bit, level, cycle) => {
    if (port === 'D' && bit === 3) edges.push([level, cycle]);
  };
  bench_.poke(0x2a, 1 << 3);
  bench_.poke(0xb4, 64); // OCR2B
  bench_.poke(0xb0, (1 << 5) | 1); // COM2B1, WGM20
  bench_.poke(0xb1, 4); // clk/64
  bench_.pass(64 * 510 * 20);
  const rises = edges.filter(([level]) => level === 1).map(([, cycle]) => cycle);
  t.ok(rises.length >= 18, `${rises.length} pulses in 20 periods`);
  for (let k = 2; k < rises.length; k++) t.equal(rises[k] - rises[k - 1], 64 * 510);
  const fall = edges.find(([level, cycle]) => level === 0 && cycle > rises[3]);
  t.equal(Number(fall?.[1]) - rises[3], 64 * 2 * 64);
});

t.test('Interrupts: four cycles in, one instruction after SEI and after RETI first', async (t) => {
  const b = bench({ 0: SEI, 1: INC_R16, 2: RJMP_SELF, 38: 0x9513, 39: RETI }); // vector 19: INC r17, RETI
  const { data } = b.chip.core.cpu;
  data[16] = data[17] = 0;
  b.poke(0xc1, 0x28);
  b.pass(2);
  t.equal(data[16], 1, 'the instruction after SEI ran');
  t.equal(data[17], 0);
  b.pass(5);
  t.equal(data[17], 1, 'handler: four cycles, then its first instruction');

  // sei; sleep with a pending interrupt must wake
  const s = bench({ 0: SEI, 1: SLEEP, 2: INC_R16, 3: RJMP_SELF, 38: 0x9513, 39: 0x9311, 40: RETI });
  s.chip.core.cpu.data[16] = s.chip.core.cpu.data[17] = 0;
  s.poke(0x53, 1);
  s.poke(0xc1, 0x28);
  s.pass(40);
  t.ok(s.chip.core.cpu.data[16]! >= 1, 'woke and went on behind the sleep');

  const flash = Uint16Array.from(
    { length: 64 },
    (_, at) => ({ 0: SEI, 1: INC_R16, 2: RJMP_SELF, 38: 0x9513, 39: RETI })[at] ?? 0,
  );
  const cpu = new avr8js.CPU(flash, 2048);
  const usart = new avr8js.AVRUSART(cpu, avr8js.usart0Config, 16e6);
  cpu.writeData(0xc1, 0x28);
  avr8js.avrInstruction(cpu);
  cpu.tick();
  t.equal(cpu.pc, 38, 'stock: the handler is entered right after SEI');
  t.ok(usart);
});

t.test('EEPROM: EEMPE opens four cycles, 3.4 ms a byte, write only clears bits, EE_READY is a level', async (t) => {
  const b = bench({ 0: RJMP_SELF });
  const put = (address: number, value: number, mode: number): void => {
    b.poke(0x41, address);
    b.poke(0x40, value);
    b.poke(0x3f, mode << 4);
    b.poke(0x3f, (mode << 4) | 4);
    b.poke(0x3f, (mode << 4) | 6);
  };
  b.poke(0x3f, 2);
  t.equal(b.peek(0x3f) & 2, 0, 'EEPE without EEMPE does nothing');
  b.poke(0x3f, 4);
  b.pass(8);
  b.poke(0x3f, 2);
  t.equal(b.peek(0x3f) & 2, 0, 'too late');
  put(5, 0x5a, 0);
  t.equal(b.peek(0x3f) & 2, 2);
  b.pass(0.0033 * 16e6);
  t.equal(b.peek(0x3f) & 2, 2, 'still busy after 3.3 ms');
  b.pass(0.00011 * 16e6);
  t.equal(b.peek(0x3f) & 2, 0, 'done after 3.4 ms');
  put(5, 0xf0, 2);
  b.pass(0.0019 * 16e6);
  b.poke(0x3f, 1);
  t.equal(b.peek(0x40), 0x50, 'write only: old AND new, 1.8 ms');
  put(5, 0, 1);
  b.pass(0.0019 * 16e6);
  b.poke(0x3f, 1);
  t.equal(b.peek(0x40), 0xff, 'erase only');
  b.poke(0x3f, 8);
  t.ok((b.chip.core.pending & (1 << 22)) !== 0, 'EE_READY is requested while nothing is written');
});

t.test('Watchdog: timed sequence, interrupt before reset, WDRF holds WDE on', async (t) => {
  const b = bench({ 0: RJMP_SELF });
  let resets = 0;
  b.chip.watchdog.onReset = () => resets++;
  b.poke(0x60, 0x08 | 5);
  t.equal(b.peek(0x60) & 7, 0, 'the prescaler needs the sequence');
  b.poke(0x60, 0x18);
  b.poke(0x60, 0x48 | 0); // WDIE, WDE, 16 ms
  b.pass(0.0161 * 16e6);
  t.equal(b.peek(0x60) & 0x80, 0x80, 'WDIF after 16 ms');
  t.equal(resets, 0);
  b.pass(0.0161 * 16e6);
  t.equal(resets, 1, 'and a reset if nobody serves it');

  const held = bench({ 0: RJMP_SELF }, { mcusr: WDRF });
  let again = 0;
  held.chip.watchdog.onReset = () => again++;
  held.poke(0x60, 0x18);
  held.poke(0x60, 0);
  t.equal(held.peek(0x60) & 8, 8, 'WDE cannot be cleared while WDRF is set');
  held.pass(0.0161 * 16e6);
  t.equal(again, 1, 'the endless reset of a loader without watchdog support');
  held.poke(0x54, 0);
  held.poke(0x60, 0x18);
  held.poke(0x60, 0);
  t.equal(held.peek(0x60) & 8, 0, 'after WDRF was cleared it can');
});

t.test('Ports: PINx toggles, pull-ups, INT0 and pin change', async (t) => {
  const b = bench({ 0: RJMP_SELF });
  b.poke(0x24, 0x20);
  b.poke(0x23, 0x20);
  t.equal(b.peek(0x25), 0x20, 'a one written to PINB toggles PORTB');
  t.equal(b.peek(0x23) & 0x20, 0x20);
  t.equal(b.chip.gpio.read('D', 2), 'z');
  b.poke(0x2b, 4);
  t.equal(b.peek(0x29) & 4, 4, 'pull-up');
  b.poke(0x69, 2);
  b.poke(0x6d, 4);
  b.chip.gpio.drive('D', 2, 0, b.cycle);
  t.equal(b.peek(0x3c) & 1, 1, 'INTF0 at the falling edge');
  t.equal(b.peek(0x3b) & 4, 4, 'PCIF2');
  b.poke(0x3c, 1);
  b.chip.gpio.drive('D', 2, 1, b.cycle);
  t.equal(b.peek(0x3c) & 1, 0, 'not at the rising edge');
});

t.test('SPI: eight bit times, WCOL, SPIF cleared by SPSR then SPDR', async (t) => {
  const b = bench({ 0: RJMP_SELF });
  const seen: number[] = [];
  b.chip.spi.selected = [
    {
      select: () => {},
      transfer: (byte) => {
        seen.push(byte);
        return 0xa5;
      },
    },
  ];
  b.poke(0x4c, 0x5c); // SPE, MSTR, mode 3, F/4
  b.poke(0x4e, 0x12);
  b.poke(0x4e, 0x34);
  t.equal(b.peek(0x4d) & 0x40, 0x40, 'WCOL');
  b.pass(30);
  t.equal(b.peek(0x4d) & 0x80, 0, 'not before 32 cycles');
  b.pass(4);
  t.equal(b.peek(0x4d) & 0x80, 0x80);
  t.equal(b.peek(0x4e), 0xa5);
  t.equal(b.peek(0x4d) & 0xc0, 0, 'both flags cleared');
  t.strictSame(seen, [0x12]);
});

t.test('TWI: nine bit times a byte, status read-only, no TWINT after STOP', async (t) => {
  const flashless = bench({ 0: RJMP_SELF });
  const b = flashless;
  b.poke(0xb8, 12); // 400 kHz: 40 cycles a bit
  b.poke(0xbc, 0xa4);
  b.pass(42);
  t.equal(b.peek(0xbc) & 0x80, 0x80);
  t.equal(b.peek(0xb9), 0x08, 'START sent');
  b.poke(0xb9, 0);
  t.equal(b.peek(0xb9), 0x08, 'TWSR = 0 keeps the status');
  b.poke(0xbb, 0xd0);
  b.poke(0xbc, 0x84);
  b.pass(350);
  t.equal(b.peek(0xbc) & 0x80, 0, 'not before nine bit times');
  b.pass(14);
  t.equal(b.peek(0xb9), 0x20, 'nobody there: SLA+W, NACK');
  b.poke(0xbc, 0x94);
  b.pass(60);
  t.equal(b.peek(0xbc) & 0x90, 0, 'STOP done, no TWINT');
});

t.test('Self-programming: fuses, lock and signature by LPM within three cycles', async (t) => {
  // OUT SPMCSR, r16; LPM r17, Z; LPM r18, Z; LPM r19, Z
  const b = bench({ 0: 0xbf07, 1: 0x9114, 2: 0x9124, 3: 0x9134, 4: RJMP_SELF });
  const { data } = b.chip.core.cpu;
  data[16] = 0x09;
  data[30] = 3;
  data[31] = 0;
  b.pass(12);
  t.equal(data[17], 0xde, 'high fuse');
  t.equal(data[19], 0x91, 'a later LPM reads flash');
  const s = bench({ 0: 0xbf07, 1: 0x9114, 2: RJMP_SELF });
  s.chip.core.cpu.data.set([0x21], 16);
  s.chip.core.cpu.data.set([2, 0], 30);
  s.pass(8);
  t.equal(s.chip.core.cpu.data[17], 0x95, 'second signature byte');
  const app = bench({ 0: 0xbf07, 1: 0x95e8, 2: RJMP_SELF });
  app.chip.core.cpu.data.set([0x03], 16);
  app.chip.core.cpu.data.set([0, 0], 30);
  app.pass(8);
  t.equal(app.chip.core.cpu.progMem[0], 0xbf07, 'SPM from the application section does nothing');
  const boot = bench({ 16128: 0xbf07, 16129: 0x95e8, 16130: RJMP_SELF });
  boot.chip.core.cpu.pc = 0x3f00;
  boot.chip.core.cpu.data.set([0x03], 16);
  boot.chip.core.cpu.data.set([0x80, 0], 30);
  boot.pass(8);
  t.equal(boot.chip.core.cpu.progMem[0x40], 0xffff, 'page erased from the boot section');
  t.equal(boot.peek(0x57) & 0x41, 0x41, 'busy, and the RWW section cannot be read');
  boot.pass(0.0046 * 16e6);
  t.equal(boot.peek(0x57) & 0x41, 0x40, 'done after 4.5 ms, RWWSRE still to be given');
});
