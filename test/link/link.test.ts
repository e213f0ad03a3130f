/** Ports: opening, counting, losing. The same suite runs over emulated ports and, where python3 can make them, real pseudo-terminals. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { KizashiError } from '../../host/errors.js';
import {
  type BindingInterface,
  delay,
  type LinkAlarm,
  listPorts,
  loadBoard,
  loadBoards,
  loadSensor,
  openLink,
  systemClock,
} from '../../host/link/index.js';
import { holdersOf, openFailure } from '../../host/link/open-failure.js';
import { portsOfSys } from '../../host/link/ports.js';
import { encodeFrame, encodeMessage, type Message } from '../../protocol/index.js';
import { bench } from '../session/bench.js';

const pong = (n: number) => encodeMessage({ type: 'pong', n, rx: n, tx: n, rxbad: 0 });

async function code(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return error instanceof KizashiError ? error.code : String(error);
  }
}

/** Opens the twin's port and keeps what arrives. The twin itself stays mute: the test speaks in its place. */
async function opened() {
  const b = await bench();
  const link = await openLink({ path: 'emu:twin', baud: 500_000, clock: b.world.clock, binding: b.options.binding });
  const port = b.world.port('twin');
  const messages: Message[] = [];
  const lost: string[] = [];
  const alarms: LinkAlarm[] = [];
  link.on('message', (message) => messages.push(message));
  link.on('lost', (reason) => lost.push(reason));
  link.on('alarm', (alarm) => alarms.push(alarm));
  const say = async (bytes: Uint8Array) => {
    port.inject(bytes, 'toHost');
    await b.world.run(0.02);
  };
  return { ...b, link, port, messages, lost, alarms, say };
}

t.test('messages and counters', async (t) => {
  const { world, link, messages, alarms, say } = await opened();
  await say(encodeFrame(pong(1)));
  await say(Buffer.concat([Uint8Array.of(0, 0, 0), encodeFrame(pong(2)), encodeFrame(pong(3))]));
  const [first, second] = [encodeFrame(pong(4)).subarray(0, 4), encodeFrame(pong(4)).subarray(4)];
  await say(first);
  await say(second);
  t.same(
    messages.map((message) => message.type === 'pong' && message.n),
    [1, 2, 3, 4],
  );
  const broken = encodeFrame(pong(5));
  broken[3] ^= 0x40;
  await say(broken);
  await say(Uint8Array.of(9, 1, 2, 0));
  await say(Uint8Array.of(2, 1, 0));
  await say(new Uint8Array(2000).fill(7));
  await say(Uint8Array.of(0));
  await say(encodeFrame(Uint8Array.of(0x1b, 0, 0, 0, 0, 0, 0, 0, 1)));
  await say(encodeFrame(encodeMessage({ type: 'ping', n: 1 })));
  t.match(link.counters, { messages: 4, crc: 1, cobs: 1, short: 1, overlong: 1, cbor: 1, shape: 1, flood: 0 });
  t.same(
    alarms.map(({ cause }) => cause),
    ['malformed'],
    'once in ten seconds',
  );
  t.match(alarms[0].text, /not noise/);
  for (let k = 0; k < 120; k++) await say(Uint8Array.of(2, 1, 0));
  t.match(alarms.at(-1), { cause: 'noise', text: 'line noise or wrong baud on emu:twin' });
  t.equal(messages.filter(({ type }) => type === 'pong').length, 4);
  await link.close();
  world.close();
});

t.test('a frame after silence is led by a zero; frames close together are not', async (t) => {
  const { world, link } = await opened();
  const sent: number[][] = [];
  world.tapLine('twin', (bytes, direction) => {
    if (direction === 'toBoard') sent.push([...bytes]);
    return [bytes];
  });
  link.send(encodeMessage({ type: 'ping', n: 1 }));
  link.send(encodeMessage({ type: 'ping', n: 2 }));
  await world.run(1);
  link.send(encodeMessage({ type: 'ping', n: 3 }));
  await world.run(1);
  const bytes = sent.flat();
  const frames = [1, 2, 3].map((n) => [...encodeFrame(encodeMessage({ type: 'ping', n }))]);
  t.same(bytes, [0, ...frames[0], ...frames[1], 0, ...frames[2]]);
  await link.close();
  world.close();
});

t.test('ends', async (t) => {
  t.test('unplug in the middle of a frame: exactly one lost', async (t) => {
    const { world, link, port, lost, say } = await opened();
    await say(encodeFrame(pong(1)).subarray(0, 5));
    port.unplug();
    await world.run(2);
    link.send(encodeMessage({ type: 'ping', n: 1 }));
    await world.run(10);
    t.same(lost, ['unplugged']);
    t.notOk(link.open);
    world.close();
  });

  t.test('close is not a loss; the port is free again', async (t) => {
    const { world, link, lost, options } = await opened();
    await link.close();
    await link.close();
    await world.run(1);
    t.same(lost, []);
    const again = await openLink({ ...options, baud: 500_000 });
    t.ok(again.open);
    t.equal(world.port('twin').stats.resets, 1, 'hupcl is off');
    t.ok(await world.until(again.pulseReset()));
    t.equal(world.port('twin').stats.resets, 2, 'a reset on demand');
    await again.close();
    world.close();
  });

  t.test('silence', async (t) => {
    const { world, link, lost, twin } = await opened();
    link.watchSilence(5000);
    await world.run(4);
    t.same(lost, []);
    twin.mute = true;
    await world.run(4);
    t.same(lost, ['silent']);
    world.close();
  });

  t.test('errors of opening', async (t) => {
    const { world, link, options } = await opened();
    t.equal(await code(openLink({ ...options, path: 'emu:nobody', baud: 1 })), 'KZ0101');
    t.equal(await code(openLink({ ...options, baud: 500_000 })), 'KZ0102');
    const never: BindingInterface = { list: async () => [], open: () => new Promise(() => {}) };
    const late = code(openLink({ ...options, binding: never, baud: 500_000 }));
    t.equal(await world.until(late), 'KZ0104');
    const says = (text: string) => openFailure('/dev/ttyX', new Error(text)).code;
    t.equal(says('Error: No such file or directory, cannot open /dev/ttyX'), 'KZ0101');
    t.equal(says('Error Resource temporarily unavailable Cannot lock port'), 'KZ0102');
    t.equal(says('Error: Permission denied, cannot open /dev/ttyX'), 'KZ0103');
    t.equal(says('Opening COM9: Access denied'), 'KZ0103');
    t.equal(says('Error: Unknown error code 71'), 'KZ0106');
    await link.close();
    world.close();
  });
});

t.test('ports are listed, whatever the system lacks', async (t) => {
  const b = await bench();
  t.match(await listPorts(b.options.binding), [
    { path: 'emu:twin', vendorId: '2341', productId: '0043', manufacturer: 'kizashi emulator', accessible: true },
  ]);
  b.world.close();
  const rows = await listPorts({ list: () => Promise.reject(new Error('spawn udevadm ENOENT')) });
  t.ok(Array.isArray(rows), 'falls back to /sys');
  t.ok(Array.isArray(await listPorts()), 'the real binding, with or without udev');

  const root = mkdtempSync(join(tmpdir(), 'kizashi-sys-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const device = join(root, 'sys/devices/usb1/1-2/1-2:1.0');
  mkdirSync(device, { recursive: true });
  mkdirSync(join(root, 'sys/class/tty/ttyACM3'), { recursive: true });
  mkdirSync(join(root, 'sys/class/tty/tty0'), { recursive: true });
  symlinkSync(device, join(root, 'sys/class/tty/ttyACM3/device'));
  const attributes = { idVendor: '2341', idProduct: '0043', serial: '85439303', manufacturer: 'Arduino' };
  for (const [name, text] of Object.entries(attributes)) writeFileSync(join(device, '..', name), `${text}\n`);
  t.match(portsOfSys(root), [{ path: '/dev/ttyACM3', vendorId: '2341', productId: '0043', serialNumber: '85439303' }]);
  t.same(portsOfSys('/nowhere'), []);
});

t.test('boards and sensors are read and checked', (t) => {
  t.ok(loadBoards().some(({ id }) => id === 'arduino:avr:uno'));
  t.equal(loadBoard('arduino:avr:uno').id, loadBoard('arduino-avr-uno').id);
  t.match(loadSensor('adxl1002').analog, { unit: 'm/s2', bias: 'avcc/2' });
  for (const id of ['nothing', '../package', '../../etc/passwd', ''])
    t.throws(() => loadBoard(id), { code: 'KZ0107' }, id);
  t.throws(() => loadSensor('nothing'), { code: 'KZ0107' });
  t.end();
});

/** A pseudo-terminal held by a python process: it prints the slave's name, then writes what it is told in hexadecimal. */
const ptyHolder = `
import os, sys, tty, select
master, slave = os.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
os.close(slave) if len(sys.argv) > 1 else None
while True:
    ready, _, _ = select.select([master, 0], [], [])
    if 0 in ready:
        line = sys.stdin.readline()
        if not line: break
        os.write(master, bytes.fromhex(line))
    if master in ready:
        print(os.read(master, 4096).hex(), flush=True)
`;

async function pty(): Promise<{ holder: ChildProcess; path: string; lines: AsyncIterator<string> } | undefined> {
  const holder = spawn('python3', ['-c', ptyHolder], { stdio: ['pipe', 'pipe', 'ignore'] });
  const failed = await Promise.race([once(holder, 'spawn').then(() => false), once(holder, 'error').then(() => true)]);
  if (failed || !holder.stdout) return undefined;
  const lines = createInterface({ input: holder.stdout })[Symbol.asyncIterator]();
  const { value: path, done } = await lines.next();
  return done ? undefined : { holder, path, lines };
}

t.test('a real tty, killed at any moment: one lost, no spinning', async (t) => {
  for (let round = 0; round < 6; round++) {
    const held = await pty();
    if (!held) {
      t.pass('pseudo-terminals', { skip: 'python3 cannot make them here' });
      return;
    }
    const { holder, path, lines } = held;
    const link = await openLink({ path, baud: 500_000 });
    const lost: string[] = [];
    link.on('lost', (reason) => lost.push(reason));
    const heard = new Promise<Message>((resolve) => link.once('message', resolve));
    const frame = Buffer.from(encodeFrame(pong(round), true)).toString('hex');
    holder.stdin?.write(`${frame}\n`);
    t.match(await heard, { type: 'pong', n: round });
    const ping = encodeMessage({ type: 'ping', n: round });
    link.send(ping);
    t.equal((await lines.next()).value, Buffer.from(encodeFrame(ping, true)).toString('hex'));
    if (round === 0) t.match(holdersOf(path), [/python3 \(\d+\)/]);
    t.equal(await code(openLink({ path, baud: 500_000 })), 'KZ0102', 'locked');
    // in the middle of a frame
    holder.stdin?.write(`${frame.slice(0, 8)}\n`);
    await delay(systemClock, 7 * round);
    holder.kill('SIGKILL');
    link.watchSilence(1500);
    const beat = setInterval(() => link.send(ping), 200);
    for (let k = 0; k < 60 && link.open; k++) await delay(systemClock, 50);
    clearInterval(beat);
    await delay(systemClock, 50);
    t.equal(lost.length, 1, `lost: ${lost}`);
    // a vanished tty that never says so burns a core until a write fails; afterwards nothing may
    const spent = process.cpuUsage();
    await delay(systemClock, 200);
    const { user, system } = process.cpuUsage(spent);
    t.ok((user + system) / 1000 < 100, `${Math.round((user + system) / 1000)} ms of CPU in 200 ms`);
  }
});
