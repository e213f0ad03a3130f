/**
 * Keys. In: a link to a freshly flashed board and the ticket of its claim. Out: the board pinned in the key store, an open session, and the
 * owner's admin key in the hands of the caller only.
 *
 *     link + ticket ─▶ provision ─▶ KeyStore (K_pair, public key), admin key ─▶ owner
 */
export { KeyStore, MemoryKeyStore, type Pending, type ProvisionStore } from './key-store.js';
export { type Provisioned, type ProvisionOptions, provision } from './provision.js';
