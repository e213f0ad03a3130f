/**
 * Who is there. In: messages of a link, the keyring of pinned boards. Out: sessions (commands, captures' items, verified records, the
 * board's clock) and, for a whole port over its life, its state and what was refused on it.
 *
 *     Link ─▶ greet ─▶ Session ─▶ items, records ─▶ host/capture, host/monitor
 *              attend: opens, greets, reopens
 */
export { awaitMessage } from './await-message.js';
export { attend, BoardPort, backOffMs, type PortOptions, type PortState } from './board-port.js';
export { type ClockEstimate, ClockSync } from './clock-sync.js';
export type { Request } from './command-queue.js';
export { checkHello, type Greeting, greet } from './greeting.js';
export { hex, unhex } from './hex.js';
export { type ChainHead, type Keyring, MemoryKeyring, type PinnedBoard } from './keyring.js';
export { baudOrder, greetingFailure, openSession, type SessionPort } from './open-session.js';
export { QuarantineFile } from './quarantine-file.js';
export { checkChain, keyOf, type RecordCheck } from './records.js';
export {
  type BoardStatus,
  type CaptureMessage,
  type EndCause,
  type Hold,
  Session,
  type SessionState,
  type VerifiedRecord,
} from './session.js';
export { PortTrust, type Quarantine, type RefusalCause } from './trust.js';
