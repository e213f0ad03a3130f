/**
 * Whole lives of a board as a native program in virtual time (firmware/ports/virtual), under the address and undefined-behaviour sanitizers:
 * provisioned, greeted, captures sealed and proven by the host's verifier, over the edge of 2^32 ticks, with conversions lost, and with the
 * power cut in every byte that a capture writes.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { type CaptureItems, type ProvenCapture, verifyCapture } from '../../host/capture/index.js';
import { claimPage, drawTicket } from '../../host/flash/index.js';
import {
  type BodyOf,
  type CaptureArgs,
  checkMac,
  checkSignature,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  FrameReader,
  type Message,
  macMessage,
  nextPrev,
  type PinnedKey,
  pairKey,
  pinKey,
  type SessionKeys,
  sessionKeys,
  stopLock,
  unpackSamples,
} from '../../protocol/index.js';
import { bytes, facts, fwd } from './bench.js';

const fuzz = fileURLToPath(new URL('../../firmware/fuzz/', import.meta.url));
const binary = fileURLToPath(new URL('../../firmware/build/fuzz/pipe', import.meta.url));
const present = spawnSync('clang', ['--version']).status === 0 && spawnSync('make', ['--version']).status === 0;
const skip = !present && 'clang and make are not installed';
const hz = 2_000_000;

type Of<T extends Message['type']> = Extract<Message, { type: T }>;

/** A native board on pipes; time passes as far as `run` says. */
class NativeBoard {
  readonly #child: ChildProcess = spawn(binary, { stdio: ['pipe', 'pipe', 'pipe'] });
  #reader = new FrameReader();
  #held = Buffer.alloc(0);
  #wake: () => void = () => {};
  #ended = false;
  stderr = '';
  readonly inbox: { message: Message; body: Uint8Array }[] = [];
  pair: Uint8Array | undefined;
  pinned: PinnedKey | undefined;
  keys: SessionKeys | undefined;
  hello: Of<'hello'> | undefined;
  n = 0;

  constructor() {
    this.#child.stdout!.on('data', (chunk: Buffer) => {
      this.#held = Buffer.concat([this.#held, chunk]);
      this.#wake();
    });
    this.#child.stderr!.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.#child.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  async #take(n: number): Promise<Buffer> {
    while (this.#held.length < n) {
      if (this.#ended) throw new Error(`the board died: ${this.stderr.slice(0, 2000)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#held.subarray(0, n);
    this.#held = this.#held.subarray(n);
    return taken;
  }

  async ask(op: string, number = 0, data: Uint8Array = new Uint8Array(0)): Promise<Buffer> {
    const head = Buffer.alloc(7);
    head.write(op);
    head.writeUInt32LE(number, 1);
    head.writeUInt16LE(data.length, 5);
    this.#child.stdin!.write(Buffer.concat([head, data]));
    return this.#take((await this.#take(4)).readUInt32LE());
  }

  /** Lets time pass, with a body on the line at its beginning. */
  async run(ms: number, message?: Message | Uint8Array): Promise<void> {
    const body = message instanceof Uint8Array ? message : message && encodeMessage(message);
    const out = await this.ask('r', (ms * hz) / 1000, body && encodeFrame(body, true));
    this.#reader.push(out, (got) => {
      const copy = got.slice();
      this.inbox.push({ message: decodeMessage(copy, 'd2h'), body: copy });
    });
  }

  /** Starts the board and gives it time for its self-test. */
  async start(cause = 0): Promise<void> {
    this.#reader = new FrameReader();
    this.inbox.length = 0;
    await this.ask('b', cause);
    await this.run(3000);
    this.take('ready');
  }

  /** The oldest message of the type, which must be there. */
  take<T extends Message['type']>(type: T): { message: Of<T>; body: Uint8Array } {
    const at = this.inbox.findIndex(({ message }) => message.type === type);
    if (at < 0) throw new Error(`no ${type} among ${this.inbox.map((r) => r.message.type)} ${this.stderr}`);
    return this.inbox.splice(at, 1)[0] as never;
  }

  async session(): Promise<Of<'hello'>> {
    const hn = bytes(16, 0x30 + this.n);
    await this.run(400, { type: 'open', vmin: 1, vmax: 1, hn });
    const { message } = this.take('hello');
    if (!checkMac(message, this.pair!)) throw new Error('hello with a false MAC');
    this.keys = sessionKeys(this.pair!, hn, message.body.dn);
    this.hello = message;
    this.n = 0;
    return message;
  }

  async command(body: Omit<BodyOf<'command'>, 'n'>, ms: number): Promise<void> {
    const whole = { n: ++this.n, ...body } as BodyOf<'command'>;
    await this.run(ms, macMessage('command', whole, this.keys!.key, this.keys!.sid));
  }

  /** The items of the capture that just ended. */
  items(win: number): CaptureItems {
    const items: CaptureItems = { data: [], marks: [] };
    for (const { message, body } of this.inbox.splice(0)) {
      if (message.type === 'begin') items.begin = body;
      else if (message.type === 'data') items.data[message.i] = body;
      else if (message.type === 'mark') items.marks[message.w] = message.d;
      else if (message.type === 'seal') items.seal = body;
    }
    if (items.marks.length !== Math.ceil(items.data.length / win)) throw new Error(`${items.marks.length} marks`);
    return items;
  }

  async end(): Promise<number | null> {
    this.#child.stdin!.end();
    return new Promise((resolve) => this.#child.on('close', resolve));
  }
}

async function provisioned(t: Test, startBeats = 0): Promise<NativeBoard> {
  const board = new NativeBoard();
  const ticket = drawTicket(facts, fwd);
  await board.ask('f', facts.claimAt, claimPage(ticket, facts));
  await board.ask('t', startBeats);
  await board.start();
  await board.run(400, { type: 'open', vmin: 1, vmax: 1, hn: bytes(16) });
  const { message: blank } = board.take('blank');
  t.ok(checkMac(blank, ticket.claim), 'the board knows its claim');
  const hr = bytes(32, 0x80);
  await board.run(14_000, macMessage('provision', { dr: blank.body.dr, hr }, ticket.claim));
  const { message: identity } = board.take('identity');
  board.pair = pairKey(ticket.claim, hr, blank.body.dr);
  board.pinned = pinKey(identity.body.pk);
  t.ok(checkSignature(identity, board.pinned), 'the first signature is right');
  t.match(identity.body, { rec: 1, why: 0, ent: 512 });
  await board.session();
  return board;
}

const plan = (more: Partial<CaptureArgs> = {}): CaptureArgs => ({
  count: 3600,
  period: 250,
  div: 1,
  chans: [2],
  enc: 2,
  win: 4,
  sign: 0,
  chal: bytes(16, 0x20),
  lock: stopLock(bytes(16, 0xe0)),
  ...more,
});

/** Captures, verifies, and gives the proof and its samples. */
async function capture(board: NativeBoard, args: CaptureArgs, skip = 0): Promise<ProvenCapture> {
  if (skip) await board.ask('s', skip);
  const ms = (1000 * args.count * args.period) / hz;
  await board.command({ op: 1, args } as never, ms + 1600);
  const ack = board.take('ack').message;
  if (ack.body.code !== 0) throw new Error(`ack code ${ack.body.code}`);
  const verdict = verifyCapture(board.items(args.win), {
    key: board.pinned!,
    rec: ack.body.result[0],
    sid: board.keys!.sid,
    hz,
    asked: args,
    chal: args.chal,
    crossCheck: true,
  });
  if (!verdict.ok) throw new Error(`${verdict.why}: ${verdict.text}`);
  return verdict;
}

const sampleOf = (channel: number, k: number) => (k * (37 + 2 * channel) + channel * 100) & 1023;

t.test(
  'provision, greet, capture: the host proves what a native board sealed',
  { skip, timeout: 60_000 },
  async (t) => {
    const make = spawnSync('make', ['-s', '-C', fuzz, 'pipe'], { encoding: 'utf8' });
    t.equal(make.status, 0, make.stderr);
    const board = await provisioned(t);
    let prev: Uint8Array | undefined;
    for (const args of [
      plan(),
      plan({ enc: 1, count: 1200, win: 1 }),
      plan({ chans: [0, 3, 5], div: 3, win: 255 }),
      plan({ count: 484, chans: [1, 4], div: 2, period: 83 }),
    ]) {
      const proof = await capture(board, args);
      const samples = proof.frames.flatMap((frame) => [...unpackSamples(frame!.enc, frame!.samples)]);
      const expected = Array.from({ length: args.count }, (_, k) => sampleOf(args.chans[k % args.chans.length], k));
      t.same(samples, expected, `${args.chans.length} channels, encoding ${args.enc}: every sample`);
      t.match(proof.seal, { body: { ns: args.count, lost: 0, end: 0 } });
      t.same(proof.holes, []);
      if (prev) t.same(proof.seal.body.prev, prev, 'chained');
      prev = nextPrev(proof.seal.payload);
    }
    const lossy = await capture(board, plan({ count: 36_000 }), 5);
    t.equal(lossy.seal.body.lost > 0, true, `${lossy.seal.body.lost} conversions lost, told and signed`);
    t.equal(lossy.seal.body.ns, 36_000);

    await board.command({ op: 1, args: plan({ count: 60_000 }) } as never, 500);
    const rec = board.take('ack').message.body.result[0];
    await board.run(50, { type: 'stop', rec, key: bytes(16, 0x11) });
    await board.run(1500, { type: 'stop', rec, key: bytes(16, 0xe0) });
    const { message: seal } = board.take('seal');
    t.ok(checkSignature(seal, board.pinned!));
    t.match(seal.body, { rec, end: 1 });
    t.equal(await board.end(), 0, 'sanitizers are content');
  },
);

t.test('a capture over the edge of 2^32 ticks', { skip, timeout: 60_000 }, async (t) => {
  const edge = 2 ** 32;
  // provisioning takes 20 s
  const board = await provisioned(t, 65_536 - 900);
  for (;;) {
    await board.run(20, { type: 'ping', n: 1 });
    const { tx } = board.take('pong').message;
    t.ok(tx < edge);
    if (edge - tx < hz) break;
    await board.run(Math.max(1, (1000 * (edge - tx - 0.9 * hz)) / hz));
  }
  const proof = await capture(board, plan({ count: 12_000 }));
  t.ok(proof.begin.t0 < edge && proof.seal.body.t1 > edge, `from ${proof.begin.t0} to ${proof.seal.body.t1}`);
  const [first, last] = [proof.frames[0]!, proof.frames.at(-1)!];
  t.equal(last.dt - first.dt, (proof.frames.length - 1) * 120 * 250, 'the ticks of the frames run on');
  await board.run(20, { type: 'ping', n: 2 });
  t.ok(board.take('pong').message.tx > edge);
  t.equal(await board.end(), 0);
});

t.test('power cut in every byte that a capture writes to the EEPROM', { skip, timeout: 60_000 }, async (t) => {
  const board = await provisioned(t);
  const short = plan({ count: 240, win: 1 });
  let highest = 1;
  let prev = (await capture(board, short)).seal;
  let cuts = 0;
  for (let byte = 1; byte < 200; byte++) {
    await board.ask('c', byte);
    await board.command({ op: 1, args: short } as never, 2500);
    const sealed = board.inbox.find(({ message }) => message.type === 'seal');
    if (sealed) {
      // it was said, so it holds; the bytes were all written before the cut
      prev = sealed.message as Of<'seal'>;
      break;
    }
    cuts++;
    await board.start();
    const { rec } = (await board.session()).body;
    const proof = await capture(board, short);
    const { body } = proof.seal;
    if (body.rec <= highest || rec < prev.body.rec) t.fail(`byte ${byte}: record ${body.rec} after ${highest}`);
    if (Buffer.compare(body.prev, nextPrev(prev.payload)))
      t.fail(`byte ${byte}: \`prev\` is not the hash of the record that was sent last`);
    highest = body.rec;
    prev = proof.seal;
  }
  t.ok(cuts > 30 && cuts < 199, `${cuts} cuts`);
  t.equal(await board.end(), 0);
});
