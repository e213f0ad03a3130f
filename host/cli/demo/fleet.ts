/**
 * A fleet on the bench that is not there: virtual motors, sensors on the pins of emulated Unos, the real firmware image in each, and behind
 * the port everything as on a real site.
 *
 *     rig ─▶ sensor ─▶ pin ─▶ Uno (kz-uno.hex) ─▶ emu:uno0 ─▶ link ─▶ session ─▶ capture ─▶ monitor
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CapturePlan, type CaptureResult, capture, evidenceOf } from '../../capture/index.js';
import { LineAttacker } from '../../emulate/attack.js';
import { type Board, createUno, emulatedBinding, World } from '../../emulate/index.js';
import { createRig } from '../../emulate/rig/rig.js';
import { accelerometerVolts, byCycle } from '../../emulate/sensors/analog.js';
import { clampVolts } from '../../emulate/sensors/clamp.js';
import { claimPage, drawTicket, firmwareDigest, patchImage } from '../../flash/index.js';
import { loadBoard, loadSensor, openLink } from '../../link/index.js';
import { Monitor, type WatchedMotor } from '../../monitor/index.js';
import { addMotor, motorContext } from '../../motors/index.js';
import { MemoryKeyStore, provision } from '../../provision/index.js';
import { attend, type BoardPort, hex } from '../../session/index.js';
import { Store } from '../../store/index.js';
import { accelerometer, amplifier, clamp, type DemoMotor, filterHz } from './motors.js';

const boardId = 'arduino:avr:uno';
/** Supply of sensors and converter in V. */
const avcc = 5;

export interface FleetOptions {
  motors: readonly DemoMotor[];
  /** Folder of the history, the evidence files and the public keys. */
  folder: string;
  version: string;
  /** Length of a capture and time from one to the next, in seconds of machine time. */
  captureSeconds: number;
  intervalSeconds: number;
  seed: number;
  onProgress?: (text: string) => void;
}

export interface Fleet {
  world: World;
  monitor: Monitor;
  store: Store;
  attacker: LineAttacker;
  ports: Map<string, BoardPort>;
  boards: Map<string, Board>;
  /** Keys of all boards, K_pair included: an emulated fleet has no secrets. */
  keys: MemoryKeyStore;
  /** File with the public keys of all boards, for `kizashi verify --keys`. */
  keysFile: string;
  close(): Promise<void>;
}

/** Plan of one capture: both channels at 8 kS/s, hardware-triggered one after the other. */
export function demoPlan(seconds: number): CapturePlan {
  return {
    channels: [
      { id: 'ax', pin: 'A0', sensor: accelerometer, axis: 'radial', gain: amplifier },
      { id: 'i1', pin: 'A1', sensor: clamp, phase: 'A' },
    ],
    rateHz: 8000,
    seconds,
  };
}

/** Boots the boards, provisions a key on each over the wire, and puts the motors under watch. Virtual time stands still afterwards. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const say = options.onProgress ?? (() => {});
  const facts = loadBoard(boardId);
  const image = readFileSync(new URL('../../../firmware/images/kz-uno.hex', import.meta.url), 'utf8');
  const fwd = firmwareDigest(image, facts);
  const world = new World({ seed: options.seed, startWall: Date.now() });
  const { clock } = world;
  const binding = emulatedBinding(world);
  const keys = new MemoryKeyStore();
  const evidenceFolder = join(options.folder, 'evidence');
  mkdirSync(evidenceFolder, { recursive: true, mode: 0o700 });
  const store = Store.open(options.folder);
  const attacker = new LineAttacker();
  const monitor = new Monitor({ site: 'demo', version: options.version, clock, store, evidenceFolder });
  const ports = new Map<string, BoardPort>();
  const boards = new Map<string, Board>();

  const provisioned = options.motors.map(async ({ motor, rig: rigOptions, clockError }) => {
    const name = motor.board ?? motor.id;
    const ticket = drawTicket(facts, fwd);
    const board = createUno({
      hex: patchImage(image, facts, claimPage(ticket, facts)),
      seed: options.seed + rigOptions.seed,
      name,
      clockError,
    });
    boards.set(name, board);
    const rig = createRig(rigOptions);
    const bias = avcc / 2;
    const sensed = accelerometerVolts({ rig, sensor: loadSensor(accelerometer) as never, filterHz, avcc });
    const amplified = (t: number): number => Math.max(0, Math.min(avcc, bias + amplifier * (sensed(t) - bias)));
    board.analog('A0', byCycle(amplified, board));
    board.analog('A1', byCycle(clampVolts({ rig, phase: 'A', sensor: loadSensor(clamp) as never, avcc }), board));
    const path = world.add(board, name).path;
    world.tapLine(name, attacker.tap(name));

    const link = await openLink({ path, baud: facts.uart.default, binding, clock });
    const { session } = await provision({
      link,
      board: facts,
      ticket: (cid) => (hex(cid) === hex(ticket.cid) ? ticket : undefined),
      store: keys,
      name,
      grade: 'E',
      keepAdmin: async () => {}, // an emulated board has no owner; nobody keeps its admin key
      burn: async (page, old) => {
        await old.close();
        board.flash.set(page, facts.claimAt);
        return openLink({ path, baud: facts.uart.default, binding, clock });
      },
      onProgress: (text) => say(`${name}: ${text}`),
    });
    ports.set(name, attend({ path, board: facts, keyring: keys, clock, binding, link: session.link }));
  });
  await world.until(Promise.all(provisioned), 120);

  const keysFile = join(options.folder, 'pinned.json');
  const publicKeys = Object.fromEntries(
    keys.all().map((key) => [key.kid, { pk: hex(key.pk), name: key.name, grade: key.grade }]),
  );
  writeFileSync(keysFile, `${JSON.stringify(publicKeys, null, 2)}\n`);

  const plan = demoPlan(options.captureSeconds);
  const motorsFolder = join(options.folder, 'motors');
  for (const { motor } of options.motors) addMotor(motorsFolder, { ...motor, channels: plan.channels });
  for (const { motor, truth, line } of options.motors) {
    const name = motor.board ?? motor.id;
    const port = ports.get(name);
    if (!port) throw new TypeError(`no port for ${name}`);
    const watched: WatchedMotor = {
      id: motor.id,
      name: motor.name ?? motor.id,
      zone: motor.zone ?? '',
      line,
      board: port.path,
      emulated: true,
      truth,
      context: motorContext(motor),
      intervalMs: options.intervalSeconds * 1000,
      measure: (rejected) => capture(port, plan, { tries: 4, onRejected: rejected }),
      keep: (result: Extract<CaptureResult, { ok: true }>) => {
        const pinned = keys.find(result.capture.evidence?.kid ?? '');
        if (!pinned) throw new TypeError('a verified capture without a pinned key');
        const file = `${motor.id}-${String(result.record).padStart(6, '0')}.kzev`;
        writeFileSync(join(evidenceFolder, file), evidenceOf(result.items, pinned, 32));
        return file;
      },
    };
    monitor.add(watched);
  }
  return {
    world,
    monitor,
    store,
    attacker,
    ports,
    boards,
    keys,
    keysFile,
    close: async () => {
      monitor.stop();
      const closing = Promise.all([...ports.values()].map((port) => port.close()));
      await world.until(closing, 10).catch(() => {}); // a port that cannot close any more goes with the process
      world.close();
      store.close();
    },
  };
}
