/**
 * Limits of vibration severity as data. None is confirmed against the standard's own text yet, so each carries `confirmed: false`, and
 * the indicator, the finding and every report carry `asPublished` beside its zone.
 */

import { saidWords } from './record-words.js';

export interface SeverityTable {
  id: string;
  /** Boundaries A/B, B/C, C/D, velocity RMS in mm/s. */
  velocity: readonly [number, number, number];
  /** The same for displacement RMS in µm; absent where the standard has none. */
  displacement?: readonly [number, number, number];
  label: string;
  source: string;
  confirmed: boolean;
}

const public2 =
  'two independent public codings that agree: predictive-maintenance-mcp machinery_diagnostics_server.py, Beckhoff TF3600 samples';
const superseded = 'ISO 10816-1:1995 annex B, superseded';

export const severityTables = {
  'group1-rigid': {
    id: 'ISO 20816-3:2022 group 1 rigid',
    velocity: [2.3, 4.5, 7.1],
    displacement: [29, 57, 90],
    label: 'group 1, rigid foundation',
    source: public2,
    confirmed: false,
  },
  'group1-flexible': {
    id: 'ISO 20816-3:2022 group 1 flexible',
    velocity: [3.5, 7.1, 11.0],
    displacement: [45, 90, 140],
    label: 'group 1, flexible foundation',
    source: public2,
    confirmed: false,
  },
  'group2-rigid': {
    id: 'ISO 20816-3:2022 group 2 rigid',
    velocity: [1.4, 2.8, 4.5],
    displacement: [22, 45, 71],
    label: 'group 2, rigid foundation',
    source: public2,
    confirmed: false,
  },
  'group2-flexible': {
    id: 'ISO 20816-3:2022 group 2 flexible',
    velocity: [2.3, 4.5, 7.1],
    displacement: [37, 71, 113],
    label: 'group 2, flexible foundation',
    source: public2,
    confirmed: false,
  },
  class1: {
    id: 'ISO 10816-1:1995 class I',
    velocity: [0.71, 1.8, 4.5],
    label: 'class I, informative',
    source: superseded,
    confirmed: false,
  },
  class2: {
    id: 'ISO 10816-1:1995 class II',
    velocity: [1.12, 2.8, 7.1],
    label: 'class II, informative',
    source: superseded,
    confirmed: false,
  },
  class3: {
    id: 'ISO 10816-1:1995 class III',
    velocity: [1.8, 4.5, 11.2],
    label: 'class III, informative',
    source: superseded,
    confirmed: false,
  },
  class4: {
    id: 'ISO 10816-1:1995 class IV',
    velocity: [2.8, 7.1, 18],
    label: 'class IV, informative',
    source: superseded,
    confirmed: false,
  },
} as const satisfies Record<string, SeverityTable>;

/** What stands beside a zone wherever there is room for more than one sentence. */
export function asPublished(table: SeverityTable): string {
  return saidWords({ of: 'record-limits', standard: publishedFor(table) }, 'en');
}

/** Standard that the limits of a table are published for. */
export function publishedFor(table: SeverityTable): string {
  return table.id.startsWith('ISO 20816-3') ? 'ISO 20816-3' : superseded;
}
