/** From a port to a session, once; and what it means where none comes about. */
import { KizashiError } from '../errors.js';
import { type BindingInterface, type BoardFacts, type Clock, type Link, openLink, systemClock } from '../link/index.js';
import { type Greeting, greet } from './greeting.js';
import type { Keyring } from './keyring.js';
import { Session } from './session.js';
import { PortTrust } from './trust.js';

export interface SessionPort {
  path: string;
  board: BoardFacts;
  keyring: Keyring;
  clock?: Clock;
  binding?: BindingInterface;
  /** Rates to try; those of the board description when absent. */
  bauds?: number[];
  /** Overrides the boot time of the board description, in ms. */
  bootMs?: number;
  trust?: PortTrust;
  /** A link that is open already, to a board that runs: provisioning hands its own over. */
  link?: Link;
}

/** Rates in the order to try: last good first, then as the board description lists them, each once. */
export function baudOrder(board: BoardFacts, lastGood?: number): number[] {
  return [...new Set([...(lastGood ? [lastGood] : []), board.uart.default, ...board.uart.bauds])];
}

/** The session of a greeting that proved itself. */
export function sessionOf(
  greeting: Extract<Greeting, { kind: 'hello' }>,
  link: Link,
  options: SessionPort,
  trust: PortTrust,
) {
  return new Session(greeting, { link, keyring: options.keyring, trust, facts: options.board });
}

/** What `greet` gives without `unpinned`. */
export type PinnedGreeting = Exclude<Greeting, { kind: 'unpinned' }>;

/** The error that a greeting without a session is. */
export function greetingFailure(
  greeting: Exclude<Greeting, { kind: 'hello' | 'unpinned' }>,
  path: string,
): KizashiError {
  switch (greeting.kind) {
    case 'silent':
      return new KizashiError('KZ0201', `the board on ${path} does not answer`, { path });
    case 'refused':
      return new KizashiError('KZ0208', greeting.text, { path });
    case 'blank':
      return new KizashiError('KZ0203', `the board on ${path} has no key yet`, { path });
    case 'bare': {
      const why = ['it has no claim', 'its identity is damaged (EEPROM)', 'its self-test failed'][greeting.bare.why];
      return new KizashiError('KZ0202', `the board on ${path} has no usable identity: ${why}`, {
        path,
        why: greeting.bare.why,
      });
    }
    case 'quarantine':
      return new KizashiError(
        greeting.quarantine.cause === 'foreign' ? 'KZ0204' : 'KZ0205',
        `${path}: ${greeting.quarantine.text}`,
        { path, kid: greeting.kid, cause: greeting.quarantine.cause },
      );
  }
}

/**
 * Opens a port and greets its board once. The caller owns the session and its link.
 * @throws KZ0101–KZ0106 of the port; KZ0201 silent, KZ0202 bare, KZ0203 blank, KZ0204 foreign, KZ0205 quarantined
 */
export async function openSession(options: SessionPort): Promise<Session> {
  const clock = options.clock ?? systemClock;
  const bauds = options.bauds ?? baudOrder(options.board);
  const trust = options.trust ?? new PortTrust();
  const link = options.link ?? (await openLink({ ...options, clock, baud: bauds[0] }));
  let bootMs = options.link ? 0 : (options.bootMs ?? options.board.bootMs);
  try {
    for (;;) {
      const greeting = (await greet(link, { keyring: options.keyring, trust, bauds, bootMs })) as PinnedGreeting;
      if (greeting.kind === 'hello') {
        greeting.board.baud = link.baud;
        await options.keyring.save(greeting.board);
        return sessionOf(greeting, link, options, trust);
      }
      // a false MAC is refused at most twice; the third one is a quarantine
      if (greeting.kind !== 'refused') throw greetingFailure(greeting, options.path);
      bootMs = 0;
    }
  } catch (error) {
    await link.close();
    throw error;
  }
}
