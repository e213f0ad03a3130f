/** Waiting for one message of a link, with a deadline on its clock. */
import type { Message } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import type { Link } from '../link/index.js';

/**
 * Resolves with the first value other than undefined that `pick` makes of a message, or with undefined after `ms`.
 * @throws KZ0105 when the link is lost meanwhile
 */
export function awaitMessage<T>(
  link: Link,
  ms: number,
  pick: (message: Message, item: Uint8Array, at: number) => T | undefined,
): Promise<T | undefined> {
  if (!link.open) return Promise.reject(new KizashiError('KZ0105', `${link.path} is closed`, { path: link.path }));
  return new Promise((resolve, reject) => {
    const timer = link.clock.setTimer(ms, () => done(() => resolve(undefined)));
    const onMessage = (message: Message, item: Uint8Array, at: number) => {
      let value: T | undefined;
      try {
        value = pick(message, item, at);
      } catch (error) {
        done(() => reject(error));
        return;
      }
      if (value !== undefined) done(() => resolve(value));
    };
    const onLost = (reason: string, detail: string) =>
      done(() => reject(new KizashiError('KZ0105', `${link.path}: ${detail}`, { path: link.path, reason })));
    const done = (settle: () => void) => {
      link.clock.clear(timer);
      link.off('message', onMessage);
      link.off('lost', onLost);
      settle();
    };
    link.on('message', onMessage);
    link.on('lost', onLost);
  });
}
