/**
 * The text forms of C2SP, so that other tools can read them: signed-note, tlog-checkpoint, tlog-proof. Readers take only what the writers
 * here would write, byte for byte: one signature line by the log's own key, canonical base64, no extension lines.
 */
import { createHash } from 'node:crypto';
import { type PinnedKey, ProtocolError, signEd25519, verifySignature } from '../../protocol/index.js';

/** Signed head of a log. */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
}

/** Type of an Ed25519 signature in a note (C2SP signed-note). */
const ed25519Type = 0x01;
const proofHead = 'c2sp.org/tlog-proof@v1';
/** Longest inclusion proof of C2SP tlog-proof. */
const mostHashes = 63;

function refuse(why: string): never {
  throw new ProtocolError('evidence', why);
}

/** A log that has no domain of its own is named by its key. */
export function originOf(publicKey: Uint8Array): string {
  return `kizashi.invalid/log/${createHash('sha256').update(publicKey).digest('hex').slice(0, 16)}`;
}

/** First four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key). */
function noteKeyId(name: string, publicKey: Uint8Array): Buffer {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(Uint8Array.of(ed25519Type))
    .update(publicKey)
    .digest()
    .subarray(0, 4);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** @throws ProtocolError for another length or a form that would be written otherwise */
function fromBase64(text: string, length: number): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== length || base64(bytes) !== text) refuse(`no canonical base64 of ${length} bytes`);
  return new Uint8Array(bytes);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^(0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(value)) refuse('no whole number');
  return value;
}

function bodyOf({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/** The checkpoint as a signed note. */
export function signCheckpoint(checkpoint: Checkpoint, seed: Uint8Array): string {
  const body = bodyOf(checkpoint);
  const { signature, publicKey } = signEd25519(seed, Buffer.from(body));
  return `${body}\n— ${checkpoint.origin} ${base64(Buffer.concat([noteKeyId(checkpoint.origin, publicKey), signature]))}\n`;
}

/**
 * Reads a signed checkpoint of the log whose key this is.
 * @throws ProtocolError `evidence` for another form, another log, or a false signature
 */
export function readCheckpoint(note: string, key: PinnedKey): Checkpoint {
  const match = /^([^\n]+)\n([^\n]+)\n([^\n]+)\n\n— ([^\n ]+) ([^\n]+)\n$/.exec(note);
  if (!match) return refuse('no signed checkpoint');
  const [, origin, size, root, signer, line] = match;
  if (origin !== originOf(key.bytes) || signer !== origin) refuse('the checkpoint is that of another log');
  const checkpoint = { origin, size: wholeNumber(size), root: fromBase64(root, 32) };
  const signed = fromBase64(line, 68);
  if (!noteKeyId(origin, key.bytes).equals(signed.subarray(0, 4))) refuse('the checkpoint names another key');
  if (!verifySignature(key, Buffer.from(bodyOf(checkpoint)), signed.subarray(4)))
    refuse('the signature of the checkpoint is false');
  return checkpoint;
}

/** Name in the first line of a checkpoint, before anything is believed of it; undefined where there is none. */
export function claimedOrigin(proof: string): string | undefined {
  return /\n\n([^\n]+)\n/.exec(proof)?.[1];
}

export interface LogProof {
  index: number;
  hashes: Uint8Array[];
  /** The checkpoint as a signed note. */
  checkpoint: string;
}

/** C2SP tlog-proof without extra data. */
export function writeProof({ index, hashes, checkpoint }: LogProof): string {
  return [proofHead, `index ${index}`, ...hashes.map(base64), '', checkpoint].join('\n');
}

/** @throws ProtocolError `evidence` for another form */
export function readProof(text: string): LogProof {
  const end = text.indexOf('\n\n');
  if (end < 0) return refuse('no proof of inclusion');
  const [head, index, ...hashes] = text.slice(0, end).split('\n');
  if (head !== proofHead || !index?.startsWith('index ')) refuse('no proof of inclusion');
  if (hashes.length > mostHashes) refuse(`a proof of ${hashes.length} hashes`);
  return {
    index: wholeNumber(index.slice('index '.length)),
    hashes: hashes.map((line) => fromBase64(line, 32)),
    checkpoint: text.slice(end + 2),
  };
}
