import * as avr8js from 'avr8js';

/**
 * One instruction by avr8js 0.21.1, right where that differs from the AVR Instruction Set Manual: H is the carry out of bit 3 (avr8js takes
 * bit 0) and not touched by SBIW, V of NEG 0x80, Z of FMULSU, CBI takes two cycles, and a jump back over
 * address 0 comes out at the end of flash.
 */
export function correctedInstruction(cpu: avr8js.CPU): void {
  const { data } = cpu;
  const op = cpu.progMem[cpu.pc]!;
  const d = (op >> 4) & 31;
  let left = data[d]!;
  let right = data[(op & 15) | ((op & 0x200) >> 5)]!;
  const before = data[0x5f]!;
  const carry = before & 1;
  avr8js.avrInstruction(cpu);
  if (cpu.pc < 0) cpu.pc += cpu.progMem.length;
  let sum: number;
  switch (op >> 10) {
    case 3: // ADD
      sum = left + right;
      break;
    case 7: // ADC
      sum = left + right + carry;
      break;
    case 5: // CP
    case 6: // SUB
      sum = left - right;
      break;
    case 1: // CPC
    case 2: // SBC
      sum = left - right - carry;
      break;
    case 12:
    case 13:
    case 14:
    case 15: // CPI, and with it SBCI, SUBI below
    case 16:
    case 17:
    case 18:
    case 19:
    case 20:
    case 21:
    case 22:
    case 23: {
      // the destination has changed; its value before follows from the result
      right = (op & 15) | ((op >> 4) & 0xf0);
      const borrow = op >> 12 === 4 ? carry : 0;
      const now = data[((op >> 4) & 15) + 16]!;
      left = op >> 12 === 3 ? now : (now + right + borrow) & 0xff;
      sum = left - right - borrow;
      break;
    }
    case 37:
      if ((op & 0xfe0f) === 0x9401) {
        // NEG
        const result = data[d]!;
        const v = result === 0x80 ? 1 : 0;
        const n = result >> 7;
        data[0x5f] = (data[0x5f]! & 0xe7) | (v << 3) | ((n ^ v) << 4);
        right = left;
        left = 0;
        sum = -right;
        break;
      }
      if ((op & 0xff00) === 0x9700) data[0x5f] = (data[0x5f]! & ~0x20) | (before & 0x20); // SBIW
      return;
    case 38:
      if ((op & 0xff00) === 0x9800) cpu.cycles++; // CBI
      return;
    case 0:
      if ((op & 0xff88) === 0x0388) data[0x5f] = (data[0x5f]! & 0xfd) | (data[0] === 0 && data[1] === 0 ? 2 : 0); // FMULSU
      return;
    default:
      return;
  }
  data[0x5f] = (data[0x5f]! & ~0x20) | (((left ^ right ^ sum) & 0x10) << 1);
}
