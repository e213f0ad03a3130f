/**
 * The nouns of wear analysis: what is known about the motor goes in, an Assessment comes out. Types only, so that store, monitor and the
 * faces can speak of findings without importing the analysis. Every value here is plain data: JSON.stringify keeps all of it.
 */
import type { Grade, Verdict } from '../capture/capture.js';
import type { Remark, Zones } from './remark.js';

export type { Remark, Zones } from './remark.js';

/** Why a number or a finding is refused. Refused is grey, never green. */
export type ReasonCode =
  | 'SENSOR_BANDWIDTH'
  | 'SENSOR_NOISE_FLOOR'
  | 'SENSOR_RATE'
  | 'MOUNTING'
  | 'RECORD_TOO_SHORT'
  | 'TOO_FEW_REVOLUTIONS'
  | 'NOT_SEPARABLE'
  | 'SPEED_UNKNOWN'
  | 'SPEED_DRIFT'
  | 'STOPPED'
  | 'CLIPPED'
  | 'GAPS'
  | 'SCOPE'
  | 'NO_BASELINE'
  | 'LOAD_TOO_LOW'
  | 'VFD'
  | 'UNIT_UNKNOWN'
  | 'CLOCK_UNCERTAIN'
  | 'UNVERIFIED_CAPTURE'
  | 'TOO_FEW_CHANNELS'
  | 'NO_TREND';

export interface Reason {
  code: ReasonCode;
  text: string;
  /** Channel it concerns; absent: the whole capture. */
  channel?: string;
}

export type Mounting = 'stud' | 'glue' | 'magnet' | 'tape' | 'hand' | 'unknown';

/** Frequencies in multiples of the shaft speed, outer ring fixed. A ball defect strikes at 2·BSF. */
export interface BearingOrders {
  BPFO: number;
  BPFI: number;
  BSF: number;
  FTF: number;
}

export type BearingFamily = 'outer' | 'inner' | 'ball' | 'cage';

/** One geometry a bearing of that designation may have. */
export interface BearingVariant {
  id: string;
  designation: string;
  maker?: string;
  /** Number of rolling elements. */
  balls: number;
  orders: BearingOrders;
  grade?: 'measured' | 'maker table' | 'derived';
  source?: string;
  /** Orders adopted for this very machine; they narrow the search band to ±0.3 %. */
  learned?: Partial<Record<BearingFamily, number>>;
}

/** What `wear` needs to know of a sensor; boards/sensors/<id>.json holds more. */
export interface SensorDescriptor {
  id: string;
  name: string;
  quantity: 'acceleration' | 'current';
  axes: number;
  /** Noise density per axis in µg/√Hz (acceleration only). */
  noiseUgRtHz?: number[];
  /** −3 dB bandwidth in Hz per axis or one for all; null where only the sampling rate limits it. */
  bandwidthHz: number | null;
  antiAlias: 'digital' | 'soft' | 'external' | 'none';
  /** Corner of an external low pass in Hz. */
  filterHz?: number;
  sinadDb?: number;
  /** Upper frequency in Hz by mounting; absent: the general table. */
  mountingCaps?: Partial<Record<Mounting, number | null>>;
}

export interface BearingPosition {
  /** `DE`, `NDE`, or any name of the site. */
  position: string;
  /** All geometries that may be inside; every one is tested. Empty: unknown bearing, blind comb only. */
  variants: BearingVariant[];
  /** Channels whose sensor sits on this housing; absent: all acceleration channels. */
  channels?: string[];
}

export interface MotorContext {
  id?: string;
  speed?: { nominalRpm: number; tolerance: number; source: 'nameplate' | 'tacho' | 'drive' };
  supplyHz?: number;
  polePairs?: number;
  ratedRpm?: number;
  ratedKw?: number;
  /** Rated current in A; load bins and rotor-bar guards use it. */
  ratedA?: number;
  shaftHeightMm?: number;
  foundation?: 'rigid' | 'flexible';
  drive: 'direct' | 'vfd' | 'unknown';
  mounting: Mounting;
  /** What the motor drives, where a standard has its own part for it. */
  machine?: 'motor' | 'rotodynamic-pump';
  bearings: BearingPosition[];
  gears?: { teeth: number; order: number }[];
  blades?: number;
  /** Sensor descriptions by the `sensor` id of the channels. A channel without one is judged by its rate and mounting alone. */
  sensors?: Record<string, SensorDescriptor>;
  /** Share of the converter's range that the rated current uses, 0..1 (rotor bars). */
  utilisation?: number;
}

export interface Indicator {
  /** Names of OPC 40400 where they exist: rmsVelocity, rmsAcceleration, … with the axis or position after a dot. */
  id: string;
  value: number | null;
  unit: string;
  /** 95 % interval. */
  ci95?: readonly [number, number];
  valid: true | { refused: ReasonCode; text: string };
  /** What the reader must know beside the number, in English, and what that is made of. */
  note?: string;
  says?: Remark[];
  captureId: string;
  channels: string[];
  algorithm: string;
  params: Record<string, unknown>;
  at?: number;
}

export type FindingCause =
  | 'bearing-outer'
  | 'bearing-inner'
  | 'bearing-ball'
  | 'bearing-cage'
  | 'bearing-unknown'
  | 'impulsive'
  | 'unbalance'
  | 'misalignment'
  | 'looseness'
  | 'severity'
  | 'inter-turn'
  | 'rotor-bars'
  | 'eccentricity'
  | 'electrical'
  | 'supply'
  | 'changed';

/** What the sentence of a finding is made of; `findingWords` makes it, in the reader's language. Plain numbers and names, units as named. */
export type Saying =
  | {
      of: 'bearing';
      family: BearingFamily;
      designation: string;
      position: string;
      order: number;
      severityDb: number;
      /** Fewer than 30 turns in the record; two speeds fit; gross unbalance may drive it. */
      short: boolean;
      ambiguous: boolean;
      unbalanceFirst: boolean;
      seen: { k: number; m: number };
    }
  | {
      of: 'unknown-bearing';
      position: string;
      order: number;
      severityDb: number;
      pair?: { other: number; balls: number };
    }
  | { of: 'impulsive' }
  | ({ of: 'severity'; zone: string; velocityMmS: number } & Zones)
  | { of: 'unbalance'; radialAxes: number; growth?: number }
  | { of: 'misalignment' }
  | { of: 'looseness'; harmonics: number }
  | { of: 'soft-foot'; growth: number; shaftGrowth: number }
  | { of: 'electrical'; growth?: number }
  | { of: 'inter-turn'; phase: 'A' | 'B' | 'C' }
  | { of: 'rotor-bars'; band: string; levelDb: number }
  | { of: 'eccentricity'; levelDb: number; growthDb: number }
  | { of: 'changed'; indicator: string; ratio: number; up: boolean }
  | { of: 'rows'; score: number };

/** What a sentence is made of: one about a fault, or one about the record and the machine's state. */
export type Said = Saying | Remark;

/** A fault that this record cannot judge, and why. It is grey, not absent. */
export interface Unseen {
  fault: FindingCause;
  /** Bearing position it concerns. */
  position?: string;
  code: ReasonCode;
  /** Upper end of what was seen, where that is the reason: the sensor's name, Hz, and the order of the shaft. */
  upTo?: { sensor: string; hz: number; order?: number };
  /** A part can be judged: the orders below `upTo`, or a finding may be made but its absence not be said. */
  partly: boolean;
  /** The reason in English. */
  text: string;
}

export interface Finding {
  id: string;
  algorithm: string;
  /** Id of the arithmetic: a kernel whose output could differ in one bit has another id. */
  kernel: string;
  params: Record<string, unknown>;
  /** 16 bytes as hex; empty where the algorithm draws nothing. */
  seed: string;
  captureIds: string[];
  channels: string[];
  motorId: string;
  /** Bearing variant, shaft, stator, rotor or sensor. */
  subject: string;
  cause: FindingCause;
  /** Chance of such a family without a fault, by decoys; null where no test of chance applies. */
  p: number | null;
  /** Smallest p that the number of independent decoys can support. */
  pFloor: number | null;
  /** p multiplied by the families and variants tested. */
  pAdjusted: number | null;
  severityDb: number | null;
  /** Found order against expected one. */
  orders: { name: string; expected?: number; found: number; harmonics?: number }[];
  persistence: { k: number; m: number };
  baseline?: { id: string; deltaDb: number; z: number };
  /** `watch` until persistence or CUSUM confirms it. */
  level: 'watch' | 'warning' | 'alarm';
  /** The sentence in English, and what it is made of. */
  words: string;
  says: Saying;
  blind: string[];
  fsHz: number;
  fsUncertainty: number;
  frHz: number | null;
  frUncertainty: number | null;
  captureVerdict: Verdict;
  /** Ratios in dB and other side evidence; not used in p. */
  side?: Record<string, number>;
}

export interface QualityReason extends Reason {
  /** What the text is made of; absent in what older versions stored. */
  says?: Remark;
}

export interface Quality {
  /** good: all indicators may speak; doubtful: they speak with the doubt; unusable: grey. */
  status: 'good' | 'doubtful' | 'unusable';
  reasons: QualityReason[];
  /** Channels that carry the assessment. */
  channels: string[];
  durationS: number;
  /** Share of samples at either end of the range, by channel where the range is known. */
  clipped: Record<string, number>;
}

export interface SpeedEstimate {
  frHz: number;
  /** Relative half width. */
  uncertainty: number;
  source: 'estimated' | 'tacho' | 'drive' | 'nameplate' | 'current';
  algorithm: string;
  /** Height of the vote that won; comparable between estimates of the same channels only. */
  clarity?: number;
  /** Second candidate in Hz when the record supports two. */
  ambiguousHz?: number;
  /** Relative change inside the record, where it could be measured. */
  drift?: number;
}

/** NAMUR NE 107 words; grey carries its reason. */
export type HealthStatus =
  | 'failure'
  | 'maintenance-required'
  | 'out-of-specification'
  | 'check-function'
  | 'grey'
  | 'good';

export type GreyKind = 'stale' | 'blind' | 'invalid' | 'learning' | 'stopped';

export type HealthPart = 'quality' | 'severity' | 'bearing' | 'shaft' | 'electrical' | 'change';

export interface Health {
  status: HealthStatus;
  grey?: GreyKind;
  /** One sentence of why, always. */
  reason: string;
  /** What the sentence is made of, without its status; absent in what older versions stored. */
  says?: Said[];
  /** What this record cannot see, in words. */
  blind: string[];
  parts: Partial<Record<HealthPart, { status: HealthStatus; reason: string }>>;
  /** Progress of the baseline of this regime. */
  learning?: { have: number; need: number; suspicious: boolean };
}

export interface RankedCause {
  cause: BearingFamily;
  /** Severity in dB over chance. */
  score: number;
  p: number;
  variant: string;
  foundOrder: number;
}

export interface BearingScore {
  /** 1.0 = default key. */
  bad: number;
  ranked: RankedCause[];
  refused?: Reason[];
}

export interface Scores {
  rollingBad: number;
  bearing: Record<string, BearingScore>;
  unbalance: number;
  misalignment: number;
  looseness: number;
  electrical: number;
  /** Lasting change in either direction. */
  changed: number;
  /** Rising wear: two of level, impulsiveness and peak have risen lastingly. */
  rising: number;
}

/** 10–90 % interval of remaining life, or the reason why none is stated. */
export type RemainingLife =
  | { hours: { p10: number; p50: number; p90: number }; indicator: string; threshold: number; since: number }
  | { refused: ReasonCode; text: string };

export interface ChangeState {
  indicator: string;
  /** Signed, in robust sigmas of the regime's baseline. */
  z: number;
  up: number;
  down: number;
  upSince?: number;
  downSince?: number;
}

export interface Assessment {
  schema: 'kizashi-assessment/1';
  captureId: string;
  kind: 'vibration' | 'current' | 'features';
  at?: number;
  source: string;
  verdict: Verdict;
  grade: Grade;
  quality: Quality;
  running: boolean;
  regime?: string;
  speed?: SpeedEstimate;
  indicators: Indicator[];
  findings: Finding[];
  /** Faults that this record cannot judge, each with its reason. */
  unseen: Unseen[];
  scores: Scores;
  health: Health;
  /** CUSUM state with this capture included, by indicator; only with a complete baseline. */
  changes?: ChangeState[];
  remainingLife?: RemainingLife;
  /** Events inside the capture: onset and clearing of an inter-turn short, seconds from the first sample. */
  events?: { kind: 'inter-turn'; onS: number; offS?: number; phase: 'A' | 'B' | 'C'; delta: number }[];
  /** One score a row (1.0 = threshold), for feature streams. */
  rowScores?: number[];
  /** One flag a row: raised at 1.0, cleared at half of it. */
  rowAlarms?: boolean[];
  /** What was put right or assumed about the motor's data, in words. */
  notes?: string[];
  /** What `learn` takes up; opaque to everybody else. */
  evidence: LearnEvidence;
}

export interface LearnEvidence {
  /** Positive indicators that enter the baseline, by id; `db: true` for those already in decibels. */
  values: Record<string, { value: number; db?: boolean }>;
  /** May enter a baseline (quality good, zone <= B, kurtosis < 4, no family over its keys), else why not. */
  admitted: true | string;
  durationS: number;
  /** Causes whose keys turned in this capture. */
  hits: Partial<Record<FindingCause, number>>;
  /** Healthy negative-sequence ratios of a current capture. */
  sequence?: { re: number; im: number; sigma: number; level: number };
  /** Rows of a feature stream (column by column) for its baseline. */
  rows?: { columns: string[]; values: number[][]; raised?: boolean };
  /** RMS by channel, for the stopped level. */
  rms: Record<string, number>;
}

/** One second style feature rows of a logger: every column has one value a row. */
export interface FeatureStream {
  id: string;
  fsHz: number;
  at?: number;
  columns: { id: string; unit?: string; values: Float64Array }[];
}

export interface HistorySettings {
  /** Captures a baseline needs. */
  minCaptures: number;
  /** Running hours a baseline needs (span between first and last admitted capture). */
  minHours: number;
  /** CUSUM reference value and decision interval, in sigmas. */
  k: number;
  h: number;
  /** z is clipped to ±zClip before it enters the sum; S is capped at cap·h. */
  zClip: number;
  cap: number;
  /**
   * Standard errors of the baseline's median, sigma and memory that are allowed for (2). 0 takes the learned noise as it looks: for sets
   * too short to know it.
   */
  caution?: number;
  /** Alarm: `hits` of the last `of` valid captures; off below `offRatio` of the threshold in `offCount` captures. */
  persistence: { hits: number; of: number };
  offRatio: number;
  offCount: number;
  /** Captures closer than this are averaged before the CUSUM, seconds. */
  averageS: number;
}

export interface BaselineValue {
  median: number;
  sigma: number;
  db: boolean;
  n: number;
  /** Captures that carry as much as one independent capture; absent: 1. */
  memory?: number;
}

/** Both sides of one indicator's CUSUM; `since` is when (ms) or in which capture the side last left zero. */
export interface CusumState {
  up: number;
  down: number;
  upSince?: number;
  downSince?: number;
}

export interface RegimeHistory {
  key: string;
  /** What the captures said until the baseline was complete; emptied then. */
  learning: { admitted: boolean; values: Record<string, { value: number; db?: boolean }> }[];
  captures: number;
  /** Captures the baseline needs when its noise has a memory; absent: those of the settings. */
  need?: number;
  admitted: number;
  rejectedWhy: Record<string, number>;
  firstAt?: number;
  lastAt?: number;
  baseline?: Record<string, BaselineValue>;
  suspicious: boolean;
  /** Both sides of the CUSUM by indicator. */
  cusum: Record<string, CusumState>;
  /** Captures closer than `averageS` count as one: their values, and the sums as they stood before the first of them. */
  pending?: { from: number; values: Record<string, number[]>; before: Record<string, CusumState> };
  /** Keys turned in the last captures, newest last, by cause. */
  recent: Partial<Record<FindingCause, number[]>>;
  latched: Partial<Record<FindingCause, { since?: number; quiet: number }>>;
  /** Values since the sum last left zero, by indicator: time in hours and ln value (or dB). */
  trend: Record<string, { t: number[]; y: number[] }>;
  sequence?: { re: number[]; im: number[]; sigma: number[]; level: number[] };
  rows?: RowBaseline;
}

/** Multivariate baseline of feature rows. */
export interface RowBaseline {
  columns: string[];
  /** Rows learned, and rows since. */
  n: number;
  since: number;
  /** Last rows, for the running mean of the next chunk. */
  tail: number[][];
  /** Left the baseline and not yet returned. */
  raised: boolean;
  /** All rows so far, column by column, until the baseline is complete. */
  learning?: number[][];
  model?: {
    /** Indices of the columns that move at all, with mean and drift from the first to the second half. */
    used: number[];
    mean: number[];
    drift: number[];
    /** Lower Cholesky factor of the covariance, row by row. */
    factor: number[];
    halfRows: number;
    /** Distance that 99 % of the learned rows stay within. */
    limit: number;
  };
}

export interface History {
  schema: 'kizashi-history/1';
  settings: HistorySettings;
  regimes: Record<string, RegimeHistory>;
  /** RMS by channel of the stopped machine, learned on demand. */
  stopped?: Record<string, number>;
}
