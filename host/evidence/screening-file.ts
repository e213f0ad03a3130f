/**
 * A screening file (.kzsc): a capture that nobody signed at its source, as this gateway received it, with the gateway's log entry and the
 * proof that the entry is in its log. A CBOR sequence by evidence.cddl, `screening-part`; only one form of each is taken.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Cursor, major, Writer } from '../../protocol/cursor.js';
import { ProtocolError } from '../../protocol/index.js';
import type { Capture, Channel } from '../capture/capture.js';

/** Sources that sign nothing. */
export type ScreeningSource = 'firmata' | 'text';

/** One entry of the log. */
export interface ScreeningEntry {
  /** Name of the gateway's log, its `origin`. */
  gateway: string;
  /** When the gateway had received the capture, by its own clock, in ms since 1970. */
  at: number;
  source: ScreeningSource;
  /** Port and sketch, as the gateway saw them. */
  point: string;
  /** SHA-256 of the samples, the capture's id. */
  capture: Uint8Array;
  /** SHA-256 of head, facts and samples of the file. */
  store: Uint8Array;
}

const magic = 'kizashi screening';
const screeningKind = 7;
/** Samples in a part: 8 bytes each, below the longest item of the profile. */
const chunk = 8000;
const longestName = 64;
const mostBytes = 64 * 1024 * 1024;

function refuse(why: string): never {
  throw new ProtocolError('evidence', why);
}

const channelFacts = z.strictObject({
  id: z.string().min(1),
  quantity: z.enum(['acceleration', 'current', 'voltage', 'tacho', 'other']),
  unit: z.enum(['m/s2', 'A', 'V', 'relative']),
  range: z.tuple([z.number(), z.number()]).optional(),
  lsb: z.number().positive().optional(),
  sensor: z.string().optional(),
});
const captureFacts = z.strictObject({
  source: z.enum(['firmata', 'text']),
  fsHz: z.number().positive(),
  fsUncertainty: z.number().min(0),
  at: z.number(),
  samples: z.number().int().positive(),
  spans: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])),
  channels: z.array(channelFacts).min(1).max(64),
  notes: z.array(z.string()),
});

/** `point` shortened to what an entry takes. */
function named(text: string): string {
  let name = text;
  while (Buffer.byteLength(name) > longestName) name = name.slice(0, -1);
  return name;
}

export function encodeEntry({ gateway, at, source, point, capture, store }: ScreeningEntry): Uint8Array {
  const writer = new Writer();
  writer.head(major.array, 7);
  writer.uint(screeningKind);
  writer.text(named(gateway));
  writer.uint(at);
  writer.text(source);
  writer.text(named(point));
  writer.byteString(capture);
  writer.byteString(store);
  return writer.finish();
}

/** @throws ProtocolError for another kind or form */
export function decodeEntry(bytes: Uint8Array): ScreeningEntry {
  const cursor = new Cursor(bytes);
  if (cursor.head(major.array) !== 7 || cursor.uint() !== screeningKind) refuse('no entry of a screening capture');
  const gateway = cursor.text(longestName);
  const at = cursor.uint();
  const source = cursor.text(longestName);
  if (source !== 'firmata' && source !== 'text') return refuse(`a source called ${source}`);
  const point = cursor.text(longestName);
  const [capture, store] = [cursor.bytesView().slice(), cursor.bytesView().slice()];
  cursor.finish();
  if (capture.length !== 32 || store.length !== 32) refuse('a digest that has not 32 bytes');
  return { gateway, at, source, point, capture, store };
}

function part(number: number, write: (writer: Writer) => void, members: number): Uint8Array {
  const writer = new Writer();
  writer.head(major.array, members);
  writer.uint(number);
  write(writer);
  return writer.finish();
}

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

/** The samples as the capture's digest takes them: float64, little-endian, channel after channel. */
function sampleBytes({ samples }: Channel): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** Head, facts and samples of a file: what the entry's `store` is the digest of. */
export function encodeCapture(capture: Capture): { bytes: Uint8Array; store: Uint8Array } {
  const { source, fsHz, fsUncertainty, at, channels, spans, notes = [] } = capture;
  const facts = captureFacts.parse({
    source,
    fsHz,
    fsUncertainty,
    at,
    samples: channels[0].samples.length,
    spans,
    channels: channels.map(({ id, quantity, unit, range, lsb, sensor }) => ({
      id,
      quantity,
      unit,
      range,
      lsb,
      sensor,
    })),
    notes,
  });
  const parts = [
    part(
      0,
      (writer) => {
        writer.text(magic);
        writer.uint(1);
      },
      3,
    ),
    part(1, (writer) => writer.byteString(Buffer.from(JSON.stringify(facts))), 2),
  ];
  for (const [k, channel] of channels.entries()) {
    const all = sampleBytes(channel);
    for (let at = 0; at < all.length; at += 8 * chunk)
      parts.push(
        part(
          2,
          (writer) => {
            writer.uint(k);
            writer.byteString(all.subarray(at, at + 8 * chunk));
          },
          3,
        ),
      );
  }
  const bytes = new Uint8Array(Buffer.concat(parts));
  return { bytes, store: sha256(bytes) };
}

/** The end of a file: entry and proof. */
export function encodeAttestation(entry: Uint8Array, proof: string): Uint8Array {
  const end = [
    part(3, (writer) => writer.byteString(entry), 2),
    part(4, (writer) => writer.byteString(Buffer.from(proof)), 2),
  ];
  return new Uint8Array(Buffer.concat(end));
}

export interface ScreeningFile {
  capture: Capture;
  /** SHA-256 of head, facts and samples, as they stand in the file. */
  store: Uint8Array;
  entry: Uint8Array;
  proof: string;
}

/** Whether the content is a screening file, by its head. */
export function isScreening(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(3, 3 + magic.length)).toString('latin1') === magic;
}

/** Reads a file by its form; nothing of it is proven by that. @throws ProtocolError */
export function readScreeningFile(bytes: Uint8Array): ScreeningFile {
  if (bytes.length > mostBytes) refuse(`a file above ${mostBytes} bytes`);
  const cursor = new Cursor(bytes);
  const head = (members: number, number: number): void => {
    if (cursor.head(major.array) !== members || cursor.uint() !== number) refuse(`part ${number} is missing`);
  };
  head(3, 0);
  if (cursor.text(magic.length) !== magic || cursor.uint() !== 1) refuse('no screening file of version 1');
  head(2, 1);
  const facts = readFacts(cursor.bytesView());
  const channels = facts.channels.map((channel, k): Channel => {
    const whole = new Uint8Array(8 * facts.samples);
    for (let at = 0; at < whole.length; at += 8 * chunk) {
      head(3, 2);
      if (cursor.uint() !== k) refuse('samples of another channel');
      const piece = cursor.bytesView();
      if (piece.length !== Math.min(8 * chunk, whole.length - at)) refuse('samples are missing');
      whole.set(piece, at);
    }
    return { ...channel, samples: new Float64Array(whole.buffer) };
  });
  const store = sha256(bytes.subarray(0, cursor.at));
  head(2, 3);
  const entry = cursor.bytesView().slice();
  head(2, 4);
  const proof = Buffer.from(cursor.bytesView()).toString('utf8');
  cursor.finish();
  const { samples: _, ...rest } = facts;
  const hash = sha256(Buffer.concat(channels.map(sampleBytes)));
  const id = Buffer.from(hash).toString('hex');
  const capture: Capture = { ...rest, id, hash, verdict: { kind: 'unsigned' }, grade: 'none', channels };
  return { capture, store, entry, proof };
}

function readFacts(bytes: Uint8Array): z.infer<typeof captureFacts> {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return refuse('the facts are not JSON');
  }
  const parsed = captureFacts.safeParse(json);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    return refuse(`facts, ${path.join('.')}: ${message}`);
  }
  const { samples, channels } = parsed.data;
  if (8 * samples * channels.length > mostBytes) refuse(`${samples} samples`);
  return parsed.data;
}
