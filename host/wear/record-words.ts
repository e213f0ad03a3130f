/**
 * Sentences that are no findings, in English and in Japanese, made of their fields: what is wrong with a record, whether the machine runs,
 * what was seen, what limits a number, and the one sentence of a motor's health. No dependencies: the page carries this file.
 */
import { ballWords, ballWordsJa, findingWords, type Language, unseenWords, zonesWords } from './finding-words.js';
import type { Health, Remark, Said, Unseen } from './types.js';

/** The sentence of a finding or of a remark. */
export function saidWords(says: Said, language: Language): string {
  if (isRemark(says)) return language === 'ja' ? japanese(says) : english(says);
  return findingWords({ says }, language);
}

/** Several sentences as one line. */
export function remarksWords(says: readonly Said[], language: Language): string {
  return says.map((one) => saidWords(one, language)).join(language === 'ja' ? '。' : '; ');
}

const isRemark = (says: Said): says is Remark => says.of.startsWith('record-');

function english(says: Remark): string {
  switch (says.of) {
    case 'record-no-numbers':
      return 'the channel holds values that are no numbers';
    case 'record-clipped':
      return `${says.percent} % of ${says.channel} dropped: at the end of the range`;
    case 'record-gaps':
      return `${says.gaps} gaps: each stretch is analysed on its own`;
    case 'record-rate':
      return `the rate is known to ±${says.percent.toFixed(1)} % only: no zone from it`;
    case 'record-unsigned':
      return 'the board did not sign this capture';
    case 'record-no-channel':
      return 'no usable channel';
    case 'record-standing':
      return standingEn[says.why];
    case 'record-unloaded':
      return `Stopped: current is ${(100 * says.load).toPrecision(2)} % of the rated one`;
    case 'record-no-damage':
      return `no evidence of race damage; ${ballWords} (${says.position})`;
    case 'record-velocity':
      return `velocity ${says.velocityMmS.toFixed(1)} mm/s`;
    case 'record-speed':
      return `${Math.round(says.frHz * 60)} r/min`;
    case 'record-seen':
      return seenEn[says.what];
    case 'record-rows':
      return `rows learned: ${says.rows}`;
    case 'record-suspicious':
      return 'learning on a suspicious machine';
    case 'record-zones':
      return `indicative ${zonesWords(says, 'en')}`;
    case 'record-limits':
      return `limits as commonly published for ${says.standard}; verify against the standard`;
    case 'record-no-zone':
      return noZoneEn[says.why];
    case 'record-partial':
      return `partial value, 10 Hz to ${Math.round(says.toHz)} Hz: no zone`;
    case 'record-scope':
      return `no zone: ISO 20816-3 covers 120 to 30,000 r/min, not ${Math.round(says.rpm)}`;
    case 'record-floor':
      return `zone A cannot be told: the sensor's own floor is ${says.floorMmS.toFixed(2)} mm/s`;
    case 'record-averaged':
      return `averaged over ${says.seconds.toFixed(1)} s instead of ${says.needed} s`;
    case 'record-impulses':
      return `impulses up to ${Math.round(says.toHz)} Hz only`;
    case 'record-converter':
      return `the converter has ${says.sinadDb} dB only`;
    case 'record-caution':
      return cautionEn[says.why];
  }
}

const standingEn = {
  'sensor-level': 'Stopped: vibration is at the level of the sensor itself',
  'sensor-noise':
    'Not seen running: no line of a shaft stands out and the level is within what a sensor’s own noise can be; stopped, or too quiet for this sensor',
  'no-scale':
    'Not seen running: no line of a shaft stands out and the level has no known scale; stopped, or too quiet for this sensor',
  'converter-level': 'Stopped: current is at the level of the converter itself',
  'no-supply-line': 'Not seen running: no line of the supply in the current',
} as const;

const seenEn = {
  vibration: 'vibration seen, no bearing named',
  'three-phases': 'currents of three phases: no inter-turn short',
  'line-current': 'line current',
  'rows-inside': 'logged values inside their baseline',
} as const;

const noZoneEn = {
  unit: 'no zone: the unit is not known',
  clock: 'no zone: the sample rate is not known well enough',
  speed: 'no zone: the shaft speed is not known',
  short: 'no zone: no usable stretch is as long as one second',
  pump: 'rotodynamic pumps have a part of their own (part 7)',
  power: 'no zone: rated power unknown, see the nameplate',
} as const;

const cautionEn = {
  reversed: 'phase order reversed',
  'own-baseline': 'only against its own baseline: clamps are not calibrated together',
  simulation: 'checked by simulation only',
} as const;

function japanese(says: Remark): string {
  switch (says.of) {
    case 'record-no-numbers':
      return `チャネル ${says.channel} に数値でない値があります`;
    case 'record-clipped':
      return `${says.channel} の ${says.percent} % を除外: 測定範囲の上限または下限に達しています`;
    case 'record-gaps':
      return `欠落 ${says.gaps} か所: 連続した区間ごとに解析しました`;
    case 'record-rate':
      return `サンプリング周波数の不確かさが ±${says.percent.toFixed(1)} %: ゾーンは判定しません`;
    case 'record-unsigned':
      return '基板の署名がない計測です';
    case 'record-no-channel':
      return '使用できるチャネルがありません';
    case 'record-standing':
      return standingJa[says.why];
    case 'record-unloaded':
      return `停止中: 電流が定格の ${(100 * says.load).toPrecision(2)} % です`;
    case 'record-no-damage':
      return `軌道輪の損傷は認められません。${ballWordsJa} (${says.position})`;
    case 'record-velocity':
      return `振動速度 ${says.velocityMmS.toFixed(1)} mm/s`;
    case 'record-speed':
      return `${Math.round(says.frHz * 60)} r/min`;
    case 'record-seen':
      return seenJa[says.what];
    case 'record-rows':
      return `学習した行: ${says.rows}`;
    case 'record-suspicious':
      return '異常の疑いがある機械で学習しています';
    case 'record-zones':
      return `目安として${zonesWords(says, 'ja')}`;
    case 'record-limits':
      return `限度は ${says.standard.replace(', superseded', ' (廃止)').replace('annex', '附属書')} として一般に公表されている値です。規格の原文で確認してください`;
    case 'record-no-zone':
      return noZoneJa[says.why];
    case 'record-partial':
      return `10–${Math.round(says.toHz)} Hz の部分値: ゾーン判定なし`;
    case 'record-scope':
      return `ゾーン判定なし: ISO 20816-3 の適用範囲は 120–30,000 r/min、このモータは ${Math.round(says.rpm)} r/min`;
    case 'record-floor':
      return `ゾーン A は判定できません: センサ自身の雑音が ${says.floorMmS.toFixed(2)} mm/s です`;
    case 'record-averaged':
      return `平均時間 ${says.seconds.toFixed(1)} s (本来は ${says.needed} s)`;
    case 'record-impulses':
      return `衝撃は ${Math.round(says.toHz)} Hz まで`;
    case 'record-converter':
      return `変換器の SINAD は ${says.sinadDb} dB のみ`;
    case 'record-caution':
      return cautionJa[says.why];
  }
}

const standingJa: Record<keyof typeof standingEn, string> = {
  'sensor-level': '停止中: 振動がセンサ自身の雑音と同程度です',
  'sensor-noise':
    '回転を確認できません: 軸の線が現れず、振動はセンサの雑音の範囲内です。停止中か、このセンサには静かすぎます',
  'no-scale':
    '回転を確認できません: 軸の線が現れず、振動の大きさの単位が不明です。停止中か、このセンサには静かすぎます',
  'converter-level': '停止中: 電流が変換器自身の雑音と同程度です',
  'no-supply-line': '回転を確認できません: 電流に電源周波数の線がありません',
};

const seenJa: Record<keyof typeof seenEn, string> = {
  vibration: '振動を確認、判定した軸受なし',
  'three-phases': '三相の電流: 層間短絡は認められません',
  'line-current': '電源の電流',
  'rows-inside': '記録値は基準の範囲内です',
};

const noZoneJa: Record<keyof typeof noZoneEn, string> = {
  unit: 'ゾーン判定なし: 単位が不明です',
  clock: 'ゾーン判定なし: サンプリング周波数の精度が足りません',
  speed: 'ゾーン判定なし: 回転数が不明です',
  short: 'ゾーン判定なし: 1 秒以上続く有効な区間がありません',
  pump: 'ゾーン判定なし: 回転式ポンプには別の規格 (第 7 部) があります',
  power: 'ゾーン判定なし: 定格出力が不明です。銘板を確認してください',
};

const cautionJa: Record<keyof typeof cautionEn, string> = {
  reversed: '相順が逆です',
  'own-baseline': '自身の基準値との比較のみ: クランプは相互に校正されていません',
  simulation: 'シミュレーションでのみ確認',
};

/** What a face knows of a motor's state when it says why. `says` is absent in what older versions stored. */
export interface Explained extends Pick<Health, 'status' | 'reason' | 'says'> {
  grey?: Health['grey'] | 'starting';
  learning?: { have: number; need: number };
  unseen: readonly Unseen[];
}

/** The one sentence of why, without the status in front of it that the mark and the word beside it say already. */
export function healthWords(state: Explained, language: Language): string {
  if (language === 'ja') return healthJa(state);
  return withoutStatus(state.reason);
}

function withoutStatus(reason: string): string {
  return reason.replace(
    /^(Failure|Maintenance required|Out of specification|Check function|Good|Learning \(\d+ of \d+\)): /,
    '',
  );
}

function healthJa({ status, reason, grey, learning, says, unseen }: Explained): string {
  const said = says && says.length > 0 ? remarksWords(says, 'ja') : undefined;
  if (status === 'grey') {
    if (grey === 'starting') return '最初の計測を待っています';
    if (grey === 'stale') return `有効な計測が届いていません${said ? `。最後の判定: ${said}` : ''}`;
    if (grey === 'invalid') return `データが無効です: ${said ?? 'センサ、配線、測定範囲を確認してください'}`;
    if (grey === 'stopped') return said ?? '回転を確認できません。停止中か、センサで検出できないほど静かです';
    if (grey === 'blind') return unseen[0] ? unseenWords(unseen[0], 'ja') : 'このセンサでは検出できません';
    const progress = learning ? ` (${learning.have} / ${learning.need})` : '';
    return `基準値を学習中${progress}${said ? `: ${said}` : ''}`;
  }
  if (status === 'good') return `所見なし${said ? `: ${said}` : ''}`;
  return said ?? withoutStatus(reason);
}
