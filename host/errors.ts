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
  KZ0101: {
    exit: 4,
    what: 'the port does not exist',
    why: 'the board is not plugged in, or its name changed',
    fix: 'kizashi ports',
  },
  KZ0102: {
    exit: 5,
    what: 'the port is in use',
    why: 'another program holds it (a terminal, ModemManager, another kizashi)',
    fix: 'close the other program and try again',
  },
  KZ0103: {
    exit: 5,
    what: 'the port may not be opened',
    why: 'your user is not in the group that owns serial ports',
    fix: 'sudo usermod -aG dialout $USER, then log in again',
  },
  KZ0104: {
    exit: 5,
    what: 'the port did not open in time',
    why: 'the driver of the port hangs',
    fix: 'unplug the board, wait five seconds, plug it in again',
  },
  KZ0105: {
    exit: 6,
    what: 'the connection to the board was lost',
    why: 'the cable was unplugged, or the board lost its supply',
    fix: 'check cable and supply; kizashi reopens the port by itself',
  },
  KZ0106: { exit: 5, what: 'the port cannot be opened', why: 'the system refused it', fix: 'kizashi ports' },
  KZ0107: {
    exit: 3,
    what: 'a description of a board or sensor is not usable',
    why: 'a field is missing or out of range',
    fix: 'compare the file with those in boards/',
  },
  KZ0201: {
    exit: 6,
    what: 'the board does not answer',
    why: 'it runs other firmware, hangs, or the cable carries power only',
    fix: 'kizashi ports; then kizashi flash',
  },
  KZ0202: {
    exit: 6,
    what: 'the board has no usable identity',
    why: 'it was never provisioned, or its memory is damaged',
    fix: 'kizashi flash',
  },
  KZ0203: {
    exit: 6,
    what: 'the board has no key yet',
    why: 'it was flashed and not provisioned',
    fix: 'kizashi provision',
  },
  KZ0204: {
    exit: 6,
    what: 'the board belongs to another installation',
    why: 'its key is not pinned here',
    fix: 'flash it again, or let its owner wipe it',
  },
  KZ0205: {
    exit: 6,
    what: 'the port is quarantined',
    why: 'the board or the line behaved as a forgery would',
    fix: 'look at the cable and the board, then decide with kizashi quarantine',
  },
  KZ0206: {
    exit: 6,
    what: 'the board refused a command',
    why: 'it cannot do what was asked, or not now',
    fix: 'read the reason in the message',
  },
  KZ0207: {
    exit: 6,
    what: 'the board did not acknowledge a command',
    why: 'frames are lost on the line, or the board hangs',
    fix: 'check the cable; try a lower baud rate',
  },
  KZ0208: {
    exit: 6,
    what: 'the session ended',
    why: 'the board restarted, or an answer carried a false MAC',
    fix: 'try again; kizashi greets the board anew by itself',
  },
  KZ0209: {
    exit: 5,
    what: 'the session is busy',
    why: 'a capture or another command is under way',
    fix: 'wait for it to end',
  },
  KZ0301: {
    exit: 9,
    what: 'the firmware image is not usable',
    why: 'it is no Intel HEX, or it covers the claim page',
    fix: 'npm run firmware',
  },
  KZ0302: {
    exit: 3,
    what: 'the claim ticket is not usable',
    why: 'it belongs to another flashing or is damaged',
    fix: 'flash the board again',
  },
  KZ0401: {
    exit: 4,
    what: 'the claim of the board is unknown here',
    why: 'another installation flashed it',
    fix: 'take the ticket of that installation, or flash again',
  },
  KZ0402: {
    exit: 8,
    what: 'the board does not know its claim',
    why: 'it is not the board that was flashed, or the ticket is wrong',
    fix: 'nothing was sent to it; check which board is plugged in, or flash again',
  },
  KZ0403: {
    exit: 7,
    what: 'the firmware of the board is not the one expected',
    why: 'its digest differs from the manifest',
    fix: 'kizashi flash',
  },
  KZ0404: {
    exit: 8,
    what: 'the key of the board is not acceptable',
    why: 'it fails the checks that every pinned key must pass',
    fix: 'flash the board again; report it if it happens twice',
  },
  KZ0405: {
    exit: 8,
    what: 'the key of the board is already known',
    why: 'two boards with one key: firmware or noise source is defective',
    fix: 'accept neither board; flash both again',
  },
  KZ0406: {
    exit: 8,
    what: 'the first signature of the board is false',
    why: 'its firmware computes wrongly, or the line was altered',
    fix: 'flash the board again with a released image',
  },
  KZ0407: {
    exit: 6,
    what: 'the board did not finish making its keys',
    why: 'it was unplugged or hangs',
    fix: 'plug it in again and repeat: provisioning resumes',
  },
  KZ0408: {
    exit: 3,
    what: 'the key store is not usable',
    why: 'a file in it is damaged or readable by others',
    fix: 'restore it from the backup; its files need mode 0600',
  },
  KZ0501: {
    exit: 2,
    what: 'the capture plan is not possible',
    why: 'rate, channels or length do not fit together',
    fix: 'read the limits in the message',
  },
  KZ0502: {
    exit: 8,
    what: 'the capture was rejected',
    why: 'it does not prove itself',
    fix: 'capture again; if it repeats, look for somebody on the line',
  },
  KZ0503: {
    exit: 9,
    what: 'the evidence file is malformed',
    why: 'it is damaged or no evidence file',
    fix: 'export it again',
  },
  KZ0504: {
    exit: 3,
    what: 'the key file is malformed',
    why: 'it is not a JSON object of key id and public key',
    fix: 'see docs/protocol.md for its form',
  },
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
