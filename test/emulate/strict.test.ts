// What silicon does not forgive: each rule of the strict mode catches its planted misuse, and lets the clean programs pass.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { createUno } from '../../host/emulate/index.js';

const program = (name: string): string => readFileSync(new URL(`./programs/${name}.hex`, import.meta.url), 'utf8');
const RJMP_SELF = 0xcfff;
/** LDI Rd, K for r16..r31. */
const ldi = (d: number, k: number): number => 0xe000 | ((k & 0xf0) << 4) | ((d - 16) << 4) | (k & 15);
/** STS address, Rr. */
const sts = (address: number, r: number): number[] => [0x9200 | (r << 4), address];

function board(words: number[], strict = {}) {
  const flash = new Uint16Array(words.length + 1);
  flash.set(words);
  flash[words.length] = RJMP_SELF;
  return createUno({ hex: new Uint8Array(flash.buffer), seed: 1, name: 'uno1', strict });
}

t.test('planted misuse is refused with program counter and cycle', async (t) => {
  const cases: [string, RegExp, number[], object?][] = [
    ['LDS of untouched memory', /never written/, [0x9100, 0x0300]],
    ['POP beyond what was pushed', /never written|beyond memory/, [0x910f]],
    ['reserved register', /reserved register/, [ldi(16, 1), ...sts(0x67, 16)]],
    ['stack in static data', /stack grew/, [0x920f, 0x920f, 0x920f], { stackFloor: 0x8fd }],
    [
      'UDR while full',
      /UDR was written/,
      [ldi(16, 8), ...sts(0xc1, 16), ...sts(0xc6, 16), ...sts(0xc6, 16), ...sts(0xc6, 16)],
    ],
    [
      'EEPROM while busy',
      /EEPROM was accessed/,
      // OUT EECR: EEMPE, EEPE, and the next byte without waiting
      [ldi(16, 4), ldi(17, 6), 0xbb0f, 0xbb1f, 0xbb0f, 0xbb1f],
    ],
    ['jump out of the image', /left its image/, [0x940c, 0x1000]],
    ['watchdog nobody announced', /watchdog reset/, [ldi(16, 0x18), ldi(17, 0x08), ...sts(0x60, 16), ...sts(0x60, 17)]],
    [
      'TWDR while the bus is busy',
      /TWI register/,
      [
        ldi(16, 0xa4),
        ldi(17, 0x84),
        ...sts(0xbc, 16),
        ...Array(200).fill(0),
        ...sts(0xbb, 16),
        ...sts(0xbc, 17),
        ...sts(0xbb, 16),
      ],
    ],
  ];
  for (const [name, message, words, strict] of cases) {
    const uno = board(words, strict);
    t.throws(() => uno.run(3e6), { code: 'KZ1106', message }, name);
  }
});

t.test('a stream with hardware trigger passes: ADMUX is written after the conversion', async (t) => {
  const uno = createUno({ hex: program('stream'), seed: 1, name: 'uno1', strict: {} });
  uno.run(4e6);
  t.ok(uno.stats.conversions > 2_900, 'the ADC interrupt writes it long after');
});

t.test('clean programs pass, and behave the same after any loader', async (t) => {
  const memory = createUno({ hex: program('memory'), seed: 1, name: 'uno1', strict: {} });
  const got: number[] = [];
  memory.uart.lineBaud = 500_000;
  memory.uart.onByte((byte) => got.push(byte));
  memory.run(2e6);
  memory.uart.receive(Uint8Array.of(0x77, 9, 0x55));
  memory.run(memory.cycle + 160_000);
  memory.uart.receive(Uint8Array.of(0x72, 9));
  memory.run(memory.cycle + 160_000);
  t.strictSame(got, [0x21, 0x55]);
  memory.strict!.expectedResets = 1;
  memory.uart.receive(Uint8Array.of(0x78));
  memory.run(memory.cycle + 4e6);
  t.strictSame(got, [0x21, 0x55, 0x21], 'an announced watchdog reset is none of its business');
});

t.test('code changed from outside is decoded at the next reset', async (t) => {
  const uno = board([0x9403, 0x9403]); // INC r0, twice
  const bytes = new Uint8Array(Uint16Array.of(0x940a).buffer); // DEC r0
  const before = createUno({ hex: uno.flash.slice(0, 6), seed: 1, name: 'uno1' });
  before.run(2e6);
  const start = before.chip.core.cpu.data[0]!;
  before.flash.set(bytes, 2);
  before.reset('external');
  const random = before.chip.core.cpu.data[0]!;
  before.run(before.cycle + 2e6);
  t.equal(before.chip.core.cpu.data[0], random, 'one up, one down');
  t.type(start, 'number');
});

t.test('a poisoned start leaves registers as no reset does, differently for each seed', async (t) => {
  const seen = new Set<string>();
  for (let poison = 1; poison <= 5; poison++) {
    const uno = createUno({ hex: new Uint8Array(Uint16Array.of(RJMP_SELF).buffer), seed: 1, name: 'uno1', poison });
    const { cpu } = uno.chip.core;
    t.equal(cpu.pc, 0, 'entered at the reset vector');
    t.equal(cpu.SP, 0x8ff);
    seen.add([0x44, 0x6e, 0x6f, 0x7c, 0xc1, 0x24, 0x2a].map((at) => cpu.readData(at)).join(' '));
  }
  t.equal(seen.size, 5);
});
