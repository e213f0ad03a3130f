/**
 * The last net, imported before everything else: an exception that nobody caught ends as exit 70 with a crash file, since Node's own code
 * for it is 1, which here means "the question was answered with no".
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writes the crash file. @returns its path, or undefined where even that fails */
function writeCrashFile(error: unknown): string | undefined {
  const path = join(tmpdir(), `kizashi-crash-${process.pid}.txt`);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const facts = `kizashi ${process.argv.slice(2).join(' ')}\nnode ${process.version} ${process.platform} ${process.arch}\n\n${text}\n`;
  try {
    writeFileSync(path, facts, { mode: 0o600 });
    return path;
  } catch {
    return undefined;
  }
}

/** The three lines of a bug, and the JSON object when the command line asks for it. */
export function reportCrash(error: unknown): void {
  const file = writeCrashFile(error);
  const what = error instanceof Error ? error.message : String(error);
  const message = `a bug in kizashi: ${what.split('\n')[0]}`;
  const why = 'an error nobody expected';
  const fix = `report it with ${file ?? 'the text above'}`;
  if (process.argv.includes('--json')) {
    const body = { code: 'KZ1499', exit: 70, message, why, fix, docs: 'errors#KZ1499', context: file ? { file } : {} };
    process.stdout.write(`${JSON.stringify({ schema: 'kizashi/error/1', error: body })}\n`);
  } else process.stderr.write(`error KZ1499: ${message}\n  why   ${why}\n  fix   ${fix}\n`);
  if (process.argv.includes('--verbose') && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => {
    reportCrash(error);
    process.exit(70);
  });

// a closed pipe (`kizashi … | head`) ends the program in silence, as the shell expects
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
