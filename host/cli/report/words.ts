/** The words of a report in each language. Sentences of findings are built from their fields, never translated from the English one. */
import { en as pageEn, ja as pageJa, type Words } from '../../dashboard/words.js';
import { findingWords, type Language, refusalWords, unseenWords } from '../../wear/finding-words.js';
import { type Explained, healthWords, remarksWords } from '../../wear/record-words.js';
import type { Finding, Indicator, Unseen } from '../../wear/types.js';
import { reasonText } from '../status.js';

export interface ReportWords {
  page: Words;
  title: (motor: string) => string;
  whatToDo: string;
  todo: Record<
    'failure' | 'maintenance-required' | 'out-of-specification' | 'check-function' | 'grey' | 'good',
    string
  >;
  spare: string;
  seen: string;
  seesAll: string;
  trend: string;
  trendNote: string;
  charts: string;
  nameplate: string;
  wiring: string;
  /** Names of the rows of nameplate and evidence. */
  rows: Record<
    'bearings' | 'mounting' | 'drive' | 'record' | 'losses' | 'rate' | 'evidenceDigest' | 'factsDigest',
    string
  >;
  numbers: string;
  notSaid: string;
  howToVerify: string;
  howToVerifyText: string;
  emulated: string;
  unknown: string;
  persistence: string;
  finding: (finding: Finding) => string;
  unseen: (unseen: Unseen) => string;
  /** The one sentence of why. */
  why: (state: Explained) => string;
  /** What the reader must know beside a number; empty where there is nothing. */
  note: (indicator: Indicator) => string;
  /** Why a number is not stated. */
  refusal: (valid: Exclude<Indicator['valid'], true>) => string;
  gatewayWord: string;
}

/** Sentences that the analysis makes of fields. */
function sentences(language: Language): Pick<ReportWords, 'finding' | 'unseen' | 'why' | 'note' | 'refusal'> {
  return {
    finding: (finding) => findingWords(finding, language),
    unseen: (unseen) => unseenWords(unseen, language),
    why: (state) => (language === 'en' ? reasonText(state) : healthWords(state, language)),
    note: ({ note, says }) => (says ? remarksWords(says, language) : (note ?? '')),
    refusal: (valid) => refusalWords(valid, language),
  };
}

export const reportEn: ReportWords = {
  page: pageEn,
  title: (motor) => `Condition report: ${motor}`,
  whatToDo: 'What to do',
  todo: {
    failure: 'Act in this shift.',
    'maintenance-required': 'Order the spare and plan the stop.',
    'out-of-specification': 'Find the cause: it is outside its zone, baseline or operating range.',
    'check-function': 'Check sensor, mounting, clock and signature: nothing is said of the motor.',
    grey: 'Nothing is said of the motor; see why.',
    good: 'Nothing.',
  },
  spare: 'Spare part',
  seen: 'What was seen, and what this sensor cannot see',
  seesAll: 'Everything that is asked of this sensor.',
  trend: 'Trend',
  trendNote: 'Points of the history are the word of the gateway; the evidence of each lies there.',
  charts: 'Spectrum and envelope of the capture inside this file',
  nameplate: 'Motor',
  wiring: 'Wiring',
  rows: {
    bearings: 'bearings',
    mounting: 'mounting',
    drive: 'drive',
    record: 'record',
    losses: 'holes, lost samples',
    rate: 'rate',
    evidenceDigest: 'evidence SHA-256',
    factsDigest: 'facts SHA-256',
  },
  numbers: 'Indicators',
  notSaid: 'Not said',
  howToVerify: 'How to verify this file',
  howToVerifyText:
    'kizashi verify THIS-FILE --keys KEYS, with public keys from their owner. It checks the signatures, computes the findings again and compares every byte of these words.',
  emulated: 'EMULATED boards and motors: grade E, never evidence',
  unknown: 'unknown',
  persistence: 'Seen',
  ...sentences('en'),
  gatewayWord: 'How often a finding was seen before is the word of the gateway.',
};

export const reportJa: ReportWords = {
  page: pageJa,
  title: (motor) => `状態診断報告書: ${motor}`,
  whatToDo: '対応',
  todo: {
    failure: 'この勤務時間内に対応してください。',
    'maintenance-required': '予備品を手配し、停止を計画してください。',
    'out-of-specification': 'ゾーン、基準値、運転範囲のいずれかを外れています。原因を調べてください。',
    'check-function': 'センサ、取付、時計、署名を確認してください。モータについては判定しません。',
    grey: 'モータについては判定しません。理由を参照してください。',
    good: '対応は不要です。',
  },
  spare: '予備品',
  seen: '検出できたもの、このセンサで検出できないもの',
  seesAll: 'このセンサは対象をすべて検出できます。',
  trend: '傾向',
  trendNote: '履歴の点はゲートウェイの記録です。各点の証拠はゲートウェイにあります。',
  charts: 'このファイルに含まれる計測のスペクトルと包絡',
  nameplate: 'モータ',
  wiring: '配線',
  rows: {
    bearings: '軸受',
    mounting: 'センサの取付',
    drive: '駆動',
    record: '記録番号',
    losses: '欠落か所、失われたサンプル',
    rate: 'サンプリング周波数',
    evidenceDigest: '証拠の SHA-256',
    factsDigest: '内容の SHA-256',
  },
  numbers: '指標',
  notSaid: '判定しないもの',
  howToVerify: 'このファイルの検証方法',
  howToVerifyText:
    'kizashi verify このファイル --keys 公開鍵。公開鍵は所有者から受け取ってください。署名を検証し、所見を再計算し、本文を一字一句比較します。',
  emulated: 'エミュレートされた基板とモータです。等級 E、証拠にはなりません',
  unknown: '不明',
  persistence: '確認回数',
  ...sentences('ja'),
  gatewayWord: '過去に確認された回数はゲートウェイの記録です。',
};
