/** Which serial ports there are, also where `udevadm` is missing (containers). */
import { accessSync, constants, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { BindingInterface, PortInfo } from './binding.js';

export interface PortRow {
  /** What `openLink` takes. */
  path: string;
  /** Name that stays with the same board (`/dev/serial/by-id/…`), where the system makes one. */
  stablePath?: string;
  vendorId?: string;
  productId?: string;
  serialNumber?: string;
  manufacturer?: string;
  /** False where our user may not open it. */
  accessible: boolean;
}

/** The ports of the binding (the machine's own without one), in the order of their names. Never rejects. */
export async function listPorts(binding?: Pick<BindingInterface, 'list'>): Promise<PortRow[]> {
  let found: PortInfo[];
  try {
    const source = binding ?? (await import('serialport')).SerialPort.binding;
    found = await source.list();
  } catch {
    found = portsOfSys();
  }
  const stable = stablePaths();
  return found
    .filter((port) => !/\/ttyS\d+$/.test(port.path) || port.pnpId !== undefined)
    .map((port) => ({
      path: port.path,
      stablePath: stable.get(port.path),
      vendorId: port.vendorId?.toLowerCase(),
      productId: port.productId?.toLowerCase(),
      serialNumber: port.serialNumber,
      manufacturer: port.manufacturer,
      accessible: !port.path.startsWith('/') || mayOpen(port.path),
    }))
    .sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
}

/** USB serial devices as the kernel shows them below `/sys/class/tty`. Linux; elsewhere empty. `root` is for other file system roots. */
export function portsOfSys(root = '/'): PortInfo[] {
  const classDir = join(root, 'sys/class/tty');
  let names: string[];
  try {
    names = readdirSync(classDir).filter((name) => /^tty(ACM|USB|AMA)\d+$/.test(name));
  } catch {
    return [];
  }
  return names.map((name) => {
    const usb = usbDevice(join(classDir, name, 'device'));
    return {
      path: join('/dev', name),
      manufacturer: usb('manufacturer'),
      serialNumber: usb('serial'),
      vendorId: usb('idVendor'),
      productId: usb('idProduct'),
      pnpId: undefined,
      locationId: undefined,
    };
  });
}

/** Reads attributes of the USB device above a tty; the interface, and for some drivers one level more, stand between. */
function usbDevice(device: string): (attribute: string) => string | undefined {
  return (attribute) => {
    for (const up of ['..', '../..']) {
      try {
        return readFileSync(join(realpathSync(device), up, attribute), 'utf8').trim();
      } catch {
        // not at this level
      }
    }
    return undefined;
  };
}

function stablePaths(): Map<string, string> {
  const byPath = new Map<string, string>();
  for (const dir of ['/dev/serial/by-path', '/dev/serial/by-id']) {
    try {
      for (const name of readdirSync(dir)) byPath.set(realpathSync(join(dir, name)), join(dir, name));
    } catch {
      // no such folder without udev
    }
  }
  return byPath;
}

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
