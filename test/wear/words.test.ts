/** Sentences about the record and the motor's health in English and Japanese: made of fields, the English ones equal to those stored. */
import t, { type Test } from 'tap';
import type { Capture } from '../../host/capture/capture.js';
import {
  type Assessment,
  assessCurrent,
  assessFeatures,
  assessVibration,
  defaultSettings,
  healthWords,
  newHistory,
  type Remark,
  recompute,
  remarksWords,
  saidWords,
} from '../../host/wear/index.js';
import { currents, motor, struck, vibration } from './records.js';

/** One of each kind: a new kind without a row here does not compile. */
const every: { [Of in Remark['of']]: Extract<Remark, { of: Of }> } = {
  'record-no-numbers': { of: 'record-no-numbers', channel: 'ax' },
  'record-clipped': { of: 'record-clipped', channel: 'ax', percent: 12 },
  'record-gaps': { of: 'record-gaps', gaps: 3 },
  'record-rate': { of: 'record-rate', percent: 1.25 },
  'record-unsigned': { of: 'record-unsigned' },
  'record-no-channel': { of: 'record-no-channel' },
  'record-standing': { of: 'record-standing', why: 'sensor-level' },
  'record-unloaded': { of: 'record-unloaded', load: 0.021 },
  'record-no-damage': { of: 'record-no-damage', position: 'DE' },
  'record-velocity': { of: 'record-velocity', velocityMmS: 1.26 },
  'record-speed': { of: 'record-speed', frHz: 24.5 },
  'record-seen': { of: 'record-seen', what: 'vibration' },
  'record-rows': { of: 'record-rows', rows: 40 },
  'record-suspicious': { of: 'record-suspicious' },
  'record-zones': { of: 'record-zones', tables: [{ zone: 'B', label: 'group 2, rigid foundation' }], toHz: 812.4 },
  'record-limits': { of: 'record-limits', standard: 'ISO 10816-1:1995 annex B, superseded' },
  'record-no-zone': { of: 'record-no-zone', why: 'power' },
  'record-partial': { of: 'record-partial', toHz: 537.6 },
  'record-scope': { of: 'record-scope', rpm: 90 },
  'record-floor': { of: 'record-floor', floorMmS: 0.214 },
  'record-averaged': { of: 'record-averaged', seconds: 2.5, needed: 10 },
  'record-impulses': { of: 'record-impulses', toHz: 1280 },
  'record-converter': { of: 'record-converter', sinadDb: 35 },
  'record-caution': { of: 'record-caution', why: 'reversed' },
};

/** English words left in a Japanese sentence; names, units and statuses of standards are no words. */
const english = /\b(?!ISO|SINAD|mm|min|Hz|DE|NDE|ADXL\w*|MPU)[a-zA-Z]{3,}\b/;

/** Every sentence of an assessment, in both languages: English as stored, Japanese without English words or holes. */
function sentences(t: Test, { health, quality, indicators, unseen }: Assessment): string {
  for (const { text, says } of quality.reasons) t.equal(says && saidWords(says, 'en'), text);
  for (const { id, note, says } of indicators) {
    if (note === undefined) continue;
    t.equal(remarksWords(says ?? [], 'en'), note, id);
    t.notMatch(remarksWords(says ?? [], 'ja'), english, id);
  }
  for (const { says } of quality.reasons) if (says) t.notMatch(saidWords(says, 'ja'), english);
  const ja = healthWords({ ...health, unseen }, 'ja');
  t.ok(health.reason.includes(remarksWords(health.says ?? [], 'en')), 'the English sentence is made of the same');
  t.notMatch(ja, english, ja);
  t.notMatch(ja, /undefined|NaN/);
  return ja;
}

t.test('every remark has its sentence in both languages', async (t) => {
  const ja = new Set<string>();
  for (const remark of Object.values(every)) {
    const en = saidWords(remark, 'en');
    const other = saidWords(remark, 'ja');
    t.notMatch(en + other, /undefined|NaN|\[object/);
    for (const value of Object.values(remark))
      if (typeof value === 'number' && Number.isInteger(value))
        t.match(other, String(value), `${remark.of} keeps ${value}`);
    t.notMatch(other, english, remark.of);
    ja.add(other);
  }
  t.equal(ja.size, Object.keys(every).length, 'no two are the same');
  t.equal(
    remarksWords([every['record-zones'], every['record-limits'], every['record-averaged']], 'ja'),
    '目安としてゾーン B (グループ 2, 剛支持) (10–812 Hz のみ)。限度は ISO 10816-1:1995 附属書 B (廃止) として一般に公表されている値です。規格の原文で確認してください。平均時間 2.5 s (本来は 10 s)',
  );
});

t.test('doubtful records say so in Japanese, from their own fields', async (t) => {
  const whole = vibration({ durationS: 3 });
  const context = motor();
  const [axis] = whole.channels;
  const with_ = (more: Partial<Capture>): Capture => ({ ...whole, ...more });
  const top = axis.samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const range = [-0.9 * top, 0.9 * top] as const;
  const hit = axis.samples.map((x, i) => (i < 9000 ? x : Math.min(range[1], Math.max(range[0], x * 3))));
  const clipped = assessVibration(
    with_({
      channels: [{ ...axis, samples: hit, range }],
      spans: [
        [0, 12_000],
        [12_500, hit.length],
      ],
    }),
    context,
  );
  t.equal(clipped.quality.status, 'doubtful');
  const dropped = clipped.quality.reasons[0].says;
  if (dropped?.of !== 'record-clipped') throw new Error('nothing clipped');
  t.ok(dropped.percent > 1);
  t.match(sentences(t, clipped), `${axis.id} の ${dropped.percent} % を除外`);
  const average = clipped.indicators.find(({ id }) => id === 'rmsVelocity')?.says?.at(-1);
  t.same(
    average,
    { of: 'record-averaged', seconds: clipped.quality.durationS, needed: 10 },
    'over what is left of the record',
  );
  t.ok(clipped.quality.durationS < 2);
  t.match(clipped.quality.reasons[1], { code: 'GAPS', says: { of: 'record-gaps', gaps: 1 } });

  const broken = assessVibration(
    with_({ channels: [{ ...axis, samples: axis.samples.map(() => Number.NaN) }] }),
    context,
  );
  t.equal(sentences(t, broken), `データが無効です: チャネル ${axis.id} に数値でない値があります`);
  t.equal(broken.health.reason, 'Data invalid: the channel holds values that are no numbers');

  const unsure = assessVibration(with_({ fsUncertainty: 0.02 }), context);
  t.match(sentences(t, unsure), 'サンプリング周波数の不確かさが ±2.0 %');
  t.equal(unsure.indicators.find(({ id }) => id === 'rmsVelocity')?.says?.[0].of, 'record-no-zone');

  const standing = with_({ channels: [{ ...axis, lsb: 1, samples: axis.samples.map(() => 0) }] });
  t.match(sentences(t, assessVibration(standing, context)), /回転を確認できません|停止中/);
});

t.test('a motor in order, one with damage, one that learns, and currents', async (t) => {
  const quiet = vibration({ seed: 11, noise: 0.2 });
  const good = assessVibration(quiet, motor());
  t.match(sentences(t, good), /軌道輪の損傷は認められません。転動体の損傷は検出感度が低い \(DE\)。振動速度/);
  const hurt = assessVibration(vibration({ seed: 3, bearing: struck('outer'), snrDb: -5, noise: 0.2 }), motor());
  t.match(sentences(t, hurt), '外輪の損傷と整合');
  const learning = assessVibration(quiet, motor(), newHistory({ ...defaultSettings, minCaptures: 7 }));
  t.match(sentences(t, learning), '基準値を学習中 (0 / 7): ');
  sentences(t, assessCurrent(currents(), motor({ supplyHz: 50 })));
  const rows = { id: 'log', fsHz: 1, columns: [{ id: 'a', values: Float64Array.from([1, 2, 3]) }] };
  sentences(t, assessFeatures(rows, motor()));
});

t.test('findings of before they said what they are made of are refused as unlike, not as different', async (t) => {
  const capture = vibration();
  const finding = assessVibration(capture, motor()).findings.find(({ cause }) => cause === 'severity');
  if (!finding) throw new Error('no finding of severity');
  t.equal(finding.algorithm, 'kz-velocity/2');
  t.ok(recompute(finding, capture, motor()).identical);
  for (const algorithm of ['kz-time/1', 'kz-velocity/1'])
    t.throws(() => recompute({ ...finding, algorithm }, capture, motor()), { code: 'KZ0656' });
});
