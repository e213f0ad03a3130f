/** Builds crypto_native.c for this machine and serves batches of requests with it. Used by the tests and by bench/signer.ts. */
import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBoardHeader } from './board-header.js';

const core = fileURLToPath(new URL('../../../firmware/core/', import.meta.url));
const program = fileURLToPath(new URL('./crypto_native.c', import.meta.url));
const built = mkdtempSync(join(tmpdir(), 'crypto-'));
process.once('exit', () => rmSync(built, { recursive: true, force: true }));

const files = ['blake2s', 'sha512', 'hmac', 'fe25519', 'ed25519', 'ed25519_point', 'ed25519_scalar', 'crypto'];

/** Path of the program, compiled with `flags`. */
export function buildNative(compiler: string, name: string, flags: string[]): string {
  const binary = join(built, name);
  const warnings = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', `-I${core}`, `-I${built}`];
  writeBoardHeader(built);
  const sources = [...files.map((f) => join(core, `${f}.c`)), program];
  const run = spawnSync(compiler, [...warnings, ...flags, ...sources, '-o', binary], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${compiler}: ${run.stderr || run.error}`);
  return binary;
}

export type Request = [op: string, ...bytes: Uint8Array[]];

/** Serves a batch in one process; `size` is the answer's length. */
export function ask(binary: string, size: number, requests: Request[]): Buffer[] {
  const input: Uint8Array[] = [];
  for (const [op, ...parts] of requests) {
    const body = Buffer.concat(parts);
    input.push(Buffer.from([op.charCodeAt(0), body.length & 255, body.length >> 8]), body);
  }
  const run = spawnSync(binary, { input: Buffer.concat(input), maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`${binary} ended with ${run.status}: ${run.stderr}`);
  if (run.stdout.length !== size * requests.length)
    throw new Error(`${run.stdout.length} bytes of ${size * requests.length}`);
  return requests.map((_, i) => run.stdout.subarray(i * size, (i + 1) * size));
}

/** A message of one piece, as crypto_native.c reads it. */
export const whole = (message: Uint8Array) =>
  Buffer.concat([Buffer.from([1, message.length & 255, message.length >> 8]), message]);

/** node:crypto's key of a seed. As JWK, eight times faster than as DER; `x` must be there but OpenSSL derives the public key itself. */
export function keyOf(seed: Uint8Array): { key: KeyObject; pk: () => Buffer } {
  const d = Buffer.from(seed).toString('base64url');
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x: '' }, format: 'jwk' });
  return { key, pk: () => Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url') };
}
