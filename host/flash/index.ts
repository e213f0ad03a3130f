/**
 * Images onto boards. In: a firmware image (Intel HEX) and a board description. Out: the image with the claim page of this flashing, its
 * ticket, and the digest by which the running firmware names itself.
 *
 *     image.hex + ticket ─▶ patchImage ─▶ board      ticket ─▶ host/provision ─▶ burntPage ─▶ board
 */
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
export { writePrivate } from './private-file.js';
