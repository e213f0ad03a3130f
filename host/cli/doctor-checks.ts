/**
 * What this machine needs before a board works on it, each as one check with its fix. Every check looks at the machine itself and says what
 * it saw; none of them opens a port, since that resets an Uno.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listPorts, type PortRow } from '../link/index.js';
import { holdersOf } from '../link/open-failure.js';

export interface Check {
  id: string;
  level: 'ok' | 'warn' | 'fail';
  text: string;
  fix?: string;
}

/** The machine as the checks see it. Another root or PATH stands for another machine. */
export interface Machine {
  root: string;
  env: NodeJS.ProcessEnv;
  /** Group numbers of this process. */
  groups: number[];
  user: number;
  nodeVersion: string;
  now: number;
  ports: () => Promise<PortRow[]>;
}

export function thisMachine(): Machine {
  return {
    root: '/',
    env: process.env,
    groups: process.getgroups?.() ?? [],
    user: process.getuid?.() ?? 0,
    nodeVersion: process.versions.node,
    now: Date.now(),
    ports: () => listPorts(),
  };
}

/** Oldest Node that runs this package (package.json, engines). */
const oldestNode = [20, 19];
/** Free space below which captures will soon stop, and below which they stop: 1 GB is about 5,000 captures of ten seconds. */
const diskWarnBytes = 1e9;
const diskFailBytes = 1e8;
/** No machine with a set clock says less: a board computer without a battery starts in 1970 or at its image's date. */
const earliestClock = Date.UTC(2025, 0, 1);

/** All checks, those of one port last. */
export async function examine(machine: Machine, state: string, port?: string): Promise<Check[]> {
  return [
    nodeCheck(machine),
    ...stateChecks(machine, state),
    diskCheck(state),
    clockCheck(machine),
    udevadmCheck(machine),
    ...(await portsChecks(machine, port)),
    modemManagerCheck(machine),
    ...reportChecks(machine),
  ];
}

function nodeCheck({ nodeVersion }: Machine): Check {
  const [major, minor] = nodeVersion.split('.').map(Number);
  const good = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return good
    ? { id: 'node', level: 'ok', text: `node ${nodeVersion}` }
    : {
        id: 'node',
        level: 'fail',
        text: `node ${nodeVersion} is older than ${oldestNode.join('.')}`,
        fix: 'install Node 20.19 or newer: https://nodejs.org',
      };
}

function stateChecks({ user }: Machine, state: string): Check[] {
  if (!existsSync(state)) {
    const above = firstThatExists(state);
    return [
      writable(above)
        ? { id: 'state', level: 'ok', text: `state directory ${state} can be made` }
        : {
            id: 'state',
            level: 'fail',
            text: `state directory ${state} cannot be made: ${above} is not writable`,
            fix: '--state DIR',
          },
    ];
  }
  const { mode, uid } = statSync(state);
  const checks: Check[] = [];
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    checks.push({
      id: 'state',
      level: 'fail',
      text: `state directory ${octal}: others may look into it`,
      fix: `chmod 700 ${state}`,
    });
  else if (uid !== user && !writable(state))
    checks.push({
      id: 'state',
      level: 'fail',
      text: `state directory ${state} belongs to another user`,
      fix: '--state DIR',
    });
  else checks.push({ id: 'state', level: 'ok', text: `state directory ${octal}` });
  const keys = join(state, 'keys');
  const open = existsSync(keys)
    ? readdirSync(keys).filter((name) => name.endsWith('.json') && (statSync(join(keys, name)).mode & 0o077) !== 0)
    : [];
  if (open.length > 0)
    checks.push({
      id: 'keys',
      level: 'fail',
      text: `${open.length} key files can be read by others: ${open[0]}`,
      fix: `chmod 600 ${keys}/*.json`,
    });
  return checks;
}

function firstThatExists(path: string): string {
  let above = path;
  while (!existsSync(above)) above = dirname(above);
  return above;
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function diskCheck(state: string): Check {
  const { bavail, bsize } = statfsSync(firstThatExists(state));
  const free = bavail * bsize;
  const text = `${(free / 1e9).toFixed(1)} GB free for captures`;
  if (free >= diskWarnBytes) return { id: 'disk', level: 'ok', text };
  return {
    id: 'disk',
    level: free < diskFailBytes ? 'fail' : 'warn',
    text,
    fix: 'make room, or --state on another disk',
  };
}

function clockCheck({ now, env }: Machine): Check {
  if (now < earliestClock)
    return {
      id: 'clock',
      level: 'fail',
      text: `clock says ${new Date(now).toISOString().slice(0, 10)}: evidence would carry a false time`,
      fix: 'sudo timedatectl set-ntp true',
    };
  const said = output('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], env)?.trim();
  if (said === 'yes') return { id: 'clock', level: 'ok', text: 'clock synchronised' };
  if (said === 'no')
    return { id: 'clock', level: 'warn', text: 'clock not synchronised', fix: 'sudo timedatectl set-ntp true' };
  return { id: 'clock', level: 'ok', text: 'clock set; whether it is synchronised is not known here' };
}

function udevadmCheck({ env }: Machine): Check {
  if (process.platform !== 'linux')
    return { id: 'udevadm', level: 'ok', text: `${process.platform}: ports need no udev` };
  return found('udevadm', env)
    ? { id: 'udevadm', level: 'ok', text: 'udevadm lists the ports' }
    : {
        id: 'udevadm',
        level: 'warn',
        text: 'udevadm is absent: ports are listed by what the kernel shows',
        fix: 'sudo apt-get install udev; in a container -v /run/udev:/run/udev:ro',
      };
}

async function portsChecks(machine: Machine, wanted: string | undefined): Promise<Check[]> {
  const ports = await machine.ports();
  if (wanted !== undefined) {
    const path = wanted.includes('/') ? wanted : `/dev/${wanted}`;
    const full = join(machine.root, path);
    if (!existsSync(full)) {
      const known = ports.map((port) => port.path).join(', ');
      return [
        {
          id: 'port',
          level: 'fail',
          text: `${path} does not exist${known ? `; there are ${known}` : '; no port at all'}`,
          fix: 'plug the board in with a data cable, then kizashi ports',
        },
      ];
    }
    const holders = holdersOf(full);
    if (holders.length > 0)
      return [
        { id: 'port', level: 'fail', text: `${path} is held by ${holders.join(', ')}`, fix: 'close that program' },
      ];
    return [permissionCheck(machine, path)];
  }
  if (ports.length === 0)
    return [
      {
        id: 'ports',
        level: 'warn',
        text: 'no serial port: no board is plugged in, or its cable carries power only',
        fix: 'kizashi demo needs none',
      },
    ];
  return ports.filter(({ path }) => path.startsWith('/')).map((port) => permissionCheck(machine, port.path));
}

/** Who may open a port: by its mode, its group and ours. A mere member of the group by /etc/group must log in again first. */
function permissionCheck({ root, groups, user, env }: Machine, path: string): Check {
  const { mode, uid, gid } = statSync(join(root, path));
  const name = env.USER ?? '$USER';
  const reachable =
    user === 0 ||
    (uid === user && (mode & 0o600) === 0o600) ||
    (groups.includes(gid) && (mode & 0o060) === 0o060) ||
    (mode & 0o006) === 0o006;
  if (reachable) return { id: 'port', level: 'ok', text: `${path} may be opened` };
  const group = groupOf(root, gid);
  const listed = group.members.includes(name);
  return {
    id: 'port',
    level: 'fail',
    text: listed
      ? `${path}: you joined group ${group.name} after you logged in`
      : `${path}: you are not in group ${group.name}`,
    fix: listed ? 'log out and in again' : `sudo usermod -aG ${group.name} ${name}, log in again`,
  };
}

function groupOf(root: string, gid: number): { name: string; members: string[] } {
  try {
    for (const line of readFileSync(join(root, 'etc/group'), 'utf8').split('\n')) {
      const [name, , number, members] = line.split(':');
      if (Number(number) === gid && name) return { name, members: (members ?? '').split(',').filter(Boolean) };
    }
  } catch {
    // no such file: the number stands for the name
  }
  return { name: String(gid), members: [] };
}

/** ModemManager talks to every new serial port for half a minute, and boards take its words for bytes of theirs. */
function modemManagerCheck({ root }: Machine): Check {
  let running = false;
  try {
    running = readdirSync(join(root, 'proc'))
      .filter((name) => /^\d+$/.test(name))
      .some((pid) => {
        try {
          return readFileSync(join(root, 'proc', pid, 'comm'), 'utf8').trim() === 'ModemManager';
        } catch {
          return false;
        }
      });
  } catch {
    // no /proc: no ModemManager either
  }
  const kept = existsSync(join(root, 'etc/udev/rules.d/61-kizashi.rules'));
  return running && !kept
    ? {
        id: 'modemmanager',
        level: 'warn',
        text: 'ModemManager runs and talks to new boards',
        fix: 'sudo kizashi udev install',
      }
    : { id: 'modemmanager', level: 'ok', text: running ? 'ModemManager is kept off the boards' : 'no ModemManager' };
}

/** What reports in print and in Japanese need. */
function reportChecks({ env }: Machine): Check[] {
  const chromium = chromiumOf(env);
  if (!chromium) {
    const text = 'no Chromium: reports are HTML, without --pdf';
    return [{ id: 'chromium', level: 'warn', text, fix: 'sudo apt-get install chromium' }];
  }
  const checks: Check[] = [{ id: 'chromium', level: 'ok', text: `${chromium} prints reports` }];
  if (!japaneseFont(env))
    checks.push({
      id: 'font',
      level: 'warn',
      text: 'no CJK font: Japanese PDF reports would show boxes',
      fix: 'sudo apt-get install fonts-ipafont-gothic',
    });
  return checks;
}

/** The browser that prints: `KIZASHI_CHROMIUM`, else the first of the usual names in PATH. */
export function chromiumOf(env: NodeJS.ProcessEnv): string | undefined {
  const named = env.KIZASHI_CHROMIUM;
  if (named) return named;
  return ['chromium', 'chromium-browser', 'google-chrome'].find((name) => found(name, env) !== undefined);
}

/** Whether fontconfig has a font for Japanese. */
export function japaneseFont(env: NodeJS.ProcessEnv): boolean {
  return (output('fc-list', [':lang=ja', 'family'], env) ?? '').trim() !== '';
}

/** Path of a program in PATH. */
export function found(program: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = [...(env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders
    .filter((folder, i) => folder !== '' && (i < folders.length - 2 || env.PATH === process.env.PATH))
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

function output(program: string, args: string[], env: NodeJS.ProcessEnv): string | undefined {
  try {
    return execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 3000 });
  } catch {
    return undefined;
  }
}
