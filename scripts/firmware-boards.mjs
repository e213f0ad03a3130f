/**
 * boards/<id>.json → board.h. No pin, timer or size stands in C. Refuses what cannot work: a baud rate whose error at the board's clock
 * exceeds 2.2 %, pins the chip does not have, limits that contradict each other.
 *
 *   node scripts/firmware-boards.mjs boards/arduino-avr-uno.json firmware/build/kz-uno/board.h [image]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const root = new URL('..', import.meta.url);

/** Register value for a baud rate with U2X, and the relative error of the rate it gives (ATmega328P datasheet, 20.3.1). */
export function baudRegister(fCpu, baud) {
  const ubrr = Math.round(fCpu / (8 * baud)) - 1;
  return { ubrr, error: fCpu / (8 * (ubrr + 1)) / baud - 1 };
}

/** Baud rates by the index of the claim page. */
const claimBauds = [115200, 250000, 500000, 1000000];

function portPin(board, name) {
  const pin = board.pins[name];
  const match = /^P([A-L])([0-7])$/.exec(pin ?? '');
  if (!match) throw new Error(`${board.id}: pin ${name} is not a pin of the chip`);
  return { port: match[1], bit: Number(match[2]) };
}

/** What the register names of avr-libc do not say: first byte of RAM, inputs of the 1.1 V reference and of ground (datasheets, "ADMUX"). */
const chips = {
  atmega328p: { ramAt: 0x100, bandgap: 0x0e, ground: 0x0f },
  atmega2560: { ramAt: 0x200, bandgap: 0x1e, ground: 0x1f },
};

/** Compare outputs of the timers that general pins may use (ATmega328P datasheet, table "Port Pins Alternate Functions"). */
const timerOutputs = { pwm: ['B3', 'D3'], servo: ['B1'] };

/** Lines for an image that does pins and the bus: places of the free pins, in the order of `pins`, which is their number on the wire. */
function ioLines(board, io) {
  const places = Object.keys(board.pins).map((name) => {
    if (!board.freePins.includes(name)) return '0xFF';
    const { port, bit } = portPin(board, name);
    return `0x${(3 * (port.charCodeAt(0) - 66)).toString(16)}${bit}`;
  });
  const numberOf = (kind) =>
    timerOutputs[kind].map((place) => {
      const name = Object.keys(board.pins).find((n) => board.pins[n] === `P${place}`);
      if (!io[kind].includes(name)) throw new Error(`${board.id}: ${kind} of pin ${name} is what the timer offers`);
      return Object.keys(board.pins).indexOf(name);
    });
  const [pwmA, pwmB] = numberOf('pwm');
  const [servo] = numberOf('servo');
  return [
    '#define BOARD_IO 1',
    `#define BOARD_PINS ${places.length}`,
    `#define BOARD_PIN_PLACES {${places.join(', ')}}`,
    `#define BOARD_PWM_A ${pwmA}`,
    `#define BOARD_PWM_B ${pwmB}`,
    `#define BOARD_SERVO ${servo}`,
    `#define BOARD_SERVO_HIGH (PINB & (1 << 1)) /* OC1A */`,
    ...busLines(board),
  ];
}

/** Lines for an image that has the two-wire bus. */
function busLines(board) {
  const sda = portPin(board, board.i2c.sda);
  const scl = portPin(board, board.i2c.scl);
  if (sda.port !== scl.port) throw new Error(`${board.id}: the bus must lie on one port`);
  return [
    `#define BOARD_I2C_PORT PORT${sda.port}`,
    `#define BOARD_I2C_DDR DDR${sda.port}`,
    `#define BOARD_I2C_PIN PIN${sda.port}`,
    `#define BOARD_I2C_SDA ${sda.bit}`,
    `#define BOARD_I2C_SCL ${scl.bit}`,
  ];
}

/** Parts with a FIFO that the port has a driver for, and the bits of the encodings they give (kz1.cddl, encs). */
const drivers = { adxl345: 12, lis3dh: 8, mpu6050: 4 };

/** Lines for the parts with a FIFO that an image reads. */
function partLines(board, parts) {
  const lines = [`#define BOARD_FIFO ${parts.length > 0 ? 1 : 0}`];
  for (const part of parts) {
    if (!(part.part in drivers)) throw new Error(`${board.id}: there is no driver for ${part.part}`);
    if (part.int1 !== board.timebase.icpPin)
      throw new Error(`${board.id}: INT of ${part.part} belongs on the capture pin`);
  }
  for (const name of Object.keys(drivers)) {
    const part = parts.find((one) => one.part === name);
    lines.push(`#define BOARD_${name.toUpperCase()} ${part ? 1 : 0}`);
    lines.push(`#define BOARD_${name.toUpperCase()}_CHANNEL ${part ? part.channels[0] : 0}`);
  }
  const spi = parts.filter(({ cs }) => cs !== undefined);
  if (spi.some(({ cs }) => cs !== spi[0].cs)) throw new Error(`${board.id}: parts on SPI share one CS`);
  if (spi.length > 0) {
    const cs = portPin(board, spi[0].cs);
    const [sck, mosi] = [portPin(board, board.spi.sck), portPin(board, board.spi.mosi)];
    lines.push(
      `#define BOARD_CS_PORT PORT${cs.port}`,
      `#define BOARD_CS_DDR DDR${cs.port}`,
      `#define BOARD_CS_BIT ${cs.bit}`,
      `#define BOARD_SPI_DDR DDR${sck.port}`,
      `#define BOARD_SPI_OUTPUTS 0x${((1 << sck.bit) | (1 << mosi.bit)).toString(16)}`,
    );
  }
  if (parts.length > spi.length) lines.push(...busLines(board));
  return lines;
}

/** Lines for an image that reports pulses of a shaft. */
function tachoLines(board, tacho, chip) {
  if (!tacho) return ['#define BOARD_TACHO 0', '#define BOARD_TACHO_CHANNEL 0'];
  if (tacho.pin !== board.timebase.icpPin) throw new Error(`${board.id}: a tacho belongs on the capture pin`);
  if (tacho.channel !== chip.ground)
    throw new Error(`${board.id}: the tacho's channel is that of ground, ${chip.ground}`);
  return ['#define BOARD_TACHO 1', `#define BOARD_TACHO_CHANNEL ${tacho.channel}`];
}

/** Text of board.h for a board description and one of its images. `version` becomes part of the firmware's name. */
export function boardHeader(board, version, image = board.image) {
  const fwName = `${image}/${version}`;
  const io = board.io?.image === image ? board.io : undefined;
  const parts = [board.fifo, ...(board.parts ?? [])].filter((part) => part?.image === image);
  const frame = board.adc.frameSamples;
  if (Buffer.byteLength(fwName) > 16 || Buffer.byteLength(board.chip) > 16)
    throw new Error(`${fwName}: a name of the wire has 16 bytes`);
  const { adc, uart } = board;
  for (const baud of uart.bauds) {
    const { error } = baudRegister(board.fCpu, baud);
    if (Math.abs(error) > 0.022)
      throw new Error(`${board.id}: ${baud} baud is ${(100 * error).toFixed(2)} % off at ${board.fCpu} Hz`);
  }
  if (!uart.bauds.includes(uart.default)) throw new Error(`${board.id}: the default baud is not in the list`);
  const ubrr = Object.fromEntries(uart.bauds.map((baud) => [baud, baudRegister(board.fCpu, baud).ubrr]));
  const byIndex = claimBauds.map((baud) => ubrr[baud] ?? 255);
  const analog = adc.pins.map((name) => portPin(board, name));
  if (analog.some(({ port, bit }, k) => port !== analog[0].port || bit !== k))
    throw new Error(`${board.id}: analog pins must be channels 0, 1, 2 ... of one port`);
  const chip = chips[board.mcu];
  if (!chip) throw new Error(`${board.id}: the port knows no ${board.mcu}`);
  const rx = portPin(board, '0');
  const prescaler = board.fCpu / board.timebase.hz;
  const relays = board.relays.map(({ pin }) => portPin(board, pin));
  const led = portPin(board, board.led.pin);
  const bits = (list) => list.reduce((mask, { bit }) => mask | (1 << bit), 0);
  const lines = [
    `/* Generated from boards/${board.id.replaceAll(':', '-')}.json by scripts/firmware-boards.mjs. */`,
    '#ifndef BOARD_H',
    '#define BOARD_H',
    `#define BOARD_FW_NAME "${fwName}"`,
    `#define BOARD_CHIP "${board.chip}"`,
    `#define BOARD_HZ ${board.timebase.hz}UL`,
    `#define BOARD_TIMEBASE_PRESCALER ${prescaler}`,
    `#define BOARD_TIMEBASE ${board.timebase.timer}`,
    `#define BOARD_RX_PORT PORT${rx.port}`,
    `#define BOARD_RX_BIT ${rx.bit}`,
    `#define BOARD_MUX_BANDGAP 0x${chip.bandgap.toString(16)}`,
    `#define BOARD_OLD_NANO ${board.memory.flash === 32768 ? 1 : 0} /* some of these carry ATmegaBOOT */`,
    `#define BOARD_PAGE ${board.memory.page}UL`,
    `#define BOARD_CLAIM_AT ${board.claimAt}UL`,
    `#define BOARD_HASH_END ${board.hashEnd}UL`,
    `#define BOARD_VCC_MIN_MV ${board.vccMinMv}`,
    `#define BOARD_BODY ${board.body}`,
    `#define BOARD_RELAYS ${board.relays.length}`,
    ...relays.flatMap(({ port, bit }, k) => [
      `#define BOARD_RELAY${k}_PORT PORT${port}`,
      `#define BOARD_RELAY${k}_DDR DDR${port}`,
      `#define BOARD_RELAY${k}_BIT ${bit}`,
      `#define BOARD_RELAY${k}_HIGH ${board.relays[k].activeHigh ? 1 : 0}`,
      `#define BOARD_RELAY${k}_SAFE ${board.relays[k].safe ? 1 : 0}`,
    ]),
    `#define BOARD_LED_PORT PORT${led.port}`,
    `#define BOARD_LED_DDR DDR${led.port}`,
    `#define BOARD_LED_BIT ${led.bit}`,
    `#define BOARD_CHANNELS ${adc.pins.length}`,
    `#define BOARD_CAPS_CHANS ${adc.channelsAtOnce}`,
    `#define BOARD_CAPS_ENCS ${parts.reduce((encs, { part }) => encs | drivers[part], 3)}`,
    `#define BOARD_RATE_MAX ${adc.rateMax}UL`,
    `#define BOARD_FRAME_U10 ${frame.u10}`,
    `#define BOARD_FRAME_S16 ${frame.s16}`,
    `#define BOARD_FRAME_BYTES ${Math.max((frame.u10 / 4) * 5, 2 * frame.s16)}`,
    `#define BOARD_ADC_REFERENCE 0x40 /* REFS0: AVCC */`,
    `#define BOARD_ADC_PINS 0x${bits(analog).toString(16)}`,
    `#define BOARD_PERIOD_MIN ${adc.periodTicks.min}`,
    `#define BOARD_PERIOD_FINE ${adc.periodTicks.fineMax}`,
    `#define BOARD_PERIOD_MAX ${adc.periodTicks.max}`,
    `#define BOARD_PERIOD_STEP ${adc.periodTicks.coarseStep}`,
    `#define BOARD_COMB ${board.comb ?? 5} /* teeth of the comb: each more is faster and doubles its table */`,
    ...(io ? ioLines(board, io) : ['#define BOARD_IO 0']),
    ...partLines(board, parts),
    ...tachoLines(board, board.tacho?.images.includes(image) ? board.tacho : undefined, chip),
    `#define BOARD_UBRR_DEFAULT ${ubrr[uart.default]}`,
    `#define BOARD_UBRR_BY_INDEX {${byIndex.join(', ')}} /* claim page: ${claimBauds.join(', ')} baud; 255 = not offered */`,
    '#endif',
    '',
  ];
  return lines.join('\n');
}

/** Version of the firmware: the package's. */
export function firmwareVersion() {
  return JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [from, to, image] = process.argv.slice(2);
  const text = boardHeader(JSON.parse(readFileSync(from, 'utf8')), firmwareVersion(), image);
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text);
}
