import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { KizashiError } from '../errors.js';
import type { Assessment, History } from '../wear/types.js';
import { decodeTrendRow, encodeTrendRow, type TrendPoint } from './trend.js';

/** A capture as the history knows it; the samples are in its evidence file. */
export interface StoredCapture {
  id: string;
  motor: string;
  board: string;
  record: number;
  at: number;
  verdict: string;
  grade: string;
  fsHz: number;
  file: string;
}

/** What was refused, by board and reason. Counts only grow. */
export interface StoredRefusal {
  at: number;
  board: string;
  motor: string;
  reason: string;
  text: string;
  count: number;
}

/** A change in the life of an alarm: raised, cleared, acknowledged, … with its sentence. */
export interface StoredAlarmEvent {
  at: number;
  motor: string;
  cause: string;
  what: string;
  text: string;
}

/** A person began the learning of a motor anew: what was taken before no longer counts. */
export interface LearningStart {
  at: number;
  text: string;
}

const schemaVersion = 1;

const schema = `
  CREATE TABLE IF NOT EXISTS captures (id TEXT NOT NULL, motor TEXT NOT NULL, board TEXT NOT NULL, record INTEGER NOT NULL,
    at INTEGER NOT NULL, verdict TEXT NOT NULL, grade TEXT NOT NULL, fs REAL NOT NULL, file TEXT NOT NULL, PRIMARY KEY (motor, at, id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS assessments (motor TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, capture TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (motor, at, kind)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS trend (motor TEXT NOT NULL, at INTEGER NOT NULL, capture TEXT NOT NULL, row BLOB NOT NULL,
    PRIMARY KEY (motor, at)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS histories (motor TEXT NOT NULL, kind TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (motor, kind)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS refusals (board TEXT NOT NULL, reason TEXT NOT NULL, motor TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (board, reason)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS alarm_events (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, motor TEXT NOT NULL, cause TEXT NOT NULL, what TEXT NOT NULL,
    text TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS learning_starts (motor TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (motor, kind, at)) WITHOUT ROWID;
`;

/**
 * The history of a site in one SQLite file (libsql: prebuilt for every board we run on, survives power cuts by its write-ahead log).
 * Everything about one capture is written in one transaction: a reader never sees half of it.
 */
export class Store {
  readonly #db: Database.Database;

  private constructor(db: Database.Database) {
    this.#db = db;
  }

  /**
   * Opens or creates `kizashi.db` in `folder` (made with mode 0700).
   * @throws KizashiError KZ0901 when the folder or file cannot be used, KZ0902 when a newer version wrote it.
   */
  static open(folder: string): Store {
    let db: Database.Database;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      db = new Database(join(folder, 'kizashi.db'));
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;');
    } catch (cause) {
      throw new KizashiError(
        'KZ0901',
        `cannot open the history in ${folder}: ${(cause as Error).message}`,
        { folder },
        { cause },
      );
    }
    const { user_version: found } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (found > schemaVersion) {
      db.close();
      throw new KizashiError(
        'KZ0902',
        `the history in ${folder} has format ${found}, this version reads up to ${schemaVersion}`,
        {
          folder,
          found,
        },
      );
    }
    db.exec(schema);
    db.exec(`PRAGMA user_version = ${schemaVersion}`);
    return new Store(db);
  }

  /** One capture with its assessments, its trend point and the histories learned from it, all or nothing. */
  save(
    capture: StoredCapture,
    assessments: readonly Assessment[],
    point: TrendPoint,
    histories: Record<string, History>,
  ): void {
    this.#db.transaction(() => {
      this.#db
        .prepare('INSERT OR REPLACE INTO captures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(
          capture.id,
          capture.motor,
          capture.board,
          capture.record,
          Math.round(capture.at),
          capture.verdict,
          capture.grade,
          capture.fsHz,
          capture.file,
        );
      for (const assessment of assessments) {
        this.#db
          .prepare('INSERT OR REPLACE INTO assessments VALUES (?, ?, ?, ?, ?)')
          .run(capture.motor, Math.round(capture.at), assessment.kind, capture.id, JSON.stringify(assessment));
      }
      this.#db
        .prepare('INSERT OR REPLACE INTO trend VALUES (?, ?, ?, ?)')
        .run(capture.motor, Math.round(point.at), point.capture, Buffer.from(encodeTrendRow(point)));
      for (const [kind, history] of Object.entries(histories)) {
        this.#db
          .prepare('INSERT OR REPLACE INTO histories VALUES (?, ?, ?)')
          .run(capture.motor, kind, JSON.stringify(history));
      }
    })();
  }

  /** All points of a motor, oldest first. */
  trend(motor: string): TrendPoint[] {
    const rows = this.#db.prepare('SELECT at, capture, row FROM trend WHERE motor = ? ORDER BY at').all(motor) as {
      at: number;
      capture: string;
      row: ArrayBuffer; // what libsql hands out for a BLOB
    }[];
    return rows.map((row) => decodeTrendRow(row.at, row.capture, Uint8Array.from(new Uint8Array(row.row))));
  }

  /** What was learned of a motor, by kind of assessment. Undefined before the first capture. */
  history(motor: string, kind: string): History | undefined {
    const row = this.#db.prepare('SELECT json FROM histories WHERE motor = ? AND kind = ?').get(motor, kind) as
      | { json: string }
      | undefined;
    return row && (JSON.parse(row.json) as History);
  }

  /** Lets learning begin anew with `history`; captures, assessments and trend stay. A running monitor takes it up at its next capture. */
  startLearning(motor: string, kind: string, history: History, { at, text }: LearningStart): void {
    this.#db.transaction(() => {
      this.#db.prepare('INSERT OR REPLACE INTO histories VALUES (?, ?, ?)').run(motor, kind, JSON.stringify(history));
      this.#db
        .prepare('INSERT OR REPLACE INTO learning_starts VALUES (?, ?, ?, ?)')
        .run(motor, kind, Math.round(at), text);
    })();
  }

  /** The last time up to `until` that learning was begun anew. */
  learningStart(motor: string, kind: string, until = Number.MAX_SAFE_INTEGER): LearningStart | undefined {
    return this.#db
      .prepare('SELECT at, text FROM learning_starts WHERE motor = ? AND kind = ? AND at <= ? ORDER BY at DESC LIMIT 1')
      .get(motor, kind, Math.floor(until)) as LearningStart | undefined;
  }

  /** Assessments of a motor's last capture. */
  lastAssessments(motor: string): Assessment[] {
    const rows = this.#db
      .prepare(
        'SELECT json FROM assessments WHERE motor = ? AND at = (SELECT max(at) FROM assessments WHERE motor = ?) ORDER BY kind',
      )
      .all(motor, motor) as { json: string }[];
    return rows.map((row) => JSON.parse(row.json) as Assessment);
  }

  /** Captures of a motor, newest first. */
  captures(motor: string, limit = 100): StoredCapture[] {
    return this.#captures('motor = ? ORDER BY at DESC LIMIT ?', motor, limit);
  }

  /** The capture of an id (the digest under its seal), or undefined. */
  captureOf(id: string): StoredCapture | undefined {
    return this.#captures('id = ? LIMIT 1', id)[0];
  }

  /** Captures of a motor up to and with an instant, oldest first. */
  capturesUntil(motor: string, at: number): StoredCapture[] {
    return this.#captures('motor = ? AND at <= ? ORDER BY at', motor, at);
  }

  #captures(where: string, ...values: (string | number)[]): StoredCapture[] {
    const rows = this.#db.prepare(`SELECT * FROM captures WHERE ${where}`).all(...values) as (Omit<
      StoredCapture,
      'fsHz'
    > & { fs: number })[];
    return rows.map(({ fs, ...row }) => ({ ...row, fsHz: fs }));
  }

  /** What was said of a motor's capture at an instant. */
  assessmentsOf(motor: string, at: number): Assessment[] {
    const rows = this.#db
      .prepare('SELECT json FROM assessments WHERE motor = ? AND at = ? ORDER BY kind DESC')
      .all(motor, at) as { json: string }[];
    return rows.map((row) => JSON.parse(row.json) as Assessment);
  }

  /** Adds to the count of what was refused of a board for one reason. */
  refuse(refusal: Omit<StoredRefusal, 'count'>): void {
    this.#db
      .prepare(
        `INSERT INTO refusals VALUES (?, ?, ?, ?, ?, 1)
         ON CONFLICT (board, reason) DO UPDATE SET count = count + 1, at = excluded.at, text = excluded.text`,
      )
      .run(refusal.board, refusal.reason, refusal.motor, refusal.text, Math.round(refusal.at));
  }

  refusals(): StoredRefusal[] {
    return this.#db
      .prepare('SELECT at, board, motor, reason, text, count FROM refusals ORDER BY at')
      .all() as StoredRefusal[];
  }

  alarmEvent(event: StoredAlarmEvent): void {
    this.#db
      .prepare('INSERT INTO alarm_events (at, motor, cause, what, text) VALUES (?, ?, ?, ?, ?)')
      .run(Math.round(event.at), event.motor, event.cause, event.what, event.text);
  }

  alarmEvents(motor: string): StoredAlarmEvent[] {
    return this.#db
      .prepare('SELECT at, motor, cause, what, text FROM alarm_events WHERE motor = ? ORDER BY n')
      .all(motor) as StoredAlarmEvent[];
  }

  close(): void {
    this.#db.close();
  }
}
