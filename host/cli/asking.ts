/** Whether a person can be asked. A prompt is a convenience: each has a flag, and without a terminal there is none. */
import { KizashiError } from '../errors.js';
import type { CommandContext } from './tree.js';

export function mayAsk({ options, out }: Pick<CommandContext, 'options' | 'out'>): boolean {
  const terminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return terminal && options.input !== false && !out.json && !process.env.CI;
}

/** The refusal of a command that would have to ask. */
export function missingAnswer(flag: string, what: string): KizashiError {
  return new KizashiError(
    'KZ1401',
    `${what}: ${flag}`,
    { missing: flag },
    { why: 'there is no terminal to ask on, or --no-input', fix: flag },
  );
}

/** A question with yes or no; Ctrl-C is no. */
export async function askYes(question: string): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}
