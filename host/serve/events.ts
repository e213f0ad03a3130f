import type { FleetState, MotorState } from '../monitor/fleet.js';

/** One server-sent event, ready to be written. */
export interface ServerEvent {
  id: string;
  event: 'snapshot' | 'delta';
  data: string;
}

/** Numbers in the stream carry four significant digits; files and routes carry all. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

/**
 * The event stream of the fleet: a snapshot on connect, then at most one delta a second holding only what changed. The last 120 deltas are
 * kept, so that a page which lost its connection resumes by `Last-Event-ID` without a new snapshot.
 */
export class FleetEvents {
  readonly #boot: string;
  readonly #kept: ServerEvent[] = [];
  readonly #sent = new Map<string, string>();
  #sentRejections = '';
  #n = 0;
  #listeners = new Set<(event: ServerEvent) => void>();

  constructor(boot: string) {
    this.#boot = boot;
  }

  /** Number of open pages. */
  get listeners(): number {
    return this.#listeners.size;
  }

  snapshot(state: FleetState): ServerEvent {
    return { id: `${this.#boot}-${this.#n}`, event: 'snapshot', data: JSON.stringify({ v: 1, ...state }, rounded) };
  }

  /** Events after `lastId`, or null when they are not all kept any more (then the page needs a snapshot). */
  since(lastId: string): ServerEvent[] | null {
    const match = /^([^-]+)-(\d+)$/.exec(lastId);
    if (!match || match[1] !== this.#boot) return null;
    const from = Number(match[2]);
    if (from > this.#n || from < this.#n - this.#kept.length) return null;
    return this.#kept.filter((event) => Number(event.id.split('-')[1]) > from);
  }

  /** Compares with what was last sent and tells every listener the difference; nothing is sent when nothing changed. */
  publish(state: FleetState): void {
    const changed: MotorState[] = [];
    for (const motor of state.motors) {
      const text = JSON.stringify(motor, rounded);
      if (this.#sent.get(motor.id) === text) continue;
      this.#sent.set(motor.id, text);
      changed.push(motor);
    }
    const rejections = JSON.stringify(state.rejections);
    if (changed.length === 0 && rejections === this.#sentRejections) return;
    this.#sentRejections = rejections;
    this.#n++;
    const event: ServerEvent = {
      id: `${this.#boot}-${this.#n}`,
      event: 'delta',
      data: JSON.stringify({ v: 1, motors: changed, rejections: state.rejections }, rounded),
    };
    this.#kept.push(event);
    if (this.#kept.length > 120) this.#kept.shift();
    for (const listener of this.#listeners) listener(event);
  }

  listen(listener: (event: ServerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
