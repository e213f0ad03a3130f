/**
 * What the firmware's cryptography costs on an ATmega328P, in cycles, RAM and flash: the real C and assembly, compiled with the image's
 * flags, executed by avr8js's instruction set, and by simavr where it is installed. Cycles do not depend on this machine.
 *
 *     npm run bench:signer [-- --json] [-- --long]
 *
 * `--long` times 1,000 signatures instead of 64, compares 64 traces instead of 8 and a million field operations with their twin in C
 * (some minutes).
 */
import { sign as nodeSign, randomBytes } from 'node:crypto';
import {
  AvrMachine,
  avrCompilerPresent,
  blake2sFlash,
  buildAvrImage,
  messageAt128,
  operands,
  runSimavr,
  signerFlash,
  simavrPresent,
} from '../test/firmware/programs/crypto_avr.js';
import { ask, buildNative, keyOf } from '../test/firmware/programs/crypto_native.js';
import { type BenchRow, report } from './table.js';

if (!avrCompilerPresent) {
  process.stderr.write('avr-gcc is not installed: scripts/debian-packages.sh installs it\n');
  process.exit(1);
}
const long = process.argv.includes('--long');
const hz = 16e6;
const scratchBytes = 384;
const image = buildAvrImage(true);
const board = new AvrMachine(image);
const rows: BenchRow[] = [];

function atMost(
  row: string,
  value: number,
  unit: string,
  reference: string,
  limit: number,
  goal = `at most ${limit.toLocaleString('en')}`,
) {
  rows.push({ row, value, unit, reference, goal, holds: value <= limit });
}

function inform(row: string, value: number, unit: string, reference: string) {
  rows.push({ row, value, unit, reference, goal: '', holds: null });
}

function signingCase(length = 210) {
  const seed = randomBytes(32);
  const { key, pk } = keyOf(seed);
  const message = randomBytes(length);
  return { key, message, io: operands([64, seed], [96, pk()], [128, messageAt128(message)]) };
}

const one = signingCase();
board.put(0, one.io);
const signed = board.run('s');
board.put(0, one.io);
const derived = board.run('k');
board.put(0, randomBytes(448));
const blake2sBlock = board.run('B').cycles;
const sha512Block = board.run('H').cycles;
board.put(128, messageAt128(randomBytes(64)));
const command = board.run('m').cycles;
board.put(128, messageAt128(randomBytes(166)));
const window = board.run('w').cycles;

atMost('signature over 210 bytes', signed.cycles, 'cycles', 'Arduino Crypto library 93.2 M, µNaCl 23.2 M', 8e6);
inform('the same', (1000 * signed.cycles) / hz, 'ms at 16 MHz', 'Arduino Crypto library 5,824');
inform('public key from seed', derived.cycles, 'cycles', 'Arduino Crypto library 91.9 M');
inform('field product', board.run('*').cycles, 'cycles', 'Hutter and Schwabe 2015: 4,961 without the reduction');
inform('field square', board.run('2').cycles, 'cycles', 'the product');
atMost('BLAKE2s, one block', blake2sBlock / 64, 'cycles a byte', 'Arduino Crypto library 296 to 330', 240);
atMost('BLAKE2s of 32 frames of 166 bytes', window / (32 * 166), 'cycles a byte', 'one block', 240);
atMost(
  'SHA-512',
  sha512Block / 128,
  'cycles a byte',
  'Cheng, Dinu and Großschädl 2018: 467; Arduino Crypto library 2,000',
  600,
);
atMost('HMAC of a 64-byte command', (1000 * command) / hz, 'ms at 16 MHz', '4 blocks at 2,000 cycles a byte: 64', 20);
atMost(
  'stack and scratch of the signer',
  Math.max(signed.stack, derived.stack) + scratchBytes,
  'bytes',
  'Arduino Crypto library 1,019',
  1100,
);
atMost('longest time between yields', (1000 * signed.yieldGap) / hz, 'ms', 'a watchdog of 1,000', 15);
atMost('flash of Ed25519, SHA-512 and HMAC', signerFlash(image), 'bytes', 'Arduino Crypto library 15,500', 12_288);
atMost('flash of BLAKE2s', blake2sFlash(image), 'bytes', 'RAM of the chip 2,048', 1536);

// Traces: every program counter and every data address of a signature, over keys and messages. Flash addresses of the comb are not among
// them: LPM takes 3 cycles everywhere.
const [keys, messages] = long ? [16, 4] : [4, 2];
const traces = new Set<string>();
for (let k = 0; k < keys; k++) {
  const { io } = signingCase();
  for (let m = 0; m < messages; m++) {
    io.set(randomBytes(210), 130);
    board.put(0, io);
    const { pcTrace, addressTrace, cycles } = board.run('s', { trace: true });
    traces.add(`${pcTrace} ${addressTrace} ${cycles}`);
  }
}
atMost(
  `different traces in ${keys} keys x ${messages} messages`,
  traces.size,
  'traces',
  'program counters and data addresses',
  1,
  'one',
);

if (simavrPresent) {
  const cases = Array.from({ length: long ? 1000 : 64 }, () => signingCase());
  const answers = runSimavr(
    image,
    cases.map(({ io }) => ({ op: 's', io })),
  );
  const durations = new Set([signed.cycles, ...answers.map(({ cycles }) => cycles)]);
  atMost(
    `different durations of ${cases.length} signatures in simavr, and of avr8js`,
    durations.size,
    'durations',
    'avr8js',
    1,
    'one',
  );
  const wrong = cases.filter(
    ({ key, message }, i) => !nodeSign(null, message, key).equals(answers[i].io.subarray(0, 64)),
  ).length;
  atMost(`wrong ones among those ${cases.length}`, wrong, 'signatures', 'node:crypto, byte for byte', 0, 'none');

  // products and squares against the C twin; half of the operands from bytes at the ends of their range, where carries are long
  const native = buildNative('cc', 'native', ['-O2']);
  const ends = [0, 0, 1, 0x7f, 0x80, 0xfe, 0xff, 0xff];
  const batches = long ? 50 : 1;
  const size = long ? 20_000 : 4000;
  let different = 0;
  for (let batch = 0; batch < batches; batch++) {
    const pairs = Array.from({ length: size }, (_, i) => {
      const bytes = randomBytes(64);
      return i & 1 ? Buffer.from(bytes.map((b) => ends[b & 7])) : bytes;
    });
    const twin = ask(
      native,
      128,
      pairs.map((pair) => ['f', pair]),
    );
    for (const [op, at] of [
      ['*', 0],
      ['2', 32],
    ] as const) {
      const done = runSimavr(
        image,
        pairs.map((pair) => ({ op, io: operands([32, pair]) })),
      );
      different += done.filter(({ io }, i) => !io.subarray(0, 32).equals(twin[i].subarray(at, at + 32))).length;
    }
  }
  atMost(
    `of ${batches * size} products and squares, different from the C twin`,
    different,
    'results',
    'firmware/core/fe25519.c',
    0,
    'none',
  );
}

report('signer', rows);
