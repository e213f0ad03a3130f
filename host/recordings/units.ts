/** Unit texts of files and flags into SI. What is not understood is `relative`: ratios, orders and shapes stay usable, absolute values do not. */
import type { Channel, Quantity, Unit } from '../capture/capture.js';
import { KizashiError } from '../errors.js';

export interface Scale {
  unit: Unit;
  /** SI value of one unit of the file. */
  factor: number;
  quantity: Quantity;
}

/** Standard gravity, m/s² (CGPM 1901). */
export const standardGravity = 9.80665;

const table: Record<string, Scale> = {
  'm/s2': { unit: 'm/s2', factor: 1, quantity: 'acceleration' },
  'mm/s2': { unit: 'm/s2', factor: 1e-3, quantity: 'acceleration' },
  g: { unit: 'm/s2', factor: standardGravity, quantity: 'acceleration' },
  mg: { unit: 'm/s2', factor: standardGravity / 1000, quantity: 'acceleration' },
  a: { unit: 'A', factor: 1, quantity: 'current' },
  ma: { unit: 'A', factor: 1e-3, quantity: 'current' },
  v: { unit: 'V', factor: 1, quantity: 'voltage' },
  mv: { unit: 'V', factor: 1e-3, quantity: 'voltage' },
};

const spellings: Record<string, string> = {
  'm/s^2': 'm/s2',
  'm/s²': 'm/s2',
  'm/s**2': 'm/s2',
  ms2: 'm/s2',
  m_s2: 'm/s2',
  mps2: 'm/s2',
  'm s-2': 'm/s2',
  'm/s/s': 'm/s2',
  'mm/s^2': 'mm/s2',
  'mm/s²': 'mm/s2',
  mm_s2: 'mm/s2',
  gs: 'g',
  'g-force': 'g',
  gn: 'g',
  amp: 'a',
  amps: 'a',
  ampere: 'a',
  amperes: 'a',
  volt: 'v',
  volts: 'v',
};

/**
 * The scale of a unit given by a person.
 * @throws KZ0811 a unit that is not known
 */
export function unitFromFlag(text: string): Scale | 'relative' {
  const scale = unitFromText(text);
  if (scale) return scale;
  if (/^(relative|none|raw|counts?)$/i.test(text.trim())) return 'relative';
  throw new KizashiError('KZ0811', `unit "${text}" is not known`, { unit: text });
}

/** The scale of a unit text as files write it: `g`, `m/s^2`, `g (by the data centre)`. Undefined when it states none. */
export function unitFromText(text: string): Scale | undefined {
  const whole = text.trim().toLowerCase();
  const key = spellings[whole] ?? whole;
  if (Object.hasOwn(table, key)) return table[key];
  const first = /^([a-zµ/^²0-9_]+)\s*[([,;]/.exec(whole)?.[1];
  if (first === undefined) return undefined;
  const firstKey = spellings[first] ?? first;
  return Object.hasOwn(table, firstKey) ? table[firstKey] : undefined;
}

export interface ColumnName {
  /** Name without its unit. */
  id: string;
  scale?: Scale;
  unitText?: string;
}

/** Splits a column name: `ax_g`, `acc [m/s^2]`, `I (A)`, `Linear Acceleration x (m/s^2)`. */
export function parseColumnName(name: string): ColumnName {
  const bare = name.replace(/^#/, '').trim();
  const bracket = /^(.*?)\s*[[(]\s*([^\])]+?)\s*[\])]\s*$/.exec(bare);
  if (bracket) {
    const scale = unitFromText(bracket[2]);
    return { id: bracket[1].trim() || bare, unitText: bracket[2], ...(scale ? { scale } : {}) };
  }
  const suffix = /^(.+?)_(mm_s2|m_s2|mps2|ms2|mg|g|ma|a|mv|v)$/i.exec(bare);
  if (suffix) {
    const scale = unitFromText(suffix[2]);
    if (scale) return { id: suffix[1], unitText: suffix[2], scale };
  }
  return { id: bare };
}

/** What a channel measures, by its name where its unit does not say it. */
export function quantityOfName(id: string): Quantity {
  if (/tacho|keyphasor|trigger|pulse/i.test(id)) return 'tacho';
  if (/temp|humid|press|flow|gyro|rpm|speed|anomaly|changepoint|label|°c/i.test(id)) return 'other';
  if (/current|clamp|^i[_ ]?[abc123uvw]?$|amp/i.test(id)) return 'current';
  if (/volt|^u[_ ]?[abc123uvw]?$/i.test(id)) return 'voltage';
  return 'acceleration';
}

/** Phase of a current channel by its name: `iA`, `I2`, `current_c`. */
export function phaseOfName(id: string): 'A' | 'B' | 'C' | undefined {
  const mark = /^(?:i|current|phase)[_ ]?([abc123uvw])$/i.exec(id)?.[1]?.toLowerCase();
  if (mark === undefined) return undefined;
  return 'a1u'.includes(mark) ? 'A' : 'b2v'.includes(mark) ? 'B' : 'C';
}

/**
 * A channel in SI from raw values. A voltage of an acceleration channel (a sensor whose sensitivity is not stated) stays `relative`.
 * `samples` is scaled in place.
 */
export function channelOf(
  id: string,
  samples: Float64Array,
  scale: Scale | 'relative' | undefined,
  extra: { range?: readonly [number, number]; lsb?: number; quantity?: Quantity } = {},
): Channel {
  const named = extra.quantity ?? quantityOfName(id);
  const usable = scale !== undefined && scale !== 'relative' && (scale.quantity !== 'voltage' || named === 'voltage');
  const factor = usable ? scale.factor : 1;
  if (factor !== 1) for (let i = 0; i < samples.length; i++) samples[i] *= factor;
  const phase = phaseOfName(id);
  const quantity = usable ? scale.quantity : named;
  return {
    id,
    quantity,
    unit: usable ? scale.unit : 'relative',
    samples,
    ...(extra.range ? { range: [extra.range[0] * factor, extra.range[1] * factor] as const } : {}),
    ...(extra.lsb === undefined ? {} : { lsb: extra.lsb * factor }),
    ...(quantity === 'current' && phase ? { phase } : {}),
  };
}
