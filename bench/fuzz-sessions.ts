/**
 * Forged greetings and acknowledgements against the host: what two emulated Unos with the real image said in several sessions, bent, spliced
 * across boards and sessions, replayed and stripped. Accepted means: a hello or an acknowledgement is taken for good that this board did not
 * send in this very session. The goal is 0.
 *
 *     npm run fuzz:sessions [-- --count N --seed N --json]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startFleet } from '../host/cli/demo/fleet.js';
import { demoMotors } from '../host/cli/demo/motors.js';
import { checkHello, MemoryKeyring, type PinnedBoard, PortTrust } from '../host/session/index.js';
import { Xoshiro128 } from '../host/signal/random.js';
import {
  type Ack,
  blake2s,
  checkMac,
  decodeMessage,
  encodeMessage,
  FrameReader,
  type Hello,
  op,
  ProtocolError,
  sessionKeys,
} from '../protocol/index.js';
import { type BenchRow, report } from './table.js';

/** What one board said in one session. */
interface Heard {
  board: PinnedBoard;
  hn: Uint8Array;
  key: Uint8Array;
  sid: Uint8Array;
  hello: Uint8Array;
  acks: Uint8Array[];
}

export interface SessionFuzz {
  judged: number;
  accepted: string[];
  reasons: Map<string, number>;
  cpuSeconds: number;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Sessions of two emulated boards: greeted anew three times each, two commands in every session. */
export async function recordSessions(): Promise<Heard[]> {
  const fleet = await startFleet({
    motors: demoMotors.slice(0, 2),
    folder: mkdtempSync(join(tmpdir(), 'kizashi-fuzz-')),
    version: 'fuzz',
    captureSeconds: 1,
    intervalSeconds: 60,
    seed: 9,
  });
  const heard: Heard[] = [];
  for (const [name, port] of fleet.ports) {
    const board = fleet.keys.all().find((key) => key.name === name);
    if (!board) throw new Error(`no key of ${name}`);
    let hello: Uint8Array | undefined;
    let acks: Uint8Array[] = [];
    const reader = new FrameReader();
    fleet.world.tapLine(name, (bytes, direction) => {
      if (direction === 'toHost') {
        reader.push(bytes, (body) => {
          const { type } = decodeMessage(body, 'd2h');
          if (type === 'hello') hello = Uint8Array.from(body);
          if (type === 'ack') acks.push(Uint8Array.from(body));
        });
      }
      return [bytes];
    });
    for (let session = 0; session < 3; session++) {
      hello = undefined;
      acks = [];
      fleet.boards.get(name)?.reset('external');
      await fleet.world.run(6);
      const live = await fleet.world.until(port.ready(30_000), 60);
      await fleet.world.until(live.command({ op: op.status, args: [] } as never), 10);
      await fleet.world.until(live.command({ op: op.status, args: [] } as never), 10);
      if (!hello || acks.length < 2) throw new Error(`${name} said ${hello ? acks.length : 'no hello'}`);
      const { hn, dn } = (decodeMessage(hello, 'd2h') as Hello).body;
      const keys = sessionKeys(board.pair[0], hn, dn);
      heard.push({ board, hn, key: keys.key, sid: keys.sid, hello, acks });
    }
  }
  await fleet.close();
  return heard;
}

type Draw = (below: number) => number;

/** Bends one item; what comes out may be anything, also the item itself. */
function bend(item: Uint8Array, others: readonly Uint8Array[], draw: Draw): Uint8Array {
  const bent = Uint8Array.from(item);
  const other = others[draw(others.length)];
  switch (draw(7)) {
    case 0:
      bent[draw(bent.length)] ^= 1 << draw(8);
      return bent;
    case 1:
      for (let k = draw(4); k >= 0; k--) bent[draw(bent.length)] = draw(256);
      return bent;
    case 2:
      return bent.subarray(0, draw(bent.length));
    case 3:
      return Uint8Array.from(other);
    case 4: {
      // head of one, tail of the other: payload and tag from two messages
      const at = draw(Math.min(bent.length, other.length));
      return new Uint8Array([...bent.subarray(0, at), ...other.subarray(at)]);
    }
    case 5: {
      const from = draw(bent.length);
      bent.copyWithin(draw(bent.length), from, from + 1 + draw(16));
      return bent;
    }
    default:
      return rangeStripped(bent, draw);
  }
}

/** A hello whose version range, record or nonce is another, with its old tag: a downgrade, a rollback, a replay. */
function rangeStripped(item: Uint8Array, draw: Draw): Uint8Array {
  let message: ReturnType<typeof decodeMessage>;
  try {
    message = decodeMessage(item, 'd2h');
  } catch {
    return item;
  }
  if (message.type !== 'hello') return item;
  const body = { ...message.body, range: { ...message.body.range } };
  const what = draw(5);
  if (what === 0) body.range.dmax = Math.max(0, body.range.dmax - 1);
  else if (what === 1) body.range.hmax = body.range.hmax + 1;
  else if (what === 2) body.rec = body.rec + 1 + draw(5);
  else if (what === 3) body.v = body.v + 1;
  else body.hn = Uint8Array.from(body.hn, () => draw(256));
  const at = item.length - 64;
  const rebuilt = encodeMessage({ ...message, body } as Hello);
  // encoding anew keeps the payload in step; the tag stays that of the honest message
  return new Uint8Array([...rebuilt.subarray(0, rebuilt.length - 64), ...item.subarray(at)]);
}

/** Runs `count` mutants over recorded sessions. Equal seeds and recordings give equal mutants. */
export function fuzzSessions(heard: readonly Heard[], count: number, seed: number): SessionFuzz {
  const random = new Xoshiro128(blake2s(new TextEncoder().encode(`sessions ${seed}`)).subarray(0, 16));
  const draw: Draw = (below) => random.u32() % below;
  const accepted: string[] = [];
  const reasons = new Map<string, number>();
  const count1 = (reason: string): void => void reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const hellos = heard.map((one) => one.hello);
  const acks = heard.flatMap((one) => one.acks);
  const from = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    const one = heard[draw(heard.length)];
    const greeting = draw(2) === 0;
    const honest = greeting ? one.hello : one.acks[draw(one.acks.length)];
    const mutant = bend(honest, greeting ? [...hellos, ...acks] : [...acks, ...hellos], draw);
    if (same(mutant, honest)) {
      count1('unchanged');
      continue;
    }
    count1(judge(one, greeting, mutant, accepted));
  }
  const used = process.cpuUsage(from);
  return { judged: count, accepted, reasons, cpuSeconds: (used.user + used.system) / 1e6 };
}

/** What the host makes of a mutant in a session: the reason of the refusal; what is taken and was never said lands in `accepted`. */
function judge(one: Heard, greeting: boolean, mutant: Uint8Array, accepted: string[]): string {
  let message: ReturnType<typeof decodeMessage>;
  try {
    message = decodeMessage(mutant, 'd2h');
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.cause as string;
  }
  if (greeting) {
    if (message.type !== 'hello') return 'type';
    if (!same(message.body.hn, one.hn)) return 'stale nonce';
    const keyring = new MemoryKeyring();
    const known = { ...one.board, pair: [...one.board.pair], chain: { ...one.board.chain, used: 0 }, dmax: 1 };
    void keyring.save(known);
    const answer = checkHello(message, { keyring, trust: new PortTrust() }, 0);
    if (answer.kind === 'hello') {
      accepted.push(`hello ${Buffer.from(mutant).toString('hex')}`);
      return 'ACCEPTED';
    }
    return answer.kind === 'quarantine' ? answer.quarantine.cause : answer.kind;
  }
  if (message.type !== 'ack') return 'type';
  const wanted = one.acks.map((ack) => (decodeMessage(ack, 'd2h') as Ack).body.n);
  if (!checkMac(message, one.key, one.sid)) return 'mac';
  // a true acknowledgement of this session for another command is dropped by its number, and is no forgery
  if (one.acks.some((ack) => same(ack, mutant)))
    return wanted.includes(message.body.n) ? 'honest, other number' : 'number';
  accepted.push(`ack ${Buffer.from(mutant).toString('hex')}`);
  return 'ACCEPTED';
}

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const heard = await recordSessions();
  const result = fuzzSessions(heard, option('count', 200_000), option('seed', 1));
  const rows: BenchRow[] = [
    {
      row: 'forged greetings and acknowledgements accepted',
      value: result.accepted.length,
      unit: `of ${result.judged}`,
      reference: [...result.reasons].map(([reason, n]) => `${reason} ${n}`).join(', '),
      goal: '0',
      holds: result.accepted.length === 0,
    },
    {
      row: 'mutants a CPU second',
      value: result.judged / result.cpuSeconds,
      unit: '1/s',
      reference: `${heard.length} sessions of 2 emulated boards`,
      goal: '',
      holds: null,
    },
  ];
  for (const line of result.accepted.slice(0, 10)) process.stderr.write(`${line}\n`);
  report('fuzz-sessions', rows);
}
