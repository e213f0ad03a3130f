/** The sentences of a motor in the reader's language, made by the analysis' own words from the fields the server sends. */
import type { MotorState } from '../monitor/fleet.js';
import { type Language, unseenWords } from '../wear/finding-words.js';
import { healthWords, remarksWords } from '../wear/record-words.js';

/** The one sentence of why, without the status that the mark and the word beside it say already. */
export function reasonOf(motor: MotorState, language: Language): string {
  const text = healthWords(motor, language);
  return language === 'en' ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** What was not judged, one line a fault. */
export function unseenOf(motor: MotorState, language: Language): string[] {
  if (language === 'ja') return [...new Set(motor.unseen.map((one) => unseenWords(one, 'ja')))];
  return [...new Set([...motor.blind, ...motor.unseen.map((one) => unseenWords(one, 'en'))])];
}

/** Where the zone's limits come from, or why there is no zone; undefined where no velocity is known. */
export function basisOf({ velocityZone }: MotorState, language: Language): string | undefined {
  if (velocityZone?.says) return remarksWords(velocityZone.says, language);
  return velocityZone?.basis;
}
