/** What sentences that are no findings are made of: doubts about a record, limits of a number, what was seen. Plain numbers and names. */

/** What a sentence about the record, a number's limits or the state of the machine is made of; `saidWords` makes it. */
export type Remark =
  | { of: 'record-no-numbers'; channel: string }
  | { of: 'record-clipped'; channel: string; percent: number }
  | { of: 'record-gaps'; gaps: number }
  | { of: 'record-rate'; percent: number }
  | { of: 'record-unsigned' }
  | { of: 'record-no-channel' }
  | { of: 'record-standing'; why: 'sensor-level' | 'sensor-noise' | 'no-scale' | 'converter-level' | 'no-supply-line' }
  /** Share of the rated current, 0..1. */
  | { of: 'record-unloaded'; load: number }
  | { of: 'record-no-damage'; position: string }
  | { of: 'record-velocity'; velocityMmS: number }
  | { of: 'record-speed'; frHz: number }
  | { of: 'record-seen'; what: 'vibration' | 'three-phases' | 'line-current' | 'rows-inside' }
  | { of: 'record-rows'; rows: number }
  | { of: 'record-suspicious' }
  | ({ of: 'record-zones' } & Zones)
  | { of: 'record-limits'; standard: string }
  | { of: 'record-no-zone'; why: 'unit' | 'clock' | 'speed' | 'short' | 'pump' | 'power' }
  | { of: 'record-partial'; toHz: number }
  | { of: 'record-scope'; rpm: number }
  | { of: 'record-floor'; floorMmS: number }
  | { of: 'record-averaged'; seconds: number; needed: number }
  | { of: 'record-impulses'; toHz: number }
  | { of: 'record-converter'; sinadDb: number }
  | { of: 'record-caution'; why: 'reversed' | 'own-baseline' | 'simulation' };

/** Zone by each table that applies; `toHz` where the band ends below 1 kHz. */
export interface Zones {
  tables: { zone: string; label: string }[];
  toHz?: number;
}
