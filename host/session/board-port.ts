/**
 * One port for as long as it is wanted: opened, greeted, kept alive, reopened with back-off after every loss (docs/protocol.md, state
 * machine of the host). Everything a person may have to decide (foreign, revoked, rolled back, altered) ends in quarantine, where the port
 * stays open and visible and nothing is sent to the board.
 *
 *     closed ─▶ opening ─▶ greeting ─▶ idle ⇄ commanding, armed ─▶ capturing ─▶ sealing ─▶ verifying
 *                 ▲  lost ◀── any            └▶ bare, blank, quarantined
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { encodeMessage, type Message } from '../../protocol/index.js';
import { KizashiError } from '../errors.js';
import { type Clock, type Link, openLink, systemClock } from '../link/index.js';
import { awaitMessage } from './await-message.js';
import { type Greeting, greet } from './greeting.js';
import { pingMs } from './heartbeat.js';
import { hex } from './hex.js';
import { baudOrder, greetingFailure, type PinnedGreeting, type SessionPort, sessionOf } from './open-session.js';
import type { QuarantineFile } from './quarantine-file.js';
import type { EndCause, Session, SessionState } from './session.js';
import { PortTrust } from './trust.js';

export type PortState = 'closed' | 'opening' | 'greeting' | 'bare' | 'blank' | 'quarantined' | 'lost' | SessionState;

export interface PortOptions extends SessionPort {
  /** Takes what the board says while its port is quarantined. */
  quarantineFile?: QuarantineFile;
  /** Gives 0..1 for the spread of the back-off. */
  random?: () => number;
}

interface PortEvents {
  state: [state: PortState, text: string];
  session: [session: Session];
  /** Exactly one for each loss of the port; not for a reset of the board. */
  lost: [reason: string];
  alarm: [text: string];
}

/** Waits between attempts to reopen: 1, 2, 4 … 60 s, each ±20 %. `random` gives 0..1. */
export function backOffMs(attempt: number, random: () => number): number {
  return Math.min(60_000, 1000 * 2 ** Math.min(attempt, 6)) * (0.8 + 0.4 * random());
}

export class BoardPort extends EventEmitter<PortEvents> {
  readonly path: string;
  readonly trust: PortTrust;
  readonly #options: PortOptions;
  readonly #clock: Clock;
  #state: PortState = 'closed';
  #session?: Session;
  #link?: Link;
  #closed = false;
  #wake?: () => void;
  #lastBaud?: number;
  #failure?: KizashiError;
  #bytes = 0;

  /** Use `attend`. */
  constructor(options: PortOptions) {
    super();
    this.path = options.path;
    this.trust = options.trust ?? new PortTrust();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#run().catch((error: Error) => {
      // nothing but a bug or a dead disk comes here; the port is closed rather than left in between
      this.emit('alarm', `${this.path}: ${error.message}`);
      void this.close();
    });
  }

  get state(): PortState {
    return this.#state;
  }

  /** The live session, if there is one. */
  get session(): Session | undefined {
    return this.#session?.alive ? this.#session : undefined;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /** Why there is no session, as the last attempt found it. */
  get failure(): KizashiError | undefined {
    return this.#failure;
  }

  /** Bytes received over all openings of the port. */
  get bytes(): number {
    return this.#bytes + (this.#link?.counters.bytes ?? 0);
  }

  /**
   * Resolves with a live session.
   * @throws the last failure (or KZ0201) when there is none within `ms`, and at once when a person must act: bare, blank, quarantined
   */
  ready(ms: number): Promise<Session> {
    const now = this.session;
    if (now) return Promise.resolve(now);
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        this.#clock.clear(timer);
        this.off('session', onSession);
        this.off('state', onState);
        settle();
      };
      const failure = () =>
        this.#failure ?? new KizashiError('KZ0201', `no session on ${this.path}`, { path: this.path });
      const onSession = (session: Session) => done(() => resolve(session));
      const onState = (state: PortState) => {
        if (['bare', 'blank', 'quarantined', 'closed'].includes(state)) done(() => reject(failure()));
      };
      const timer = this.#clock.setTimer(ms, () => done(() => reject(failure())));
      this.on('session', onSession);
      this.on('state', onState);
      onState(this.#state === 'closed' && !this.#closed ? 'opening' : this.#state);
    });
  }

  /** Greets again at once: after provisioning, or after a person lifted the quarantine. */
  retry(): void {
    if (['bare', 'blank', 'quarantined'].includes(this.#state)) this.#enter('greeting', '');
    this.#wake?.();
  }

  /** Lets the port go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#session?.end('closed', 'the port was closed');
    this.#wake?.();
    await this.#link?.close();
    this.#enter('closed', '');
  }

  #enter(state: PortState, text: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('state', state, text);
  }

  async #run(): Promise<void> {
    // a turn of the loop later, so that the caller can listen first
    await Promise.resolve();
    let attempt = 0;
    let adopted = this.#options.link;
    while (!this.#closed) {
      this.#enter('opening', '');
      let link = adopted;
      try {
        const bauds = this.#bauds();
        link ??= await openLink({ ...this.#options, clock: this.#clock, baud: bauds[0] });
      } catch (error) {
        if (!(error instanceof KizashiError)) throw error;
        this.#failure = error;
        this.#enter('lost', error.message);
      }
      if (link && this.#closed) await link.close();
      else if (link) {
        if (await this.#serve(link, adopted !== undefined)) attempt = 0;
        this.#bytes += link.counters.bytes;
        this.#link = undefined;
      }
      adopted = undefined;
      if (!this.#closed) await this.#sleep(backOffMs(attempt++, this.#options.random ?? Math.random));
    }
  }

  #bauds(): number[] {
    return this.#options.bauds ?? baudOrder(this.#options.board, this.#lastBaud);
  }

  /** Serves one open link until it ends. Returns true where the board answered at least once. */
  async #serve(link: Link, running: boolean): Promise<boolean> {
    this.#link = link;
    let answered = false;
    let bootMs = running ? 0 : (this.#options.bootMs ?? this.#options.board.bootMs);
    const lost = new Promise<void>((resolve) => {
      if (!link.open) resolve();
      link.on('lost', (reason, detail) => {
        this.#failure = new KizashiError('KZ0105', `${this.path}: ${detail}`, { path: this.path, reason });
        this.#enter('lost', detail);
        this.emit('lost', reason);
        resolve();
      });
    });
    link.on('alarm', ({ text }) => this.emit('alarm', text));
    while (!this.#closed && link.open) {
      this.#enter('greeting', '');
      const { keyring } = this.#options;
      let greeting: PinnedGreeting;
      try {
        greeting = (await greet(link, { keyring, trust: this.trust, bauds: this.#bauds(), bootMs })) as PinnedGreeting;
      } catch (error) {
        if (!(error instanceof KizashiError)) throw error;
        break; // lost or closed meanwhile
      }
      bootMs = 0;
      if (greeting.kind === 'silent') {
        this.#failure = greetingFailure(greeting, this.path);
        this.#enter('lost', this.#failure.message);
        await link.close();
        break;
      }
      answered = true;
      if (greeting.kind === 'refused') {
        this.emit('alarm', greeting.text);
        continue;
      }
      if (greeting.kind === 'hello') {
        const cause = await this.#converse(greeting, link);
        // ended by its user, after a rotation say, while the port stays attended: the board is greeted anew on the same line
        if (cause === 'closed' && this.#closed) break;
        if (cause === 'silent') {
          await link.close();
          break;
        }
        if (cause === 'quarantine') await this.#standBy(link, 'quarantined', lost);
        continue;
      }
      this.#failure = greetingFailure(greeting, this.path);
      await this.#standBy(link, greeting.kind === 'quarantine' ? 'quarantined' : greeting.kind, lost);
    }
    return answered;
  }

  async #converse(greeting: Extract<Greeting, { kind: 'hello' }>, link: Link): Promise<EndCause> {
    greeting.board.baud = this.#lastBaud = link.baud;
    await this.#options.keyring.save(greeting.board);
    const session = sessionOf(greeting, link, this.#options, this.trust);
    this.#session = session;
    this.#failure = undefined;
    const ended = new Promise<EndCause>((resolve) => session.once('ended', (cause) => resolve(cause)));
    session.on('state', (state) => this.#enter(state, ''));
    session.on('alarm', (text) => this.emit('alarm', text));
    session.once('ended', (cause, text) => {
      this.#failure = new KizashiError(cause === 'quarantine' ? 'KZ0205' : 'KZ0208', text, { cause });
    });
    if (greeting.unseen) {
      const { from, to } = greeting.unseen;
      this.emit('alarm', `records ${from} to ${to} of ${greeting.board.name} were never seen here`);
    }
    const { fw, fwd } = greeting.board;
    if (fw !== session.hello.fw || hex(fwd) !== hex(session.hello.fwd)) {
      this.emit('alarm', `${greeting.board.name} runs other firmware than before: ${session.hello.fw}`);
      // its signed identity says what it runs now
      void session.identify(new Uint8Array(randomBytes(16))).catch((error: Error) => this.emit('alarm', error.message));
    }
    this.#enter('idle', '');
    this.emit('session', session);
    return ended;
  }

  /** Stays on the line without a session until the board restarts, `retry` is called or the port is lost; the ping uncovers a dead tty. */
  async #standBy(link: Link, state: 'bare' | 'blank' | 'quarantined', lost: Promise<void>): Promise<void> {
    this.#enter(state, this.#failure?.message ?? '');
    const { quarantineFile } = this.#options;
    const keep = (_: Message, item: Uint8Array) => void quarantineFile?.append([item]);
    if (state === 'quarantined') link.on('message', keep);
    let woken = false;
    const wake = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const end = Promise.race([wake, lost]).then(() => {
      woken = true;
    });
    for (let n = 0; !woken && link.open; n++) {
      link.send(encodeMessage({ type: 'ping', n: n & 0xffff }));
      const heard = awaitMessage(link, pingMs, (message) => (message.type === 'ready' ? true : undefined));
      const ready = await Promise.race([heard.catch(() => undefined), end]);
      // in quarantine a restart of the board changes nothing: a person decides
      if (ready === true && state !== 'quarantined') break;
    }
    link.off('message', keep);
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(ms, resolve);
      this.#wake = () => {
        this.#clock.clear(timer);
        resolve();
      };
    });
  }
}

/** Keeps a port: opens it, holds a session with its board whenever that is possible, and comes back after every loss, until `close`. */
export function attend(options: PortOptions): BoardPort {
  return new BoardPort(options);
}
