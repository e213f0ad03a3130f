/**
 * The udev rules: boards get the group of serial ports, a name by their serial number, and no visits from ModemManager. Which USB ids are
 * boards comes from boards/ and from the table of bridges; a bridge's id never decides the board.
 *
 * Number 61: after 60-serial.rules, which sets ID_SERIAL_SHORT, before 73 (uaccess) and 77 (ModemManager).
 */
import { loadBoards } from '../link/index.js';

export const udevFile = '61-kizashi.rules';

/** USB serial bridges and boards with USB of their own: vendor, products (empty: all of the vendor's). */
const bridges: [vendor: string, products: string[]][] = [
  ['2341', []],
  ['2a03', []],
  ['1a86', ['7523', '55d3', '55d4']],
  ['10c4', ['ea60']],
  ['0403', ['6001', '6015']],
  ['303a', ['1001']],
];

/** Text of the rules file. */
export function udevRules(): string {
  const devices = new Map(bridges.map(([vendor, products]) => [vendor, new Set(products)]));
  for (const { usb } of loadBoards())
    for (const { vid, pid } of usb) {
      const known = devices.get(vid.toLowerCase());
      if (!known) devices.set(vid.toLowerCase(), new Set([pid.toLowerCase()]));
      else if (known.size > 0) known.add(pid.toLowerCase());
    }
  const matches = [...devices].map(([vendor, products]) => {
    const product = products.size === 0 ? '' : `, ATTRS{idProduct}=="${[...products].join('|')}"`;
    return `SUBSYSTEMS=="usb", ATTRS{idVendor}=="${vendor}"${product}, ENV{ID_KIZASHI}="1"`;
  });
  return [
    'SUBSYSTEM!="tty", GOTO="kizashi_end"',
    ...matches,
    // 0660 and a group, not 0666: who may measure is a question of the zone
    'ENV{ID_KIZASHI}=="1", MODE="0660", GROUP="dialout", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"',
    'ENV{ID_KIZASHI}=="1", ENV{ID_SERIAL_SHORT}=="?*", SYMLINK+="kizashi/$env{ID_SERIAL_SHORT}"',
    'LABEL="kizashi_end"',
    '',
  ].join('\n');
}

/**
 * What udev would refuse in a rules file (systemd's udev(7), rules files): unknown keys, operators that a key does not take, a GOTO without
 * its label. Empty for a sound file.
 */
export function udevComplaints(text: string): string[] {
  const match = new Set([
    'SUBSYSTEM',
    'SUBSYSTEMS',
    'KERNEL',
    'KERNELS',
    'ACTION',
    'DRIVER',
    'DRIVERS',
    'ATTR',
    'ATTRS',
    'ENV',
    'TAG',
  ]);
  const assign = new Set(['MODE', 'GROUP', 'OWNER', 'TAG', 'ENV', 'SYMLINK', 'GOTO', 'LABEL', 'RUN', 'NAME']);
  const complaints: string[] = [];
  const labels = new Set<string>();
  const jumps: string[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    let matches = 0;
    for (const part of line.match(/(?:[^,"]|"[^"]*")+/g) ?? []) {
      const found = /^\s*([A-Z]+)(?:\{([^}]+)\})?\s*(==|!=|\+=|:=|-=|=)\s*"([^"]*)"\s*$/.exec(part);
      if (!found) {
        complaints.push(`line ${i + 1}: "${part.trim()}" is no assignment or match`);
        continue;
      }
      const [, key, , operator, value] = found;
      const matching = operator === '==' || operator === '!=';
      if (!(matching ? match : assign).has(key)) complaints.push(`line ${i + 1}: ${key} does not take ${operator}`);
      if (matching) matches++;
      if (key === 'LABEL') labels.add(value);
      if (key === 'GOTO') jumps.push(value);
      if (key === 'MODE' && !/^0?[0-7]{3}$/.test(value)) complaints.push(`line ${i + 1}: mode ${value}`);
    }
    if (matches === 0 && !line.startsWith('LABEL')) complaints.push(`line ${i + 1}: applies to every device`);
  }
  for (const jump of jumps) if (!labels.has(jump)) complaints.push(`no label ${jump}`);
  return complaints;
}
