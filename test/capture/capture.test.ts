/** Captures on a session: what the line and the board may lose, and what somebody on the cable may do (docs/protocol.md, loss, verdicts). */
import t from 'tap';
import { type CapturePlan, type CaptureResult, capture, startCapture } from '../../host/capture/index.js';
import type { KizashiError } from '../../host/errors.js';
import { attend, type BoardPort, openSession, type Session } from '../../host/session/index.js';
import { chainStep, decodeMessage, encodeMessage, type Message, type Seal } from '../../protocol/index.js';
import { type Bench, bench, type FrameTap, tapFrames } from '../session/bench.js';

const plan: CapturePlan = { channels: [{ id: 'x', pin: 'A0' }], rateHz: 8000, seconds: 1, win: 4 };

async function session(options: Parameters<typeof bench>[0] = {}): Promise<Bench & { session: Session }> {
  const b = await bench(options);
  return { ...b, session: await b.world.until(openSession(b.options)) };
}

async function close({ world, session }: { world: Bench['world']; session: Session }): Promise<void> {
  session.end('closed', '');
  await session.link.close();
  world.close();
}

/** Runs one capture with a tap on the cable, then an honest one on the same session. */
async function attacked(
  tap: FrameTap,
  wanted: CapturePlan = plan,
): Promise<{ hit: CaptureResult; honest: CaptureResult | undefined; session: Session }> {
  const b = await session();
  tapFrames(b.world, 'twin', tap);
  const hit = await b.world.until(startCapture(b.session, wanted).result);
  b.world.tapLine('twin', undefined);
  const honest = b.session.alive ? await b.world.until(startCapture(b.session, wanted).result) : undefined;
  await close(b);
  return { hit, honest, session: b.session };
}

const why = (result: CaptureResult | undefined) =>
  result === undefined ? 'no session' : result.ok ? 'verified' : result.why;

t.test('an honest capture', async (t) => {
  const b = await session({ clockError: 0.003 });
  await b.world.run(30);
  const run = startCapture(b.session, {
    channels: [
      { id: 'ax', pin: 'A0', sensor: 'adxl1002', axis: 'radial' },
      { id: 'i1', pin: 'A1', sensor: 'sct-013-030', phase: 'A' },
    ],
    rateHz: 8000,
    seconds: 2,
  });
  const phases = new Set<string>();
  run.on('progress', ({ phase }) => phases.add(phase));
  await b.world.run(1);
  t.equal(b.session.state, 'capturing');
  const busy = startCapture(b.session, plan).result;
  const refused = await b.world.until(
    busy.then(
      () => '',
      (error) => (error as KizashiError).code,
    ),
  );
  t.equal(refused, 'KZ0209', 'one capture at a time');
  t.equal(b.session.state, 'capturing', 'the refused one leaves the session alone');
  const result = await b.world.until(run.result);
  if (!result.ok) throw new Error(result.text);
  const { capture } = result;
  t.same([...phases], ['armed', 'capturing', 'sealing', 'verifying']);
  t.equal(b.session.state, 'idle');
  t.match(capture, { verdict: { kind: 'verified' }, grade: 'E', source: 'emulated', spans: [[0, 16_000]], notes: [] });
  t.ok(Math.abs(capture.fsHz / 8024 - 1) < 50e-6, `${capture.fsHz} by the host's clock: the board runs 0.3 % fast`);
  t.ok(capture.fsUncertainty < 50e-6);
  t.match(capture.channels[1], { id: 'i1', unit: 'A', phase: 'A', sensor: 'sct-013-030' });
  t.ok(Math.abs((capture.channels[1].skewS ?? 0) * 16_048 - 1) < 1e-3, 'one conversion later than the first channel');
  t.equal(capture.evidence?.record, 1);
  t.ok(Math.abs((capture.at ?? 0) - (b.world.clock.wall() - 2000)) < 1500);
  t.equal(b.pinned.chain.rec, 1);
  await close(b);
});

t.test('line loss', async (t) => {
  t.test('one frame lost in each window of a 20-window capture, one window at a time: 20 of 20 verify', async (t) => {
    const b = await session();
    // 80 frames of 120 samples in windows of 4
    const windows: CapturePlan = { ...plan, seconds: 1.2, win: 4 };
    const alarms: string[] = [];
    b.session.on('alarm', (text) => alarms.push(text));
    for (let w = 0; w < 20; w++) {
      tapFrames(b.world, 'twin', (message) =>
        message.type === 'data' && message.i === 4 * w + (w % 4) ? [] : undefined,
      );
      const result = await b.world.until(startCapture(b.session, windows).result);
      if (!result.ok) {
        t.fail(`window ${w}: ${result.text}`);
        continue;
      }
      t.same(result.capture.evidence?.holes, [w]);
      const expected = [
        [0, 480 * w],
        [480 * w, 9600 - 480],
      ].filter(([from, to]) => to > from);
      t.same(result.capture.spans, expected);
    }
    t.equal(alarms.length, 6, 'every third capture in a row');
    t.match(alarms[0], /--baud 250000/);
    await close(b);
  });

  t.test('what else the line may lose', async (t) => {
    const cases: [string, FrameTap, string][] = [
      ['a mark: the host computes it', (m) => (m.type === 'mark' && m.w === 3 ? [] : undefined), 'verified'],
      ['all marks', (m) => (m.type === 'mark' ? [] : undefined), 'verified'],
      ['busy', (m) => (m.type === 'busy' ? [] : undefined), 'verified'],
      [
        'a frame and the mark of its window',
        (m) => ((m.type === 'mark' && m.w === 3) || (m.type === 'data' && m.i === 13) ? [] : undefined),
        'window-lost-with-mark',
      ],
      ['begin', (m) => (m.type === 'begin' ? [] : undefined), 'begin-lost'],
      ['the last frame', (m) => (m.type === 'data' && m.i === 66 ? [] : undefined), 'verified'],
      ['every frame', (m) => (m.type === 'data' ? [] : undefined), 'verified'],
    ];
    for (const [name, tap, expected] of cases) {
      const { hit, honest } = await attacked(tap);
      t.equal(why(hit), expected, name);
      t.equal(why(honest), 'verified', `${name}: the next one`);
    }
  });

  t.test('the seal, once: it is sent again', async (t) => {
    let seals = 0;
    const { hit, session } = await attacked((m) => (m.type === 'seal' && seals++ === 0 ? [] : undefined));
    t.equal(why(hit), 'verified');
    t.equal(seals, 2);
    t.equal(session.board.chain.rec, 2);
  });

  t.test('the seal, for good: the record number is used up', async (t) => {
    const { hit, honest, session } = await attacked((m) => (m.type === 'seal' ? [] : undefined));
    t.equal(why(hit), 'seal-timeout');
    // four unanswered commands end a session; whoever attends the port greets anew
    t.notOk(session.alive);
    t.equal(why(honest), 'no session');
  });
});

t.test('somebody on the cable', async (t) => {
  let before: Uint8Array[] = [];
  const bodies: Record<string, FrameTap> = {
    'flips a bit of a frame and mends the CRC': (m, body) => {
      if (m.type !== 'data' || m.i !== 20) return undefined;
      const changed = body.slice();
      changed[changed.length - 3] ^= 4;
      return [changed];
    },
    'swaps two frames': (m, body) => {
      if (m.type !== 'data') return undefined;
      if (m.i === 20) {
        before = [body];
        return [];
      }
      return m.i === 21 ? [body, ...before] : undefined;
    },
    'repeats a frame': (m, body) => (m.type === 'data' && m.i === 20 ? [body, body] : undefined),
    'changes the number of a frame': (m) =>
      m.type === 'data' && m.i === 20 ? [encodeMessage({ ...m, i: 21 })] : undefined,
    'moves a frame in time': (m) =>
      m.type === 'data' && m.i === 20 ? [encodeMessage({ ...m, dt: m.dt + 250 })] : undefined,
    'hides a gap': (m) => (m.type === 'data' && m.i === 20 ? [encodeMessage({ ...m, gap: 4 })] : undefined),
    'changes the digest of a window': (m) =>
      m.type === 'mark' && m.w === 2 ? [encodeMessage({ ...m, d: m.d.map((x) => x ^ 1) })] : undefined,
    'hides a window behind a false digest': (m) => {
      if (m.type === 'data' && m.i === 9) return [];
      return m.type === 'mark' && m.w === 2 ? [encodeMessage({ ...m, d: chainStep(m.d, m.d) })] : undefined;
    },
    'changes the rate in begin': (m) =>
      m.type === 'begin' && m.clock.kind === 0
        ? [encodeMessage({ ...m, clock: { ...m.clock, period: 251 } })]
        : undefined,
    'changes t0': (m) => (m.type === 'begin' ? [encodeMessage({ ...m, t0: m.t0 - 8 })] : undefined),
    'sends a frame of another record': (m, body) =>
      m.type === 'data' && m.i === 20 ? [encodeMessage({ ...m, rec: m.rec + 1 }), body] : undefined,
    'signs the seal with another key': (m) =>
      m.type === 'seal' ? [encodeMessage({ ...m, signature: m.signature.map((x) => x ^ 1) })] : undefined,
    'puts another key id on the seal': (m) =>
      m.type === 'seal' ? [encodeMessage({ ...m, kid: new Uint8Array(8) })] : undefined,
    'ends the capture early': (m) =>
      (m.type === 'data' && m.i > 30) || (m.type === 'mark' && m.w > 6) ? [] : undefined,
  };
  const expected: Record<string, string> = {
    'flips a bit of a frame and mends the CRC': 'mark-mismatch',
    'swaps two frames': 'order',
    'repeats a frame': 'order',
    'changes the number of a frame': 'order',
    'moves a frame in time': 'timing',
    'hides a gap': 'timing',
    'changes the digest of a window': 'mark-mismatch',
    'hides a window behind a false digest': 'digest',
    'changes the rate in begin': 'digest',
    'changes t0': 'digest',
    'sends a frame of another record': 'foreign-frame',
    'signs the seal with another key': 'signature',
    'puts another key id on the seal': 'foreign',
    'ends the capture early': 'window-lost-with-mark',
  };
  for (const [name, tap] of Object.entries(bodies)) {
    t.test(name, async (t) => {
      const { hit, honest, session } = await attacked(tap);
      t.equal(why(hit), expected[name]);
      t.equal(session.trust.quarantine, undefined);
      t.equal(why(honest), 'verified', 'the next one is not affected');
    });
  }

  t.test('replays a whole capture', async (t) => {
    const b = await session();
    const tape: Uint8Array[] = [];
    let replaying = false;
    tapFrames(b.world, 'twin', (m, body) => {
      const part = m.type === 'begin' || m.type === 'data' || m.type === 'mark' || m.type === 'seal';
      if (!part) return undefined;
      if (!replaying) {
        tape.push(body);
        return undefined;
      }
      return m.type === 'begin' ? tape : [];
    });
    t.equal(why(await b.world.until(startCapture(b.session, plan).result)), 'verified');
    replaying = true;
    t.equal(why(await b.world.until(startCapture(b.session, plan).result)), 'foreign-frame');
    await close(b);
  });

  t.test('swaps the frames of two boards', async (t) => {
    const a = await session({ name: 'a' });
    const b = await bench({ name: 'b', world: a.world });
    const other = await a.world.until(openSession(b.options));
    const held: Record<string, Uint8Array | undefined> = {};
    const swap =
      (from: string, to: string): FrameTap =>
      (m, body) => {
        if (m.type !== 'data' || m.i % 7 !== 3) return undefined;
        held[from] = body;
        return held[to] ? [held[to]] : undefined;
      };
    tapFrames(a.world, 'a', swap('a', 'b'));
    tapFrames(a.world, 'b', swap('b', 'a'));
    const both = Promise.all([startCapture(a.session, plan).result, startCapture(other, plan).result]);
    const results = (await a.world.until(both)).map(why);
    t.ok(
      results.every((result) => ['order', 'mark-mismatch', 'timing', 'foreign-frame'].includes(result)),
      results.join(', '),
    );
    a.world.tapLine('a', undefined);
    a.world.tapLine('b', undefined);
    t.equal(why(await a.world.until(startCapture(a.session, plan).result)), 'verified');
    t.equal(why(await a.world.until(startCapture(other, plan).result)), 'verified');
    other.end('closed', '');
    await other.link.close();
    await close(a);
  });

  t.test('false seals twice in a row quarantine the board', async (t) => {
    const b = await bench();
    const port: BoardPort = attend(b.options);
    await b.world.until(port.ready(9000));
    tapFrames(b.world, 'twin', (m) =>
      m.type === 'seal' ? [encodeMessage({ ...m, signature: new Uint8Array(64) })] : undefined,
    );
    const rejected: string[] = [];
    const result = await b.world.until(capture(port, plan, { onRejected: ({ why }) => rejected.push(why) }));
    t.equal(why(result), 'signature');
    t.same(rejected, ['signature', 'signature'], 'the third try is not made');
    await b.world.run(0.1);
    t.equal(port.state, 'quarantined');
    await port.close();
    b.world.close();
  });

  t.test('one attack among honest captures: retried with success', async (t) => {
    const b = await bench();
    const port = attend(b.options);
    let hits = 0;
    tapFrames(b.world, 'twin', (m, body) => {
      if (m.type !== 'data' || m.i !== 10 || hits++ > 0) return undefined;
      const changed = body.slice();
      changed[40] ^= 1;
      return [changed];
    });
    const result = await b.world.until(capture(port, plan));
    t.equal(why(result), 'verified');
    t.equal(result.tries, 2);
    t.equal(port.trust.count('digest'), 1);
    await port.close();
    b.world.close();
  });
});

t.test('the board', async (t) => {
  t.test('lost samples: signed, spans split, noted', async (t) => {
    const b = await session({ gaps: { 3: 120, 10: 240 } });
    const result = await b.world.until(startCapture(b.session, plan).result);
    if (!result.ok) throw new Error(result.text);
    t.equal(result.capture.evidence?.lost, 360);
    t.same(
      result.capture.spans.map(([from]) => from),
      [0, 360, 1200],
    );
    t.match(result.capture.notes?.[0], /lost 360 samples/);
    await close(b);
  });

  t.test('counts ticks over 2^32 in the middle of a capture', async (t) => {
    const b = await session({ startTicks: 2 ** 32 - 2_000_000 * 9, clockError: 0.001 });
    await b.world.run(5);
    const result = await b.world.until(startCapture(b.session, { ...plan, seconds: 3 }).result);
    if (!result.ok) throw new Error(result.text);
    const begin = decodeMessage(result.items.begin ?? new Uint8Array(), 'd2h');
    const seal = decodeMessage(result.items.seal ?? new Uint8Array(), 'd2h');
    t.ok(begin.type === 'begin' && begin.t0 < 2 ** 32 && seal.type === 'seal' && seal.body.t1 > 2 ** 32);
    t.ok(Math.abs(result.capture.fsHz / 8008 - 1) < 1e-3);
    await close(b);
  });

  t.test('stores nothing on a full disk: no session outlives that unseen', async (t) => {
    const b = await bench();
    let full = false;
    const save = b.keyring.save.bind(b.keyring);
    b.keyring.save = (board) => (full ? Promise.reject(new Error('ENOSPC')) : save(board));
    const port = attend(b.options);
    const first = await b.world.until(port.ready(9000));
    const alarms: string[] = [];
    port.on('alarm', (text) => alarms.push(text));
    full = true;
    b.twin.event(3);
    await b.world.run(1);
    t.match(alarms, [/keys cannot be stored: ENOSPC/]);
    await t.rejects(
      b.world.until(startCapture(first, plan).result),
      /ENOSPC/,
      'a record that cannot be kept is no capture',
    );
    await port.close();
    b.world.close();
  });

  t.test('is stopped by the key of the lock only', async (t) => {
    const b = await session();
    const run = startCapture(b.session, { ...plan, seconds: 20 });
    await b.world.run(1);
    b.session.stop(1, new Uint8Array(16));
    await b.world.run(1);
    t.equal(b.twin.state, 'capturing', 'a wrong key is ignored');
    run.stop();
    const result = await b.world.until(run.result);
    if (!result.ok) throw new Error(result.text);
    t.ok(result.capture.channels[0].samples.length < 8000 * 3);
    t.match(result.capture.notes, [/stopped/]);
    await close(b);
  });

  t.test('is reset in the middle: lost, and the next session captures', async (t) => {
    const b = await bench();
    const port = attend(b.options);
    const first = await b.world.until(port.ready(9000));
    const run = startCapture(first, plan);
    await b.world.run(0.5);
    b.twin.reset('external');
    t.equal(why(await b.world.until(run.result)), 'lost');
    const result = await b.world.until(capture(port, plan));
    t.equal(why(result), 'verified');
    t.equal(result.record, 2, 'the interrupted record number stays used up');
    await port.close();
    b.world.close();
  });

  t.test('is unplugged in the middle of a frame', async (t) => {
    const b = await bench();
    const port = attend(b.options);
    const first = await b.world.until(port.ready(9000));
    const run = startCapture(first, plan);
    await b.world.run(0.3071);
    b.world.port('twin').unplug();
    t.equal(why(await b.world.until(run.result)), 'lost');
    b.world.port('twin').plug();
    t.equal(why(await b.world.until(capture(port, plan, { sessionMs: 60_000 }), 120)), 'verified');
    await port.close();
    b.world.close();
  });

  t.test('chains records over captures, identities and a lost one', async (t) => {
    const b = await session();
    const seals: Seal[] = [];
    tapFrames(b.world, 'twin', (m: Message) => {
      if (m.type === 'seal') seals.push(m);
      return undefined;
    });
    for (let k = 0; k < 3; k++) t.equal(why(await b.world.until(startCapture(b.session, plan).result)), 'verified');
    await b.world.until(b.session.identify(new Uint8Array(16)));
    const last = await b.world.until(startCapture(b.session, plan).result);
    t.equal(last.record, 5);
    t.ok(last.ok && last.capture.notes?.length === 0);
    t.equal(new Set(seals.map(({ body }) => Buffer.from(body.prev).toString('hex'))).size, 4);
    await close(b);
  });
});
