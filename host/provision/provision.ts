/**
 * Blank board → pinned board (docs/protocol.md, provisioning). The claim of this flashing proves to each side that the other is the right
 * one; nothing secret crosses the wire. The order of the steps is what makes a power cut at any moment resumable: the owner's key and the
 * pending entry are safe before the board hears the first secret nonce, the pin is safe before the claim is burnt, the claim is burnt
 * before ticket and pending entry go.
 *
 *     open ─▶ blank ─▶ provision ─▶ busy … identity ─▶ pin checks ─▶ pinned ─▶ burn ─▶ hello
 */
import { randomBytes } from 'node:crypto';
import {
  adminKey,
  type Blank,
  checkMac,
  checkSignature,
  crossCheckSignature,
  decodeMessage,
  type Hello,
  type Identity,
  keyName,
  macMessage,
  nextPrev,
  op,
  ProtocolError,
  pairKey,
  pinKey,
  type SessionKeys,
  sessionKeys,
} from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { burntPage, type ClaimTicket } from '../flash/index.js';
import type { BoardFacts, Link } from '../link/index.js';
import {
  awaitMessage,
  baudOrder,
  type Greeting,
  greet,
  greetingFailure,
  hex,
  openSession,
  type PinnedBoard,
  PortTrust,
  type Session,
} from '../session/index.js';
import type { Pending, ProvisionStore } from './key-store.js';

export interface ProvisionOptions {
  /** Open link to the board. */
  link: Link;
  board: BoardFacts;
  /** Finds the ticket of a claim id. */
  ticket: (cid: Uint8Array) => ClaimTicket | undefined;
  store: ProvisionStore;
  name: string;
  zone?: string;
  /** Evidence grade by what was done and read; emulated boards get E whatever it says. */
  grade: PinnedBoard['grade'];
  /**
   * Takes the owner's admin key to where the gateway cannot read it again (the encrypted recovery file). Must have it safe when it resolves;
   * the board gets nothing before.
   */
  keepAdmin: (admin: Uint8Array, cid: Uint8Array) => Promise<void>;
  /** Rewrites the claim page of the board and gives the link to go on with, the same or a new one. */
  burn: (page: Uint8Array, link: Link) => Promise<Link>;
  /** Asks the operator whether the board whose LED blinks is the one in hand. */
  confirm?: (keyName: string) => Promise<boolean>;
  /** Forgets the ticket, at the very end. */
  forget?: (cid: Uint8Array) => void;
  /** How long to keep silent for `ready`; 0 where the board runs. That of the board description by default. */
  bootMs?: number;
  onProgress?: (text: string) => void;
}

export interface Provisioned {
  board: PinnedBoard;
  /** Open session with the burnt board. */
  session: Session;
  /** Noise bits credited to the key; below 128 the key is as secret as this host was today. */
  entropyBits: number;
}

/** Time from provision to identity; renewed by `busy`. */
const identityMs = 60_000;

/**
 * Provisions the board on a link, or resumes where a power cut stopped it.
 * @throws KZ0401 unknown claim, KZ0402 false claim MAC, KZ0403 other firmware, KZ0404 key refused, KZ0405 duplicate key, KZ0406 first
 * signature false, KZ0407 no identity, KZ0202 bare, KZ0201 silent, KZ0105 lost
 */
export async function provision(options: ProvisionOptions): Promise<Provisioned> {
  const { link, board, store } = options;
  const say = options.onProgress ?? (() => {});
  const greeting = await greet(link, {
    keyring: store,
    trust: new PortTrust(),
    bauds: baudOrder(board, link.baud),
    bootMs: options.bootMs ?? board.bootMs,
    unpinned: (hello) => resume(hello, store.pending()),
  });
  if (greeting.kind === 'hello') {
    // the pin was safe and the claim not yet burnt
    const begun = store.pending().find(({ pair }) => greeting.board.pair.some((known) => hex(known) === hex(pair)));
    if (begun) return burnClaim(greeting.board, begun.cid, options, say);
    throw new KizashiError('KZ0405', `${greeting.board.name} is provisioned already`, { kid: greeting.board.kid });
  }
  let made: Made;
  if (greeting.kind === 'blank') made = await makeKeys(greeting.blank, options, say);
  else if (greeting.kind === 'unpinned') made = await askIdentity(greeting, options);
  else throw greetingFailure(greeting, link.path);

  const pinned = pin(made, options);
  if (options.confirm && !(await options.confirm(pinned.keyName))) {
    throw new KizashiError('KZ0404', 'the operator did not recognise the board', { kid: pinned.kid });
  }
  await store.save(pinned);
  say(`key ${pinned.keyName}: first signature right (two verifiers)`);
  return burnClaim(pinned, made.cid, options, say);
}

/** The last steps: burn the claim, prove that the board is still ours, forget the ticket. */
async function burnClaim(
  pinned: PinnedBoard,
  cid: Uint8Array,
  options: ProvisionOptions,
  say: (text: string) => void,
): Promise<Provisioned> {
  const { board, store } = options;
  const ticket = options.ticket(cid);
  if (!ticket) throw unknownClaim(cid);
  const after = await options.burn(burntPage(ticket, board), options.link);
  const session = await openSession({
    path: after.path,
    board,
    keyring: store,
    clock: after.clock,
    link: after,
    bauds: baudOrder(board, after.baud),
  });
  store.deletePending(cid);
  options.forget?.(cid);
  say('pinned, claim burnt');
  const identity = decodeMessage(pinned.identity, 'd2h');
  return { board: pinned, session, entropyBits: identity.type === 'identity' ? identity.body.ent : 0 };
}

/** What comes out of making the keys: the identity as the board signed it, and the K_pair this host derived. */
interface Made {
  cid: Uint8Array;
  pair: Uint8Array;
  identity: Identity;
  item: Uint8Array;
}

function unknownClaim(cid: Uint8Array): KizashiError {
  return new KizashiError('KZ0401', `claim ${hex(cid)} was flashed by another installation`, { cid: hex(cid) });
}

async function makeKeys(blank: Blank, options: ProvisionOptions, say: (text: string) => void): Promise<Made> {
  const { link, store } = options;
  const { cid, dr, fwd } = blank.body;
  const ticket = options.ticket(cid);
  if (!ticket) throw unknownClaim(cid);
  if (!checkMac(blank, ticket.claim)) {
    throw new KizashiError(
      'KZ0402',
      `the board on ${link.path} does not know claim ${hex(cid)}: nothing was sent to it`,
      {
        cid: hex(cid),
      },
    );
  }
  if (hex(fwd) !== hex(ticket.fwd)) {
    throw new KizashiError('KZ0403', `the board runs firmware ${hex(fwd)}, flashed was ${hex(ticket.fwd)}`, {
      found: hex(fwd),
      expected: hex(ticket.fwd),
    });
  }
  const hr = new Uint8Array(randomBytes(32));
  const pair = pairKey(ticket.claim, hr, dr);
  await options.keepAdmin(adminKey(ticket.claim, hr, dr), cid);
  await store.savePending({ cid, hr, dr, pair });
  say('making keys on the board');
  const sent = awaitIdentity(link, dr);
  link.send(macMessage('provision', { dr, hr }, ticket.claim));
  const { identity, item } = await sent;
  return { cid, pair, identity, item };
}

/** A hello under a pending K_pair: the board finished its keys, this host did not hear of it. */
function resume(hello: Hello, pending: Pending[]): Greeting | undefined {
  const known = pending.find(({ pair }) => checkMac(hello, pair));
  if (!known) return undefined;
  return { kind: 'unpinned', hello, pair: known.pair, keys: sessionKeys(known.pair, hello.body.hn, hello.body.dn) };
}

async function askIdentity(
  greeting: Extract<Greeting, { kind: 'unpinned' }>,
  options: ProvisionOptions,
): Promise<Made> {
  const pending = options.store.pending().find(({ pair }) => hex(pair) === hex(greeting.pair));
  if (!pending) throw new KizashiError('KZ0407', 'the pending entry of this board vanished', {});
  const nonce = new Uint8Array(randomBytes(16));
  const sent = awaitIdentity(options.link, nonce);
  const { key, sid }: SessionKeys = greeting.keys;
  options.link.send(macMessage('command', { n: 1, op: op.identify, args: { nonce } }, key, sid));
  const { identity, item } = await sent;
  return { cid: pending.cid, pair: pending.pair, identity, item };
}

/** The identity that answers `nonce`. `busy` renews the patience. */
async function awaitIdentity(link: Link, nonce: Uint8Array): Promise<{ identity: Identity; item: Uint8Array }> {
  for (;;) {
    const heard = await awaitMessage(link, identityMs, (message, item) => {
      if (message.type === 'identity' && hex(message.body.nonce) === hex(nonce)) return { identity: message, item };
      return message.type === 'busy' ? ('busy' as const) : undefined;
    });
    if (heard === undefined)
      throw new KizashiError('KZ0407', `the board on ${link.path} did not finish making its keys`, {});
    if (heard !== 'busy') return heard;
  }
}

/** The checks every key passes before it is pinned; both verifiers look at the first signature. */
function pin({ pair, identity, item }: Made, options: ProvisionOptions): PinnedBoard {
  const { body } = identity;
  const kid = hex(identity.kid);
  let key: ReturnType<typeof pinKey>;
  try {
    key = pinKey(body.pk);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new KizashiError('KZ0404', `the key of the board is refused: ${error.message}`, { kid }, { cause: error });
  }
  // also revoked keys, and also two keys that share their first eight bytes
  if (options.store.all().some((other) => other.kid === hex(key.kid))) {
    throw new KizashiError('KZ0405', `key ${kid} is already known here`, { kid });
  }
  if (!checkSignature(identity, key) || !crossCheckSignature(identity, body.pk)) {
    throw new KizashiError('KZ0406', `the first signature of key ${kid} is false`, { kid });
  }
  return {
    kid: hex(key.kid),
    pk: key.bytes,
    pair: [pair],
    name: options.name,
    ...(options.zone === undefined ? {} : { zone: options.zone }),
    grade: options.link.path.startsWith('emu:') ? 'E' : options.grade,
    chain: { rec: body.rec, prev: nextPrev(identity.payload), used: body.rec },
    dmax: 1,
    fw: body.fw,
    fwd: body.fwd,
    baud: options.link.baud,
    identity: item,
    keyName: keyName(key.bytes),
  };
}
