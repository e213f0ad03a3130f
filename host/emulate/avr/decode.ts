/**
 * Flash words decoded ahead of time: one packed integer a word, `kind | a << 8 | b << 13` (8, 5 and 17 bits). Kinds are the cases of
 * hot.ts; 0 means that avr8js's own decoder executes the word. Encodings: AVR Instruction Set Manual (Atmel-0856).
 */

const pack = (kind: number, a: number, b: number): number => kind | (a << 8) | (b << 13);

/** Kinds by the three-bit flag number of BRBS and BRBC; 0 where avr8js does it. Flags in order: C Z N V S H T I. */
const branchIfSet = [75, 73, 77, 83, 79, 0, 81, 0];
const branchIfClear = [76, 74, 78, 84, 80, 0, 82, 0];
/** BSET and BCLR by flag number. */
const setFlag = [89, 0, 0, 0, 0, 0, 91, 87];
const clearFlag = [90, 0, 0, 0, 0, 0, 92, 88];
/** Two-register arithmetic by the upper six bits of the opcode. */
const twoRegister: Record<number, number> = {
  3072: 2,
  7168: 3,
  6144: 4,
  2048: 5,
  8192: 6,
  10240: 7,
  9216: 8,
  11264: 9,
  5120: 10,
  1024: 11,
  39936: 30,
};
/** Immediate arithmetic by the upper four bits. */
const immediate: Record<number, number> = { 20480: 13, 16384: 14, 28672: 15, 24576: 16, 12288: 17, 57344: 18 };
/** One-register arithmetic, 1001 010d dddd xxxx. */
const oneRegister: Record<number, number> = {
  37888: 19,
  37889: 20,
  37890: 26,
  37891: 21,
  37893: 25,
  37894: 23,
  37895: 24,
  37898: 22,
};
/** Loads and stores through X, Y+, −Y, Z+, −Z and the stack, 1001 00sd dddd xxxx. */
const indirect: Record<number, number> = {
  36876: 33,
  36877: 34,
  36878: 35,
  36873: 37,
  36874: 38,
  36865: 40,
  36866: 41,
  37388: 43,
  37389: 44,
  37390: 45,
  37385: 47,
  37386: 48,
  37377: 50,
  37378: 51,
  37391: 53,
  36879: 54,
  36868: 85,
  36869: 86,
};

/** LDS, STS, JMP, CALL take two words, which skips must know. */
export function isTwoWords(opcode: number): boolean {
  return (opcode & 0xfc0f) === 0x9000 || (opcode & 0xfe0c) === 0x940c;
}

function decodeWord(flash: Uint16Array, pc: number): number {
  const op = flash[pc]!;
  const size = flash.length;
  const next = flash[(pc + 1) % size]!;
  const d = (op >> 4) & 31;
  const r = (op & 15) | ((op & 0x200) >> 5);
  const skip = isTwoWords(next) ? 2 : 1;
  const arithmetic = twoRegister[op & 0xfc00];
  if (arithmetic !== undefined) return pack(arithmetic, d, r);
  const withConstant = immediate[op & 0xf000];
  if (withConstant !== undefined) return pack(withConstant, ((op >> 4) & 15) + 16, (op & 15) | ((op >> 4) & 0xf0));
  switch (op & 0xf000) {
    case 0x0000:
      if (op === 0) return pack(1, 0, 0);
      if ((op & 0xff00) === 0x0100) return pack(29, (op >> 4) & 15, op & 15);
      if ((op & 0xff00) === 0x0200) return pack(31, ((op >> 4) & 15) + 16, (op & 15) + 16);
      if ((op & 0xff88) === 0x0300) return pack(32, ((op >> 4) & 7) + 16, (op & 7) + 16);
      return 0;
    case 0x1000:
      return pack(12, d, r | (skip << 8));
    case 0x8000:
    case 0xa000: {
      const q = (op & 7) | ((op >> 7) & 0x18) | ((op >> 8) & 0x20);
      const store = (op & 0x200) !== 0;
      const throughY = (op & 8) !== 0;
      return pack(throughY ? (store ? 46 : 36) : store ? 49 : 39, d, q);
    }
    case 0x9000: {
      const pointer = indirect[op & 0xfe0f];
      if (pointer !== undefined) return pack(pointer, d, 0);
      if ((op & 0xfe0f) === 0x9000) return pack(42, d, next);
      if ((op & 0xfe0f) === 0x9200) return pack(52, d, next);
      const single = oneRegister[op & 0xfe0f];
      if (single !== undefined) return pack(single, d, 0);
      if ((op & 0xff8f) === 0x9408) return pack(setFlag[(op >> 4) & 7]!, 0, 0);
      if ((op & 0xff8f) === 0x9488) return pack(clearFlag[(op >> 4) & 7]!, 0, 0);
      const target = next | ((op & 1) << 16);
      if ((op & 0xfe0e) === 0x940c) return (op & 0x1f0) === 0 && target < size ? pack(66, 0, target) : 0;
      if ((op & 0xfe0e) === 0x940e) return (op & 0x1f0) === 0 && target < size ? pack(68, 0, target) : 0;
      if (op === 0x9588) return pack(93, 0, 0);
      if (op === 0x9508) return pack(69, 0, 0);
      if (op === 0x9518) return pack(70, 0, 0);
      if (op === 0x9409) return pack(71, 0, 0);
      if (op === 0x9509) return pack(72, 0, 0);
      const word = ((op >> 4) & 3) + 12;
      if ((op & 0xff00) === 0x9600) return pack(27, word, (op & 15) | ((op >> 2) & 0x30));
      if ((op & 0xff00) === 0x9700) return pack(28, word, (op & 15) | ((op >> 2) & 0x30));
      const mask = 1 << (op & 7);
      const io = (op >> 3) & 31;
      if ((op & 0xff00) === 0x9a00) return pack(57, io, mask);
      if ((op & 0xff00) === 0x9800) return pack(58, io, mask);
      if ((op & 0xff00) === 0x9900) return pack(59, io, mask | (skip << 8));
      if ((op & 0xff00) === 0x9b00) return pack(60, io, mask | (skip << 8));
      return 0;
    }
    case 0xb000: {
      const io = (op & 15) | ((op >> 5) & 0x30);
      return pack((op & 0x800) === 0 ? 55 : 56, d, io + 32);
    }
    case 0xc000:
    case 0xd000: {
      const offset = (op & 0x7ff) - (op & 0x800);
      const target = (((pc + 1 + offset) % size) + size) % size;
      return pack((op & 0x1000) === 0 ? 65 : 67, 0, target);
    }
    case 0xf000: {
      const mask = 1 << (op & 7);
      if ((op & 0xfe08) === 0xfc00) return pack(61, d, mask | (skip << 8));
      if ((op & 0xfe08) === 0xfe00) return pack(62, d, mask | (skip << 8));
      if ((op & 0xfe08) === 0xfa00) return pack(63, d, op & 7);
      if ((op & 0xfe08) === 0xf800) return pack(64, d, mask);
      if ((op & 0xf800) === 0xf000) {
        const offset = ((op >> 3) & 0x3f) - ((op & 0x200) >> 3);
        const target = (((pc + 1 + offset) % size) + size) % size;
        const kinds = (op & 0x400) === 0 ? branchIfSet : branchIfClear;
        return pack(kinds[op & 7]!, 0, target);
      }
      return 0;
    }
  }
  return 0;
}

/** The decoded flash, with one extra word at the end that wraps the program counter round. */
export function decodeFlash(flash: Uint16Array): Int32Array {
  const code = new Int32Array(flash.length + 2);
  for (let pc = 0; pc < flash.length; pc++) code[pc] = decodeWord(flash, pc);
  code[flash.length] = 94;
  code[flash.length + 1] = 94;
  return code;
}

/** Decodes again what a flash write changed: the words from `from` to `to`, and the word before, which may skip over the first. */
export function decodeAgain(code: Int32Array, flash: Uint16Array, from: number, to: number): void {
  for (let pc = Math.max(0, from - 1); pc < to; pc++) code[pc] = decodeWord(flash, pc);
}
