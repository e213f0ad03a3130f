/** Words that are no finding: what healthy bearings show, what was not found, what is blind. Sentences of findings are in finding-words.ts. */
import { ballWords } from './finding-words.js';

export const nothingFound = `no evidence of race damage; ${ballWords}`;

export function blindBearing(sensor: string, fTopHz: number): string {
  return `blind to bearing faults: ${sensor} sees up to ${Math.round(fTopHz)} Hz`;
}

export const noRemainingLife = 'no remaining-life estimate: trend not established';
