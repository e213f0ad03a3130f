/** Sessions by docs/protocol.md, "sessions" and the host's state machine: greeting, checks of hello, commands, loss, quarantine. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { KizashiError } from '../../host/errors.js';
import { openLink } from '../../host/link/index.js';
import {
  attend,
  type BoardPort,
  backOffMs,
  ClockSync,
  openSession,
  PortTrust,
  QuarantineFile,
  type Session,
} from '../../host/session/index.js';
import { decodeMessage, encodeMessage, FrameReader, type Hello, macMessage, op } from '../../protocol/index.js';
import { type Bench, bench, tapFrames } from './bench.js';

async function code(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return error instanceof KizashiError ? error.code : String(error);
  }
}

async function leave({ world }: Bench, ...things: (Session | BoardPort)[]): Promise<void> {
  for (const thing of things) {
    if ('link' in thing && 'board' in thing) {
      thing.end('closed', '');
      await thing.link.close();
    } else await thing.close();
  }
  world.close();
}

t.test('greeting', async (t) => {
  t.test('silent until ready, then open; the board answers once', async (t) => {
    const b = await bench();
    const opened = openSession(b.options);
    await b.world.run(2.3);
    t.same(b.twin.received, [], 'not a byte before ready: a bootloader listens');
    const session = await b.world.until(opened);
    t.equal(session.kid, b.pinned.kid);
    t.equal(session.boot, 2, 'opening the port reset the board');
    t.equal(b.twin.received[0].type, 'open');
    t.equal(session.link.baud, 500_000);
    await leave(b, session);
  });

  t.test('a board that was not reset is greeted after its boot time', async (t) => {
    const b = await bench();
    const first = await b.world.until(openSession(b.options));
    first.end('closed', '');
    await first.link.close();
    const again = await b.world.until(openSession(b.options));
    t.equal(again.boot, first.boot, 'hupcl is off: closing and opening does not reset');
    await leave(b, again);
  });

  t.test('the wrong rate costs three tries, then the next one is taken', async (t) => {
    const b = await bench({ baud: 115_200 });
    const session = await b.world.until(openSession(b.options));
    t.equal(session.link.baud, 115_200);
    t.equal(b.pinned.baud, 115_200, 'remembered as last good');
    t.equal(b.world.port('twin').stats.opens, 1, 'changing the rate does not reopen the port');
    await leave(b, session);
    const next = await bench({ baud: 115_200 });
    const port = attend({ ...next.options, bauds: [115_200, 500_000] });
    const fast = await next.world.until(port.ready(5000));
    t.equal(fast.link.counters.crc + fast.link.counters.cobs, 0);
    await leave(next, port);
  });

  t.test('no board, blank board, bare board', async (t) => {
    const b = await bench();
    b.twin.mute = true;
    t.equal(await b.world.until(code(openSession(b.options))), 'KZ0201');
    b.twin.mute = false;
    b.twin.pair = undefined;
    t.equal(await b.world.until(code(openSession(b.options))), 'KZ0202', 'no claim: bare');
    b.world.close();
    const blank = await bench({ claim: { cid: new Uint8Array(4), key: new Uint8Array(32) } });
    blank.twin.pair = undefined;
    t.equal(await blank.world.until(code(openSession(blank.options))), 'KZ0203');
    blank.world.close();
  });

  t.test('a port that takes over a link ends the session on it', async (t) => {
    const b = await bench();
    const first = await b.world.until(openSession(b.options));
    const port = attend({ ...b.options, link: first.link });
    const second = await b.world.until(port.ready(9000));
    t.notOk(first.alive);
    await b.world.run(30);
    t.equal(port.trust.count('stray'), 0, 'nobody else pings');
    t.ok(second.sync.estimate().pings > 30);
    await leave(b, port);
  });

  t.test('a capture of an earlier session still runs: the host waits for its end', async (t) => {
    const b = await bench();
    const first = await b.world.until(openSession(b.options));
    void first
      .command({
        op: op.capture,
        args: {
          count: 40_000,
          period: 250,
          div: 1,
          chans: [0],
          enc: 2,
          win: 32,
          sign: 0,
          chal: new Uint8Array(16),
          lock: new Uint8Array(16),
        },
      })
      .catch(() => {});
    await b.world.run(0.5);
    // the host process dies: no stop, no close of the session; the port is let go
    first.end('closed', '');
    await first.link.close();
    const again = await b.world.until(openSession(b.options), 90);
    t.ok(again.alive);
    t.equal(again.hello.rec, 1, 'the capture nobody saw used up a record number');
    t.equal(again.boot, first.boot);
    await leave(b, again);
  });
});

t.test('checks of hello', async (t) => {
  /** Lets `change` make another hello of the real one. */
  async function altered(
    change: (hello: Hello, b: Bench) => Uint8Array | undefined,
  ): Promise<{ b: Bench; result: string; trust: PortTrust }> {
    const b = await bench();
    const trust = new PortTrust();
    tapFrames(b.world, 'twin', (message) => {
      if (message.type !== 'hello') return undefined;
      const bytes = change(message, b);
      return bytes ? [bytes] : undefined;
    });
    const result = await b.world.until(code(openSession({ ...b.options, trust }).then((s) => leave(b, s))), 120);
    b.world.close();
    return { b, result, trust };
  }
  const remade = (b: Bench, hello: Hello, body: Partial<Hello['body']>) =>
    macMessage('hello', { ...hello.body, ...body }, b.pinned.pair[0]);

  const cases: [string, (hello: Hello, b: Bench) => Uint8Array | undefined, string, string][] = [
    ['of a foreign key', (h, b) => remade(b, h, { kid: new Uint8Array(8) }), 'KZ0204', 'foreign'],
    ['with a false MAC, three times', (h) => encodeMessage({ ...h, tag: new Uint8Array(64) }), 'KZ0205', 'mac'],
    [
      'that saw another range than was offered',
      (h, b) => remade(b, h, { range: { ...h.body.range, hmax: 0 } }),
      'KZ0205',
      'downgrade',
    ],
    ['with a lower version than common', (h, b) => remade(b, h, { v: 0 }), 'KZ0205', 'downgrade'],
  ];
  for (const [name, change, expected, cause] of cases) {
    t.test(`hello ${name}`, async (t) => {
      const { result, trust } = await altered(change);
      t.equal(result, expected);
      t.equal(trust.quarantine?.cause, cause);
      t.ok(trust.count(cause as 'mac') >= 1);
    });
  }

  t.test('a replayed hello is dropped and the right one taken', async (t) => {
    const b = await bench();
    const trust = new PortTrust();
    let old: Uint8Array | undefined;
    const first = await b.world.until(openSession({ ...b.options, trust }));
    first.end('closed', '');
    tapFrames(b.world, 'twin', (message, body) => {
      if (message.type !== 'hello') return undefined;
      const before = old;
      old = body;
      return before ? [before, body] : [before ?? body, body];
    });
    const again = await b.world.until(openSession({ ...b.options, trust, link: first.link }));
    again.end('closed', '');
    const third = await b.world.until(openSession({ ...b.options, trust, link: first.link }));
    t.ok(third.alive);
    t.ok(trust.count('stray') >= 1);
    await leave(b, third);
  });

  t.test('a board that forgot records is quarantined; one that used some up is not', async (t) => {
    const b = await bench();
    b.pinned.chain = { ...b.pinned.chain, used: 7 };
    b.twin.rec = 6;
    const trust = new PortTrust();
    t.equal(await b.world.until(code(openSession({ ...b.options, trust }))), 'KZ0205');
    t.equal(trust.quarantine?.cause, 'rollback');
    b.twin.rec = 9;
    const port = attend(b.options);
    const alarms: string[] = [];
    port.on('alarm', (text) => alarms.push(text));
    await b.world.until(port.ready(9000));
    t.match(alarms, [/records 8 to 9 .* never seen/]);
    await leave(b, port);
  });

  t.test('a revoked key and a lower highest version are refused', async (t) => {
    const b = await bench();
    b.pinned.revoked = 'stolen';
    t.equal(await b.world.until(code(openSession(b.options))), 'KZ0205');
    b.pinned.revoked = undefined;
    b.pinned.dmax = 2;
    t.equal(await b.world.until(code(openSession(b.options))), 'KZ0205');
    b.world.close();
  });
});

t.test('commands', async (t) => {
  t.test('are numbered, acknowledged, and repeated with the same bytes', async (t) => {
    const b = await bench();
    const session = await b.world.until(openSession(b.options));
    let drop = 2;
    tapFrames(b.world, 'twin', (message) => (message.type === 'ack' && drop-- > 0 ? [] : undefined));
    const status = await b.world.until(session.command({ op: op.status, args: {} }));
    t.equal(status.result.length, 10);
    const sent = b.twin.received.filter((message) => message.type === 'command');
    t.equal(sent.length, 3);
    t.same(new Set(sent.map((message) => Buffer.from(message.tag).toString('hex'))).size, 1, 'the same bytes');
    const both = Promise.all([
      session.command({ op: op.status, args: {} }),
      session.command({ op: op.status, args: {} }),
    ]);
    t.same(
      (await b.world.until(both)).map((ack) => ack.n),
      [2, 3],
      'one at a time',
    );
    t.equal(
      await b.world.until(code(session.command({ op: op.selftest, args: {} }))),
      'KZ0206',
      'refused by the board',
    );
    await leave(b, session);
  });

  t.test('never acknowledged: the session ends', async (t) => {
    const b = await bench();
    const session = await b.world.until(openSession(b.options));
    tapFrames(b.world, 'twin', (message) => (message.type === 'ack' ? [] : undefined));
    const ends: string[] = [];
    session.on('ended', (cause) => ends.push(cause));
    t.equal(await b.world.until(code(session.command({ op: op.status, args: {} }))), 'KZ0207');
    t.same(ends, ['unanswered']);
    await leave(b, session);
  });

  t.test('a forged acknowledgement ends the session, the third quarantines the port', async (t) => {
    const b = await bench();
    const directory = mkdtempSync(join(tmpdir(), 'kizashi-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const file = new QuarantineFile(join(directory, 'q/twin.kz1'), 400);
    const port = attend({ ...b.options, quarantineFile: file });
    await b.world.until(port.ready(9000));
    tapFrames(b.world, 'twin', (message) =>
      message.type === 'ack' ? [encodeMessage({ ...message, tag: message.tag.map((x) => x ^ 1) })] : undefined,
    );
    const seen: string[] = [];
    for (let k = 0; k < 3; k++) {
      // a hello that proves itself ends the row of false MACs only if the acknowledgement does too
      const session = await b.world.until(port.ready(20_000));
      seen.push(await b.world.until(code(session.command({ op: op.status, args: {} }))));
      await b.world.run(1);
    }
    t.same(seen, ['KZ0208', 'KZ0208', 'KZ0208']);
    t.equal(port.state, 'quarantined');
    t.equal(await b.world.until(code(port.ready(9000))), 'KZ0205');
    t.equal(port.trust.count('mac'), 3);
    const before = b.twin.received.filter(({ type }) => type !== 'ping').length;
    await b.world.run(30);
    t.equal(b.twin.received.filter(({ type }) => type !== 'ping').length, before, 'nothing is sent but the heartbeat');
    await file.append([]);
    const kept: string[] = [];
    new FrameReader().push(readFileSync(file.path), (body) => kept.push(decodeMessage(body, 'd2h').type));
    t.ok(kept.length > 10 && kept.every((type) => type === 'pong'), 'what it says is kept as frames');
    t.ok(readFileSync(file.path).length <= 400 && file.dropped > 0, 'up to a limit');
    port.trust.lift();
    b.world.tapLine('twin', undefined);
    port.retry();
    t.ok((await b.world.until(port.ready(9000))).alive, 'a person decided');
    await leave(b, port);
  });

  t.test('identity and events are verified and continue the chain', async (t) => {
    const b = await bench();
    const session = await b.world.until(openSession(b.options));
    const nonce = new Uint8Array(16).fill(3);
    const record = await b.world.until(session.identify(nonce));
    t.ok(record.gapless);
    t.equal(b.pinned.chain.rec, 1);
    const records: string[] = [];
    const alarms: string[] = [];
    session.on('record', ({ message }) => records.push(message.type));
    session.on('alarm', (text) => alarms.push(text));
    let copy: Uint8Array | undefined;
    tapFrames(b.world, 'twin', (message, body) => {
      if (message.type !== 'event') return undefined;
      copy = body;
      return [body];
    });
    b.twin.event(3);
    await b.world.run(1);
    t.same(records, ['event']);
    if (copy) b.twin.send(copy);
    await b.world.run(1);
    t.same(records, ['event'], 'a replayed event is refused');
    t.match(alarms, [/replayed/]);
    t.equal(session.trust.count('prev'), 1);
    await leave(b, session);
  });
});

t.test('relays', async (t) => {
  const b = await bench();
  const session = await b.world.until(openSession(b.options));
  await b.world.until(session.relays.set(0, true));
  const left = () => ((b.twin.relays.get(0) ?? 0) - b.twin.cycle) / 16e6;
  for (let k = 0; k < 20; k++) {
    await b.world.run(7);
    t.ok(left() > 35, `${left().toFixed(0)} s left: refreshed while idle`);
  }
  await b.world.until(session.relays.secure(90_000));
  t.ok(left() >= 89);
  const refused = code(session.relays.secure(600_001));
  t.equal(await b.world.until(refused), 'KZ0209', 'the capture is refused, not the relay');
  await b.world.until(session.relays.set(0, false));
  await b.world.run(30);
  t.ok(left() < 0);
  t.same(session.relays.held, []);
  await leave(b, session);
});

t.test('other firmware than the last identity said: a new identity is asked for', async (t) => {
  const b = await bench();
  b.pinned.fw = 'twin/0.9.0';
  const port = attend(b.options);
  const alarms: string[] = [];
  port.on('alarm', (text) => alarms.push(text));
  const session = await b.world.until(port.ready(9000));
  await b.world.run(3);
  t.match(alarms, [/other firmware/]);
  t.equal(b.pinned.fw, 'twin/1.0.0');
  t.equal(b.pinned.chain.rec, 1);
  t.ok(session.alive);
  await leave(b, port);
});

t.test('loss', async (t) => {
  t.test('unplugged and plugged in again: one lost, back with back-off', async (t) => {
    const b = await bench();
    const port = attend(b.options);
    const first = await b.world.until(port.ready(9000));
    const lost: string[] = [];
    const ended: string[] = [];
    port.on('lost', (reason) => lost.push(reason));
    first.on('ended', (cause) => ended.push(cause));
    b.world.port('twin').unplug();
    await b.world.run(20);
    t.same(lost, ['unplugged']);
    t.same(ended, ['lost']);
    t.equal(port.state, 'lost');
    t.equal(port.failure?.code, 'KZ0101');
    b.world.port('twin').plug();
    const second = await b.world.until(port.ready(60_000), 90);
    t.not(second, first);
    t.ok(second.alive);
    t.same(lost, ['unplugged']);
    await leave(b, port);
  });

  t.test('a reset of the board starts a new session on the same opening', async (t) => {
    const b = await bench();
    const port = attend(b.options);
    const first = await b.world.until(port.ready(9000));
    b.twin.reset('external');
    await b.world.run(3);
    const second = await b.world.until(port.ready(9000));
    t.equal(second.boot, first.boot + 1);
    t.equal(b.world.port('twin').stats.opens, 1);
    t.notOk(first.alive);
    await leave(b, port);
  });

  t.test('a board that falls silent is lost and found again', async (t) => {
    const b = await bench();
    const port = attend(b.options);
    await b.world.until(port.ready(9000));
    b.twin.mute = true;
    await b.world.run(6);
    t.not(port.session?.alive, true);
    b.twin.mute = false;
    t.ok((await b.world.until(port.ready(120_000), 200)).alive);
    await leave(b, port);
  });

  t.test('a flood costs its own port a pause and nothing else', async (t) => {
    const b = await bench();
    const other = await bench({ name: 'quiet', world: b.world });
    const ports = [attend(b.options), attend(other.options)];
    await b.world.until(Promise.all(ports.map((port) => port.ready(9000))));
    const alarms: string[] = [];
    ports[0].on('alarm', (text) => alarms.push(text));
    for (let k = 0; k < 8; k++) {
      b.world.port('twin').inject(new Uint8Array(60_000).fill(0x41), 'toHost');
      await b.world.run(0.05);
    }
    await b.world.run(3);
    t.match(alarms[0], /floods/);
    t.equal(ports[0].link?.counters.flood, 1);
    t.ok(ports[1].session?.alive);
    t.ok((await b.world.until(ports[0].ready(60_000), 90)).alive);
    await leave(b, ...ports);
  });

  t.test('two hosts on one port: the second is told', async (t) => {
    const b = await bench();
    const session = await b.world.until(openSession(b.options));
    t.equal(await b.world.until(code(openLink({ ...b.options, baud: 500_000 }))), 'KZ0102');
    t.ok(session.alive);
    await leave(b, session);
  });

  t.test('back-off: 1, 2, 4 … 60 s, ±20 %', (t) => {
    t.same(
      [0, 1, 2, 5, 6, 50].map((attempt) => backOffMs(attempt, () => 0.5)),
      [1000, 2000, 4000, 32_000, 60_000, 60_000],
    );
    t.ok(Math.abs(backOffMs(0, () => 0) - 800) < 1e-9);
    t.ok(Math.abs(backOffMs(0, () => 1) - 1200) < 1e-9);
    t.end();
  });
});

t.test('clock', async (t) => {
  t.test('finds the oscillator: 50 ppm after 20 s, 10 ppm after 60 s over a 1 ms bridge', async (t) => {
    for (const clockError of [0.005, -0.005, 40e-6]) {
      const b = await bench({ clockError });
      const session = await b.world.until(openSession(b.options));
      const off = () => Math.abs(session.sync.estimate().ratio / (1 + clockError) - 1) * 1e6;
      await b.world.run(20);
      t.ok(off() <= 50, `${off().toFixed(1)} ppm after 20 s`);
      await b.world.run(40);
      const estimate = session.sync.estimate();
      t.ok(off() <= 10, `${off().toFixed(1)} ppm after 60 s`);
      t.ok(off() < 4e6 * estimate.uncertainty, `stated ${(estimate.uncertainty * 1e6).toFixed(1)} ppm`);
      await leave(b, session);
    }
  });

  t.test('ticks over 2^32 do not disturb it', async (t) => {
    const b = await bench({ startTicks: 2 ** 32 - 2_000_000 * 12, clockError: 0.001 });
    const session = await b.world.until(openSession(b.options));
    await b.world.run(25);
    t.ok(Math.abs(session.sync.estimate().ratio / 1.001 - 1) < 50e-6);
    await leave(b, session);
  });

  t.test('before any spread is known the data sheet speaks', (t) => {
    const sync = new ClockSync(2_000_000, 0.005);
    t.match(sync.estimate(), { ratio: 1, pings: 0 });
    t.ok(Math.abs(sync.estimate().uncertainty - 0.005 / Math.sqrt(3)) < 1e-12);
    t.equal(sync.hostMs(5), undefined);
    t.end();
  });

  t.test('outliers are dropped, a step of the clock is followed', (t) => {
    const sync = new ClockSync(2_000_000);
    const tick = (s: number) => Math.round(s * 2_000_000 * 1.0003);
    for (let s = 0; s < 20; s++) sync.add(1000 * s, tick(s));
    t.equal(sync.add(20_000, tick(20.2)), false, 'a pong 200 ms late');
    t.ok(Math.abs(sync.estimate().ratio - 1.0003) < 1e-6);
    for (let s = 21; s < 60; s++) sync.add(1000 * s + 3000, tick(s));
    t.ok(Math.abs(sync.estimate().ratio - 1.0003) < 1e-5, 'host was suspended for 3 s');
    t.end();
  });
});
