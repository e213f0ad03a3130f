/** Blank board → pinned board by docs/protocol.md, provisioning; the claim page; the key store. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { emulatedBinding, World } from '../../host/emulate/index.js';
import { KizashiError } from '../../host/errors.js';
import {
  burntPage,
  type ClaimTicket,
  claimPage,
  deleteTicket,
  drawTicket,
  findTicket,
  firmwareDigest,
  patchImage,
  saveTicket,
} from '../../host/flash/index.js';
import { openLink } from '../../host/link/index.js';
import {
  KeyStore,
  MemoryKeyStore,
  type Pending,
  type ProvisionOptions,
  provision,
} from '../../host/provision/index.js';
import { hex, keyOf, openSession, type PinnedBoard, unhex } from '../../host/session/index.js';
import { adminKey, crc16, encodeMessage, macMessage } from '../../protocol/index.js';
import { type FrameTap, tapFrames, uno } from '../session/bench.js';
import { BoardTwin } from '../session/board-twin.js';

const twinFwd = new Uint8Array(16).fill(0xc5);

async function code(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return error instanceof KizashiError ? error.code : String(error);
  }
}

function setup(change: Partial<ClaimTicket> = {}) {
  const world = new World({ seed: 3 });
  const ticket = drawTicket(uno, twinFwd);
  const twin = new BoardTwin({ name: 'blank', claim: { cid: ticket.cid, key: ticket.claim } });
  world.add(twin, 'blank');
  const store = new MemoryKeyStore();
  const held: ClaimTicket = { ...ticket, ...change };
  const admin: Uint8Array[] = [];
  const burnt: Uint8Array[] = [];
  const steps: string[] = [];
  const run = async (more: Partial<ProvisionOptions> = {}) => {
    const link = await openLink({
      path: 'emu:blank',
      baud: 500_000,
      clock: world.clock,
      binding: emulatedBinding(world),
    });
    try {
      return await provision({
        link,
        board: uno,
        ticket: (cid) => (hex(cid) === hex(held.cid) ? held : undefined),
        store,
        name: 'fan 3',
        grade: 'A0',
        keepAdmin: async (key) => {
          steps.push('admin kept');
          admin.push(key);
        },
        burn: async (page, same) => {
          steps.push('burnt');
          burnt.push(page);
          return same;
        },
        forget: () => steps.push('forgotten'),
        ...more,
      });
    } catch (error) {
      await link.close();
      throw error;
    }
  };
  return { world, twin, ticket, store, run, admin, burnt, steps };
}

t.test('a blank board becomes a pinned one', async (t) => {
  const { world, twin, ticket, store, run, admin, burnt, steps } = setup();
  const seen: Uint8Array[] = [];
  tapFrames(world, 'blank', (_, body) => {
    seen.push(body);
    return undefined;
  });
  const { board, session, entropyBits } = await world.until(run(), 120);
  t.same(steps, ['admin kept', 'burnt', 'forgotten'], 'the owner has the admin key before the board hears anything');
  t.match(board, { name: 'fan 3', grade: 'E', fw: 'twin/1.0.0', chain: { rec: 1, used: 1 } });
  t.same(board.pk, twin.pk);
  t.same(board.pair, [twin.pair]);
  t.match(board.keyName, /^kz:([a-z2-7]{4}-){3}[a-z2-7]{4}$/);
  t.equal(entropyBits, 128);
  t.ok(session.alive);
  t.equal(store.pending().length, 0);
  t.same(burnt, [burntPage(ticket, uno)]);
  const { dr, hr } = twin.received.flatMap((message) => (message.type === 'provision' ? [message.body] : []))[0];
  t.same(admin, [adminKey(ticket.claim, hr, dr)]);
  const wire = Buffer.concat(seen);
  for (const [name, secret] of Object.entries({
    claim: ticket.claim,
    pair: board.pair[0],
    admin: admin[0],
    seed: twin.seed!,
  })) {
    t.equal(wire.indexOf(secret), -1, `${name} never crosses the wire`);
  }
  t.equal(await world.until(code(run())), 'KZ0102');
  session.end('closed', '');
  await session.link.close();
  t.equal(await world.until(code(run())), 'KZ0405', 'provisioned already');
  world.close();
});

t.test('what is refused', async (t) => {
  const cases: [string, Partial<ClaimTicket>, FrameTap | undefined, string][] = [
    ['the claim of another installation', { cid: new Uint8Array(4) }, undefined, 'KZ0401'],
    ['a board that does not know its claim', { claim: new Uint8Array(32) }, undefined, 'KZ0402'],
    ['other firmware than was flashed', { fwd: new Uint8Array(16) }, undefined, 'KZ0403'],
    [
      'a false first signature',
      {},
      (m) => (m.type === 'identity' ? [encodeMessage({ ...m, signature: m.signature.map((x) => x ^ 1) })] : undefined),
      'KZ0406',
    ],
  ];
  for (const [name, change, tap, expected] of cases) {
    const { world, twin, store, run } = setup(change);
    if (tap) tapFrames(world, 'blank', tap);
    t.equal(await world.until(code(run()), 200), expected, name);
    t.same(store.all(), [], `${name}: nothing pinned`);
    if (Object.keys(change).length > 0) t.equal(twin.seed, undefined, `${name}: the board got nothing`);
    world.close();
  }

  t.test('a key that is no point of the prime-order subgroup', async (t) => {
    const { world, run } = setup();
    const low = unhex(`ec${'ff'.repeat(30)}7f`)!;
    tapFrames(world, 'blank', (m) => {
      if (m.type !== 'identity') return undefined;
      // the same length and place: pk stands in the payload as 32 bytes
      const at = Buffer.from(m.payload).indexOf(m.body.pk);
      const payload = m.payload.slice();
      payload.set(low, at);
      return [encodeMessage({ ...m, payload })];
    });
    t.equal(await world.until(code(run()), 200), 'KZ0404');
    world.close();
  });

  t.test('a key that is known here already, also a revoked one', async (t) => {
    const { world, twin, store, run } = setup();
    let known = false;
    tapFrames(world, 'blank', (m) => {
      if (m.type !== 'identity' || known) return undefined;
      known = true;
      void store.save({ kid: hex(twin.pk.subarray(0, 8)), revoked: 'yes' } as never);
      return undefined;
    });
    t.equal(await world.until(code(run()), 200), 'KZ0405');
    world.close();
  });

  t.test('an operator who sees another LED blink', async (t) => {
    const { world, store, run } = setup();
    t.equal(await world.until(code(run({ confirm: async () => false })), 200), 'KZ0404');
    t.same(store.all(), []);
    world.close();
  });

  t.test('a provision that this host did not make moves nothing', async (t) => {
    const { world, twin } = setup();
    const link = await openLink({
      path: 'emu:blank',
      baud: 500_000,
      clock: world.clock,
      binding: emulatedBinding(world),
    });
    await world.run(3);
    link.send(encodeMessage({ type: 'open', vmin: 1, vmax: 1, hn: new Uint8Array(16) }));
    await world.run(0.5);
    link.send(macMessage('provision', { dr: new Uint8Array(16), hr: new Uint8Array(32) }, new Uint8Array(32)));
    await world.run(15);
    t.equal(twin.seed, undefined);
    await link.close();
    world.close();
  });
});

t.test('power cuts are resumed', async (t) => {
  for (const seconds of [0.5, 4, 8.3, 8.5]) {
    const { world, twin, store, run } = setup();
    const first = run();
    first.catch(() => {});
    await world.run(2.6 + seconds);
    world.port('blank').unplug();
    await world.until(code(first), 70);
    world.port('blank').plug();
    const { board, session } = await world.until(run(), 120);
    t.same(board.pk, twin.pk, `cut ${seconds} s after ready: one identity`);
    t.equal(store.all().length, 1);
    t.equal(store.pending().length, 0);
    session.end('closed', '');
    await session.link.close();
    world.close();
  }
});

t.test('a cut between pin and burn: the burn is made up for', async (t) => {
  const { world, run, steps } = setup();
  const cut = run({ burn: () => Promise.reject(new KizashiError('KZ0105', 'unplugged')) });
  t.equal(await world.until(code(cut), 120), 'KZ0105');
  t.same(steps, ['admin kept']);
  const { board, session } = await world.until(run(), 120);
  t.same(steps, ['admin kept', 'burnt', 'forgotten']);
  t.equal(board.chain.rec, 1, 'the same identity');
  session.end('closed', '');
  await session.link.close();
  world.close();
});

t.test('claim page', async (t) => {
  const ticket = drawTicket(uno, twinFwd, { weakEntropy: true });
  const page = claimPage(ticket, uno);
  t.equal(page.length, 128);
  t.equal(
    Buffer.from(page.subarray(0, 8)).toString('hex'),
    '4b5a434c01020200',
    'KZCL, version 1, 500,000 baud, weak entropy',
  );
  t.same(page.subarray(8, 12), ticket.cid);
  t.same(page.subarray(12, 44), ticket.claim);
  t.equal(crc16(page, 0, 46), 0);
  t.ok(page.subarray(46).every((byte) => byte === 0xff));
  const burnt = burntPage(ticket, uno);
  t.equal(Buffer.from(burnt.subarray(0, 8)).toString('hex'), '4b5a434c01020100');
  t.ok(burnt.subarray(8).every((byte) => byte === 0));
  t.throws(() => claimPage({ ...ticket, baud: 921_600 }, uno), { code: 'KZ0301' }, 'an AVR at 16 MHz cannot');

  const line = (address: number, bytes: number[]) => {
    const record = [bytes.length, address >> 8, address & 0xff, 0, ...bytes];
    const sum = (256 - (record.reduce((a, b) => a + b, 0) & 0xff)) & 0xff;
    return `:${Buffer.from([...record, sum])
      .toString('hex')
      .toUpperCase()}`;
  };
  const image = `${line(0, [1, 2, 3, 4])}\n:00000001FF\n`;
  const patched = patchImage(image, uno, page);
  t.same(firmwareDigest(patched, uno), firmwareDigest(image, uno), 'the same for all boards');
  t.not(hex(firmwareDigest(`${line(0, [1, 2, 3, 5])}\n:00000001FF\n`, uno)), hex(firmwareDigest(image, uno)));
  t.throws(() => patchImage(patched, uno, page), { code: 'KZ0301' });
  t.throws(() => firmwareDigest(`${line(0x777f, [1, 2])}\n:00000001FF\n`, uno), { code: 'KZ0301' });
  t.throws(() => firmwareDigest(':0000', uno), { code: 'KZ0301' });

  const directory = mkdtempSync(join(tmpdir(), 'kizashi-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = await saveTicket(directory, ticket);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.same(findTicket(directory, ticket.cid), ticket);
  writeFileSync(path, '{"cid":"00"}');
  t.throws(() => findTicket(directory, ticket.cid), { code: 'KZ0302' });
  deleteTicket(directory, ticket.cid);
  t.equal(findTicket(directory, ticket.cid), undefined);
});

t.test('key store', async (t) => {
  const { world, run } = setup();
  const directory = mkdtempSync(join(tmpdir(), 'kizashi-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  // files are written outside virtual time, which has to wait for them
  const waiting = async <T>(work: () => Promise<T>): Promise<T> => {
    const release = world.hold();
    return work().finally(release);
  };
  class WaitedFor extends KeyStore {
    override save(board: PinnedBoard): Promise<void> {
      return waiting(() => super.save(board));
    }
    override savePending(pending: Pending): Promise<void> {
      return waiting(() => super.savePending(pending));
    }
  }
  const store = new WaitedFor(directory);
  const { board, session } = await world.until(run({ store }), 120);
  session.end('closed', '');
  await session.link.close();
  t.same(readdirSync(directory), [`board-${board.kid}.json`]);
  const path = join(directory, `board-${board.kid}.json`);
  t.equal(statSync(path).mode & 0o777, 0o600);
  const again = new WaitedFor(directory);
  t.same(again.find(board.kid), { ...board, ...again.find(board.kid) });
  t.same(again.find(board.kid)?.identity, board.identity);
  t.same(again.publicKeys(), {
    [board.kid]: { pk: hex(board.pk), name: 'fan 3', grade: board.grade, revoked: undefined },
  });
  t.same(keyOf(again.find(board.kid)!).bytes, board.pk);
  const reopened = await world.until(
    openSession({ path: 'emu:blank', board: uno, keyring: again, clock: world.clock, binding: emulatedBinding(world) }),
  );
  t.ok(reopened.alive);
  reopened.end('closed', '');
  await reopened.link.close();
  world.close();
  const text = readFileSync(path, 'utf8');
  for (const word of ['admin', 'seed', 'claim']) t.notMatch(text, word);

  const gone = join(directory, 'gone');
  const lost = new KeyStore(gone);
  rmSync(gone, { recursive: true });
  await t.rejects(lost.save(board), { code: 'KZ0409' });

  chmodSync(path, 0o644);
  t.throws(() => new KeyStore(directory), { code: 'KZ0408', message: /others may read/ });
  chmodSync(path, 0o600);
  writeFileSync(path, text.replace(hex(board.pk), '00'.repeat(32)));
  t.throws(() => new KeyStore(directory), { code: 'KZ0408' });
  writeFileSync(path, text.slice(0, 100));
  t.throws(() => new KeyStore(directory), { code: 'KZ0408', message: /not JSON/ });
});
