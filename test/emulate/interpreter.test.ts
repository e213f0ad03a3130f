// AVR Instruction Set Manual (Atmel-0856): the fast interpreter against avr8js's decoder, which is the oracle but for six deviations
// that are corrected below and shown to exist.
import * as avr8js from 'avr8js';
import t from 'tap';
import { AvrCore } from '../../host/emulate/avr/core.js';
import { randomStream } from '../../host/emulate/random.js';

const programs = Number(process.env.KIZASHI_PROGRAMS ?? 40);
const instructionsEach = 5_000;

type Random = ReturnType<typeof randomStream>;

/** One random instruction, all forms an ATmega328P has but writes to SP. */
function instruction(random: Random): number[] {
  const pick = (n: number): number => random.u32() % n;
  const d5 = (): number => pick(32) << 4;
  const rr = (): number => d5() | pick(16) | (pick(2) << 9);
  const immediate = (op: number): number => op | (pick(256) & 15) | (pick(16) << 8) | (pick(16) << 4);
  const forms: (() => number[])[] = [
    ...[0x0c00, 0x1c00, 0x1800, 0x0800, 0x2000, 0x2800, 0x2400, 0x2c00, 0x1400, 0x0400, 0x1000, 0x9c00].map(
      (op) => () => [op | rr()],
    ),
    ...[0x5000, 0x4000, 0x7000, 0x6000, 0x3000, 0xe000].map((op) => () => [immediate(op)]),
    ...[0x9400, 0x9401, 0x9402, 0x9403, 0x9405, 0x9406, 0x9407, 0x940a].map((op) => () => [op | d5()]),
    () => [0x9600 | pick(256)],
    () => [0x9700 | pick(256)],
    () => [0x0100 | pick(256)],
    () => [0x0200 | pick(256)],
    ...[0x0300, 0x0308, 0x0380, 0x0388].map((op) => () => [op | (pick(8) << 4) | pick(8)]),
    // loads and stores; pointer registers are no operands of their own post-increment (undefined by the manual)
    ...[
      0x900c, 0x900d, 0x900e, 0x9009, 0x900a, 0x9001, 0x9002, 0x920c, 0x920d, 0x920e, 0x9209, 0x920a, 0x9201, 0x9202,
    ].map((op) => () => [op | (pick(26) << 4)]),
    () => [0x8000 | d5() | pick(16) | (pick(4) << 10) | (pick(2) << 13) | (pick(2) << 9)],
    () => [0x9000 | d5(), 0x100 + pick(2048)],
    () => [0x9200 | d5(), 0x100 + pick(2048)],
    () => [0x9000 | d5(), 0x60 + pick(0xa0)],
    () => [0x920f | d5()],
    () => [0x900f | d5()],
    () => [0xb000 | d5() | pick(16) | (pick(4) << 9)],
    () => [0xb80f | (3 << 9) | d5()], // OUT SREG
    () => [0xb800 | d5() | pick(16) | (pick(3) << 9)],
    ...[0x9800, 0x9900, 0x9a00, 0x9b00].map((op) => () => [op | pick(256)]),
    ...[0xfa00, 0xf800, 0xfc00, 0xfe00].map((op) => () => [op | d5() | pick(8)]),
    () => [0xc000 | pick(4096)],
    () => [0xd000 | pick(4096)],
    ...[0, 1, 2, 3].flatMap(() => [() => [0xf000 | pick(2048)]]),
    () => [0x940c, pick(0x4000)],
    () => [0x940e, pick(0x4000)],
    () => [[0x9508, 0x9518, 0x9409, 0x9509][pick(4)]!],
    () => [0x9408 | (pick(8) << 4)],
    () => [0x9488 | (pick(8) << 4)],
    () => [[0x95c8, 0x9004 | d5(), 0x9005 | (pick(30) << 4)][pick(3)]!],
    () => [[0, 0x95a8][pick(2)]!],
  ];
  return forms[pick(forms.length)]!();
}

function program(random: Random): Uint16Array {
  const flash = new Uint16Array(0x4000);
  for (let at = 0; at < flash.length; ) {
    for (const word of instruction(random)) flash[at++] = word;
  }
  return flash;
}

/** avr8js, with the half carry from bit 3 instead of bit 0 and untouched by SBIW, V of NEG 0x80, Z of FMULSU, two cycles for CBI, and jumps
 * back over address 0. */
function oracleStep(cpu: avr8js.CPU): void {
  const op = cpu.progMem[cpu.pc]!;
  const { data } = cpu;
  const d = (op >> 4) & 31;
  const upper = data[((op >> 4) & 15) + 16]!;
  const k = (op & 15) | ((op >> 4) & 0xf0);
  const x = data[d]!;
  const y = data[(op & 15) | ((op & 0x200) >> 5)]!;
  const sreg = data[0x5f]!;
  const carry = sreg & 1;
  avr8js.avrInstruction(cpu);
  if (cpu.pc < 0) cpu.pc += cpu.progMem.length;
  const half = (on: boolean): void => {
    data[0x5f] = (data[0x5f]! & ~0x20) | (on ? 0x20 : 0);
  };
  const group = op & 0xfc00;
  if (group === 0x0c00) half((x & 15) + (y & 15) > 15);
  else if (group === 0x1c00) half((x & 15) + (y & 15) + carry > 15);
  else if (group === 0x1800 || group === 0x1400) half((x & 15) < (y & 15));
  else if (group === 0x0800 || group === 0x0400) half((x & 15) < (y & 15) + carry);
  else if ((op & 0xf000) === 0x5000 || (op & 0xf000) === 0x3000) half((upper & 15) < (k & 15));
  else if ((op & 0xf000) === 0x4000) half((upper & 15) < (k & 15) + carry);
  else if ((op & 0xfe0f) === 0x9401) {
    half((x & 15) !== 0);
    const v = x === 0x80 ? 1 : 0;
    const n = data[d]! >> 7;
    data[0x5f] = (data[0x5f]! & 0xe7) | (v << 3) | ((n ^ v) << 4);
  } else if ((op & 0xff88) === 0x0388) {
    data[0x5f] = (data[0x5f]! & 0xfd) | (data[0] === 0 && data[1] === 0 ? 2 : 0);
  } else if ((op & 0xff00) === 0x9700) half((sreg & 0x20) !== 0);
  else if ((op & 0xff00) === 0x9800) cpu.cycles++;
}

t.test('fast interpreter equals the oracle in registers, flags, memory, cycles', async (t) => {
  const random = randomStream(20_260, 'random programs');
  let instructions = 0;
  for (let n = 0; n < programs; n++) {
    const flash = program(random);
    const core = new AvrCore(flash, 2_048, 0x100, 0);
    const oracle = new avr8js.CPU(flash, 2_048);
    for (let at = 0; at < core.cpu.data.length; at++) core.cpu.data[at] = oracle.data[at] = random.u32();
    const start = random.u32() & 0x3fff;
    for (const cpu of [core.cpu, oracle]) {
      cpu.pc = start;
      cpu.SP = 0x500;
    }
    let done = 0;
    let limit = 0;
    let wild = false;
    while (done < instructionsEach) {
      limit += 1 + (random.u32() % 400);
      core.run(limit);
      while (oracle.cycles < limit) {
        oracleStep(oracle);
        done++;
        wild ||= oracle.SP < 0x100 || oracle.SP > 0x8f0;
      }
      // a stack pointer that was written out of RAM: what RET reads there is not defined
      if (wild) break;
      const same =
        core.cpu.cycles === oracle.cycles &&
        core.cpu.pc === oracle.pc &&
        Buffer.compare(core.cpu.data, oracle.data) === 0;
      if (!same) {
        const at = core.cpu.data.findIndex((value, index) => value !== oracle.data[index]);
        t.fail(
          `program ${n}, cycle ${oracle.cycles}: pc ${core.cpu.pc}/${oracle.pc}, cycles ${core.cpu.cycles}, ` +
            `address 0x${at.toString(16)} ${core.cpu.data[at]}/${oracle.data[at]}`,
        );
        return;
      }
      // programs without sense walk the stack away; both get a new one
      if (oracle.SP < 0x200 || oracle.SP > 0x800) core.cpu.SP = oracle.SP = 0x500;
    }
    instructions += done;
  }
  t.ok(instructions >= 0.9 * programs * instructionsEach, `${programs} programs, ${instructions} instructions`);
});

t.test('deviations of avr8js 0.21.1 from the manual, corrected here', async (t) => {
  const stock = (op: number, set: Record<number, number>): avr8js.CPU => {
    const cpu = new avr8js.CPU(Uint16Array.of(op, 0), 2_048);
    for (const [at, value] of Object.entries(set)) cpu.data[Number(at)] = value;
    avr8js.avrInstruction(cpu);
    return cpu;
  };
  const ours = (op: number, set: Record<number, number>): avr8js.CPU => {
    const core = new AvrCore(Uint16Array.of(op, 0), 2_048, 0x100, 0);
    for (const [at, value] of Object.entries(set)) core.cpu.data[Number(at)] = value;
    core.run(1);
    return core.cpu;
  };
  const add = 0x0c01; // ADD r0, r1
  const low = { 0: 0x0f, 1: 0x01 };
  t.equal(stock(add, low).data[0x5f]! & 0x20, 0x20, 'half carry: right here because bit 0 carries too');
  t.equal(stock(add, { 0: 0x0c, 1: 0x04 }).data[0x5f]! & 0x20, 0, 'stock: no half carry of 0x0C + 0x04');
  t.equal(ours(add, { 0: 0x0c, 1: 0x04 }).data[0x5f]! & 0x20, 0x20, 'half carry of 0x0C + 0x04');
  t.equal(stock(0x9730, { 95: 0x20 }).data[0x5f]! & 0x20, 0, 'stock: SBIW clears the half carry');
  t.equal(ours(0x9730, { 95: 0x20 }).data[0x5f]! & 0x20, 0x20, 'SBIW leaves the half carry');
  t.equal(stock(0x9401, { 0: 0x80 }).data[0x5f]! & 8, 0, 'stock: NEG 0x80 leaves V clear');
  t.equal(ours(0x9401, { 0: 0x80 }).data[0x5f]! & 0x18, 8, 'NEG 0x80 sets V, and S is N xor V');
  t.equal(stock(0x0388 | 0x10, { 16: 0, 17: 3 }).data[0x5f]! & 2, 0, 'stock: FMULSU of 0 leaves Z clear');
  t.equal(ours(0x0388 | 0x10, { 16: 0, 17: 3 }).data[0x5f]! & 2, 2, 'FMULSU of 0 sets Z');
  t.equal(stock(0xcff8, {}).pc, -1, 'stock: RJMP over address 0 leaves the flash');
  t.equal(ours(0xcff8, {}).pc, 1, 'RJMP over address 0 comes out at the end of flash, two words here');
  t.equal(stock(0x9800, {}).cycles, 1, 'stock: CBI takes one cycle');
  t.equal(ours(0x9800, {}).cycles, 2, 'CBI takes two cycles');
});
