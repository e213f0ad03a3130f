/** The words of a report in each language. Sentences of findings are built from their fields, never translated from the English one. */
import { en as pageEn, ja as pageJa, type Words } from '../../dashboard/words.js';
import type { Finding, FindingCause } from '../../wear/types.js';
import { digits } from '../output.js';

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
  finding: (finding) => finding.words,
  gatewayWord: 'How often a finding was seen before is the word of the gateway.',
};

const causes: Record<FindingCause, string> = {
  'bearing-outer': '軸受外輪の損傷',
  'bearing-inner': '軸受内輪の損傷',
  'bearing-ball': '転動体の損傷',
  'bearing-cage': '転動体または保持器の損傷',
  'bearing-unknown': '軸受の損傷 (型式不明)',
  impulsive: '衝撃的な振動 (原因は未特定)',
  unbalance: 'アンバランス (軸曲がり、共振とは区別できません)',
  misalignment: 'ミスアライメント',
  looseness: 'がた、緩み',
  severity: '振動レベルの超過',
  'inter-turn': '固定子巻線の層間短絡または電源の変化',
  'rotor-bars': '回転子バーの損傷',
  electrical: '電気的な原因またはソフトフット (電源周波数の2倍の振動)',
  supply: '電源の異常',
  changed: '基準値からの変化 (原因は不明)',
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
  finding: ({ cause, subject, orders, severityDb, persistence: { k, m } }) => {
    const order = orders[0] ? `、次数 ${digits(orders[0].found, 3)}x` : '';
    const db = severityDb === null ? '' : `、偶然に対して ${severityDb.toFixed(0)} dB`;
    return `${causes[cause]}と整合 (${subject})${order}${db}、${m} 回中 ${k} 回の計測で確認`;
  },
  gatewayWord: '過去に確認された回数はゲートウェイの記録です。',
};
