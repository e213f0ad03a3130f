/**
 * Sentences of findings, in English and in Japanese, made of their fields: "consistent with", what cannot be told apart, what to do first.
 * Faces print these; they do not make their own. No dependencies: the page carries this file.
 */
import type { FindingCause, Indicator, ReasonCode, Saying, Unseen, Zones } from './types.js';

export type Language = 'en' | 'ja';

export const ballWords = 'ball defects: low sensitivity';
export const ballWordsJa = '転動体の損傷は検出感度が低い';

const familyEn = { outer: 'outer-race', inner: 'inner-race', ball: 'ball', cage: 'ball or cage' } as const;
const familyJa = { outer: '外輪', inner: '内輪', ball: '転動体', cage: '転動体または保持器' } as const;

/** The sentence of a finding. In English it is the `words` of the finding itself. */
export function findingWords({ says }: { says: Saying }, language: Language): string {
  return language === 'ja' ? japanese(says) : english(says);
}

function english(says: Saying): string {
  switch (says.of) {
    case 'bearing': {
      const { k, m } = says.seen;
      return [
        `consistent with ${familyEn[says.family]} damage of ${says.designation} (${says.position}): `,
        `family at ${says.order.toFixed(2)}x, ${says.severityDb.toFixed(0)} dB over chance`,
        m > 1 ? `, seen in ${k} of ${m} captures` : ', seen in one capture',
        says.short ? ', short record' : '',
        says.ambiguous ? ', speed not certain' : '',
        says.family === 'cage' ? `; ${ballWords}` : '',
        says.unbalanceFirst ? '; may be driven by unbalance: correct it first' : '',
      ].join('');
    }
    case 'unknown-bearing': {
      const { pair } = says;
      const other = pair ? `; with ${pair.other.toFixed(2)}x a pair of a bearing with ${pair.balls} balls` : '';
      return `non-synchronous impulsive family at ${says.order.toFixed(2)}x, ${says.severityDb.toFixed(0)} dB over chance (${says.position})${other}; ${ballWords}`;
    }
    case 'impulsive':
      return 'impulsive vibration, consistent with rolling-element damage, not attributed';
    case 'severity':
      return `velocity ${says.velocityMmS.toFixed(1)} mm/s, indicative ${zonesWords(says, 'en')}`;
    case 'unbalance': {
      const grown = says.growth === undefined ? '' : `1x vibration ${says.growth.toFixed(1)} times its baseline: `;
      const limits =
        says.radialAxes > 1
          ? '(also bent shaft, resonance: not distinguishable without phase)'
          : '(also bent shaft, resonance: not distinguishable with one axis and no phase)';
      return `${grown}consistent with unbalance ${limits}`;
    }
    case 'misalignment':
      return 'consistent with misalignment (2x or axial 1x raised; also bent shaft, coupling: not distinguishable without phase)';
    case 'looseness':
      return `consistent with looseness: ${says.harmonics} harmonics of the shaft stand out`;
    case 'soft-foot':
      return `line at twice the supply frequency ${says.growth.toFixed(1)} times and the shaft's own lines ${says.shaftGrowth.toFixed(1)} times their baseline: consistent with soft foot or a strained frame (uneven air gap): loosen one foot at a time and see both fall`;
    case 'electrical': {
      const grown =
        says.growth === undefined
          ? ''
          : `line at twice the supply frequency ${says.growth.toFixed(1)} times its baseline: `;
      return `${grown}consistent with an electrical cause (uneven air gap, loose stator, supply unbalance) or soft foot: it is electrical if it is gone the moment the motor is switched off`;
    }
    case 'inter-turn':
      return `consistent with a stator inter-turn short, most likely in phase ${says.phase}, or a supply change: measure the supply voltages`;
    case 'rotor-bars':
      return `consistent with broken rotor bars (${says.band}): side bands at ${says.levelDb.toFixed(0)} dB under the line; limits from practice, checked by simulation only`;
    case 'eccentricity':
      return `consistent with an air gap that turns uneven (dynamic or mixed eccentricity) or a load that varies once a turn: lines at the supply frequency ± shaft speed at ${says.levelDb.toFixed(0)} dB, ${says.growthDb.toFixed(0)} dB over their baseline; checked by simulation only`;
    case 'changed':
      return says.up
        ? `${says.indicator} ${says.ratio.toFixed(2)} times its baseline; cause unknown`
        : `${says.indicator} lower than its baseline (${says.ratio.toFixed(2)} times); cause unknown`;
    case 'rows':
      return `the logged values left their baseline (${says.score.toFixed(1)} times the threshold); cause unknown`;
  }
}

function japanese(says: Saying): string {
  switch (says.of) {
    case 'bearing': {
      const { k, m } = says.seen;
      return [
        `${says.designation} (${says.position}) の${familyJa[says.family]}の損傷と整合`,
        `: 次数 ${says.order.toFixed(2)}x の系列、偶然に対して ${says.severityDb.toFixed(0)} dB`,
        m > 1 ? `、${m} 回中 ${k} 回の計測で確認` : '、1 回の計測で確認',
        says.short ? '、記録が短い' : '',
        says.ambiguous ? '、回転数が不確か' : '',
        says.family === 'cage' ? `。${ballWordsJa}` : '',
        says.unbalanceFirst ? '。アンバランスが原因の可能性あり、先に修正してください' : '',
      ].join('');
    }
    case 'unknown-bearing': {
      const { pair } = says;
      const other = pair ? `。${pair.other.toFixed(2)}x と合わせて転動体 ${pair.balls} 個の軸受に相当` : '';
      return `回転に同期しない衝撃の系列、次数 ${says.order.toFixed(2)}x、偶然に対して ${says.severityDb.toFixed(0)} dB (${says.position})${other}。${ballWordsJa}`;
    }
    case 'impulsive':
      return '衝撃的な振動、転動体の損傷と整合、部位は特定できません';
    case 'severity':
      return `振動速度 ${says.velocityMmS.toFixed(1)} mm/s、目安として${zonesWords(says, 'ja')}`;
    case 'unbalance': {
      const grown = says.growth === undefined ? '' : `回転 1 次の振動が基準値の ${says.growth.toFixed(1)} 倍: `;
      const limits = says.radialAxes > 1 ? '位相がないため' : '1 軸のみで位相がないため';
      return `${grown}アンバランスと整合 (${limits}軸曲がり、共振とは区別できません)`;
    }
    case 'misalignment':
      return 'ミスアライメントと整合 (回転 2 次または軸方向 1 次が増加。位相がないため軸曲がり、カップリングの異常とは区別できません)';
    case 'looseness':
      return `緩みと整合: 回転の高調波が ${says.harmonics} 本突出`;
    case 'soft-foot':
      return `電源周波数の 2 倍の線が基準値の ${says.growth.toFixed(1)} 倍、回転の線が ${says.shaftGrowth.toFixed(1)} 倍: ソフトフットまたは枠のひずみ (空隙の不均一) と整合。脚のボルトを 1 本ずつ緩め、両方が下がるか確認してください`;
    case 'electrical': {
      const grown = says.growth === undefined ? '' : `電源周波数の 2 倍の線が基準値の ${says.growth.toFixed(1)} 倍: `;
      return `${grown}電気的な原因 (空隙の不均一、固定子の緩み、電源の不平衡) またはソフトフットと整合。電源を切った瞬間に消えれば電気的な原因です`;
    }
    case 'inter-turn':
      return `固定子巻線の層間短絡 (おそらく ${says.phase} 相) または電源の変化と整合。電源電圧を測定してください`;
    case 'rotor-bars':
      return `回転子バーの損傷と整合 (${bandJa[says.band] ?? says.band}): 側帯波は電源の線に対して ${says.levelDb.toFixed(0)} dB。限度は実務の目安、シミュレーションでのみ確認`;
    case 'eccentricity':
      return `空隙の動的または混合の偏心、または 1 回転ごとの負荷変動と整合: 電源周波数 ± 回転数の線が ${says.levelDb.toFixed(0)} dB、基準値より ${says.growthDb.toFixed(0)} dB 増加。シミュレーションでのみ確認`;
    case 'changed':
      return `${says.indicator} が基準値の ${says.ratio.toFixed(2)} 倍に${says.up ? '増加' : '減少'}、原因は不明`;
    case 'rows':
      return `記録値が基準を外れました (しきい値の ${says.score.toFixed(1)} 倍)、原因は不明`;
  }
}

/** Zone by each table that applies, and the band where it ends early. */
export function zonesWords({ tables, toHz }: Zones, language: Language): string {
  if (language === 'en') {
    const zones = tables.map(({ zone, label }) => `zone ${zone} (${label})`).join(', ');
    return toHz === undefined ? zones : `${zones} (10 Hz to ${Math.round(toHz)} Hz only)`;
  }
  const zones = tables.map(({ zone, label }) => `ゾーン ${zone} (${tableJa(label)})`).join('、');
  return toHz === undefined ? zones : `${zones} (10–${Math.round(toHz)} Hz のみ)`;
}

/** Names of the tables of limits. */
const tableJa = (label: string): string =>
  label
    .replace('informative', '参考')
    .replace('class', 'クラス')
    .replace('group', 'グループ')
    .replace('flexible foundation', '柔支持')
    .replace('rigid foundation', '剛支持');

const bandJa: Record<string, string> = {
  good: '良好',
  uncertain: '不確か',
  watch: '要観察',
  probable: '可能性が高い',
  severe: '重度',
};

const faultEn: Record<FindingCause, string> = {
  'bearing-outer': 'outer race',
  'bearing-inner': 'inner race',
  'bearing-ball': 'balls',
  'bearing-cage': 'cage',
  'bearing-unknown': 'bearing',
  impulsive: 'impulses',
  unbalance: 'unbalance',
  misalignment: 'misalignment',
  looseness: 'looseness',
  severity: 'severity zone',
  'inter-turn': 'inter-turn short',
  'rotor-bars': 'rotor bars',
  eccentricity: 'eccentricity',
  electrical: 'electrical cause, soft foot',
  supply: 'supply',
  changed: 'change against the baseline',
};

const faultJa: Record<FindingCause, string> = {
  'bearing-outer': '外輪',
  'bearing-inner': '内輪',
  'bearing-ball': '転動体',
  'bearing-cage': '保持器',
  'bearing-unknown': '軸受',
  impulsive: '衝撃',
  unbalance: 'アンバランス',
  misalignment: 'ミスアライメント',
  looseness: '緩み',
  severity: '振動のゾーン',
  'inter-turn': '層間短絡',
  'rotor-bars': '回転子バー',
  eccentricity: '偏心',
  electrical: '電気的な原因、ソフトフット',
  supply: '電源',
  changed: '基準値からの変化',
};

const reasonJa: Record<ReasonCode, string> = {
  SENSOR_BANDWIDTH: 'センサの帯域外',
  SENSOR_NOISE_FLOOR: 'センサまたは変換器の雑音が大きい',
  SENSOR_RATE: 'サンプリング周波数が低い',
  MOUNTING: '取付方法の上限周波数',
  RECORD_TOO_SHORT: '記録が短い',
  TOO_FEW_REVOLUTIONS: '記録内の回転数が足りない',
  NOT_SEPARABLE: '軸の高調波と重なり区別できない',
  SPEED_UNKNOWN: '回転数または銘板の値が不明',
  SPEED_DRIFT: '記録中に回転数が変化',
  STOPPED: '停止中',
  CLIPPED: '測定範囲を超過',
  GAPS: 'データの欠落',
  SCOPE: '規格の適用範囲外または定格出力が不明',
  NO_BASELINE: '基準値が未学習',
  LOAD_TOO_LOW: '負荷が低い',
  VFD: 'インバータ駆動',
  UNIT_UNKNOWN: '単位が不明',
  CLOCK_UNCERTAIN: '時計の誤差が大きい',
  UNVERIFIED_CAPTURE: '署名のない計測',
  TOO_FEW_CHANNELS: 'チャネルが足りない',
  NO_TREND: '傾向が不明',
};

const subjectJa: Record<string, string> = {
  shaft: '軸',
  machine: '機械',
  stator: '固定子',
  rotor: '回転子',
  'air gap': '空隙',
  'rolling elements': '転動体',
};

/** What a finding is about; bearings and phases keep their own names. */
export function subjectWords(subject: string, language: Language): string {
  if (language === 'en') return subject;
  return subjectJa[subject] ?? subject.replace('stator phase', '固定子').replace('unknown bearing', '型式不明の軸受');
}

/** A sensor without a description has no name. */
const sensorJa = (name: string): string => (name === 'this sensor' ? 'このセンサ' : name);

/** The fault that was not judged, in English. */
export function unseenFault({ fault, position, partly }: Unseen): string {
  return `${faultEn[fault]}${position ? ` of ${position}` : ''}${partly ? ' in part' : ''}`;
}

/** What was not judged and why, as one line. */
export function unseenWords(unseen: Unseen, language: Language): string {
  if (language === 'en') return `${unseenFault(unseen)}: ${unseen.text}`;
  const { fault, position, code, upTo, partly } = unseen;
  const order = upTo?.order === undefined ? '' : ` = 回転 ${upTo.order} 次`;
  const limit = upTo ? ` (${sensorJa(upTo.sensor)}: ${Math.round(upTo.hz)} Hz${order} まで)` : '';
  return `${position ? `${position} の` : ''}${faultJa[fault]}${partly ? ' (一部)' : ''}: ${reasonJa[code]}${limit}`;
}

/** Why an indicator has no value: the code, with the sentence in English and what the code means in other languages. */
export function refusalWords({ refused, text }: Exclude<Indicator['valid'], true>, language: Language): string {
  return `${refused}: ${language === 'ja' ? reasonJa[refused] : text}`;
}
