/**
 * An evidence file as a recording: verified first, scaled by what the owner says of the wiring. Whoever holds file, keys and motor file gets
 * the same findings as the gateway did, but for the rate: without the gateway's clock it is the board's own, as good as its oscillator.
 */

import type { Grade } from '../capture/capture.js';
import { type KnownKeys, readKnownKeys, verifyEvidence } from '../capture/index.js';
import type { PlanChannel } from '../capture/plan.js';
import { measuredRate, scaleCapture } from '../capture/scaling.js';
import { KizashiError } from '../errors.js';
import { type BoardFacts, imagesOf, loadBoard, loadBoards, oscillatorTolerance, pinOfChannel } from '../link/boards.js';
import type { Recording } from '../recordings/index.js';
import { readNamedFile } from './file.js';

export interface EvidenceOptions {
  /** Path of the key file. */
  keys: string;
  /** Id of a board description in boards/; absent: the one whose image the evidence names. */
  board?: string;
  /** Channels in the order of the board's list; empty: voltages. */
  wiring: PlanChannel[];
  /** Rate by the gateway's clock, with its uncertainty; absent: by the board's own clock. */
  rate?: { fsHz: number; fsUncertainty: number };
}

/**
 * @throws KZ0502 the proof failed, KZ0504 the key file, KZ1401 the wiring does not fit, KZ1403 the key file cannot be read
 */
export function readEvidenceFile(bytes: Uint8Array, name: string, options: EvidenceOptions): Recording {
  const keysText = Buffer.from(readNamedFile(options.keys)).toString('utf8');
  const keys: KnownKeys = readKnownKeys(keysText);
  const verdict = verifyEvidence(bytes, keys);
  if (!verdict.valid)
    throw new KizashiError(
      'KZ0502',
      `${name}: ${verdict.why}`,
      { file: name, reason: verdict.why },
      { why: verdict.text, fix: `kizashi verify ${name} --keys ${options.keys}` },
    );
  const { begin, seal } = verdict.proof;
  const board = boardOf(verdict.firmware, options.board);
  const wiring = wiringFor(begin.chans, (chan) => pinOfChannel(board, chan), options.wiring, name);
  // standard uncertainty of a rectangular distribution (GUM 4.3.7)
  const clock = {
    hz: begin.clock.hz,
    ratio: 1,
    uncertainty: oscillatorTolerance[board.clock] / Math.sqrt(3),
    pings: 0,
  };
  const own = measuredRate(verdict.proof, clock);
  const { fsHz, fsUncertainty } = options.rate ?? own;
  if (Math.abs(fsHz / own.fsHz - 1) > oscillatorTolerance[board.clock])
    throw new KizashiError(
      'KZ0502',
      `${name}: ${fsHz} Hz is not the rate of this capture`,
      { file: name, stated: fsHz, signed: own.fsHz },
      {
        why: `the board signed ${own.fsHz} Hz, good to ${oscillatorTolerance[board.clock]}`,
        fix: `kizashi verify ${name}`,
      },
    );
  const { channels, spans } = scaleCapture(verdict.proof, wiring, board, fsHz);
  const grade = gradeOf(keysText, verdict.kid);
  return {
    name,
    capture: {
      id: Buffer.from(seal.body.cd).toString('hex'),
      hash: seal.body.cd,
      source: grade === 'E' ? 'emulated' : 'board',
      verdict: { kind: 'verified' },
      grade,
      fsHz,
      fsUncertainty,
      channels,
      spans,
      evidence: {
        kid: verdict.kid,
        record: verdict.record,
        boot: verdict.boot,
        lost: verdict.lost,
        holes: verdict.holes,
        file: name,
      },
      notes: [
        options.rate ? 'rate by the gateway’s clock' : 'rate by the board’s own clock',
        ...(grade === 'none' ? ['the key file states no grade for this key'] : []),
      ],
    },
    facts: {
      format: 'evidence',
      rateFrom: 'board clock',
      unitFrom: options.wiring.length > 0 ? 'motor file' : 'volts',
      skipped: {},
    },
  };
}

/** The board whose image the identity names (`kz-uno/1.0.0`). */
function boardOf(firmware: string, id: string | undefined): BoardFacts {
  if (id !== undefined) return loadBoard(id);
  const boards = loadBoards();
  const name = firmware.split('/')[0];
  const found = boards.find((board) => imagesOf(board).includes(name));
  if (found) return found;
  throw new KizashiError(
    'KZ1401',
    `no board runs an image called ${firmware}`,
    { firmware },
    { why: `known boards are ${boards.map((board) => board.id).join(', ')}`, fix: `--board ${boards[0]?.id}` },
  );
}

/** The owner's channels in the order in which the board sampled; those without a pin are taken in their own order. */
function wiringFor(
  chans: readonly number[],
  pinOf: (chan: number) => string | undefined,
  stated: readonly PlanChannel[],
  name: string,
): PlanChannel[] {
  if (stated.length === 0)
    return chans.map((chan) => ({ id: pinOf(chan) ?? `ch${chan}`, pin: pinOf(chan) ?? String(chan) }));
  const wired = chans.map(
    (chan, i) => stated.find(({ pin }) => pin === pinOf(chan)) ?? (stated[i]?.pin === '' ? stated[i] : undefined),
  );
  const missing = wired.indexOf(undefined);
  if (missing >= 0)
    throw new KizashiError(
      'KZ1401',
      `${name}: pin ${pinOf(chans[missing]) ?? chans[missing]} was sampled, the motor file has no channel there`,
      { chans, stated: stated.map(({ id, pin }) => `${id}: ${pin}`) },
      {
        why: 'the channels of the motor file are not those of the capture',
        fix: 'state the pin of each channel in the motor file',
      },
    );
  return wired as PlanChannel[];
}

/** The grade beside a key in the key file, as its owner's gateway found it; none claimed, none shown. */
function gradeOf(keysText: string, kid: string): Grade {
  const entry = (JSON.parse(keysText) as Record<string, { grade?: unknown }>)[kid];
  const grade = entry?.grade;
  return grade === 'E' || grade === 'A0' || grade === 'A1' || grade === 'B' || grade === 'C' ? grade : 'none';
}
