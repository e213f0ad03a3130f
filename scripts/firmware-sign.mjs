/**
 * Signs firmware/images/manifest.json for a release:
 *
 *   node scripts/firmware-sign.mjs --keygen FILE    make a key (PEM, mode 0600); its public half belongs into host/flash/release-keys.ts
 *   node scripts/firmware-sign.mjs --key FILE       write firmware/images/manifest.sig
 *
 * `--images DIR` signs the manifest of another folder. The key stays off the repository. What is signed: host/flash/release-signature.ts.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { keygen: { type: 'string' }, key: { type: 'string' }, images: { type: 'string' } },
});
const images = values.images
  ? pathToFileURL(`${resolve(values.images)}/`)
  : new URL('../firmware/images/', import.meta.url);

const publicHex = (key) => Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x, 'base64url').toString('hex');
const keyId = (hex) => createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex').slice(0, 16);

if (values.keygen !== undefined) {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(values.keygen, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  console.log(publicHex(privateKey));
} else if (values.key !== undefined) {
  if ((statSync(values.key).mode & 0o077) !== 0) throw new Error(`${values.key} is readable by others: chmod 600`);
  const key = createPrivateKey(readFileSync(values.key));
  const manifest = readFileSync(new URL('manifest.json', images));
  const signature = sign(null, Buffer.concat([Buffer.from('kizashi firmware manifest 1\n'), manifest]), key);
  const id = keyId(publicHex(key));
  const text = JSON.stringify({ keyId: id, signature: signature.toString('hex') }, null, 2);
  writeFileSync(new URL('manifest.sig', images), `${text}\n`);
  console.log(`manifest.sig by key ${id}`);
} else {
  console.error('say --key FILE or --keygen FILE');
  process.exitCode = 2;
}
