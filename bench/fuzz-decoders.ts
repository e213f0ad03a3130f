/**
 * The board's decoder in C against the host's in TypeScript, on mutated and generated messages to a board: the same verdict, the same fault,
 * the same values. The CBOR profile is compared on every input, too, by two readings that share no line.
 *
 *   npm run fuzz:decoders -- [--count N] [--seed N]
 */
import { pathToFileURL } from 'node:url';
import {
  type BodyOf,
  decodeMessage,
  encodeBody,
  encodeMac0,
  encodeMessage,
  FrameReader,
  isCbor,
  type Message,
  ProtocolError,
} from '../protocol/index.js';
import { boardBody, buildDecoder, CDecoder } from './fuzz-c-decoder.js';
import { anyItem, bend, type Draw, drawFrom, pick, randomBytes, specimenBodies } from './fuzz-hostile-frames.js';
import { type BenchRow, report } from './table.js';

export interface DecoderFuzz {
  inputs: number;
  accepted: number;
  refusedAs: { cbor: number; shape: number };
  /** Bodies on which the two differ, described. */
  disagreements: string[];
  /** Bodies whose first fault the board counts `cbor` although they are good CBOR. */
  miscounted: string[];
  cpuSeconds: number;
}

const edges32 = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1];
const u32 = (draw: Draw) => (draw(2) ? pick(edges32, draw) : draw(2 ** (1 + draw(31))));
const u8 = (draw: Draw) => (draw(2) ? pick([0, 1, 23, 24, 255], draw) : draw(256));

/** A command that is right in every field, with fields from everywhere in their ranges. */
function anyCommand(draw: Draw): BodyOf<'command'> {
  const n = u32(draw);
  switch (draw(12)) {
    case 0:
    case 1: {
      const chans = Array.from({ length: 1 + draw(8) }, () => u8(draw));
      const enc = 1 + draw(4);
      return {
        n,
        op: 1,
        args: {
          count: u32(draw),
          period: u32(draw),
          div: u8(draw),
          chans,
          enc,
          win: 1 + draw(255),
          sign: draw(2),
          chal: randomBytes(16, draw),
          lock: randomBytes(16, draw),
        },
      };
    }
    case 2: {
      const holdMs = draw(2) ? draw(600_001) : 0;
      return { n, op: 2, args: { relay: u8(draw), on: holdMs > 0, holdMs } };
    }
    case 3:
      return { n, op: 3, args: { nonce: randomBytes(16, draw) } };
    case 4:
      return { n, op: 4, args: {} };
    case 5:
      return { n, op: 5, args: {} };
    case 6:
      return { n, op: 6, args: { sensor: u8(draw), regs: randomBytes(draw(33), draw) } };
    case 7:
      return { n, op: 7, args: { rec: u32(draw) } };
    case 8:
      return { n, op: 8, args: { pin: u8(draw), mode: 2, value: draw(2), holdMs: draw(600_001) } };
    case 9:
      return { n, op: 9, args: { pins: Array.from({ length: draw(9) }, () => u8(draw)), periodMs: draw(65_536) } };
    case 10:
      return {
        n,
        op: 10,
        args: { bus: u8(draw), address: draw(128), write: randomBytes(draw(33), draw), read: draw(33) },
      };
    default:
      return { n, op: 11, args: {} };
  }
}

function anyMessage(draw: Draw): Uint8Array {
  const tag = randomBytes(64, draw);
  switch (draw(8)) {
    case 0:
      return encodeMessage({ type: 'open', vmin: u8(draw), vmax: u8(draw), hn: randomBytes(16, draw) });
    case 1:
      return encodeMessage({ type: 'ping', n: u32(draw) });
    case 2:
      return encodeMessage({ type: 'stop', rec: u32(draw), key: randomBytes(16, draw) });
    case 3:
      return encodeMac0({
        payload: encodeBody(
          'admin',
          draw(2) ? { rule: 'wipe', n: u32(draw) } : { rule: 'rotate', n: u32(draw), hr: randomBytes(32, draw) },
        ),
        tag,
      });
    case 4:
      return encodeMac0({
        payload: encodeBody('provision', { dr: randomBytes(16, draw), hr: randomBytes(32, draw) }),
        tag,
      });
    default:
      return encodeMac0({ payload: commandPayload(draw), tag });
  }
}

function commandPayload(draw: Draw): Uint8Array {
  for (;;) {
    try {
      return encodeBody('command', anyCommand(draw));
    } catch (error) {
      // fields that make no sense together (an encoding with a converter's divisor, say) are not written
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
}

/** An input: right, bent within its envelope, bent anywhere, or CBOR of any kind. */
function anyBody(draw: Draw): Uint8Array {
  const road = draw(16);
  if (road === 0) return anyItem(draw);
  if (road === 1) return bend(anyItem(draw), specimenBodies, draw);
  if (road === 2) return encodeMac0({ payload: anyItem(draw).slice(0, 90), tag: randomBytes(64, draw) });
  if (road < 5) return anyMessage(draw);
  if (road < 10) {
    let payload = draw(4) ? commandPayload(draw) : pick(specimenBodies, draw).slice(0, 80);
    for (let k = draw(3); k >= 0; k--) payload = bend(payload, specimenBodies, draw);
    return encodeMac0({ payload: payload.slice(0, 90), tag: randomBytes(64, draw) });
  }
  let body = draw(3) ? anyMessage(draw) : pick(specimenBodies, draw);
  for (let k = draw(4); k >= 0; k--) body = bend(body, specimenBodies, draw);
  return body;
}

/** The values of a command as firmware/fuzz/decoder.c tells them. */
function valuesOf(body: BodyOf<'command'>): Buffer {
  const parts: Buffer[] = [];
  const number = (...values: number[]) => {
    for (const value of values) {
      const four = Buffer.alloc(4);
      four.writeUInt32LE(value);
      parts.push(four);
    }
  };
  number(body.n, body.op);
  if (body.op === 1) {
    const { count, period, div, chans, enc, win, sign, chal, lock } = body.args;
    number(count, period, div, chans.length);
    parts.push(Buffer.from(chans));
    number(enc, win, sign);
    parts.push(Buffer.from(chal), Buffer.from(lock));
  } else if (body.op === 2) number(body.args.relay, body.args.on ? 1 : 0, body.args.holdMs);
  else if (body.op === 3) parts.push(Buffer.from(body.args.nonce));
  else if (body.op === 6) {
    number(body.args.sensor, body.args.regs.length);
    parts.push(Buffer.from(body.args.regs));
  } else if (body.op === 7) number(body.args.rec);
  else if (body.op === 8) number(body.args.pin, body.args.mode, body.args.value, body.args.holdMs);
  else if (body.op === 9) {
    number(body.args.pins.length);
    parts.push(Buffer.from(body.args.pins));
    number(body.args.periodMs);
  } else if (body.op === 10) {
    number(body.args.bus, body.args.address, body.args.write.length);
    parts.push(Buffer.from(body.args.write));
    number(body.args.read);
  }
  return Buffer.concat(parts);
}

function repliesOf(bytes: Uint8Array): Message[] {
  const messages: Message[] = [];
  new FrameReader().push(bytes, (body) => messages.push(decodeMessage(body, 'd2h')));
  return messages;
}

/** What the two read differently from an accepted message; undefined if nothing. */
function differenceInValues(c: CDecoder, body: Uint8Array, message: Message): string | undefined {
  if (message.type === 'command') {
    const [ours, theirs] = [c.command(body), valuesOf(message.body)];
    return ours.equals(theirs) ? undefined : `values ${ours.toString('hex')} and ${theirs.toString('hex')}`;
  }
  if (message.type === 'admin') {
    const taken = c.admin(body, message.body.n);
    if (taken?.rule !== message.body.rule) return `${taken?.rule} and ${message.body.rule}`;
    if (message.body.rule === 'rotate' && taken.rule === 'rotate' && !taken.hr.equals(message.body.hr)) return 'hr';
    return undefined;
  }
  if (message.type === 'provision') {
    const [ours, theirs] = [c.provision(body), Buffer.concat([message.body.dr, message.body.hr])];
    return ours.equals(theirs) ? undefined : `nonces ${ours.toString('hex')} and ${theirs.toString('hex')}`;
  }
  if (message.type === 'stop') return c.stops(body, message.rec, message.key) ? undefined : 'record or key of the stop';
  // both are answered: what was read comes back
  const answers = repliesOf(c.reply());
  if (message.type === 'ping') {
    const pong = answers.find((a) => a.type === 'pong');
    return pong?.type === 'pong' && pong.n === message.n ? undefined : 'number of the ping';
  }
  if (message.type === 'open') {
    const hello = answers.find((a) => a.type === 'hello');
    if (hello?.type !== 'hello') return 'no hello';
    const { range, hn } = hello.body;
    const same = range.hmin === message.vmin && range.hmax === message.vmax && Buffer.compare(hn, message.hn) === 0;
    return same ? undefined : 'versions or nonce of the open';
  }
  return undefined;
}

/** Compares `count` bodies. Equal seeds give equal bodies. */
export function fuzzDecoders(count: number, seed: number, c = new CDecoder()): DecoderFuzz {
  const draw = drawFrom(seed, 'decoders');
  const result: DecoderFuzz = {
    inputs: 0,
    accepted: 0,
    refusedAs: { cbor: 0, shape: 0 },
    disagreements: [],
    miscounted: [],
    cpuSeconds: 0,
  };
  const before = process.cpuUsage();
  for (let k = 0; k < count; k++) {
    const body = anyBody(draw).slice(0, boardBody);
    if (body.length === 0) continue;
    result.inputs++;
    compare(c, body, result);
  }
  const { user, system } = process.cpuUsage(before);
  result.cpuSeconds = (user + system) / 1e6;
  return result;
}

/** One body through both decoders. */
export function compare(c: CDecoder, body: Uint8Array, result: DecoderFuzz): void {
  const disagree = (what: string) => {
    if (result.disagreements.length < 1000) result.disagreements.push(`${what}: ${Buffer.from(body).toString('hex')}`);
  };
  if (c.isItem(body) !== isCbor(body)) disagree(`the CBOR profile: host ${isCbor(body)}`);
  let message: Message | undefined;
  let fault = '';
  try {
    message = decodeMessage(body, 'h2d');
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    fault = error.cause;
  }
  const counted = c.counted(body);
  if ((counted === 'accepted') !== (message !== undefined)) {
    disagree(`the board ${counted}, the host ${message ? 'accepted' : fault}`);
  } else if (message) {
    result.accepted++;
    const difference = differenceInValues(c, body, message);
    if (difference) disagree(`${message.type}, ${difference}`);
  } else {
    if (fault === 'cbor' || fault === 'shape') result.refusedAs[fault]++;
    const named = c.fault(body);
    if (named !== fault) disagree(`the fault: board ${named}, host ${fault}`);
    if (counted === 'cbor' && fault !== 'cbor') result.miscounted.push(Buffer.from(body).toString('hex'));
  }
}

function argument(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  buildDecoder();
  const result = fuzzDecoders(argument('count', 200_000), argument('seed', 20261124));
  const { inputs, accepted, refusedAs, disagreements, miscounted, cpuSeconds } = result;
  for (const one of [...disagreements.slice(0, 20), ...miscounted.slice(0, 5)]) process.stderr.write(`${one}\n`);
  const rows: BenchRow[] = [
    {
      row: 'C and TypeScript disagree',
      value: disagreements.length,
      unit: `of ${inputs} bodies`,
      reference: `${accepted} accepted by both, refused ${refusedAs.cbor} as cbor, ${refusedAs.shape} as shape`,
      goal: '0',
      holds: disagreements.length === 0,
    },
    {
      row: 'good CBOR that the board counts as none',
      value: miscounted.length,
      unit: `of ${inputs} bodies`,
      reference: 'an array that is too short reads like one cut off; both are refused',
      goal: '',
      holds: null,
    },
    {
      row: 'speed',
      value: inputs / cpuSeconds,
      unit: 'bodies a CPU second',
      reference: 'both decoders',
      goal: '',
      holds: null,
    },
  ];
  report('fuzz-decoders', rows);
}
