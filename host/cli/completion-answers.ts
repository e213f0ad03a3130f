/** What a shell offers at a tab: verbs, flags and names, from the command tree. */
import { type ArgumentHandler, type Command, RootCommand } from '@bomb.sh/tab';
import { printed, shells } from './completion-script.js';
import { type CommandRow, globalOptions, type OptionRow, tree } from './tree.js';

/** Names that can stand for an argument, by its name in the tree. Nothing here may fail: a tab must never print an error. */
const names: Record<string, () => Promise<string[]>> = {
  shell: async () => shells,
  sensor: async () => [...(await import('../motors/index.js')).sensorTable().keys()],
  board: async () => (await import('../link/index.js')).loadBoards().map(({ id }) => id.split(':').at(-1) ?? id),
  motor: configuredMotors,
  // compare: motors, else files
  a: configuredMotors,
  b: configuredMotors,
  name: configuredMotors,
  word: async () => (await import('./glossary.js')).glossary.map(({ word }) => word),
  port: async () => (await (await import('../link/index.js')).listPorts()).map(({ path }) => path),
};

async function configuredMotors(): Promise<string[]> {
  const [{ motorsOf }, { stateFolder }] = await Promise.all([
    import('../motors/index.js'),
    import('./state-folder.js'),
  ]);
  return motorsOf(stateFolder({ state: process.env.KIZASHI_STATE }).motors).map(({ motor }) => motor.id);
}

/** What the shell shows for the words typed so far, in the library's line form. */
export async function complete(typed: string[]): Promise<string> {
  const root = new RootCommand();
  const words = typed.filter((word) => !word.startsWith('-'));
  const meant = tree.find(({ path }) => words.join(' ').startsWith(`${path} `) || words.join(' ') === path);
  const candidates = new Map<string, string[]>();
  for (const arg of meant ? argumentsOf(meant) : []) candidates.set(arg, (await names[arg]?.().catch(() => [])) ?? []);
  for (const row of globalOptions) addOption(root, row);
  for (const group of new Set(tree.flatMap(({ path }) => (path.includes(' ') ? [path.split(' ')[0]] : []))))
    root.command(group, `${group} …`);
  for (const row of tree) {
    const command = root.command(row.path, row.text);
    for (const option of [...row.options, ...globalOptions]) addOption(command, option);
    for (const arg of argumentsOf(row)) {
      const offer: ArgumentHandler = (say) => {
        for (const value of candidates.get(arg) ?? []) say(value, '');
      };
      command.argument(arg, offer, row.args.includes('...'));
    }
  }
  const lines = printed(() => root.parse([...typed]));
  // where a file is wanted and nothing of ours fits, the shell offers its files
  const files = meant !== undefined && /file|dir|request|<a>/.test(meant.args) && lines.length === 1;
  return `${[...lines.slice(0, -1), files ? ':0' : lines[lines.length - 1]].join('\n')}\n`;
}

function argumentsOf({ args }: CommandRow): string[] {
  return args
    .split(' ')
    .filter(Boolean)
    .map((arg) => arg.replace(/[<>[\].]/g, ''));
}

function addOption(command: Command, { flags, text, choices }: OptionRow): void {
  const [long, value] = flags.split(' ');
  const name = long.replace(/^--/, '');
  if (value === undefined) command.option(name, text);
  else
    command.option(name, text, (say) => {
      for (const choice of choices ?? []) say(choice, '');
    });
}
