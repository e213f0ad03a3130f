/**
 * Images onto boards. In: a firmware image (Intel HEX) and a board description. Out: the image with the claim page of this flashing, its
 * ticket, the digest by which the running firmware names itself; and the image in the flash of the board, read back.
 *
 *     image.hex + ticket ─▶ patchImage ─▶ flashBoard ─▶ board      ticket ─▶ host/provision ─▶ burntPage ─▶ burnClaim ─▶ board
 */
export { type Backup, findBackup, saveBackup } from './backup.js';
export { type BoardLoader, bootloadersOf, chipSignature } from './board-loaders.js';
export { burnClaim } from './burn.js';
export {
  applicationFlash,
  burntPage,
  type ClaimTicket,
  claimPage,
  deleteTicket,
  drawTicket,
  findTicket,
  firmwareDigest,
  parseTicket,
  patchImage,
  saveTicket,
} from './claim.js';
export { contentOf, type FlashContent, flashOfHex, hexOfFlash } from './flash-memory.js';
export {
  type FlashEvent,
  type FlashJob,
  type FlashPhase,
  type FlashPort,
  type FlashReport,
  flashBoard,
  readBoard,
  withLoader,
} from './flasher.js';
export { writePrivate } from './private-file.js';
export { compareVersions, loadRelease, mustBeVouchedFor, type Release } from './release.js';
export type { ReleaseSignature } from './release-signature.js';
export { SerialDialog } from './serial-dialog.js';
