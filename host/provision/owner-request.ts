/**
 * A command of a board's owner whose key is on another computer: the gateway writes what is to be signed, bound to its open session; the
 * owner's computer returns the signed command. The admin key never comes near the gateway (docs/protocol.md, rotation and wipe).
 *
 *     gateway: session ─▶ OwnerRequest ─file▶ owner: signRequest ─file▶ OwnerAnswer ─▶ gateway: board
 */
import { z } from 'zod';
import {
  type Admin,
  type AdminBody,
  decodeMessage,
  macMessage,
  ProtocolError,
  rotatedPairKey,
} from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { hex, unhex } from '../session/index.js';

const bytes = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * length}}$`));

const requestShape = z.strictObject({
  schema: z.literal('kizashi/admin-request/1'),
  rule: z.enum(['rotate', 'wipe']),
  /** Name and printed key of the board, as the gateway knows it. */
  board: z.string().max(200),
  key: z.string().max(100),
  kid: bytes(8),
  /** Session and number of the command in it: the answer is good for nothing else. */
  sid: bytes(8),
  n: z.number().int().positive(),
  /** The host's share of the new key, for a rotation. */
  hr: bytes(32).optional(),
  /** The board's recovery file (age, base64), which only the owner opens. */
  recovery: z.string().max(20_000).optional(),
});

export type OwnerRequest = z.infer<typeof requestShape>;

const answerShape = z.strictObject({
  schema: z.literal('kizashi/admin-answer/1'),
  message: z.string().regex(/^([0-9a-f]{2}){20,300}$/),
  /** The new pair key of a rotation, a secret of board and gateway. */
  pair: bytes(32).optional(),
});

export interface OwnerAnswer {
  /** The command under the admin key, as it goes to the board. */
  message: Uint8Array;
  pair?: Uint8Array;
}

/** How a command gets its tag: by an admin key that is at hand, or by a person who carries a file. */
export type OwnerSigns = (request: OwnerRequest) => Promise<OwnerAnswer>;

/** @throws KZ0415 not a request */
export function parseRequest(text: string): OwnerRequest {
  return parsed(requestShape, text, 'a request for the owner of a board');
}

/** @throws KZ0415 not an answer, or to another request */
export function parseAnswer(text: string, request: OwnerRequest): OwnerAnswer {
  const stated = parsed(answerShape, text, "an owner's answer");
  const message = unhex(stated.message) as Uint8Array;
  answered(message, request);
  if (request.rule === 'rotate' && stated.pair === undefined)
    throw new KizashiError('KZ0415', 'the answer to a rotation lacks the new pair key', { kid: request.kid });
  return { message, ...(stated.pair === undefined ? {} : { pair: unhex(stated.pair) as Uint8Array }) };
}

export function answerText({ message, pair }: OwnerAnswer): string {
  const stated = { schema: 'kizashi/admin-answer/1', message: hex(message), ...(pair ? { pair: hex(pair) } : {}) };
  return `${JSON.stringify(stated, null, 2)}\n`;
}

/** Signs what a request asks. */
export function signRequest(request: OwnerRequest, admin: Uint8Array): OwnerAnswer {
  const sid = unhex(request.sid) as Uint8Array;
  const message = macMessage('admin', bodyOf(request), admin, sid);
  if (request.rule === 'wipe') return { message };
  return { message, pair: rotatedPairKey(admin, unhex(request.hr ?? '') as Uint8Array, sid) };
}

/** The message of an answer, which must be what was asked. @throws KZ0415 */
export function answered(bytes: Uint8Array, request: OwnerRequest): Admin {
  let message: Admin;
  try {
    message = decodeMessage(bytes, 'h2d') as Admin;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new KizashiError('KZ0415', `the answer is no command: ${error.message}`, {}, { cause: error });
  }
  const { body } = message;
  const same =
    message.type === 'admin' &&
    body.rule === request.rule &&
    body.n === request.n &&
    (body.rule !== 'rotate' || hex(body.hr) === request.hr);
  if (!same) throw new KizashiError('KZ0415', 'the answer is to another request', { kid: request.kid, n: request.n });
  return message;
}

function bodyOf({ rule, n, hr }: OwnerRequest): AdminBody {
  return rule === 'wipe' ? { rule, n } : { rule, n, hr: unhex(hr ?? '') as Uint8Array };
}

function parsed<T>(shape: z.ZodType<T>, text: string, what: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    throw new KizashiError('KZ0415', `the file is not ${what}`, {}, { cause });
  }
}
