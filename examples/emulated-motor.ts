/** An emulated Uno with kz-uno-io whose pin 3 drives a small DC motor; an accelerometer on A0 feels its unbalance. */
import { readFileSync } from 'node:fs';
import { createUno, emulatedBinding, World } from '../host/emulate/index.js';
import { claimPage, drawTicket, firmwareDigest, patchImage } from '../host/flash/index.js';
import { Kizashi } from '../host/johnny-five/index.js';
import { loadBoard, openLink } from '../host/link/index.js';
import { MemoryKeyStore, provision } from '../host/provision/index.js';
import { attend, hex } from '../host/session/index.js';

/** No-load speed at full duty in Hz, and the time constant of motor and flywheel in s. */
export const fullSpeedHz = 50;
const inertiaS = 0.4;
/** Volts on the pin at full speed: unbalance grows with the square of the speed. */
const unbalance = 0.8;
const misalignment = 0.2;

/** Speed and angle of a motor behind a PWM driver. Times in seconds, rising. */
export class DutyMotor {
  #at = 0;
  #turns = 0;
  #speed = 0;
  #duty = 0;

  set duty(share: number) {
    this.#duty = share;
  }

  /** Volts of the accelerometer. */
  voltsAt(seconds: number): number {
    const dt = Math.max(0, seconds - this.#at);
    this.#at = Math.max(this.#at, seconds);
    const target = this.#duty * fullSpeedHz;
    const left = Math.exp(-dt / inertiaS);
    this.#turns += target * dt + (this.#speed - target) * inertiaS * (1 - left);
    this.#speed = target + (this.#speed - target) * left;
    const share = (this.#speed / fullSpeedHz) ** 2;
    const angle = 2 * Math.PI * this.#turns;
    return 2.5 + share * (unbalance * Math.cos(angle) + misalignment * Math.cos(2 * angle + 1));
  }
}

export async function emulatedMotor() {
  const uno = loadBoard('arduino-avr-uno');
  const image = readFileSync(new URL('../firmware/images/kz-uno-io.hex', import.meta.url), 'utf8');
  const ticket = drawTicket(uno, firmwareDigest(image, uno));
  const world = new World({ seed: 12 });
  const board = createUno({ hex: patchImage(image, uno, claimPage(ticket, uno)), seed: 12, name: 'motor' });
  world.add(board, 'motor');
  const motor = new DutyMotor();
  let [rise, high] = [0, 0];
  board.pin('3').watch((level, cycle) => {
    if (level === 1) {
      motor.voltsAt(cycle / 16e6);
      // a period of phase correct PWM lasts 510 timer ticks of 64 cycles; longer means that it stood still
      motor.duty = cycle - rise < 40_000 ? high / (cycle - rise) : 0;
      rise = cycle;
    } else high = cycle - rise;
  });
  board.analog('A0', (cycle) => {
    if (cycle - rise > 40_000) motor.duty = 0;
    return motor.voltsAt(cycle / 16e6);
  });
  const keyring = new MemoryKeyStore();
  const common = { path: 'emu:motor', board: uno, keyring, clock: world.clock, binding: emulatedBinding(world) };
  const { session } = await world.until(
    provision({
      link: await openLink({ ...common, baud: uno.uart.default }),
      board: uno,
      ticket: (cid) => (hex(cid) === hex(ticket.cid) ? ticket : undefined),
      store: keyring,
      name: 'motor',
      grade: 'A0',
      keepAdmin: async () => {},
      burn: async (page, same) => {
        board.flash.set(page, uno.claimAt);
        return same;
      },
    }),
    60,
  );
  session.end('closed', '');
  await session.link.close();
  const port = attend(common);
  await world.until(port.ready(9000));
  const io = new Kizashi({ port });
  return {
    world,
    io,
    close: async () => {
      await port.close();
      world.close();
    },
  };
}
