/** Honest words: "consistent with", what is blind, what cannot be told apart. Faces print these; they do not make their own. */
import type { FamilyResult } from './bearing.js';

const familyName = { outer: 'outer-race', inner: 'inner-race', ball: 'ball', cage: 'ball or cage' } as const;

export const ballWords = 'ball defects: low sensitivity';

export function bearingWords(
  family: FamilyResult,
  position: string,
  options: { short: boolean; persistence: { k: number; m: number }; unbalanceFirst: boolean; ambiguous: boolean },
): string {
  const what = `${familyName[family.family]} damage of ${family.designation} (${position})`;
  const ball = family.family === 'cage' ? `; ${ballWords}` : '';
  const line = `family at ${family.foundOrder.toFixed(2)}x, ${family.severityDb.toFixed(0)} dB over chance`;
  const { k, m } = options.persistence;
  const seen = m > 1 ? `, seen in ${k} of ${m} captures` : ', seen in one capture';
  const short = options.short ? ', short record' : '';
  const ambiguous = options.ambiguous ? ', speed not certain' : '';
  const first = options.unbalanceFirst ? '; may be driven by unbalance: correct it first' : '';
  return `consistent with ${what}: ${line}${seen}${short}${ambiguous}${ball}${first}`;
}

export const presenceWords = 'ball-pass tone present, within what healthy bearings show';

export const nothingFound = `no evidence of race damage; ${ballWords}`;

export const impulsiveWords = 'impulsive vibration, consistent with rolling-element damage, not attributed';

export function blindBearing(sensor: string, fTopHz: number): string {
  return `blind to bearing faults: ${sensor} sees up to ${Math.round(fTopHz)} Hz`;
}

export function unbalanceWords(radialAxes: number, ratio: number | undefined): string {
  const grown = ratio === undefined ? '' : `1x vibration ${ratio.toFixed(1)} times its baseline: `;
  const limits =
    radialAxes > 1
      ? '(also bent shaft, resonance: not distinguishable without phase)'
      : '(also bent shaft, resonance: not distinguishable with one axis and no phase)';
  return `${grown}consistent with unbalance ${limits}`;
}

export function electricalWords(ratio: number | undefined): string {
  const grown =
    ratio === undefined ? '' : `line at twice the supply frequency ${ratio.toFixed(1)} times its baseline: `;
  return `${grown}consistent with an electrical cause (uneven air gap, loose stator, supply unbalance) or soft foot: it is electrical if it is gone the moment the motor is switched off`;
}

export function changedWords(indicator: string, ratio: number, up: boolean): string {
  if (up) return `${indicator} ${ratio.toFixed(2)} times its baseline; cause unknown`;
  return `${indicator} lower than its baseline (${ratio.toFixed(2)} times); cause unknown`;
}

export function interTurnWords(phase: 'A' | 'B' | 'C'): string {
  return `consistent with a stator inter-turn short, most likely in phase ${phase}, or a supply change: measure the supply voltages`;
}

export const noRemainingLife = 'no remaining-life estimate: trend not established';
