import type { GreyReason, Status } from '../monitor/fleet.js';

/** All words of the page in one language. A missing key does not compile. */
export interface Words {
  status: Record<Status, string>;
  grey: Record<GreyReason, string>;
  site: (motors: number) => string;
  updated: (seconds: number) => string;
  disconnected: (seconds: number) => string;
  emulated: string;
  emulatedLong: string;
  needsAttention: (n: number) => string;
  nothingNeedsAttention: string;
  more: (n: number) => string;
  fleet: string;
  back: string;
  velocity: string;
  velocityTrend: string;
  current: string;
  speed: string;
  line: string;
  zone: string;
  noZone: string;
  bearingTrend: string;
  spectrum: string;
  envelope: string;
  findings: string;
  noFindings: string;
  finding: string;
  subject: string;
  severity: string;
  order: string;
  frequency: string;
  pValue: string;
  algorithm: string;
  evidence: string;
  evidenceNone: string;
  verdict: string;
  /** What the proof of a capture said. */
  verdicts: Record<'verified' | 'unsigned' | 'rejected' | 'none', string>;
  grade: string;
  /** A grade; captures that nobody signed have none. */
  grades: (grade: string) => string;
  key: string;
  board: string;
  captures: string;
  rejected: string;
  blind: string;
  seesAll: string;
  truth: string;
  verifyWith: string;
  lastCapture: string;
  never: string;
  refused: (n: number) => string;
  refusedWhy: string;
  notFound: string;
  loading: string;
  noCapture: string;
  asTable: string;
  language: string;
  motor: string;
  state: string;
  why: string;
}

export const en: Words = {
  status: {
    failure: 'now',
    'maintenance-required': 'plan',
    'out-of-specification': 'off-spec',
    'check-function': 'check',
    grey: 'no statement',
    good: 'normal',
  },
  grey: {
    stale: 'silent',
    blind: 'blind',
    invalid: 'invalid',
    learning: 'learning',
    stopped: 'stopped',
    starting: 'starting',
  },
  site: (n) => `${n} motor${n === 1 ? '' : 's'}`,
  updated: (s) => `updated ${s} s ago`,
  disconnected: (s) => `no data from the server for ${s} s: the last state is shown, trying again`,
  emulated: 'EMULATED',
  emulatedLong: 'Emulated boards and motors: grade E, never evidence',
  needsAttention: (n) => `Needs attention (${n})`,
  nothingNeedsAttention: 'Nothing needs attention.',
  more: (n) => `and ${n} more`,
  fleet: 'Fleet',
  back: 'back to the fleet',
  velocity: 'Velocity RMS 10–1000 Hz',
  velocityTrend: 'velocity RMS 10–1000 Hz, mm/s',
  current: 'Current RMS',
  speed: 'Shaft speed',
  line: 'Line frequency',
  zone: 'Zone',
  noZone: 'no zone',
  bearingTrend: 'bearing severity, dB over chance',
  spectrum: 'acceleration spectrum, m/s² RMS',
  envelope: 'squared envelope spectrum after whitening, relative',
  findings: 'Findings',
  noFindings: 'No finding.',
  finding: 'Finding',
  subject: 'Of',
  severity: 'Severity',
  order: 'Order',
  frequency: 'Frequency',
  pValue: 'p',
  algorithm: 'Algorithm, seed',
  evidence: 'Evidence',
  evidenceNone: 'no evidence file yet',
  verdict: 'Verdict',
  verdicts: { verified: 'verified', unsigned: 'unsigned', rejected: 'rejected', none: 'none' },
  grade: 'Grade',
  grades: (grade) => grade,
  key: 'Key',
  board: 'Board',
  captures: 'Captures',
  rejected: 'Refused',
  blind: 'Not judged from this record',
  seesAll: 'This sensor can see what is asked of it.',
  truth: 'Truth of the scenario',
  verifyWith: 'Check it yourself',
  lastCapture: 'Last capture',
  never: 'never',
  refused: (n) => `${n} refused on the wire; none of them counted as wear`,
  refusedWhy: 'Refused',
  notFound: 'No motor of that name.',
  loading: 'Waiting for the first data.',
  noCapture: 'no capture yet',
  asTable: 'as a table',
  language: '日本語',
  motor: 'Motor',
  state: 'State',
  why: 'Why',
};

export const ja: Words = {
  status: {
    failure: '至急対応',
    'maintenance-required': '計画保全',
    'out-of-specification': '範囲外',
    'check-function': '計測確認',
    grey: '判定なし',
    good: '正常',
  },
  grey: {
    stale: '無応答',
    blind: '検出不可',
    invalid: 'データ無効',
    learning: '学習中',
    stopped: '停止中',
    starting: '起動中',
  },
  site: (n) => `モータ ${n} 台`,
  updated: (s) => `${s} 秒前に更新`,
  disconnected: (s) => `サーバから ${s} 秒間データがありません。最後の状態を表示し、再接続しています`,
  emulated: 'エミュレーション',
  emulatedLong: 'エミュレートされた基板とモータです。等級 E、証拠にはなりません',
  needsAttention: (n) => `要対応 (${n})`,
  nothingNeedsAttention: '対応が必要なモータはありません。',
  more: (n) => `ほか ${n} 件`,
  fleet: '全体',
  back: '全体へ戻る',
  velocity: '振動速度 RMS 10–1000 Hz',
  velocityTrend: '振動速度 RMS 10–1000 Hz, mm/s',
  current: '電流 RMS',
  speed: '回転数',
  line: '電源周波数',
  zone: 'ゾーン',
  noZone: 'ゾーン判定なし',
  bearingTrend: '軸受の損傷度, 偶然に対する dB',
  spectrum: '加速度スペクトル, m/s² RMS',
  envelope: '白色化後の二乗包絡スペクトル, 相対値',
  findings: '所見',
  noFindings: '所見はありません。',
  finding: '所見',
  subject: '対象',
  severity: '損傷度',
  order: '次数',
  frequency: '周波数',
  pValue: 'p 値',
  algorithm: 'アルゴリズム, シード',
  evidence: '証拠',
  evidenceNone: '証拠ファイルはまだありません',
  verdict: '検証結果',
  verdicts: { verified: '検証済み', unsigned: '署名なし', rejected: '拒否', none: 'なし' },
  grade: '等級',
  grades: (grade) => (grade === 'none' ? '等級なし' : grade),
  key: '鍵',
  board: '基板',
  captures: '計測数',
  rejected: '拒否',
  blind: 'この計測で判定できないもの',
  seesAll: 'このセンサは対象をすべて検出できます。',
  truth: 'シナリオの真値',
  verifyWith: '自分で確かめる',
  lastCapture: '最後の計測',
  never: 'なし',
  refused: (n) => `通信路で ${n} 件を拒否しました。摩耗としては数えていません`,
  refusedWhy: '拒否',
  notFound: 'その名前のモータはありません。',
  loading: '最初のデータを待っています。',
  noCapture: '計測はまだありません',
  asTable: '表で表示',
  language: 'English',
  motor: 'モータ',
  state: '状態',
  why: '理由',
};
