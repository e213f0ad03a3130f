import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { Capture } from '../capture/capture.js';
import type { CaptureResult } from '../capture/result.js';
import type { Clock, TimerHandle } from '../link/clock.js';
import { type Store, thin } from '../store/index.js';
import {
  type Assessment,
  assessCurrent,
  assessVibration,
  type History,
  learn,
  type MotorContext,
  newHistory,
} from '../wear/index.js';
import type { FleetState, MotorState, Rejection, TrendPoint } from './fleet.js';
import { afterCapture, type MotorIdentity, startingState, trendPoint } from './motor-state.js';
import { type Picture, type PictureKind, pictureOf } from './picture.js';

/** One motor under watch: what it is, and how a capture of it is taken. */
export interface WatchedMotor extends MotorIdentity {
  context: MotorContext;
  /**
   * Takes one capture, trying again after a rejection; every rejected try, the last one too, goes to `rejected`. A throw means that nothing
   * was measured (board gone, refused).
   */
  measure(rejected: (result: Extract<CaptureResult, { ok: false }>) => void): Promise<CaptureResult>;
  /** Writes the evidence of a verified capture; returns the file's name. Absent for sources that have none. */
  keep?(result: Extract<CaptureResult, { ok: true }>): string;
  /** Time from the start of one capture to the start of the next, in ms. */
  intervalMs: number;
}

export interface MonitorOptions {
  site: string;
  version: string;
  clock: Clock;
  store: Store;
  /** Where evidence files are. */
  evidenceFolder: string;
  /** Rules of learning; those of wear when absent. */
  history?: History;
}

interface MonitorEvents {
  /** A motor's state changed. */
  motor: [state: MotorState, assessments: Assessment[]];
  rejected: [rejection: Rejection];
  /** Measuring failed; it is tried again after the motor's interval. */
  trouble: [motor: string, error: Error];
}

interface Watch {
  motor: WatchedMotor;
  state: MotorState;
  histories: Record<'vibration' | 'current', History>;
  /** When a person last began the learning anew, by kind: another process may do so while this one runs. */
  learningSince: Record<'vibration' | 'current', number | undefined>;
  last?: Capture;
  assessments: Assessment[];
  timer?: TimerHandle;
  stale?: TimerHandle;
  running: boolean;
}

/** A motor is silent after this many intervals without a valid capture. */
const staleAfter = 3;

/**
 * The running system: takes captures on schedule, feeds each through wear, keeps the history, and holds the state that every face shows.
 *
 *     WatchedMotor.measure ─▶ CaptureResult ─▶ assess ─▶ learn ─▶ store ─▶ 'motor'
 *                                         └─ rejected ─▶ counted, stored ─▶ 'rejected'   (never wear)
 */
export class Monitor extends EventEmitter<MonitorEvents> {
  readonly #options: MonitorOptions;
  readonly #watches = new Map<string, Watch>();
  #stopped = false;

  constructor(options: MonitorOptions) {
    super();
    this.#options = options;
  }

  add(motor: WatchedMotor): void {
    const { store, history } = this.#options;
    const begin = history ?? newHistory();
    this.#watches.set(motor.id, {
      motor,
      state: startingState(motor, motor.context),
      histories: {
        vibration: store.history(motor.id, 'vibration') ?? begin,
        current: store.history(motor.id, 'current') ?? begin,
      },
      learningSince: {
        vibration: store.learningStart(motor.id, 'vibration')?.at,
        current: store.learningStart(motor.id, 'current')?.at,
      },
      assessments: [],
      running: false,
    });
  }

  /** Starts all schedules, or lets the named motors run. */
  start(): void {
    for (const watch of this.#watches.values()) this.#next(watch, 0);
  }

  stop(): void {
    this.#stopped = true;
    const { clock } = this.#options;
    for (const { timer, stale } of this.#watches.values()) {
      if (timer) clock.clear(timer);
      if (stale) clock.clear(stale);
    }
  }

  /** Takes one capture of a motor now and carries it through. Resolves with the motor's new state. */
  async capture(id: string): Promise<MotorState> {
    const watch = this.#watch(id);
    watch.running = true;
    try {
      const result = await watch.motor.measure(({ why, text }) => this.reject(id, why, text));
      if (result.ok) this.#accept(watch, result);
    } catch (error) {
      this.emit('trouble', id, error as Error);
    } finally {
      watch.running = false;
      this.#watchSilence(watch);
    }
    return watch.state;
  }

  /** Counts something refused of a motor's board: a capture, a frame, a greeting. Its state does not move. */
  reject(id: string, reason: string, text: string): void {
    const watch = this.#watch(id);
    const at = Math.round(this.#options.clock.wall());
    watch.state = { ...watch.state, rejected: watch.state.rejected + 1 };
    const refusal = { at, board: watch.motor.board, motor: watch.motor.id, reason, text };
    this.#options.store.refuse(refusal);
    this.emit('rejected', { ...refusal, count: 1 });
    this.emit('motor', watch.state, watch.assessments);
  }

  state(): FleetState {
    const motors = [...this.#watches.values()].map((watch) => watch.state);
    return {
      site: this.#options.site,
      version: this.#options.version,
      emulated: motors.some((motor) => motor.emulated),
      motors,
      rejections: this.#options.store.refusals(),
    };
  }

  /** Assessments of the last capture of a motor. */
  assessments(id: string): Assessment[] {
    return this.#watch(id).assessments;
  }

  trend(id: string, points: number): TrendPoint[] | null {
    return this.#watches.has(id) ? thin(this.#options.store.trend(id), points) : null;
  }

  picture(id: string, kind: PictureKind): Picture | null {
    const watch = this.#watches.get(id);
    return watch?.last ? pictureOf(watch.motor.id, watch.last, kind, watch.state.speedHz) : null;
  }

  evidence(name: string): string | null {
    const known = [...this.#watches.values()].some((watch) => watch.state.evidence.includes(name));
    return known ? join(this.#options.evidenceFolder, name) : null;
  }

  #watch(id: string): Watch {
    const watch = this.#watches.get(id);
    if (!watch) throw new RangeError(`no motor ${id} is watched`);
    return watch;
  }

  #next(watch: Watch, ms: number): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    watch.timer = clock.setTimer(ms, () => {
      const from = clock.now();
      void this.capture(watch.motor.id).then(() => {
        this.#next(watch, Math.max(0, watch.motor.intervalMs - (clock.now() - from)));
      });
    });
  }

  #accept(watch: Watch, result: Extract<CaptureResult, { ok: true }>): void {
    const { capture } = result;
    const { motor, histories } = watch;
    this.#takeUpStarts(watch);
    const at = Math.round(capture.at ?? this.#options.clock.wall());
    const assessments: Assessment[] = [];
    if (capture.channels.some((channel) => channel.quantity === 'acceleration')) {
      const assessment = assessVibration(capture, motor.context, histories.vibration);
      histories.vibration = learn(histories.vibration, assessment);
      assessments.push(assessment);
    }
    if (capture.channels.some((channel) => channel.quantity === 'current')) {
      const assessment = assessCurrent(capture, motor.context, histories.current);
      histories.current = learn(histories.current, assessment);
      assessments.push(assessment);
    }
    const file = motor.keep?.(result) ?? null;
    const point = trendPoint(at, capture, assessments);
    const before = watch.state;
    watch.last = capture;
    watch.assessments = assessments;
    watch.state = afterCapture(before, capture, assessments, point, file);
    this.#options.store.save(
      {
        id: capture.id,
        motor: motor.id,
        board: motor.board,
        record: capture.evidence?.record ?? 0,
        at,
        verdict: capture.verdict.kind,
        grade: capture.grade,
        fsHz: capture.fsHz,
        file: file ?? '',
      },
      assessments,
      point,
      histories,
    );
    if (before.status !== watch.state.status) {
      this.#options.store.alarmEvent({
        at,
        motor: motor.id,
        cause: 'health',
        what: `${before.status} -> ${watch.state.status}`,
        text: watch.state.reason,
      });
    }
    this.emit('motor', watch.state, assessments);
  }

  #takeUpStarts({ motor, histories, learningSince }: Watch): void {
    const { store, history } = this.#options;
    for (const kind of ['vibration', 'current'] as const) {
      const since = store.learningStart(motor.id, kind)?.at;
      if (since === learningSince[kind]) continue;
      learningSince[kind] = since;
      histories[kind] = store.history(motor.id, kind) ?? history ?? newHistory();
    }
  }

  /** Grey `stale` when nothing valid came for three intervals: the last statement must not stand as if it were today's. */
  #watchSilence(watch: Watch): void {
    const { clock } = this.#options;
    if (watch.stale) clock.clear(watch.stale);
    if (this.#stopped) return;
    const limit = staleAfter * watch.motor.intervalMs;
    const since = clock.wall() - (watch.state.lastCaptureAt ?? clock.wall());
    watch.stale = clock.setTimer(Math.max(1, limit - since), () => {
      if (watch.state.lastCaptureAt === null || clock.wall() - watch.state.lastCaptureAt < limit) return;
      const minutes = Math.round((clock.wall() - watch.state.lastCaptureAt) / 60_000);
      watch.state = {
        ...watch.state,
        status: 'grey',
        grey: 'stale',
        reason: `no valid capture for ${minutes < 1 ? 'a minute' : `${minutes} min`}; the last one said: ${watch.state.reason}`,
      };
      this.emit('motor', watch.state, watch.assessments);
    });
  }
}
