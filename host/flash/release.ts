/** Released firmware: firmware/images/manifest.json and the images it lists, checked against each other before a byte is written. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { KizashiError } from '../errors.js';
import type { BoardFacts } from '../link/index.js';
import { firmwareDigest } from './claim.js';
import { judgeManifest, type ReleaseSignature } from './release-signature.js';

const images = new URL('../../firmware/images/', import.meta.url);
/** The firmware's sources beside this file or beside dist/, as in a checkout; an installed package has none. */
const sources = ['../../firmware/', '../../../firmware/']
  .map((up) => new URL(up, import.meta.url))
  .find((folder) => existsSync(new URL('core/', folder)));

const manifestShape = z.looseObject({
  images: z.array(
    z.looseObject({
      name: z.string().regex(/^kz-[a-z0-9-]+$/),
      version: z.string().regex(/^\d+\.\d+\.\d+$/),
      /** Lowest version that this host still works with; that of the image where absent. */
      minimum: z
        .string()
        .regex(/^\d+\.\d+\.\d+$/)
        .optional(),
      boards: z.array(z.string()).min(1),
      size: z.number().int().positive(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      fwd: z.string().regex(/^[0-9a-f]{32}$/),
      sourceDigest: z.string().default(''),
    }),
  ),
});

export interface Release {
  name: string;
  version: string;
  /** Lowest firmware version this host works with. */
  minimum: string;
  /** Intel HEX. */
  hex: string;
  /** Digest by which the running firmware names itself, 16 bytes. */
  fwd: Uint8Array;
  /** Bytes of program. */
  size: number;
  sha256: string;
  /** Who vouches for the manifest. */
  signature: ReleaseSignature;
}

/**
 * The release for a board: the first of the manifest that names it, or the one called `image`. `folder` ends in a slash.
 * @throws KZ0307 where there is none, or image and manifest differ
 */
export function loadRelease(
  board: BoardFacts,
  {
    folder = images,
    image,
    keys,
  }: { folder?: URL; image?: string /** Public keys in place of the pinned ones. */; keys?: readonly string[] } = {},
): Release {
  const bytesOf = (name: string): Buffer => {
    try {
      return readFileSync(new URL(name, folder));
    } catch (cause) {
      throw new KizashiError('KZ0307', `firmware/images/${name} cannot be read`, { name }, { cause });
    }
  };
  const read = (name: string): string => bytesOf(name).toString('utf8');
  const manifest = bytesOf('manifest.json');
  let json: unknown;
  try {
    json = JSON.parse(manifest.toString('utf8'));
  } catch (cause) {
    if (cause instanceof KizashiError) throw cause;
    throw new KizashiError('KZ0307', 'firmware/images/manifest.json is not JSON', {}, { cause });
  }
  const parsed = manifestShape.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new KizashiError('KZ0307', `manifest.json: ${issue.path.join('.')}: ${issue.message}`, {});
  }
  const fitting = parsed.data.images.filter(({ boards }) => boards.includes(board.id));
  const entry = image === undefined ? fitting[0] : fitting.find((one) => one.name === image);
  if (!entry) {
    const names = fitting.map((one) => one.name);
    const what = image === undefined ? 'no firmware' : `no firmware "${image}"`;
    throw new KizashiError(
      'KZ0307',
      `${what} is released for ${board.name}`,
      { board: board.id, names },
      names.length > 0 ? { why: `released are ${names.join(', ')}`, fix: `--image ${names[0]}` } : {},
    );
  }
  const { name, version, size, sha256 } = entry;
  const hex = read(`${name}.hex`);
  const found = createHash('sha256').update(hex).digest('hex');
  if (found !== sha256) {
    const text = `${name}.hex has the digest ${found.slice(0, 16)}…, its manifest says ${sha256.slice(0, 16)}…`;
    throw new KizashiError('KZ0307', text, { name, found, expected: sha256 });
  }
  const fwd = firmwareDigest(hex, board);
  if (Buffer.from(fwd).toString('hex') !== entry.fwd) {
    throw new KizashiError('KZ0307', `${name}.hex fills the memory of ${board.name} otherwise than its manifest says`, {
      name,
    });
  }
  const minimum = entry.minimum ?? version;
  if (compareVersions(version, minimum) < 0) {
    throw new KizashiError('KZ0307', `${name}/${version} is older than ${minimum}, the oldest this host works with`, {
      version,
      minimum,
    });
  }
  const signature = judgeManifest(
    manifest,
    existsSync(new URL('manifest.sig', folder)) ? read('manifest.sig') : undefined,
    {
      ...(keys ? { keys } : {}),
      // images elsewhere were not built from the sources beside this file
      ...(folder === images && sources
        ? { sources, sourceDigest: { stated: entry.sourceDigest, board: boardFile(entry.boards[0]) } }
        : {}),
    },
  );
  return { name, version, minimum, hex, fwd, size, sha256, signature };
}

const boardFile = (id: string): URL => new URL(`../../boards/${id.replaceAll(':', '-')}.json`, import.meta.url);

/**
 * Lets a release pass that a release key signed, or that was built in this checkout; others only where the person says so.
 * @throws KZ0313 unsigned and not allowed, or a signature that does not hold
 */
export function mustBeVouchedFor({ name, version, signature }: Release, { allowUnsigned = false } = {}): void {
  if (signature.kind === 'signed' || signature.kind === 'local') return;
  if (signature.kind === 'unsigned' && allowUnsigned) return;
  throw new KizashiError(
    'KZ0313',
    `${name}/${version} is ${signature.kind === 'false' ? 'falsely signed' : 'not signed'}: nothing is written`,
    { name, version, signature: signature.kind },
    {
      why: signature.why,
      ...(signature.kind === 'false'
        ? { fix: 'install kizashi again: what is here was altered, or is of another release' }
        : { fix: 'install a release of kizashi, or add --allow-unsigned' }),
    },
  );
}

/** Negative where version `a` is older than `b`. Both are three numbers. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => text.split('.').map(Number));
  for (const k of [0, 1, 2]) if (x[k] !== y[k]) return x[k] - y[k];
  return 0;
}
