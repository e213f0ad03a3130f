/** What `kizashi` alone prints: the doors and a few commands, not forty. A door whose verb is not in the tree is not shown. */
import { tree } from './tree.js';

const shown: [what: string, command: string, more: string][] = [
  ['nothing yet', 'demo', 'emulated boards, real firmware, the whole chain'],
  ['a board', 'setup', 'find, flash, key and try a board on this computer'],
  ['a recording', 'analyze FILE', 'WAV, CSV, Klipper, MAT, NPY, Parquet'],
  ['an evidence file', 'verify FILE', 'with the keys you trust: --keys KEYS'],
  ['a word or a code', 'explain WORD', 'KZ0803, A0, SENSOR_BANDWIDTH, exit 9'],
];

export function doors(version: string): string {
  const known = new Set(tree.map(({ path }) => path.split(' ')[0]));
  const lines = shown
    .filter(([, command]) => known.has(command.split(' ')[0]))
    .map(([what, command, more]) => `  ${what.padEnd(18)} kizashi ${command.padEnd(14)} ${more}`);
  return `kizashi ${version}   condition monitoring for electric motors

What do you have?
${lines.join('\n')}

kizashi help all             every command
kizashi help COMMAND         its options
`;
}

/** The whole tree, one line a verb. */
export function wholeTree(): string {
  const width = Math.max(...tree.map(({ path, args }) => `${path} ${args}`.trim().length));
  return `${tree.map(({ path, args, text }) => `kizashi ${`${path} ${args}`.trim().padEnd(width)}  ${text}`).join('\n')}\n`;
}
