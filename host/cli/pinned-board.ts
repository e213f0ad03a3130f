import { KizashiError } from '../errors.js';
import type { KeyStore } from '../provision/index.js';
import type { PinnedBoard } from '../session/index.js';

/** A pinned board by name, key id or key name; of two of one name the one that is not revoked. @throws KZ0414 */
export function pinnedBoard(keys: KeyStore, word: string): PinnedBoard {
  const found = keys.all().filter(({ name, kid, keyName }) => [name, kid, keyName].includes(word));
  const board = found.find(({ revoked }) => revoked === undefined) ?? found[0];
  if (board) return board;
  const names = keys.all().map(({ name }) => name);
  throw new KizashiError(
    'KZ0414',
    `no board is called "${word}" here`,
    { word, names },
    { why: names.length > 0 ? `pinned are ${names.join(', ')}` : 'no board is pinned here', fix: 'kizashi keys list' },
  );
}
