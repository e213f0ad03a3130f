/** A capture that nobody signed at its source: what the gateway says of it, and checking that without the gateway. */

import { ProtocolError } from '../../protocol/index.js';
import type { Capture } from '../capture/capture.js';
import type { KnownKeys } from '../capture/index.js';
import { claimedOrigin, originOf, readCheckpoint, readProof } from './checkpoint.js';
import type { GatewayLog } from './gateway-log.js';
import { leafHash, verifyInclusion } from './merkle-tree.js';
import {
  decodeEntry,
  encodeAttestation,
  encodeCapture,
  encodeEntry,
  readScreeningFile,
  type ScreeningFile,
  type ScreeningSource,
} from './screening-file.js';

/** Begins the `point` of an entry whose board is emulated: the log says so without the file. */
const emulatedPoint = 'emulated (grade E): ';

/**
 * Puts a capture into the gateway's log. Of grade E (emulated) it stays E for everybody who reads the file.
 * @param point port and sketch, as the gateway saw them
 * @param at when it was received, ms since 1970
 * @returns the screening file, and the number of its entry
 * @throws KZ0904, KZ0905 as `GatewayLog.append`; TypeError for a capture that is no screening
 */
export function attest(
  capture: Capture,
  point: string,
  at: number,
  log: GatewayLog,
): { file: Uint8Array; index: number } {
  const { source, verdict, hash, grade } = capture;
  if (verdict.kind !== 'unsigned' || (source !== 'firmata' && source !== 'text'))
    throw new TypeError(`a ${verdict.kind} capture of source ${source} is no screening`);
  const { bytes, store } = encodeCapture(capture);
  const seen = grade === 'E' ? `${emulatedPoint}${point}` : point;
  const entry = encodeEntry({ gateway: log.origin, at: Math.round(at), source, point: seen, capture: hash, store });
  const { index, proof } = log.append(entry);
  return { file: new Uint8Array(Buffer.concat([bytes, encodeAttestation(entry, proof)])), index };
}

export type ScreeningVerdict =
  | {
      valid: true;
      verdict: 'attested';
      /** Key of the gateway, first eight bytes, hex. */
      gateway: string;
      name?: string;
      /** When the gateway had received it, ms since 1970, by its own word. */
      at: number;
      source: ScreeningSource;
      point: string;
      /** Number of the entry in the gateway's log, and the size of the log when it was proven. */
      index: number;
      size: number;
      capture: Capture;
    }
  | { valid: false; why: 'malformed' | 'unknown-key' | 'revoked' | 'proof' | 'digest'; text: string };

const invalid = (why: Extract<ScreeningVerdict, { valid: false }>['why'], text: string): ScreeningVerdict => ({
  valid: false,
  why,
  text,
});

/**
 * Checks a screening file against keys of gateways that are known. It proves that this gateway's log holds exactly these bytes since the time
 * it states; never that a board measured them. Never throws for what the file holds.
 */
export function verifyScreening(bytes: Uint8Array, keys: KnownKeys): ScreeningVerdict {
  try {
    return judged(readScreeningFile(bytes), keys);
  } catch (error) {
    if (error instanceof ProtocolError) return invalid('malformed', error.message);
    throw error;
  }
}

function judged(file: ScreeningFile, keys: KnownKeys): ScreeningVerdict {
  const origin = claimedOrigin(file.proof);
  const found = [...keys].find(([, { role, key }]) => role === 'gateway' && originOf(key.bytes) === origin);
  if (!found)
    return invalid('unknown-key', `the log ${JSON.stringify(origin ?? '')} is that of no gateway known to you`);
  const [gateway, { key, name, revoked }] = found;
  if (revoked) return invalid('revoked', `the key of the gateway was revoked: ${revoked}`);
  const proof = readProof(file.proof);
  const { size, root } = readCheckpoint(proof.checkpoint, key);
  if (!verifyInclusion(leafHash(file.entry), proof.index, size, proof.hashes, root))
    return invalid('proof', 'the entry is not in the log that the gateway signed');
  const entry = decodeEntry(file.entry);
  if (entry.gateway !== origin) return invalid('proof', 'the entry is that of another log');
  if (!Buffer.from(entry.store).equals(file.store) || !Buffer.from(entry.capture).equals(file.capture.hash))
    return invalid('digest', 'the capture is not the one that the gateway received');
  if (entry.source !== file.capture.source) return invalid('digest', 'the capture states another source');
  const { at, source } = entry;
  const emulated = entry.point.startsWith(emulatedPoint);
  return {
    valid: true,
    verdict: 'attested',
    gateway,
    name,
    at,
    source,
    point: emulated ? entry.point.slice(emulatedPoint.length) : entry.point,
    index: proof.index,
    size,
    capture: emulated ? { ...file.capture, grade: 'E' } : file.capture,
  };
}
