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
      // biome-ignore format: one instruction a line
      switch (word & 255) {
        case 1: continue; // NOP
        case 2: s = d + data[b]!; v = (d ^ s) & (data[b]! ^ s); h = d ^ data[b]! ^ s; c = s >> 8; data[a] = zr = n = s & 255; continue; // ADD
        case 3: s = d + data[b]! + c; v = (d ^ s) & (data[b]! ^ s); h = d ^ data[b]! ^ s; c = s >> 8; data[a] = zr = n = s & 255; continue; // ADC
        case 4: r = data[b]!; s = d - r; data[a] = zr = n = s & 255; break; // SUB
        case 5: r = data[b]!; s = d - r - c; data[a] = n = s & 255; zr |= n; break; // SBC: Z is only ever cleared
        case 10: r = data[b]!; s = d - r; zr = n = s & 255; break; // CP
        case 11: r = data[b]!; s = d - r - c; n = s & 255; zr |= n; break; // CPC
        case 13: r = b; s = d - b; data[a] = zr = n = s & 255; break; // SUBI
        case 14: r = b; s = d - b - c; data[a] = n = s & 255; zr |= n; break; // SBCI
        case 17: r = b; s = d - b; zr = n = s & 255; break; // CPI
        case 6: data[a] = zr = n = d & data[b]!; v = 0; continue; // AND
        case 7: data[a] = zr = n = d | data[b]!; v = 0; continue; // OR
        case 8: data[a] = zr = n = d ^ data[b]!; v = 0; continue; // EOR
        case 9: data[a] = data[b]!; continue; // MOV
        case 12: if (d === data[b & 31]) { pc += b >> 8; t += b >> 8; } continue; // CPSE
        case 15: data[a] = zr = n = d & b; v = 0; continue; // ANDI
        case 16: data[a] = zr = n = d | b; v = 0; continue; // ORI
        case 18: data[a] = b; continue; // LDI
        case 19: data[a] = zr = n = 255 - d; v = 0; c = 1; continue; // COM
        case 20: r = d; d = 0; s = -r; data[a] = zr = n = s & 255; break; // NEG
        case 21: data[a] = zr = n = (d + 1) & 255; v = n === 0x80 ? 0x80 : 0; continue; // INC
        case 22: data[a] = zr = n = (d - 1) & 255; v = n === 0x7f ? 0x80 : 0; continue; // DEC
        case 23: data[a] = zr = d >> 1; n = 0; c = d & 1; v = c << 7; continue; // LSR
        case 24: data[a] = zr = n = (d >> 1) | (c << 7); c = d & 1; v = n ^ (c << 7); continue; // ROR
        case 25: data[a] = zr = n = (d >> 1) | (d & 0x80); c = d & 1; v = n ^ (c << 7); continue; // ASR
        case 26: data[a] = (d >> 4) | (d << 4); continue; // SWAP
        case 27: r = data16[a]!; zr = (r + b) & 0xffff; data16[a] = zr; n = zr >> 8; v = (~r & zr) >> 8; c = r > zr ? 1 : 0; t++; continue; // ADIW
        case 28: r = data16[a]!; zr = (r - b) & 0xffff; data16[a] = zr; n = zr >> 8; v = (r & ~zr) >> 8; c = r < b ? 1 : 0; t++; continue; // SBIW
        case 29: data16[a] = data16[b]!; continue; // MOVW
        case 30: data16[0] = zr = d * data[b]!; c = zr >> 15; t++; continue; // MUL
        case 31: data16[0] = zr = (((d << 24) >> 24) * ((data[b]! << 24) >> 24)) & 0xffff; c = zr >> 15; t++; continue; // MULS
        case 32: data16[0] = zr = (((d << 24) >> 24) * data[b]!) & 0xffff; c = zr >> 15; t++; continue; // MULSU
        case 33: at = data16[13]!; if (at < ioEnd) break step; data[a] = data[at]!; t++; continue; // LD X
        case 43: at = data16[13]!; if (at < ioEnd) break step; data[at] = d; t++; continue; // ST X
        case 34: at = data16[13]!; if (at < ioEnd) break step; data[a] = data[at]!; data16[13] = at + 1; t++; continue; // LD X+
        case 35: at = (data16[13]! - 1) & 0xffff; if (at < ioEnd) break step; data[a] = data[at]!; data16[13] = at; t++; continue; // LD −X
        case 44: at = data16[13]!; if (at < ioEnd) break step; data[at] = d; data16[13] = at + 1; t++; continue; // ST X+
        case 45: at = (data16[13]! - 1) & 0xffff; if (at < ioEnd) break step; data[at] = d; data16[13] = at; t++; continue; // ST −X
        case 37: at = data16[14]!; if (at < ioEnd) break step; data[a] = data[at]!; data16[14] = at + 1; t++; continue; // LD Y+
        case 38: at = (data16[14]! - 1) & 0xffff; if (at < ioEnd) break step; data[a] = data[at]!; data16[14] = at; t++; continue; // LD −Y
        case 47: at = data16[14]!; if (at < ioEnd) break step; data[at] = d; data16[14] = at + 1; t++; continue; // ST Y+
        case 48: at = (data16[14]! - 1) & 0xffff; if (at < ioEnd) break step; data[at] = d; data16[14] = at; t++; continue; // ST −Y
        case 40: at = data16[15]!; if (at < ioEnd) break step; data[a] = data[at]!; data16[15] = at + 1; t++; continue; // LD Z+
        case 41: at = (data16[15]! - 1) & 0xffff; if (at < ioEnd) break step; data[a] = data[at]!; data16[15] = at; t++; continue; // LD −Z
        case 50: at = data16[15]!; if (at < ioEnd) break step; data[at] = d; data16[15] = at + 1; t++; continue; // ST Z+
        case 51: at = (data16[15]! - 1) & 0xffff; if (at < ioEnd) break step; data[at] = d; data16[15] = at; t++; continue; // ST −Z
        case 36: at = data16[14]! + b; if (at < ioEnd) break step; data[a] = data[at]!; t++; continue; // LDD Y+q
        case 46: at = data16[14]! + b; if (at < ioEnd) break step; data[at] = d; t++; continue; // STD Y+q
        case 39: at = data16[15]! + b; if (at < ioEnd) break step; data[a] = data[at]!; t++; continue; // LDD Z+q
        case 49: at = data16[15]! + b; if (at < ioEnd) break step; data[at] = d; t++; continue; // STD Z+q
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
        case 53: data[sp] = data[a]!; sp = (sp - 1) & 0xffff; if (sp < low) low = sp; t++; continue; // PUSH
        case 54: sp = (sp + 1) & 0xffff; data[a] = data[sp]!; t++; continue; // POP
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
        case 61: if ((d & b & 255) === 0) { pc += b >> 8; t += b >> 8; } continue; // SBRC
        case 62: if ((d & b & 255) !== 0) { pc += b >> 8; t += b >> 8; } continue; // SBRS
        case 63: ti = (ti & 0x80) | (((d >> b) & 1) << 6); continue; // BST
        case 64: data[a] = (ti & 0x40) !== 0 ? d | b : d & ~b; continue; // BLD
        case 65: pc = b; t++; continue; // RJMP
        case 66: pc = b; t += 2; continue; // JMP
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
          pc = kind === 72 ? data16[15]! % flashWords : b;
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
        case 71: pc = data16[15]!; if (pc >= flashWords) pc %= flashWords; t++; continue; // IJMP
        case 73: if (zr === 0) { pc = b; t++; } continue; // BREQ
        case 74: if (zr !== 0) { pc = b; t++; } continue; // BRNE
        case 75: if (c !== 0) { pc = b; t++; } continue; // BRCS
        case 76: if (c === 0) { pc = b; t++; } continue; // BRCC
        case 77: if ((n & 0x80) !== 0) { pc = b; t++; } continue; // BRMI
        case 78: if ((n & 0x80) === 0) { pc = b; t++; } continue; // BRPL
        case 79: if (((n ^ v) & 0x80) !== 0) { pc = b; t++; } continue; // BRLT
        case 80: if (((n ^ v) & 0x80) === 0) { pc = b; t++; } continue; // BRGE
        case 81: if ((ti & 0x40) !== 0) { pc = b; t++; } continue; // BRTS
        case 82: if ((ti & 0x40) === 0) { pc = b; t++; } continue; // BRTC
        case 83: if ((v & 0x80) !== 0) { pc = b; t++; } continue; // BRVS
        case 84: if ((v & 0x80) === 0) { pc = b; t++; } continue; // BRVC
        case 85: if (core.lpmHook) break step; data[a] = flash[data16[15]!]!; t += 2; continue; // LPM Z
        case 86: { if (core.lpmHook) break step; const z = data16[15]!; data[a] = flash[z]!; data16[15] = z + 1; t += 2; continue; } // LPM Z+
        case 87: // SEI: the next instruction runs before any interrupt
          if ((ti & 0x80) === 0) {
            ti |= 0x80;
            core.shadow = base + t;
            if (core.pending !== 0) limit = 0;
          }
          continue;
        case 88: ti &= 0x40; continue; // CLI
        case 89: c = 1; continue; // SEC
        case 90: c = 0; continue; // CLC
        case 91: ti |= 0x40; continue; // SET
        case 92: ti &= 0x80; continue; // CLT
        case 93: // SLEEP
          cpu.pc = pc - 1;
          if (core.onSleep()) {
            core.sleeping = true;
            limit = 0;
          }
          continue;
        case 94: pc -= flashWords + 1; t--; count--; continue; // past the end of flash
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
