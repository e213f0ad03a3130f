/** The bootloaders a board may carry, from its description. The one seam for chips that are flashed otherwise (`kind`). */
import { z } from 'zod';
import { KizashiError } from '../errors.js';
import type { BoardFacts } from '../link/index.js';
import type { LoaderKind } from './loader.js';

const kind = z.enum(['optiboot', 'atmegaboot', 'stk500v2']);
const loaderShape = z.looseObject({ kind, baud: z.number().int().positive(), start: z.number().int().positive() });
const shape = z.looseObject({
  /** Three bytes, hexadecimal. */
  signature: z.string().regex(/^[0-9a-f]{6}$/),
  bootloader: loaderShape.extend({ old: loaderShape.optional() }),
});

export interface BoardLoader {
  kind: LoaderKind;
  baud: number;
  /** First byte of the boot section. */
  start: number;
}

function factsOf(board: BoardFacts): z.infer<typeof shape> {
  const parsed = shape.safeParse(board);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new KizashiError('KZ0107', `${board.id} cannot be flashed: ${issue.path.join('.')}: ${issue.message}`, {
    board: board.id,
  });
}

/** In the order to try: the current one, then that of older boards. @throws KZ0107 */
export function bootloadersOf(board: BoardFacts): BoardLoader[] {
  const { bootloader } = factsOf(board);
  return bootloader.old ? [bootloader, bootloader.old] : [bootloader];
}

/** Signature of the chip, hexadecimal. @throws KZ0107 */
export function chipSignature(board: BoardFacts): string {
  return factsOf(board).signature;
}
