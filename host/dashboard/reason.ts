/** The one sentence of why, in the reader's language: the server says it in English, other languages are built from the fields. */
import type { MotorState } from '../monitor/fleet.js';
import { findingWords, type Language, unseenWords } from '../wear/finding-words.js';

/** Without the status in front of it that the mark and the word beside it say already. */
export function reasonOf(motor: MotorState, language: Language): string {
  if (language === 'ja') return japanese(motor);
  const text = motor.reason.replace(
    /^(Failure|Maintenance required|Out of specification|Check function|Good|Learning \(\d+ of \d+\)): /,
    '',
  );
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What was not judged, one line a fault. */
export function unseenOf(motor: MotorState, language: Language): string[] {
  if (language === 'ja') return [...new Set(motor.unseen.map((one) => unseenWords(one, 'ja')))];
  return [...new Set([...motor.blind, ...motor.unseen.map((one) => unseenWords(one, 'en'))])];
}

function japanese(motor: MotorState): string {
  const { status, grey, learning, findings, velocityRmsMmS, velocityZone, speedHz } = motor;
  if (status === 'grey') {
    if (grey === 'starting') return '最初の計測を待っています';
    if (grey === 'stale') return '有効な計測が届いていません';
    if (grey === 'invalid') return 'データが無効です。センサ、配線、測定範囲を確認してください';
    if (grey === 'stopped') return '回転を確認できません。停止中か、センサで検出できないほど静かです';
    if (grey === 'blind') return unseenOf(motor, 'ja')[0] ?? 'このセンサでは検出できません';
  }
  // The finding that the server's sentence tells first; the sentence may tell two.
  const told = findings.filter(({ words }) => motor.reason.includes(words));
  if (told.length > 0) return told.map((one) => findingWords(one, 'ja')).join('。');
  const zone = velocityZone?.zone ? ` (ゾーン ${velocityZone.zone})` : '';
  const seen = [
    ...(velocityRmsMmS === null ? [] : [`振動速度 ${velocityRmsMmS.toFixed(1)} mm/s${zone}`]),
    ...(speedHz === null ? [] : [`${Math.round(speedHz * 60)} r/min`]),
  ].join('、');
  if (status === 'check-function') return `センサ、取付、時計、署名を確認してください${seen ? `。${seen}` : ''}`;
  if (learning) return `基準値を学習中 (${learning.have} / ${learning.need})${seen ? `: ${seen}` : ''}`;
  return seen ? `所見なし: ${seen}` : '所見なし';
}
