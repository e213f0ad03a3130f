/**
 * Who vouches for a manifest of firmware images. `manifest.sig` holds an Ed25519 signature (RFC 8032) over a line that names its purpose and
 * the manifest's bytes; the manifest holds the digests of the images. A checkout with the firmware's sources beside it builds images of its
 * own: those are as trustworthy as the rest of the checkout, and are called what they are.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { releaseKeys } from './release-keys.js';

export type ReleaseSignature =
  | { kind: 'signed'; keyId: string }
  /** Built here. `current`: from the sources as they are now. */
  | { kind: 'local'; current: boolean }
  | { kind: 'unsigned'; why: string }
  /** A signature is there and does not hold. */
  | { kind: 'false'; why: string };

/** Before the manifest's bytes: a signature for something else is none for this. */
export const signedPurpose = 'kizashi firmware manifest 1\n';

const signatureShape = z.strictObject({
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});

/** First eight bytes of the key's SHA-256, hexadecimal. */
export function releaseKeyId(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'hex')).digest('hex').slice(0, 16);
}

/**
 * @param signature text of manifest.sig; undefined where there is none
 * @param sources folder of the firmware's sources (ends in a slash), where they lie beside; undefined in an installed package
 * @param sourceDigest what the manifest says of the sources it was built from, and the board description that went in
 */
export function judgeManifest(
  manifest: Uint8Array,
  signature: string | undefined,
  {
    keys = releaseKeys,
    sources,
    sourceDigest,
  }: { keys?: readonly string[]; sources?: URL; sourceDigest?: { stated: string; board: URL } } = {},
): ReleaseSignature {
  const verdict = signatureOf(manifest, signature, keys);
  // a build takes a signature that is no longer its own away: one that stands here and does not hold is no local build
  if (verdict.kind !== 'unsigned' || !sources || !sourceDigest) return verdict;
  return { kind: 'local', current: digestOfSources(sources, sourceDigest.board) === sourceDigest.stated };
}

function signatureOf(
  manifest: Uint8Array,
  text: string | undefined,
  keys: readonly string[],
): Exclude<ReleaseSignature, { kind: 'local' }> {
  if (text === undefined) return { kind: 'unsigned', why: 'there is no manifest.sig beside it' };
  let stated: z.infer<typeof signatureShape>;
  try {
    stated = signatureShape.parse(JSON.parse(text));
  } catch {
    return { kind: 'false', why: 'manifest.sig is damaged' };
  }
  const key = keys.find((one) => releaseKeyId(one) === stated.keyId);
  if (key === undefined) return { kind: 'false', why: `key ${stated.keyId} is no release key of this kizashi` };
  const bytes = Buffer.concat([Buffer.from(signedPurpose), manifest]);
  const x = Buffer.from(key, 'hex').toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, bytes, publicKey, Buffer.from(stated.signature, 'hex'))
    ? { kind: 'signed', keyId: stated.keyId }
    : { kind: 'false', why: `the signature by key ${stated.keyId} is not over this manifest` };
}

/** As scripts/firmware-build.mjs states it: every source by sorted path, then the board description. */
function digestOfSources(sources: URL, board: URL): string {
  const hash = createHash('sha256');
  const files = [
    'Makefile',
    ...['core', 'ports/avr', 'sensors'].flatMap((folder) => {
      const at = new URL(`${folder}/`, sources);
      const names = existsSync(at) ? readdirSync(at).filter((name) => /\.[chS]$/.test(name)) : [];
      return names.map((name) => `${folder}/${name}`);
    }),
  ];
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(new URL(file, sources)));
  hash.update(readFileSync(board));
  return hash.digest('hex');
}
