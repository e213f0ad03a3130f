/**
 * What the gateway itself signs. In: captures of sources that sign nothing. Out: screening files (.kzsc) that say what the gateway received
 * and when, each in its append-only log, and their verdict for whoever knows the gateway's key. Never more than `unsigned at the source`.
 *
 *     Capture ─▶ attest ─▶ GatewayLog (C2SP tlog-tiles) ─▶ .kzsc ─▶ verifyScreening
 */
export { attest, type ScreeningVerdict, verifyScreening } from './attestation.js';
export { type Checkpoint, originOf, readCheckpoint } from './checkpoint.js';
export { findGatewayKey, type GatewayKey, gatewayKey } from './gateway-key.js';
export { GatewayLog } from './gateway-log.js';
export { verifyConsistency, verifyInclusion } from './merkle-tree.js';
export { isScreening, type ScreeningSource } from './screening-file.js';
