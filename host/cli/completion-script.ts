/** The script by which a shell asks kizashi what may come next, from the completion library. */
import { RootCommand } from '@bomb.sh/tab';

export const shells = ['bash', 'zsh', 'fish', 'powershell'];

/** The script for a shell; it asks `kizashi complete -- WORDS` at each tab. */
export function completionScript(shell: string): string {
  return `${printed(() => new RootCommand().setup('kizashi', 'kizashi', shell)).join('\n')}\n`;
}

/** The library prints with console.log. */
export function printed(act: () => void): string[] {
  const lines: string[] = [];
  const log = console.log;
  console.log = (text: string) => lines.push(...text.split('\n'));
  try {
    act();
  } finally {
    console.log = log;
  }
  return lines;
}
