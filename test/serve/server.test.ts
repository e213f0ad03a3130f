import { mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { basisOf, reasonOf, unseenOf } from '../../host/dashboard/reason.js';
import type { FleetState, MotorState } from '../../host/monitor/fleet.js';
import {
  decodePicture,
  encodePicture,
  FleetEvents,
  type FleetSource,
  hostAllowed,
  type PictureHeader,
  routes,
  sameOrigin,
  serveFleet,
} from '../../host/serve/index.js';
import { findingWords, subjectWords } from '../../host/wear/index.js';

const motor = (id: string, over: Partial<MotorState> = {}): MotorState => ({
  id,
  name: id,
  zone: 'shop',
  line: 'line-1',
  status: 'good',
  reason: 'no evidence of race damage; ball defects: low sensitivity',
  blind: [],
  unseen: [],
  score: 0.2,
  velocityRmsMmS: 1 / 3,
  velocityZone: null,
  currentRmsA: 2,
  lineHz: 50,
  speedHz: 24.5,
  verdict: 'verified',
  grade: 'E',
  emulated: true,
  board: 'emu:uno0',
  kid: '00',
  lastCaptureAt: 1,
  captures: 1,
  rejected: 0,
  findings: [],
  evidence: [],
  orders: [],
  ...over,
});
const header: PictureHeader = {
  kind: 'spectrum',
  motor: 'fan-01',
  capture: 'c',
  channel: 'ax',
  unit: 'm/s2',
  x0: 0,
  dx: 0.5,
  xUnit: 'Hz',
  count: 3,
  fsHz: 8000,
  speedHz: null,
  verdict: 'verified',
  grade: 'E',
  at: null,
};

function source(): FleetSource & { fleet: FleetState } {
  const folder = mkdtempSync(join(tmpdir(), 'kizashi-serve-'));
  writeFileSync(join(folder, 'a.kzev'), 'evidence');
  const fleet: FleetState = {
    site: 'test',
    emulated: true,
    version: '0',
    motors: [motor('fan-01'), motor('press-04')],
    rejections: [],
  };
  return {
    fleet,
    state: () => fleet,
    trend: (id) => (id === 'fan-01' ? [] : null),
    picture: (id, kind) => (id === 'fan-01' ? { header: { ...header, kind }, values: [1, 2, 3] } : null),
    evidence: (name) => (name === 'a.kzev' ? join(folder, name) : null),
  };
}

/** Raw request, since fetch does not let a caller forge the Host header. */
function ask(
  port: number,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path, headers, method }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    req.on('error', reject);
    req.end();
  });
}

t.test('why, on the Japanese page: built from the fields, not from the English sentence', async (t) => {
  const says = { of: 'inter-turn', phase: 'B' } as const;
  const words = findingWords({ says }, 'en');
  const row = { id: '1', cause: 'inter-turn', subject: 'stator phase B', words, says, p: null, severityDb: null };
  const short = motor('a', {
    status: 'failure',
    reason: `Failure: ${words}`,
    says: [says],
    findings: [{ ...row, order: null, frequencyHz: null, algorithm: 'kz-current/2', seed: '' }],
  });
  t.match(reasonOf(short, 'ja'), /^固定子巻線の層間短絡 \(おそらく B 相\)/);
  t.equal(reasonOf(short, 'en'), words.charAt(0).toUpperCase() + words.slice(1));
  t.equal(subjectWords('stator phase B', 'ja'), '固定子 B');
  t.equal(
    reasonOf(
      motor('b', {
        status: 'grey',
        grey: 'learning',
        learning: { have: 3, need: 100 },
        says: [
          { of: 'record-velocity', velocityMmS: 1 / 3 },
          { of: 'record-speed', frHz: 24.5 },
        ],
      }),
      'ja',
    ),
    '基準値を学習中 (3 / 100): 振動速度 0.3 mm/s。1470 r/min',
  );
  const zone = { zone: null, limits: null, basis: 'no zone: the unit is not known' };
  const unit = { of: 'record-no-zone', why: 'unit' } as const;
  t.equal(basisOf(motor('c', { velocityZone: { ...zone, says: [unit] } }), 'ja'), 'ゾーン判定なし: 単位が不明です');
  t.equal(basisOf(motor('c', { velocityZone: { ...zone, says: [unit] } }), 'en'), zone.basis);
  t.equal(basisOf(motor('c'), 'ja'), undefined, 'no velocity');
  for (const grey of ['stale', 'blind', 'invalid', 'learning', 'stopped', 'starting'] as const)
    t.notMatch(reasonOf(motor('c', { status: 'grey', grey }), 'ja'), /no evidence|undefined/);
  const unseen = [
    {
      fault: 'looseness',
      code: 'SENSOR_RATE',
      partly: true,
      text: 'orders over 5x are not seen',
      upTo: { sensor: 'ADXL345', hz: 160.4, order: 5 },
    },
  ] as const;
  t.same(unseenOf(motor('d', { unseen: [...unseen] }), 'ja'), [
    '緩み (一部): サンプリング周波数が低い (ADXL345: 160 Hz = 回転 5 次 まで)',
  ]);
  t.same(unseenOf(motor('d', { unseen: [...unseen] }), 'en'), ['looseness in part: orders over 5x are not seen']);
});

t.test('a page from elsewhere cannot use this server', async (t) => {
  for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:1', 'LOCALHOST:80']) t.ok(hostAllowed(host, []), host);
  for (const host of [undefined, '', 'evil.example', 'localhost.evil.example', '127.0.0.1.evil.example'])
    t.notOk(hostAllowed(host, []));
  t.ok(hostAllowed('gw.plant', ['gw.plant']));
  t.ok(sameOrigin('GET', 'cross-site', 'http://evil.example', 'localhost'));
  t.notOk(sameOrigin('POST', 'cross-site', undefined, 'localhost'));
  t.ok(sameOrigin('POST', 'same-origin', undefined, 'localhost'));
  t.notOk(sameOrigin('POST', undefined, 'http://evil.example', 'localhost'));
  t.ok(sameOrigin('POST', undefined, 'http://localhost', 'localhost'));
  t.ok(sameOrigin('POST', undefined, undefined, 'localhost'));

  const server = await serveFleet({ source: source() });
  t.teardown(() => server.close());
  t.match(await ask(server.port, '/api/v1/fleet', { host: 'evil.example' }), { status: 421 });
  t.match(await ask(server.port, '/events', { host: 'evil.example' }), { status: 421 });
  t.match(await ask(server.port, '/api/v1/fleet', { host: 'localhost' }), { status: 200 });
  const answer = await fetch(server.url);
  t.match(answer.headers.get('content-security-policy'), /default-src 'self'/);
  t.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  t.notMatch(await answer.text(), /https?:\/\//, 'the page asks nobody else for anything');
});

t.test('nothing listens beyond loopback, and a taken port is said so', async (t) => {
  await t.rejects(serveFleet({ source: source(), host: '0.0.0.0' }), { code: 'KZ1204' });
  const server = await serveFleet({ source: source() });
  t.teardown(() => server.close());
  await t.rejects(serveFleet({ source: source(), port: server.port }), { code: 'KZ1205' });
});

t.test('routes', async (t) => {
  const app = routes(source(), new FleetEvents('boot'), []);
  const get = (path: string): Promise<Response> =>
    Promise.resolve(app.request(`http://localhost${path}`, { headers: { host: 'localhost' } }));
  t.match(await (await get('/api/v1/fleet')).json(), { v: 1, motors: [{ id: 'fan-01' }, { id: 'press-04' }] });
  t.match(
    await (await get('/api/v1/motors/fan-01')).json(),
    { motor: { velocityRmsMmS: 1 / 3 } },
    'routes give every digit',
  );
  t.equal((await get('/api/v1/motors/nobody')).status, 404);
  t.equal((await get('/api/v1/motors/nobody/trend')).status, 404);
  t.equal((await get('/api/v1/motors/fan-01/trend?points=1e9')).status, 400);
  t.equal((await get('/api/v1/motors/fan-01/trend?points=x')).status, 400);
  t.equal((await get('/api/v1/motors/fan-01/trend')).status, 200);
  t.equal((await get('/api/v1/motors/press-04/spectrum')).status, 404, 'no capture yet');
  t.equal((await get('/api/v1/motors/fan-01/secrets')).status, 404);
  const picture = decodePicture(new Uint8Array(await (await get('/api/v1/motors/fan-01/envelope')).arrayBuffer()));
  t.same([...picture.values], [1, 2, 3]);
  t.equal(picture.header.kind, 'envelope');
  t.equal(await (await get('/evidence/a.kzev')).text(), 'evidence');
  for (const path of [
    '/evidence/..%2f..%2fetc%2fpasswd.kzev',
    '/evidence/b.kzev',
    '/evidence/a.txt',
    '/page/../server.js',
    '/page/x.js',
  ]) {
    t.equal((await get(path)).status, 404, path);
  }
  t.equal((await get('/m/fan-01')).status, 200);
  t.equal((await get('/m/nobody')).status, 404);
});

t.test('a picture is what was drawn, or is refused', async (t) => {
  const bytes = encodePicture({ ...header, motor: 'ファン' }, [0, -1.5, Number.NaN]);
  const { header: read, values } = decodePicture(bytes);
  t.equal(read.motor, 'ファン');
  t.equal(values[1], -1.5);
  t.ok(Number.isNaN(values[2]));
  t.throws(() => decodePicture(bytes.subarray(0, bytes.length - 1)), RangeError);
  t.throws(() => decodePicture(bytes.subarray(0, 20)), RangeError);
});

t.test('the stream holds only what changed, and a page resumes where it was', async (t) => {
  const events = new FleetEvents('b1');
  const fleet = source().fleet;
  const heard: string[] = [];
  events.publish(fleet);
  const stop = events.listen((event) => heard.push(event.data));
  events.publish(fleet);
  t.same(heard, [], 'nothing changed, nothing sent');
  fleet.motors[1] = motor('press-04', { status: 'failure', velocityRmsMmS: 1.23456789 });
  events.publish(fleet);
  t.equal(heard.length, 1);
  const delta = JSON.parse(heard[0]) as { motors: MotorState[] };
  t.same(
    delta.motors.map((m) => m.id),
    ['press-04'],
  );
  t.equal(delta.motors[0].velocityRmsMmS, 1.235, 'four digits in the stream');
  t.equal(events.since('b1-1')?.length, 1);
  t.equal(events.since('b1-2')?.length, 0);
  t.equal(events.since('other-1'), null, 'another run of the server');
  t.equal(events.since('b1-99'), null);
  t.equal(events.since('nonsense'), null);
  for (let i = 0; i < 130; i++) {
    fleet.motors[0] = motor('fan-01', { captures: i });
    events.publish(fleet);
  }
  t.equal(events.since('b1-1'), null, 'too long away: a snapshot');
  t.equal(events.since('b1-131')?.length, 1);
  stop();
  t.equal(events.listeners, 0);
});

t.test('server-sent events over a socket', async (t) => {
  const src = source();
  const server = await serveFleet({ source: src });
  t.teardown(() => server.close());
  const answer = await fetch(`${server.url}events`);
  t.equal(answer.headers.get('content-type'), 'text/event-stream');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(text)) text += (await reader.read()).value ?? '';
  };
  await until(/event: snapshot/);
  src.fleet.motors[0] = motor('fan-01', { reason: 'changed' });
  server.publish();
  await until(/event: delta[\s\S]*changed/);
  t.match(text, /retry: 2000/);
  await reader.cancel();
});
