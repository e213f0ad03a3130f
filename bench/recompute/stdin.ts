/** A process of its own: packed captures line by line on stdin, findings line by line on stdout. */
import { createInterface } from 'node:readline';
import { findingsAgain } from './again.js';

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${findingsAgain(JSON.parse(line), !process.argv.includes('--plain'))}\n`);
}
