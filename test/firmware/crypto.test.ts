/**
 * The firmware's cryptography, compiled for this machine: RFC 7693, FIPS 180-4, RFC 4231, RFC 8032 and random inputs against node:crypto
 * and big integers. The same C runs under the address and undefined-behaviour sanitizers and, compiled fast, over long batches.
 */
import { spawnSync } from 'node:child_process';
import { createHash, createHmac, sign as nodeSign, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ask, buildNative, keyOf, type Request, whole } from './programs/crypto_native.js';

const sanitized = buildNative('clang', 'sanitized', [
  '-g',
  '-O1',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
]);
const fast = buildNative('cc', 'fast', ['-O3']);

/** A message cut at random places, empty pieces included. */
function cut(message: Uint8Array): Buffer {
  const count = 1 + (randomBytes(1)[0] % 5);
  const cuts = Array.from({ length: count - 1 }, () => randomBytes(4).readUInt32LE() % (message.length + 1));
  const ends = [0, ...cuts.sort((a, b) => a - b), message.length];
  const head = Buffer.alloc(1 + 2 * count);
  head[0] = count;
  for (let i = 0; i < count; i++) head.writeUInt16LE(ends[i + 1] - ends[i], 1 + 2 * i);
  return Buffer.concat([head, message]);
}

const hex = (s: string) => Buffer.from(s.replace(/\s/g, ''), 'hex');
const text = (s: string) => Buffer.from(s, 'ascii');

const p = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const integer = (b: Uint8Array) => BigInt(`0x${Buffer.from(b).reverse().toString('hex') || '0'}`);
const littleEndian = (x: bigint, n: number) => Buffer.from(x.toString(16).padStart(2 * n, '0'), 'hex').reverse();
const mod = (x: bigint, m: bigint) => ((x % m) + m) % m;

/** What fe25519.h promises: the plain result, folded twice by 2^256 = 38. */
function folded(x: bigint): Buffer {
  const two256 = 2n ** 256n;
  for (let i = 0; i < 3; i++) x = mod(x, two256) + 38n * ((x - mod(x, two256)) / two256);
  return littleEndian(x, 32);
}

const edges = [
  0n,
  1n,
  19n,
  38n,
  p - 1n,
  p,
  p + 1n,
  2n ** 128n - 1n,
  2n ** 255n - 1n,
  2n ** 255n,
  2n ** 256n - 38n,
  2n ** 256n - 1n,
].map((x) => littleEndian(x, 32));

t.test('BLAKE2s by RFC 7693', async (t) => {
  const [abc] = ask(sanitized, 32, [['b', whole(text('abc'))]]);
  t.same(abc, hex('508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982'), 'appendix B');
  const lengths = [...Array(200).keys(), 255, 256, 257, 1000, 4096];
  const messages = lengths.map((n) => randomBytes(n));
  const expected = messages.map((m) => createHash('blake2s256').update(m).digest());
  t.same(
    ask(
      sanitized,
      32,
      messages.map((m) => ['b', cut(m)]),
    ),
    expected,
    'every length to 199, cut at random',
  );
});

t.test('SHA-512 by FIPS 180-4', async (t) => {
  const lengths = [...Array(300).keys(), 511, 512, 513, 4096, 65000];
  const messages = lengths.map((n) => randomBytes(n));
  const expected = messages.map((m) => createHash('sha512').update(m).digest());
  t.same(
    ask(
      sanitized,
      64,
      messages.map((m) => ['h', cut(m)]),
    ),
    expected,
    'every length to 299, cut at random',
  );
});

t.test('HMAC-SHA-512 by RFC 4231', async (t) => {
  // RFC 4231, 4.2 to 4.4 with the keys zero-filled to our fixed 32 bytes, which HMAC treats as the same key
  const pad = (k: Buffer) => Buffer.concat([k, Buffer.alloc(32 - k.length)]);
  const cases = [
    [
      Buffer.alloc(20, 0x0b),
      text('Hi There'),
      '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    ],
    [
      text('Jefe'),
      text('what do ya want for nothing?'),
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    ],
    [
      Buffer.alloc(20, 0xaa),
      Buffer.alloc(50, 0xdd),
      'fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb',
    ],
  ] as const;
  t.same(
    ask(
      sanitized,
      64,
      cases.map(([key, data]) => ['m', pad(key), whole(data)]),
    ),
    cases.map(([, , tag]) => hex(tag)),
    'cases 1 to 3',
  );
  const random = Array.from({ length: 200 }, (_, n) => ({ key: randomBytes(32), data: randomBytes(n) }));
  const expected = random.map(({ key, data }) => createHmac('sha512', key).update(data).digest());
  t.same(
    ask(
      sanitized,
      64,
      random.map(({ key, data }) => ['m', key, cut(data)]),
    ),
    expected,
    'random keys and messages',
  );
});

t.test('tags compare in constant time', async (t) => {
  const tag = randomBytes(64);
  const flipped = Array.from({ length: 512 }, (_, i) => {
    const other = Buffer.from(tag);
    other[i >> 3] ^= 1 << (i & 7);
    return other;
  });
  const answers = ask(sanitized, 1, [['=', tag, tag], ...flipped.map((f): Request => ['=', tag, f])]);
  t.same(
    answers.map((a) => a[0]),
    [1, ...flipped.map(() => 0)],
    'equal is 1, every single bit flip is 0',
  );
});

t.test('field of 2^255 - 19', async (t) => {
  const some = [...edges, ...Array.from({ length: 20 }, () => randomBytes(32))];
  const pairs = some.flatMap((a) => some.map((b) => [a, b] as const));
  const expected = pairs.map(([a, b]) => {
    const [x, y] = [integer(a), integer(b)];
    return Buffer.concat([folded(x * y), folded(x * x), folded(x + y), folded(x - y)]);
  });
  t.same(
    ask(
      sanitized,
      128,
      pairs.map(([a, b]) => ['f', a, b]),
    ),
    expected,
    'product, square, sum, difference',
  );
  const inverses = ask(
    sanitized,
    64,
    some.map((a) => ['i', a]),
  );
  t.ok(
    inverses.every((answer, i) => {
      const [inverse, canonical, x] = [integer(answer.subarray(0, 32)), integer(answer.subarray(32)), integer(some[i])];
      return canonical === mod(x, p) && inverse < p && mod(inverse * x, p) === (mod(x, p) === 0n ? 0n : 1n);
    }),
    'inverse and smallest representative',
  );
});

t.test('scalars modulo L', async (t) => {
  const wide = [
    0n,
    1n,
    L - 1n,
    L,
    L + 1n,
    2n ** 252n,
    2n ** 256n - 1n,
    L * L,
    L << 256n,
    (L << 259n) - 1n,
    2n ** 512n - 1n,
  ].map((x) => littleEndian(x, 64));
  for (let i = 0; i < 500; i++) wide.push(randomBytes(64));
  for (let i = 0n; i < 250n; i++) wide.push(littleEndian((L << i) - 1n, 64), littleEndian(L << i, 64));
  t.same(
    ask(
      sanitized,
      32,
      wide.map((x) => ['r', x]),
    ),
    wide.map((x) => littleEndian(mod(integer(x), L), 32)),
    '512 bits to 253',
  );
  const triples = Array.from({ length: 500 }, () => [randomBytes(32), randomBytes(32), randomBytes(32)]);
  triples.push([edges.at(-1)!, edges.at(-1)!, edges.at(-1)!], [edges[0], edges[0], edges[0]]);
  const sums = triples.map(([a, b, c]) => littleEndian(mod(integer(a) * integer(b) + integer(c), L), 32));
  t.same(
    ask(
      sanitized,
      32,
      triples.map((x) => ['a', ...x]),
    ),
    sums,
    'a b + c',
  );
});

t.test('Ed25519 by RFC 8032', async (t) => {
  // section 7.1: TEST 1 to 3 and TEST SHA(abc)
  const vectors = [
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
    [
      '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
      'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
    ],
  ];
  t.same(
    ask(
      sanitized,
      32,
      vectors.map(([seed]) => ['k', hex(seed)]),
    ),
    vectors.map(([, pk]) => hex(pk)),
    '7.1 public keys',
  );
  t.same(
    ask(
      sanitized,
      64,
      vectors.map(([seed, pk, m]) => ['s', hex(seed), hex(pk), whole(hex(m))]),
    ),
    vectors.map(([, , , sig]) => hex(sig)),
    '7.1 signatures',
  );
});

t.test('the comb table is what its generator writes', async (t) => {
  const script = fileURLToPath(new URL('../../scripts/comb25519.mjs', import.meta.url));
  for (const width of ['5', '4', '2']) {
    const { status, stderr } = spawnSync(process.execPath, [script, width, '--check'], { encoding: 'utf8' });
    t.equal(status, 0, stderr || `width ${width}: multiples of the base point by @noble/ed25519`);
  }
});

t.test('10,000 random keys and messages sign as node:crypto does', async (t) => {
  const seeds = Array.from({ length: 10_000 }, () => randomBytes(32));
  const messages = seeds.map((_, i) => randomBytes(i % 400));
  // a wrong public key would give a wrong signature: it is hashed with every message
  const publics = ask(
    fast,
    32,
    seeds.map((seed) => ['k', seed]),
  );
  const signatures = ask(
    fast,
    64,
    seeds.map((seed, i) => ['s', seed, publics[i], cut(messages[i])]),
  );
  t.equal(
    seeds.findIndex((seed, i) => !nodeSign(null, messages[i], keyOf(seed).key).equals(signatures[i])),
    -1,
    'byte for byte',
  );
});
