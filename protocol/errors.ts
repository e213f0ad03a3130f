/**
 * Why the protocol refuses something. The names are those of the counters in docs/protocol.md, "what each bad input gets", so that a
 * caller can count a refusal under its cause without reading the message.
 */
export type Fault =
  | 'overlong'
  | 'short'
  | 'cobs'
  | 'crc'
  | 'cbor'
  | 'shape'
  | 'mac'
  | 'key'
  | 'signature'
  | 'value'
  | 'evidence';

/** The only error that code in protocol/ throws on purpose. `cause` is the name of the counter. */
export class ProtocolError extends Error {
  override readonly cause: Fault;

  constructor(cause: Fault, message: string) {
    super(message);
    this.name = 'ProtocolError';
    this.cause = cause;
  }
}
