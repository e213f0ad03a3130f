/**
 * The firmware's cryptography as the ATmega328P executes it: assembly kernels against their C twins, signatures against node:crypto, cycles,
 * stack and flash against their budgets, and equal time for every key.
 */
import { createHash, createHmac, sign as nodeSign, randomBytes } from 'node:crypto';
import t from 'tap';
import { AvrMachine, avrCompilerPresent, buildAvrImage } from './programs/crypto_avr.js';
import { ask, buildNative, keyOf } from './programs/crypto_native.js';

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

const two256 = 2n ** 256n;
const littleEndian = (x: bigint) => Buffer.from(x.toString(16).padStart(64, '0'), 'hex').reverse();
const p = 2n ** 255n - 19n;

t.test('field of 2^255 - 19 on the board', async (t) => {
  const edges = [
    0n,
    1n,
    19n,
    38n,
    p - 1n,
    p,
    p + 1n,
    2n ** 64n - 1n,
    2n ** 128n - 1n,
    2n ** 128n,
    2n ** 192n,
    2n ** 255n - 1n,
    two256 - 38n,
    two256 - 1n,
  ];
  // halves equal, halves in both orders, runs of ones: the signs and carries of Karatsuba
  const word = 2n ** 64n - 1n;
  const shapes = Array.from({ length: 16 }, (_, bits) =>
    [0, 1, 2, 3].reduce((x, i) => x | ((bits >> i) & 1 ? word << BigInt(64 * i) : 0n), 0n),
  );
  const some = [...edges, ...shapes].map(littleEndian);
  const pairs = some.flatMap((a) => some.map((b) => [a, b] as const));
  for (let i = 0; i < 600; i++) pairs.push([randomBytes(32), randomBytes(32)]);
  const twin = ask(
    native,
    128,
    pairs.map(([a, b]) => ['f', a, b]),
  );
  for (const [op, at, name] of [
    ['*', 0, 'product'],
    ['2', 32, 'square'],
    ['+', 64, 'sum'],
    ['-', 96, 'difference'],
  ] as const) {
    const cycles = new Set<number>();
    const wrong = pairs.findIndex(([a, b], i) => {
      const done = run(op, 32, Buffer.concat([a, b]), 32);
      cycles.add(done.cycles);
      return !done.result.equals(twin[i].subarray(at, at + 32));
    });
    t.equal(wrong, -1, `${name}: ${pairs.length} pairs as the C twin gives them`);
    t.equal(cycles.size, 1, `${name}: in the same time`);
  }
});

t.test('comb table on the board', async (t) => {
  const address = image.address('comb25519');
  for (let entry = 0; entry < 16; entry++) {
    board.put(128, Buffer.from([entry]));
    board.run('c');
    const flash = Buffer.from(image.words.buffer, address + 96 * entry, 96);
    t.same(board.get(0, 96), flash, `entry ${entry}`);
  }
});

t.test('SHA-512 and HMAC on the board', async (t) => {
  const inputs = Array.from({ length: 200 }, (_, i) => (i < 2 ? Buffer.alloc(192, i ? 0xff : 0) : randomBytes(192)));
  const twin = ask(
    native,
    64,
    inputs.map((input) => ['H', input]),
  );
  const cycles = new Set<number>();
  const wrong = inputs.findIndex((input, i) => {
    // crypto_scratch: block, slide, state
    board.put(0, input.subarray(64));
    board.put(256, input.subarray(0, 64));
    cycles.add(board.run('H').cycles);
    return !board.get(256, 64).equals(twin[i]);
  });
  t.equal(wrong, -1, 'the assembly compression equals its C twin');
  t.equal(cycles.size, 1, 'in the same time');
  const [block] = cycles;
  t.ok(block <= 600 * 128, `${block} cycles a block, 600 a byte allowed`);
  for (const n of [0, 1, 111, 112, 127, 128, 129, 239, 240, 300]) {
    const message = randomBytes(n);
    putMessage(message);
    board.run('h');
    t.same(board.get(0, 64), createHash('sha512').update(message).digest(), `SHA-512 of ${n} bytes`);
    const key = randomBytes(32);
    board.put(64, key);
    board.run('m');
    t.same(board.get(0, 64), createHmac('sha512', key).update(message).digest(), `HMAC of ${n} bytes`);
  }
});

t.test('Ed25519 on the board', async (t) => {
  const cycles = new Set<number>();
  let stack = 0;
  for (let i = 0; i < 8; i++) {
    const seed = randomBytes(32);
    const { key, pk: publicOf } = keyOf(seed);
    const pk = publicOf();
    const message = randomBytes(210);
    putMessage(message);
    board.put(64, Buffer.concat([seed, pk]));
    const done = board.run('s');
    cycles.add(done.cycles);
    stack = Math.max(stack, done.stack);
    t.same(board.get(0, 64), nodeSign(null, message, key), `signature ${i}`);
    board.run('k');
    t.same(board.get(0, 32), pk, `public key ${i}`);
  }
  t.equal(cycles.size, 1, 'every key in the same time');
  t.comment([...cycles], stack);
});

t.test('CRC-16/CCITT-FALSE and COBS on the board', async (t) => {
  const crcOf = (bytes: Uint8Array) =>
    bytes.reduce((crc, byte) => {
      crc ^= byte << 8;
      for (let i = 0; i < 8; i++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
      return crc;
    }, 0xffff);
  board.put(128, Buffer.from([9, 0, ...Buffer.from('123456789')]));
  board.run('C');
  t.same(board.get(0, 2), Buffer.from([0x29, 0xb1]), 'check value of the catalogue');
  for (const n of [0, 1, 2, 100, 170, 253]) {
    for (const zeros of [0, 0.1, 0.5, 1]) {
      const bytes = Uint8Array.from(randomBytes(n), (b) => (Math.random() < zeros ? 0 : b || 1));
      board.put(128, Buffer.from([n, 0, ...bytes]));
      board.run('C');
      t.equal(board.get(0, 2).readUInt16BE(), crcOf(bytes), `CRC of ${n} bytes`);
      board.run('Z');
      const stuffed = board.get(129, n + 1);
      t.notOk(stuffed.includes(0), 'no zero is left');
      const plain: number[] = [];
      for (let at = 0; at <= n; at += stuffed[at]) plain.push(...stuffed.subarray(at + 1, at + stuffed[at]), 0);
      t.same(Uint8Array.from(plain.slice(0, n)), bytes, `COBS of ${n} bytes with ${100 * zeros} % zeros`);
    }
  }
});
