/**
 * Rotation and wipe (docs/protocol.md, rotation and wipe): commands under the admin key, which is the owner's: `sign` reaches it. Both end
 * with a last record signed by the old key.
 */
import { randomBytes } from 'node:crypto';
import {
  ackCode,
  type BoardEvent,
  checkMac,
  checkSignature,
  crossCheckSignature,
  eventCode,
  type Identity,
  keyName,
  macMessage,
  nextPrev,
  op,
  ProtocolError,
  pinKey,
  sessionKeys,
} from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { BoardFacts, Link } from '../link/index.js';
import {
  awaitMessage,
  baudOrder,
  greet,
  hex,
  type PinnedBoard,
  PortTrust,
  type Session,
  type VerifiedRecord,
} from '../session/index.js';
import type { ProvisionStore } from './key-store.js';
import { answered, type OwnerAnswer, type OwnerRequest, type OwnerSigns } from './owner-request.js';

/** Noise for a new seed takes 8.2 s, its key 0.5 s, the record another 0.5 s. */
const rotationMs = 30_000;
/** One signature and the erasing of all slots, 3.4 ms a byte. */
const wipeMs = 15_000;

/**
 * Erases keys, identity and records of a board; what it signed before stays provable. The pin is revoked with this reason.
 * @throws KZ0206 refused, KZ0413 no last word, KZ0415 the owner's answer is to something else, KZ0208 the admin key is another board's (the board stays silent)
 */
export async function wipe(session: Session, sign: OwnerSigns, store: ProvisionStore): Promise<BoardEvent> {
  const request = requestTo(session, 'wipe');
  const answer = await sign(request);
  const said = lastWord(session, eventCode.wiped, wipeMs);
  await command(session, answer, request);
  const event = (await said).message as BoardEvent;
  const { board } = session;
  board.revoked = `wiped by its owner, record ${event.body.rec}`;
  await store.save(board);
  session.end('closed', 'the board was wiped');
  return event;
}

/**
 * Lets a board make a new key. The old pin is revoked for new records, the new one takes its name, zone and grade. Until a hello proves it,
 * the new pair key is on disk as a candidate of the old pin, so that a cut in the middle leaves a board that is still known.
 * Outputs that are held outlast it.
 * @throws KZ0206, KZ0413, KZ0404–KZ0406 the new key is not acceptable; KZ0209 where no hold is long enough
 */
export async function rotate(session: Session, sign: OwnerSigns, store: ProvisionStore): Promise<PinnedBoard> {
  const { board: old, link } = session;
  // the board takes no command while it makes the key: what is held must last
  await session.secure(rotationMs);
  const hr = new Uint8Array(randomBytes(32));
  const request = requestTo(session, 'rotate', hr);
  const answer = await sign(request);
  const pair = answer.pair;
  if (!pair) throw new KizashiError('KZ0415', 'the answer to a rotation lacks the new pair key', { kid: old.kid });
  old.pair = [...old.pair.slice(0, 1), pair];
  await store.save(old);
  const said = lastWord(session, eventCode.keyRotated, rotationMs);
  // its key id is not that of the session, which takes it for a stray; its nonce is the head of hr
  const born = awaitMessage(link, rotationMs, (message, item) => {
    const fresh = message.type === 'identity' && hex(message.body.nonce) === hex(hr.subarray(0, 16));
    return fresh ? { identity: message, item } : undefined;
  });
  born.catch(() => {});
  await command(session, answer, request);
  session.enter('sealing');
  const event = (await said).message as BoardEvent;
  const heard = await born;
  if (!heard) throw new KizashiError('KZ0413', `${old.name} did not show its new key`, { kid: old.kid });
  announced(old, event, heard.identity);
  const fresh = freshPin(old, pair, heard.identity, heard.item, store);
  await retire(old, fresh, store);
  session.end('closed', 'the board has a new key');
  return fresh;
}

/**
 * A rotation of which this host did not hear the end: the board greets with a key that is not pinned, under the pair key that only its
 * owner's command can have given it.
 * @returns the new pin; undefined where the board on the link is not one of these
 * @throws KZ0404–KZ0406, KZ0413, KZ0105
 */
export async function resumeRotation(
  link: Link,
  facts: BoardFacts,
  store: ProvisionStore,
): Promise<{ old: PinnedBoard; fresh: PinnedBoard } | undefined> {
  const begun = store.all().filter(({ pair, revoked }) => pair.length > 1 && revoked === undefined);
  const greeting = await greet(link, {
    keyring: store,
    trust: new PortTrust(),
    bauds: baudOrder(facts, link.baud),
    bootMs: facts.bootMs,
    unpinned: (hello) => {
      const pair = begun.map((board) => board.pair[1]).find((candidate) => checkMac(hello, candidate));
      const { hn, dn } = hello.body;
      return pair && { kind: 'unpinned', hello, pair, keys: sessionKeys(pair, hn, dn) };
    },
  });
  if (greeting.kind !== 'unpinned') return undefined;
  const old = begun.find(({ pair }) => hex(pair[1]) === hex(greeting.pair));
  if (!old) return undefined;
  const nonce = new Uint8Array(randomBytes(16));
  const { key, sid } = greeting.keys;
  const answered = awaitMessage(link, wipeMs, (message, item) =>
    message.type === 'identity' && hex(message.body.nonce) === hex(nonce) ? { identity: message, item } : undefined,
  );
  link.send(macMessage('command', { n: 1, op: op.identify, args: { nonce } }, key, sid));
  const heard = await answered;
  if (!heard) throw new KizashiError('KZ0413', `${old.name} did not show its new key`, { kid: old.kid });
  const fresh = freshPin(old, greeting.pair, heard.identity, heard.item, store);
  await retire(old, fresh, store);
  return { old, fresh };
}

async function retire(old: PinnedBoard, fresh: PinnedBoard, store: ProvisionStore): Promise<void> {
  old.revoked = `rotated to ${fresh.keyName}`;
  old.pair = old.pair.slice(0, 1);
  // the new pin first: a cut between the two leaves both, and the old one is of no use to anybody
  await store.save(fresh);
  await store.save(old);
}

/** The old key must have announced the very key that now signs. */
function announced(old: PinnedBoard, event: BoardEvent, { body }: Identity): void {
  const key = event.body.info.get(1);
  const kid = hex(body.pk.subarray(0, 8));
  if (!(key instanceof Uint8Array) || hex(key) !== hex(body.pk)) {
    throw new KizashiError('KZ0404', `the old key of ${old.name} announced another key than the one it has now`, {
      kid,
    });
  }
  if (hex(body.prev) !== hex(nextPrev(event.payload)) || body.rec !== event.body.rec + 1) {
    throw new KizashiError('KZ0406', `the new key of ${old.name} does not continue its chain of records`, { kid });
  }
}

/** The checks of every pin, for a key that succeeds another one. */
function freshPin(
  old: PinnedBoard,
  pair: Uint8Array,
  identity: Identity,
  item: Uint8Array,
  store: ProvisionStore,
): PinnedBoard {
  const { body } = identity;
  let key: ReturnType<typeof pinKey>;
  try {
    key = pinKey(body.pk);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new KizashiError('KZ0404', `the new key of ${old.name} is refused: ${error.message}`, {}, { cause: error });
  }
  const kid = hex(key.kid);
  if (store.all().some((other) => other.kid === kid)) {
    throw new KizashiError('KZ0405', `key ${kid} is already known here`, { kid });
  }
  if (!checkSignature(identity, key) || !crossCheckSignature(identity, body.pk)) {
    throw new KizashiError('KZ0406', `the first signature of the new key of ${old.name} is false`, { kid });
  }
  return {
    ...old,
    kid,
    pk: key.bytes,
    pair: [pair],
    chain: { rec: body.rec, prev: nextPrev(identity.payload), used: body.rec },
    fw: body.fw,
    fwd: body.fwd,
    identity: item,
    keyName: keyName(key.bytes),
    revoked: undefined,
  };
}

function requestTo(session: Session, rule: OwnerRequest['rule'], hr?: Uint8Array): OwnerRequest {
  const { name, keyName: key, kid } = session.board;
  const head = { schema: 'kizashi/admin-request/1', rule, board: name, key, kid } as const;
  return { ...head, sid: hex(session.sid), n: session.nextNumber, ...(hr ? { hr: hex(hr) } : {}) };
}

async function command(session: Session, answer: OwnerAnswer, request: OwnerRequest): Promise<void> {
  const ack = await session.admin(answered(answer.message, request));
  if (ack.code === ackCode.ok) return;
  throw new KizashiError('KZ0206', `${session.board.name} refused: code ${ack.code}`, { code: ack.code });
}

/** The record that the session verified under the old key. */
function lastWord(session: Session, code: number, ms: number): Promise<VerifiedRecord> {
  const { clock, board } = session;
  const heard = new Promise<VerifiedRecord>((resolve, reject) => {
    const fail = (why: string) =>
      done(() => reject(new KizashiError('KZ0413', `${board.name}: ${why}`, { kid: board.kid })));
    const timer = clock.setTimer(ms, () => fail('no last record of the old key'));
    const onRecord = (record: VerifiedRecord) => {
      if (record.message.type === 'event' && record.message.body.code === code) done(() => resolve(record));
    };
    const onEnd = (_cause: string, text: string) => fail(text);
    const done = (settle: () => void) => {
      clock.clear(timer);
      session.off('record', onRecord);
      session.off('ended', onEnd);
      settle();
    };
    session.on('record', onRecord);
    session.on('ended', onEnd);
  });
  heard.catch(() => {});
  return heard;
}
