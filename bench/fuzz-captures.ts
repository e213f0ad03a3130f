/**
 * Forged captures against the verifier: honest captures bent by structured mutations, singly and in pairs, given to host/capture as items,
 * as bytes on the line and as evidence files. Accepted means: a verdict `ok` that states anything an honest capture did not. The goal is 0.
 * `--count N` mutants (default 200,000), `--seed N`.
 */
import { pathToFileURL } from 'node:url';
import { Collector } from '../host/capture/collector.js';
import { type KnownKeys, type ProvenCapture, verifyCapture, verifyEvidence } from '../host/capture/index.js';
import { Xoshiro128 } from '../host/signal/random.js';
import {
  blake2s,
  crc16,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  FrameReader,
  type PinnedKey,
  ProtocolError,
  pinKey,
  publicKeyOf,
} from '../protocol/index.js';
import { type Draw, type Items, mutationNames, mutations } from './fuzz-mutations.js';
import { type HonestCapture, honestCaptures } from './fuzz-specimens.js';
import { type BenchRow, report } from './table.js';

export interface FuzzResult {
  judged: number;
  /** Mutants with a verdict `ok` whose facts are a part of the honest ones: losses that are listed, marks that were not needed. */
  honest: number;
  /** Forgeries that passed, described. */
  accepted: string[];
  /** Reasons of the refusals and how often. */
  reasons: Map<string, number>;
  cpuSeconds: number;
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** What of a proof no honest capture has stated; undefined where everything is true. */
function forgery(proof: ProvenCapture, key: PinnedKey, only?: HonestCapture): string | undefined {
  const origin = (only ? [only] : honestCaptures).find(
    (one) => same(one.payload, proof.seal.payload) && same(pinnedOf(one).bytes, key.bytes),
  );
  if (!origin) return 'a seal that was never made';
  if (!same(encodeMessage(proof.begin), origin.begin)) return 'another begin';
  for (let i = 0; i < origin.frames.length; i++) {
    const frame = proof.frames[i];
    if (!frame) {
      if (!proof.holes.includes(Math.floor(i / origin.win))) return `frame ${i} missing outside a hole`;
    } else if (!same(encodeMessage({ ...frame, type: 'data' }), encodeMessage(origin.frames[i])))
      return `another frame ${i}`;
  }
  return proof.frames.length > origin.frames.length ? 'more frames' : undefined;
}

const keys = new Map<Uint8Array, PinnedKey>();
function pinnedOf({ seed }: HonestCapture): PinnedKey {
  let key = keys.get(seed);
  if (!key) keys.set(seed, (key = pinKey(publicKeyOf(seed))));
  return key;
}

type Outcome = { why: string } | { proof: ProvenCapture };

function judgeItems(items: Items, honest: HonestCapture, live: boolean, verify: typeof verifyCapture): Outcome {
  const verdict = verify(items, { key: pinnedOf(honest), ...(live ? honest.known : {}) });
  return verdict.ok ? { proof: verdict } : { why: verdict.why };
}

/** The items as frames on the line; `bend` changes the line's bytes. */
function judgeLine(
  items: Items,
  honest: HonestCapture,
  bend: (line: Uint8Array) => Uint8Array,
  verify: typeof verifyCapture,
): Outcome {
  const bodies: Uint8Array[] = [];
  if (items.begin?.length) bodies.push(items.begin);
  items.data.forEach((item, i) => {
    if (item?.length) bodies.push(item);
    if ((i + 1) % honest.win === 0 || i === items.data.length - 1) {
      const d = items.marks[Math.floor(i / honest.win)];
      if (d?.length === 32)
        bodies.push(encodeMessage({ type: 'mark', rec: honest.known.rec, w: Math.floor(i / honest.win), d }));
    }
  });
  if (items.seal?.length) bodies.push(items.seal);
  const line = bend(new Uint8Array(Buffer.concat(bodies.map((body) => encodeFrame(body)))));
  const collector = new Collector(honest.win);
  collector.expect(honest.known.rec);
  new FrameReader().push(line, (body) => {
    try {
      const message = decodeMessage(body, 'd2h');
      if (!['begin', 'data', 'signed-data', 'mark', 'seal'].includes(message.type)) return;
      const fault = collector.take(message as never, body);
      if (fault) collector.reject(fault.why, fault.text);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  });
  if (collector.rejected) return { why: collector.rejected.why };
  return judgeItems(collector.items, honest, true, verify);
}

const knownKeys: KnownKeys = new Map(
  honestCaptures.map((one) => [Buffer.from(pinnedOf(one).kid).toString('hex'), { key: pinnedOf(one) }]),
);

function judgeFile(file: Uint8Array): Outcome & { key?: PinnedKey } {
  const verdict = verifyEvidence(file, knownKeys);
  return verdict.valid ? { proof: verdict.proof, key: knownKeys.get(verdict.kid)?.key } : { why: verdict.why };
}

/** Bytes changed on the line: noise, or with the CRC made right again as a forger would. */
function bendLine(line: Uint8Array, draw: Draw): Uint8Array {
  const bent = line.slice();
  if (draw(2)) {
    for (let k = draw(3); k >= 0; k--) bent[draw(bent.length)] = draw(256);
    return bent;
  }
  const start = bent.indexOf(0, draw(bent.length)) + 1;
  const end = bent.indexOf(0, start);
  if (end < 0 || end - start < 8) return bent;
  const reader = new FrameReader();
  let pieces: Uint8Array = bent;
  reader.push(bent.subarray(start, end + 1), (body) => {
    const changed = body.slice();
    changed[draw(changed.length)] ^= 1 << draw(8);
    if (crc16(changed) === crc16(body)) return;
    pieces = new Uint8Array(Buffer.concat([bent.subarray(0, start), encodeFrame(changed), bent.subarray(end + 1)]));
  });
  return pieces;
}

/**
 * Runs `count` mutants. Equal seeds give equal mutants.
 * @param verify the verifier of items under test; a test gives a weak one to see that the fuzzer finds what passes
 */
export function fuzzCaptures(count: number, seed: number, verify = verifyCapture): FuzzResult {
  const random = new Xoshiro128(blake2s(new TextEncoder().encode(`fuzz ${seed}`)).subarray(0, 16));
  const draw: Draw = (n) => random.u32() % n;
  const result: FuzzResult = { judged: 0, honest: 0, accepted: [], reasons: new Map(), cpuSeconds: 0 };
  const before = process.cpuUsage();
  for (let k = 0; k < count; k++) {
    const honest = honestCaptures[draw(honestCaptures.length)];
    const items: Items = { begin: honest.begin, data: [...honest.data], marks: [...honest.marks], seal: honest.seal };
    const names: string[] = [];
    const mutate = (times: number) => {
      for (let m = 0; m < times && items.data.length > 1; m++) {
        const name = mutationNames[draw(mutationNames.length)];
        names.push(name);
        mutations[name](items, honest, draw);
      }
    };
    const road = draw(8);
    let outcome: Outcome & { key?: PinnedKey };
    if (road < 4) {
      mutate(1 + draw(2));
      outcome = judgeItems(items, honest, true, verify);
    } else if (road < 6) {
      mutate(1 + draw(2));
      outcome = judgeItems(items, honest, false, verify);
    } else if (road === 6) {
      mutate(draw(2));
      names.push('the line');
      outcome = judgeLine(items, honest, (line) => bendLine(line, draw), verify);
    } else {
      names.push('the file');
      const file = honest.file.slice();
      for (let m = draw(3); m >= 0; m--) file[draw(file.length)] ^= 1 << draw(8);
      outcome = judgeFile(file);
    }
    result.judged++;
    if ('why' in outcome) result.reasons.set(outcome.why, (result.reasons.get(outcome.why) ?? 0) + 1);
    else {
      const live = road < 4 || road === 6;
      const fault = forgery(outcome.proof, outcome.key ?? pinnedOf(honest), live ? honest : undefined);
      if (fault) result.accepted.push(`mutant ${k} of seed ${seed}, ${names.join(' + ')}: ${fault}`);
      else result.honest++;
    }
  }
  const { user, system } = process.cpuUsage(before);
  result.cpuSeconds = (user + system) / 1e6;
  return result;
}

function argument(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { judged, honest, accepted, reasons, cpuSeconds } = fuzzCaptures(
    argument('count', 200_000),
    argument('seed', 20261124),
  );
  const most = [...reasons].sort((a, b) => b[1] - a[1]).map(([why, n]) => `${why} ${n}`);
  const rows: BenchRow[] = [
    {
      row: 'forged captures accepted',
      value: accepted.length,
      unit: `of ${judged} mutants`,
      reference:
        accepted.slice(0, 3).join('; ') ||
        `${honest} mutants stated only what is true: listed losses, marks not needed`,
      goal: '0',
      holds: accepted.length === 0,
    },
    {
      row: 'speed',
      value: judged / cpuSeconds,
      unit: 'mutants a CPU second',
      reference: most.join(', '),
      goal: '',
      holds: null,
    },
  ];
  report('fuzz-captures', rows);
}
