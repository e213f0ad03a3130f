import type { AvrCore } from './core.js';

/** S that is not N xor V. */
export function oddFlags(sreg: number): boolean {
  return ((sreg >> 4) & 1) !== (((sreg >> 3) ^ (sreg >> 2)) & 1);
}

function packFlags(c: number, zr: number, n: number, v: number, h: number, ti: number): number {
  return (
    ti | ((h & 0x10) << 1) | (((n ^ v) & 0x80) >> 3) | ((v & 0x80) >> 4) | ((n & 0x80) >> 5) | (zr === 0 ? 2 : 0) | c
  );
}

/**
 * The fast interpreter: decoded words, flags kept as the operands they follow from, registers in the CPU's own memory. Runs until
 * `limit` (a cycle), the next event, a deliverable interrupt or sleep, and leaves the CPU exactly as single steps would. What is rare goes
 * through `core.step()`, that is avr8js's decoder. Instruction timing and flags: AVR Instruction Set Manual (Atmel-0856).
 *
 * Flags: `c` carry 0/1; Z set when `zr` is 0; N, V, H are bit 7 of `n`, bit 7 of `v`, bit 4 of `h`; S is N xor V, which every instruction
 * but SES, CLS and a write to SREG keeps true; the rare other case is stepped through. Case numbers are the kinds of decode.ts; literal
 * numbers, because the engine makes a jump table of those only.
 */
export function runHot(core: AvrCore, until: number): void {
  const cpu = core.cpu;
  const data = cpu.data;
  const data16 = cpu.data16;
  const flash = cpu.progBytes;
  const code = core.code;
  const flashWords = cpu.progMem.length;
  const ioEnd = core.ioEnd;
  const wide = cpu.pc22Bits;

  const base = cpu.cycles;
  let t = 0;
  let limit = core.limit(until) - base;
  let pc = cpu.pc;
  let sp = data[0x5d]! | (data[0x5e]! << 8);
  let low = core.stackLow;
  let count = 0;
  let odd = false;

  const sreg = data[0x5f]!;
  let c = sreg & 1;
  let zr = ~sreg & 2;
  let n = (sreg & 4) << 5;
  let v = (sreg & 8) << 4;
  let h = (sreg & 0x20) >> 1;
  let ti = sreg & 0xc0;

  while (t < limit) {
    const word = code[pc++]!;
    t++;
    const a = (word >> 8) & 31;
    const b = word >> 13;
    let d = data[a]!;
    let r: number;
    let s: number;
    let at: number;
    count++;
    // biome-ignore lint/suspicious/noConfusingLabels: the one way from a case to the slow path behind the switch
    step: {
      switch (word & 255) {
        case 1: // NOP
          continue;
        case 2: // ADD
          s = d + data[b]!;
          v = (d ^ s) & (data[b]! ^ s);
          h = d ^ data[b]! ^ s;
          c = s >> 8;
          data[a] = zr = n = s & 255;
          continue;
        case 3: // ADC
          s = d + data[b]! + c;
          v = (d ^ s) & (data[b]! ^ s);
          h = d ^ data[b]! ^ s;
          c = s >> 8;
          data[a] = zr = n = s & 255;
          continue;
        case 4: // SUB
          r = data[b]!;
          s = d - r;
          data[a] = zr = n = s & 255;
          break;
        case 5: // SBC: Z is only ever cleared
          r = data[b]!;
          s = d - r - c;
          data[a] = n = s & 255;
          zr |= n;
          break;
        case 10: // CP
          r = data[b]!;
          s = d - r;
          zr = n = s & 255;
          break;
        case 11: // CPC
          r = data[b]!;
          s = d - r - c;
          n = s & 255;
          zr |= n;
          break;
        case 13: // SUBI
          r = b;
          s = d - b;
          data[a] = zr = n = s & 255;
          break;
        case 14: // SBCI
          r = b;
          s = d - b - c;
          data[a] = n = s & 255;
          zr |= n;
          break;
        case 17: // CPI
          r = b;
          s = d - b;
          zr = n = s & 255;
          break;
        case 6: // AND
          data[a] = zr = n = d & data[b]!;
          v = 0;
          continue;
        case 7: // OR
          data[a] = zr = n = d | data[b]!;
          v = 0;
          continue;
        case 8: // EOR
          data[a] = zr = n = d ^ data[b]!;
          v = 0;
          continue;
        case 9: // MOV
          data[a] = data[b]!;
          continue;
        case 12: // CPSE
          if (d === data[b & 31]) {
            pc += b >> 8;
            t += b >> 8;
          }
          continue;
        case 15: // ANDI
          data[a] = zr = n = d & b;
          v = 0;
          continue;
        case 16: // ORI
          data[a] = zr = n = d | b;
          v = 0;
          continue;
        case 18: // LDI
          data[a] = b;
          continue;
        case 19: // COM
          data[a] = zr = n = 255 - d;
          v = 0;
          c = 1;
          continue;
        case 20: // NEG
          r = d;
          d = 0;
          s = -r;
          data[a] = zr = n = s & 255;
          break;
        case 21: // INC
          data[a] = zr = n = (d + 1) & 255;
          v = n === 0x80 ? 0x80 : 0;
          continue;
        case 22: // DEC
          data[a] = zr = n = (d - 1) & 255;
          v = n === 0x7f ? 0x80 : 0;
          continue;
        case 23: // LSR
          data[a] = zr = d >> 1;
          n = 0;
          c = d & 1;
          v = c << 7;
          continue;
        case 24: // ROR
          data[a] = zr = n = (d >> 1) | (c << 7);
          c = d & 1;
          v = n ^ (c << 7);
          continue;
        case 25: // ASR
          data[a] = zr = n = (d >> 1) | (d & 0x80);
          c = d & 1;
          v = n ^ (c << 7);
          continue;
        case 26: // SWAP
          data[a] = (d >> 4) | (d << 4);
          continue;
        case 27: // ADIW
          r = data16[a]!;
          zr = (r + b) & 0xffff;
          data16[a] = zr;
          n = zr >> 8;
          v = (~r & zr) >> 8;
          c = r > zr ? 1 : 0;
          t++;
          continue;
        case 28: // SBIW
          r = data16[a]!;
          zr = (r - b) & 0xffff;
          data16[a] = zr;
          n = zr >> 8;
          v = (r & ~zr) >> 8;
          c = r < b ? 1 : 0;
          t++;
          continue;
        case 29: // MOVW
          data16[a] = data16[b]!;
          continue;
        case 30: // MUL
          data16[0] = zr = d * data[b]!;
          c = zr >> 15;
          t++;
          continue;
        case 31: // MULS
          data16[0] = zr = (((d << 24) >> 24) * ((data[b]! << 24) >> 24)) & 0xffff;
          c = zr >> 15;
          t++;
          continue;
        case 32: // MULSU
          data16[0] = zr = (((d << 24) >> 24) * data[b]!) & 0xffff;
          c = zr >> 15;
          t++;
          continue;
        case 33: // LD X
          at = data16[13]!;
          if (at < ioEnd) break step;
          data[a] = data[at]!;
          t++;
          continue;
        case 43: // ST X
          at = data16[13]!;
          if (at < ioEnd) break step;
          data[at] = d;
          t++;
          continue;
        case 34: // LD X+
          at = data16[13]!;
          if (at < ioEnd) break step;
          data[a] = data[at]!;
          data16[13] = at + 1;
          t++;
          continue;
        case 35: // LD −X
          at = (data16[13]! - 1) & 0xffff;
          if (at < ioEnd) break step;
          data[a] = data[at]!;
          data16[13] = at;
          t++;
          continue;
        case 44: // ST X+
          at = data16[13]!;
          if (at < ioEnd) break step;
          data[at] = d;
          data16[13] = at + 1;
          t++;
          continue;
        case 45: // ST −X
          at = (data16[13]! - 1) & 0xffff;
          if (at < ioEnd) break step;
          data[at] = d;
          data16[13] = at;
          t++;
          continue;
        case 37: // LD Y+
          at = data16[14]!;
          if (at < ioEnd) break step;
          data[a] = data[at]!;
          data16[14] = at + 1;
          t++;
          continue;
        case 38: // LD −Y
          at = (data16[14]! - 1) & 0xffff;
          if (at < ioEnd) break step;
          data[a] = data[at]!;
          data16[14] = at;
          t++;
          continue;
        case 47: // ST Y+
          at = data16[14]!;
          if (at < ioEnd) break step;
          data[at] = d;
          data16[14] = at + 1;
          t++;
          continue;
        case 48: // ST −Y
          at = (data16[14]! - 1) & 0xffff;
          if (at < ioEnd) break step;
          data[at] = d;
          data16[14] = at;
          t++;
          continue;
        case 40: // LD Z+
          at = data16[15]!;
          if (at < ioEnd) break step;
          data[a] = data[at]!;
          data16[15] = at + 1;
          t++;
          continue;
        case 41: // LD −Z
          at = (data16[15]! - 1) & 0xffff;
          if (at < ioEnd) break step;
          data[a] = data[at]!;
          data16[15] = at;
          t++;
          continue;
        case 50: // ST Z+
          at = data16[15]!;
          if (at < ioEnd) break step;
          data[at] = d;
          data16[15] = at + 1;
          t++;
          continue;
        case 51: // ST −Z
          at = (data16[15]! - 1) & 0xffff;
          if (at < ioEnd) break step;
          data[at] = d;
          data16[15] = at;
          t++;
          continue;
        case 36: // LDD Y+q
          at = data16[14]! + b;
          if (at < ioEnd) break step;
          data[a] = data[at]!;
          t++;
          continue;
        case 46: // STD Y+q
          at = data16[14]! + b;
          if (at < ioEnd) break step;
          data[at] = d;
          t++;
          continue;
        case 39: // LDD Z+q
          at = data16[15]! + b;
          if (at < ioEnd) break step;
          data[a] = data[at]!;
          t++;
          continue;
        case 49: // STD Z+q
          at = data16[15]! + b;
          if (at < ioEnd) break step;
          data[at] = d;
          t++;
          continue;
        case 42: // LDS
          if (b >= ioEnd) data[a] = data[b]!;
          else {
            if (b < 0x60) break step;
            cpu.pc = pc - 1;
            cpu.cycles = base + t;
            data[a] = cpu.readData(b);
            t = cpu.cycles - base;
            limit = core.pending !== 0 && (ti & 0x80) !== 0 ? 0 : core.limit(until) - base;
          }
          pc++;
          t++;
          continue;
        case 52: // STS
          if (b >= ioEnd) data[b] = data[a]!;
          else {
            if (b < 0x60) break step;
            cpu.pc = pc - 1;
            cpu.cycles = base + t - 1;
            cpu.writeData(b, data[a]!);
            t = cpu.cycles - base + 1;
            limit = core.pending !== 0 && (ti & 0x80) !== 0 ? 0 : core.limit(until) - base;
          }
          pc++;
          t++;
          continue;
        case 53: // PUSH
          data[sp] = data[a]!;
          sp = (sp - 1) & 0xffff;
          if (sp < low) low = sp;
          t++;
          continue;
        case 54: // POP
          sp = (sp + 1) & 0xffff;
          data[a] = data[sp]!;
          t++;
          continue;
        case 55: // IN
          if (b >= 0x5d) {
            if (b === 0x5d) data[a] = sp;
            else if (b === 0x5e) data[a] = sp >> 8;
            else data[a] = packFlags(c, zr, n, v, h, ti);
          } else {
            cpu.pc = pc - 1;
            cpu.cycles = base + t - 1;
            data[a] = cpu.readData(b);
            t = cpu.cycles - base + 1;
            limit = core.pending !== 0 && (ti & 0x80) !== 0 ? 0 : core.limit(until) - base;
          }
          continue;
        case 56: // OUT; SREG through the slow way, unless nothing odd comes of it
          if (b === 0x5d) {
            sp = (sp & 0xff00) | data[a]!;
            if (sp < low) low = sp;
          } else if (b === 0x5e) sp = (sp & 0xff) | (data[a]! << 8);
          else if (b === 0x5f) {
            s = d;
            if (((s >> 4) & 1) !== (((s >> 3) ^ (s >> 2)) & 1)) break step;
            c = s & 1;
            zr = ~s & 2;
            n = (s & 4) << 5;
            v = (s & 8) << 4;
            h = (s & 0x20) >> 1;
            if ((s & ~ti & 0x80) !== 0) {
              core.shadow = base + t;
              if (core.pending !== 0) limit = 0;
            }
            ti = s & 0xc0;
          } else {
            cpu.pc = pc - 1;
            cpu.cycles = base + t - 1;
            cpu.writeData(b, data[a]!);
            t = cpu.cycles - base + 1;
            limit = core.pending !== 0 && (ti & 0x80) !== 0 ? 0 : core.limit(until) - base;
          }
          continue;
        case 57: // SBI
          cpu.pc = pc - 1;
          cpu.cycles = base + t - 1;
          cpu.writeData(a + 32, cpu.readData(a + 32) | b, b);
          t = cpu.cycles - base + 1;
          limit = core.pending !== 0 && (ti & 0x80) !== 0 ? 0 : core.limit(until) - base;
          t++;
          continue;
        case 58: // CBI
          cpu.pc = pc - 1;
          cpu.cycles = base + t - 1;
          cpu.writeData(a + 32, cpu.readData(a + 32) & ~b, b);
          t = cpu.cycles - base + 1;
          limit = core.pending !== 0 && (ti & 0x80) !== 0 ? 0 : core.limit(until) - base;
          t++;
          continue;
        case 59: // SBIC
        case 60: {
          // SBIS
          cpu.pc = pc - 1;
          cpu.cycles = base + t - 1;
          const bit = cpu.readData(a + 32) & b & 255;
          limit = core.pending !== 0 && (ti & 0x80) !== 0 ? 0 : core.limit(until) - base;
          if ((bit !== 0) === ((word & 255) === 60)) {
            pc += b >> 8;
            t += b >> 8;
          }
          continue;
        }
        case 61: // SBRC
          if ((d & b & 255) === 0) {
            pc += b >> 8;
            t += b >> 8;
          }
          continue;
        case 62: // SBRS
          if ((d & b & 255) !== 0) {
            pc += b >> 8;
            t += b >> 8;
          }
          continue;
        case 63: // BST
          ti = (ti & 0x80) | (((d >> b) & 1) << 6);
          continue;
        case 64: // BLD
          data[a] = (ti & 0x40) !== 0 ? d | b : d & ~b;
          continue;
        case 65: // RJMP
          pc = b;
          t++;
          continue;
        case 66: // JMP
          pc = b;
          t += 2;
          continue;
        case 67: // RCALL
        case 68: // CALL
        case 72: {
          // ICALL
          const kind = word & 255;
          const back = kind === 68 ? pc + 1 : pc;
          data[sp] = back;
          data[sp - 1] = back >> 8;
          if (wide) {
            data[sp - 2] = back >> 16;
            sp -= 3;
            t++;
          } else sp -= 2;
          if (sp < low) low = sp;
          pc = kind === 72 ? data16[15]! : b;
          t += kind === 68 ? 3 : 2;
          continue;
        }
        case 69: // RET
        case 70: // RETI
          if (wide) {
            pc = (data[sp + 1]! << 16) | (data[sp + 2]! << 8) | data[sp + 3]!;
            sp += 3;
            t += 4;
          } else {
            pc = (data[sp + 1]! << 8) | data[sp + 2]!;
            sp += 2;
            t += 3;
          }
          if (pc >= flashWords) pc %= flashWords;
          if ((word & 255) === 70) {
            ti |= 0x80;
            core.shadow = base + t;
            if (core.pending !== 0) limit = 0;
          }
          continue;
        case 71: // IJMP
          pc = data16[15]!;
          if (pc >= flashWords) pc %= flashWords;
          t++;
          continue;
        case 73: // BREQ
          if (zr === 0) {
            pc = b;
            t++;
          }
          continue;
        case 74: // BRNE
          if (zr !== 0) {
            pc = b;
            t++;
          }
          continue;
        case 75: // BRCS
          if (c !== 0) {
            pc = b;
            t++;
          }
          continue;
        case 76: // BRCC
          if (c === 0) {
            pc = b;
            t++;
          }
          continue;
        case 77: // BRMI
          if ((n & 0x80) !== 0) {
            pc = b;
            t++;
          }
          continue;
        case 78: // BRPL
          if ((n & 0x80) === 0) {
            pc = b;
            t++;
          }
          continue;
        case 79: // BRLT
          if (((n ^ v) & 0x80) !== 0) {
            pc = b;
            t++;
          }
          continue;
        case 80: // BRGE
          if (((n ^ v) & 0x80) === 0) {
            pc = b;
            t++;
          }
          continue;
        case 81: // BRTS
          if ((ti & 0x40) !== 0) {
            pc = b;
            t++;
          }
          continue;
        case 82: // BRTC
          if ((ti & 0x40) === 0) {
            pc = b;
            t++;
          }
          continue;
        case 83: // BRVS
          if ((v & 0x80) !== 0) {
            pc = b;
            t++;
          }
          continue;
        case 84: // BRVC
          if ((v & 0x80) === 0) {
            pc = b;
            t++;
          }
          continue;
        case 85: // LPM Z
          if (core.lpmHook) break step;
          data[a] = flash[data16[15]!]!;
          t += 2;
          continue;
        case 86: {
          // LPM Z+
          if (core.lpmHook) break step;
          const z = data16[15]!;
          data[a] = flash[z]!;
          data16[15] = z + 1;
          t += 2;
          continue;
        }
        case 87: // SEI: the next instruction runs before any interrupt
          if ((ti & 0x80) === 0) {
            ti |= 0x80;
            core.shadow = base + t;
            if (core.pending !== 0) limit = 0;
          }
          continue;
        case 88: // CLI
          ti &= 0x40;
          continue;
        case 89: // SEC
          c = 1;
          continue;
        case 90: // CLC
          c = 0;
          continue;
        case 91: // SET
          ti |= 0x40;
          continue;
        case 92: // CLT
          ti &= 0x80;
          continue;
        case 94: // past the end of flash
          pc -= flashWords + 1;
          t--;
          count--;
          continue;
        default:
          break step;
      }
      // subtractions and comparisons: d − r = s
      v = (d ^ r) & (d ^ s);
      h = d ^ r ^ s;
      c = (s >> 8) & 1;
      continue;
    }

    // everything else, and pointers into the I/O space: one step of the plain interpreter
    data[0x5d] = sp;
    data[0x5e] = sp >> 8;
    data[0x5f] = packFlags(c, zr, n, v, h, ti);
    core.stackLow = low;
    cpu.pc = pc - 1;
    cpu.cycles = base + t - 1;
    core.step();
    count--;
    pc = cpu.pc;
    t = cpu.cycles - base;
    sp = data[0x5d]! | (data[0x5e]! << 8);
    low = core.stackLow;
    s = data[0x5f]!;
    c = s & 1;
    zr = ~s & 2;
    n = (s & 4) << 5;
    v = (s & 8) << 4;
    h = (s & 0x20) >> 1;
    ti = s & 0xc0;
    odd = oddFlags(s);
    limit = odd || core.sleeping || (core.pending !== 0 && (ti & 0x80) !== 0) ? 0 : core.limit(until) - base;
  }

  data[0x5d] = sp;
  data[0x5e] = sp >> 8;
  if (!odd) data[0x5f] = packFlags(c, zr, n, v, h, ti);
  core.stackLow = low;
  core.instructions += count;
  cpu.pc = pc;
  cpu.cycles = base + t;
}
