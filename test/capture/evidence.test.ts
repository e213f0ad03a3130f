/** Verification without board or network: every change of a capture or its file is refused (docs/protocol.md, verdicts and bundles). */
import { createHash } from 'node:crypto';
import t from 'tap';
import {
  type CaptureItems,
  evidenceOf,
  readKnownKeys,
  startCapture,
  verifyCapture,
  verifyEvidence,
} from '../../host/capture/index.js';
import { KizashiError } from '../../host/errors.js';
import { hex, keyOf, openSession, type PinnedBoard } from '../../host/session/index.js';
import {
  decodeMessage,
  encodeMessage,
  encodePart,
  readEvidence,
  signMessage,
  writeEvidence,
} from '../../protocol/index.js';
import { bench } from '../session/bench.js';

const seed = new Uint8Array(32).fill(9);

interface Sample {
  items: CaptureItems;
  other: CaptureItems;
  pinned: PinnedBoard;
  note: Uint8Array;
}

/** Two captures of one board: 7 frames in windows of 3, u10, two channels. */
async function sample(): Promise<Sample> {
  const b = await bench({ identity: { seed, pair: new Uint8Array(32) }, gaps: { 2: 240 } });
  const session = await b.world.until(openSession(b.options));
  const note = Buffer.from('log\n3\nroot\n');
  const challenge = new Uint8Array(createHash('sha256').update(note).digest().subarray(0, 16));
  const results = [];
  for (let k = 0; k < 2; k++) {
    const channels = [
      { id: 'a', pin: 'A0' },
      { id: 'b', pin: 'A3' },
    ];
    const run = startCapture(session, { channels, rateHz: 4000, seconds: 0.1, win: 3, challenge });
    const result = await b.world.until(run.result);
    if (!result.ok) throw new Error(result.text);
    results.push(result.items);
  }
  session.end('closed', '');
  await session.link.close();
  b.world.close();
  return { items: results[0], other: results[1], pinned: b.pinned, note };
}

t.test('evidence', async (t) => {
  const { items, other, pinned, note } = await sample();
  const key = keyOf(pinned);
  const keys = readKnownKeys(JSON.stringify({ [pinned.kid]: { pk: hex(pinned.pk), name: 'fan 3' } }));
  const file = evidenceOf(items, pinned, 3, note);

  t.test('a good file', (t) => {
    t.match(verifyEvidence(file, keys, { crossCheck: true }), {
      valid: true,
      kid: pinned.kid,
      name: 'fan 3',
      record: 1,
      boot: 2,
      rate: { hz: 2_000_000, ticks: 500 },
      channels: 2,
      samples: 800,
      lost: 240,
      holes: [],
      time: 'note',
      verifiers: ['node:crypto', '@noble/ed25519'],
    });
    t.ok(items.data.length === 7 && items.marks.length === 3);
    t.end();
  });

  t.test('every bit of every item flipped: refused', (t) => {
    const parts: { bytes: Uint8Array; put: (bytes: Uint8Array) => CaptureItems }[] = [
      { bytes: items.begin!, put: (begin) => ({ ...items, begin }) },
      { bytes: items.seal!, put: (seal) => ({ ...items, seal }) },
      ...items.data.map((item, i) => ({
        bytes: item!,
        put: (bytes: Uint8Array) => ({ ...items, data: items.data.with(i, bytes) }),
      })),
      ...items.marks.map((d, w) => ({
        bytes: d!,
        put: (bytes: Uint8Array) => ({ ...items, marks: items.marks.with(w, bytes) }),
      })),
    ];
    let mutants = 0;
    const accepted: string[] = [];
    for (const [k, { bytes, put }] of parts.entries()) {
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const changed = bytes.slice();
        changed[bit >> 3] ^= 1 << (bit & 7);
        mutants++;
        if (verifyCapture(put(changed), { key }).ok) accepted.push(`part ${k} bit ${bit}`);
      }
    }
    t.same(accepted, []);
    t.comment(`${mutants} mutants`);
    t.end();
  });

  t.test('frames lost, swapped, spliced, moved: only holes are accepted, and named', (t) => {
    const verdict = (changed: Partial<CaptureItems>) => {
      const v = verifyCapture({ ...items, ...changed }, { key });
      return v.ok ? v.holes : v.why;
    };
    const { data, marks } = items;
    t.same(verdict({ marks: [] }), []);
    t.same(verdict({ data: data.with(4, undefined) }), [1]);
    t.same(verdict({ data: data.with(6, undefined) }), [2]);
    t.same(verdict({ data: data.slice(0, 6) }), [2]);
    t.same(verdict({ data: [] }), [0, 1, 2]);
    t.same(verdict({ data: data.with(4, undefined), marks: marks.with(1, undefined) }), 'window-lost-with-mark');
    t.same(verdict({ data: data.with(4, undefined), marks: marks.with(1, other.marks[1]) }), 'digest');
    t.same(verdict({ data: data.with(1, data[2]).with(2, data[1]) }), 'order');
    t.same(verdict({ data: data.with(3, other.data[3]) }), 'foreign-frame');
    t.same(verdict({ begin: other.begin }), 'foreign-frame');
    t.same(verdict({ seal: other.seal }), 'foreign-frame');
    t.same(verdict({ begin: undefined }), 'begin-lost');
    t.same(verdict({ seal: undefined }), 'seal-timeout');
    t.same(verdict({ data: [...data, data[6]] }), 'order');
    t.same(verdict({ marks: [...marks, marks[2]] }), 'digest');
    t.same(verdict({ begin: data[0] }), 'shape');
    t.same(verdict({ seal: items.begin }), 'shape');
    t.end();
  });

  t.test('one-item rule: bytes moved over a frame boundary pass no digest', (t) => {
    const [a, b] = [items.data[0]!, items.data[1]!];
    const whole = Buffer.concat([a, b]);
    for (let cut = 1; cut < whole.length; cut++) {
      if (cut === a.length) continue;
      const moved = items.data.with(0, whole.subarray(0, cut)).with(1, whole.subarray(cut));
      if (verifyCapture({ ...items, data: moved }, { key }).ok) t.fail(`cut at ${cut}`);
    }
    t.pass(`${whole.length - 2} cuts`);
    t.end();
  });

  t.test('every byte of the file changed: not valid', (t) => {
    const wrong: number[] = [];
    for (let at = 0; at < file.length; at++) {
      const changed = file.slice();
      changed[at] ^= 0x11;
      if (verifyEvidence(changed, keys).valid) wrong.push(at);
    }
    t.same(wrong, []);
    for (let length = 0; length < file.length; length += 13) {
      if (verifyEvidence(file.subarray(0, length), keys).valid) t.fail(`cut at ${length}`);
    }
    t.end();
  });

  t.test('keys', (t) => {
    const verdict = (json: unknown) => {
      const v = verifyEvidence(file, readKnownKeys(JSON.stringify(json)));
      return v.valid ? 'valid' : v.why;
    };
    t.equal(verdict({}), 'unknown-key');
    t.equal(verdict({ [pinned.kid]: hex(pinned.pk) }), 'valid');
    t.equal(verdict({ [pinned.kid]: { pk: hex(pinned.pk), revoked: 'stolen' } }), 'revoked');
    for (const json of [
      '',
      '[]',
      '{"00":"11"}',
      `{"${pinned.kid}":"${'00'.repeat(32)}"}`,
      '{"0000000000000000":"zz"}',
    ]) {
      t.throws(() => readKnownKeys(json), { code: 'KZ0504' });
    }
    // the point of order 2: y = −1
    const low = `ec${'ff'.repeat(30)}7f`;
    t.throws(() => readKnownKeys(JSON.stringify({ [low.slice(0, 16)]: low })), KizashiError);
    t.end();
  });

  t.test('an identity, note or seal of elsewhere', (t) => {
    const evidence = readEvidence(file);
    const verdict = (changed: Partial<typeof evidence>) => {
      const v = verifyEvidence(writeEvidence({ ...evidence, ...changed }, 3), keys, { crossCheck: true });
      return v.valid ? 'valid' : v.why;
    };
    t.equal(verdict({}), 'valid');
    t.equal(verdict({ note: Buffer.from('another note\n') }), 'challenge');
    const identity = decodeMessage(evidence.identity, 'd2h');
    if (identity.type !== 'identity') throw new Error('no identity');
    t.equal(verdict({ identity: encodeMessage({ ...identity, signature: new Uint8Array(64) }) }), 'identity');
    t.equal(verdict({ identity: signMessage('identity', { ...identity.body, rec: 5 }, seed) }), 'prev');
    const liar = new Uint8Array(32).fill(8);
    const forged = signMessage('identity', { ...identity.body, pk: new Uint8Array(32) }, seed);
    t.equal(verdict({ identity: forged }), 'identity');
    t.equal(verdict({ identity: signMessage('identity', identity.body, liar) }), 'unknown-key');
    const seal = decodeMessage(evidence.seal, 'd2h');
    if (seal.type !== 'seal') throw new Error('no seal');
    t.equal(verdict({ seal: signMessage('seal', seal.body, liar) }), 'foreign');
    t.equal(verdict({ seal: encodeMessage({ ...seal, signature: new Uint8Array(64) }) }), 'signature');
    for (const change of [
      { ns: 799 },
      { ns: 804 },
      { lost: 0 },
      { lost: 241 },
      { nf: 6 },
      { nf: 8 },
      { end: 0, ns: 680 },
    ]) {
      // genuine signatures over counts that are not those of the frames
      t.not(verdict({ seal: signMessage('seal', { ...seal.body, ...change }, seed) }), 'valid', JSON.stringify(change));
    }
    t.equal(verdict({ seal: signMessage('seal', { ...seal.body, t1: 0 }, seed) }), 'timing');
    t.end();
  });

  t.test('numbers that would make a reader allocate without end', (t) => {
    const head = readEvidence(file);
    const huge = Buffer.concat([
      encodePart({ part: 'head' }),
      encodePart({ part: 'identity', item: head.identity }),
      encodePart({ part: 'begin', item: head.begin }),
      encodePart({ part: 'data', i: 0xffffffff, item: head.frames[0].item }),
      encodePart({ part: 'seal', item: head.seal }),
    ]);
    const before = process.memoryUsage().heapUsed;
    t.equal(verifyEvidence(huge, keys).valid, false);
    t.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
    t.end();
  });
});
