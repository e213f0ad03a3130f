/**
 * Keys. In: a link to a freshly flashed board and the ticket of its claim. Out: the board pinned in the key store, an open session, and the
 * owner's admin key in the owner's recovery file only.
 *
 *     link + ticket ─▶ provision ─▶ KeyStore (K_pair, public key), admin key ─▶ OwnerKeys (age) ─▶ rotate, wipe
 */
export { KeyStore, MemoryKeyStore, type Pending, type ProvisionStore } from './key-store.js';
export { resumeRotation, rotate, wipe } from './owner-command.js';
export { makeIdentity, OwnerKeys, type OwnerPolicy, openRecovery, readIdentity } from './owner-key.js';
export {
  answerText,
  type OwnerRequest,
  type OwnerSigns,
  parseAnswer,
  parseRequest,
  signRequest,
} from './owner-request.js';
export { type Provisioned, type ProvisionOptions, provision } from './provision.js';
