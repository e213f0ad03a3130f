/** From a proven capture of a live session to the `Capture` that analysis reads, and to the evidence file that proves it to others. */
import { type Evidence, writeEvidence } from '../../protocol/index.js';
import { hex, type PinnedBoard, type Session } from '../session/index.js';
import type { Capture } from './capture.js';
import type { PlannedCapture } from './plan.js';
import type { CaptureItems } from './result.js';
import { measuredRate, notesOf, scaleCapture } from './scaling.js';
import type { ProvenCapture } from './verify.js';

/** Builds the capture of SI channels. `gapless`: the chain of records has no unseen member before this one. */
export function toCapture(proof: ProvenCapture, planned: PlannedCapture, session: Session, gapless: boolean): Capture {
  const { begin, seal, holes } = proof;
  const clock = session.clock;
  const { fsHz, fsUncertainty } = measuredRate(proof, session.sync.estimate());
  const { channels, spans } = scaleCapture(proof, planned.plan.channels, session.facts, fsHz);
  const first = proof.frames.find((frame) => frame !== undefined);
  const hostMs = session.sync.hostMs(begin.t0 + (first?.dt ?? 0));
  return {
    id: hex(seal.body.cd),
    hash: seal.body.cd,
    source: session.emulated ? 'emulated' : 'board',
    verdict: { kind: 'verified' },
    grade: session.emulated ? 'E' : session.board.grade,
    fsHz,
    fsUncertainty,
    at: hostMs === undefined ? clock.wall() : clock.wall() - (clock.now() - hostMs),
    channels,
    spans,
    evidence: {
      kid: session.kid,
      record: begin.rec,
      boot: begin.boot,
      lost: seal.body.lost,
      holes,
    },
    notes: notesOf(seal.body, holes, gapless),
  };
}

/** The evidence file (.kzev) of a capture. `note`: the checkpoint from whose digest the challenge was made. */
export function evidenceOf(
  items: CaptureItems,
  board: Pick<PinnedBoard, 'identity'>,
  win: number,
  note?: Uint8Array,
): Uint8Array {
  if (!items.begin || !items.seal) throw new TypeError('a capture without begin and seal is no evidence');
  const evidence: Evidence = {
    identity: board.identity,
    begin: items.begin,
    frames: items.data.flatMap((item, i) => (item ? [{ i, item }] : [])),
    marks: items.marks.flatMap((d, w) => (d ? [{ w, d }] : [])),
    seal: items.seal,
    note,
  };
  return writeEvidence(evidence, win);
}
