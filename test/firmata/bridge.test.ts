/** `firmata-bridge`: the client firmata-io on TCP drives the pins of an emulated Uno over the authenticated session. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import t from 'tap';
import { serveFirmata } from '../../host/firmata/bridge.js';
import { FirmataReader } from '../../host/firmata/wire.js';
import { ioBench } from '../johnny-five/bench.js';

// biome-ignore lint/suspicious/noExplicitAny: firmata-io has no types
const { Firmata }: { Firmata: any } = createRequire(import.meta.url)('firmata-io');

t.test('messages in any pieces, noise between them', async (t) => {
  const bytes = [0x12, 0xf9, 0x91, 5, 1, 0xf0, 0x79, 0xf7, 0xc2, 1, 0xf0, 0xf7, 0xf4, 3, 1];
  const whole = new FirmataReader().push(Uint8Array.from(bytes));
  const reader = new FirmataReader();
  t.same(
    bytes.flatMap((byte) => reader.push(Uint8Array.of(byte))),
    whole,
  );
  t.same(
    whole.map(({ type, data }) => [type, ...data]),
    [[0xf9], [0x91, 5, 1], [0xf0, 0x79], [0xc2, 1], [0xf4, 3, 1]],
  );
});

t.test('a Firmata client on TCP', async (t) => {
  const bench = await ioBench();
  const { world, board, io } = bench;
  world.pace(true);
  const bridge = await serveFirmata(io, 0);
  t.teardown(async () => {
    await bridge.close();
    world.pace(false);
    await bench.close();
  });
  const socket = connect(bridge.port, bridge.host);
  await once(socket, 'connect');
  const client = new Firmata(socket, { reportVersionTimeout: 1 });
  const strings: string[] = [];
  client.on('string', (text: string) => strings.push(text));
  await once(client, 'ready');
  const until = async (text: string, holds: () => boolean) => {
    for (let k = 0; k < 300 && !holds(); k++) await new Promise((wait) => setTimeout(wait, 10));
    t.ok(holds(), text);
  };
  t.equal(client.firmware.name, 'kizashi');
  t.equal(client.pins.length, 20);
  t.same(client.analogPins, [14, 15, 16, 17, 18, 19]);
  t.same(client.pins[3].supportedModes, [0, 1, 3, 11]);

  client.pinMode(8, client.MODES.OUTPUT);
  client.digitalWrite(8, 1);
  await until('digital output', () => board.pin('8').read() === 1);
  client.digitalWrite(8, 0);
  await until('and off', () => board.pin('8').read() === 0);
  let high = 0;
  let rose = 0;
  board.pin('11').watch((level, cycle) => {
    if (level === 1) rose = cycle;
    else high = cycle - rose;
  });
  client.pinMode(11, client.MODES.PWM);
  client.analogWrite(11, 100);
  await until('PWM 100: 800 µs high', () => high === 2 * 100 * 64);
  board.analog('A2', () => 3);
  let read = 0;
  client.pinMode(2, client.MODES.ANALOG);
  client.analogRead(2, (value: number) => {
    read = value;
  });
  await until('3 V', () => Math.abs(read - 614) <= 1);
  let level = -1;
  client.pinMode(4, client.MODES.PULLUP);
  client.digitalRead(4, (value: number) => {
    level = value;
  });
  await until('pull-up', () => level === 1);
  board.pin('4').drive(0);
  await until('pulled down', () => level === 0);
  client.pinMode(5, client.MODES.PWM);
  await until('what cannot be done is said', () =>
    strings.some((text) => /5 of .*PWM/.test(text.replaceAll('\0', ''))),
  );

  const second = connect(bridge.port, bridge.host);
  await once(second, 'close');
  t.equal(bridge.turnedAway(), 1, 'one client at a time');
  client.pinMode(12, client.MODES.OUTPUT);
  client.digitalWrite(12, 1);
  await until('held', () => board.pin('12').read() === 1);
  socket.destroy();
  await until('its outputs go with it', () => board.pin('12').read() === 'z');
});
