/** Words for what is blind or not stated. Sentences of findings are in finding-words.ts, those about the record in record-words.ts. */
export function blindBearing(sensor: string, fTopHz: number): string {
  return `blind to bearing faults: ${sensor} sees up to ${Math.round(fTopHz)} Hz`;
}

export const noRemainingLife = 'no remaining-life estimate: trend not established';
