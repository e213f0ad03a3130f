/** evidence.cddl and RFC 8742: files are read strictly, in order, piece by piece, in bounded memory. */
import fc from 'fast-check';
import t from 'tap';
import {
  decodeCbor,
  type Evidence,
  EvidenceReader,
  EvidenceWriter,
  encodePart,
  evidenceLimits,
  maxEvidence,
  ProtocolError,
  readEvidence,
  writeEvidence,
} from '../../protocol/index.js';
import { loadGrammar, Validator } from './cddl-validator.js';
import { bytes, hex, rising, specimen } from './specimens.js';

const evidence: Evidence = {
  identity: specimen('identity').item,
  entry: rising(1, 90),
  begin: specimen('begin').item,
  frames: Array.from({ length: 6 }, (_, i) => ({ i, item: specimen('data-u10').item })),
  marks: [0, 1, 2].map((w) => ({ w, d: rising(w, 32) })),
  seal: specimen('seal').item,
  proof: rising(2, 100),
  note: rising(3, 300),
};
const file = writeEvidence(evidence, 2);

/** Start of each part in a file made of these parts. */
function starts(): number[] {
  const reader = new EvidenceReader();
  const at = [0];
  for (let p = 0; p < file.length; p++) if (reader.push(file.subarray(p, p + 1)).length > 0) at.push(p + 1);
  return at;
}

t.test('there and back, whole and byte by byte', async (t) => {
  t.same(readEvidence(file), evidence);
  const { entry, proof, note, ...short } = evidence;
  t.same(readEvidence(writeEvidence({ ...short, marks: [] }, 2)), { ...short, marks: [] });
  t.equal(starts().length, 1 + 2 + 1 + 1 + 6 + 3 + 1 + 2);
  t.equal(hex(file.slice(0, 20)), '8300706b697a617368692065766964656e636501'.slice(0, 40), 'the head is the magic');
});

t.test('every part matches the grammar', async (t) => {
  const decode = (item: Uint8Array) => decodeCbor(item, evidenceLimits);
  const validator = new Validator(loadGrammar('evidence.cddl'), decode);
  const at = starts();
  const names = at
    .slice(0, -1)
    .map((from, k) => validator.alternatives('part', decode(file.slice(from, at[k + 1]))).join());
  t.same(names, [
    'part-head',
    'part-identity',
    'part-entry',
    'part-begin',
    ...['part-data', 'part-data', 'part-mark'],
    ...['part-data', 'part-data', 'part-mark'],
    ...['part-data', 'part-data', 'part-mark'],
    'part-seal',
    'part-proof',
    'part-note',
  ]);
});

t.test('truncation at each byte is refused', async (t) => {
  const ends = new Set(starts());
  // a file may end behind the seal, the proof or the note
  const good = [...ends].sort((a, b) => a - b).slice(-3);
  for (let n = 0; n < file.length; n++) {
    let whole = true;
    try {
      readEvidence(file.subarray(0, n));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      whole = false;
    }
    if (whole !== good.includes(n)) t.fail(`cut at ${n}`);
  }
  t.pass(`${file.length} cuts`);
});

t.test('order, doubles and unknown parts', async (t) => {
  const at = starts();
  const parts = at.slice(0, -1).map((from, k) => file.slice(from, at[k + 1]));
  const refused = (list: Uint8Array[], name: string) =>
    t.throws(() => readEvidence(new Uint8Array(Buffer.concat(list))), { cause: 'evidence' }, name);
  for (let k = 0; k + 1 < parts.length; k++) {
    const swapped = [...parts];
    [swapped[k], swapped[k + 1]] = [parts[k + 1], parts[k]];
    // a frame and a mark side by side may stand either way; host/capture judges by their numbers
    const bothStream =
      [parts[k], parts[k + 1]].every((part) => part[1] === 4 || part[1] === 5) && parts[k][1] !== parts[k + 1][1];
    if (bothStream) t.same(readEvidence(new Uint8Array(Buffer.concat(swapped))), evidence);
    else refused(swapped, `parts ${k} and ${k + 1} swapped`);
  }
  for (const [k, part] of parts.entries()) refused(parts.toSpliced(k, 0, part), `part ${k} twice`);
  for (const k of [0, 1, 3, 13]) refused(parts.toSpliced(k, 1), `without part ${k}`);
  refused([...parts, bytes('82094100')], 'part 9');
  refused([bytes('8300706b697a617368692065766964656e636502'), ...parts.slice(1)], 'version 2');
  refused([...parts.slice(0, 1), bytes('820140'), ...parts.slice(2)], 'an empty item');
  t.throws(() => readEvidence(new Uint8Array(0)), { cause: 'evidence' });
});

t.test('the reader holds one part at most and stops at the limits', async (t) => {
  const reader = new EvidenceReader();
  reader.push(encodePart({ part: 'head' }));
  // parts that claim 65,536 bytes and 2^48 − 1 bytes are refused at their heads
  t.throws(() => reader.push(bytes('82015a00010000')), { cause: 'evidence' });
  t.throws(() => reader.push(bytes('82015b0000ffffffffffff')), { cause: 'evidence' });
  const long = new EvidenceReader();
  long.push(encodePart({ part: 'head' }));
  const before = process.memoryUsage().rss;
  const writer = new EvidenceWriter();
  for (const part of [
    { part: 'head' },
    { part: 'identity', item: evidence.identity },
    { part: 'begin', item: evidence.begin },
  ] as const) {
    const piece = writer.write(part);
    if (part.part !== 'head') long.push(piece);
  }
  let written = 0;
  const item = new Uint8Array(60_000);
  t.throws(
    () => {
      for (let i = 0; ; i++) {
        const piece = writer.write({ part: 'data', i, item });
        written += piece.length;
        long.push(piece);
      }
    },
    { cause: 'evidence' },
  );
  t.ok(written > maxEvidence - 100_000, `${written} bytes went through`);
  t.ok(process.memoryUsage().rss - before < 64e6, 'in bounded memory');
});

t.test('random edits never throw anything but a ProtocolError, and no other file gives the same parts', async (t) => {
  let read = 0;
  fc.assert(
    fc.property(
      fc.nat(file.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 1, max: 99 }),
      (at, flip, chunk) => {
        const changed = file.slice();
        changed[at] ^= flip;
        try {
          const reader = new EvidenceReader();
          for (let p = 0; p < changed.length; p += chunk) reader.push(changed.subarray(p, p + chunk));
          reader.end();
        } catch (error) {
          if (error instanceof ProtocolError) return;
          throw error;
        }
        read++;
        if (hex(writeEvidence(readEvidence(changed), 2)) !== hex(changed))
          throw new Error(`byte ${at}: read, but not as written`);
      },
    ),
    { seed: 20261124, numRuns: 3000 },
  );
  t.ok(read > 100, `${read} edits inside items were read and kept`);
});
