/** Rows of the command tree about boards: what is plugged in, images, keys. Loads nothing but types, as tree.ts. */
import type { CommandRow } from './tree.js';

export const boardCommands: CommandRow[] = [
  {
    path: 'init',
    args: '',
    text: "say where owners' keys go, once per site: to a key that is not on this computer, or (--bench) here under a passphrase",
    options: [
      {
        flags: '--recovery-key <file>',
        text: "the owner's public key (age1…), from `kizashi admin keygen` on another computer",
      },
      { flags: '--bench', text: 'for one desk: the key stays here, under a passphrase; every record says so' },
      { flags: '--passphrase-file <file>', text: 'file with the passphrase (mode 0600); - for stdin' },
      { flags: '--yes', text: 'replace what was said before' },
    ],
    load: () => import('./commands/init.js'),
  },
  {
    path: 'admin keygen',
    args: '<file>',
    text: "make an owner's key on a computer that is not the gateway; prints the public half",
    options: [],
    load: () => import('./commands/admin-keygen.js'),
  },
  {
    path: 'admin sign',
    args: '<request>',
    text: "on the owner's computer: show what a gateway asks (wipe, rotate --request), and sign it into REQUEST.signed",
    options: [
      { flags: '--owner-key <file>', text: 'identity file of the owner (admin keygen)' },
      { flags: '--passphrase-file <file>', text: 'file with its passphrase (mode 0600); - for stdin' },
      { flags: '--recovery <file>', text: "the board's recovery file; that inside the request by default" },
      { flags: '--out <file>', text: 'file for the answer; REQUEST.signed by default' },
      { flags: '--yes', text: 'sign without asking' },
    ],
    load: () => import('./commands/admin-sign.js'),
  },
  {
    path: 'ports',
    args: '',
    text: 'serial ports and the boards their USB ids belong to; opens none',
    options: [{ flags: '--watch', text: 'follow: one line for each port that comes or goes' }],
    load: () => import('./commands/ports.js'),
  },
  {
    path: 'boards',
    args: '[id]',
    text: 'boards that kizashi supports, and what each can do',
    options: [{ flags: '--watch', text: 'follow: one line for each supported board that is plugged in or out' }],
    load: () => import('./commands/boards.js'),
  },
  {
    path: 'detect',
    args: '[port]',
    text: 'what answers on a port (kizashi, StandardFirmata, text, a bootloader, nothing) and which sensors on its buses; resets it',
    options: [{ flags: '--board <id>', text: 'board on the port: uno, nano, …' }],
    load: () => import('./commands/detect.js'),
  },
  {
    path: 'firmata-bridge',
    args: '[port]',
    text: 'a Firmata board on TCP (this machine only) whose pins are driven under a MAC; needs the image kz-uno-io',
    options: [
      { flags: '--board <id>', text: 'board on the port: uno, nano' },
      { flags: '--tcp <n>', text: 'TCP port; any free one by default', kind: 'number' },
    ],
    load: () => import('./commands/firmata-bridge.js'),
  },
  {
    path: 'flash',
    args: '[port]',
    text: 'write the released firmware to a board, with a backup of what was there and a read-back',
    options: [
      { flags: '--board <id>', text: 'board on the port: uno, nano, …; by its USB ids where they tell' },
      { flags: '--image <name>', text: 'released image, where a board has several: kz-uno, kz-uno-io' },
      { flags: '--update', text: 'keep claim and key of a board that is provisioned' },
      { flags: '--restore', text: 'write the backup back that was made before kizashi' },
      { flags: '--backup <file>', text: 'with --restore: this Intel HEX file' },
      { flags: '--dry-run', text: 'read what is there and say what would be done' },
      { flags: '--yes', text: 'overwrite an unknown program, or the key of a provisioned board' },
      { flags: '--allow-unsigned', text: 'write images that no release key signed, built by somebody you trust' },
      { flags: '--allow-downgrade', text: 'write a firmware older than the one on the board' },
      { flags: '--accept-weak-entropy', text: 'let the board make its key without credited noise' },
    ],
    load: () => import('./commands/flash.js'),
  },
  {
    path: 'provision',
    args: '[port]',
    text: 'let a freshly flashed board make its key, and pin it here',
    options: [
      { flags: '--name <name>', text: 'name of the board' },
      { flags: '--zone <zone>', text: 'zone it belongs to' },
      { flags: '--board <id>', text: 'board on the port: uno, nano, …; by its USB ids where they tell' },
      { flags: '--ticket <file>', text: 'claim ticket of the installation that flashed it' },
      { flags: '--yes', text: 'the LED that blinks twice is that of the board in hand' },
    ],
    load: () => import('./commands/provision.js'),
  },
  {
    path: 'keys list',
    args: '',
    text: 'boards that are pinned here: key, grade, firmware, last record',
    options: [],
    load: () => import('./commands/keys-list.js'),
  },
  {
    path: 'log check',
    args: '',
    text: 'read the log of what this gateway attested again, entry by entry, against its signed head',
    options: [],
    load: () => import('./commands/log-check.js'),
  },
  {
    path: 'keys export-public',
    args: '',
    text: 'public keys as JSON, for kizashi verify --keys',
    options: [{ flags: '--out <file>', text: 'write them to a file' }],
    load: () => import('./commands/keys-export-public.js'),
  },
  {
    path: 'revoke',
    args: '<board>',
    text: 'accept no new record of a board any more, by name or key id',
    options: [
      { flags: '--reason <text>', text: 'why; it stands in the key store' },
      { flags: '--dry-run', text: 'only say what would be done' },
      { flags: '--yes', text: 'do it' },
    ],
    load: () => import('./commands/revoke.js'),
  },
  ...(['rotate', 'wipe'] as const).map(
    (path): CommandRow => ({
      path,
      args: '[port]',
      text:
        path === 'rotate'
          ? "give a board a new key, by its owner's key"
          : "erase key and identity of a board, by its owner's key",
      options: [
        {
          flags: '--owner-key <file>',
          text: 'identity file of the owner (admin keygen); with init --bench the one here',
        },
        { flags: '--passphrase-file <file>', text: 'file with its passphrase (mode 0600); - for stdin' },
        { flags: '--recovery <file>', text: "the board's recovery file, where it is not in the state folder" },
        { flags: '--request <file>', text: 'write what the owner signs on another computer, and wait for FILE.signed' },
        { flags: '--board <id>', text: 'board on the port: uno, nano, …; by its USB ids where they tell' },
        { flags: '--dry-run', text: 'only say what would be done' },
        { flags: '--yes', text: 'do it' },
      ],
      load: () => (path === 'rotate' ? import('./commands/rotate.js') : import('./commands/wipe.js')),
    }),
  ),
];
