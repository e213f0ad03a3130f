/**
 * Who is on the line: `open` until something answers, then the checks of `hello` in their order (docs/protocol.md, sessions). Nothing is
 * sent before `ready` or the board's boot time, because a bootloader that hears bytes may stay for ever.
 */
import { randomBytes } from 'node:crypto';
import {
  type Bare,
  type Blank,
  checkMac,
  encodeMessage,
  type Hello,
  type SessionKeys,
  sessionKeys,
} from '../../protocol/index.js';
import type { Link } from '../link/index.js';
import { awaitMessage } from './await-message.js';
import { hex } from './hex.js';
import type { Keyring, PinnedBoard } from './keyring.js';
import { releaseLine } from './line-owner.js';
import type { PortTrust, Quarantine } from './trust.js';

/** Versions this host speaks. */
export const versions = { min: 1, max: 1 } as const;

export type Greeting =
  | {
      kind: 'hello';
      hello: Hello;
      board: PinnedBoard;
      keys: SessionKeys;
      /** Record numbers that were used up since the last one held here, inclusive. */
      unseen?: { from: number; to: number };
    }
  | { kind: 'blank'; blank: Blank }
  | { kind: 'bare'; bare: Bare }
  | { kind: 'quarantine'; quarantine: Quarantine; kid: string }
  /** False MAC, fewer than three in a row: greet again. */
  | { kind: 'refused'; text: string }
  /** Known to `unpinned` by a K_pair, not yet by its key. */
  | { kind: 'unpinned'; hello: Hello; keys: SessionKeys; pair: Uint8Array }
  | { kind: 'silent' };

export interface GreetingOptions {
  keyring: Keyring;
  trust: PortTrust;
  /** Line rates to try, in this order. */
  bauds: number[];
  /** How long to keep silent for `ready`; 0 where the board is known to run. */
  bootMs: number;
  /** Looks at a hello whose key is not pinned: provisioning resumes a board it knows by its pending K_pair. */
  unpinned?: (hello: Hello) => Greeting | undefined;
  /** How long a board may answer `busy` (it samples or signs for an earlier session), in ms. */
  busyMs?: number;
}

const answerMs = 1000;
const tries = 3;
/** A board answers at most one `open` in 250 ms. */
const openSpacingMs = 260;

/**
 * Greets the board on a link. Leaves the link at the rate that answered.
 * @throws KZ0105 when the link is lost meanwhile
 */
export async function greet(link: Link, options: GreetingOptions): Promise<Greeting> {
  releaseLine(link);
  if (options.bootMs > 0) {
    await awaitMessage(link, options.bootMs, (message) => (message.type === 'pong' ? undefined : true));
  }
  const giveUp = link.clock.now() + (options.busyMs ?? 90_000);
  for (const baud of options.bauds) {
    await link.setBaud(baud);
    for (let attempt = 0; attempt < tries; ) {
      const answer = await ask(link, options);
      if (answer === 'busy' && link.clock.now() < giveUp) continue;
      if (answer !== 'busy' && answer !== undefined) return answer;
      attempt++;
    }
  }
  return { kind: 'silent' };
}

/** One `open` and its answer; `busy` after having waited as long as the board said. */
async function ask(link: Link, options: GreetingOptions): Promise<Greeting | 'busy' | undefined> {
  const hn = new Uint8Array(randomBytes(16));
  const { trust } = options;
  const asked = link.clock.now();
  // listening starts before the question leaves
  const answered = awaitMessage<Greeting | { busyMs: number }>(link, answerMs, (message) => {
    switch (message.type) {
      case 'hello':
        if (!equal(message.body.hn, hn)) {
          trust.refuse('stray', 'a hello for another greeting: replayed', link.clock.wall());
          return undefined;
        }
        return checkHello(message, options, link.clock.wall());
      case 'blank':
        return { kind: 'blank', blank: message };
      case 'bare':
        return { kind: 'bare', bare: message };
      case 'busy':
        return { busyMs: message.leftMs };
      // a capture of an earlier session still runs: the board is alive and will answer when it is done
      case 'data':
      case 'signed-data':
      case 'mark':
        return { busyMs: 0 };
      default:
        return undefined;
    }
  });
  link.send(encodeMessage({ type: 'open', vmin: versions.min, vmax: versions.max, hn }));
  const answer = await answered;
  if (answer === undefined || 'kind' in answer) return answer;
  const spent = link.clock.now() - asked;
  const wait = Math.max(openSpacingMs - spent, Math.min(answer.busyMs, 1000), 20);
  await awaitMessage(link, wait, (message) => (message.type === 'seal' || message.type === 'ready' ? true : undefined));
  return 'busy';
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k]);
}

/** Checks a hello whose `hn` is ours. Order: kid, MAC, range, version, highest version, record. */
export function checkHello(
  hello: Hello,
  { keyring, trust, unpinned }: Pick<GreetingOptions, 'keyring' | 'trust' | 'unpinned'>,
  wall: number,
): Greeting {
  const { body } = hello;
  const kid = hex(body.kid);
  const quarantine = (cause: 'foreign' | 'revoked' | 'mac' | 'downgrade' | 'rollback', text: string): Greeting => {
    const begun = trust.refuse(cause, text, wall) ?? trust.quarantine;
    return begun ? { kind: 'quarantine', quarantine: begun, kid } : { kind: 'refused', text };
  };
  const board = keyring.find(kid);
  if (!board) {
    const resumed = unpinned?.(hello);
    if (resumed) return resumed;
    return quarantine('foreign', `key ${kid} is not pinned here: the board belongs to another installation`);
  }
  if (board.revoked) return quarantine('revoked', `key ${kid} of ${board.name} is revoked: ${board.revoked}`);
  const pair = board.pair.find((candidate) => checkMac(hello, candidate));
  if (!pair) return quarantine('mac', `${board.name} does not know its key: swapped board or tampering`);
  const { range } = body;
  if (range.hmin !== versions.min || range.hmax !== versions.max || body.v !== Math.min(versions.max, range.dmax)) {
    return quarantine('downgrade', `the greeting of ${board.name} was altered on the line`);
  }
  if (range.dmax < board.dmax) {
    return quarantine('downgrade', `${board.name} offers version ${range.dmax} and once offered ${board.dmax}`);
  }
  if (body.rec < board.chain.used) {
    const text = `${board.name} forgot records (it says ${body.rec}, ${board.chain.used} is known): restored EEPROM or a clone`;
    return quarantine('rollback', text);
  }
  // a hello proves which key the board holds after a rotation
  if (board.pair.length > 1) board.pair = [pair];
  const unseen = body.rec > board.chain.used ? { from: board.chain.used + 1, to: body.rec } : undefined;
  board.chain.used = body.rec;
  board.dmax = range.dmax;
  return { kind: 'hello', hello, board, keys: sessionKeys(pair, body.hn, body.dn), unseen };
}
