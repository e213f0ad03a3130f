import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import t from 'tap';
import { KizashiError } from '../../host/errors.js';
import { Store, type StoredCapture, type TrendPoint, thin } from '../../host/store/index.js';
import type { Assessment, History } from '../../host/wear/types.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'kizashi-store-'));
const capture = (at: number): StoredCapture => ({
  id: `c${at}`,
  motor: 'fan-01',
  board: 'uno0',
  record: at,
  at,
  verdict: 'verified',
  grade: 'E',
  fsHz: 8000.123456789,
  file: `fan-01-${at}.kzev`,
});
const point = (at: number, score = 0.1): TrendPoint => ({
  at,
  capture: `c${at}`,
  velocityRmsMmS: 1.25,
  currentRmsA: null,
  bearingDb: -0.5,
  kurtosis: 3,
  speedHz: 24.5,
  score,
});
const assessment = { schema: 'kizashi-assessment/1', kind: 'vibration', captureId: 'c1' } as unknown as Assessment;
const history = { schema: 'kizashi-history/1', regimes: {} } as unknown as History;

t.test('what is saved is read back, after a reopening too', async (t) => {
  const dir = folder();
  const store = Store.open(dir);
  for (const at of [3, 1, 2]) store.save(capture(at), [assessment], point(at), { vibration: history });
  store.refuse({ at: 5, board: 'uno0', motor: 'fan-01', reason: 'signature', text: 'signature false' });
  store.refuse({ at: 6, board: 'uno0', motor: 'fan-01', reason: 'signature', text: 'signature false' });
  store.alarmEvent({ at: 7, motor: 'fan-01', cause: 'bearing-outer', what: 'raised', text: 'x' });
  store.close();

  const again = Store.open(dir);
  t.same(
    again.trend('fan-01').map((p) => p.at),
    [1, 2, 3],
  );
  t.same(again.trend('fan-01')[0], { ...point(1), score: Math.fround(0.1) });
  t.equal(again.captures('fan-01')[0].fsHz, 8000.123456789, 'rates keep every bit');
  t.same(again.history('fan-01', 'vibration'), history);
  t.equal(again.history('nobody', 'vibration'), undefined);
  t.same(again.lastAssessments('fan-01'), [assessment]);
  t.match(again.refusals(), [{ reason: 'signature', count: 2, at: 6 }]);
  t.match(again.alarmEvents('fan-01'), [{ what: 'raised' }]);
  again.close();
  t.equal(statSync(dir).mode & 0o077, 0, 'only the owner can look in');
});

t.test('a capture is saved whole or not at all', async (t) => {
  const dir = folder();
  const store = Store.open(dir);
  const unserialisable = { ...assessment, evidence: 1n } as unknown as Assessment;
  t.throws(() => store.save(capture(1), [unserialisable], point(1), {}));
  t.same(store.captures('fan-01'), []);
  t.same(store.trend('fan-01'), []);
  store.close();
});

t.test('a folder that cannot be used, a damaged file and a newer format are said so', async (t) => {
  const dir = folder();
  writeFileSync(join(dir, 'file'), '');
  t.throws(() => Store.open(join(dir, 'file')), { code: 'KZ0901' });
  const damaged = folder();
  writeFileSync(join(damaged, 'kizashi.db'), 'this is no database '.repeat(100));
  t.throws(() => Store.open(damaged), { code: 'KZ0901' });
  const newer = folder();
  const db = new Database(join(newer, 'kizashi.db'));
  db.exec('PRAGMA user_version = 99');
  db.close();
  t.throws(() => Store.open(newer), KizashiError);
  t.throws(() => Store.open(newer), { code: 'KZ0902' });
  t.ok(readdirSync(newer).includes('kizashi.db'), 'and the newer file is left alone');
});

t.test('thinning keeps the ends and never hides a raise', async (t) => {
  const series = Array.from({ length: 1000 }, (_, i) => point(i, i === 517 ? 2 : 0.1));
  const thinned = thin(series, 50);
  t.ok(thinned.length <= 50);
  t.equal(thinned[0].at, 0);
  t.equal(thinned.at(-1)?.at, 999);
  t.ok(thinned.some((p) => p.score === 2));
  t.same(thin(series.slice(0, 5), 50).length, 5);
});
