/**
 * argv in, exit code out. Every way to fail ends in one place with the same form: wrong use is exit 2, a KizashiError its own code, anything
 * else a bug (70).
 *
 *   argv ─▶ commander (tree.ts) ─▶ commands/<verb>.js (imported now) ─▶ Output ─▶ exit code
 */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { KizashiError } from '../errors.js';
import { reportCrash } from './crash.js';
import { doors, wholeTree } from './doors.js';
import { asKizashiError, Output, type OutputFlags, type Streams, version } from './output.js';
import { type CommandRow, globalOptions, type OptionRow, tree } from './tree.js';

/** How long a command may take to end after the first Ctrl-C, in ms. */
const graceMs = 2000;

/** @returns exit code (docs/errors.md) */
export async function main(argv: string[], streams: Streams = process): Promise<number> {
  const flags: OutputFlags = {
    json: argv.includes('--json'),
    quiet: argv.includes('--quiet'),
    verbose: argv.includes('--verbose'),
    color: !argv.includes('--no-color'),
  };
  // what the completion script of a shell asks at each tab
  if (argv[0] === 'complete' && argv[1] === '--') {
    streams.stdout.write(await (await import('./completion-answers.js')).complete(argv.slice(2)));
    return 0;
  }
  let exit = 0;
  const stopping = new AbortController();
  const program = buildProgram(
    (text) => writeHelp(text, flags, streams),
    async (row, command) => {
      const out = new Output(row.path.replaceAll(' ', '-'), flags, streams);
      const { run } = await row.load();
      exit = await underSignals(stopping, () =>
        run({ args: command.args, options: command.optsWithGlobals(), out, signal: stopping.signal }),
      );
    },
  );
  try {
    const help = helpText(argv, program);
    if (help !== undefined) {
      writeHelp(help, flags, streams);
      return 0;
    }
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, new Output('help', flags, streams), argv);
    const known = asKizashiError(error);
    if (!known) {
      reportCrash(error);
      return 70;
    }
    new Output('error', flags, streams).error(known);
    return stopping.signal.reason === 'SIGINT' ? 130 : known.exit;
  }
}

/** The text of `kizashi`, `kizashi --help`, `kizashi help …`; undefined where another verb is meant. */
function helpText(argv: readonly string[], program: Command): string | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  const flags = new Set(['-h', '--help', ...globalOptions.map((option) => option.flags.split(' ')[0])]);
  if (words.length === 0 && argv.every((word) => flags.has(word))) return doors(version());
  if (words[0] !== 'help') return undefined;
  if (words.length === 1) return doors(version());
  if (words[1] === 'all') return wholeTree();
  let command = program;
  for (const word of words.slice(1)) {
    const next = command.commands.find((c) => c.name() === word);
    if (!next)
      throw new KizashiError(
        'KZ1401',
        `no command "${words.slice(1).join(' ')}"`,
        { argv },
        { why: 'no verb of that name', fix: 'kizashi help all' },
      );
    command = next;
  }
  return command.helpInformation();
}

function writeHelp(text: string, flags: OutputFlags, streams: Streams): void {
  if (flags.json) new Output('help', flags, streams).result({ text });
  else streams.stdout.write(text);
}

/** First signal: the command is asked to end and has two seconds. Second: at once. */
async function underSignals(stopping: AbortController, run: () => Promise<number>): Promise<number> {
  const stop = (name: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort(name);
    if (name === 'SIGINT') setTimeout(() => process.exit(130), graceMs).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // the terminal was closed: the board is left in order all the same
  process.on('SIGHUP', stop);
  try {
    const code = await run();
    return stopping.signal.reason === 'SIGINT' ? 130 : code;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    process.off('SIGHUP', stop);
  }
}

function buildProgram(
  writeOut: (text: string) => void,
  act: (row: CommandRow, command: Command) => Promise<void>,
): Command {
  const program = new Command('kizashi')
    .description('condition monitoring for electric motors')
    .version(version(), '--version')
    .exitOverride()
    .configureOutput({
      writeOut,
      // usage errors are rendered in one form, below
      writeErr: () => {},
    })
    .configureHelp({ showGlobalOptions: true })
    .helpCommand('help [command...]', 'help for a verb; `help all` for the tree');
  for (const row of globalOptions) {
    const option = optionOf(row);
    program.addOption(row.flags.includes('<') ? option.env(envName(row.flags)) : option);
  }
  const groups = new Map<string, Command>();
  for (const row of tree) {
    const words = row.path.split(' ');
    const verb = words.pop() ?? row.path;
    let parent = program;
    for (const word of words) {
      const known = groups.get(word);
      parent = known ?? parent.command(word).description(`${word}: see kizashi help ${word}`);
      groups.set(word, parent);
    }
    const command = parent.command(verb).description(row.text);
    for (const arg of row.args.split(' ').filter(Boolean)) command.addArgument(new Argument(arg));
    for (const option of row.options) command.addOption(optionOf(option));
    command.action(() => act(row, command));
  }
  return program;
}

/** `--state <dir>` is KIZASHI_STATE in the environment. */
function envName(flags: string): string {
  const word = flags.split(' ')[0].replace(/^--/, '');
  return `KIZASHI_${word.replaceAll('-', '_').toUpperCase()}`;
}

function optionOf({ flags, text, kind, default: fallback, choices }: OptionRow): Option {
  const option = new Option(flags, text);
  if (choices) option.choices(choices);
  if (kind === 'number') option.argParser(numberOf);
  if (kind === 'list') option.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
  if (fallback !== undefined) option.default(fallback);
  return option;
}

function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is no number`);
  return value;
}

function groupWithoutVerb(argv: readonly string[]): CommanderError {
  const group = argv.find((word) => !word.startsWith('-')) ?? '';
  const verbs = tree.filter(({ path }) => path.startsWith(`${group} `)).map(({ path }) => path.slice(group.length + 1));
  return new CommanderError(2, 'kizashi.group', `${group} needs a verb: ${verbs.join(', ')}`);
}

function usage(error: CommanderError, out: Output, argv: readonly string[]): number {
  if (error.exitCode === 0) return 0;
  // a group without its verb: commander has written its help nowhere
  if (error.code === 'commander.help') return usage(groupWithoutVerb(argv), out, argv);
  const [first, ...rest] = error.message.replace(/^error: /, '').split('\n');
  const near = /Did you mean (.+)\?/.exec(rest.join(' '))?.[1];
  const verb = argv.find((word) => !word.startsWith('-'));
  const known = tree.some(({ path }) => path.split(' ')[0] === verb);
  out.error(
    new KizashiError(
      'KZ1401',
      first,
      { argv },
      {
        why: near ? `the nearest name is ${near}` : 'an argument or option is missing or not understood',
        fix: near && !near.startsWith('-') ? `kizashi ${near}` : `kizashi help${known ? ` ${verb}` : ''}`,
      },
    ),
  );
  return 2;
}
