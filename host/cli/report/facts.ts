/** The facts of a report: all that its words are made of, as plain JSON inside the file, so that anybody can render it again. */
import { createHash } from 'node:crypto';
import type { Capture } from '../../capture/capture.js';
import { KizashiError } from '../../errors.js';
import { type Motor, motorContext } from '../../motors/index.js';
import type { Recording } from '../../recordings/index.js';
import type { TrendPoint } from '../../store/index.js';
import type { Assessment } from '../../wear/types.js';
import { readEvidenceFile } from '../evidence-recording.js';

/** Rises with every change of the page: a file of another renderer is checked without its words. */
export const renderer = 2;

export interface ReportFacts {
  schema: 'kizashi-report/1';
  renderer: number;
  /** Version of kizashi that wrote it. */
  version: string;
  lang: 'en' | 'ja';
  site: string;
  motor: Motor;
  assessments: Assessment[];
  /** Rate by the gateway's clock, as the assessments were made with. */
  rate: { fsHz: number; fsUncertainty: number };
  /** Points of the history, oldest first: the gateway's word, no evidence. */
  trend: TrendPoint[];
  evidence: {
    /** SHA-256 of the evidence inside this report. */
    sha256: string;
    kid: string;
    record: number;
    grade: string;
    lost: number;
    holes: number;
    /** Wall-clock time of the first sample by the gateway's clock, ISO 8601. */
    at: string;
    name: string;
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The capture of a report from its evidence: verified, scaled by the motor's wiring, at the rate of the facts.
 * @throws KZ0502 the proof failed or the rate is not the signed one, KZ0504 the key file, KZ1401 the wiring does not fit
 */
export function captureOf(
  evidence: Uint8Array,
  facts: Pick<ReportFacts, 'motor' | 'rate' | 'evidence'>,
  keys: string,
): Recording {
  return readEvidenceFile(evidence, facts.evidence.name, {
    keys,
    wiring: (facts.motor.channels ?? []).map((channel) => ({ ...channel, pin: channel.pin ?? '' })),
    rate: facts.rate,
  });
}

/** Uncertainty of the rate as a finding states it; without a finding, that of a board's own clock. */
export function rateOf(assessments: readonly Assessment[], fsHz: number): ReportFacts['rate'] {
  const finding = assessments.flatMap(({ findings }) => findings).find((one) => one.fsHz > 0);
  return finding
    ? { fsHz: finding.fsHz, fsUncertainty: finding.fsUncertainty }
    : { fsHz, fsUncertainty: 0.005 / Math.sqrt(3) };
}

/** Bearing orders, for the markers of the envelope plot. */
export function markerOrders(motor: Motor): { label: string; order: number }[] {
  const variant = motorContext(motor).bearings[0]?.variants[0];
  if (!variant) return [];
  const { BPFO, BPFI, BSF } = variant.orders;
  return [
    { label: 'BPFO', order: BPFO },
    { label: 'BPFI', order: BPFI },
    { label: '2BSF', order: 2 * BSF },
  ];
}

/** A motor without a capture, or whose last one is a recording that nobody signed. */
export function noCapture(motor: string, unsigned: boolean): KizashiError {
  return new KizashiError(
    'KZ1203',
    unsigned ? `the last capture of ${motor} has no evidence to report on` : `${motor} has no capture yet`,
    { motor },
    {
      ...(unsigned ? { why: 'it is a recording that was imported, or its evidence file is gone' } : {}),
      fix: `kizashi collect ${motor}`,
    },
  );
}

/** The capture's own facts, for the evidence table. */
export function evidenceFacts(capture: Capture, bytes: Uint8Array, name: string, at: number): ReportFacts['evidence'] {
  const { evidence, grade } = capture;
  return {
    sha256: sha256(bytes),
    kid: evidence?.kid ?? '',
    record: evidence?.record ?? 0,
    grade,
    lost: evidence?.lost ?? 0,
    holes: evidence?.holes.length ?? 0,
    at: new Date(at).toISOString(),
    name,
  };
}
