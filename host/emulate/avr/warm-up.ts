import { AvrCore } from './core.js';

/** One word, or two, of every case of hot.ts; operands point into RAM, jumps stay inside the program. */
const words: number[][] = [
  ...[0x0000, 0x0d01, 0x1d01, 0x1901, 0x0901, 0x2101, 0x2901, 0x2501, 0x2d01, 0x1501, 0x0501, 0x1101, 0x1100],
  ...[0x5001, 0x4001, 0x7ff1, 0x6001, 0x3001, 0xe001, 0x9500, 0x9501, 0x9503, 0x950a, 0x9506, 0x9507, 0x9505, 0x9502],
  ...[0x9601, 0x9701, 0x0123, 0x9f01, 0x0201, 0x0301, 0x910c, 0x910d, 0x910e, 0x8108, 0x9109, 0x910a, 0x8100, 0x9101],
  ...[0x9102, 0x930c, 0x930d, 0x930e, 0x8308, 0x9309, 0x930a, 0x8300, 0x9301, 0x9302, 0x930f, 0x910f, 0xb505, 0xb705],
  ...[0xb70d, 0xb70e, 0xb70f, 0xbd05, 0xbf0d, 0xbf0e, 0xbf0f, 0x9a00, 0x9800, 0x9900, 0x9b00, 0xfd00, 0xff00, 0xfb00],
  ...[0xf900, 0xc000, 0xd000, 0x9508, 0x9518, 0x9409, 0x9509, 0x9104, 0x9105, 0x9478, 0x94f8, 0x9408, 0x9488, 0x9468],
  ...[
    0x94e8, 0xf009, 0xf409, 0xf008, 0xf408, 0xf00a, 0xf40a, 0xf00c, 0xf40c, 0xf00e, 0xf40e, 0xf00b, 0xf40b, 0x95c8,
    0x9588,
  ],
].map((word) => [word]);
words.push(
  [0x9100, 0x0200],
  [0x9300, 0x0200],
  [0x9100, 0x0070],
  [0x9300, 0x0070],
  [0x940c, 8],
  [0x940e, 8],
  [0x9100, 0x0050],
);

let done = false;

/**
 * Shows the engine every path of the fast interpreter once, with the number types it will meet. Without it each instruction that a firmware
 * uses for the first time throws the optimised code away.
 */
export function warmUp(): void {
  if (done) return;
  done = true;
  const flash = new Uint16Array(1024);
  words.forEach((pair, slot) => {
    for (const [i, word] of pair.entries()) flash[8 * slot + i] = word;
  });
  const core = new AvrCore(flash, 2_048, 0x100, 0x1_0000_0000 + 0.5);
  const { cpu } = core;
  const { data, data16 } = cpu;
  cpu.cycles -= 0.5;
  core.shadow = cpu.cycles;
  cpu.readHooks[0x70] = () => 0x12;
  cpu.writeHooks[0x70] = () => true;
  for (let round = 0; round < 300; round++) {
    for (let slot = 0; slot < words.length; slot++) {
      for (let register = 0; register < 26; register++) {
        // all zero, all one and mixed operands, so that skips and branches go both ways
        data[register] = (round & 3) === 0 ? 0 : (round & 3) === 1 ? 0xff : round * 37 + register * slot;
      }
      data16[13] = data16[14] = 0x200;
      data16[15] = 8 * (words.length + 2);
      if (words[slot]![0]! < 0x9400 && words[slot]![0]! >= 0x8000) data16[15] = 0x240;
      data[0x5d] = 0;
      data[0x5e] = 5;
      data[0x500] = data[0x501] = data[0x502] = 0;
      const sreg = (round * 11) & 0xef;
      // S as N xor V, as all arithmetic leaves it
      data[0x5f] = (sreg & ~0x10) | ((((sreg >> 3) ^ (sreg >> 2)) & 1) << 4);
      cpu.pc = 8 * slot;
      core.run(cpu.cycles + 1);
    }
  }
}
