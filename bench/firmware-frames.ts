/**
 * One life of the released image in an emulated Uno, with every byte that it puts on the line counted: bare, blank, provisioned, in a
 * session, a capture in each encoding, events, rotation, wipe. How long the frames of each kind were, beside what they may be.
 */
import { readFileSync } from 'node:fs';
import type { AdminBody, Message } from '../protocol/index.js';
import { macMessage, rotatedPairKey, stopLock } from '../protocol/index.js';
import { adxl345Bench } from '../test/firmware/adxl345-bench.js';
import { Bench, blankBench, bytes, knownBench, provisionBench } from '../test/firmware/bench.js';
import { loadGrammar } from '../test/protocol/cddl-validator.js';
import { longestFrame, longestItem } from '../test/protocol/longest-items.js';
import { frameLimits } from './frame-limits.js';

/** Frames of one kind, lengths in bytes on the line. */
export interface SeenFrames {
  kind: string;
  frames: number;
  shortest: number;
  longest: number;
  /** What a frame of this kind may have. */
  most: number;
}

const grammar = loadGrammar('kz1.cddl');
const dataRules = { 1: 's16-data', 2: 'u10-data', 3: 'fifo-data', 4: 'fifo-u10-data' } as const;

/** The kind of a message, and the most bytes a frame of this kind may have: as promised, or else as the grammar has it. */
function limitOf(message: Message): { kind: string; most: number } {
  if (message.type !== 'data') {
    const promised = frameLimits.find((limit) => limit.message === message.type);
    return {
      kind: message.type,
      most: promised?.most ?? longestFrame(longestItem(grammar, message.type)),
    };
  }
  const rule = dataRules[message.enc as keyof typeof dataRules];
  const samples = message.samples.length;
  const promised = frameLimits.find((limit) => limit.rule === rule && limit.samples === samples);
  return {
    kind: `${rule} of ${samples} B`,
    most: promised?.most ?? longestFrame(longestItem(grammar, rule, { samples })),
  };
}

/** A whole capture, begin to seal, in bytes on the line. */
export interface SeenCapture {
  capture: string;
  bytes: number;
  frames: number;
  marks: number;
}

/** Counts what comes out of a board's UART between zeros, by the message it holds. */
class Counter {
  readonly seen = new Map<string, SeenFrames>();
  /** The capture under way. */
  capture = { bytes: 0, frames: 0, marks: 0 };

  watch(bench: Bench): void {
    let length = 0;
    let taken = bench.received.length;
    bench.board.uart.onByte((byte) => {
      length++;
      if (byte !== 0) return;
      // the bench's own listener was told first, and has the message by now
      const last = bench.received[bench.received.length - 1];
      if (bench.received.length !== taken && last) this.#add(last.message, length);
      taken = bench.received.length;
      length = 0;
    });
  }

  #add(message: Message, length: number): void {
    const { kind, most } = limitOf(message);
    const row = this.seen.get(kind) ?? { kind, frames: 0, shortest: Infinity, longest: 0, most };
    row.frames++;
    row.shortest = Math.min(row.shortest, length);
    row.longest = Math.max(row.longest, length);
    this.seen.set(kind, row);
    if (message.type === 'begin') this.capture = { bytes: 0, frames: 0, marks: 0 };
    if (message.type === 'data') this.capture.frames++;
    if (message.type === 'mark') this.capture.marks++;
    if (message.type !== 'pong') this.capture.bytes += length;
  }
}

const ask = {
  period: 250,
  div: 1,
  chans: [0],
  win: 32,
  sign: 0,
  chal: bytes(16, 0x20),
  lock: stopLock(bytes(16, 0xe0)),
};

function owner(bench: Bench, admin: Uint8Array, body: AdminBody): void {
  bench.send(macMessage('admin', body, admin, bench.keys!.sid));
  bench.n = body.n;
}

/** Runs the life. @throws Error where the board does not answer as it must */
export function firmwareFrames(): { frames: SeenFrames[]; captures: SeenCapture[] } {
  const counter = new Counter();
  const bare = new Bench();
  counter.watch(bare);
  bare.boot();
  bare.open();
  bare.expect('bare');

  const { bench, ticket } = blankBench();
  counter.watch(bench);
  bench.boot();
  const { admin } = provisionBench(bench, ticket.claim);
  bench.session();
  for (const [op, args] of [
    [4, {}],
    [5, {}],
    [2, { relay: 0, on: true, holdMs: 300 }],
    [11, {}],
    [8, { pin: 0, mode: 0, value: 0, holdMs: 0 }],
  ] as const) {
    bench.command(op, args);
    bench.ack(4000);
  }
  bench.expect('event', 4000); // the hold ran out
  bench.command(3, { nonce: bytes(16) });
  bench.expect('identity', 4000);
  const captures: SeenCapture[] = [];
  for (const [capture, enc, count] of [
    ['8,192 x u10', 2, 8192],
    ['4,096 x s16', 1, 4096],
  ] as const) {
    bench.command(1, { ...ask, enc, count });
    bench.run(300);
    bench.send({ type: 'ping', n: 2 ** 32 - 1 });
    bench.expect('seal', 6000);
    captures.push({ capture, ...counter.capture });
  }
  const { sid } = bench.keys!;
  const hr = bytes(32, 0x40);
  owner(bench, admin, { rule: 'rotate', n: bench.n + 1, hr });
  bench.expect('identity', 15_000);
  bench.pair = rotatedPairKey(admin, hr, sid);
  bench.session();
  owner(bench, admin, { rule: 'wipe', n: 1 });
  bench.expect('event', 4000);

  const io = knownBench({ hex: readFileSync(new URL('../firmware/images/kz-uno-io.hex', import.meta.url), 'utf8') });
  counter.watch(io);
  io.command(9, { pins: [3, 4], periodMs: 100 });
  if (io.ack().code !== 0) throw new Error('no watch on pins');
  io.expect('report');

  const imu = adxl345Bench();
  counter.watch(imu.bench);
  for (const enc of [3, 4]) {
    imu.ask(800, 1, enc);
    imu.finish(1);
  }
  return { frames: [...counter.seen.values()], captures };
}
