import { KizashiError } from '../errors.js';
import { type FlashPort, flashBoard, wakeAgain, withLoader } from './flasher.js';

/**
 * Rewrites the claim page of a board and leaves the rest as it is: the last step of provisioning takes the secret out of the flash.
 * A cut in the middle leaves the program whole, so that provisioning resumes.
 * @param page one flash page, from `burntPage`
 * @throws as `flashBoard`
 */
export async function burnClaim(port: FlashPort, page: Uint8Array): Promise<void> {
  const at = port.board.claimAt;
  const done = await withLoader(port, async (open) => {
    const { loader } = open;
    if (loader.sequential) return false;
    for (let attempt = 1; ; attempt++) {
      try {
        await loader.write(at, page);
        const found = await loader.read(at, page.length);
        if (found.some((byte, k) => byte !== page[k])) {
          throw new KizashiError('KZ0305', `${port.path}: the claim page reads back otherwise than it was burnt`, {
            path: port.path,
            address: at,
          });
        }
        await loader.leave();
        return true;
      } catch (error) {
        await wakeAgain(error, open, port, attempt);
      }
    }
  });
  if (done) return;
  // this loader writes from address 0 upwards only: what stands below the page is written as it was read
  const image = new Uint8Array(at + page.length);
  await flashBoard(port, {
    image,
    before: async (old) => {
      image.set(old);
      image.set(page, at);
    },
  });
}
