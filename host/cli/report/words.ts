/** The words of a report in each language. Sentences of findings are built from their fields, never translated from the English one. */
import { en as pageEn, ja as pageJa, type Words } from '../../dashboard/words.js';
import { findingWords, unseenWords } from '../../wear/finding-words.js';
import type { Finding, Unseen } from '../../wear/types.js';

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
  numbers: string;
  notSaid: string;
  howToVerify: string;
  howToVerifyText: string;
  emulated: string;
  unknown: string;
  persistence: string;
  finding: (finding: Finding) => string;
  unseen: (unseen: Unseen) => string;
  gatewayWord: string;
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
  numbers: 'Indicators',
  notSaid: 'Not said',
  howToVerify: 'How to verify this file',
  howToVerifyText:
    'kizashi verify THIS-FILE --keys KEYS, with public keys from their owner. It checks the signatures, computes the findings again and compares every byte of these words.',
  emulated: 'EMULATED boards and motors: grade E, never evidence',
  unknown: 'unknown',
  persistence: 'Seen',
  finding: (finding) => findingWords(finding, 'en'),
  unseen: (unseen) => unseenWords(unseen, 'en'),
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
  numbers: '指標',
  notSaid: '判定しないもの',
  howToVerify: 'このファイルの検証方法',
  howToVerifyText:
    'kizashi verify このファイル --keys 公開鍵。公開鍵は所有者から受け取ってください。署名を検証し、所見を再計算し、本文を一字一句比較します。',
  emulated: 'エミュレートされた基板とモータです。等級 E、証拠にはなりません',
  unknown: '不明',
  persistence: '確認回数',
  finding: (finding) => findingWords(finding, 'ja'),
  unseen: (unseen) => unseenWords(unseen, 'ja'),
  gatewayWord: '過去に確認された回数はゲートウェイの記録です。',
};
