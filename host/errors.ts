/**
 * One error class and one table. Library code throws `KizashiError`; only host/cli prints. Codes come in bands by folder: 01 link,
 * 02 session, 03 flash, 04 provision, 05 capture, 06 signal and wear, 07 motors and configuration, 08 recordings, 09 store,
 * 10 monitor, 11 emulate, 12 serve, 13 publish, 14 cli. A code is never renumbered. docs/errors.md is generated from this table.
 */

export interface ErrorRow {
  /** Exit code of the command line (docs/errors.md): 2 wrong use, 3 configuration, 4 not found, 5 busy or permission, 6 board silent or foreign, 7 flash mismatch, 8 proof failed, 9 data unusable, 13 refused by policy, 70 bug. */
  exit: number;
  /** What failed, in general words; the thrown message names the object. */
  what: string;
  /** Why it is likely; replaced by a measured reason where there is one. */
  why: string;
  /** One command or one act that helps. */
  fix: string;
}

export const errorTable = {
  KZ1201: { exit: 4, what: 'no motor of that name', why: 'it is not configured here', fix: 'kizashi motors list' },
  KZ1202: {
    exit: 2,
    what: 'a request asks for something out of range',
    why: 'the number of points is bounded',
    fix: 'ask for 2 to 5000 points',
  },
  KZ1203: {
    exit: 4,
    what: 'no capture yet',
    why: 'the motor was not measured since the start',
    fix: 'wait for the first capture',
  },
  KZ1204: {
    exit: 13,
    what: 'refused to listen beyond loopback',
    why: 'a listener that others can reach needs TLS and users',
    fix: 'leave out --listen, and use an SSH tunnel',
  },
  KZ1205: {
    exit: 5,
    what: 'the port for the page is taken',
    why: 'another program listens there',
    fix: 'kizashi demo --http 0',
  },
  KZ1401: {
    exit: 2,
    what: 'wrong use of a command',
    why: 'an argument or option is missing or not understood',
    fix: 'kizashi help',
  },
  KZ1499: {
    exit: 70,
    what: 'a bug in kizashi',
    why: 'an error nobody expected',
    fix: 'report it with the crash file named above',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export class KizashiError extends Error {
  readonly code: ErrorCode;
  /** Values of this occurrence, for `--json` and for tests. */
  readonly context: Record<string, unknown>;
  /** Measured reason and concrete fix, where they are better than the table's. */
  readonly why: string;
  readonly fix: string;

  constructor(
    code: ErrorCode,
    message: string,
    context: Record<string, unknown> = {},
    better: { why?: string; fix?: string; cause?: unknown } = {},
  ) {
    super(message, better.cause === undefined ? undefined : { cause: better.cause });
    this.name = 'KizashiError';
    this.code = code;
    this.context = context;
    this.why = better.why ?? errorTable[code].why;
    this.fix = better.fix ?? errorTable[code].fix;
  }

  /** Exit code of the command line for this error. */
  get exit(): number {
    return errorTable[this.code].exit;
  }
}
