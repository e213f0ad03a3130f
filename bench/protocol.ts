/**
 * The codec beside what would replace it: strict decoding and cbor-x, verifying and bare node:crypto, framing under garbage, and the bytes
 * on the line beside Klipper, Firmata and generic encodings. Both sides of a comparison run interleaved; medians of CPU time, since the
 * machine may be shared.
 */
import { verify as cryptoVerify, randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Decoder } from 'cbor-x';
import {
  checkSignature,
  crossCheckSignature,
  type Data,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  externalAad,
  FrameReader,
  packSamples,
  pinKey,
  type SealBody,
  sampleCount,
  signMessage,
  sigStructure,
} from '../protocol/index.js';
import { loadGrammar } from '../test/protocol/cddl-validator.js';
import { longestFrame, longestItem } from '../test/protocol/longest-items.js';
import { firmwareFrames } from './firmware-frames.js';
import { captureLimits, frameLimits } from './frame-limits.js';
import {
  cborXBytes,
  firmataSysexBytes,
  jsonJwsBytes,
  klipperBulkBytes,
  klipperTripleBytes,
  klipperTripleMeasured,
} from './protocol-rivals.js';
import { type BenchRow, median, report } from './table.js';

const vectors = JSON.parse(readFileSync(new URL('../protocol/vectors/messages.json', import.meta.url), 'utf8'));
const example = JSON.parse(readFileSync(new URL('../protocol/vectors/worked-example.json', import.meta.url), 'utf8'));
const seed = new Uint8Array(Buffer.from(example.seed, 'hex'));
const key = pinKey(new Uint8Array(Buffer.from(example.pk, 'hex')));

function item(name: string): Uint8Array {
  const found = vectors.cases.find((one: { name: string }) => one.name === name);
  return new Uint8Array(Buffer.from(found.item, 'hex'));
}

/** Nanoseconds of CPU an execution of each job takes, one list a job: rounds in which the jobs take turns. */
function rounds(jobs: (() => void)[], repeat: number, count: number): number[][] {
  const times = jobs.map((): number[] => []);
  for (const job of jobs) for (let k = 0; k < repeat; k++) job();
  for (let round = 0; round < count; round++) {
    jobs.forEach((job, j) => {
      const before = process.cpuUsage();
      for (let k = 0; k < repeat; k++) job();
      const { user, system } = process.cpuUsage(before);
      times[j].push(((user + system) * 1000) / repeat);
    });
  }
  return times;
}

/** Medians of `rounds`. */
function interleaved(jobs: (() => void)[], repeat: number, count = 15): number[] {
  return rounds(jobs, repeat, count).map(median);
}

let sink = 0;

function decoding(): BenchRow[] {
  const generic = new Decoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false } as never);
  return ['data-u10', 'data-s16', 'data-s16-512', 'data-fifo-u10'].map((name): BenchRow => {
    const body = item(name);
    const buffer = Buffer.from(body);
    const [ours, theirs, view] = interleaved(
      [
        () => {
          sink += (decodeMessage(body, 'd2h') as Data).gap;
        },
        () => {
          sink += (generic.decode(buffer) as { length: number }).length;
        },
        () => {
          sink += new Uint8Array(body.buffer, body.byteOffset + 14, 100).length;
        },
      ],
      100_000,
    );
    const ratio = theirs / ours;
    const reason = `${ours.toFixed(0)} ns, of which ${view.toFixed(0)} ns make one view; cbor-x ${theirs.toFixed(0)} ns, unchecked`;
    return {
      row: `decode and check ${name}`,
      value: ratio,
      unit: '× cbor-x speed',
      reference: reason,
      goal: '≥ 1 (5 hoped for)',
      holds: ratio >= 1,
    };
  });
}

function verifying(): BenchRow[] {
  const body = item('seal');
  const message = decodeMessage(body, 'd2h');
  if (message.type !== 'seal') throw new TypeError('no seal');
  const signed = sigStructure(externalAad('seal'), message.payload);
  // the decoder is compiled by then in any gateway that runs for a minute
  for (let k = 0; k < 20_000; k++) sink += decodeMessage(body, 'd2h').type.length;
  const [bare, hot, whole] = rounds(
    [
      () => {
        sink += Number(cryptoVerify(null, signed, key.keyObject, message.signature));
      },
      () => {
        sink += Number(checkSignature(message, key));
      },
      () => {
        const seal = decodeMessage(body, 'd2h');
        sink += Number(seal.type === 'seal' && checkSignature(seal, key));
      },
    ],
    150,
    25,
  );
  const [second] = interleaved([() => void (sink += Number(crossCheckSignature(message, key.bytes)))], 5, 9);
  const row = (name: string, times: number[]): BenchRow => {
    // neighbours in time share the machine's mood: the ratio is taken round by round
    const ratio = median(times.map((ns, round) => ns / bare[round]));
    const ns = median(times);
    return {
      row: name,
      value: ratio,
      unit: '× bare node:crypto',
      reference: `bare ${(median(bare) / 1000).toFixed(1)} µs, this ${(ns / 1000).toFixed(1)} µs: ${Math.round(1e9 / ns)} a second`,
      goal: '≤ 1.05',
      holds: ratio <= 1.05,
    };
  };
  return [
    row('verify a seal, decoded', hot),
    { ...row('decode and verify a seal', whole), goal: '', holds: null },
    {
      row: 'second verifier',
      value: 1e9 / second,
      unit: 'seals a second',
      reference: `node:crypto ${Math.round(1e9 / median(hot))} a second`,
      goal: '',
      holds: null,
    },
  ];
}

function framing(): BenchRow[] {
  const frames = Buffer.concat(Array.from({ length: 400 }, () => encodeFrame(item('data-u10'))));
  const garbage = randomFillSync(Buffer.alloc(1 << 18));
  const speed = (bytes: Uint8Array, chunk: number): number => {
    const reader = new FrameReader();
    const [ns] = interleaved(
      [
        () => {
          for (let p = 0; p < bytes.length; p += chunk)
            reader.push(bytes.subarray(p, p + chunk), (body) => void (sink += body.length));
        },
      ],
      Math.ceil(4e6 / bytes.length),
      7,
    );
    return (bytes.length / ns) * 1000;
  };
  const row = (name: string, bytes: Uint8Array, chunk: number): BenchRow => {
    const value = speed(bytes, chunk);
    return { row: name, value, unit: 'MB/s', reference: 'a line carries 0.05 MB/s', goal: '≥ 50', holds: value >= 50 };
  };
  return [
    row('framing, random garbage in 4 kB chunks', garbage, 4096),
    row('framing, random garbage in 62 B chunks', garbage, 62),
    row('framing, u10 frames in 4 kB chunks', frames, 4096),
    row('framing, u10 frames in 62 B chunks', frames, 62),
  ];
}

/** What the grammar allows at most, and what the running firmware sends, against what was promised. */
function sizes(): BenchRow[] {
  const grammar = loadGrammar('kz1.cddl');
  const longest = frameLimits.map((limit) => ({
    ...limit,
    is: longestFrame(longestItem(grammar, limit.rule, limit)),
  }));
  const over = longest.filter(({ is, most }) => is > most);
  const under = longest.filter(({ is, most }) => is < most);
  const told = (list: typeof longest) => list.map(({ message, is, most }) => `${message} ${is} for ${most}`).join(', ');
  const { frames, captures } = firmwareFrames();
  const tooLong = frames.filter((row) => row.longest > row.most);
  const seen = (list: typeof frames) =>
    list.map(({ kind, shortest, longest, most }) => `${kind} ${shortest}-${longest} of ${most}`).join(', ');
  return [
    {
      row: 'messages whose longest frame by the grammar is no longer than planned',
      value: longest.length - over.length,
      unit: `of ${longest.length}`,
      reference: over.length ? told(over) : under.length ? `shorter: ${told(under)}` : 'no byte more, no byte less',
      goal: 'all',
      holds: over.length === 0,
    },
    {
      row: 'kinds of frames of the running firmware that keep to it',
      value: frames.length - tooLong.length,
      unit: `of ${frames.length}`,
      reference: seen(tooLong.length ? tooLong : frames),
      goal: 'all',
      holds: tooLong.length === 0,
    },
    ...captures.map(({ capture, bytes, frames, marks }): BenchRow => {
      const most = captureLimits[capture]!;
      return {
        row: `the running firmware: capture of ${capture}`,
        value: bytes,
        unit: 'B on the line',
        reference: `${frames} frames, ${marks} marks, begin, busy and seal`,
        goal: `≤ ${most}`,
        holds: bytes <= most,
      };
    }),
  ];
}

/** Bytes on the line of a whole capture: begin, data, marks, busy, seal. */
function captureBytes(
  enc: 1 | 2 | 4,
  count: number,
  perFrame: number,
  win: number,
): { line: number; frames: number; marks: number } {
  let line = 0;
  let frames = 0;
  let marks = 0;
  const add = (body: Uint8Array) => {
    line += encodeFrame(body).length;
  };
  for (let sent = 0; sent < count; sent += perFrame) {
    const n = Math.min(perFrame, count - sent);
    const wave = Array.from({ length: n }, (_, k) => (((sent + k) * 7919) % 1021) - (enc === 2 ? 0 : 510));
    const level = enc === 4 ? { level: 0 } : {};
    add(
      encodeMessage({
        type: 'data',
        rec: 42,
        i: frames,
        dt: sent * 250,
        gap: 0,
        enc,
        ...level,
        samples: packSamples(enc, wave),
      }),
    );
    frames++;
    if (frames % win === 0 || sent + n >= count) {
      add(encodeMessage({ type: 'mark', rec: 42, w: marks++, d: randomFillSync(new Uint8Array(32)) }));
    }
  }
  const random = (n: number) => randomFillSync(new Uint8Array(n));
  const seal: SealBody = {
    rec: 42,
    boot: 117,
    prev: random(16),
    chal: random(16),
    nf: frames,
    ns: count,
    t1: 5_000_000,
    lost: 0,
    end: 0,
    macbad: 0,
    bd: random(32),
    cd: random(32),
  };
  add(item('begin'));
  add(item('busy'));
  add(signMessage('seal', seal, seed));
  return { line, frames, marks };
}

function wire(): BenchRow[] {
  const capture = (
    row: string,
    enc: 1 | 2 | 4,
    count: number,
    perFrame: number,
    bits: number,
    most: number,
  ): BenchRow => {
    const { line, frames, marks } = captureBytes(enc, count, perFrame, 32);
    const raw = (count * bits) / 8;
    const over = (line / raw - 1) * 100;
    return {
      row,
      value: line,
      unit: 'B on the line',
      reference: `${frames} frames, ${marks} marks, begin, busy and seal: ${over.toFixed(1)} % over ${raw} B of packed samples`,
      goal: `≤ ${most}`,
      holds: line <= most,
    };
  };
  const s16 = item('data-s16-512');
  const frame = longestFrame(s16.length);
  const samples = Int16Array.from({ length: 512 }, (_, k) => ((k * 37) % 24_001) - 12_000);
  const beside = (row: string, value: number): BenchRow => ({
    row,
    value,
    unit: 'B a frame of 512 s16',
    reference: `kz1 ${frame} B, ${sampleCount(1, new Uint8Array(1024))} samples`,
    goal: '> kz1',
    holds: value > frame,
  });
  const triples = captureBytes(4, 3 * 3200 * 4, 120, 32).line / (3200 * 4);
  return [
    capture('capture of 8,192 u10, 120 a frame', 2, 8192, 120, 10, 12_117),
    capture('capture of 80,000 u10, 120 a frame', 2, 80_000, 120, 10, 114_569),
    capture('capture of 4,096 s16, 64 a frame', 1, 4096, 64, 16, 9943),
    capture('capture of 4,096 s16, 512 a frame', 1, 4096, 512, 16, 8707),
    {
      row: 'ADXL345, FIFO u10, bytes a triple',
      value: triples,
      unit: 'B, seal and marks included',
      reference: `Klipper ${klipperTripleMeasured} B measured, ${klipperTripleBytes().toFixed(2)} B computed, unsigned`,
      goal: '≤ 4.7',
      holds: triples <= 4.7,
    },
    beside('Klipper bulk blocks', klipperBulkBytes(1024)),
    beside('Firmata sysex', firmataSysexBytes(1024)),
    beside('cbor-x object with Int16Array', cborXBytes(samples, false)),
    beside('cbor-x object with an array', cborXBytes(samples, true)),
    beside('JSON with an Ed25519 JWS', jsonJwsBytes(samples)),
  ];
}

report('protocol', [...decoding(), ...verifying(), ...framing(), ...sizes(), ...wire()]);
if (!Number.isFinite(sink)) throw new Error('nothing was computed');
