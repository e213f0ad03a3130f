/** Released firmware: firmware/images/manifest.json and the images it lists, checked against each other before a byte is written. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { KizashiError } from '../errors.js';
import type { BoardFacts } from '../link/index.js';
import { firmwareDigest } from './claim.js';

const images = new URL('../../firmware/images/', import.meta.url);

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
}

/**
 * The release for a board: the first of the manifest that names it, or the one called `image`. `folder` ends in a slash.
 * @throws KZ0307 where there is none, or image and manifest differ
 */
export function loadRelease(
  board: BoardFacts,
  { folder = images, image }: { folder?: URL; image?: string } = {},
): Release {
  const read = (name: string): string => {
    try {
      return readFileSync(new URL(name, folder), 'utf8');
    } catch (cause) {
      throw new KizashiError('KZ0307', `firmware/images/${name} cannot be read`, { name }, { cause });
    }
  };
  let json: unknown;
  try {
    json = JSON.parse(read('manifest.json'));
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
  return { name, version, minimum, hex, fwd, size, sha256 };
}

/** Negative where version `a` is older than `b`. Both are three numbers. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => text.split('.').map(Number));
  for (const k of [0, 1, 2]) if (x[k] !== y[k]) return x[k] - y[k];
  return 0;
}
