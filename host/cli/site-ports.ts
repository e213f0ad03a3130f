/**
 * The ports of a site while a command runs: opened, greeted, and found again by the key of the board on them, whatever their names are now.
 *
 *     listPorts ─▶ attend each ─▶ session ─▶ kid ─▶ the motor whose board it is
 */
import { KizashiError } from '../errors.js';
import { type BoardFacts, listPorts, loadBoards, type PortRow } from '../link/index.js';
import type { Motor } from '../motors/index.js';
import type { KeyStore } from '../provision/index.js';
import { attend, type BoardPort, type PinnedBoard } from '../session/index.js';
import { boardsOf, portOf } from './board-port.js';
import { pinnedBoard } from './pinned-board.js';
import type { PortAccess } from './sim/port-access.js';

/** How often ports are listed again while a board is missing, in ms. */
const againMs = 5000;

export class SitePorts {
  readonly #access: PortAccess;
  readonly #keys: KeyStore;
  readonly #only?: string;
  readonly #ports = new Map<string, BoardPort>();
  /** Captures of one board follow each other: it has one converter. */
  readonly #queues = new Map<string, Promise<unknown>>();
  #alarm: (text: string) => void;

  /** @param only path of the one port to use */
  constructor(access: PortAccess, keys: KeyStore, options: { only?: string; onAlarm?: (text: string) => void } = {}) {
    this.#access = access;
    this.#keys = keys;
    this.#only = options.only;
    this.#alarm = options.onAlarm ?? (() => {});
  }

  /**
   * The port with that board's session.
   * @throws KZ0101–KZ0106, KZ0202–KZ0205 what the last port said, KZ0201 where the board did not answer in time
   */
  async find(board: PinnedBoard, ms: number): Promise<BoardPort> {
    const { clock } = this.#access;
    const until = clock.now() + ms;
    for (;;) {
      await this.#attendNew(board);
      const before = this.#holding(board);
      if (before) return before;
      const waiting = [...this.#ports.values()].map((port) =>
        port.ready(Math.min(againMs, until - clock.now())).catch(() => undefined),
      );
      await Promise.race([...waiting, new Promise<void>((done) => clock.setTimer(againMs, () => done()))]);
      await Promise.all(waiting);
      const now = this.#holding(board);
      if (now) return now;
      if (clock.now() >= until) throw this.#failure(board);
    }
  }

  /** Runs one work on a board after those asked for before. */
  inTurn<T>(board: PinnedBoard, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(board.kid) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(work);
    this.#queues.set(board.kid, mine);
    return mine;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#ports.values()].map((port) => port.close()));
  }

  #holding(board: PinnedBoard): BoardPort | undefined {
    return [...this.#ports.values()].find(({ session }) => session?.kid === board.kid);
  }

  async #attendNew(board: PinnedBoard): Promise<void> {
    const { binding, clock } = this.#access;
    const rows = this.#only === undefined ? await listPorts(binding) : [await portOf(this.#only, this.#access)];
    for (const row of rows) {
      if (this.#ports.has(row.path)) continue;
      const facts = factsFor(row, board);
      // a port that shows no board's USB ids may be anything: it is opened only when it is named
      if (!facts || (this.#only === undefined && boardsOf(row).length === 0)) continue;
      const port = attend({
        path: row.path,
        board: facts,
        keyring: this.#keys,
        clock,
        ...(binding ? { binding } : {}),
      });
      port.on('alarm', (text) => this.#alarm(text));
      this.#ports.set(row.path, port);
    }
  }

  #failure(board: PinnedBoard): KizashiError {
    const failures = [...this.#ports.values()].flatMap((port) => port.failure ?? []);
    if (failures.length === 1 && this.#only !== undefined) return failures[0];
    return new KizashiError(
      'KZ0201',
      `board ${board.name} does not answer`,
      {
        board: board.name,
        kid: board.kid,
        ports: [...this.#ports.keys()],
        failures: failures.map(({ message }) => message),
      },
      {
        why: failures.length > 0 ? failures.map(({ message }) => message).join('; ') : 'no port shows a board',
        fix: this.#ports.size > 0 ? 'kizashi detect' : 'plug the board in, then kizashi ports',
      },
    );
  }
}

/** The description of the board on a port: by its USB ids, and among those by the image it runs. */
function factsFor(row: PortRow, { fw }: PinnedBoard): BoardFacts | undefined {
  const image = fw.split('/')[0];
  const fitting = boardsOf(row);
  const all = fitting.length > 0 ? fitting : loadBoards();
  return all.find((facts) => facts.image === image) ?? fitting[0];
}

/** The pinned board of a motor. @throws KZ0414 no such board, KZ0706 the motor names none and several are pinned, or none is */
export function boardOfMotor(motor: Motor, keys: KeyStore): PinnedBoard {
  if (motor.board !== undefined) return pinnedBoard(keys, motor.board);
  const live = keys.all().filter(({ revoked }) => revoked === undefined);
  if (live.length === 1) return live[0];
  throw new KizashiError(
    'KZ0706',
    `${motor.id} names no board`,
    { motor: motor.id, boards: live.map(({ name }) => name) },
    {
      why: live.length === 0 ? 'no board is pinned here' : `pinned are ${live.map(({ name }) => name).join(', ')}`,
      fix: live.length === 0 ? 'kizashi setup' : `kizashi motors edit ${motor.id} --board ${live[0].name}`,
    },
  );
}
