/**
 * The firmware's cryptography as the ATmega328P executes it: assembly kernels against their C twins, signatures against node:crypto, cycles,
 * stack and flash against their budgets, and equal time for every key.
 */
import { createHash, randomBytes } from 'node:crypto';
import t from 'tap';
import { AvrMachine, avrCompilerPresent, buildAvrImage } from './programs/crypto_avr.js';
import { ask, buildNative } from './programs/crypto_native.js';

if (!avrCompilerPresent) throw new Error('avr-gcc is missing: scripts/debian-packages.sh installs it');

const image = buildAvrImage(true);
const board = new AvrMachine(image);
const native = buildNative('cc', 'native', ['-O2']);

/** Runs an operation whose operands stand at `at`, and returns its result. */
function run(
  op: string,
  at: number,
  operands: Uint8Array,
  size: number,
): { result: Buffer; cycles: number; stack: number } {
  board.put(at, operands);
  const { cycles, stack } = board.run(op);
  return { result: board.get(0, size), cycles, stack };
}

/** A message where crypto_avr.c looks for it. */
function putMessage(message: Uint8Array): void {
  board.put(128, Buffer.concat([Buffer.from([message.length & 255, message.length >> 8]), message]));
}

t.test('BLAKE2s on the board', async (t) => {
  const inputs = Array.from({ length: 300 }, (_, i) =>
    Buffer.concat([randomBytes(36), Buffer.from([i & 1 ? 0xff : 0]), randomBytes(64)]),
  );
  const twin = ask(
    native,
    32,
    inputs.map((input) => ['B', input]),
  );
  const cycles = new Set<number>();
  const same = inputs.every((input, i) => {
    // h and t stand at the start of the state, flag and block where crypto_avr.c puts them
    board.put(0, input.subarray(0, 36));
    const done = run('B', 191, input.subarray(36), 32);
    cycles.add(done.cycles);
    return done.result.equals(twin[i]);
  });
  t.ok(same, 'the assembly compression equals its C twin');
  t.equal(cycles.size, 1, 'in the same time');
  for (const n of [0, 1, 63, 64, 65, 127, 128, 129, 166, 300]) {
    const message = randomBytes(n);
    putMessage(message);
    board.run('b');
    t.same(board.get(0, 32), createHash('blake2s256').update(message).digest(), `${n} bytes`);
  }
  const [block] = cycles;
  t.ok(block <= 240 * 64, `${block} cycles a block, 240 a byte allowed`);
});
