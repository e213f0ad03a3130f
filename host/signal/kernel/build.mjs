#!/usr/bin/env node
/**
 * Compiles kernel.c with clang (version 14 or later, with wasm-ld) and writes image.ts. `--check` compares instead and exits 1 if the image
 * is not that of the source.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kizashi-kernel-'));
const flags =
  '--target=wasm32 -O2 -msimd128 -mbulk-memory -ffp-contract=off -nostdlib -Wall -Wextra -Werror -Wl,--no-entry -Wl,--export=__heap_base -Wl,-z,stack-size=16384 -Wl,--strip-all';
try {
  execFileSync('clang', [...flags.split(' '), '-o', join(folder, 'kernel.wasm'), join(here, 'kernel.c')], {
    stdio: 'inherit',
  });
  const base64 = readFileSync(join(folder, 'kernel.wasm')).toString('base64');
  const lines = base64.match(/.{1,116}/g).map((line) => `  '${line}'`);
  const text = `/** kernel.c as WebAssembly, base64. Written by build.mjs. */\nexport const KERNEL_WASM =\n${lines.join(' +\n')};\n`;
  const target = join(here, 'image.ts');
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== text) {
      console.error('host/signal/kernel/image.ts is not the image of kernel.c: node host/signal/kernel/build.mjs');
      process.exitCode = 1;
    }
  } else writeFileSync(target, text);
} finally {
  rmSync(folder, { recursive: true });
}
