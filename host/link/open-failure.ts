/** What it means that a port does not open: the system's words become one of our errors, with the name of who holds the port. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { KizashiError } from '../errors.js';

/** Programs that have the device open, as `name (pid)`; only those of our own user are visible. Linux; elsewhere empty. */
export function holdersOf(path: string): string[] {
  let target: string;
  let processes: string[];
  try {
    target = realpathSync(path);
    processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  } catch {
    return [];
  }
  return processes.flatMap((pid) => {
    try {
      const holds = readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === target);
      return holds ? [`${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (${pid})`] : [];
    } catch {
      return []; // the process ended meanwhile, or belongs to somebody else
    }
  });
}

/** The typed error for what `open` said. */
export function openFailure(path: string, cause: Error): KizashiError {
  const said = cause.message;
  if (/no such (file|device)|ENOENT|ENXIO|ENODEV|file not found|not a known port|does not exist/i.test(said)) {
    return new KizashiError('KZ0101', `${path} does not exist`, { path }, { cause });
  }
  if (/lock|busy|EBUSY|temporarily unavailable/i.test(said)) {
    const holders = path.startsWith('/') ? holdersOf(path) : [];
    const by = holders.length > 0 ? ` by ${holders.join(', ')}` : '';
    return new KizashiError('KZ0102', `${path} is in use${by}`, { path, holders }, { cause });
  }
  if (/permission|EACCES|EPERM|access denied/i.test(said)) {
    return new KizashiError('KZ0103', `no permission to open ${path}`, { path }, { cause });
  }
  return new KizashiError('KZ0106', `${path} does not open: ${said}`, { path }, { cause });
}
