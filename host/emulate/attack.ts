import { decodeMessage, encodeFrame, FrameReader, type Message } from '../../protocol/index.js';
import type { LineTap } from './port.js';

/**
 * What somebody with access to the cable can do to a capture. Every change is made with a right CRC, so that none of it can pass for line
 * noise.
 */
export const attackKinds = ['flip-bit', 'reorder', 'swap', 'replay', 'forge-seal'] as const;
export type AttackKind = (typeof attackKinds)[number];

/** One attack that was carried out on one capture. */
export interface Attack {
  board: string;
  kind: AttackKind;
  /** Record number of the capture that was hit. */
  record: number;
}

/** The frames of a whole capture as they passed, for replaying. */
interface Recorded {
  begin: Uint8Array;
  data: Uint8Array[];
  rest: Uint8Array[];
}

interface Victim {
  reader: FrameReader;
  armed: AttackKind[];
  /** Attack on the capture that is passing now. */
  active: AttackKind | undefined;
  passing: Recorded | undefined;
  last: Recorded | undefined;
  held: Uint8Array | undefined;
  data: number;
}

/** Data frame of a capture at which an attack strikes: far enough in that the capture is well under way. */
const strikeAt = 5;

/**
 * A man in the middle on the cables of several boards. Frames pass untouched until an attack is armed; it then strikes the next capture.
 *
 *     board bytes ─▶ FrameReader ─▶ body ─▶ (changed, held back, replaced) ─▶ encodeFrame ─▶ host
 */
export class LineAttacker {
  readonly done: Attack[] = [];
  readonly #victims = new Map<string, Victim>();
  readonly #onAttack: (attack: Attack) => void;

  constructor(onAttack: (attack: Attack) => void = () => {}) {
    this.#onAttack = onAttack;
  }

  /** The tap for the cable of a board, to be given to `World.tapLine`. */
  tap(board: string): LineTap {
    const victim: Victim = {
      reader: new FrameReader(),
      armed: [],
      active: undefined,
      passing: undefined,
      last: undefined,
      held: undefined,
      data: 0,
    };
    this.#victims.set(board, victim);
    return (bytes, direction) => {
      if (direction === 'toBoard') return [bytes];
      const out: Uint8Array[] = [];
      victim.reader.push(bytes, (body) => {
        for (const forged of this.#pass(board, victim, Uint8Array.from(body))) out.push(encodeFrame(forged));
      });
      return out;
    };
  }

  /** The next captures of that board are attacked, one attack a capture, in the order of arming. */
  arm(board: string, kind: AttackKind): void {
    const victim = this.#victims.get(board);
    if (!victim) throw new RangeError(`no tap on the cable of ${board}`);
    victim.armed.push(kind);
  }

  /** Attacks armed and not yet carried out. */
  get pending(): number {
    return [...this.#victims.values()].reduce((sum, victim) => sum + victim.armed.length + (victim.active ? 1 : 0), 0);
  }

  #pass(board: string, victim: Victim, body: Uint8Array): Uint8Array[] {
    const message = decoded(body);
    if (!message) return [body];
    switch (message.type) {
      case 'begin':
        victim.passing = { begin: body, data: [], rest: [] };
        victim.data = 0;
        victim.active = this.#choose(victim);
        if (victim.active) this.#strike({ board, kind: victim.active, record: message.rec });
        return victim.active === 'replay' && victim.last ? [victim.last.begin] : [body];
      case 'data':
        victim.passing?.data.push(body);
        return this.#passData(victim, body, victim.data++);
      case 'mark':
      case 'seal':
        return this.#passEnd(victim, message, body);
      default:
        return [body];
    }
  }

  /** The next armed attack that is possible: replaying and swapping need a capture that has passed before. */
  #choose(victim: Victim): AttackKind | undefined {
    const index = victim.armed.findIndex((kind) => {
      if (kind === 'replay') return victim.last !== undefined;
      if (kind === 'swap') return this.#other(victim) !== undefined;
      return true;
    });
    return index < 0 ? undefined : victim.armed.splice(index, 1)[0];
  }

  /** Another board's capture of which at least the frames up to the strike have passed. */
  #other(victim: Victim): Recorded | undefined {
    for (const other of this.#victims.values()) {
      if (other === victim) continue;
      const recorded = other.last ?? other.passing;
      if (recorded && recorded.data.length > strikeAt) return recorded;
    }
    return undefined;
  }

  #strike(attack: Attack): void {
    this.done.push(attack);
    this.#onAttack(attack);
  }

  #passData(victim: Victim, body: Uint8Array, index: number): Uint8Array[] {
    if (victim.held) {
      const held = victim.held;
      victim.held = undefined;
      return [body, held];
    }
    if (victim.active === 'replay' && victim.last) return victim.last.data[index] ? [victim.last.data[index]] : [];
    if (index !== strikeAt) return [body];
    if (victim.active === 'flip-bit') {
      const flipped = Uint8Array.from(body);
      flipped[flipped.length - 1] ^= 1;
      return [flipped];
    }
    if (victim.active === 'reorder') {
      victim.held = body;
      return [];
    }
    if (victim.active === 'swap') {
      const foreign = this.#other(victim)?.data[strikeAt];
      return foreign ? [foreign] : [body];
    }
    return [body];
  }

  #passEnd(victim: Victim, message: Message, body: Uint8Array): Uint8Array[] {
    victim.passing?.rest.push(body);
    const { active, last } = victim;
    if (message.type === 'mark') {
      const index = (victim.passing?.rest.length ?? 1) - 1;
      return active === 'replay' && last ? (last.rest[index] ? [last.rest[index]] : []) : [body];
    }
    victim.active = undefined;
    if (active === 'replay' && last) return [last.rest[last.rest.length - 1]];
    if (active === undefined) victim.last = victim.passing;
    victim.passing = undefined;
    if (active === 'forge-seal') {
      const forged = Uint8Array.from(body);
      forged[forged.length - 33] ^= 0x10; // inside S, the second half of the signature
      return [forged];
    }
    return [body];
  }
}

function decoded(body: Uint8Array): Message | undefined {
  try {
    return decodeMessage(body, 'd2h');
  } catch {
    return undefined; // noise passes as it is: the host counts it
  }
}
