/** Framing under noise: nothing intact is lost, nothing broken passes, memory stays bounded, every byte is counted once. */
import fc from 'fast-check';
import t from 'tap';
import { firmwareFrames } from '../../bench/firmware-frames.js';
import { frameLimits } from '../../bench/frame-limits.js';
import { crc16, decodeCobs, encodeCobs, encodeFrame, FrameReader, maxBody } from '../../protocol/index.js';
import { loadGrammar } from './cddl-validator.js';
import { longestFrame, longestItem } from './longest-items.js';
import { hex, rising, specimens } from './specimens.js';

const config = { seed: 20261124 };

/** CRC-16/CCITT-FALSE bit by bit, as its definition reads. */
function bitwiseCrc(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const feedback = ((crc >> 15) ^ (byte >> bit)) & 1;
      crc = ((crc << 1) & 0xffff) ^ (feedback ? 0x1021 : 0);
    }
  }
  return crc;
}

function readAll(reader: FrameReader, bytes: Uint8Array, chunk = bytes.length || 1): string[] {
  const seen: string[] = [];
  for (let p = 0; p < bytes.length; p += chunk)
    reader.push(bytes.subarray(p, p + chunk), (body) => seen.push(hex(body)));
  return seen;
}

const total = ({ counters: c }: FrameReader) => c.bytesGood + c.bytesBad;

t.test('CRC by table equals CRC by bit, COBS there and back', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
      if (crc16(bytes) !== bitwiseCrc(bytes)) throw new Error('crc');
      const stuffed = encodeCobs(bytes);
      if (stuffed.includes(0) || stuffed.length > bytes.length + Math.floor(bytes.length / 254) + 1)
        throw new Error('stuffing');
      if (hex(decodeCobs(stuffed)) !== hex(bytes)) throw new Error('round trip');
    }),
    config,
  );
  t.throws(() => decodeCobs(Uint8Array.of(3, 1)), { cause: 'cobs' });
  t.throws(() => decodeCobs(Uint8Array.of(2, 0)), { cause: 'cobs' });
  t.throws(() => decodeCobs(new Uint8Array(0)), { cause: 'cobs' });
});

t.test('frames around every block border, in chunks of every size', async (t) => {
  for (const n of [1, 2, 252, 253, 254, 255, 506, 507, 508, 509, 1399, maxBody]) {
    for (const fill of [0, 1, 255]) {
      const body = new Uint8Array(n).fill(fill);
      const frame = encodeFrame(body, true);
      t.equal(frame.indexOf(0, 1), frame.length - 1, `one zero, at the end, ${n} × ${fill}`);
      for (const chunk of [1, 7, 256, frame.length])
        t.same(readAll(new FrameReader(), frame, chunk), [hex(body)], `${n} × ${fill} by ${chunk}`);
    }
  }
  t.throws(() => encodeFrame(new Uint8Array(maxBody + 1)), { cause: 'overlong' });
  t.throws(() => encodeFrame(new Uint8Array(0)), { cause: 'overlong' });
});

t.test('each cause is counted under its name', async (t) => {
  const reader = new FrameReader(160);
  const good = encodeFrame(rising(1, 20));
  const crcBad = good.slice();
  crcBad[5] ^= 0x40;
  const causes: [string, Uint8Array][] = [
    ['crc', crcBad],
    ['cobs', Uint8Array.of(9, 1, 2, 0)],
    ['short', Uint8Array.of(3, 1, 2, 0)],
    ['overlong', new Uint8Array(encodeFrame(rising(1, 161)))],
    ['overlong', Uint8Array.of(...new Uint8Array(5000).fill(7), 0)],
  ];
  for (const [cause, bytes] of causes) {
    const before = { ...reader.counters };
    t.same(readAll(reader, bytes, 64), []);
    t.equal(reader.counters[cause as 'crc'], before[cause as 'crc'] + 1, cause);
    t.same(readAll(reader, good), [hex(rising(1, 20))], `a good frame right behind ${cause}`);
  }
  t.same(readAll(reader, new Uint8Array(100)), [], 'empty frames');
  const { crc, cobs, short, overlong, frames } = reader.counters;
  t.same({ crc, cobs, short, overlong, frames }, { crc: 1, cobs: 1, short: 1, overlong: 2, frames: 5 });
  t.equal(total(reader), causes.reduce((sum, [, bytes]) => sum + bytes.length, 0) + 5 * good.length + 100);
});

t.test('garbage between frames never costs an intact frame', async (t) => {
  const piece = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((body) => ({ body, bytes: encodeFrame(body) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .uint8Array({ maxLength: 400 })
        .map((noise) => ({ body: undefined, bytes: Uint8Array.of(...noise, 0) })),
    },
  );
  let frames = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 700 }), (pieces, chunk) => {
      const line = new Uint8Array(Buffer.concat(pieces.map(({ bytes }) => bytes)));
      const reader = new FrameReader();
      const seen = readAll(reader, line, chunk);
      const sent = pieces.flatMap(({ body }) => (body ? [hex(body)] : []));
      // noise passes the CRC once in 65,536 times; a frame that was sent must be there in any case
      let at = 0;
      for (const body of seen) if (body === sent[at]) at++;
      if (at !== sent.length) throw new Error(`${sent.length - at} frames lost`);
      if (total(reader) !== line.length) throw new Error('bytes not counted once');
      frames += sent.length;
    }),
    { ...config, numRuns: 1500 },
  );
  t.ok(frames > 2000, `${frames} frames`);
});

t.test('every single-bit flip and every truncation of a frame is refused', async (t) => {
  const body = rising(0, 60);
  const frame = encodeFrame(body);
  let passed = 0;
  for (let bit = 0; bit < (frame.length - 1) * 8; bit++) {
    const changed = frame.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    passed += readAll(new FrameReader(), changed).length;
  }
  for (let n = 0; n < frame.length - 1; n++)
    passed += readAll(new FrameReader(), Uint8Array.of(...frame.slice(0, n), 0)).length;
  t.equal(passed, 0);
});

t.test('after reset() nothing of the frame begun is left', async (t) => {
  const reader = new FrameReader();
  readAll(reader, encodeFrame(rising(1, 50)).slice(0, 20));
  reader.reset();
  t.same(readAll(reader, encodeFrame(rising(5, 9))), [hex(rising(5, 9))]);
  t.equal(reader.counters.bytesBad, 20);
});

t.test(
  'no message that the grammar allows takes more of the line than planned, and the codec writes the longest',
  async (t) => {
    const grammar = loadGrammar('kz1.cddl');
    for (const limit of frameLimits) {
      const { message, rule, most } = limit;
      t.equal(longestFrame(longestItem(grammar, rule, limit)), most, message);
    }
    const written = (name: string) => longestFrame(specimens.find((one) => one.name === name)!.item.length);
    for (const name of [
      'hello',
      'identity',
      'capture',
      'ack',
      'event',
      'begin',
      'seal',
      'mark',
      'busy',
      'pong',
      'blank',
    ])
      t.equal(
        written(`${name}-largest`),
        frameLimits.find(({ message }) => message === name)!.most,
        `${name} as written`,
      );
    t.equal(longestItem(grammar, 'fifo-u10-data'), 1309, 'samples of any length: 1,280 bytes of them');
  },
);

t.test('nor does anything that the firmware sends in its life', async (t) => {
  const { frames } = firmwareFrames();
  for (const { kind, longest, most } of frames) t.ok(longest <= most, `${kind}: ${longest} of ${most}`);
  t.ok(frames.length >= 18, `${frames.length} kinds of frames`);
});
