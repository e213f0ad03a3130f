/**
 * A capture: a bounded stretch of channels at a measured rate, with its verdict. An emulated board, a real board, a StandardFirmata board
 * and a recording all become this; nothing downstream knows which it was, except by `source`, `verdict` and `grade`.
 *
 * Types only: host/signal and host/wear read them without gaining any dependency.
 */

/** Where the samples came from. */
export type Source = 'board' | 'emulated' | 'firmata' | 'text' | 'recording';

/** What the evidence says. `unsigned` never looks like `verified`. A rejected capture never reaches host/signal. */
export type Verdict = { kind: 'verified' } | { kind: 'unsigned' } | { kind: 'rejected'; why: string };

/** Evidence grade (docs/protocol.md, grades). E: emulated, never evidence. `none`: unsigned recordings and screening sources. */
export type Grade = 'E' | 'A0' | 'A1' | 'B' | 'C' | 'none';

export type Quantity = 'acceleration' | 'current' | 'voltage' | 'tacho' | 'other';

/** SI units; `relative` where the scale is not known: then no absolute quantity may be computed. */
export type Unit = 'm/s2' | 'A' | 'V' | 'relative';

/** Pulses of a shaft, as a tacho's channel saw them. */
export interface Pulses {
  /** Instants in s from the capture's first sample on, rising, of the longest stretch without a loss. */
  atS: Float64Array;
  /** Pulses that one turn makes. */
  perTurn: number;
  /** Smallest step of an instant in s. */
  resolutionS: number;
  /** Values that could not be told apart: more than one pulse between two samples. */
  unresolved: number;
  /** Pulses left out since they came right behind another. */
  bounced: number;
}

export interface Channel {
  /** Short id, unique in the capture: `ax`, `ay`, `az`, `i1`, or the column name of a recording. */
  id: string;
  quantity: Quantity;
  unit: Unit;
  /** Samples in `unit`, gap-free, all channels of one capture of equal length. */
  samples: Float64Array;
  /** Ends of the converter's range in `unit`, for the clipping check; absent when unknown. */
  range?: readonly [number, number];
  /** One quantisation step in `unit`; absent when unknown. */
  lsb?: number;
  /** Sampling delay against the first channel in seconds (a multiplexed converter samples one channel after the other). */
  skewS?: number;
  /** Id of the sensor description in boards/sensors. */
  sensor?: string;
  /** Direction of an acceleration channel, if it was declared. */
  axis?: 'radial' | 'radial2' | 'axial';
  /** Phase of a current channel. */
  phase?: 'A' | 'B' | 'C';
  /** Of a tacho; its `samples` are the shaft's angle in turns then. */
  pulses?: Pulses;
}

export interface Capture {
  /** Hex of `hash`: content address of the capture. */
  id: string;
  /** 32 bytes: the digest under the seal, or SHA-256 of the samples (float64, channel after channel, little-endian) if unsealed. */
  hash: Uint8Array;
  source: Source;
  verdict: Verdict;
  grade: Grade;
  /** Measured samples per second of each channel. Never a nominal rate, except for recordings that state nothing else. */
  fsHz: number;
  /** Relative standard uncertainty of `fsHz`. */
  fsUncertainty: number;
  /** Host wall-clock of the first sample in ms since 1970; absent for recordings without one. */
  at?: number;
  channels: Channel[];
  /** Spans of samples [from, to) that are gap-free; one span over everything when nothing was lost. Nothing interpolates across a gap. */
  spans: readonly (readonly [number, number])[];
  /** Facts of the evidence, for faces: key id, record number, holes, losses. Absent for unsigned sources. */
  evidence?: {
    /** First eight bytes of the board's public key, hex. */
    kid: string;
    record: number;
    boot: number;
    /** Samples the board itself reported as lost (signed). */
    lost: number;
    /** Indices of windows that the line lost and the seal cannot prove. */
    holes: number[];
    /** Path or name of the evidence file that proves it. */
    file?: string;
  };
  /** What a gateway says of a capture that is unsigned at its source: that it had received it at that time (ms since 1970, its clock). */
  attested?: { gateway: string; at: number; index: number; file?: string };
  /** What the reader had to assume or noticed, in words a person can act on. */
  notes?: string[];
}
