/**
 * A screening file as a recording: first the gateway's word is checked, then the samples are taken as the gateway had them. They stay unsigned:
 * the attestation says who had received them and when, never that a board measured them.
 */
import { readKnownKeys } from '../capture/index.js';
import { KizashiError } from '../errors.js';
import { verifyScreening } from '../evidence/index.js';
import type { Recording } from '../recordings/index.js';
import { readNamedFile } from './file.js';

/**
 * @param keysPath key file that names the gateway
 * @param wanted ids of the channels to take; all by default
 * @throws KZ0502 the attestation failed, KZ0504 the key file, KZ1403 it cannot be read, KZ0806 no such channel
 */
export function readScreeningRecording(
  bytes: Uint8Array,
  name: string,
  keysPath: string,
  wanted?: readonly string[],
): Recording {
  const found = verifyScreening(bytes, readKnownKeys(Buffer.from(readNamedFile(keysPath)).toString('utf8')));
  if (!found.valid)
    throw new KizashiError(
      'KZ0502',
      `${name}: ${found.why}`,
      { file: name, reason: found.why },
      { why: found.text, fix: `kizashi verify ${name} --keys ${keysPath}` },
    );
  const { gateway, at, index, capture, point, source } = found;
  const channels = capture.channels.filter(({ id }) => wanted === undefined || wanted.includes(id));
  if (channels.length === 0)
    throw new KizashiError('KZ0806', `${name}: no channel ${wanted?.join(', ')}`, {
      have: capture.channels.map(({ id }) => id),
    });
  return {
    name,
    capture: {
      ...capture,
      channels,
      attested: { gateway, at, index, file: name },
      notes: [...(capture.notes ?? []), `${source} on ${point}, received at ${new Date(at).toISOString()}`],
    },
    facts: { format: 'screening', rateFrom: 'gateway’s account', unitFrom: 'gateway’s account', skipped: {} },
  };
}
